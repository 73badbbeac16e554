"""One budget of one credential: who may call now, who waits, and until when.

Counting is done by the package ``limits`` (see window). Four rules it can't express are here. A
budget is shared with callers whom only the service knows of: their calls are taken off the limit
until the service's window ends, for ``limits`` can record calls of now alone. A 429 stops everybody
for a while, whatever the count is. Part of a budget can be kept for interactive calls. And whoever
waits does so in line: ``limits`` only says yes or no.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from attrs import define, field

from .budget import Budget, Hold, Terms
from .quota import NOTHING, Told, moment, told_wait
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
_BELIEVED: Final = 3600.0
"""Seconds for which a limit is believed that only one answer told."""
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
    _mine: dict[Terms, int] = field(factory=dict)
    """The same of each client."""
    used_at: float = 0.0
    """When it was last asked, for forgetting."""
    line: Waiting = field(init=False)
    _assumed: tuple[int | None, int] = field(init=False)
    """The limit and its window until the service tells its own."""
    _inferred: bool = False
    """Whether the limit was concluded from what remains."""
    _others: list[tuple[int, float]] = field(factory=list)
    """Calls of others, and until when they count."""
    _claim: tuple[int, Told, float] | None = None
    """What remained as of an answer, to be compared with what all have counted."""
    _untold: bool = False
    """Whether others who share the budget are to hear of the pause."""
    _crowded: bool = False
    """Whether somebody found too many under way."""
    _last: float = -math.inf
    """When the clock was read last."""
    _latest: float = -math.inf
    """When the latest of the calls that told a limit was sent."""
    _paused_from: float = -math.inf
    _paused_for: float = 0.0
    _wrong: int = 0
    """How many 429s came without a good answer between them: what they told was too little."""
    _pauses: int = 0
    """How many 429s came, each soon after the pause of the one before."""
    _open: int | None = None
    """How many may be under way after a pause; None where it is long over."""
    _spread: float = 0.0
    """Seconds over which those whom a pause stopped are let go."""
    _spread_until: float = -math.inf
    _gap: float = 0.0
    _next_at: float = -math.inf

    def __attrs_post_init__(self) -> None:
        self.line = Waiting(self.clock)
        self._assumed = self.limit, self.window

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
        now = self.used_at = self._now()
        if (rest := self.paused(now)) > 0:
            return Hold(rest, _PAUSES)
        few = self._open is not None and self.in_flight >= self._open
        if few or self._mine.get(terms, 0) >= terms.most:
            self._crowded = True
            return Hold(math.inf, own=not few)
        if self._spread:
            self._gap = self._spread / max(1, self.line.count)
            self._spread, self._spread_until = 0.0, now + self._spread
        if now < self._next_at:
            return Hold(self._next_at - now)
        allowed = self.allowed(terms, now, urgent=urgent)
        self._count(terms, 1)
        admitted = False
        try:
            counted = allowed if allowed is not None else max(_MANY, self.limit or 0)
            admitted = counted > 0 and await self.store.hit(self.key, counted, self._seconds)
            stopped = self.store.paused_until(self.key) - self.clock()
            admitted = (admitted or allowed is None) and stopped <= 0
        finally:
            if not admitted:
                self._count(terms, -1)
                if self._crowded:  # by this one, while the store was asked
                    self._wake()
        if not admitted:
            if stopped > 0:  # another process has met a 429
                self._pause(self.clock(), stopped)
                return Hold(self.paused(self.clock()), _PAUSES)
            hold = await self._exhausted(counted, now)
            # An answer may have told a larger budget while the store was asked.
            changed = self.allowed(terms, self._now(), urgent=urgent) != allowed
            return Hold(0.0) if changed else hold
        if now < self._spread_until:
            self._next_at = now + 2 * self.jitter() * self._gap
        return None

    def allowed(self, terms: Terms, now: float, *, urgent: bool) -> int | None:
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

    def counted(self) -> tuple[float, int]:
        """The oldest call in the window, and how many there are."""
        return self.store.count(self.key, max(_MANY, self.limit or 0), self._seconds)

    def _of_others(self, now: float) -> int:
        if self._others and min(until for _, until in self._others) <= now:
            self._others = [one for one in self._others if one[1] > now]
        return sum(count for count, _ in self._others)

    def returned(self, terms: Terms) -> None:
        """A call is over."""
        self._count(terms, -1)
        self._wake()

    def _count(self, terms: Terms, more: int) -> None:
        self.in_flight += more
        mine = self._mine.pop(terms, 0) + more
        if mine:
            self._mine[terms] = mine

    def _wake(self) -> None:
        self._crowded = False
        self.line.wake()

    def _now(self) -> float:
        """The time. What is kept of times moves with a clock that was set back."""
        now, last = self.clock(), self._last
        self._last = now
        if now < last:
            back = last - now
            self._paused_from -= back
            self._latest -= back
            self._next_at -= back
            self._spread_until -= back
            self._others = [(count, until - back) for count, until in self._others]
        return now

    def heard(self, told: Told, sent_at: float, *, good: bool) -> None:
        """Learn from the answer to a call that was sent at *sent_at*; *good* is any but a 429."""
        if told is NOTHING and self._open is None and not self.told:
            return
        now = self._now()
        old = told.limit not in {None, self.limit} and sent_at < self._latest
        if told.limit is not None and not old:
            self._latest = max(self._latest, sent_at)
            self.limit, self.window, self.told = told.limit, told.window or self.window, True
            self._inferred = False
        elif good and self.told and not self._inferred and now - self._latest > _BELIEVED:
            # No answer has repeated it since: it was a stray one's, or is no more.
            self.told, (self.limit, self.window) = False, self._assumed
        left = told.most_left
        if left is not None and not old:
            self._correct(left, told, now, sure=self.store.exact)
        if good and self._open is not None and sent_at > self._paused_from:
            self._wrong = 0
            self._open *= 2
            if self._open >= _MANY:
                self._open = None

    def _correct(self, left: int, told: Told, now: float, *, sure: bool) -> None:
        """Take off what others have used: never more than is certain, and never less than before.

        An older answer that comes late has seen fewer calls, and so adds nothing. Nor is anything
        *sure* before all calls are known that those who share the budget had made by then.
        """
        used = self.counted()[1]
        if told.limit is None and (self.limit is None or self._inferred):
            # Those under way, but for this one, may not have been counted yet.
            least = max(1, used - max(0, self.in_flight - 1) + left)
            self.limit, self.told, self._inferred = max(least, self.limit or 0), True, True
        limit = told.limit or self.limit or 0
        missing = limit - left - used - self._of_others(now)
        if missing > 0 and not sure:
            self._claim = left, told, now
        elif missing > 0:
            ends_in = min(self.window, told.reset if told.reset is not None else math.inf)
            self._others.append((missing, now + ends_in))

    def stop(self, headers: Mapping[str, str], sent_at: float) -> None:
        """Stop everybody after a 429 to a call that was sent at *sent_at*.

        One to a call from before the pause belongs to the same wave, and prolongs it only where it
        tells a longer wait. What comes soon after it doubles the next; where the service tells how
        long to wait, only what comes before any good answer.
        """
        now = self._now()
        told = told_wait(headers, now)
        if sent_at <= self._paused_from:
            if told is not None and min(told, _LONGEST_PAUSE) > self.paused(now):
                self._pause(now, told)
                self._untold = True
            return
        quiet = now - (self._paused_from + self._paused_for)
        self._pauses = self._pauses + 1 if quiet <= max(self._paused_for, SILENT_WAIT) else 1
        self._wrong += 1
        self._pause(now, throttled(told, self._pauses if told is None else self._wrong))
        self._untold = True

    def _pause(self, now: float, seconds: float) -> None:
        self._paused_from = now
        self._paused_for = min(_LONGEST_PAUSE, seconds) * (1 + self.jitter() / 10)
        self._open = 1
        self._spread = min(_LONGEST_SPREAD, self._paused_for / _SPREAD)
        self._next_at = -math.inf

    async def share(self) -> None:
        """Settle with whoever shares the budget what an answer has told."""
        if self._untold:
            self._untold = False
            await self.store.pause(self.key, self._paused_from + self._paused_for)
        claim, self._claim = self._claim, None
        if claim is not None:
            await self.store.look(self.key, max(_MANY, self.limit or 0), self._seconds)
            self._correct(*claim, sure=True)

    def snapshot(self) -> Budget:
        """The budget as it is now."""
        now = self._now()
        oldest, mine = self.counted()
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
