"""Rules about where rights come from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import Annotated

from attrs import define

from ..facts import RANKS, Grant, Group, Right
from ..sources import told
from .case import Case
from .table import Hit, rule


@rule(
    "Rights given by hand, beside the groups",
    help=(
        "A member was given a right directly, which nobody takes away when he changes teams. Give "
        "it to a group that he is in, then take the direct grant away."
    ),
    severity="note",
    level="explain",
)
def grants_beside_groups(
    case: Case,
    *,
    redundant_only: Annotated[
        bool, "Whether to find only those where a group gives as much already."
    ] = False,
) -> Iterator[Hit]:
    """Grants to members on a repository or a project."""
    groups = _Groups(case)
    for grant in case.audit.grants:
        person, permission = grant.person, grant.permission
        if person is None or RANKS.get(permission, 0) == 0:
            continue
        if case.standing(person) not in {"member", "owner"}:
            continue
        enough = groups.enough(grant)
        if redundant_only and not enough:
            continue
        if grant.repository is not None:
            where = grant.repository.full_name
        else:
            where = f"the project {grant.project.key}" if grant.project else case.audit.workspace
        yield Hit(
            f"{person.name} was given {permission} on {where} by hand; {_redundancy(enough)}",
            grant.repository,
            grant.project,
            person,
            permission=permission,
        )


@rule(
    "Rights that nothing explains",
    help=(
        "What the service lists and what ownership, grants and groups add up to are not the same. "
        "Look at the repository's and its project's permissions, and ask Atlassian if they hold no "
        "answer."
    ),
    severity="warning",
    level="explain",
)
def unexplained_rights(case: Case) -> Iterator[Hit]:
    """Rights that contradict their sources, and those that the service does not list."""
    for right in case.audit.rights:
        if right.explained is False:
            yield _unexplained(right, f"has {right.permission} on {right.repository.full_name}")
    for right in case.audit.unlisted:
        where = right.repository.full_name
        yield _unexplained(right, f"is listed with no right on {where}")


@rule(
    "Public forks of private repositories",
    help=(
        "The fork shows to everybody what the private repository keeps to its people. Make the "
        "fork private or delete it, and take what it held for known."
    ),
    severity="error",
    level="explain",
)
def public_forks_of_private(case: Case) -> Iterator[Hit]:
    """Public repositories whose parent is in the audit and private."""
    for repository in case.audit.repositories:
        if repository.is_private is not False or repository.parent is None:
            continue
        uuid = repository.parent
        parent = case.repositories.get(uuid) or case.elsewhere.get(uuid)
        if parent is not None and parent.is_private:
            yield Hit(
                f"{repository.full_name} is public and a fork of {parent.full_name}, which is "
                "private",
                repository,
            )


def _unexplained(right: Right, listed: str) -> Hit:
    if right.sources:
        first = right.sources[0]
        each = ", ".join(f"{told(one)}: {one.permission}" for one in right.sources)
        given = f"its sources give {first.permission} ({each})"
    else:
        given = "no source gives any"
    return Hit(
        f"{right.person.name} {listed}, but {given}",
        right.repository,
        person=right.person,
        permission=right.permission,
    )


def _redundancy(group: str | None) -> str:
    if group is None:
        return "whether a group gives as much is unknown, since not everything could be read"
    return f"group {group} gives as much already" if group else "no group gives as much"


@define(eq=False)
class _Groups:
    """What groups give to whom."""

    case: Case

    def enough(self, grant: Grant) -> str | None:
        """The group that gives as much as *grant* does; "" where none, None where unknown."""
        place, key, known = self._place(grant)
        needed = RANKS[grant.permission]
        for group in self._of.get(grant.person.uuid if grant.person else "", ()):
            default = RANKS.get(group.permission or "none", 0)
            if place is None and default > RANKS["write"]:
                # It is for repositories, and administers no project.
                default = RANKS["write"]
            if needed <= max(
                default,
                self._granted.get((place, group.slug), 0),
                self._granted.get((key, group.slug), 0),
            ):
                return group.slug
        return "" if known else None

    def _place(self, grant: Grant) -> tuple[str | None, str | None, bool]:
        """The repository and the project that count, and whether all of their groups is known."""
        repository, case = grant.repository, self.case
        known = self._memberships_known
        if repository is None:
            key = grant.project.key if grant.project else None
        else:
            repository = case.repositories.get(repository.uuid, repository)
            key = repository.project
            known = known and case.knows("repository-groups", repository=repository.full_name)
        known = known and key is not None and case.knows("project-groups", project=key)
        return repository.uuid if repository else None, key, known

    @cached_property
    def _memberships_known(self) -> bool:
        groups = self.case.audit.groups
        return (
            groups is not None
            and self.case.knows("groups")
            and all(one.members is not None for one in groups)
        )

    @cached_property
    def _of(self) -> dict[str, list[Group]]:
        """The groups that each person is in, by uuid."""
        found: defaultdict[str, list[Group]] = defaultdict(list)
        for group in sorted(self.case.audit.groups or (), key=lambda one: one.slug):
            for uuid in group.members or ():
                found[uuid].append(group)
        return found

    @cached_property
    def _granted(self) -> dict[tuple[str | None, str], int]:
        """The ranks of grants to groups, by the repository's uuid or the project's key."""
        found: dict[tuple[str | None, str], int] = {}
        for grant in self.case.audit.grants:
            if grant.group is not None:
                # A uuid is in braces and a key is not: one is never taken for the other.
                if grant.repository is not None:
                    found[grant.repository.uuid, grant.group] = RANKS.get(grant.permission, 0)
                elif grant.project is not None:
                    found[grant.project.key, grant.group] = RANKS.get(grant.permission, 0)
        return found
