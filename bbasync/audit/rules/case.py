"""What a rule looks at: one workspace, the day, and what is looked up again and again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import TypeAlias

from attrs import define, field

from ..facts import Part, Person, Repo, Standing
from ..found import WorkspaceAudit

_Place: TypeAlias = tuple[Part, str | None, str | None]


@define(eq=False)
class Case:
    """One workspace as a rule sees it, on one day."""

    audit: WorkspaceAudit
    today: date
    elsewhere: Mapping[str, Repo] = field(factory=dict)
    """The repositories of the whole audit by uuid, those of other workspaces too."""

    @cached_property
    def repositories(self) -> dict[str, Repo]:
        """The repositories by uuid, with all that is known of them."""
        return {one.uuid: one for one in self.audit.repositories}

    @cached_property
    def _unread(self) -> set[_Place]:
        return {(one.part, one.repository, one.project) for one in self.audit.unknown}

    def knows(
        self, part: Part, *, repository: str | None = None, project: str | None = None
    ) -> bool:
        """What `WorkspaceAudit.knows` says, at the same price however much is unknown."""
        return not any(
            (part, here, there) in self._unread
            for here in {None, repository}
            for there in {None, project}
        )

    @cached_property
    def knows_members(self) -> bool:
        """Whether all members are known; if not, nobody can be called an outsider."""
        return self.audit.members is not None and self.knows("members")

    def standing(self, person: Person) -> Standing:
        """The place of *person*: ``unknown`` too for whom a partial list does not name."""
        found = self.audit.standing(person)
        return "unknown" if found == "outside" and not self.knows_members else found
