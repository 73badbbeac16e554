"""Tokens in a real Redis."""

from __future__ import annotations

import asyncio
import json
import socket
import warnings
from collections.abc import Awaitable
from typing import Any

import pytest
import redis
from redis.asyncio.lock import Lock

from bbasync.auth import redis_store
from bbasync.auth.redis_store import RedisTokenStore
from bbasync.auth.token import OAuthToken
from bbasync.errors import ConfigurationError, TokenStoreError
from tests.auth.conftest import Open

KEY = "ann@example.com"


def test_the_password_of_redis_is_not_shown() -> None:
    """Neither by the store nor by the error for an address that is none."""
    assert "s3cret" not in repr(RedisTokenStore("redis://:s3cret@127.0.0.1:1/0"))
    for address in ("redis://:s3cret@", "http://:s3cret@a", "redis://:s3cret@a/0?socket_timeout=x"):
        with pytest.raises(ConfigurationError, match="RedisTokenStore") as caught:
            RedisTokenStore(address)
        assert "s3cret" not in str(caught.value)
        assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize("address", ["", "localhost", None, 7, "redis://[a"])
def test_what_is_no_address_of_redis_is_told_at_once(address: Any) -> None:
    """Before any call."""
    with pytest.raises(ConfigurationError, match="redis://host"):
        RedisTokenStore(address)


async def test_what_redis_keeps_is_json_below_a_prefix(
    redis_server: str, in_redis: Open, token: OAuthToken
) -> None:
    """So that other programs can be told from it."""
    await in_redis().save(KEY, token)
    other = RedisTokenStore(redis_server, prefix="other:")
    await other.save(KEY, token)
    await other.aclose()
    with redis.Redis.from_url(redis_server) as inside:
        names = {f"bbasync:oauth:token:{KEY}".encode(), f"other:token:{KEY}".encode()}
        assert set(inside.keys("*")) == names
        found = inside.get(f"other:token:{KEY}")
    assert json.loads(found) == token.to_dict()  # type: ignore[arg-type]


@pytest.mark.parametrize("content", ["", "access-s3cret", "[]", "{}"])
async def test_what_is_no_token_in_redis_is_an_error(
    redis_server: str, in_redis: Open, content: str
) -> None:
    """Which shows nothing of it."""
    store = in_redis()
    with redis.Redis.from_url(redis_server) as inside:
        inside.set(f"bbasync:oauth:token:{KEY}", content)
    with pytest.raises(TokenStoreError) as caught:
        await store.load(KEY)
    assert "s3cret" not in f"{caught.value} {caught.value.__context__}"


async def test_a_lock_in_redis_lasts_as_long_as_it_is_held(
    redis_server: str, in_redis: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However slow the service; with its holder's crash it ends by itself."""
    monkeypatch.setattr(redis_store, "_KEEP", 0.01)
    with redis.Redis.from_url(redis_server) as inside:
        name = f"bbasync:oauth:lock:{KEY}"
        async with in_redis().lock(KEY):
            for _ in range(3):
                inside.pexpire(name, 5000)
                lefts: list[Any] = []
                while max(lefts, default=0) <= 5000 and len(lefts) < 200:
                    await asyncio.sleep(0.01)
                    lefts.append(inside.pttl(name))
                assert 5000 < lefts[-1] <= 15_000
        assert not inside.exists(name)
        await Lock(in_redis()._redis, name, timeout=0.1, thread_local=False).acquire()
        async with asyncio.timeout(2), in_redis().lock(KEY):
            pass


async def test_a_lock_in_redis_that_was_lost_ends_in_peace(
    redis_server: str, in_redis: Open
) -> None:
    """Redis was emptied, or somebody else has it by now, who keeps it."""
    name = f"bbasync:oauth:lock:{KEY}"
    with redis.Redis.from_url(redis_server) as inside:
        async with in_redis().lock(KEY):
            inside.set(name, "theirs")
        assert inside.get(name) == b"theirs"


async def test_a_redis_that_is_away_is_an_error_of_the_store(token: OAuthToken) -> None:
    """Whatever is asked of it; its own error does not show what it was asked."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        store = RedisTokenStore(f"redis://127.0.0.1:{one.getsockname()[1]}/0")
    doings: list[Awaitable[Any]] = [store.load(KEY), store.save(KEY, token), store.delete(KEY)]
    for doing in [*doings, store.lock(KEY).__aenter__()]:
        with pytest.raises(TokenStoreError, match=r"Redis could not .*ConnectionError") as caught:
            await doing
        assert caught.value.__context__ is None
    await store.aclose()
    await store.aclose()


def test_one_event_loop_after_the_other_may_use_a_store(
    redis_server: str, token: OAuthToken
) -> None:
    """Each has connections of its own."""
    store = RedisTokenStore(redis_server)

    async def main() -> None:
        await store.save(KEY, token)
        assert await store.load(KEY) == token
        await store.aclose()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(2):
            asyncio.run(main())
