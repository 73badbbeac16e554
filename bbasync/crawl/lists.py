"""Lists: what a crawl asks the service for, of each workspace and of each repository."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from attrs import define

from ..errors import DecodingError
from ..paging import Pager
from ..query import Condition, F
from ..resources import Repository
from .gate import Gate
from .keyset import with_filter

if TYPE_CHECKING:
    from .plan import Crawl, Step

PULL_REQUESTS: Final = "pullrequests"
COMMITS: Final = "commits"
_STATE: Final = "OPEN"
"""The state of pull requests that the service chooses itself, as long as there is no filter."""
_TELLING: Final = ("uuid", "hash", "id", "name", "path", "created_on", "date")
"""What tells items apart and how old they are; of each list the service sends what it has."""


@define(eq=False)
class Lists:
    """The lists of one plan."""

    gate: Gate
    plan: Crawl
    since: datetime | None

    async def workspaces(self) -> list[str]:
        """The names of the caller's workspaces."""
        names: dict[str, None] = {}
        async for one in self.gate.users.list_workspaces(unique=True):
            name = one.workspace and (one.workspace.slug or one.workspace.uuid)
            if not name:
                raise DecodingError(f"a workspace without its slug came in: {one.to_dict()!r}")
            names[name] = None
        return list(names)

    def repositories(self, workspace: str, **query: Any) -> Pager[Repository]:
        """The repositories of a *workspace*."""
        fields = self.plan.selection.fields
        if fields is not None:
            query["fields"] = _keeping(fields, self._needed())
        return self.gate.repositories.list(workspace, **query)

    @property
    def repositories_filter(self) -> str | None:
        """Which repositories are listed: all of those that may have lists to read."""
        only = None if self.plan.steps else self._changed()
        return with_filter(self.plan.selection.q, only)

    def is_named_twice(self, workspace: str, found: Sequence[Repository]) -> bool:
        """Whether a *workspace* that is named by its uuid is named by its slug too."""
        if not workspace.startswith("{"):
            return False
        named = {one.lower() for one in self.plan.workspaces}
        return any(slug_of(one) in named for one in found)

    def of(self, step: Step, repository: Repository, **query: Any) -> Pager[Any]:
        """The list of *step*; *query* is what differs from its options."""
        if step.options.get("fields") is not None:
            query["fields"] = _keeping(step.options["fields"], _TELLING)
        if step.reads != PULL_REQUESTS:
            return step.pager(repository, **query)
        options = {"state": _STATE, **step.options}
        return step.pager(repository, **{**options, "q": self.filter(step), **query})

    def whole(self, step: Step, repository: Repository) -> Pager[Any]:
        """The list of *step*, to be read by the pager's own cursor."""
        if not isinstance(step.reads, str):
            return step.pager(repository)
        # Pages with numbers may move while they are read; commits are too many to remember.
        return self.of(step, repository, unique=step.reads != COMMITS)

    def filter(self, step: Step) -> str | None:
        """Which pull requests are listed."""
        q = step.options.get("q")
        return with_filter(None if q is None else str(q), self._changed())

    def _changed(self) -> Condition | None:
        return None if self.since is None else F.updated_on >= self.since

    def _needed(self) -> list[str]:
        links = [f"links.{one.reads}" for one in self.plan.steps if isinstance(one.reads, str)]
        if len(links) < len(self.plan.steps):  # a function may follow any
            links = ["links"]
        return ["uuid", "full_name", "created_on", "updated_on", *links]


def by_creation(step: Step) -> bool:
    """Whether a list is read in the order of its creation, unless its options have another."""
    return step.reads == PULL_REQUESTS and "sort" not in step.options


def _keeping(fields: str | Sequence[str], needed: Sequence[str]) -> str:
    """*fields* of a list with those that a crawl can't do without."""
    names = fields.split(",") if isinstance(fields, str) else list(fields)
    names = [one.strip() for one in names]
    if "-*" in names:
        return ",".join([*names, *(f"+values.{one}" for one in needed)])
    kept = [one for one in names if not any(_takes_away(one, need) for need in needed)]
    bare = any(one[0] not in "+-" for one in names)
    added = [f"values.{one}" for one in needed if bare]
    return ",".join([*kept, *added]) or "+values.uuid"  # where nothing is left to say


def _takes_away(name: str, needed: str) -> bool:
    """Whether *name* takes away what is *needed*, or a part of it."""
    if not name.startswith("-"):
        return False
    pairs = zip(name[1:].split("."), ["values", *needed.split(".")], strict=False)
    return all(one in {other, "*"} for one, other in pairs)


def slug_of(repository: Repository) -> str:
    """The slug of its workspace; empty where it does not say so."""
    try:
        return (repository.full_name or "").partition("/")[0].lower()
    except DecodingError:
        return ""
