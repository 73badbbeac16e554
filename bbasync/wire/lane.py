"""One budget of one credential: who may call now, who waits, and until when.

Counting is done by the package ``limits`` (see window). Four rules it can't express are here. A
budget is shared with callers whom only the service knows of: their calls are taken off the limit
until the service's window ends, for ``limits`` can record calls of now alone. A 429 stops everybody
for a while, whatever the count is. Part of a budget can be kept for interactive calls. And whoever
waits does so in line: ``limits`` only says yes or no.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from attrs import define, field

from .budget import Budget, Hold, Terms
from .quota import Told, moment, told_wait
from .retry import SILENT_WAIT, throttled
from .waiting import Waiting

if TYPE_CHECKING:
    from .window import Store

_MANY: Final = 10_000
"""So many calls are counted where none is held back: the highest limit that is published."""
_SPREAD: Final = 10
"""Those whom a pause stopped come back within one part in so many of it."""
_LONGEST_SPREAD: Final = 10.0
_TICK: Final = 0.001
"""A window includes both its ends, so that there is room a moment after a call has left it."""
_NOTHING: Final = 1e-6
"""Seconds below which a clock that counts from 1970 does not tell two times apart."""
_PAUSES: Final = "the service answered 429 and all calls of this kind pause"
_LONGEST_PAUSE: Final = 3600.0
"""No window is longer; a service that tells more is asked again then."""


@define(eq=False)
class Lane:
    """The budget of one resource group and credential."""

    key: str
    group: str
    store: Store
    clock: Callable[[], float]
    jitter: Callable[[], float]
    limit: int | None
    window: int
    told: bool = False
    in_flight: int = 0
    used_at: float = 0.0
    """When it was last asked, for forgetting."""
    line: Waiting = field(init=False)
    _others: deque[tuple[int, float]] = field(factory=deque)
    """Calls of others, and until when they count."""
    _latest: float = -math.inf
    """When the latest of the calls that told a limit was sent."""
    _paused_from: float = -math.inf
    _paused_for: float = 0.0
    _pauses: int = 0
    """How many 429s came in a row."""
    _open: int | None = None
    """How many may be under way after a pause; None where it is long over."""
    _spread: float = 0.0
    """Seconds over which those whom a pause stopped are let go."""
    _spread_until: float = -math.inf
    _gap: float = 0.0
    _next_at: float = -math.inf

    def __attrs_post_init__(self) -> None:
        self.line = Waiting(self.clock)

    @property
    def idle(self) -> bool:
        """Whether nobody is in it."""
        return not self.line.count and not self.in_flight

    def paused(self, now: float) -> float:
        """Seconds until a pause is over; 0 where there is none."""
        rest = self._paused_for - (now - self._paused_from)
        return rest if rest > _NOTHING else 0.0

    async def admit(self, terms: Terms, *, urgent: bool) -> Hold | None:
        """Count a call and let it go, or say what holds it."""
        now = self.used_at = self.clock()
        if (rest := self.paused(now)) > 0:
            return Hold(rest, _PAUSES)
        if self.in_flight >= min(terms.most, self._open or terms.most):
            return Hold(math.inf)
        if self._spread:
            self._gap = self._spread / max(1, self.line.count)
            self._spread, self._spread_until = 0.0, now + self._spread
        if now < self._next_at:
            return Hold(self._next_at - now)
        allowed = self._allowed(terms, now, urgent=urgent)
        self.in_flight += 1
        admitted = False
        try:
            counted = allowed if allowed is not None else max(_MANY, self.limit or 0)
            admitted = counted > 0 and await self.store.hit(self.key, counted, self._seconds)
            stopped = self.store.paused_until(self.key) - self.clock()
            admitted = (admitted or allowed is None) and stopped <= 0
        finally:
            if not admitted:
                self.returned()
        if not admitted:
            if stopped > 0:  # another process has met a 429
                self._pause(self.clock(), stopped)
                return Hold(self.paused(self.clock()), _PAUSES)
            return await self._exhausted(counted, now)
        if now < self._spread_until:
            self._next_at = now + 2 * self.jitter() * self._gap
        return None

    def _allowed(self, terms: Terms, now: float, *, urgent: bool) -> int | None:
        """How many own calls the window may hold; None where nothing is held back."""
        if self.limit is None or not (self.told or terms.strict):
            return None
        share = 1.0 if urgent else 1.0 - terms.reserve
        return max(1, math.floor(self.limit * share + 1e-9)) - self._of_others(now)

    async def _exhausted(self, counted: int, now: float) -> Hold:
        ends = [until for _, until in self._others]
        if counted > 0:
            ends.append(await self.store.room_at(self.key, counted, self._seconds))
        seconds = max(min(ends) - now, 0.0) + _TICK
        return Hold(
            seconds, f"{self.limit} calls in {self.window} s are the budget, and it is used up"
        )

    @property
    def _seconds(self) -> int:
        """The window that is counted: a little longer, for a call arrives after it was sent."""
        return self.window + max(1, self.window // 100)

    def _of_others(self, now: float) -> int:
        if self._others and min(until for _, until in self._others) <= now:
            self._others = deque(one for one in self._others if one[1] > now)
        return sum(count for count, _ in self._others)

    def returned(self) -> None:
        """A call is over."""
        self.in_flight -= 1
        self.line.wake()

    def heard(self, told: Told, sent_at: float, *, good: bool) -> None:
        """Learn from the answer to a call that was sent at *sent_at*; *good* is any but a 429."""
        now = self.clock()
        old = told.limit not in {None, self.limit} and sent_at < self._latest
        if told.limit is not None and not old:
            self._latest = max(self._latest, sent_at)
            self.limit, self.window, self.told = told.limit, told.window or self.window, True
        left = told.most_left
        if left is not None and not old:
            self._correct(left, told, now)
        if good and self._open is not None and sent_at > self._paused_from:
            self._open *= 2
            if self._open >= _MANY:
                self._open = None

    def _correct(self, left: int, told: Told, now: float) -> None:
        """Take off what others have used: never more than is certain, and never less than before.

        An older answer that comes late has seen fewer calls, and so adds nothing.
        """
        used = self.store.count(self.key, max(_MANY, self.limit or 0), self._seconds)[1]
        if self.limit is None:
            self.limit, self.told = used + left, True
        limit = told.limit if told.limit is not None else self.limit
        missing = limit - left - used - self._of_others(now)
        if missing > 0:
            ends_in = min(self.window, told.reset if told.reset is not None else math.inf)
            self._others.append((missing, now + ends_in))

    def stop(self, headers: Mapping[str, str], sent_at: float) -> None:
        """Stop everybody after a 429 to a call that was sent at *sent_at*.

        One to a call from before the pause belongs to the same wave, and prolongs it only where it
        tells a longer wait. What comes after it doubles the next.
        """
        now = self.clock()
        told = told_wait(headers, now)
        if sent_at <= self._paused_from:
            if told is not None and min(told, _LONGEST_PAUSE) > self.paused(now):
                self._pause(now, told)
            return
        quiet = now - (self._paused_from + self._paused_for)
        self._pauses = self._pauses + 1 if quiet <= max(self._paused_for, SILENT_WAIT) else 1
        self._pause(now, throttled(told, self._pauses))

    def _pause(self, now: float, seconds: float) -> None:
        self._paused_from = now
        self._paused_for = min(_LONGEST_PAUSE, seconds) * (1 + self.jitter() / 10)
        self._open = 1
        self._spread = min(_LONGEST_SPREAD, self._paused_for / _SPREAD)
        self._next_at = -math.inf

    async def share(self) -> None:
        """Tell the pause to whoever shares the budget."""
        now = self.clock()
        if (rest := self.paused(now)) > 0:
            await self.store.pause(self.key, now + rest)

    def snapshot(self) -> Budget:
        """The budget as it is now."""
        now = self.clock()
        oldest, mine = self.store.count(self.key, max(_MANY, self.limit or 0), self._seconds)
        ends = [oldest + self.window] if mine else []
        used = mine + self._of_others(now)
        ends += [until for _, until in self._others]
        paused = self.paused(now)
        return Budget(
            self.group,
            self.limit,
            self.window,
            used,
            None if self.limit is None else max(0, self.limit - used),
            moment(min(ends)) if ends else None,
            moment(now + paused) if paused > 0 else None,
            "told" if self.told else "assumed",
        )
