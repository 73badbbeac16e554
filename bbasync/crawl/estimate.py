"""The estimate: what a crawl will take, asked for beforehand by a few small requests."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from itertools import accumulate
from math import ceil
from typing import TYPE_CHECKING, Final, TypeVar

from attrs import define, field, frozen

from ..client import Bitbucket
from ..errors import BitbucketError, RateLimitedError
from ..resources import Repository
from .fanout import fan_out
from .gate import Gate
from .given import check_number, check_since
from .keyset import ORDER
from .lists import PULL_REQUESTS, Lists, by_creation
from .progress import budget_of, seconds_by_quota
from .walks import REPOSITORIES, WORKSPACES

if TYPE_CHECKING:
    from .plan import Crawl, Step

T = TypeVar("T")
R = TypeVar("R")

_AT_ONCE: Final = 4
_LONG: Final = 100
_SHORT: Final = 50
"""Items a page, at the most: of most lists, and of pull requests."""
_HOUR: Final = 3600


@frozen
class Estimate:
    """What a crawl will take, if the repositories that were looked at are like the others."""

    repositories: int
    """How many there are to read."""
    requests: Mapping[str, int]
    """By what they read: ``repositories``, and each step by its kind."""
    hours: float | None
    """At least, at the present quota; None where that is not known."""
    at_least: frozenset[str]
    """The kinds whose lists do not tell how long they are, so that a page of each is counted."""
    sampled: int
    """How many repositories were looked at."""
    spent: int
    """Requests that the estimate itself took."""
    missed: Mapping[str, BitbucketError] = field(factory=dict)
    """The workspaces whose repositories could not be listed, each with its error."""

    @property
    def total(self) -> int:
        """All requests."""
        return sum(self.requests.values())


async def estimate(plan: Crawl, bb: Bitbucket, *, since: datetime | None, sample: int) -> Estimate:
    """Estimate *plan* by *sample* repositories, spread over all of them."""
    check_number("sample", sample)
    check_since(since)
    gate = Gate(bb)
    return await _Estimator(gate, Lists(gate, plan, since), plan.steps).run(sample)


@define(eq=False)
class _Estimator:
    gate: Gate
    lists: Lists
    steps: Sequence[Step]
    requests: dict[str, int] = field(factory=dict)
    at_least: set[str] = field(factory=set)
    missed: dict[str, BitbucketError] = field(factory=dict)

    async def run(self, sample: int) -> Estimate:
        workspaces = await self._workspaces()
        sizes: dict[str, int] = {}
        async with aclosing(self._ask(workspaces, self._size)) as found:
            async for workspace, size in found:
                sizes[workspace] = self._count(REPOSITORIES, size, _LONG, keyset=True)
        every = sum(sizes.values())
        looked_at: list[Repository] = []
        async with aclosing(self._ask(_spread(sizes, sample), self._at)) as chosen:
            async for _, one in chosen:
                looked_at += [one] if one is not None else []
        for step in self.steps:
            self.requests[step.kind] = await self._of_step(step, looked_at, every)
        budget = budget_of(self.gate.bb.quota)
        told = budget is not None and budget.limit is not None
        seconds = seconds_by_quota(sum(self.requests.values()), budget)
        return Estimate(
            every,
            self.requests,
            seconds / _HOUR if told else None,
            frozenset(self.at_least),
            len(looked_at),
            self.gate.sent,
            self.missed,
        )

    async def _workspaces(self) -> Sequence[str]:
        named = self.lists.plan.workspaces
        if named:
            return named
        before = self.gate.sent
        found = await self.lists.workspaces()
        self.requests[WORKSPACES] = self.gate.sent - before
        return found

    async def _ask(
        self, things: Iterable[T], read: Callable[[T], Awaitable[R]]
    ) -> AsyncGenerator[tuple[T, R | None], None]:
        """What *read* gives of each; None where that is its own error."""

        async def job(thing: T) -> R:
            self.gate.enter()
            return await read(thing)

        async with aclosing(fan_out(things, job, concurrency=_AT_ONCE)) as outcomes:
            async for one in outcomes:
                error = one.error
                if error is not None and (
                    isinstance(error, RateLimitedError) or self.gate.ends(error)
                ):
                    raise error
                yield one.thing, one.result

    async def _size(self, workspace: str) -> int:
        q = self.lists.repositories_filter
        try:
            return _known(await self.lists.repositories(workspace, q=q).size())
        except BitbucketError as error:
            self.missed[workspace] = error
            raise

    async def _at(self, place: tuple[str, int]) -> Repository | None:
        workspace, number = place
        q = self.lists.repositories_filter
        pager = self.lists.repositories(workspace, q=q, sort=ORDER, page=number, pagelen=1)
        return await pager.first()

    async def _of_step(self, step: Step, looked_at: Sequence[Repository], every: int) -> int:
        if not looked_at:
            return every

        async def size(repository: Repository) -> int:
            pager = self.lists.of(step, repository)
            return _known(await pager.size())

        before = self.requests.get(step.kind, 0)
        async with aclosing(self._ask(looked_at, size)) as found:
            async for _, length in found:
                self._count(step.kind, length, _length(step), keyset=by_creation(step))
        pages = self.requests.get(step.kind, 0) - before
        return ceil(pages * every / len(looked_at))

    def _count(self, kind: str, size: int | None, length: int, *, keyset: bool) -> int:
        """Count the requests of a list of *size* items; gives that size."""
        if size == _UNTOLD:
            self.at_least.add(kind)
        items = max(0, size or 0)
        self.requests[kind] = self.requests.get(kind, 0) + pages(items, length, keyset=keyset)
        return items


_UNTOLD: Final = -1
"""The size of a list that does not tell it; one that could not be asked has none."""


def _known(size: int | None) -> int:
    return _UNTOLD if size is None else size


def pages(items: int, length: int, *, keyset: bool) -> int:
    """How many requests read a list; by keyset, each page behind the first repeats an item."""
    if items <= length or not keyset:
        return max(1, ceil(items / length))
    return 1 + ceil((items - length) / max(1, length - 1))


def _length(step: Step) -> int:
    usual = _SHORT if step.reads == PULL_REQUESTS else _LONG
    return int(step.options.get("pagelen", usual))


def _spread(sizes: Mapping[str, int], sample: int) -> list[tuple[str, int]]:
    """Some repositories of all, evenly: each by its workspace and its number there, from 1 on."""
    ends = list(accumulate(sizes.values()))
    every = ends[-1] if ends else 0
    count = min(sample, every)
    places = []
    for number in range(count):
        at = (2 * number + 1) * every // (2 * count)
        workspace, end = next(
            (name, end) for name, end in zip(sizes, ends, strict=True) if at < end
        )
        places.append((workspace, at - (end - sizes[workspace]) + 1))
    return places
