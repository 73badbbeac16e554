"""Rules about who may do what, whatever the reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Annotated, Literal

from ..facts import RANKS, Person
from .case import Case
from .table import Hit, listed, rule


@rule(
    "People outside the workspace who may write",
    help=(
        "Somebody who is no member of the workspace has rights on one of its repositories. "
        "Take the right away, invite the person, or allow it until a day."
    ),
    severity="error",
)
def outsiders_with_write(
    case: Case,
    *,
    permission: Annotated[
        Literal["read", "write", "admin"], "The least right that counts."
    ] = "write",
) -> Iterator[Hit]:
    """Rights of *permission* or more of people outside."""
    enough = {name for name, rank in RANKS.items() if rank >= RANKS[permission]}
    for right in case.audit.rights:
        if right.permission in enough and case.standing(right.person) == "outside":
            yield Hit(
                f"{right.person.name} is outside the workspace and has {right.permission} on "
                f"{right.repository.full_name}",
                right.repository,
                person=right.person,
                permission=right.permission,
            )


@rule(
    "Repositories with too many administrators",
    help=(
        "Each administrator can change a repository's rights and settings, and delete it. Lower "
        "the rights of those who only need to write."
    ),
    severity="warning",
)
def too_many_admins(
    case: Case,
    *,
    most: Annotated[int, "How many administrators a repository may have."] = 3,
    count_owners: Annotated[
        bool, "Whether the workspace's owners count, who administer every repository."
    ] = False,
) -> Iterator[Hit]:
    """Repositories with more than *most* administrators."""
    if not count_owners and not case.knows_members:
        return  # anybody might be an owner
    found: defaultdict[str, list[Person]] = defaultdict(list)
    for right in case.audit.rights:
        if right.permission != "admin":
            continue
        if count_owners or case.standing(right.person) != "owner":
            found[right.repository.uuid].append(right.person)
    beside = "" if count_owners else " beside the workspace's owners"
    for repository in case.audit.repositories:
        people = found.get(repository.uuid, ())
        if len(people) > most:
            yield Hit(
                f"{repository.full_name} has {len(people)} administrators{beside}, "
                f"more than {most}: {_names(people)}",
                repository,
                permission="admin",
            )


@rule(
    "Workspaces with too many owners",
    help=(
        "An owner administers the workspace and all its repositories. Make members of those who "
        "do not administer the workspace itself."
    ),
    severity="warning",
)
def too_many_owners(
    case: Case, *, most: Annotated[int, "How many owners a workspace may have."] = 3
) -> Iterator[Hit]:
    """A workspace with more than *most* owners."""
    owners = [one.person for one in case.audit.members or () if one.level == "owner"]
    if len(owners) > most:
        yield Hit(
            f"{case.audit.workspace} has {len(owners)} owners, more than {most}: {_names(owners)}"
        )


@rule(
    "Public repositories",
    help=("Everybody on the internet may read it, history included. Make it private, or allow it."),
    severity="warning",
)
def public_repositories(case: Case) -> Iterator[Hit]:
    """Repositories that are known to be public."""
    for repository in case.audit.repositories:
        if repository.is_private is False:
            yield Hit(f"{repository.full_name} is public", repository)


def _names(people: list[Person] | tuple[()]) -> str:
    return listed(sorted((one.name for one in people), key=lambda name: (name.casefold(), name)))
