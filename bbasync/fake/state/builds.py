"""Build statuses of commits: two that were there from the beginning, and what was sent since."""

from attrs import Factory, define, evolve, field

from ..pattern import one_in
from ..store import Repository, uuid_of
from .history import Commit

STATES = ("SUCCESSFUL", "FAILED", "INPROGRESS", "STOPPED")


@define(eq=False)
class Build:
    """What a build system says about a commit."""

    uuid: str
    key: str
    state: str
    name: str
    description: str
    url: str
    refname: str | None
    created_on: str
    updated_on: str


@define(eq=False)
class Builds:
    """The build statuses of one repository, by commit and key."""

    repository: Repository = field(repr=False)
    _known: dict[str, dict[str, Build]] = Factory(dict)

    def of(self, commit: Commit) -> dict[str, Build]:
        """Give those of a commit."""
        if commit.hash not in self._known:
            self._known[commit.hash] = {} if commit.made else _planted(self.repository, commit)
        return self._known[commit.hash]


def _planted(repository: Repository, commit: Commit) -> dict[str, Build]:
    when = commit.date.isoformat(timespec="microseconds")
    first = Build(
        uuid=uuid_of(f"{repository.uuid}:build:{commit.hash}"),
        key="tests",
        state="FAILED" if one_in(6, commit.index, 5) else "SUCCESSFUL",
        name=f"Tests #{commit.index + 1}",
        description="All tests passed",
        url=f"https://ci.example.com/{repository.full_name}/{commit.index + 1}",
        refname=None,
        created_on=when,
        updated_on=when,
    )
    second = evolve(
        first,
        uuid=uuid_of(f"{repository.uuid}:docs:{commit.hash}"),
        key="docs",
        state="INPROGRESS" if commit.index == 0 else "SUCCESSFUL",
        name=f"Documentation #{commit.index + 1}",
        description="",
        refname=repository.mainbranch,
    )
    return {one.key: one for one in (first, second)}
