"""Gathers who may do what, with the fewest requests that answer it.

An administrator of a workspace gets every effective right from one list, and the members from
another. Anybody else can only ask repository by repository, where he is its administrator; the
rest is recorded as unknown.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from os import PathLike
from typing import Any

from attrs import define

from ..client import Bitbucket
from ..crawl import fan_out
from ..crawl.tables import is_passing
from ..errors import ArgumentError, DecodingError
from ..resources import WorkspaceAccess
from .explain import explain
from .facts import LEVELS, Level
from .found import WorkspaceAudit
from .gathering import Gathering, Progress, Run, Watcher
from .grants import read_grants, read_groups
from .journal import Journal
from .lists import own_workspaces
from .order import put_in_order
from .power import read_power
from .reading import Reader, Turnstile
from .rights import put_together, read_members, read_rights, read_things

__all__ = ["Progress", "Watcher", "gather"]


async def gather(
    bb: Bitbucket,
    workspaces: str | Sequence[str] = (),
    *,
    level: Level = "effective",
    concurrency: int = 4,
    max_requests: int | None = None,
    checkpoint: str | PathLike[str] | Journal | None = None,
    watcher: Watcher = lambda _: None,
) -> AsyncGenerator[WorkspaceAudit, None]:
    """Audit *workspaces* (all of the caller's when none is named); each as it is done.

    ``acme/site`` names one repository alone, with what its project gives. What can't be read of a
    workspace is in its ``unknown``. A credential that is refused, a service that can't be reached
    at all and a name that can't be one end the audit with their error. *concurrency* requests are
    made at a time.

    *max_requests* bounds the requests, with those that the client repeats. What is left when they
    are spent is unknown and ``left_out``; as it is when the quota is used up for longer than the
    client waits, or when the service can't be reached any more.

    *checkpoint* is a file in which everything is kept as it comes in, for an audit that is ended
    before its time: the next one goes on with it, and asks only for what is missing or has failed.
    It is deleted when nothing is left that might be read another time. With *max_requests* 0 it
    stays, and what is in it is told without a request. A ``Journal`` is left as it is, for the
    caller to close or remove. Where not even the caller's workspaces can be listed, that is the
    error.
    """
    if level not in LEVELS:
        raise ArgumentError(f"level is one of {', '.join(LEVELS)}, not {level!r}")
    if type(concurrency) is not int or concurrency < 1:
        raise ArgumentError(f"concurrency must be at least 1, not {concurrency!r}")
    if max_requests is not None and (type(max_requests) is not int or max_requests < 0):
        raise ArgumentError(f"max_requests takes a whole number from 0 on, not {max_requests!r}")
    if checkpoint is not None and not isinstance(checkpoint, str | PathLike | Journal):
        raise ArgumentError(f"checkpoint takes a path or a Journal, not {checkpoint!r}")
    named = by_workspace(bb, workspaces)
    gate = Turnstile(bb, concurrency=concurrency, most=max_requests)
    journal = Journal(checkpoint) if isinstance(checkpoint, str | PathLike) else checkpoint
    ours = journal is not checkpoint
    try:
        if journal is not None:
            await journal.begin(bb.base_url)
        run = _Audit(Run(Reader(gate, journal), level, watcher, concurrency), named)
        audits = run.audits()
        async with aclosing(audits):
            async for one in audits:
                yield one
        if ours and journal is not None and run.settled and max_requests != 0:
            journal.remove()
    finally:
        if ours and journal is not None:
            journal.close()


def by_workspace(bb: Bitbucket, names: str | Sequence[str]) -> dict[str, list[str]]:
    """The repositories asked for in each workspace; an empty list asks for all of them.

    The service's names have no case: what is named in two spellings is asked for once.

    ArgumentError for a name that can't be one.
    """
    wanted: dict[str, tuple[str, dict[str, str]]] = {}  # by names in one case
    for name in [names] if isinstance(names, str) else names:
        if not isinstance(name, str):
            raise ArgumentError(f"{name!r} names no workspace or repository: write acme/site")
        workspace, slash, repository = name.partition("/")
        if "/" in repository or (slash and not repository):
            raise ArgumentError(
                f"{name!r} names no workspace or repository: write acme or acme/site"
            )
        bb.workspaces.list_permissions_on_repository(workspace, repository or "any")  # it looks
        _, only = wanted.setdefault(workspace.casefold(), (workspace, {}))
        only.setdefault(repository.casefold(), repository)
    return {name: [] if "" in only else list(only.values()) for name, only in wanted.values()}


@define(eq=False)
class _Audit:
    """One audit on its way."""

    run: Run
    named: Mapping[str, Sequence[str]]
    settled: bool = True
    """Whether all was read, but for what would be refused another time too."""

    async def audits(self) -> AsyncGenerator[WorkspaceAudit, None]:
        """The audit of each workspace as it is done."""
        wanted = self.named
        if not wanted:
            wanted = {one: [] for one in await self._only(fan_out([None], self._own_workspaces))}
        jobs = fan_out(
            wanted, lambda name: self._one(name, wanted[name]), concurrency=self.run.concurrency
        )
        told: set[object] = set()
        async with aclosing(jobs):
            async for outcome in jobs:
                if outcome.error is not None:
                    raise outcome.error
                one = outcome.result
                what = one and (one.workspace, *(one.only or ()))
                if one is not None and what not in told:  # it may be named by its uuid too
                    told.add(what)
                    self._look_at(one)
                    yield one

    @staticmethod
    async def _only(jobs: AsyncGenerator[Any, None]) -> list[str]:
        """What one job gives, which is done in a task of its own: the caller's is not entered."""
        async with aclosing(jobs):
            outcome = await anext(jobs)
            if outcome.error is not None:
                raise outcome.error
            found: list[str] = outcome.result
            return found

    async def _own_workspaces(self, _: None) -> list[str]:
        reader = self.run.reader
        reader.gate.enter()
        read = await reader.read(own_workspaces(reader.gate), name_of)
        for error in (*filter(None, (read.error,)), *read.odd):
            raise error
        return list(dict.fromkeys(read.facts))

    async def _one(self, workspace: str, only: Sequence[str]) -> WorkspaceAudit:
        self.run.reader.gate.enter()
        return await _gathered(Gathering(self.run, workspace, only))

    def _look_at(self, audit: WorkspaceAudit) -> None:
        for one in audit.unknown:
            if one.left_out or (one.cause is not None and is_passing(one.cause)):
                self.settled = False


async def _gathered(at: Gathering) -> WorkspaceAudit:
    """All that the level asks for of one workspace."""
    level = at.run.level
    if await read_members(at):
        listed = await read_things(at) if level != "effective" else []
        await read_rights(at)
        await put_together(at, listed)
        if level != "effective":
            await read_groups(at)
            await read_grants(at)
        if level == "full":
            await read_power(at)
    put_in_order(at.found)
    explain(at.found)
    return at.found


def name_of(row: WorkspaceAccess) -> str:
    """The name of one of the caller's workspaces, for addresses."""
    name = row.workspace and (row.workspace.slug or row.workspace.uuid)
    if not name:
        raise DecodingError(f"a workspace without its slug came in: {row.to_dict()!r}")
    return name
