"""Code search over the files of main branches."""

import re
from collections.abc import Iterator
from typing import Any

from attrs import frozen

from .. import access
from ..exchange import Call, Reply
from ..node import Node
from ..pages import Limits, numbered
from ..render.code import entry, stub
from ..render.repository import repository
from ..replies import bad_request, not_found
from ..routing import Group
from ..state import history, tree
from ..state.history import Commit
from ..store import Repository, Workspace

READ = ("read:repository:bitbucket", "repository")
AROUND = 1
"""Lines that are shown before and after one that matches."""
UNFILTERED = Limits(filters=False)
MODIFIERS = ("repo", "project", "ext", "path")

group = Group()


@frozen
class _Query:
    """What is sought: words, and where."""

    words: tuple[str, ...]
    repo: str | None = None
    project: str | None = None
    ext: str | None = None
    path: str | None = None

    def covers(self, one: Repository) -> bool:
        """Tell whether a repository is to be looked into."""
        return self.repo in {None, one.slug} and self.project in {None, one.project.key.lower()}

    def names(self, path: str) -> bool:
        """Tell whether a file is to be looked into."""
        ends = self.ext is None or path.lower().endswith(f".{self.ext}")
        return ends and (self.path is None or self.path in path.lower())


@group.on("GET", "/workspaces/{workspace}/search/code", *READ, login=True)
def search_workspace(call: Call) -> Reply:
    """Search a workspace."""
    return _search(call, access.any_workspace(call))


@group.on("GET", "/teams/{username}/search/code", *READ, login=True)
def search_team(call: Call) -> Reply:
    """Search a workspace under its older name."""
    found = call.store.find_workspace(call.params["username"])
    if found is None:
        raise not_found("Search is not enabled for the requested team")
    return _search(call, found)


@group.on("GET", "/users/{selected_user}/search/code", *READ, login=True)
def search_user(call: Call) -> Reply:
    """Search what a person owns."""
    account = call.store.find_account(call.params["selected_user"])
    if account is None:
        raise not_found("Search is not enabled for the requested user")
    owned = [w for w in call.store.workspaces.values() if w.members.get(account.uuid) == "owner"]
    return _search(call, *owned)


def _search(call: Call, *places: Workspace) -> Reply:
    query = _parsed(call.arg("search_query") or "")
    found = [
        (commit, path)
        for place in places
        for one in access.visible(call, place)
        if query.covers(one)
        for commit, path in _matching(one, query)
    ]

    def render(pair: tuple[Commit, str]) -> Node:
        return _result(call, *pair, query)

    page = numbered(call, found, render, UNFILTERED)
    return Reply(body={"query_substituted": False, **page.body})


def _parsed(text: str) -> _Query:
    words, where = [], {}
    for part in text.lower().split():
        name, colon, value = part.partition(":")
        if colon and name in MODIFIERS:
            where[name] = value
        elif word := part.strip('"'):
            words.append(word)
    if not words:
        raise bad_request("The search query is missing or has nothing to look for.")
    return _Query(tuple(words), **where)


def _matching(one: Repository, query: _Query) -> Iterator[tuple[Commit, str]]:
    """Give the files that have every word, in their text or in their path."""
    commit = history.head(one)
    for path in tree.tree_of(commit) if commit else ():
        if commit and query.names(path):
            text = "\n".join(_lines(commit, path)) + path
            if all(word in text.lower() for word in query.words):
                yield commit, path


def _lines(commit: Commit, path: str) -> list[str]:
    content = tree.content_of(commit, path)
    try:
        return content.decode().splitlines()
    except UnicodeDecodeError:
        return []


def _result(call: Call, commit: Commit, path: str, query: _Query) -> Node:
    lines = _lines(commit, path)
    hits = [n for n, line in enumerate(lines) if any(w in line.lower() for w in query.words)]
    shown: dict[str, Any] = {
        "type": "code_search_result",
        "content_match_count": len(hits),
        "content_matches": [
            {"lines": [_line(lines, n, query) for n in block]}
            for block in _blocks(hits, len(lines))
        ],
        "path_matches": _segments(path, query),
        "file": _file(call, commit, path),
    }
    return Node(shown)


def _file(call: Call, commit: Commit, path: str) -> Node:
    """Render the file with little; its commit and repository come when they are asked for."""
    found = tree.entry_at(commit, path)
    if found is None:
        raise LookupError(path)
    whole, one = entry(call, found), commit.repository
    shown = {"path": path, "type": "commit_file", "links": {"self": whole["links"]["self"]}}

    def more() -> dict[str, Any]:
        stubbed = stub(call, one, commit.hash)
        return {**whole, "commit": Node(stubbed, lambda: {"repository": repository(call, one)})}

    return Node(shown, more)


def _blocks(hits: list[int], end: int) -> list[range]:
    """Put lines that match together with those around them, and with each other."""
    blocks: list[range] = []
    for hit in hits:
        start, stop = max(0, hit - AROUND), min(end, hit + AROUND + 1)
        if blocks and start <= blocks[-1].stop:
            blocks[-1] = range(blocks[-1].start, stop)
        else:
            blocks.append(range(start, stop))
    return blocks


def _line(lines: list[str], number: int, query: _Query) -> dict[str, Any]:
    return {"line": number + 1, "segments": _segments(lines[number], query)}


def _segments(text: str, query: _Query) -> list[dict[str, Any]]:
    """Cut a text at what was sought; only those pieces are marked."""
    marked = [False] * len(text)
    for word in query.words:
        for found in re.finditer(re.escape(word), text, re.IGNORECASE):
            marked[found.start() : found.end()] = [True] * len(found[0])
    pieces: list[dict[str, Any]] = []
    for letter, is_match in zip(text, marked, strict=True):
        if not pieces or pieces[-1].get("match", False) != is_match:
            pieces.append({"text": "", "match": True} if is_match else {"text": ""})
        pieces[-1]["text"] += letter
    return pieces
