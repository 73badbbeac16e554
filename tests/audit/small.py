"""A workspace by hand: two people beside its owner, one group, one project, one repository."""

from __future__ import annotations

from typing import Any

from bbasync.audit.facts import Grant, Group, Member, Person, Project, Repo, Right, SourceKind
from bbasync.audit.found import WorkspaceAudit

ANN, BOB, CAT = (Person(f"{{{name.lower()}}}", name) for name in ("Ann", "Bob", "Cat"))
WEB = Project("acme", "{web}", "WEB", "Web")
SITE = Repo("{site}", "acme/site", is_private=True, project="WEB")
PUBLIC_SITE = Repo("{site}", "acme/site", is_private=False, project="WEB")
DEVS = Group("acme", "devs", "Devs", None, (BOB.uuid,))


def small(**changes: Any) -> WorkspaceAudit:
    """The workspace as an audit finds it when everything was read, but for *changes*."""
    everything: dict[str, Any] = {
        "members": [
            Member("acme", ANN, "owner"),
            Member("acme", BOB, "member"),
            Member("acme", CAT, "member"),
        ],
        "groups": [DEVS],
        "projects": [WEB],
        "repositories": [SITE],
        "rights": [right(ANN, "admin")],
    }
    return WorkspaceAudit("acme", "explain", **(everything | changes))


def right(person: Person, permission: str, repository: Repo = SITE) -> Right:
    """A right as the service lists it."""
    return Right(person, repository, permission)


def on_site(permission: str, person: Person | None = None, group: str | None = None) -> Grant:
    """A grant on the repository."""
    return Grant("acme", permission, person, group, repository=SITE)


def on_web(permission: str, person: Person | None = None, group: str | None = None) -> Grant:
    """A grant on the project."""
    return Grant("acme", permission, person, group, project=WEB)


def give(audit: WorkspaceAudit, kind: SourceKind, permission: str) -> None:
    """Let Bob have *permission* on the repository from a source of the *kind*."""
    if kind == "owner":
        audit.members = [Member("acme", BOB, "owner")]
    elif kind == "default":
        audit.groups = [Group("acme", "devs", "Devs", permission, (BOB.uuid,))]
    elif kind == "public":
        audit.repositories = [PUBLIC_SITE]
    else:
        make = on_web if kind.startswith("project-") else on_site
        to_group = kind.endswith("group")
        audit.grants.append(
            make(permission, None if to_group else BOB, "devs" if to_group else None)
        )
