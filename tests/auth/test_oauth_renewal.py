"""Tokens of users are renewed in time, and once for all who wait."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest
from attrs import evolve

from bbasync.auth import grant as module
from bbasync.auth.consumer import OAuthConsumer
from bbasync.auth.oauth import OAuth2Auth
from bbasync.auth.store import MemoryTokenStore
from bbasync.auth.token import OAuthToken
from bbasync.errors import (
    ReauthorizationRequired,
)
from tests.auth.conftest import CONSUMER, KEY, Store


async def test_a_token_is_read_once_and_used_until_it_is_due(
    auth: OAuth2Auth, store: Store, endpoint: Any, time: Any
) -> None:
    """A minute before its end it is another one."""
    for _ in range(5):
        assert await auth.authorization_over(endpoint) == "Bearer access-0"
    time.now += 3600 - 61
    assert await auth.authorization_over(endpoint) == "Bearer access-0"
    assert (store.done, endpoint.forms) == (["load"], [])
    time.now += 2
    assert await auth.authorization_over(endpoint) == "Bearer access-1"
    assert len(endpoint.forms) == 1
    assert store.kept[KEY].access_token == "access-1"


async def test_how_long_ahead_is_said_by_the_user(store: Store, endpoint: Any, time: Any) -> None:
    """With 0 a token is used to its end."""
    auth = OAuth2Auth(CONSUMER, store, KEY, ahead=0, clock=time)
    time.now += 3599
    assert await auth.authorization_over(endpoint) == "Bearer access-0"
    time.now += 1
    assert await auth.authorization_over(endpoint) == "Bearer access-1"


async def test_a_short_life_is_not_spent_on_renewals(
    auth: OAuth2Auth, endpoint: Any, time: Any
) -> None:
    """A token of 30 s is renewed 3 s before its end, and not with each call."""
    endpoint.lasts = 30
    time.now += 3600
    for _ in range(3):
        assert await auth.authorization_over(endpoint) == "Bearer access-1"
        time.now += 10
    assert await auth.authorization_over(endpoint) == "Bearer access-2"


async def test_500_tasks_make_one_refresh(
    auth: OAuth2Auth, store: Store, endpoint: Any, time: Any
) -> None:
    """All get what it gives."""
    time.now += 3600
    headers = await asyncio.gather(*(auth.authorization_over(endpoint) for _ in range(500)))
    assert set(headers) == {"Bearer access-1"}
    assert (len(endpoint.forms), store.done.count("save")) == (1, 1)


async def test_500_objects_make_one_refresh(store: Store, endpoint: Any, time: Any) -> None:
    """A web server may make one for each request: the store and the key are what counts."""

    async def call() -> str:
        consumer = OAuthConsumer("key-1", "s3cret")
        return await OAuth2Auth(consumer, store, KEY, clock=time).authorization_over(endpoint)

    time.now += 3600
    headers = await asyncio.gather(*(call() for _ in range(500)))
    assert set(headers) == {"Bearer access-1"}
    assert (len(endpoint.forms), store.done.count("save")) == (1, 1)


async def test_keys_and_stores_have_nothing_to_do_with_each_other(
    token: OAuthToken, endpoint: Any, time: Any
) -> None:
    """Each has its own token."""
    tokens = [evolve(token, access_token=f"a{n}") for n in range(4)]
    one, two = MemoryTokenStore({"a": tokens[0], "b": tokens[1]}), MemoryTokenStore()
    await two.save("a", tokens[2])
    places = [(one, "a"), (one, "b"), (two, "a")]
    auths = [OAuth2Auth(CONSUMER, *place, clock=time) for place in places]
    headers = [await auth.authorization_over(endpoint) for auth in auths]
    assert headers == ["Bearer a0", "Bearer a1", "Bearer a2"]
    with pytest.raises(ReauthorizationRequired):
        await OAuth2Auth(CONSUMER, two, "b", clock=time).authorization_over(endpoint)


async def test_nothing_is_kept_for_a_user_who_is_gone(
    store: Store, endpoint: Any, time: Any
) -> None:
    """With the last object the token in memory goes; the store is read anew then."""
    gc.collect()
    before = len(module._grants)
    for _ in range(3):
        one = OAuth2Auth(CONSUMER, store, KEY, clock=time)
        await one.authorization_over(endpoint)
        del one
        gc.collect()
        assert len(module._grants) == before
    assert store.done == ["load"] * 3


async def test_a_refused_token_is_renewed(auth: OAuth2Auth, store: Store, endpoint: Any) -> None:
    """Though its time has not come: it was revoked, or the clocks differ."""
    header = await auth.authorization_over(endpoint)
    assert await auth.renew(header, endpoint)
    assert await auth.authorization_over(endpoint) == "Bearer access-1"
    assert len(endpoint.forms) == 1
    assert store.kept[KEY].access_token == "access-1"


async def test_500_tasks_that_are_refused_make_one_refresh(auth: OAuth2Auth, endpoint: Any) -> None:
    """At once or one after the other: whoever comes late finds a new token, and keeps it."""
    header = await auth.authorization_over(endpoint)
    assert all(await asyncio.gather(*(auth.renew(header, endpoint) for _ in range(500))))
    assert await auth.renew(header, endpoint)
    assert len(endpoint.forms) == 1
    assert await auth.authorization_over(endpoint) == "Bearer access-1"


async def test_a_refused_token_is_given_to_nobody_else(auth: OAuth2Auth, endpoint: Any) -> None:
    """Calls that begin while it is renewed wait for the new one: another 401 helps nobody."""
    header = await auth.authorization_over(endpoint)
    endpoint.gate = asyncio.Event()
    renewing = asyncio.create_task(auth.renew(header, endpoint))
    await endpoint.begun.wait()
    calls = [asyncio.create_task(auth.authorization_over(endpoint)) for _ in range(5)]
    await asyncio.sleep(0)
    endpoint.gate.set()
    assert set(await asyncio.gather(*calls)) == {"Bearer access-1"}
    assert await renewing
    assert len(endpoint.forms) == 1


async def test_an_address_that_takes_no_such_token_does_not_renew_it_for_ever(
    auth: OAuth2Auth, endpoint: Any, time: Any
) -> None:
    """Three in a minute; then the 401 stands."""
    told = [await auth.renew(await auth.authorization_over(endpoint), endpoint) for _ in range(10)]
    assert told == [True] * 3 + [False] * 7
    assert len(endpoint.forms) == 3
    time.now += 61
    assert await auth.renew(await auth.authorization_over(endpoint), endpoint)
