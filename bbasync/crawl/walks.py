"""Walks: how each kind of list is read, page by page, and where it goes on another day.

Which list is read next, and what becomes of what was found, does not live here.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from attrs import define, evolve, frozen

from ..errors import BitbucketError, DecodingError, NotFoundError, PagingError
from ..model.make import from_wire
from ..model.resource import Resource
from ..paging import Pager
from ..resources import Repository
from .keyset import Mark, identity, json_of, more_behind, read_on
from .lists import COMMITS, Lists, by_creation
from .record import Batch, Found, Missed, Record, Walk

if TYPE_CHECKING:
    from .plan import Step

WORKSPACES: Final = "workspaces"
REPOSITORIES: Final = "repositories"


@frozen
class Turn:
    """A batch, and what it says of the workspace's repositories."""

    batch: Batch
    listed: int = 0
    """How many repositories are in it, handed out or not."""
    known: int | None = None
    """How many the workspace has, where it tells."""


def roots(workspaces: Sequence[str]) -> list[Walk]:
    """The walks that a crawl begins with."""
    if not workspaces:
        return [Walk("/", WORKSPACES, "")]
    return [_root(name) for name in workspaces]


def _root(workspace: str) -> Walk:
    return Walk(f"{workspace}/", REPOSITORIES, workspace)


@define(eq=False)
class Reader:
    """Reads the walks of one crawl."""

    lists: Lists

    async def read(self, walk: Walk) -> AsyncGenerator[Turn, None]:
        """Each page of *walk*'s list from its position on; an error that is its own as a Missed."""
        try:
            async with aclosing(self._turns(walk)) as turns:
                async for turn in turns:
                    walk = turn.batch.walk
                    yield turn
        except BitbucketError as error:
            gate = self.lists.gate
            if walk.kind == WORKSPACES or gate.stops(error) or gate.ends(error):
                raise
            missed = Missed(walk.kind, walk.workspace, self._name(walk), error)
            yield Turn(Batch(walk, [missed], over=True))

    def _turns(self, walk: Walk) -> AsyncGenerator[Turn, None]:
        if walk.kind == WORKSPACES:
            return self._workspaces(walk)
        if walk.kind == REPOSITORIES:
            return self._repositories(walk)
        return self._step(walk, next(one for one in self.lists.plan.steps if one.kind == walk.kind))

    async def _workspaces(self, walk: Walk) -> AsyncGenerator[Turn, None]:
        begun = [_root(name) for name in await self.lists.workspaces()]
        yield Turn(Batch(walk, [], begun, over=True))

    async def _repositories(self, walk: Walk) -> AsyncGenerator[Turn, None]:
        mark: Mark | None = Mark.of(walk.position)
        while mark is not None:
            part = await read_on(
                partial(self.lists.repositories, walk.workspace),
                self.lists.repositories_filter,
                mark,
            )
            if mark.read == 0 and self.lists.is_named_twice(walk.workspace, part.items):
                yield Turn(Batch(walk, (), over=True))
                return
            mark = part.mark
            records: list[Record] = []
            begun: list[Walk] = []
            for one in part.items:
                try:
                    begun += self._begun(walk.workspace, one)
                    fresh = self._is_fresh(one)
                except DecodingError as error:
                    records.append(Missed(REPOSITORIES, walk.workspace, None, error))
                else:
                    records += [Found(REPOSITORIES, walk.workspace, None, one)] if fresh else []
            walk = evolve(
                walk,
                position=None if mark is None else mark.text,
                found=walk.found + sum(isinstance(one, Found) for one in records),
            )
            yield Turn(Batch(walk, records, begun, over=mark is None), len(part.items), part.known)

    def _begun(self, workspace: str, one: Repository) -> list[Walk]:
        """The lists to read of a repository."""
        who = one.uuid or one.full_name
        if not who:
            raise DecodingError(f"{one!r} has neither uuid nor full_name")
        data = json_of(one) if self.lists.plan.steps else None
        return [
            Walk(f"{workspace}/{who.replace('/', ' ')}/{step.kind}", step.kind, workspace, data)
            for step in self.lists.plan.steps
        ]

    def _is_fresh(self, one: Repository) -> bool:
        """Whether a repository has changed since; one that does not say so may have."""
        if self.lists.since is None or one.updated_on is None:
            return True
        return _aware(one.updated_on) >= self.lists.since

    async def _step(self, walk: Walk, step: Step) -> AsyncGenerator[Turn, None]:
        """Read a list of a repository; once more under its new name if it was renamed."""
        try:
            async with aclosing(self._list(walk, step)) as turns:
                async for turn in turns:
                    walk = turn.batch.walk
                    yield turn
        except NotFoundError as error:
            walk = await self._renamed(walk, error)
        else:
            return
        async with aclosing(self._list(walk, step)) as turns:
            async for turn in turns:
                yield turn

    async def _renamed(self, walk: Walk, error: NotFoundError) -> Walk:
        """The walk of the same repository where it is now; *error* where it has no other name."""
        before = self._repository(walk)
        if not before.uuid:
            raise error
        try:
            now = await self.lists.gate.repositories.get("{}", before.uuid)
        except NotFoundError:
            raise error from None
        if now.full_name == before.full_name:
            raise error
        return evolve(walk, repository=json_of(now))

    def _list(self, walk: Walk, step: Step) -> AsyncGenerator[Turn, None]:
        repository = self._repository(walk)
        if by_creation(step):
            return self._by_creation(walk, step, repository)
        return self._by_pager(walk, step, repository)

    async def _by_creation(
        self, walk: Walk, step: Step, repository: Repository
    ) -> AsyncGenerator[Turn, None]:
        mark: Mark | None = Mark.of(walk.position)
        while mark is not None:
            part = await read_on(
                partial(self.lists.of, step, repository), self.lists.filter(step), mark
            )
            mark = part.mark
            position = None if mark is None else mark.text
            yield _found(walk, repository, part.items, position, over=mark is None)
            walk = evolve(walk, position=position, found=walk.found + len(part.items))

    async def _by_pager(
        self, walk: Walk, step: Step, repository: Repository
    ) -> AsyncGenerator[Turn, None]:
        """Read a list that knows no filter, by the pager's own cursor."""
        pager = self.lists.whole(step, repository)
        latest = _resumed(pager, walk.position)
        numbered = isinstance(step.reads, str) and step.reads != COMMITS
        seen: Sequence[str] = _said(walk.position, "seen", ())
        async with aclosing(pager.pages()) as pages:
            async for page in pages:
                items = page.values
                if step.reads == COMMITS and self._is_old(items):
                    break
                items, latest = _behind(items, latest)
                if latest is not None:
                    continue
                over = isinstance(step.reads, str) and not more_behind(page)
                last = identity(items[-1]) if items else _said(walk.position, "last", "")
                here = [identity(one) for one in page.values] if numbered else []
                position = json.dumps({"cursor": pager.cursor, "last": last, "seen": here})
                if numbered:  # in another run, pages may have moved on by some items
                    items = [one for one in items if identity(one) not in seen]
                turn = _found(walk, repository, items, position, over=over)
                yield turn
                walk = turn.batch.walk
                if over:
                    return
        if latest is not None:
            raise PagingError(f"{repository.full_name}: the list of {step.kind} can't be gone on")
        yield _found(walk, repository, (), walk.position, over=True)

    def _is_old(self, items: Sequence[Any]) -> bool:
        """Whether a page of commits is older as a whole than what is asked for."""
        if self.lists.since is None or not items:
            return False
        return all(_is_before(self.lists.since, one) for one in items)

    def _repository(self, walk: Walk) -> Repository:
        return from_wire(walk.repository, Repository, self.lists.gate)

    def _name(self, walk: Walk) -> str | None:
        return None if walk.repository is None else self._repository(walk).full_name


def _found(
    walk: Walk, repository: Repository, items: Sequence[Any], position: str | None, *, over: bool
) -> Turn:
    name = repository.full_name
    walk = evolve(walk, position=position, found=walk.found + len(items))
    records = [Found(walk.kind, walk.workspace, name, one) for one in items]
    return Turn(Batch(walk, records, over=over))


def _resumed(pager: Pager[Any], position: str | None) -> str | None:
    """Let *pager* start at *position*; where it can't, what was the last item before it.

    The cursor of a list is no good under the repository's new name.
    """
    if position is None:
        return None
    said = json.loads(position)
    try:
        pager.resume(said["cursor"])
    except PagingError:
        return str(said["last"])
    return None


def _said(position: str | None, name: str, nothing: Any) -> Any:
    """What *position* says of *name*."""
    return nothing if position is None else json.loads(position)[name]


def _behind(items: Sequence[Resource], latest: str | None) -> tuple[Sequence[Resource], str | None]:
    """What of *items* is behind the item *latest*, and whether that is still to come."""
    if latest is None:
        return items, None
    for number, one in enumerate(items, 1):
        if identity(one) == latest:
            return items[number:], None
    return (), latest


def _is_before(moment: datetime, commit: Any) -> bool:
    try:
        return commit.date is not None and _aware(commit.date) < moment
    except DecodingError:
        return False


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def read_so_far(walk: Walk) -> int:
    """How many repositories a walk over them has listed."""
    return Mark.of(walk.position).read
