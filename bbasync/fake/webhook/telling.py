"""What happened, put into words at once: by the time it is sent, it may be otherwise."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..exchange import Call, Told
from ..render.pullrequest import pullrequest_in_full
from ..state import history
from ..state.pulls import PullRequest, PullRequests
from ..store import Hook, Project, Repository, Workspace
from .parts import Change, Refs, actor_of, changes_of, project_told, push, repository_told, whose

BORN = frozenset({"repo:created", "repo:deleted", "repo:imported", "repo:transfer"})
"""Events of which only a workspace's webhooks hear: a repository has none before it is there."""

Parts = Callable[[], dict[str, Any]]


def happened(call: Call, key: str, one: Repository, parts: Parts = dict) -> None:
    """Tell whoever subscribed; *parts* makes what comes beside the actor and the repository."""
    hooks = subscribed(key, one.workspace, one)
    if hooks:
        envelope = {"repository": repository_told(call, one)} | actor_of(call)
        note(call, key, hooks, envelope | parts())


def project_changed(call: Call, place: Workspace, one: Project, before: dict[str, Any]) -> None:
    """Tell of a project that somebody changed; *before* is how it was, and no change is no news."""
    hooks = subscribed("project:updated", place)
    changes = changes_of(before, watched(one))
    if hooks and changes:
        shown = {"project": project_told(call, place, one), "changes": changes}
        note(call, "project:updated", hooks, actor_of(call) | shown)


def repository_changed(call: Call, one: Repository, before: dict[str, Any]) -> None:
    """Tell of a repository that somebody changed; no change is no news."""
    changes = changes_of(before, watched(one))
    if changes:
        happened(call, "repo:updated", one, lambda: {"changes": changes})


def watched(one: Repository | Project) -> dict[str, Any]:
    """Give what is told of when it changes."""
    if isinstance(one, Project):
        return {name: getattr(one, name) for name in ("name", "key", "description", "is_private")}
    names = ("name", "website", "language", "description", "full_name")
    return {name: getattr(one, name) for name in names}


def of_pullrequest(
    call: Call, event: str, one: Repository, made: PullRequest, parts: Parts = dict
) -> None:
    """Tell what happened to a pull request."""

    def all_parts() -> dict[str, Any]:
        return {"pullrequest": pullrequest_in_full(call, one, made)} | parts()

    happened(call, f"pullrequest:{event}", one, all_parts)


def said_by(call: Call, who: str, word: str) -> Parts:
    """Give an approval, or a request for changes: who and when."""
    return lambda: {word: {"date": call.store.now(), "user": whose(call, who)}}


@contextmanager
def pushing(call: Call, one: Repository) -> Iterator[None]:
    """Tell of whatever the block does to branches and tags, and of the pull requests it moves."""
    before = _refs(one)
    yield
    after = _refs(one)
    names = [name for name in {**before, **after} if _tip(before, name) != _tip(after, name)]
    changes = [Change(name[0], before.get(name), after.get(name)) for name in names]
    if not changes:
        return
    happened(call, "repo:push", one, lambda: {"push": push(call, one, before, changes)})
    moved = {name for kind, name in names if kind == "branch" and ("branch", name) in after}
    for place in (one, one.parent):
        if place is not None and moved:
            _follow(call, place, one, moved)


def _follow(call: Call, place: Repository, source: Repository, moved: set[str]) -> None:
    """Tell of the open pull requests to a place whose branch has moved on."""
    keys = ("pullrequest:push", "pullrequest:updated")
    if not any(subscribed(key, place.workspace, place) for key in keys):
        return
    for made in call.store.part(place, PullRequests):
        side = made.source
        if made.state == "OPEN" and side.repository is source and side.branch in moved:
            of_pullrequest(call, "push", place, made)
            of_pullrequest(call, "updated", place, made)


def subscribed(key: str, place: Workspace, one: Repository | None = None) -> tuple[Hook, ...]:
    """Choose the webhooks that hear of an event."""
    own = () if one is None or key in BORN else tuple(one.hooks.values())
    hooks = (*own, *place.hooks.values())
    return tuple(hook for hook in hooks if hook.active and key in hook.events)


def note(call: Call, key: str, hooks: tuple[Hook, ...], payload: dict[str, Any]) -> None:
    """Note what is to be sent once the call is answered."""
    call.told.append(Told(key, json.dumps(payload).encode(), hooks))


def _refs(one: Repository) -> Refs:
    found = {("branch", ref.name): ref for ref in history.branches(one)}
    return found | {("tag", ref.name): ref for ref in history.tags(one)}


def _tip(refs: Refs, name: tuple[str, str]) -> str | None:
    return refs[name].commit.hash if name in refs else None
