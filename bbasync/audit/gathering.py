"""What is known of one workspace so far, and how one list more, or many, are read into it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import aclosing
from typing import Any, Final, Generic, TypeVar

from attrs import define, field, frozen

from ..crawl import fan_out
from ..errors import BitbucketError, ForbiddenError, RateLimitedError
from ..model.resource import Resource
from .facts import Level, Part, Project, Repo, Unknown
from .found import WorkspaceAudit
from .lists import Lists
from .reading import Listing, Read, Reader
from .rows import Maker

R = TypeVar("R", bound=Resource)
T = TypeVar("T")

_ADMINISTRATOR: Final = "an administrator of the workspace, with a credential of his own"
_TAKES: Final[dict[Part, str]] = {
    "groups": _ADMINISTRATOR,
    "project-users": "admin on the project",
    "project-groups": "admin on the project",
    "repository-users": "admin on the repository",
    "repository-groups": "admin on the repository",
    "deploy-keys": "admin on the repository or the project",
    "webhooks": "admin on the repository or the workspace, and the scope of webhooks",
    "branch-restrictions": "admin on the repository",
}
"""What it takes to read a part, where that is more than to see the workspace."""


@frozen
class Progress:
    """*done* of *total* entries of a workspace's list of *what*; *total* None where not told.

    Where there are many lists of *what*, as of the users' grants on each repository, it is lists.
    """

    workspace: str
    what: str
    done: int
    total: int | None


Watcher = Callable[[Progress], None]


@frozen(eq=False)
class Run:
    """What the workspaces of one audit share."""

    reader: Reader
    level: Level
    watcher: Watcher
    concurrency: int


@frozen(eq=False)
class Asked(Generic[T]):
    """One of many lists, and what is made of its rows."""

    listing: Listing[Any]
    make: Callable[[Any], T]


@define(eq=False)
class Gathering:
    """One workspace that is being read, or *only* some of its repositories, by their slugs."""

    run: Run
    workspace: str
    only: Sequence[str] = ()
    found: WorkspaceAudit = field(init=False)
    maker: Maker = field(init=False)
    lists: Lists = field(init=False)
    administered: set[str] | None = None
    """The uuids of what the caller administers, where he does not administer the workspace."""

    def __attrs_post_init__(self) -> None:
        self.found = WorkspaceAudit(self.workspace, self.run.level, only=self.named or None)
        self.maker = Maker(self.workspace)
        self.lists = Lists(self.run.reader.gate, self.workspace, self.run.concurrency)

    @property
    def named(self) -> list[str]:
        """The full names of *only*."""
        return [f"{self.workspace}/{one}" for one in self.only]

    def begun(self, listings: Iterable[Listing[Any]]) -> bool:
        """Whether something of *listings* was read in an earlier run."""
        return any(self.run.reader.has(one) for one in listings)

    def is_left_out(self, error: BitbucketError | None) -> bool:
        """Whether *error* says that nothing more is asked for."""
        stop = self.run.reader.gate.stop
        return stop is not None and (error is stop or isinstance(error, RateLimitedError))

    async def read(self, one: Listing[R], make: Callable[[R], T], what: str = "") -> Read[R, T]:
        """What *make* makes of a list; what of it is unknown is for the caller to ``note``."""
        name = what or one.part

        def tell(done: int, total: int | None) -> None:
            self.step(name, done, total)

        return await self.run.reader.read(one, make, tell)

    async def whole(self, one: Listing[R], make: Callable[[R], T], what: str = "") -> Read[R, T]:
        """The same, with what of it is unknown noted."""
        read = await self.read(one, make, what)
        self.note(one, read)
        return read

    async def each(self, part: str, asked: Sequence[Asked[T]]) -> list[T]:
        """What many lists say; what fails is unknown of that one alone."""
        facts: list[T] = []

        async def read(one: Asked[T]) -> Read[Any, T]:
            return await self.run.reader.read(one.listing, one.make)

        jobs = fan_out(asked, read, concurrency=self.run.concurrency)
        async with aclosing(jobs):
            done = 0
            async for outcome in jobs:
                if outcome.error is not None:
                    raise outcome.error
                if outcome.result is not None:
                    self.note(outcome.thing.listing, outcome.result)
                    facts += outcome.result.facts
                done += 1
                self.step(part, done, len(asked))
        return facts

    def step(self, what: str, done: int, total: int | None) -> None:
        """Tell that something came in."""
        self.run.watcher(Progress(self.workspace, what, done, total))

    def note(self, one: Listing[Any], read: Read[Any, Any]) -> None:
        """Keep what of a list is unknown."""
        for error in (*read.odd, *filter(None, (read.error,))):
            self.unknown(one.part, error, repository=one.repository, project=one.project)

    def unknown(
        self,
        part: Part,
        why: BitbucketError | str,
        *,
        repository: str | None = None,
        project: str | None = None,
        left_out: bool = False,
    ) -> None:
        """Keep that something is unknown."""
        cause = why if isinstance(why, BitbucketError) else None
        message = str(why)
        if isinstance(why, ForbiddenError) and part in _TAKES:
            message = f"{message}: reading it takes {_TAKES[part]}"
        self.found.unknown.append(
            Unknown(
                self.maker.workspace,
                part,
                message,
                repository,
                project,
                left_out or self.is_left_out(cause),
                cause,
            )
        )

    def open_repositories(self, part: Part) -> Iterator[Repo]:
        """The repositories whose lists of *part* the caller may read; of the others it is unknown.

        So it is of all where none is known, since they could not be listed.
        """
        found = self.found
        if not found.repositories and not (found.knows("repositories") and found.knows("rights")):
            self._unlisted(part, "repositories")
        for one in found.repositories:
            ours = self.administered is None or one.uuid in self.administered
            if ours or part not in _TAKES:
                yield one
            else:
                why = f"reading it takes {_TAKES[part]}"
                self.unknown(part, why, repository=one.full_name)

    def open_projects(self, part: Part) -> Iterator[Project]:
        """The projects that are known; of all it is unknown where they could not be listed."""
        if not self.found.projects and not self.found.knows("projects"):
            self._unlisted(part, "projects")
        yield from self.found.projects or ()

    def _unlisted(self, part: Part, what: str) -> None:
        stop = self.run.reader.gate.stop
        why = stop if stop is not None else f"the {what} could not be listed"
        self.unknown(part, why)
