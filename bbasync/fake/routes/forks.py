"""Forks of a repository."""

from typing import Any

from .. import access
from ..bodies import json_object
from ..exchange import Call, Reply
from ..pages import numbered
from ..render.repository import repository_in_full
from ..replies import bad_request, forbidden
from ..routing import Group
from ..state.changes import fork
from ..store import Repository, Workspace
from ..webhook.parts import repository_told
from ..webhook.telling import happened
from .repositories import ONE, READ, made

group = Group()


@group.on("GET", f"{ONE}/forks", *READ)
def list_forks(call: Call) -> Reply:
    """List the forks of a repository that the caller may see."""
    one = access.repository(call)
    places = call.store.workspaces.values()
    forks = [fork for place in places for fork in place.repositories.forks(one)]
    seen = [r for r in forks if access.right(call, r) != "none"]
    return numbered(call, seen, lambda each: repository_in_full(call, each))


@group.on(
    "POST",
    f"{ONE}/forks",
    "read:repository:bitbucket write:repository:bitbucket",
    "repository:write",
    login=True,
)
def create_fork(call: Call) -> Reply:
    """Fork a repository, into its own workspace unless the body names another."""
    parent = access.repository(call)
    body = json_object(call)
    place = _target(call, parent, body.get("workspace"))
    if access.level(call, place) is None:
        raise forbidden("Forks can only be made in workspaces of one's own.")
    one = fork(call, parent, place, body)
    one.copying = call.store.copying
    happened(call, "repo:fork", parent, lambda: {"fork": repository_told(call, one)})
    return made(call, one)


def _target(call: Call, parent: Repository, wanted: Any) -> Workspace:
    if wanted is None:
        return parent.workspace
    name = (wanted.get("slug") or wanted.get("uuid")) if isinstance(wanted, dict) else None
    place = call.store.find_workspace(name) if isinstance(name, str) else None
    if place is None:
        raise bad_request("Bad request", {"workspace": ["There is no such workspace."]})
    return place
