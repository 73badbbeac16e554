"""Commits, branches, tags, files and downloads as JSON."""

import mimetypes
from typing import Any
from urllib.parse import quote

from ..exchange import Call
from ..node import Node
from ..pattern import one_in
from ..state.history import Commit, Ref, pick
from ..state.tree import Entry
from ..store import Account, Repository
from .people import SITE, app, link, user
from .repository import home, repository

BOT = "bot@example.com"
"""What the identity behind an access token signs with."""
STRATEGIES = ["merge_commit", "squash", "fast_forward", "squash_fast_forward"]


def people_of(call: Call, one: Repository) -> list[Account]:
    """List who may have worked on a repository: the members of its workspace."""
    return call.people(one.workspace.members)


def author(call: Call, commit: Commit) -> dict[str, Any]:
    """Render who wrote a commit: somebody known, a token's identity, or only a line of text."""
    one = commit.repository
    if commit.made is not None:
        return signed(call, one, commit.made.author)
    people = people_of(call, one)
    if one_in(11, commit.index, 4) or not people:
        name = one.workspace.app.display_name
        raw = f"{name} <{BOT}>"
        return {"type": "author", "raw": raw, "user": app(call, one.workspace.app)}
    if one_in(5, commit.index, 2):
        return {"type": "author", "raw": "Former Colleague <former@example.com>"}
    account = people[pick(commit.hash, len(people))]
    raw = f"{account.display_name} <{account.email}>"
    return {"type": "author", "raw": raw, "user": user(call, account)}


def signed(call: Call, one: Repository, raw: str) -> dict[str, Any]:
    """Render a signature; whose address is in it is looked for among the accounts."""
    address = raw.rpartition("<")[2].rstrip("> ").lower()
    known = (each for each in call.store.accounts.values() if each.email == address)
    account = next(known, None)
    shown: dict[str, Any] = {"type": "author", "raw": raw}
    if account is not None:
        shown["user"] = user(call, account)
    elif address == BOT:
        shown["user"] = app(call, one.workspace.app)
    return shown


def signature(call: Call, one: Repository) -> str:
    """Write the caller the way git signs: with a name and an address."""
    account = call.account
    if account is None:
        return f"{one.workspace.app.display_name} <{BOT}>"
    return f"{account.display_name} <{account.email}>"


def stub(call: Call, one: Repository, name: str) -> Node:
    """Render a commit as other objects refer to it; `name` may be a shortened hash."""
    links = {
        "self": link(f"{home(call, one)}/commit/{name}"),
        "html": link(f"{SITE}/{one.full_name}/commits/{name}"),
    }
    return Node({"hash": name, "links": links, "type": "commit"})


def commit(call: Call, one: Commit, parents: list[Commit]) -> Node:
    """Render a commit."""
    place = one.repository
    here = home(call, place)
    shown: dict[str, Any] = {
        "type": "commit",
        "hash": one.hash,
        "date": one.date.isoformat(),
        "author": author(call, one),
        "message": one.message,
        "summary": rendered(one.message),
        "links": {
            "self": link(f"{here}/commit/{one.hash}"),
            "html": link(f"{SITE}/{place.full_name}/commits/{one.hash}"),
            "diff": link(f"{here}/diff/{one.hash}"),
            "approve": link(f"{here}/commit/{one.hash}/approve"),
            "comments": link(f"{here}/commit/{one.hash}/comments"),
            "statuses": link(f"{here}/commit/{one.hash}/statuses"),
            "patch": link(f"{here}/patch/{one.hash}"),
        },
        "parents": [stub(call, place, parent.hash) for parent in parents],
        "rendered": {"message": rendered(one.message)},
        "repository": repository(call, place),
    }
    return Node(shown)


def rendered(text: str) -> dict[str, str]:
    """Render text with its HTML."""
    return {"type": "rendered", "raw": text, "markup": "markdown", "html": f"<p>{text.strip()}</p>"}


def branch(call: Call, ref: Ref, target: Node) -> Node:
    """Render a branch."""
    place = ref.commit.repository
    name = quote(ref.name)
    pullrequest = (
        f"{SITE}/{place.full_name}/pull-requests/new?source={quote(ref.name, safe='')}&t=1"
    )
    shown = _ref(call, ref, target, "branch", "refs/branches") | {
        "merge_strategies": STRATEGIES,
        "default_merge_strategy": STRATEGIES[0],
        "sync_strategies": ["merge_commit", "rebase"],
    }
    shown["links"]["html"] = link(f"{SITE}/{place.full_name}/branch/{name}")
    shown["links"]["pullrequest_create"] = link(pullrequest)
    return Node(shown)


def tag(call: Call, ref: Ref, target: Node) -> Node:
    """Render a tag; a lightweight one has neither date, tagger nor message."""
    place = ref.commit.repository
    shown = _ref(call, ref, target, "tag", "refs/tags") | _annotated(call, ref)
    shown["links"]["html"] = link(f"{SITE}/{place.full_name}/commits/tag/{quote(ref.name)}")
    return Node(shown)


def _annotated(call: Call, ref: Ref) -> dict[str, Any]:
    said = ref.annotation
    if said is not None:
        tagger = signed(call, ref.commit.repository, said.tagger)
        return {"date": said.date.isoformat(), "tagger": tagger, "message": said.message}
    if ref.name.startswith("snapshots/"):
        return {"date": None, "tagger": None, "message": None}
    date, tagger = ref.commit.date.isoformat(), author(call, ref.commit)
    return {"date": date, "tagger": tagger, "message": f"{ref.name}\n"}


def _ref(call: Call, ref: Ref, target: Node, kind: str, path: str) -> dict[str, Any]:
    here, name = home(call, ref.commit.repository), quote(ref.name)
    links = {
        "self": link(f"{here}/{path}/{name}"),
        "commits": link(f"{here}/commits/{name}"),
    }
    return {"type": kind, "name": ref.name, "target": target, "links": links}


def entry(call: Call, one: Entry) -> Node:
    """Render a file or a directory; `attributes` is a list, whatever is said of it."""
    place = one.commit.repository
    path = quote(one.path) if one.is_file else f"{quote(one.path)}/"
    here = f"{home(call, place)}/src/{one.commit.hash}/{path}"
    history = f"{home(call, place)}/filehistory/{one.commit.hash}/{quote(one.path)}"
    shown: dict[str, Any] = {
        "type": "commit_file" if one.is_file else "commit_directory",
        "path": one.path,
        "commit": stub(call, place, one.commit.hash),
        "links": {"self": link(here), "meta": link(f"{here}?format=meta")},
    }
    if one.is_file:
        shown |= {
            "attributes": list(one.attributes),
            "escaped_path": quote(one.path),
            "size": one.size,
            "mimetype": media_type(one.path),
        }
        shown["links"]["history"] = link(history)
    return Node(shown)


def media_type(path: str) -> str | None:
    """Guess a file's media type from its name, as the service does."""
    return mimetypes.guess_type(path)[0]
