"""What a person or a program is shown of an event: one line."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from ..errors import DecodingError
from ..resources import Commit
from ..webhooks.events import (
    Event,
    IssueEvent,
    PipelineSpanCreated,
    ProjectUpdated,
    PullRequestCommentEvent,
    PullRequestEvent,
    PushChange,
    RepoCommitCommentCreated,
    RepoCommitStatusEvent,
    RepoFork,
    RepoPush,
    RepoTransfer,
    RepoUpdated,
)
from ..wire.message import loads
from .exits import plain
from .output import line_of

_STEERS: Final = re.compile("[\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What JSON may hold as it is, and a terminal would obey."""
_LONGEST: Final = 72
"""Characters of a title or a comment."""
_MOST: Final = 3
"""Branches of one push."""
_STRANGE: Final = "(not as documented)"
_REPOSITORY: Final = "pipeline.repository.full_name"


def line(event: Event, at: datetime) -> str:
    """When, what, where, who and the rest, for a person."""
    told = [_read(how, event) for how in (_where, _who, _what)]
    parts = (f"{at:%Y-%m-%dT%H:%M:%SZ}", event.key, *told)
    return "  ".join(plain(one) or "-" for one in parts).removesuffix("  -")


def data(event: Event, at: datetime, body: bytes) -> bytes:
    """The whole delivery as a line of JSON."""
    said = event.delivery
    found = line_of(
        {
            "at": at.isoformat(),
            "key": said.key,
            "id": said.id,
            "hook_uuid": said.hook_uuid,
            "attempt": said.attempt,
            "signed": said.signed,
            "payload": loads(body),
        }
    )
    return _STEERS.sub(lambda one: f"\\u{ord(one[0]):04x}", found.decode()).encode()


def _read(how: Callable[[Event], str | None], event: Event) -> str:
    try:
        return how(event) or ""
    except DecodingError:
        return _STRANGE


def _where(event: Event) -> str | None:
    if isinstance(event, PipelineSpanCreated):
        return str(_attribute(event, _REPOSITORY) or "")
    if isinstance(event, ProjectUpdated):
        return event.project.key if event.project else None
    return event.repository.full_name if event.repository else None


def _who(event: Event) -> str | None:
    actor = event.actor
    return (actor.display_name or actor.uuid) if actor else None


def _what(event: Event) -> str:
    told = ""
    match event:
        case RepoPush(push=push):
            told = _push((push and push.changes) or ())
        case PullRequestEvent(pullrequest=pull):
            told = _pull(event, pull)
        case RepoCommitStatusEvent(commit_status=status) if status is not None:
            told = " ".join(filter(None, (status.state, status.name or status.key)))
        case RepoCommitCommentCreated(comment=comment, commit=commit):
            told = _joined(_hash(commit), _text(comment))
        case RepoFork(fork=fork) if fork is not None:
            told = f"to {fork.full_name}"
        case RepoTransfer(previous_owner=owner) if owner is not None:
            told = f"from {owner.display_name}"
        case RepoUpdated(changes=changes) | ProjectUpdated(changes=changes):
            told = ", ".join(changes or ())
        case IssueEvent(issue=issue) if issue is not None:
            told = f"#{issue.id} {_short(issue.title)}"
        case PipelineSpanCreated():
            told = _spans(event)
    return told


def _push(changes: Sequence[PushChange]) -> str:
    told = [_change(one) for one in changes[:_MOST]]
    left = len(changes) - len(told)
    return "; ".join([*told, f"{left} more"] if left else told)


def _change(change: PushChange) -> str:
    ref = change.new or change.old
    name = (ref and ref.name) or "?"
    if change.new is None:
        return f"{name} deleted"
    count = len(change.commits or ())
    commits = f"{count}{'+' if change.truncated else ''} commit{'s' if count != 1 else ''}"
    marks = ("new" if change.old is None else "", commits, "forced" if change.forced else "")
    return f"{name}: {', '.join(filter(None, marks))}"


def _pull(event: PullRequestEvent, pull: Any) -> str:
    if pull is None:
        return ""
    sides = [one and one.branch and one.branch.name for one in (pull.source, pull.destination)]
    way = f" ({sides[0] or '?'} -> {sides[1] or '?'})" if any(sides) else ""
    text = _text(event.comment) if isinstance(event, PullRequestCommentEvent) else ""
    return _joined(f"#{pull.id} {_short(pull.title)}{way}", text)


def _spans(event: PipelineSpanCreated) -> str:
    names = list(dict.fromkeys(one.name or "?" for one in event.spans))
    count = len(event.spans)
    return f"{count} span{'s' if count != 1 else ''}: {_short(', '.join(names))}"


def _attribute(event: PipelineSpanCreated, name: str) -> Any:
    sources = (one.resource and one.resource.attributes for one in event.resourceSpans or ())
    for attributes in (*sources, *(one.attributes for one in event.spans)):
        if attributes and attributes.get(name):
            return attributes[name]
    return None


def _hash(commit: Commit | None) -> str:
    return ((commit.hash if commit else None) or "")[:12]


def _text(comment: Any) -> str:
    return _short(comment.content.raw) if comment is not None and comment.content else ""


def _short(text: str | None) -> str:
    words = plain(text or "")
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 3]}..."


def _joined(*parts: str) -> str:
    return ": ".join(filter(None, parts))
