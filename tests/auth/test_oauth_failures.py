"""Renewals that fail: who is told, and what goes on."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from bbasync.auth.oauth import OAuth2Auth
from bbasync.auth.token import OAuthToken
from bbasync.errors import (
    BitbucketError,
    ClientClosedError,
    ConnectionFailedError,
    OAuthError,
    ReauthorizationRequired,
    ServerError,
    TokenStoreError,
)
from tests.auth.conftest import CONSUMER, KEY, Store, ends


async def test_a_failure_that_nobody_waits_for_is_silent(
    auth: OAuth2Auth, endpoint: Any, time: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The next call fails for itself, or works."""
    endpoint.says = [ConnectionFailedError("no way")]
    endpoint.gate = asyncio.Event()
    time.now += 3600
    call = asyncio.create_task(auth.authorization_over(endpoint))
    await endpoint.begun.wait()
    call.cancel()
    endpoint.gate.set()
    await asyncio.wait([call, *endpoint.guarded])
    endpoint.guarded.clear()
    del call
    assert await auth.authorization_over(endpoint) == "Bearer access-2"
    gc.collect()
    assert caplog.records == []


@pytest.mark.parametrize(
    "error",
    [
        ConnectionFailedError("no way"),
        ServerError(status=503, method="POST", url="https://bitbucket.org/x"),
    ],
)
async def test_a_service_that_is_down_stops_nobody_before_the_end(
    auth: OAuth2Auth, endpoint: Any, time: Any, error: BitbucketError
) -> None:
    """The old token goes on; it is tried again ten seconds later, and not with each call."""
    endpoint.says = [error] * 3
    time.now += 3600 - 30
    for _ in range(5):
        found = await asyncio.gather(*(auth.authorization_over(endpoint) for _ in range(5)))
        assert set(found) == {"Bearer access-0"}
    assert len(endpoint.forms) == 1
    time.now += 10
    assert await auth.authorization_over(endpoint) == "Bearer access-0"
    assert len(endpoint.forms) == 2
    time.now += 20
    found = await ends(*(auth.authorization_over(endpoint) for _ in range(3)))
    assert [type(one) for one in found] == [type(error)] * 3
    assert len(endpoint.forms) == 3
    assert await auth.authorization_over(endpoint) == "Bearer access-4"


async def test_a_store_that_is_down_stops_nobody_before_the_end(
    auth: OAuth2Auth, store: Store, endpoint: Any, time: Any
) -> None:
    """As long as nothing was refreshed."""
    await auth.authorization_over(endpoint)
    time.now += 3600 - 30
    store.fails = {"load": [TokenStoreError("away"), TokenStoreError("away")]}
    assert await auth.authorization_over(endpoint) == "Bearer access-0"
    time.now += 30
    with pytest.raises(TokenStoreError):
        await auth.authorization_over(endpoint)
    assert endpoint.forms == []


async def test_a_refusal_of_the_consumer_is_told_at_once(
    auth: OAuth2Auth, endpoint: Any, time: Any, answer: Any
) -> None:
    """It does not pass, though the old token is good for a while."""
    endpoint.says = [answer({"error": "invalid_client"}, status=401)]
    time.now += 3600 - 30
    with pytest.raises(OAuthError):
        await auth.authorization_over(endpoint)


async def test_nothing_in_the_store_needs_the_user(store: Store, endpoint: Any, time: Any) -> None:
    """The error names the key."""
    with pytest.raises(ReauthorizationRequired, match="no token is stored") as caught:
        await OAuth2Auth(CONSUMER, store, "bob", clock=time).authorization_over(endpoint)
    assert caught.value.key == "bob"


async def test_a_token_without_refresh_token_is_used_to_its_end(
    token: OAuthToken, endpoint: Any, time: Any
) -> None:
    """Then the user is needed; a refusal before that is no reason to ask them."""
    store = Store({KEY: evolve(token, refresh_token=None)})
    auth = OAuth2Auth(CONSUMER, store, KEY, clock=time)
    time.now += 3599
    assert await auth.authorization_over(endpoint) == "Bearer access-0"
    assert await auth.authorization_over(endpoint) == "Bearer access-0"
    assert store.done == ["load"]
    assert not await auth.renew("Bearer access-0", endpoint)
    time.now += 1
    with pytest.raises(ReauthorizationRequired, match="without a refresh token"):
        await auth.authorization_over(endpoint)
    assert endpoint.forms == []


async def test_a_dead_refresh_token_is_tried_once(
    auth: OAuth2Auth, store: Store, endpoint: Any, token: OAuthToken, time: Any
) -> None:
    """All who wait are told; later calls look whether the user has logged in again."""
    endpoint.valid.clear()
    time.now += 3600
    for _ in range(3):
        found = await ends(*(auth.authorization_over(endpoint) for _ in range(5)))
        assert [type(one) for one in found] == [ReauthorizationRequired] * 5
        assert {one.key for one in found} == {KEY}
    assert len(endpoint.forms) == 1
    store.kept[KEY] = evolve(token, access_token="new", refresh_token="r", expires_at=None)
    assert await auth.authorization_over(endpoint) == "Bearer new"


async def test_each_waiter_has_an_error_of_its_own(
    auth: OAuth2Auth, endpoint: Any, time: Any
) -> None:
    """A traceback that all tasks share would grow with each of them."""
    error = ConnectionFailedError("no way")
    error.add_note("of all")
    endpoint.says = [error]
    time.now += 3600
    found = await ends(*(auth.authorization_over(endpoint) for _ in range(50)))
    assert {str(one) for one in found} == {"no way"}
    assert len({id(one) for one in found}) == 50
    found[0].add_note("mine")
    assert found[1].__notes__ == ["of all"]


@pytest.mark.parametrize("how", ["cancelled", "refused"])
async def test_a_client_that_is_closed_takes_no_other_with_it(
    auth: OAuth2Auth, endpoints: Callable[[], Any], time: Any, how: str
) -> None:
    """Its own callers are told; those of another client renew for themselves."""
    first, second = endpoints(), endpoints()
    first.gate = asyncio.Event()
    time.now += 3600
    one = asyncio.create_task(auth.authorization_over(first))
    await first.begun.wait()
    others = [asyncio.create_task(auth.authorization_over(second)) for _ in range(3)]
    await asyncio.sleep(0)
    if how == "cancelled":
        first.guarded[0].cancel()
    else:
        first.says = [ClientClosedError("closed")]
        first.gate.set()
    assert [type(end) for end in await ends(one)] == [ClientClosedError]
    assert set(await asyncio.gather(*others)) == {"Bearer access-1"}
    assert len(second.forms) == 1


async def test_a_closed_client_begins_no_renewal(
    auth: OAuth2Auth, endpoint: Any, time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It can't wait for it any more."""

    def closed(_: Any) -> None:
        raise ClientClosedError("closed")

    time.now += 3600
    with monkeypatch.context() as patch:
        patch.setattr(type(endpoint), "guard", lambda _, task: closed(task))
        with pytest.raises(ClientClosedError):
            await auth.authorization_over(endpoint)
    await asyncio.sleep(0)
    assert endpoint.forms == []
    assert await auth.authorization_over(endpoint) == "Bearer access-1"


async def test_what_is_no_error_of_ours_passes_as_it_is(
    auth: OAuth2Auth, endpoint: Any, time: Any
) -> None:
    """A mistake in somebody's code is not hidden."""
    endpoint.says = [ZeroDivisionError()]
    time.now += 3600
    found = await ends(*(auth.authorization_over(endpoint) for _ in range(3)))
    assert [type(one) for one in found] == [ZeroDivisionError] * 3


async def test_a_service_that_comes_back_renews_what_was_refused_meanwhile(
    auth: OAuth2Auth, endpoint: Any
) -> None:
    """Tries that brought no token are none of the three in a minute that a refusal is good for."""
    header = await auth.authorization_over(endpoint)
    endpoint.says = [ConnectionFailedError("no way")] * 5
    for _ in range(5):
        with pytest.raises(ConnectionFailedError):
            await auth.renew(header, endpoint)
    assert await auth.renew(header, endpoint)
    assert await auth.authorization_over(endpoint) == "Bearer access-6"
