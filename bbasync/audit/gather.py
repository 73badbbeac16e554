"""Gathers who may do what, with the fewest requests that answer it.

An administrator of a workspace gets every effective right from one list, and the members from
another. Anybody else can only ask repository by repository, where he is its administrator; the
rest is recorded as unknown.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Final, ParamSpec, TypeVar

from attrs import define, evolve, frozen

from ..client import Bitbucket
from ..crawl import fan_out
from ..errors import (
    AnswerError,
    ArgumentError,
    BitbucketError,
    ClientClosedError,
    ConnectionFailedError,
    DecodingError,
    ForbiddenError,
    NotFoundError,
    UnauthorizedError,
)
from ..paging import Pager
from ..query import F
from ..resources import RepositoryPermission
from .facts import Problem, Right, WorkspaceAudit
from .rows import MEMBERS, RIGHTS, WORKSPACES, level_of, right_of

_FATAL: Final = (ArgumentError, ClientClosedError, UnauthorizedError)
"""What is not one list's problem: it would be the same for the next one."""

P = ParamSpec("P")
T = TypeVar("T")


@frozen
class Progress:
    """*done* of *total* entries of a workspace's list of *what*; *total* None where not told."""

    workspace: str
    what: str
    done: int
    total: int | None


Watcher = Callable[[Progress], None]


async def audit(
    bb: Bitbucket,
    workspaces: str | Sequence[str] = (),
    *,
    concurrency: int = 4,
    watcher: Watcher = lambda _: None,
) -> AsyncGenerator[WorkspaceAudit, None]:
    """Audit *workspaces* (all of the caller's when none is named); each as it is done.

    ``acme/site`` names one repository alone. What can't be read of a workspace is in its
    ``problems``. A credential that is refused, a service that can't be reached at all and a name
    that can't be one end the audit with their error. *concurrency* requests are made at a time:
    for as many lists, or for pages of long ones where there are fewer workspaces.
    """
    if concurrency < 1:
        raise ArgumentError(f"concurrency must be at least 1, not {concurrency}")
    named = [workspaces] if isinstance(workspaces, str) else list(workspaces)
    wanted = _by_workspace(named) if named else await _own_workspaces(bb)
    places, pages = asyncio.Semaphore(concurrency), max(1, concurrency // max(1, len(wanted)))
    run = _Run(bb, watcher, concurrency, pages, places, reached=not named)

    async def one(name: str) -> WorkspaceAudit:
        return await _Gatherer(run, name, wanted[name]).gather()

    jobs = fan_out(wanted, one, concurrency=concurrency)
    async with aclosing(jobs):
        async for outcome in jobs:
            if outcome.error is not None:
                raise outcome.error
            if outcome.result is not None:
                yield outcome.result


async def _own_workspaces(bb: Bitbucket) -> dict[str, list[str]]:
    pager = bb.users.list_workspaces(fields=WORKSPACES)
    wanted: dict[str, list[str]] = {}
    async for one in pager:
        name = one.workspace and (one.workspace.slug or one.workspace.uuid)
        if not name:
            raise DecodingError(f"a workspace without its slug came in: {one.to_dict()!r}")
        wanted[name] = []
    return wanted


def _by_workspace(names: Sequence[str]) -> dict[str, list[str]]:
    """The repositories asked for in each workspace; an empty list asks for all of them."""
    wanted: dict[str, list[str]] = {}
    for name in names:
        workspace, slash, repository = name.partition("/")
        if "/" in repository or (slash and not repository):
            raise ArgumentError(
                f"{name!r} names no workspace or repository: write acme or acme/site"
            )
        wanted.setdefault(workspace, []).append(repository)
    return {name: [] if "" in only else list(dict.fromkeys(only)) for name, only in wanted.items()}


@define
class _Run:
    """What the workspaces of one audit share."""

    bb: Bitbucket
    watcher: Watcher
    concurrency: int
    pages: int
    """How many pages of a workspace's lists are fetched at a time."""
    places: asyncio.Semaphore
    reached: bool
    """Whether the service has answered: before, a failed connection is nobody's own problem."""


class _Gatherer:
    """Reads one workspace, or *only* some of its repositories."""

    def __init__(self, run: _Run, workspace: str, only: Sequence[str]) -> None:
        self._run = run
        self._bb = run.bb
        self._only = only
        self._found = WorkspaceAudit(workspace)

    async def gather(self) -> WorkspaceAudit:
        found = self._found
        levels = await self._attempt(self._levels)
        if isinstance(levels, BitbucketError):
            self._problem(None, levels)
        else:
            found.levels = levels
        if isinstance(levels, NotFoundError):
            return found
        if self._only:
            await self._each([f"{found.workspace}/{name}" for name in self._only])
        else:
            await self._everything()
        if any(right.repository.is_private is None for right in found.rights):
            await self._visibility()
        return found

    async def _attempt(
        self, read: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T | BitbucketError:
        """What *read* gives, or the error that it ends with if that is this list's own."""
        try:
            async with self._run.places:
                result = await read(*args, **kwargs)
        except _FATAL:
            raise
        except BitbucketError as error:
            if isinstance(error, ConnectionFailedError) and not self._run.reached:
                raise
            self._run.reached = self._run.reached or isinstance(error, AnswerError)
            return error
        self._run.reached = True
        return result

    def _problem(self, repository: str | None, error: BitbucketError | str) -> None:
        cause = error if isinstance(error, BitbucketError) else None
        problem = Problem(self._found.workspace, repository, str(error), cause)
        self._found.problems.append(problem)

    def _step(self, what: str, done: int, total: int | None) -> None:
        self._run.watcher(Progress(self._found.workspace, what, done, total))

    async def _levels(self) -> dict[str, str]:
        levels: dict[str, str] = {}
        pager = self._bb.workspaces.list_permissions(
            self._found.workspace, fields=MEMBERS, concurrency=self._run.pages
        )
        done = 0
        async for page in pager.pages():
            done += len(page.values)
            self._step("members", done, page.size)
            for row in page.values:
                try:
                    levels.update(level_of(row))
                except BitbucketError as error:
                    self._problem(None, error)
        return levels

    async def _read(self, pager: Pager[RepositoryPermission], what: str) -> list[Right]:
        rights: list[Right] = []
        done = 0
        async for page in pager.pages():
            done += len(page.values)
            self._step(what, done, page.size)
            for row in page.values:
                try:
                    rights.append(right_of(row))
                except BitbucketError as error:
                    self._problem(None, error)
        return rights

    async def _everything(self) -> None:
        # Sorted, so that a repository that comes or goes moves few rows to another page, and
        # without what comes twice because of it.
        pager = self._bb.workspaces.list_repository_permissions(
            self._found.workspace,
            fields=RIGHTS,
            sort="repository.name",
            unique=True,
            concurrency=self._run.pages,
        )
        rights = await self._attempt(self._read, pager, "rights")
        if isinstance(rights, ForbiddenError):
            await self._without_administration()
        elif isinstance(rights, BitbucketError):
            self._problem(None, rights)
        else:
            self._found.rights = rights

    async def _without_administration(self) -> None:
        """Ask for each repository that the caller administers; the others stay unknown."""
        pager = self._bb.repositories.list_own_permissions(
            self._found.workspace, fields=RIGHTS, concurrency=self._run.pages
        )
        own = await self._attempt(self._read, pager, "own rights")
        if isinstance(own, BitbucketError):
            self._problem(None, own)
            return
        self._problem(
            None,
            "not audited in full: the credential's owner is no administrator of the workspace, "
            "so that only repositories that he administers can be read",
        )
        for right in own:
            if right.permission != "admin":
                self._problem(
                    right.repository.full_name,
                    f"unknown: reading its rights takes admin, and the caller has "
                    f"{right.permission}",
                )
        await self._each([one.repository.full_name for one in own if one.permission == "admin"])

    async def _each(self, full_names: Sequence[str]) -> None:
        """Ask repository by repository; what fails is a problem of that one alone."""
        jobs = fan_out(full_names, self._of_repository, concurrency=self._run.concurrency)
        async with aclosing(jobs):
            async for outcome in jobs:
                if outcome.error is not None:
                    raise outcome.error
                if isinstance(outcome.result, BitbucketError):
                    self._problem(outcome.thing, outcome.result)
                else:
                    self._found.rights += outcome.result or []

    async def _of_repository(self, full_name: str) -> list[Right] | BitbucketError:
        pager = self._bb.workspaces.list_permissions_on_repository(
            self._found.workspace, full_name.partition("/")[2], fields=RIGHTS
        )
        return await self._attempt(self._read, pager, full_name)

    async def _visibility(self) -> None:
        """Ask which repositories are public, where the rights did not come with it."""
        found = self._found
        public = await self._attempt(self._public)
        if isinstance(public, BitbucketError):
            self._problem(None, public)
            return
        found.rights = [
            evolve(
                right,
                repository=evolve(right.repository, is_private=right.repository.uuid not in public),
            )
            for right in found.rights
        ]

    async def _public(self) -> set[str | None]:
        pager = self._bb.repositories.list(
            self._found.workspace,
            q=F.is_private == False,  # noqa: E712 - a filter, not a comparison
            fields="values.uuid",
            concurrency=self._run.pages,
        )
        return {one.uuid async for one in pager}
