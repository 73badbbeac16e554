"""What deliveries are made of, as JSON."""

from typing import Any, TypeAlias

from attrs import frozen

from ..exchange import Call
from ..node import full_form
from ..render.code import branch, commit, tag
from ..render.people import SITE, app, link
from ..render.pullrequest import whoever
from ..render.repository import home, project, repository
from ..state import history
from ..state.history import Commit, Ref
from ..store import Project, Repository, Workspace

MOST_COMMITS = 5
"""So many commits of a change are told."""
TOLD = ("scm", "website", "owner", "workspace", "is_private", "project", "parent")
"""What a repository shows here beside what it shows wherever it is embedded."""

Refs: TypeAlias = dict[tuple[str, str], Ref]
"""Branches and tags, by their kind and name."""


@frozen
class Change:
    """What happened to a branch or a tag: without an *old* it is new, without a *new* gone."""

    kind: str
    old: Ref | None
    new: Ref | None


def actor_of(call: Call) -> dict[str, Any]:
    """Name who did it; there may be nobody."""
    if call.account is not None:
        return {"actor": whoever(call, call.account.uuid)}
    if call.token_workspace is not None:
        return {"actor": app(call, call.token_workspace.app)}
    return {}


def whose(call: Call, uuid: str) -> dict[str, Any]:
    """Render a person or an app."""
    return whoever(call, uuid)


def repository_told(call: Call, one: Repository) -> dict[str, Any]:
    """Render a repository as deliveries have it."""
    shown = repository(call, one)
    full = full_form(shown)
    return {**shown, **{name: full[name] for name in TOLD}}


def project_told(call: Call, place: Workspace, one: Project) -> dict[str, Any]:
    """Render a project as deliveries have it."""
    return project(call, place, one)


def changes_of(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Compare how something was with how it is."""
    return {
        name: {"old": before[name], "new": value}
        for name, value in after.items()
        if value != before[name]
    }


def push(call: Call, one: Repository, before: Refs, changes: list[Change]) -> dict[str, Any]:
    """Render a push; *before* are the refs that there were."""
    return {"changes": [_change(call, one, before, each) for each in changes]}


def _change(call: Call, one: Repository, before: Refs, change: Change) -> dict[str, Any]:
    old, new = change.old, change.new
    shown: dict[str, Any] = {
        "new": None if new is None else _ref(call, change.kind, new),
        "old": None if old is None else _ref(call, change.kind, old),
        "created": old is None,
        "closed": new is None,
        "forced": False,
        "truncated": False,
    }
    if new is None:
        return shown
    known = [old.commit] if old else [ref.commit for ref in before.values()]
    added = history.ancestry([new.commit], known)
    links = _links(call, one, old, new)
    if old is not None and old.commit.hash not in {c.hash for c in history.ancestry([new.commit])}:
        shown["forced"] = True
    shown["commits"] = [_commit(call, each) for each in added[:MOST_COMMITS]]
    return shown | {"truncated": len(added) > MOST_COMMITS, "links": links}


def _links(call: Call, one: Repository, old: Ref | None, new: Ref) -> dict[str, Any]:
    here, tip = home(call, one), new.commit.hash
    if old is None:
        page = f"{SITE}/{one.full_name}/branch/{new.name}"
        return {"html": link(page), "commits": link(f"{here}/commits?include={tip}")}
    gone = old.commit.hash
    return {
        "html": link(f"{SITE}/{one.full_name}/branches/compare/{tip}..{gone}"),
        "commits": link(f"{here}/commits?include={tip}&exclude={gone}"),
        "diff": link(f"{here}/diff/{tip}..{gone}"),
    }


def _commit(call: Call, each: Commit) -> dict[str, Any]:
    return commit(call, each, history.parents(each))


def _ref(call: Call, kind: str, ref: Ref) -> dict[str, Any]:
    return (branch if kind == "branch" else tag)(call, ref, commit(call, ref.commit, []))
