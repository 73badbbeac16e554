"""One workspace as an audit has found it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TypeAlias

from attrs import define, field

from .facts import (
    DeployKey,
    Grant,
    Group,
    Hook,
    Level,
    Member,
    Part,
    Person,
    Project,
    Repo,
    Restriction,
    Reviewer,
    Right,
    Standing,
    Unknown,
)

Fact: TypeAlias = (
    Member
    | Group
    | Project
    | Repo
    | Grant
    | Right
    | DeployKey
    | Hook
    | Restriction
    | Reviewer
    | Unknown
)
"""A row that was read, or that says what was not."""


@define(eq=False)
class WorkspaceAudit:
    """Everything about one workspace; what is None could not be read, or is not asked for.

    It is filled while it is gathered, and read afterwards.
    """

    workspace: str
    level: Level = "effective"
    members: list[Member] | None = None
    groups: list[Group] | None = None
    projects: list[Project] | None = None
    repositories: list[Repo] = field(factory=list)
    """By name; at `effective`, those that somebody has a right on."""
    rights: list[Right] = field(factory=list)
    """Those that the service lists."""
    unlisted: list[Right] = field(factory=list)
    """Those that the sources give and the service does not list; from `explain` on."""
    grants: list[Grant] = field(factory=list)
    deploy_keys: list[DeployKey] = field(factory=list)
    webhooks: list[Hook] = field(factory=list)
    restrictions: list[Restriction] = field(factory=list)
    reviewers: list[Reviewer] = field(factory=list)
    unknown: list[Unknown] = field(factory=list)
    only: Sequence[str] | None = None
    """The full names of the repositories that were asked for; None for all of the workspace."""

    @property
    def complete(self) -> bool:
        """Whether everything could be read."""
        return not self.unknown

    @cached_property
    def levels(self) -> Mapping[str, str] | None:
        """The members' levels by uuid; None where the members could not be read."""
        if self.members is None:
            return None
        return {one.person.uuid: one.level for one in self.members}

    def standing(self, person: Person) -> Standing:
        """The place of *person* in the workspace."""
        if self.levels is None:
            return "unknown"
        level = self.levels.get(person.uuid)
        if level is None:
            return "outside"
        return "owner" if level == "owner" else "member"

    @cached_property
    def people(self) -> list[Person]:
        """Everybody who has a right or is a member, by name."""
        found = {right.person.uuid: right.person for right in self.rights}
        for member in self.members or ():
            found.setdefault(member.person.uuid, member.person)
        return sorted(found.values(), key=lambda one: (one.name.casefold(), one.uuid))

    def knows(
        self, part: Part, *, repository: str | None = None, project: str | None = None
    ) -> bool:
        """Whether all of *part* was read: of a repository or a project, or of the workspace.

        A list of the whole workspace that was not read is unknown of each repository too, and where
        the workspace itself could not be found everything is.
        """
        return not any(
            one.part in {part, "workspaces"}
            and one.repository in {None, repository}
            and one.project in {None, project}
            for one in self.unknown
        )

    def facts(self) -> Iterator[Fact]:
        """All rows, one kind after the other."""
        for rows in (
            self.members or (),
            self.groups or (),
            self.projects or (),
            self.repositories,
            self.grants,
            self.rights,
            self.deploy_keys,
            self.webhooks,
            self.restrictions,
            self.reviewers,
            self.unknown,
        ):
            yield from rows
