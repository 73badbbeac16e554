"""Tokens in Redis, for processes on several machines."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar
from weakref import WeakKeyDictionary

from ..errors import TokenStoreError
from .redis_pool import pool_of
from .secret import Credential
from .store import checked_key, polled
from .token import OAuthToken

if TYPE_CHECKING:
    from redis.asyncio import Redis
    from redis.asyncio.lock import Lock

_T = TypeVar("_T")

_SLOWEST: Final = 5.0
"""Seconds that Redis gets to connect, and to answer."""
_LEASE: Final = 15.0
"""Seconds after which a lock is free whose holder has crashed."""
_KEEP: Final = _LEASE / 5
"""Seconds after which one that is held gets as long again."""


class RedisTokenStore(Credential):
    """Keeps tokens in the Redis at *url*, below *prefix*; whoever may read there has them.

    Redis must keep what it is given: one that forgets keys when memory runs short, or is not saved
    to a disk, sends users through the login again.
    """

    def __init__(self, url: str, *, prefix: str = "bbasync:oauth:") -> None:
        self._url, self._prefix = url, prefix
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, Redis] = WeakKeyDictionary()
        _pool(url)  # what can't be used is told now

    def __repr__(self) -> str:
        return f"<RedisTokenStore {self._prefix}>"

    async def load(self, key: str) -> OAuthToken | None:
        """The token that was saved last; None where there is none."""
        found = await _asked("load", self._redis.get(self._named("token", key)))
        if found is None:
            return None
        try:
            kept = json.loads(found)
        except (ValueError, RecursionError):  # whose text has the content in it
            kept = None
        return OAuthToken.from_dict(kept)

    async def save(self, key: str, token: OAuthToken) -> None:
        """Keep *token*."""
        text = json.dumps(token.to_dict())
        await _asked("save", self._redis.set(self._named("token", key), text))

    async def delete(self, key: str) -> None:
        """Forget the token, if there is one."""
        await _asked("delete", self._redis.delete(self._named("token", key)))

    @asynccontextmanager
    async def lock(self, key: str) -> AsyncGenerator[None, None]:
        """Be the one process that is here with *key*.

        A crash lets go of it within 15 s; as long as it is held it stays, however slow the service.
        """
        name = self._named("lock", key)
        lock = self._redis.lock(name, timeout=_LEASE, thread_local=False)

        async def take() -> bool:
            return await _asked("lock", lock.acquire(blocking=False))

        async def give() -> None:
            with suppress(TokenStoreError):  # it ends by itself, and the work is done
                await _asked("unlock", lock.release())

        async with polled("the lock in Redis", take, give):
            keeping = asyncio.create_task(_keep(lock))
            try:
                yield
            finally:
                keeping.cancel()
                await asyncio.wait([keeping])

    async def aclose(self) -> None:
        """Let go of this event loop's connections."""
        client = self._clients.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.aclose()

    @property
    def _redis(self) -> Redis:
        """The client whose connections belong to the running event loop."""
        from redis.asyncio import Redis  # noqa: PLC0415 - an optional dependency

        loop = asyncio.get_running_loop()
        found = self._clients.get(loop)
        if found is None:
            found = self._clients[loop] = Redis.from_pool(_pool(self._url))
        return found

    def _named(self, kind: str, key: str) -> bytes:
        return f"{self._prefix}{kind}:{checked_key(key)}".encode(errors="surrogatepass")


async def _keep(lock: Lock) -> None:
    """Extend *lock* while it is held; a Redis that is away for a moment is asked again."""
    while True:
        await asyncio.sleep(_KEEP)
        with suppress(TokenStoreError):
            await _asked("keep the lock of", lock.reacquire())


def _pool(url: str) -> Any:
    return pool_of(url, store="RedisTokenStore", what="tokens", slowest=_SLOWEST)


async def _asked(what: str, asking: Awaitable[_T]) -> _T:
    """What Redis answers; TokenStoreError without its text, which may have the token in it."""
    from redis import RedisError  # noqa: PLC0415 - an optional dependency

    try:
        return await asking
    except (RedisError, OSError, RuntimeError) as error:
        kind = type(error).__name__
    raise TokenStoreError(f"Redis could not {what} a token ({kind})")
