"""The line of those who wait for a budget: no task and no timer each, only for the first."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from heapq import heapify, heappop, heappush
from math import inf
from typing import Final

from attrs import define, field

from .budget import Hold, Terms

_WORTH_SWEEPING: Final = 64
_NOTHING: Final = 1e-3
"""Seconds that nobody's patience ends by: sums of times are not exact."""


@define(eq=False)
class Ticket:
    """A place in line."""

    rank: tuple[bool, int]
    line: Line
    before: float
    """Seconds for which the call has waited already."""
    blocked: float
    since: float
    gone: bool = False
    called: bool = False
    """Whether it may look although another client's is before it."""
    refused: Hold | None = None
    """What would take it longer than it waits, although it is not first."""
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
class Line:
    """Whoever waits of clients with the same terms.

    Interactive calls are before others, then it goes by their numbers.
    """

    terms: Terms
    count: int = 0
    """How many wait."""
    _tickets: list[Ticket] = field(factory=list)
    _blocked: float = 0.0
    """Seconds in all for which the first one had to wait for the budget."""
    _blocked_until: float = 0.0
    _held: tuple[float, str] = -inf, ""
    """Until when the first one has to wait for the budget, and why."""
    _least: float = inf
    """How many they may become before anybody has waited too long: so many at the least."""

    def join(self, rank: tuple[bool, int], before: float, now: float) -> Ticket:
        """Stand in line."""
        ticket = Ticket(rank, self, before, self._blocked, now)
        heappush(self._tickets, ticket)
        self._least = min(self._least, self._end(ticket))
        self.count += 1
        until, reason = self._held
        if self.first() is not ticket and self.too_long(ticket, until - now, now):
            ticket.refused = Hold(until - now, reason)
        return ticket

    def leave(self, ticket: Ticket) -> None:
        """Be out of the line."""
        ticket.gone = True
        self.count -= 1
        self._held = -inf, ""
        if len(self._tickets) > 2 * self.count + _WORTH_SWEEPING:
            self._tickets = [one for one in self._tickets if not one.gone]
            heapify(self._tickets)

    def first(self) -> Ticket | None:
        """Who is next."""
        while self._tickets and self._tickets[0].gone:
            heappop(self._tickets)
        return self._tickets[0] if self._tickets else None

    def waited(self, start: float, now: float) -> None:
        """Count, once, that the first had to wait from *start* until now."""
        self._blocked += max(0.0, now - max(start, self._blocked_until))
        self._blocked_until = now

    def blocked(self, ticket: Ticket, now: float) -> float:
        """Seconds that the budget has made *ticket* wait, wherever in the line it was."""
        return max(0.0, min(self._blocked - ticket.blocked, now - ticket.since))

    def too_long(self, ticket: Ticket, seconds: float, now: float) -> bool:
        """Whether *ticket* does not wait *seconds* more."""
        waits = ticket.before + self.blocked(ticket, now) + seconds
        return waits > self.terms.max_wait + _NOTHING

    def refuse(self, hold: Hold, now: float) -> None:
        """Turn those away who do not wait as long as the first one has to."""
        self._held = now + hold.seconds, hold.reason
        if self._blocked + hold.seconds <= self._least:
            return
        self._least = inf
        for one in self._tickets:
            if one.gone or one.refused is not None:
                continue
            if self.too_long(one, hold.seconds, now):
                one.refused = hold
                one.wake()
            else:
                self._least = min(self._least, self._end(one))

    def _end(self, ticket: Ticket) -> float:
        return ticket.blocked + self.terms.max_wait - ticket.before


@define(eq=False)
class Waiting:
    """The lines of all clients: who is first of all looks, and those behind it in its own wait.

    The first of another client has other terms, and may go where it can't: it looks next.
    """

    clock: Callable[[], float]
    _lines: dict[Terms, Line] = field(factory=dict)

    @property
    def count(self) -> int:
        """How many wait."""
        return sum(line.count for line in self._lines.values()) if self._lines else 0

    def join(self, rank: tuple[bool, int], terms: Terms, before: float = 0.0) -> Ticket:
        """Stand in line, after *before* seconds of waiting elsewhere."""
        line = self._lines.get(terms)
        if line is None:
            line = self._lines[terms] = Line(terms)
        return line.join(rank, before, self.clock())

    def leave(self, ticket: Ticket) -> None:
        """Be out of the line, and let the next one look."""
        ticket.line.leave(ticket)
        if not ticket.line.count:
            del self._lines[ticket.line.terms]
        self._pass(ticket)

    def up(self, ticket: Ticket) -> bool:
        """Whether *ticket* may look now."""
        first = self._firsts()[0]
        called, ticket.called = ticket.called, False
        if not called and first is not ticket and ticket.line.first() is ticket:
            first.wake()  # and when it can't go, it lets this one look
        return called or first is ticket

    def held(self, ticket: Ticket, hold: Hold) -> None:
        """*ticket* can't go: turn away who doesn't wait so long, and let another client's look."""
        if hold.reason:
            ticket.line.refuse(hold, self.clock())
        if hold.reason or hold.own:
            self._pass(ticket)

    def wake(self) -> None:
        """Let the next one look whether something has changed."""
        if not self._lines:
            return
        for ticket in self._firsts()[:1]:
            ticket.wake()

    def waited(self, ticket: Ticket, start: float) -> None:
        """Count that *ticket*, the first in its line, had to wait from *start* until now."""
        ticket.line.waited(start, self.clock())

    def blocked(self, ticket: Ticket) -> float:
        """Seconds that the budget has made *ticket* wait, wherever in the line it was."""
        return ticket.line.blocked(ticket, self.clock())

    def too_long(self, ticket: Ticket, hold: Hold) -> bool:
        """Whether *ticket* does not wait until *hold* is over."""
        return ticket.line.too_long(ticket, hold.seconds, self.clock())

    def _pass(self, ticket: Ticket) -> None:
        """Let the one look that is next after *ticket*: those before it have looked."""
        for one in self._firsts():
            if ticket < one:
                one.called = True
                one.wake()
                return

    def _firsts(self) -> list[Ticket]:
        """The first of each client, in their order."""
        found = [line.first() for line in self._lines.values()]
        return sorted(one for one in found if one is not None)
