"""Commits, branches and tags that are made for a test."""

from collections.abc import Mapping
from typing import TypeAlias

from ..exchange import Call
from ..render.code import signature
from ..state import history
from ..state.history import Commit, Ref
from ..state.submission import MAIN, Submission
from ..state.tree import tree_of
from ..state.work import File
from ..store import Account, Repository
from ..webhook.telling import pushing
from .inside import Inside
from .keys import path_of

Content: TypeAlias = str | bytes | None
"""What a file holds; None deletes it."""


def commit_in(
    inside: Inside,
    one: Repository,
    files: Mapping[str, Content] | None,
    message: str | None,
    branch: str | None,
    *,
    author: Account | None = None,
) -> Commit:
    """Make a commit; without *files* one is made up, and a new branch begins at the main one."""
    number = len(one.work.commits)
    given = {f"notes/{number}.md": f"Note {number}\n"} if files is None else files
    named = {_path(path): content for path, content in given.items()}
    if len(named) < len(given):
        raise ValueError(f"Two of {', '.join(map(repr, given))} are the same file: leave one out")
    _check(one, named, branch)
    said = {"message": [message or f"Change {', '.join(named) or 'nothing'}"]}
    if branch is not None:
        said["branch"] = [branch]
    gone = [path for path, content in named.items() if content is None]
    sent = Submission(
        {path: File(_bytes(path, c)) for path, c in named.items() if c is not None},
        said | ({"files": gone} if gone else {}),
    )

    def work(call: Call) -> Commit:
        with pushing(call, one):
            return sent.commit(one, signature(call, one), call.store.now())

    return inside.run("POST", f"{path_of(one)}/src", work, place=one.workspace, by=author)


def ref_in(
    inside: Inside,
    one: Repository,
    kind: str,
    name: str,
    at: Commit | str | None,
    *,
    message: str = "",
) -> Ref:
    """Make a branch or a tag where there is none of that name."""
    every = history.branches if kind == "branches" else history.tags
    there = next((ref for ref in every(one) if ref.name == name), None)
    if there is None:
        body = {"name": name, "target": {"hash": named(one, at).hash}, "message": message}
        inside.ask("POST", f"{path_of(one)}/refs/{kind}", body, place=one.workspace)
        there = next(ref for ref in every(one) if ref.name == name)
    elif at is not None and named(one, at).hash != there.commit.hash:
        raise ValueError(f"{one.full_name} has {name!r} already, at another commit")
    return there


def named(one: Repository, at: Commit | str | None) -> Commit:
    """Find a commit by a hash, the start of one, a branch or a tag; None is the newest."""
    if isinstance(at, Commit):
        return at
    found = history.head(one) if at is None else history.resolve(one, at)
    if found is None:
        what = "commit yet" if at is None else f"commit, branch or tag {at!r}"
        raise LookupError(f"{one.full_name} has no {what}: .commit(...) makes one")
    return found


def _check(one: Repository, named: Mapping[str, Content], branch: str | None) -> None:
    """Refuse files that could not be, or not be deleted, which a call passes over in silence."""
    for path, content in named.items():
        above = [path[:at] for at, letter in enumerate(path) if letter == "/"]
        directory = next((each for each in above if named.get(each) is not None), None)
        if content is not None and directory is not None:
            raise ValueError(f"{directory!r} can't be a file and hold {path!r}: leave one out")
    tips = {ref.name: ref.commit for ref in history.branches(one)}
    before = tips.get(branch or one.mainbranch or MAIN) or history.head(one)
    there = tree_of(before) if before is not None else {}
    missing = [path for path, content in named.items() if content is None and path not in there]
    if missing:
        raise ValueError(f"{one.full_name} has no file {missing[0]!r} there to delete")


def _path(path: str) -> str:
    inner = path.strip("/")
    if any(part in {"", ".", ".."} for part in inner.split("/")):
        raise ValueError(f"{path!r} is no path of a file: write one such as 'docs/index.md'")
    return inner


def _bytes(path: str, content: Content) -> bytes:
    if isinstance(content, bytes):
        return content
    if isinstance(content, str):
        return content.encode()
    raise ValueError(f"{path!r} holds text or bytes, or None to delete it, not {content!r}")
