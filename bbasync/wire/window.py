"""Counting calls in moving windows, in memory, on the package ``limits``.

Loaded when a client makes its first call: the package takes longer to import than all of wire.
Three things of it are not used as they are. Its clock is time.time, which a test can't move: the
storages here read a clock that is given. Its memory storage starts a task and a thread for each
hit, to forget old ones, where dropping them on the way is enough. And its keys have the limit in
them, while a budget here keeps its count when the service tells another limit.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import Protocol

from attrs import define, field
from limits import RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

Clock = Callable[[], float]


class Window(RateLimitItemPerSecond):
    """So many calls in so many seconds; the same key whatever the limit is."""

    def key_for(self, *identifiers: bytes | str | float) -> str:
        """The key in the storage."""
        return "/".join(str(one) for one in identifiers)


class Memory(MemoryStorage):
    """The moving window of ``limits``, on a given clock and without tasks of its own."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._calls: dict[str, tuple[list[float], int]] = {}

    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count *amount* calls where there is room for them."""
        return self.take(key, limit, expiry, amount)

    def take(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """The same, at once."""
        now = self._clock()
        calls = self._live(key, expiry, now)
        at = limit - amount
        if at < 0 or (at < len(calls) and calls[-1 - at] >= now - expiry):
            return False
        calls.extend([now] * amount)
        return True

    async def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """When the oldest of the last *limit* calls was made, and how many they are."""
        return self.window(key, limit, expiry)

    def window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """The same, at once."""
        now = self._clock()
        calls = self._live(key, expiry, now)
        count = min(limit, len(calls) - bisect_left(calls, now - expiry))
        return (calls[-count], count) if count > 0 else (now, 0)

    def forget(self, key: str) -> None:
        """Drop all calls of *key*."""
        self._calls.pop(key, None)

    def undo(self, key: str, at: float) -> None:
        """Forget the call of that time, or of just before: it was not made."""
        calls, _ = self._calls.get(key, ([], 0))
        if calls:
            del calls[max(0, bisect_right(calls, at) - 1)]

    def _live(self, key: str, expiry: int, now: float) -> list[float]:
        """The calls of the longest window that was ever asked for."""
        calls, longest = self._calls.get(key, ([], 0))
        if expiry > longest or key not in self._calls:
            longest = max(longest, expiry)
            self._calls[key] = calls, longest
        if calls and calls[-1] > now:  # the clock was set back: nothing is still to come
            back = calls[-1] - now
            calls[:] = [one - back for one in calls]
        if calls and calls[0] < now - longest:
            del calls[: bisect_left(calls, now - longest)]
        return calls


class Store(Protocol):
    """Where calls are counted."""

    @property
    def exact(self) -> bool:
        """Whether `count` knows of all calls at any time."""
        ...

    async def look(self, key: str, limit: int, seconds: int) -> None:
        """Let `count` know of all calls now."""
        ...

    async def hit(self, key: str, limit: int, seconds: int) -> bool:
        """Count a call where fewer than *limit* were made within *seconds*."""
        ...

    async def room_at(self, key: str, limit: int, seconds: int) -> float:
        """When there is room again, in seconds since 1970."""
        ...

    async def pause(self, key: str, until: float) -> None:
        """Let others who share the budget know that the service wants no calls *until* then."""
        ...

    def paused_until(self, key: str) -> float:
        """Until when others have said that, as far as known; 0 where nobody has."""
        ...

    def undo(self, key: str, at: float) -> None:
        """Take a call back that was counted then and not made, as far as that is possible."""
        ...

    def forget(self, key: str) -> None:
        """Drop what is kept of a budget that nobody uses."""
        ...

    def count(self, key: str, limit: int, seconds: int) -> tuple[float, int]:
        """When the oldest call of the window was made, and how many there are, as far as known."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


@define(eq=False)
class Local:
    """Counts the calls of this process."""

    clock: Clock
    exact: bool = field(default=True, init=False)
    _memory: Memory = field(init=False)
    _limiter: MovingWindowRateLimiter = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._memory = Memory(self.clock)
        self._limiter = MovingWindowRateLimiter(self._memory)

    async def hit(self, key: str, limit: int, seconds: int) -> bool:
        """Count a call where there is room for it."""
        # Not by the limiter, which does nothing but pass it on through four coroutines.
        return self._memory.take(key, limit, seconds)

    async def room_at(self, key: str, limit: int, seconds: int) -> float:
        """When there is room again."""
        stats = await self._limiter.get_window_stats(Window(limit, seconds), key)
        return self.clock() if stats.remaining > 0 else stats.reset_time

    async def look(self, key: str, limit: int, seconds: int) -> None:
        """All calls are known anyway."""

    async def pause(self, key: str, until: float) -> None:
        """Nobody else is there to be told."""

    def paused_until(self, key: str) -> float:  # noqa: ARG002 - a shared store needs the key
        """Nobody else is there to say so."""
        return 0.0

    def undo(self, key: str, at: float) -> None:
        """Forget the call of that time."""
        self._memory.undo(key, at)

    def forget(self, key: str) -> None:
        """Drop all calls of *key*."""
        self._memory.forget(key)

    def count(self, key: str, limit: int, seconds: int) -> tuple[float, int]:
        """The oldest call and how many there are."""
        return self._memory.window(key, limit, seconds)

    async def close(self) -> None:
        """Nothing is open."""
