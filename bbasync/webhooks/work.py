"""Work: deliveries that were claimed, and the tasks that handle them one by one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Final

from attrs import define

from .events import Event
from .store import DeliveryStore

_log = logging.getLogger("bbasync.webhooks")

_LAST: Final = 5.0
"""Seconds that handlers get to end which are cancelled, and the store to be told of them."""


@define
class Stats:
    """What a receiver has done so far, in deliveries."""

    accepted: int = 0
    """To be handled: each becomes handled, failed or abandoned."""
    handled: int = 0
    failed: int = 0
    """One of their handlers raised, at least."""
    abandoned: int = 0
    """Not ended when the receiver closed, and released."""
    duplicates: int = 0
    """Answered as accepted, and not handled again."""
    refused: int = 0


class Work:
    """Handles what is put in, *workers* at a time; *room* is for what waits or is handled.

    It is started once, and given up once: what does not end even then, ends in a work that nobody
    asks any more, and not among the deliveries of the next.
    """

    def __init__(
        self,
        workers: int,
        room: int,
        store: DeliveryStore,
        dispatch: Callable[[Event], Awaitable[int]],
        stats: Stats,
    ) -> None:
        self.room = room
        self.open = False
        """Whether more may be put in."""
        self._workers, self._store, self._dispatch = workers, store, dispatch
        self._stats = stats
        self._taken: dict[str, Event] = {}
        self._ended: set[str] = set()
        """What was handled, but the store does not know that yet."""
        self._queue: asyncio.Queue[str] = asyncio.Queue()
        self._over = asyncio.Event()
        """Set when there is nothing to wait for any more."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._giving_up: asyncio.Task[tuple[str, ...]] | None = None

    def __len__(self) -> int:
        return len(self._taken)

    def __contains__(self, id: str) -> bool:
        return id in self._taken

    @property
    def running(self) -> bool:
        """Whether it was started and is not being given up."""
        return bool(self._tasks) and self._giving_up is None

    def start(self) -> None:
        """Begin to work."""
        self._tasks = {asyncio.create_task(self._worker()) for _ in range(self._workers)}
        self.open = True

    def refuse(self) -> None:
        """Take nothing more, but what is being claimed already."""
        self.open = False

    def put(self, id: str, event: Event) -> None:
        """Let *event* be handled, whose id was claimed."""
        self._stats.accepted += 1
        self._taken[id] = event
        self._queue.put_nowait(id)

    async def finish(self, grace: float) -> None:
        """Work until nothing is left, or it is given up; for *grace* seconds at the most."""
        if self.running and self._taken:
            self._over.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), grace)

    async def give_up(self) -> tuple[str, ...]:
        """Stop to work; the ids of what has not ended, which whoever asks is told."""
        if self._giving_up is None:  # a task of its own: whoever asks may be cancelled by it
            self._giving_up = asyncio.create_task(self._give_up())
        return await asyncio.shield(self._giving_up)

    async def tell(self, ids: Iterable[str]) -> None:
        """Tell the store how these ended, or that they did not."""
        left = list(ids)
        try:
            async with asyncio.timeout(_LAST):
                while left:
                    await self._settle(left[0])
                    del left[0]
        except TimeoutError:
            _log.error("the store was not told how %s deliveries ended", len(left))

    async def _give_up(self) -> tuple[str, ...]:
        self.open = False
        self._over.set()
        try:
            await self._stop()
        finally:  # the event loop may end, and cancels this too then
            taken, self._taken = self._taken, {}  # what ends from now on was abandoned
            left = tuple(id for id in taken if id not in self._ended)
            self._stats.abandoned += len(left)
            if left:
                _log.error("closed before these deliveries were handled: %s", ", ".join(left))
            await self.tell(taken)
        return left

    async def _stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            _, stubborn = await asyncio.wait(self._tasks, timeout=_LAST)
            if stubborn:
                _log.error("%s handlers do not end though they were cancelled", len(stubborn))

    async def _worker(self) -> None:
        while self._giving_up is None:
            id = await self._queue.get()
            await self._run(id, self._taken[id])
            await self._settle(id)

    async def _run(self, id: str, event: Event) -> None:
        """Handle *event* in a task of its own, so that no handler leaves anything in the worker."""
        task = asyncio.create_task(self._handle(id, event))
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait([task])
            raise

    async def _handle(self, id: str, event: Event) -> None:
        try:
            failed = await self._dispatch(event)
        except Exception:  # noqa: BLE001 - a worker must not end; it is logged
            _log.exception("%r can't be handled", event)
            failed = 1
        except asyncio.CancelledError:
            if self._giving_up is not None:
                raise
            _log.error("a handler of %r was cancelled, and not by closing", event)
            failed = 1
        if id not in self._taken:  # it was counted as abandoned
            return
        self._ended.add(id)  # at once, so that what was counted is not abandoned too
        if failed:
            self._stats.failed += 1
        else:
            self._stats.handled += 1

    async def _settle(self, id: str) -> None:
        """Tell the store how it ended, which works on without an answer: a claim ends by itself."""
        try:
            if id in self._ended:
                await self._store.done(id)
            else:
                await self._store.release(id)
        except Exception:  # noqa: BLE001 - stores are anybody's; it is logged
            _log.exception("the store was not told how delivery %s ended", id)
        self._ended.discard(id)
        self._taken.pop(id, None)
        if not self._taken:
            self._over.set()
