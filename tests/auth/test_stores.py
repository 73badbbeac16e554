"""Stores of tokens: what all of them do, and locks that can only be tried."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import pytest
from attrs import evolve

from bbasync.auth import store as module
from bbasync.auth.consumer import OAuthConsumer
from bbasync.auth.files import FileTokenStore
from bbasync.auth.oauth import OAuth2Auth
from bbasync.auth.redis_store import RedisTokenStore
from bbasync.auth.store import is_lockable, polled
from bbasync.auth.token import OAuthToken
from bbasync.errors import ArgumentError, ConfigurationError, TokenStoreError
from tests.auth.conftest import Open

KEY = "ann@example.com"

KEYS = ["ann", "Ann", "a/b", "..", ".", "ä ö", "\ud800", "x" * 1000, "x" * 1001, "CON", "a\x00b"]


async def test_a_token_comes_out_as_it_went_in(opened: Any, token: OAuthToken) -> None:
    """The last one that was saved, until it is deleted; deleting twice is no error."""
    assert await opened.load(KEY) is None
    await opened.save(KEY, evolve(token, access_token="before"))
    await opened.save(KEY, token)
    assert await opened.load(KEY) == token
    await opened.delete(KEY)
    await opened.delete(KEY)
    assert await opened.load(KEY) is None


async def test_any_text_is_a_key_of_its_own(opened: Any, token: OAuthToken) -> None:
    """Long ones, ones that are paths, and ones that differ in case alone."""
    tokens = {key: evolve(token, access_token=f"a{n}") for n, key in enumerate(KEYS)}
    for key, one in tokens.items():
        await opened.save(key, one)
    assert {key: await opened.load(key) for key in KEYS} == tokens


@pytest.mark.parametrize("key", ["", None, 7])
async def test_what_is_no_text_is_no_key(opened: Any, token: OAuthToken, key: Any) -> None:
    """Whatever is asked of the store."""
    for doing in (opened.load(key), opened.save(key, token), opened.delete(key)):
        with pytest.raises(ArgumentError, match="key"):
            await doing


async def test_a_store_shows_no_token(opened: Any, token: OAuthToken) -> None:
    """Nor, in Redis, its password."""
    await opened.save(KEY, token)
    assert "access-0" not in repr(opened)
    assert "refresh-0" not in repr(opened)


@pytest.mark.parametrize(
    ("package", "make", "extra"),
    [
        ("filelock", lambda: FileTokenStore("x"), "bbasync[files]"),
        ("redis.asyncio", lambda: RedisTokenStore("redis://a"), "bbasync[redis]"),
    ],
)
def test_a_missing_package_is_told_at_once(
    monkeypatch: pytest.MonkeyPatch, package: str, make: Open, extra: str
) -> None:
    """With what to install."""
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ConfigurationError) as caught:
        make()
    assert extra in str(caught.value)


async def test_two_stores_make_one_refresh(
    open_one: Open, endpoint: Any, token: OAuthToken, time: Any
) -> None:
    """As in two processes: the second takes what the first has saved."""
    stores = [open_one() for _ in range(4)]
    await stores[0].save(KEY, token)
    auths = [OAuth2Auth(OAuthConsumer("k", "s"), one, KEY, clock=time) for one in stores]
    for one in auths:
        assert await one.authorization_over(endpoint) == "Bearer access-0"
    time.now += 3600
    calls = [one.authorization_over(endpoint) for one in auths for _ in range(5)]
    assert set(await asyncio.gather(*calls)) == {"Bearer access-1"}
    refused = [one.renew("Bearer access-1", endpoint) for one in auths for _ in range(5)]
    assert all(await asyncio.gather(*refused))
    assert [await one.authorization_over(endpoint) for one in auths] == ["Bearer access-2"] * 4
    assert len(endpoint.forms) == 2


async def test_one_is_alone_with_a_key(open_one: Open) -> None:
    """And with no other."""
    one, two = open_one(), open_one()
    assert is_lockable(one)
    order: list[str] = []

    async def enter(store: Any, key: str) -> None:
        async with store.lock(key):
            order.append(key)

    async with one.lock(KEY):
        waiting = asyncio.create_task(enter(two, KEY))
        await enter(two, "another")
        await asyncio.sleep(0.1)
        order.append("out")
    await waiting
    assert order == ["another", "out", KEY]


async def test_who_is_cancelled_keeps_no_lock(
    open_one: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither while waiting for it, at whatever point, nor while holding it."""
    monkeypatch.setattr(module, "_EVERY", 0.005)
    one, two = open_one(), open_one()

    async def hold(store: Any) -> None:
        async with store.lock(KEY):
            await asyncio.Event().wait()

    for pause in range(12):
        task = asyncio.create_task(hold(one))
        await asyncio.sleep(pause / 1000)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        async with asyncio.timeout(2), two.lock(KEY):
            waiting = asyncio.create_task(hold(one))
            await asyncio.sleep(pause / 1000)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)


async def test_a_lock_that_nobody_gives_back_is_given_up(
    open_one: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that hangs stops the others for a bounded while."""
    monkeypatch.setattr(module, "_LONGEST", 0.1)
    async with open_one().lock(KEY):
        with pytest.raises(TokenStoreError, match="held by somebody else"):
            async with open_one().lock(KEY):
                pytest.fail("two have it")


async def test_a_lock_is_given_back_where_the_block_fails(open_one: Open) -> None:
    """And the error is the block's."""
    with pytest.raises(ZeroDivisionError):
        async with open_one().lock(KEY):
            raise ZeroDivisionError
    async with asyncio.timeout(2), open_one().lock(KEY):
        pass


async def test_what_fails_to_be_tried_is_no_lock() -> None:
    """The error passes, and nothing is given back."""
    given: list[int] = []

    async def take() -> bool:
        raise TokenStoreError("away")

    async def give() -> None:
        given.append(1)

    with pytest.raises(TokenStoreError, match="away"):
        async with polled("it", take, give):
            pytest.fail("nobody has it")
    assert given == []


@pytest.mark.parametrize("times", [1, 2, 3])
async def test_who_is_cancelled_again_and_again_keeps_no_lock(times: int) -> None:
    """What a try still gets is given back, and whoever waited is told of the cancellation alone."""
    trying, got, done = asyncio.Event(), asyncio.Event(), list[str]()

    async def take() -> bool:
        trying.set()
        await got.wait()
        done.append("taken")
        return True

    async def give() -> None:
        await asyncio.sleep(0)
        done.append("given")

    async def hold() -> None:
        async with polled("it", take, give):
            pytest.fail("it was cancelled before")

    holding = asyncio.create_task(hold())
    await trying.wait()
    for _ in range(times):
        holding.cancel()
        await asyncio.sleep(0)
    got.set()
    with pytest.raises(asyncio.CancelledError):
        await holding
    assert done == ["taken", "given"]
