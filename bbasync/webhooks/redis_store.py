"""Deliveries in Redis, for receivers on several machines."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NoReturn

from attrs import define, field

from ..auth.redis_pool import pool_of
from ..errors import WebhookError
from .store import KEEP, LEASE, check_times

if TYPE_CHECKING:
    from redis.asyncio import Redis

_SLOWEST: Final = 2.0
"""Seconds that Redis gets to connect, and to answer: the service waits 10 for all of it."""
_AGAIN: Final = 0.2
"""Seconds after which it is asked again to take a claim back."""
_DONE: Final = "done"

# A claim of our own that nobody here holds is one whose answer was lost: it is taken again.
_CLAIM: Final = (
    "local by = redis.call('get', KEYS[1]) "
    "if by and by ~= ARGV[1] then return 0 end "
    "redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[2]) return 1"
)
# Only what is ours may be touched: a claim that has ended may be somebody else's by now.
_EXTEND: Final = (
    "if redis.call('get', KEYS[1]) == ARGV[1] then "
    "return redis.call('pexpire', KEYS[1], ARGV[2]) end return 0"
)
_RELEASE: Final = (
    "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"
)


@define
class _Line:
    """The connections of the running event loop, and what keeps the claims made over them."""

    loop: asyncio.AbstractEventLoop
    redis: Redis
    held: set[bytes] = field(factory=set)
    handled: set[bytes] = field(factory=set)
    """Of those, what is done, but Redis was not told yet."""
    doubtful: dict[bytes, float] = field(factory=dict)
    """What Redis may have claimed without an answer; when such a claim has ended by itself."""
    keeping: asyncio.Task[None] | None = None
    releasing: asyncio.Task[None] | None = None


class RedisDeliveryStore:
    """Remembers deliveries in the Redis at *url*, below *prefix*, for *keep* seconds.

    A claim lasts while its process lives, and ends *lease* seconds after it has crashed. Used from
    one event loop; close it with ``aclose`` when its receivers are closed.
    """

    def __init__(
        self,
        url: str,
        *,
        keep: float = KEEP,
        lease: float = LEASE,
        prefix: str = "bbasync:webhooks:",
    ) -> None:
        check_times(keep, lease)
        self._url, self._prefix = url, prefix
        self._keep, self._lease = round(keep * 1000) or 1, round(lease * 1000) or 1
        self._token = secrets.token_hex(16)
        self._line: _Line | None = None
        _pool(url)  # what can't be used is told now

    def __repr__(self) -> str:
        return f"<RedisDeliveryStore {self._prefix}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a RedisDeliveryStore may hold a password and can't be pickled")

    async def claim(self, id: str) -> bool:
        """Whether the caller shall handle it."""
        line, name = self._opened(), self._named(id)
        if name in line.held:
            return False
        if name in line.doubtful:  # the release that is under way would end this claim too
            raise WebhookError("Redis is still asked to release this delivery", "store")
        line.held.add(name)  # before anything is awaited, so that no other call here gets it too
        claimed: bool | None = None
        try:
            asking = line.redis.eval(_CLAIM, 1, name, self._token, self._lease)
            claimed = bool(await _asked("claim", asking))
        finally:
            if not claimed:
                line.held.discard(name)
            if claimed is None:
                self._doubt(line, name)
        if line.keeping is None:
            line.keeping = asyncio.create_task(self._keep_claims(line))
        return claimed

    async def done(self, id: str) -> None:
        """It was handled."""
        line, name = self._opened(), self._named(id)
        line.handled.add(name)
        await self._finish(line, name)

    async def release(self, id: str) -> None:
        """It was not; what was handled, or somebody else is at, stays so."""
        line, name = self._opened(), self._named(id)
        line.held.discard(name)
        await self._release(line, name)

    async def aclose(self) -> None:
        """Let go of the connections; claims that are left end by themselves."""
        line, self._line = self._line, None
        if line is None or line.loop.is_closed():  # its connections are lost with it
            return
        if line.releasing is not None:
            await asyncio.wait([line.releasing], timeout=_SLOWEST)
        tasks = [one for one in (line.releasing, line.keeping) if one is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await line.redis.aclose()

    async def _keep_claims(self, line: _Line) -> None:
        """Extend what is held, or end it; a Redis that is away for a moment is asked again."""
        while True:
            await asyncio.sleep(self._lease / 3000)
            for name in tuple(line.held):
                with suppress(WebhookError):
                    if name in line.handled:
                        await self._finish(line, name)
                    else:
                        await self._extend(line, name)

    def _doubt(self, line: _Line, name: bytes) -> None:
        """Take back what may have been claimed: else others would be told somebody is at it."""
        line.doubtful[name] = line.loop.time() + self._lease / 1000
        if line.releasing is None or line.releasing.done():
            line.releasing = asyncio.create_task(self._take_back(line))

    async def _take_back(self, line: _Line) -> None:
        """Release what is doubtful, one by one: there may be much of it when Redis is away."""
        asked: set[bytes] = set()
        """What Redis did not have: the claim may come behind the first release, not the second."""
        while line.doubtful:
            with suppress(WebhookError):  # it is still away
                for name, end in tuple(line.doubtful.items()):
                    ended = end < line.loop.time()
                    if ended or await self._release(line, name) or name in asked:
                        del line.doubtful[name]
                        asked.discard(name)
                    else:
                        asked.add(name)
            await asyncio.sleep(_AGAIN)

    async def _release(self, line: _Line, name: bytes) -> bool:
        return bool(await _asked("release", line.redis.eval(_RELEASE, 1, name, self._token)))

    async def _extend(self, line: _Line, name: bytes) -> None:
        await _asked("extend", line.redis.eval(_EXTEND, 1, name, self._token, self._lease))

    async def _finish(self, line: _Line, name: bytes) -> None:
        await _asked("keep", line.redis.set(name, _DONE, px=self._keep))
        line.held.discard(name)
        line.handled.discard(name)

    def _named(self, id: str) -> bytes:
        return f"{self._prefix}{id}".encode(errors="surrogatepass")

    def _opened(self) -> _Line:
        from redis.asyncio import Redis  # noqa: PLC0415 - an optional dependency

        loop = asyncio.get_running_loop()
        if self._line is None or self._line.loop is not loop:
            self._line = _Line(loop, Redis.from_pool(_pool(self._url)))
        return self._line


def _pool(url: str) -> Any:
    return pool_of(url, store="RedisDeliveryStore", what="deliveries", slowest=_SLOWEST)


async def _asked(what: str, asking: Awaitable[Any]) -> Any:
    """What Redis answers; WebhookError without its text, which may have the address in it."""
    from redis import RedisError  # noqa: PLC0415 - an optional dependency

    try:
        return await asking
    except (RedisError, OSError, RuntimeError) as error:
        kind = type(error).__name__
    raise WebhookError(f"Redis could not {what} a delivery ({kind})", "store")
