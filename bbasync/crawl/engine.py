"""The engine: which walks are under way, so many at a time, and fair between workspaces."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from contextlib import aclosing
from types import TracebackType
from typing import Final, Self

from attrs import define, field

from .record import Batch, Walk
from .walks import REPOSITORIES, WORKSPACES, Reader, Turn, read_so_far

MOST_WAITING: Final = 2_000
"""Walks that wait, of all workspaces, from which on no more repositories are listed."""


@define(eq=False)
class Place:
    """A workspace: what of it waits to be read, and how far it is."""

    name: str
    root: Walk | None = None
    """The walk over its repositories, while nobody reads it."""
    waiting: deque[Walk] = field(factory=deque)
    running: int = 0
    open: bool = False
    """Whether there may be more repositories than those that are listed."""
    known: int | None = None
    listed: int = 0
    left: dict[str, int] = field(factory=dict)
    """How many lists of each repository are not read to their end."""

    @property
    def done(self) -> int:
        """How many repositories have been read."""
        return self.listed - len(self.left)


class Engine:
    """Reads walks, *concurrency* at a time, and hands out what they find in ``take``.

    The next walk is of the workspace that has the fewest under way, each in turn. The repositories
    of a workspace are listed as far as there is something to do. Nothing more is read while
    nobody takes what is there.
    """

    def __init__(self, reader: Reader, concurrency: int) -> None:
        self._reader = reader
        self._gate = reader.lists.gate
        self._concurrency = concurrency
        self._ahead = 2 * concurrency
        self._ring: deque[Place] = deque()
        """The workspaces, in the order of their turns."""
        self.places: dict[str, Place] = {}
        self.waiting = 0
        self.unread = 0
        """Walks that are not over."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._ready: asyncio.Queue[Batch | None] = asyncio.Queue()
        self._room = asyncio.Semaphore(concurrency)
        self._failure: BaseException | None = None
        self._closed = False

    @property
    def running(self) -> int:
        """How many walks are under way."""
        return len(self._tasks)

    def load(self, walks: Iterable[Walk]) -> None:
        """Take over *walks* of a checkpoint, before the first ``take``."""
        for walk in walks:
            self._begin(walk)
            if walk.kind == REPOSITORIES:
                self._place(walk.workspace).listed = read_so_far(walk)
        for place in self.places.values():
            place.listed = max(place.listed, len(place.left))

    async def __aenter__(self) -> Self:
        self._fill()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def take(self) -> Batch | None:
        """The next batch; None when all is read, or nothing more may be.

        An error that ends the crawl is raised when all was taken that had been found before it.
        """
        while self._tasks or not self._ready.empty():
            batch = await self._ready.get()
            if batch is not None:
                self._room.release()
                return batch
        if self._failure is not None:
            raise self._failure
        return None

    def _place(self, name: str) -> Place:
        found = self.places.get(name)
        if found is None:
            found = self.places[name] = Place(name)
            self._ring.append(found)
        return found

    def _begin(self, walk: Walk) -> None:
        place = self._place(walk.workspace)
        self.unread += 1
        if walk.kind in {REPOSITORIES, WORKSPACES}:
            place.root, place.open = walk, True
            return
        place.waiting.append(walk)
        self.waiting += 1
        repository = _repository_of(walk)
        place.left[repository] = place.left.get(repository, 0) + 1

    def _fill(self) -> None:
        """Begin as many walks as may be under way."""
        while len(self._tasks) < self._concurrency and not self._is_over():
            place = self._next_place()
            if place is None:
                return
            task = asyncio.create_task(self._work(place, self._next_walk(place)))
            self._tasks.add(task)
            task.add_done_callback(self._ended)

    def _is_over(self) -> bool:
        return self._closed or self._failure is not None or self._gate.stop is not None

    def _next_place(self) -> Place | None:
        """Whose turn it is, which then is behind all others."""
        chosen: tuple[int, int] | None = None
        for number, place in enumerate(self._ring):
            if not (place.waiting or self._wants_more(place)):
                continue
            if chosen is None or place.running < chosen[0]:
                chosen = place.running, number
            if place.running == 0:
                break
        if chosen is None:
            return None
        place = self._ring[chosen[1]]
        del self._ring[chosen[1]]
        self._ring.append(place)
        return place

    def _wants_more(self, place: Place) -> bool:
        """Whether more repositories of *place* should be listed now."""
        few = len(place.waiting) < self._ahead and self.waiting < MOST_WAITING
        return place.root is not None and few

    def _next_walk(self, place: Place) -> Walk:
        if self._wants_more(place) and place.root is not None:
            walk, place.root = place.root, None
        else:
            walk = place.waiting.popleft()
            self.waiting -= 1
        place.running += 1
        return walk

    async def _work(self, place: Place, walk: Walk) -> None:
        """Read one walk; of one over repositories a page, since there may be enough of them."""
        self._gate.enter()
        try:
            async with aclosing(self._reader.read(walk)) as turns:
                async for turn in turns:
                    await self._room.acquire()
                    self._note(place, turn)
                    self._ready.put_nowait(turn.batch)
                    if walk.kind == REPOSITORIES and not turn.batch.over:
                        place.root = turn.batch.walk
                        return
                    self._fill()
        finally:
            place.running -= 1

    def _note(self, place: Place, turn: Turn) -> None:
        batch = turn.batch
        for walk in batch.begun:
            self._begin(walk)
        place.listed += turn.listed
        if turn.known is not None:
            place.known = turn.known
        if not batch.over:
            return
        self.unread -= 1
        if batch.walk.kind in {REPOSITORIES, WORKSPACES}:
            place.open, place.known = False, place.listed
        else:
            repository = _repository_of(batch.walk)
            place.left[repository] -= 1
            if not place.left[repository]:
                del place.left[repository]
        if not (place.open or place.left) and place in self._ring:
            self._ring.remove(place)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not self._gate.stops(error):
            self._failure = self._failure or error
            for other in self._tasks:
                other.cancel()
        self._fill()
        self._ready.put_nowait(None)  # for one who waits for what does not come any more


def _repository_of(walk: Walk) -> str:
    return walk.key.rpartition("/")[0]
