"""Counting the calls of several processes together, in Redis, on the package ``limits``.

Redis gets a one-way hash of whose calls they are, the group's name, and times; never a credential.
The clocks of the hosts must agree, as those of hosts on NTP do.

A Redis that can't be reached stops no call: this process then counts by itself, which one warning
says, and tries Redis again half a minute later.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final, TypeVar, cast
from urllib.parse import urlsplit

from attrs import define, field
from limits.aio.storage import RedisStorage
from limits.aio.storage.redis.redispy import RedispyBridge
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import ConfigurationError as UnusableError

from ..errors import ConfigurationError
from .queue import Queue
from .window import Clock, Local, Window

_log = logging.getLogger("bbasync")
_T = TypeVar("_T")

_PREFIX: Final = "bbasync"
_PORT: Final = 6379
_SLOWEST: Final = 2.0
"""Seconds that Redis gets to connect, and to answer."""
_AGAIN_AFTER: Final = 30.0
"""Seconds until Redis is tried again once it failed."""
_FRESH: Final = 1.0
"""Seconds after which it is asked anew how many calls all have made."""
_PLACES: Final = 50
"""How many ask Redis at a time: redis-py refuses more connections than its pool has."""

_NEVER: Final = (-math.inf, 0.0, 0)


class _Storage(RedisStorage):
    """The storage of ``limits`` on redis-py, with its scripts, on a given clock."""

    clock: Clock

    @property
    def redispy(self) -> RedispyBridge:
        """What is between this and redis-py."""
        return cast("RedispyBridge", self.bridge)

    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        keys, arguments = [self.bridge.prefixed_key(key)], [self.clock(), limit, expiry, amount]
        return bool(await self.redispy.lua_acquire_moving_window(keys, arguments))

    async def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        now = self.clock()
        keys, arguments = [self.bridge.prefixed_key(key)], [now - expiry, limit]
        found = await self.redispy.lua_moving_window(keys, arguments)
        return (float(found[0]), int(found[1])) if found else (now, 0)


def _storage(url: str, clock: Clock) -> _Storage:
    try:
        parts = urlsplit(url)
        if parts.hostname and parts.port is None:  # limits wants it said
            url = parts._replace(netloc=f"{parts.netloc.rstrip(':')}:{_PORT}").geturl()
    except ValueError:
        parts = urlsplit("")
    if not parts.hostname or "," in parts.hostname:  # the address may hold a password: not shown
        raise ConfigurationError("Quota.redis takes an address like redis://host:6379/0")
    try:
        # Once more at once, for Redis closes what was idle for long; what takes its time holds up
        # calls for longer than counting is worth.
        from redis import ConnectionError as BrokenError  # noqa: PLC0415 - an optional dependency
        from redis.asyncio.retry import Retry  # noqa: PLC0415 - the same
        from redis.backoff import NoBackoff  # noqa: PLC0415 - the same

        options: dict[str, Any] = {
            "implementation": "redispy",
            "key_prefix": _PREFIX,
            "socket_timeout": _SLOWEST,
            "socket_connect_timeout": _SLOWEST,
            "retry": Retry(NoBackoff(), 1, supported_errors=(BrokenError,)),
        }
        storage = _Storage(f"async+{url}", **options)
        storage.redispy.storage.connection_pool.make_connection()  # does it know all options?
    except (ImportError, UnusableError) as error:
        raise ConfigurationError(
            "counting calls in Redis needs redis-py: install bbasync[redis]"
        ) from error
    except (TypeError, ValueError):  # not shown either
        raise ConfigurationError("Quota.redis can't make sense of the address's options") from None
    storage.clock = clock
    return storage


@define(eq=False)
class Shared:
    """Counts in Redis, and beside it in memory, for when Redis is away."""

    url: str = field(repr=False)
    clock: Clock
    exact: bool = field(default=False, init=False)
    _local: Local = field(init=False)
    _queue: Queue = field(init=False)
    _storage: _Storage = field(init=False)
    _limiter: MovingWindowRateLimiter = field(init=False)
    _errors: tuple[type[Exception], ...] = field(init=False)
    _away_until: float | None = field(default=None, init=False)
    _seen: dict[str, tuple[float, float, int]] = field(init=False, factory=dict)
    """By key: when Redis was asked last, the oldest call then, and how many there were."""
    _pauses: dict[str, tuple[float, float]] = field(init=False, factory=dict)
    """By key: when Redis was asked last, and until when a pause lasts."""

    def __attrs_post_init__(self) -> None:
        self._local = Local(self.clock)
        self._begin()

    def _begin(self) -> None:
        """Have a new client of Redis: the old one's connections belong to another event loop."""
        self._storage = _storage(self.url, self.clock)
        self._queue = Queue(min(_PLACES, self._redis.connection_pool.max_connections))
        self._limiter = MovingWindowRateLimiter(self._storage)
        base = self._storage.base_exceptions
        # RuntimeError: what redis-py raises for a connection of an event loop that has ended.
        self._errors = (*(base if isinstance(base, tuple) else (base,)), OSError, RuntimeError)

    @property
    def _redis(self) -> Any:
        return self._storage.redispy.storage

    async def hit(self, key: str, limit: int, seconds: int) -> bool:
        """Count a call where there is room for it, for all processes together."""
        await self._ask_for_pause(key)
        if self.paused_until(key) > self.clock():
            return False
        # Redis may not know of all: it was away, or was started anew.
        if self._local.count(key, limit, seconds)[1] >= limit:
            return False
        window = Window(limit, seconds)
        taken = await self._asked(lambda: self._limiter.hit(window, key))
        if taken is None:
            return await self._local.hit(key, limit, seconds)
        if taken:
            await self._local.hit(key, limit, seconds)
        if not taken or not 0 <= self.clock() - self._seen.get(key, _NEVER)[0] < _FRESH:
            await self.look(key, limit, seconds)
        return taken

    async def room_at(self, key: str, limit: int, seconds: int) -> float:
        """When there is room again."""
        stats = await self._asked(
            lambda: self._limiter.get_window_stats(Window(limit, seconds), key)
        )
        here = await self._local.room_at(key, limit, seconds)
        if stats is None or stats.remaining > 0:
            return here
        return max(here, stats.reset_time)

    async def pause(self, key: str, until: float) -> None:
        """Tell the other processes, for as long as it lasts, unless they know of a longer one."""
        await self._ask_for_pause(key, anew=True)
        seconds = until - self.clock()
        if seconds > 0 and until > self.paused_until(key):
            name, lasts = f"{_PREFIX}:pause/{key}", math.ceil(seconds * 1000)
            await self._asked(lambda: self._redis.set(name, repr(until), px=lasts))

    def paused_until(self, key: str) -> float:
        """Until when another process has said so, as of a second ago at the earliest."""
        return self._pauses.get(key, (0.0, 0.0))[1]

    def undo(self, key: str, at: float) -> None:
        """Forget the call here; in Redis it stays, which errs on the safe side."""
        self._local.undo(key, at)

    def forget(self, key: str) -> None:
        """Drop what is kept here."""
        self._local.forget(key)
        self._seen.pop(key, None)
        self._pauses.pop(key, None)

    def count(self, key: str, limit: int, seconds: int) -> tuple[float, int]:
        """The oldest call and how many there are: of all, as of a second ago at the earliest."""
        oldest, mine = self._local.count(key, limit, seconds)
        at, theirs, all_calls = self._seen.get(key, _NEVER)
        if self.clock() - at > seconds or all_calls <= mine:
            return oldest, mine
        return theirs, all_calls

    async def close(self) -> None:
        """Let go of the connections to Redis."""
        with suppress(*self._errors):
            await self._redis.aclose()

    async def _ask_for_pause(self, key: str, *, anew: bool = False) -> None:
        now = self.clock()
        asked_at, until = self._pauses.get(key, (-math.inf, 0.0))
        if not anew and 0 <= now - asked_at < _FRESH:
            return
        self._pauses[key] = now, until
        found = await self._asked(lambda: self._redis.get(f"{_PREFIX}:pause/{key}"))
        try:
            self._pauses[key] = now, float(found or 0)
        except ValueError:  # another program's
            self._pauses[key] = now, 0.0

    async def look(self, key: str, limit: int, seconds: int) -> None:
        """Ask how many calls all have made."""
        now, seen = self.clock(), self._seen.get(key, _NEVER)
        self._seen[key] = now, *seen[1:]
        window = Window(limit, seconds)
        stats = await self._asked(lambda: self._limiter.get_window_stats(window, key))
        if stats is not None:
            self._seen[key] = now, stats.reset_time - seconds, limit - stats.remaining

    async def _asked(self, ask: Callable[[], Awaitable[_T]]) -> _T | None:
        """What Redis answers; None while it is away."""
        queue = self._queue
        if self._away():
            return None
        await queue.take()
        try:
            if self._away():
                return None
            found = await ask()
        except self._errors as error:
            if self._away_until is None:
                _log.warning(
                    "Redis can't be reached (%s): calls are counted by this process alone",
                    type(error).__name__,
                )
            self._away_until = self.clock() + _AGAIN_AFTER
            if isinstance(error, RuntimeError):
                self._begin()
            return None
        finally:
            queue.give()
        if self._away_until is not None:
            _log.info("Redis is there again: calls are counted together")
            self._away_until = None
        return found

    def _away(self) -> bool:
        until = self._away_until
        return until is not None and 0 < until - self.clock() <= _AGAIN_AFTER
