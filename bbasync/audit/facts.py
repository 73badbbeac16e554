"""What an audit finds: rights, people and problems, as plain records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from attrs import define, field, frozen

from ..errors import BitbucketError

Standing = Literal["owner", "member", "outside", "unknown"]
"""A user's place in the workspace; ``unknown`` where its members could not be read."""


@frozen
class Person:
    """A user, as far as the service tells."""

    uuid: str
    name: str
    account_id: str | None = None


@frozen
class Repo:
    """A repository; *is_private* None where the service did not tell."""

    uuid: str
    full_name: str
    is_private: bool | None = None


@frozen
class Right:
    """What one user may effectively do on one repository: ``read``, ``write`` or ``admin``."""

    person: Person
    repository: Repo
    permission: str


@frozen
class Problem:
    """Something that could not be read: it is unknown, which is not the same as "none"."""

    workspace: str
    repository: str | None
    message: str
    cause: BitbucketError | None = field(default=None, repr=False, eq=False)


@define
class WorkspaceAudit:
    """One workspace: its members' levels by uuid, the effective rights, and what is unknown."""

    workspace: str
    levels: Mapping[str, str] | None = None
    """None where the members could not be read."""
    rights: list[Right] = field(factory=list)
    problems: list[Problem] = field(factory=list)

    @property
    def complete(self) -> bool:
        """Whether everything could be read."""
        return not self.problems

    def standing(self, person: Person) -> Standing:
        """The place of *person* in the workspace."""
        if self.levels is None:
            return "unknown"
        level = self.levels.get(person.uuid)
        if level is None:
            return "outside"
        return "owner" if level == "owner" else "member"

    @property
    def repositories(self) -> list[Repo]:
        """Every repository on which somebody has a right, by name."""
        found = {right.repository.uuid: right.repository for right in self.rights}
        return sorted(found.values(), key=lambda one: one.full_name)

    @property
    def people(self) -> list[Person]:
        """Everybody who has a right, by name."""
        found = {right.person.uuid: right.person for right in self.rights}
        return sorted(found.values(), key=lambda one: (one.name.casefold(), one.uuid))
