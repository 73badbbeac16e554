"""Differences between commits: as text, as patches, as statistics, and where they conflict."""

from collections.abc import Sequence

from attrs import frozen

from .. import access
from ..exchange import Call, Reply
from ..node import Node
from ..pages import Limits, numbered
from ..render.change import diffstat
from ..render.code import author
from ..replies import bad_request, no_repository
from ..routing import Group
from ..state import history
from ..state.differ import Change, changes, chosen
from ..state.history import Commit
from ..store import Repository
from ..tags import tag_of
from .commits import find, render
from .repositories import ONE, READ

FEW = Limits(default=500, maximum=500)
TWO = 2

group = Group()


@frozen
class Span:
    """What a specification names: the newer commit, and what it is compared with."""

    newer: Commit
    other: Commit | None
    """None where one commit was named, which is compared with its parent."""

    def base(self, *, topic: bool) -> Commit | None:
        """Find what the newer one is compared with; by *topic*, where the two parted."""
        if self.other is None:
            return next(iter(history.parents(self.newer)), None)
        return _parting(self) if topic else self.other


@group.on("GET", f"{ONE}/diff/{{spec*}}", *READ)
def get_diff(call: Call) -> Reply:
    """Show what changed, as text in whatever encoding the files are in."""
    span = _span(call, "spec")
    found = chosen(changes(span.newer, _base(call, span)), call.all_args("path"))
    return _text(b"".join(change.text for change in found))


@group.on("GET", f"{ONE}/patch/{{spec*}}", *READ)
def get_patch(call: Call) -> Reply:
    """Show commits as git sends them by mail, the oldest first."""
    span = _span(call, "spec")
    line = [span.newer] if span.other is None else history.ancestry([span.newer], [_parting(span)])
    return _text(b"".join(_patch(call, commit) for commit in reversed(line)))


@group.on("GET", f"{ONE}/diffstat/{{spec*}}", *READ)
def get_diffstat(call: Call) -> Reply:
    """Count what changed, file by file."""
    span = _span(call, "spec")
    base = _base(call, span)
    found = chosen(changes(span.newer, base), call.all_args("path"))
    return numbered(call, found, lambda one: diffstat(call, one, span.newer, base), FEW)


@group.on("GET", f"{ONE}/merge-base/{{revspec*}}", *READ)
def get_merge_base(call: Call) -> Reply:
    """Find the newest commit that both descend from."""
    span = _span(call, "revspec")
    if span.other is None:
        raise bad_request("Two revisions are needed.")
    return Reply(body=render(call, _parting(span)))


@group.on("GET", f"{ONE}/file-conflicts/{{spec*}}", *READ)
def list_conflicts(call: Call) -> Reply:
    """List the files that both sides changed, each in its way."""
    span = _span(call, "spec")
    if span.other is None:
        raise bad_request("Two revisions are needed.")
    base = _parting(span)
    ours = {one.path: one.new for one in _real(span.newer, base)}
    theirs = {one.path: one.new for one in _real(span.other, base)}
    both = [path for path, new in ours.items() if path in theirs and theirs[path] != new]
    return numbered(call, both, lambda path: Node({"path": path, "scenario": "content"}))


def _real(newer: Commit, older: Commit) -> Sequence[Change]:
    """What is made up for display can't conflict."""
    return changes(newer, older) if newer.made is not None else []


def _base(call: Call, span: Span) -> Commit | None:
    if call.arg("topic") and call.arg("merge"):
        raise bad_request("topic and merge can't be used together")
    return span.base(topic=call.arg("topic") != "false")


def _parting(span: Span) -> Commit:
    other = span.other or span.newer
    found = history.merge_base(span.newer, other)
    if found is None:
        raise bad_request("No common ancestor")
    return found


def _span(call: Call, name: str) -> Span:
    """Read a specification: `a`, `a..b`, or `workspace/repository:a<CR>b`.

    The newer commit may be in a fork, which then stands before it.
    """
    one = access.repository(call)
    place, _, ends = call.params[name].rpartition(":")
    named = [end for end in ends.replace("\r", "..").split("..") if end]
    if not 1 <= len(named) <= TWO:
        raise bad_request("Invalid specification")
    newer = find(_named(call, place) if place else one, named[0])
    return Span(newer, find(one, named[1]) if len(named) == TWO else None)


def _named(call: Call, place: str) -> Repository:
    workspace, _, slug = place.partition("/")
    found = call.store.find_repository(workspace, slug)
    if found is None or access.right(call, found) == "none":
        raise no_repository()
    return found


def _patch(call: Call, commit: Commit) -> bytes:
    subject, _, rest = commit.message.strip().partition("\n")
    head = (
        f"From {commit.hash} Mon Sep 17 00:00:00 2001\n"
        f"From: {author(call, commit)['raw']}\n"
        f"Date: {commit.date:%a, %d %b %Y %H:%M:%S %z}\n"
        f"Subject: [PATCH] {subject}\n\n{rest.strip()}\n---\n"
    )
    before = next(iter(history.parents(commit)), None)
    body = b"".join(change.text for change in changes(commit, before))
    return head.encode() + body + b"--\n\n"


def _text(content: bytes) -> Reply:
    return Reply(headers={"ETag": tag_of(content)}, text=content, content_type="text/plain")
