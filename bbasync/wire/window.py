"""Counting calls in moving windows, in memory, on the package ``limits``.

Loaded when a client makes its first call: the package takes longer to import than all of wire.
Three things of it are not used as they are. Its clock is time.time, which a test can't move: the
storages here read a clock that is given. Its memory storage starts a task and a thread for each
hit, to forget old ones, where dropping them on the way is enough. And its keys have the limit in
them, while a budget here keeps its count when the service tells another limit.
"""

from __future__ import annotations

from collections import deque
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
        self._calls: dict[str, tuple[deque[float], int]] = {}

    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count *amount* calls where there is room for them."""
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
        since = now - expiry
        count = sum(one >= since for one in calls) if calls and calls[0] < since else len(calls)
        count = min(limit, count)
        return (calls[-count], count) if count else (now, 0)

    def forget(self, key: str) -> None:
        """Drop all calls of *key*."""
        self._calls.pop(key, None)

    def undo(self, key: str) -> None:
        """Forget the last call: it was not made."""
        if key in self._calls and self._calls[key][0]:
            self._calls[key][0].pop()

    def _live(self, key: str, expiry: int, now: float) -> deque[float]:
        """The calls of the longest window that was ever asked for."""
        calls, longest = self._calls.get(key, (deque[float](), 0))
        if expiry > longest or key not in self._calls:
            longest = max(longest, expiry)
            self._calls[key] = calls, longest
        while calls and calls[0] < now - longest:
            calls.popleft()
        return calls


class Store(Protocol):
    """Where calls are counted."""

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

    def undo(self, key: str) -> None:
        """Take a call back that was not made after all, as far as that is possible."""
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
    _memory: Memory = field(init=False)
    _limiter: MovingWindowRateLimiter = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._memory = Memory(self.clock)
        self._limiter = MovingWindowRateLimiter(self._memory)

    async def hit(self, key: str, limit: int, seconds: int) -> bool:
        """Count a call where there is room for it."""
        return await self._limiter.hit(Window(limit, seconds), key)

    async def room_at(self, key: str, limit: int, seconds: int) -> float:
        """When there is room again."""
        return (await self._limiter.get_window_stats(Window(limit, seconds), key)).reset_time

    async def pause(self, key: str, until: float) -> None:
        """Nobody else is there to be told."""

    def paused_until(self, key: str) -> float:  # noqa: ARG002 - a shared store needs the key
        """Nobody else is there to say so."""
        return 0.0

    def undo(self, key: str) -> None:
        """Forget the last call."""
        self._memory.undo(key)

    def forget(self, key: str) -> None:
        """Drop all calls of *key*."""
        self._memory.forget(key)

    def count(self, key: str, limit: int, seconds: int) -> tuple[float, int]:
        """The oldest call and how many there are."""
        return self._memory.window(key, limit, seconds)

    async def close(self) -> None:
        """Nothing is open."""
