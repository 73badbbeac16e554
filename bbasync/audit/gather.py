"""Gathers who may do what, with the fewest requests that answer it.

An administrator of a workspace gets every effective right from one list, and the members from
another. Anybody else can only ask repository by repository, where he is its administrator; the
rest is recorded as unknown.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Final

from attrs import evolve, frozen

from ..client import Bitbucket
from ..crawl import fan_out
from ..errors import (
    ArgumentError,
    BitbucketError,
    ConnectionFailedError,
    ForbiddenError,
    NotFoundError,
    UnauthorizedError,
)
from ..paging import Pager
from ..query import F
from ..resources import RepositoryPermission, WorkspaceMembership
from .facts import Person, Problem, Repo, Right, WorkspaceAudit

_RIGHTS: Final = (
    "values.permission",
    "values.user.type",
    "values.user.uuid",
    "values.user.display_name",
    "values.user.account_id",
    "values.repository.uuid",
    "values.repository.full_name",
    "values.repository.is_private",
)
_MEMBERS: Final = ("values.permission", "values.user.uuid")

_FATAL: Final = (ArgumentError, ConnectionFailedError, UnauthorizedError)
"""What is not one workspace's problem: it would be the same for the next one."""


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
    workspaces: Sequence[str] = (),
    *,
    concurrency: int = 4,
    watcher: Watcher = lambda _: None,
) -> AsyncGenerator[WorkspaceAudit, None]:
    """Audit *workspaces* (all of the caller's when none is named); each as it is done.

    ``acme/site`` names one repository alone. What can't be read of a workspace is in its
    ``problems``. A credential that is refused, a service that can't be reached and a name that
    can't be one end the audit with their error.
    """
    names: list[str] = list(workspaces) or [
        str(access.workspace.slug)
        async for access in bb.users.list_workspaces()
        if access.workspace is not None
    ]

    wanted = _by_workspace(names)

    async def one(name: str) -> WorkspaceAudit:
        return await _Gatherer(bb, name, wanted[name], watcher, concurrency).gather()

    jobs = fan_out(wanted, one, concurrency=concurrency)
    async with aclosing(jobs):
        async for outcome in jobs:
            if outcome.error is not None:
                raise outcome.error
            if outcome.result is not None:
                yield outcome.result


def _by_workspace(names: Sequence[str]) -> dict[str, list[str]]:
    """The repositories asked for in each workspace; an empty list asks for all of them."""
    wanted: dict[str, list[str]] = {}
    for name in names:
        workspace, slash, repository = name.partition("/")
        if slash and not repository:
            raise ArgumentError(f"{name!r} names no repository: leave the / out for all of them")
        wanted.setdefault(workspace, []).append(repository)
    return {name: [] if "" in only else list(dict.fromkeys(only)) for name, only in wanted.items()}


class _Gatherer:
    """Reads one workspace, or *only* some of its repositories."""

    def __init__(
        self,
        bb: Bitbucket,
        workspace: str,
        only: Sequence[str],
        watcher: Watcher,
        concurrency: int,
    ) -> None:
        self._bb = bb
        self._only = only
        self._watcher = watcher
        self._concurrency = concurrency
        self._found = WorkspaceAudit(workspace)

    async def gather(self) -> WorkspaceAudit:
        found = self._found
        try:
            found.levels = await self._levels()
            if self._only:
                await self._each([f"{found.workspace}/{name}" for name in self._only])
            else:
                found.rights = await self._all_rights()
        except ForbiddenError:
            await self._without_administration()
        except _FATAL:
            raise
        except BitbucketError as error:
            self._problem(None, error)
        await self._visibility()
        return found

    def _problem(self, repository: str | None, error: BitbucketError | str) -> None:
        cause = error if isinstance(error, BitbucketError) else None
        problem = Problem(self._found.workspace, repository, str(error), cause)
        self._found.problems.append(problem)

    async def _levels(self) -> dict[str, str]:
        levels: dict[str, str] = {}
        pager = self._bb.workspaces.list_permissions(self._found.workspace, fields=_MEMBERS)
        done = 0
        async for page in pager.pages():
            done += len(page.values)
            self._watcher(Progress(self._found.workspace, "members", done, page.size))
            levels.update(_level(one) for one in page.values)
        return levels

    async def _all_rights(self) -> list[Right]:
        # In a fixed order, so that rows don't move between pages while they are read.
        pager = self._bb.workspaces.list_repository_permissions(
            self._found.workspace, fields=_RIGHTS, sort="repository.name"
        )
        return await self._read(pager, "rights")

    async def _read(self, pager: Pager[RepositoryPermission], what: str) -> list[Right]:
        rights: list[Right] = []
        done = 0
        async for page in pager.pages():
            done += len(page.values)
            self._watcher(Progress(self._found.workspace, what, done, page.size))
            for row in page.values:
                try:
                    rights.append(_right(row))
                except BitbucketError as error:
                    self._problem(None, error)
        return rights

    async def _without_administration(self) -> None:
        """Ask for each repository that the caller administers; the others stay unknown."""
        workspace = self._found.workspace
        if self._only:
            await self._each([f"{workspace}/{name}" for name in self._only])
            return
        try:
            own = await self._read(
                self._bb.repositories.list_own_permissions(workspace, fields=_RIGHTS), "own rights"
            )
        except (ForbiddenError, NotFoundError) as error:
            self._problem(None, error)
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
        jobs = fan_out(full_names, self._of_repository, concurrency=self._concurrency)
        async with aclosing(jobs):
            async for outcome in jobs:
                if isinstance(outcome.error, _FATAL):
                    raise outcome.error
                if outcome.error is not None:
                    self._problem(outcome.thing, outcome.error)
                self._found.rights += outcome.result or []

    async def _of_repository(self, full_name: str) -> list[Right]:
        pager = self._bb.workspaces.list_permissions_on_repository(
            self._found.workspace, full_name.partition("/")[2], fields=_RIGHTS
        )
        return await self._read(pager, full_name)

    async def _visibility(self) -> None:
        """Ask which repositories are public, where the rights did not come with it."""
        found = self._found
        if all(right.repository.is_private is not None for right in found.rights):
            return
        pager = self._bb.repositories.list(
            found.workspace,
            q=F.is_private == False,  # noqa: E712 - a filter, not a comparison
            fields="values.uuid",
        )
        try:
            public = {one.uuid async for one in pager}
        except (ForbiddenError, NotFoundError) as error:
            self._problem(None, error)
            return
        found.rights = [
            evolve(
                right,
                repository=evolve(right.repository, is_private=right.repository.uuid not in public),
            )
            for right in found.rights
        ]


def _level(row: WorkspaceMembership) -> tuple[str, str]:
    uuid = row.user.uuid if row.user is not None else None
    return uuid or "", row.permission or "member"


def _right(row: RepositoryPermission) -> Right:
    user, repository = row.user, row.repository
    if user is None or repository is None or user.uuid is None or repository.uuid is None:
        raise BitbucketError(f"a right without its user or repository came in: {row.to_dict()!r}")
    return Right(
        Person(
            user.uuid,
            user.display_name or user.uuid,
            getattr(user, "account_id", None),
        ),
        Repo(repository.uuid, repository.full_name or repository.uuid, repository.is_private),
        row.permission or "unknown",
    )
