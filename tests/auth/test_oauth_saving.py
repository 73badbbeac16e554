"""What is renewed is saved before it is used, and never lost."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest
from attrs import evolve

from bbasync.auth import grant as module
from bbasync.auth.oauth import OAuth2Auth
from bbasync.auth.token import OAuthToken
from bbasync.errors import (
    ConnectionFailedError,
    ReauthorizationRequired,
    TokenStoreError,
)
from tests.auth.conftest import CONSUMER, KEY, LockedStore, Store, ends


async def test_what_is_renewed_is_saved_before_it_is_used(
    auth: OAuth2Auth, store: Store, endpoint: Any, time: Any
) -> None:
    """Nobody has the new token as long as the store has not got it."""
    store.slow = asyncio.Event()
    time.now += 3600
    calls = [asyncio.create_task(auth.authorization_over(endpoint)) for _ in range(3)]
    await endpoint.begun.wait()
    for _ in range(10):
        await asyncio.sleep(0)
    assert store.done[-1] == "save"
    assert not any(one.done() for one in calls)
    store.slow.set()
    assert set(await asyncio.gather(*calls)) == {"Bearer access-1"}


async def test_who_is_cancelled_loses_no_token(
    auth: OAuth2Auth, store: Store, endpoint: Any, time: Any
) -> None:
    """The renewal goes on in a task that the client waits for when it is closed."""
    endpoint.gate = asyncio.Event()
    time.now += 3600
    calls = [asyncio.create_task(auth.authorization_over(endpoint)) for _ in range(3)]
    await endpoint.begun.wait()
    for one in calls[:2]:
        one.cancel()
    assert [type(one) for one in await ends(*calls[:2])] == [asyncio.CancelledError] * 2
    endpoint.gate.set()
    assert await calls[2] == "Bearer access-1"
    assert len(endpoint.guarded) == 1
    assert store.kept[KEY].refresh_token == "refresh-1"


async def test_a_renewal_that_nobody_waits_for_any_more_is_saved(
    auth: OAuth2Auth, store: Store, endpoint: Any, time: Any
) -> None:
    """Whichever await the cancellation strikes; the next call uses what was saved."""
    for pause in range(12):
        time.now += 7200
        before = len(endpoint.forms)
        call = asyncio.create_task(auth.authorization_over(endpoint))
        for _ in range(pause):
            await asyncio.sleep(0)
        call.cancel()
        await ends(call, *endpoint.guarded)
        header = await auth.authorization_over(endpoint)
        assert len(endpoint.forms) == before + 1
        assert store.kept[KEY].header == header
    assert endpoint.valid == {store.kept[KEY].refresh_token}


async def test_a_token_that_could_not_be_saved_is_kept_and_saved_next(
    auth: OAuth2Auth, store: Store, endpoint: Any, time: Any
) -> None:
    """All who waited are told; the dead refresh token is not tried again."""
    store.fails = {"save": [TokenStoreError("disk full"), TokenStoreError("still full")]}
    time.now += 3600 - 30
    for _ in range(2):
        found = await ends(*(auth.authorization_over(endpoint) for _ in range(5)))
        assert {type(one) for one in found} == {TokenStoreError}
    assert store.kept[KEY].access_token == "access-0"
    assert await auth.authorization_over(endpoint) == "Bearer access-1"
    assert store.kept[KEY].access_token == "access-1"
    assert len(endpoint.forms) == 1


async def test_a_token_that_could_not_be_saved_outlives_the_object(
    store: Store, endpoint: Any, time: Any
) -> None:
    """The web server's next request has another one."""
    store.fails = {"save": [TokenStoreError("disk full")]}
    time.now += 3600
    with pytest.raises(TokenStoreError):
        await OAuth2Auth(CONSUMER, store, KEY, clock=time).authorization_over(endpoint)
    endpoint.guarded.clear()
    gc.collect()
    auth = OAuth2Auth(CONSUMER, store, KEY, clock=time)
    assert await auth.authorization_over(endpoint) == "Bearer access-1"
    assert len(endpoint.forms) == 1
    assert module._stranded == set()


async def test_a_token_that_could_not_be_saved_replaces_no_newer_one(
    auth: OAuth2Auth, store: Store, endpoint: Any, token: OAuthToken, time: Any
) -> None:
    """The user has logged in again meanwhile, or out."""
    time.now += 3600
    for kept in (evolve(token, access_token="b", refresh_token="c", expires_at=None), None):
        store.kept = {KEY: token}
        endpoint.valid = {"refresh-0"}
        store.fails = {"save": [TokenStoreError("disk full")]}
        await auth.delete()
        store.kept = {KEY: token}
        await ends(auth.authorization_over(endpoint))
        store.kept = {} if kept is None else {KEY: kept}
        if kept is None:
            with pytest.raises(ReauthorizationRequired, match="no token is stored"):
                await auth.authorization_over(endpoint)
        else:
            assert await auth.authorization_over(endpoint) == "Bearer b"
    assert store.kept == {}


async def test_a_401_saves_what_could_not_be_saved(
    auth: OAuth2Auth, store: Store, endpoint: Any
) -> None:
    """And takes it for the answer."""
    header = await auth.authorization_over(endpoint)
    store.fails = {"save": [TokenStoreError("disk full")]}
    with pytest.raises(TokenStoreError):
        await auth.renew(header, endpoint)
    assert await auth.renew(header, endpoint)
    assert await auth.authorization_over(endpoint) == "Bearer access-1"
    assert len(endpoint.forms) == 1


async def test_a_newer_token_of_another_process_is_taken(
    token: OAuthToken, endpoint: Any, time: Any
) -> None:
    """While one waited for the lock, the other renewed it: nothing is asked for."""
    store = LockedStore({KEY: token})
    auth = OAuth2Auth(CONSUMER, store, KEY, clock=time)
    assert await auth.authorization_over(endpoint) == "Bearer access-0"
    theirs = [evolve(token, access_token=f"theirs-{n}", expires_at=None) for n in range(2)]
    store.while_waiting = lambda: store.kept.update({KEY: theirs[0]})
    time.now += 3600
    assert await auth.authorization_over(endpoint) == "Bearer theirs-0"
    store.while_waiting = lambda: store.kept.update({KEY: theirs[1]})
    assert await auth.renew("Bearer theirs-0", endpoint)
    assert await auth.authorization_over(endpoint) == "Bearer theirs-1"
    assert endpoint.forms == []


async def test_the_store_is_locked_from_reading_to_saving(
    token: OAuthToken, endpoint: Any, time: Any
) -> None:
    """In this order, whatever fails in between."""
    store = LockedStore({KEY: token})
    auth = OAuth2Auth(CONSUMER, store, KEY, clock=time)
    time.now += 3600
    endpoint.says = [ConnectionFailedError("no way")]
    with pytest.raises(ConnectionFailedError):
        await auth.authorization_over(endpoint)
    assert not store._lock.locked()
    store.done.clear()
    assert await auth.authorization_over(endpoint) == "Bearer access-2"
    assert store.done == ["lock", "load", "load", "save", "unlock"]


@pytest.mark.parametrize("forms", [1, 2])
async def test_a_refresh_token_that_another_process_has_used_is_no_failure(
    auth: OAuth2Auth, store: Store, endpoint: Any, token: OAuthToken, time: Any, forms: int
) -> None:
    """Without a lock both refresh: the loser takes what the winner saved, or refreshes that."""
    time.now += 3600
    end = time.now + (7200 if forms == 1 else 0)
    theirs = evolve(token, access_token="theirs", refresh_token="refresh-t", expires_at=end)
    endpoint.gate = asyncio.Event()
    call = asyncio.create_task(auth.authorization_over(endpoint))
    await endpoint.begun.wait()
    store.kept[KEY] = theirs
    endpoint.valid = {"refresh-t"}
    endpoint.gate.set()
    assert await call == ("Bearer theirs" if forms == 1 else "Bearer access-2")
    assert len(endpoint.forms) == forms


@pytest.mark.parametrize("what", ["load", "save", "delete"])
async def test_what_a_foreign_store_raises_is_told_without_its_text(
    auth: OAuth2Auth, store: Store, endpoint: Any, time: Any, what: str
) -> None:
    """A database's error has the values in it: kind and place are shown, in no context either."""
    time.now += 3600
    store.fails = {what: [ValueError("INSERT 'access-1', 'refresh-1'")]}
    doing = auth.delete() if what == "delete" else auth.authorization_over(endpoint)
    with pytest.raises(TokenStoreError) as caught:
        await doing
    where = "the token of ann: ValueError in conftest.py"
    assert f"Store could not {what} {where}" in str(caught.value)
    error: BaseException | None = caught.value
    while error is not None:
        assert "access-" not in str(error)
        error = error.__cause__ or error.__context__


async def test_what_a_store_gives_must_be_a_token(
    store: Store, endpoint: Any, auth: OAuth2Auth
) -> None:
    """A dictionary would fail later, and somewhere else."""
    store.kept[KEY] = {"access_token": "s3cret"}  # type: ignore[assignment]
    with pytest.raises(TokenStoreError, match="no OAuthToken but dict"):
        await auth.authorization_over(endpoint)


@pytest.mark.parametrize("what", ["load", "save", "delete", "lock"])
async def test_what_a_foreign_store_raises_before_it_is_awaited_is_told_the_same_way(
    token: OAuthToken, endpoint: Any, time: Any, what: str
) -> None:
    """A method that is no coroutine function raises when it is called."""

    def broken(*_: Any) -> None:
        raise ValueError("INSERT 'access-1', 'refresh-1'")

    store = LockedStore({KEY: token})
    setattr(store, what, broken)
    auth = OAuth2Auth(CONSUMER, store, KEY, clock=time)
    time.now += 3600
    with pytest.raises(TokenStoreError, match=f"LockedStore could not {what} .*: ValueError in"):
        await (auth.delete() if what == "delete" else auth.authorization_over(endpoint))


async def test_what_is_called_lock_but_is_no_method_is_none(
    store: Store, endpoint: Any, time: Any
) -> None:
    """A store may have a lock of its own, for what it does itself."""
    store.lock = asyncio.Lock()  # type: ignore[attr-defined]
    auth = OAuth2Auth(CONSUMER, store, KEY, clock=time)
    time.now += 3600
    assert await auth.authorization_over(endpoint) == "Bearer access-1"


@pytest.mark.parametrize("refused", [False, True])
async def test_a_lock_that_cannot_be_given_back_stops_nobody(
    token: OAuthToken,
    endpoint: Any,
    time: Any,
    caplog: pytest.LogCaptureFixture,
    refused: Any,
) -> None:
    """What was renewed is saved by then; it is logged, without the text of whoever failed."""
    store = LockedStore({KEY: token})
    auth = OAuth2Auth(CONSUMER, store, KEY, clock=time)
    header = await auth.authorization_over(endpoint)
    store.fails = {"unlock": [ValueError("access-1")]}
    if refused:
        assert await auth.renew(header, endpoint)
    time.now += 0 if refused else 3600
    assert await auth.authorization_over(endpoint) == "Bearer access-1"
    assert len(endpoint.forms) == 1
    (record,) = caplog.records
    assert "could not unlock the token of ann: ValueError in" in record.getMessage()
    assert "access-1" not in record.getMessage()


async def test_a_lock_that_cannot_be_given_back_hides_no_other_failure(
    token: OAuthToken, endpoint: Any, time: Any
) -> None:
    """What went wrong first is what is told."""
    store = LockedStore({KEY: token})
    store.fails = {"unlock": [ValueError("access-1")]}
    endpoint.valid.clear()
    time.now += 3600
    with pytest.raises(ReauthorizationRequired):
        await OAuth2Auth(CONSUMER, store, KEY, clock=time).authorization_over(endpoint)
