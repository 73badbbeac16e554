"""The queue for connections: whoever asked first is served first.

aiohttp's own is not fair: a task that asks again as soon as it has its answer takes the connection
before those who wait for one, and a few tasks can keep all others waiting for ever.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from attrs import define, field
from yarl import URL


@define(eq=False)
class Queue:
    """So many places as are *free*; who finds none waits in line."""

    free: int
    _line: OrderedDict[asyncio.Future[None], None] = field(factory=OrderedDict)

    @property
    def waiting(self) -> int:
        """How many wait for a place."""
        return sum(not one.done() for one in self._line)

    async def take(self) -> None:
        """Wait for a place, and take it."""
        if self.free:
            self.free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._line[turn] = None
        try:
            await turn
        except asyncio.CancelledError:
            self._line.pop(turn, None)
            if not turn.cancelled():  # the place was given just before the task was cancelled
                self.give()
            raise

    def give(self) -> None:
        """Leave a place to the one who has waited longest."""
        while self._line:
            turn, _ = self._line.popitem(last=False)
            if not turn.done():
                turn.set_result(None)
                return
        self.free += 1


@define(eq=False)
class Queues:
    """A queue for each host, *places* long."""

    places: int
    _by_origin: dict[tuple[str, str | None, int | None], Queue] = field(factory=dict)

    def of(self, url: URL) -> Queue:
        """The queue of the host that *url* is on."""
        key = url.scheme, url.host, url.port
        found = self._by_origin.get(key)
        if found is None:
            found = self._by_origin[key] = Queue(self.places)
        return found

    @property
    def taken(self) -> int:
        """How many places are taken, on all hosts."""
        return sum(self.places - one.free for one in self._by_origin.values())
