"""Who may do what, as JSON."""

from typing import Any

from ..exchange import Call
from ..node import Node
from ..store import Account, Group, Project, Repository, Workspace
from .people import group, link, user
from .repository import home, project, repository


def repository_permission(call: Call, one: Repository, account: Account, right: str) -> Node:
    """Render somebody's effective right on a repository."""
    return Node(
        {
            "type": "repository_permission",
            "user": user(call, account),
            "repository": repository(call, one),
            "permission": right,
        }
    )


def permission_at_a_glance(call: Call, one: Repository, account: Account, right: str) -> Node:
    """Render it with what costs little of the repository, which knows the rest."""
    brief = {"name": one.name, "full_name": one.full_name, "uuid": one.uuid}
    shown = {
        "type": "repository_permission",
        "user": user(call, account),
        "repository": Node(brief, lambda: repository(call, one).full()),
        "permission": right,
    }
    return Node(shown)


def repository_grant(call: Call, one: Repository, target: Account | Group, right: str) -> Node:
    """Render what a repository itself grants to a person or a group."""
    shown = _grant(call, one.workspace, target, "repository", home(call, one))
    return Node(shown | {"permission": right, "repository": repository(call, one)})


def project_grant(
    call: Call, place: Workspace, one: Project, target: Account | Group, right: str
) -> Node:
    """Render what a project grants to a person or a group."""
    address = call.url("workspaces", place.slug, "projects", one.key)
    shown = _grant(call, place, target, "project", address)
    return Node(shown | {"permission": right, "project": project(call, place, one)})


def _grant(
    call: Call, place: Workspace, target: Account | Group, kind: str, address: str
) -> dict[str, Any]:
    """Render what both kinds of grants share; their own address names the target."""
    if isinstance(target, Account):
        who, whom, last = "user", user(call, target), f"users/{target.account_id}"
    else:
        who, whom, last = "group", group(call, place, target), f"groups/{target.slug}"
    return {
        "type": f"{kind}_{who}_permission",
        who: whom,
        "links": {"self": link(f"{address}/permissions-config/{last}")},
    }
