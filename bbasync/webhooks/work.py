"""Work: deliveries that were claimed, and the tasks that handle them one by one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from .events import Event
from .store import DeliveryStore

_log = logging.getLogger("bbasync.webhooks")

_LAST: Final = 5.0
"""Seconds that handlers get to end which are cancelled, and the store to be told of them."""


class Work:
    """Handles what is put in, *workers* at a time; *room* is for what waits or is handled."""

    def __init__(
        self,
        workers: int,
        room: int,
        store: DeliveryStore,
        handle: Callable[[Event], Awaitable[None]],
    ) -> None:
        self.room = room
        self.open = False
        """Whether more may be put in."""
        self.giving_up = False
        """Whether what has not ended is being cancelled."""
        self._workers, self._store, self._handle = workers, store, handle
        self._taken: dict[str, Event] = {}
        self._ended: set[str] = set()
        """What was handled, but the store does not know that yet."""
        self._queue: asyncio.Queue[str] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._taken)

    def __contains__(self, id: str) -> bool:
        return id in self._taken

    @property
    def running(self) -> bool:
        """Whether it was started and not stopped."""
        return bool(self._tasks)

    def start(self) -> None:
        """Begin to work."""
        self._queue = asyncio.Queue()  # of this event loop
        self._tasks = {asyncio.create_task(self._worker()) for _ in range(self._workers)}
        self.open, self.giving_up = True, False

    def refuse(self) -> None:
        """Take nothing more, but what is being claimed already."""
        self.open = False

    def put(self, id: str, event: Event) -> None:
        """Let *event* be handled, whose id was claimed."""
        self._taken[id] = event
        self._queue.put_nowait(id)

    async def finish(self, grace: float) -> None:
        """Work until nothing is left, for *grace* seconds at the most."""
        if self._tasks and self._taken:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._queue.join(), grace)

    async def give_up(self) -> tuple[str, ...]:
        """Stop to work; the ids of what has not ended."""
        self.open, self.giving_up = False, True
        tasks, self._tasks = self._tasks, set()
        for task in tasks:
            task.cancel()
        if tasks:
            _, stubborn = await asyncio.wait(tasks, timeout=_LAST)
            if stubborn:
                _log.error("%s handlers do not end though they were cancelled", len(stubborn))
        taken = tuple(self._taken)
        left = tuple(id for id in taken if id not in self._ended)
        await self._settle_all(taken)
        return left

    async def _settle_all(self, taken: tuple[str, ...]) -> None:
        try:
            async with asyncio.timeout(_LAST):
                for id in taken:
                    await self._settle(id)
        except TimeoutError:
            _log.error("the store was not told how %s deliveries ended", len(self._taken))
        finally:
            self._taken.clear()
            self._ended.clear()

    async def _worker(self) -> None:
        while True:
            id = await self._queue.get()
            event = self._taken.get(id)
            if event is not None:  # released meanwhile
                await self._run(id, event)
                await self._settle(id)
            self._queue.task_done()

    async def _run(self, id: str, event: Event) -> None:
        """Handle *event* in a task of its own, so that no handler leaves anything in the worker."""
        task = asyncio.create_task(self._end(id, event))
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait([task])
            raise

    async def _end(self, id: str, event: Event) -> None:
        await self._handle(event)
        self._ended.add(id)  # at once, so that what was counted is not abandoned too

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
