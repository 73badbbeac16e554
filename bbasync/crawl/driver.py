"""The driver: takes what the engine finds to where it belongs, and keeps how far that went."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from os import PathLike
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from attrs import define, field, frozen

from ..client import Bitbucket
from .engine import Engine
from .gate import Gate
from .given import check_listener, check_number, check_same, check_since, check_sinks, checkpoint_of
from .lists import Lists
from .progress import Progress, Tally
from .record import Batch, Checkpoint, Record, Sink, Walk
from .walks import Reader, roots

if TYPE_CHECKING:
    from .plan import Crawl

_log = logging.getLogger("bbasync")

MOMENT: Final = 0.5
"""Seconds in which what is found is collected, to be written and committed at once."""
MOST: Final = 1_000
"""Records that are collected at the most."""
_LOADED: Final = 1_000


@frozen
class Summary:
    """What came of a run; of a crawl that was resumed, what this run has found."""

    found: Mapping[str, int]
    """How many items, by kind."""
    missed: int
    """How many lists could not be read."""
    requests: int
    complete: bool
    """Whether all was read; else the crawl can go on with its checkpoint."""
    reset_at: datetime | None = None
    """When the service is expected to let it go on, where it has used up its calls."""


class Drive:
    """One run of a plan."""

    def __init__(
        self,
        plan: Crawl,
        bb: Bitbucket,
        *,
        concurrency: int,
        since: datetime | None,
        checkpoint: str | PathLike[str] | Checkpoint | None,
        max_requests: int | None,
        on_progress: Callable[[Progress], object] | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        check_number("concurrency", concurrency)
        if max_requests is not None:
            check_number("max_requests", max_requests)
        check_since(since)
        check_listener(on_progress)
        self.plan, self._since = plan, since
        self._checkpoint = checkpoint_of(checkpoint)
        self._gate = Gate(bb, most=max_requests, patience=concurrency)
        self._engine = Engine(Reader(Lists(self._gate, plan, since)), concurrency)
        self._tally = Tally(self._engine, self._gate, on_progress, clock)
        self._complete = False

    @property
    def summary(self) -> Summary:
        """What has come of it so far."""
        return Summary(
            dict(self._tally.found),
            self._tally.missed,
            self._gate.sent,
            complete=self._complete,
            reset_at=self._gate.reset_at,
        )

    async def stream(self) -> AsyncGenerator[Record, None]:
        """Each record; its batch is committed when the one behind it is wanted."""
        async with self._begun(()):
            while (batch := await self._engine.take()) is not None:
                for record in batch.records:
                    yield record
                await self._checkpoint.commit([batch], {})
                self._tally.add([batch])
                self._tally.tell()
            self._end()

    async def pour(self, sinks: Sequence[Sink]) -> Summary:
        """Write all that is found into *sinks*."""
        check_sinks(sinks, self._checkpoint)
        async with self._begun(sinks):
            pot = _Pot(self._checkpoint, sinks, self._tally)
            try:
                while await self._collect(pot):
                    await pot.empty()
                    self._tally.tell()
            finally:  # what was found before an error is not read again
                await pot.empty()
            self._end()
        return self.summary

    async def _collect(self, pot: _Pot) -> bool:
        """Take what comes within a moment; whether there may be more."""
        moment = asyncio.timeout(MOMENT)
        try:
            async with moment:
                while not pot.is_full:
                    batch = await self._engine.take()
                    if batch is None:
                        return False
                    pot.add(batch)
        except TimeoutError:
            if not moment.expired():  # the service's
                raise
        return True

    @asynccontextmanager
    async def _begun(self, sinks: Sequence[Sink]) -> AsyncIterator[None]:
        """All that a run opens; it is closed as done where all was read, and nothing failed."""
        keeper, text = self._checkpoint, self.plan.text(self._since)
        async with AsyncExitStack() as stack:
            positions = await keeper.open(text, start := roots(self.plan.workspaces))
            stack.push_async_exit(self._closing(keeper))
            check_same(keeper, positions, sinks, start)
            for sink in sinks:
                await sink.open(positions.get(sink.name))
                stack.push_async_exit(self._closing(sink))
            self._engine.load(_all_walks(keeper))
            async with self._engine:
                self._tally.tell()
                yield

    def _closing(self, one: Sink | Checkpoint) -> _Exit:
        async def close(
            kind: type[BaseException] | None,
            error: BaseException | None,  # noqa: ARG001 - that is how they are called
            trace: TracebackType | None,  # noqa: ARG001 - as above
        ) -> bool:
            await one.close(done=kind is None and self._complete)
            return False

        return close

    def _end(self) -> None:
        self._complete = self._engine.unread == 0
        self._tally.tell(last=True)
        if not self._complete:
            why = self._gate.stop
            _log.warning("the crawl stopped before its end: %s", why)


class Records(AsyncIterator[Record]):
    """What a crawl finds, as it comes, for ``async for``; *summary* tells what came of it.

    Leaving the loop early ends the crawl, which can go on with its checkpoint; ``aclose`` (or
    ``contextlib.aclosing``) makes it end at once.
    """

    def __init__(self, drive: Drive) -> None:
        self._drive = drive
        self._stream = drive.stream()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Record:
        return await anext(self._stream)

    async def aclose(self) -> None:
        """End the crawl where it is."""
        await self._stream.aclose()

    @property
    def summary(self) -> Summary:
        """What was handed out so far; complete once all was read."""
        return self._drive.summary


@define(eq=False)
class _Pot:
    """What is collected, and where it goes."""

    checkpoint: Checkpoint
    sinks: Sequence[Sink]
    tally: Tally
    _batches: list[Batch] = field(factory=list)
    _count: int = 0

    @property
    def is_full(self) -> bool:
        """Whether there is enough to be written."""
        return self._count >= MOST

    def add(self, batch: Batch) -> None:
        """Collect *batch*."""
        self._batches.append(batch)
        self._count += max(1, len(batch.records))

    async def empty(self) -> None:
        """Write it, put it in safety, and commit that; where that fails, it is not tried again."""
        if not self._batches:
            return
        batches, self._batches, self._count = self._batches, [], 0
        positions = {}
        for sink in self.sinks:
            await sink.write(batches)
            positions[sink.name] = await sink.sync()
        await self.checkpoint.commit(batches, positions)
        self.tally.add(batches)


_Exit = Callable[
    [type[BaseException] | None, BaseException | None, TracebackType | None], Awaitable[bool]
]


def _all_walks(checkpoint: Checkpoint) -> Iterator[Walk]:
    """Every walk that is not over."""
    behind = ""
    while found := checkpoint.walks(_LOADED, behind=behind):
        yield from found
        behind = found[-1].key
