"""The line of those who wait for a budget: no task and no timer each, only for the first."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from heapq import heapify, heappop, heappush
from math import inf
from typing import Final

from attrs import define, field

_WORTH_SWEEPING: Final = 64


@define(eq=False)
class Ticket:
    """A place in line."""

    rank: tuple[bool, int]
    blocked: float
    since: float
    gone: bool = False
    _wake: asyncio.Future[None] | None = None

    def __lt__(self, other: Ticket) -> bool:
        return self.rank < other.rank

    def wake(self) -> None:
        """Let it look again."""
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    async def pause(self, seconds: float, sleep: Callable[[float], Awaitable[object]]) -> None:
        """Wait until it is woken, *seconds* at the most."""
        wake = self._wake = asyncio.get_running_loop().create_future()
        if seconds == inf:
            await wake
            return
        sleeping = asyncio.ensure_future(sleep(seconds))
        try:
            await asyncio.wait({sleeping, wake}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not sleeping.done():
                sleeping.cancel()
                await asyncio.wait({sleeping})


@define(eq=False)
class Waiting:
    """Whoever waits: interactive calls before others, then in the order of their numbers."""

    clock: Callable[[], float]
    count: int = 0
    """How many wait."""
    _tickets: list[Ticket] = field(factory=list)
    _blocked: float = 0.0
    """Seconds in all for which the first one had to wait for the budget."""
    _blocked_until: float = 0.0

    def join(self, rank: tuple[bool, int]) -> Ticket:
        """Stand in line."""
        ticket = Ticket(rank, self._blocked, self.clock())
        heappush(self._tickets, ticket)
        self.count += 1
        return ticket

    def leave(self, ticket: Ticket) -> None:
        """Be out of the line, and let the next one look."""
        ticket.gone = True
        self.count -= 1
        if len(self._tickets) > 2 * self.count + _WORTH_SWEEPING:
            self._tickets = [one for one in self._tickets if not one.gone]
            heapify(self._tickets)
        self.wake()

    def first(self) -> Ticket | None:
        """Who is next."""
        while self._tickets and self._tickets[0].gone:
            heappop(self._tickets)
        return self._tickets[0] if self._tickets else None

    def wake(self) -> None:
        """Let the next one look whether something has changed."""
        ticket = self.first()
        if ticket is not None:
            ticket.wake()

    def waited(self, start: float) -> None:
        """Count, once, that the first had to wait from *start* until now."""
        now = self.clock()
        self._blocked += max(0.0, now - max(start, self._blocked_until))
        self._blocked_until = max(self._blocked_until, now)

    def blocked(self, ticket: Ticket) -> float:
        """Seconds that the budget has made *ticket* wait, wherever in the line it was."""
        return min(self._blocked - ticket.blocked, self.clock() - ticket.since)
