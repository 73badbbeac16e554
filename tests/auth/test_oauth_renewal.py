"""Tokens of users are renewed once for all, saved before they are used, and never lost."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from attrs import define, evolve, field

from bbasync.auth import grant as module
from bbasync.auth.consumer import OAuthConsumer
from bbasync.auth.oauth import OAuth2Auth
from bbasync.auth.store import MemoryTokenStore
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

CONSUMER = OAuthConsumer("key-1", "s3cret")
KEY = "ann"


@define(eq=False)
class Store:
    """A store that keeps count; *fails* has what saving or loading raises, once each."""

    kept: dict[str, OAuthToken]
    done: list[str] = field(factory=list)
    fails: dict[str, list[Any]] = field(factory=dict)
    slow: asyncio.Event | None = None

    async def load(self, key: str) -> OAuthToken | None:
        """What is kept."""
        self._do("load")
        return self.kept.get(key)

    async def save(self, key: str, token: OAuthToken) -> None:
        """Keep it."""
        self._do("save")
        if self.slow is not None:
            await self.slow.wait()
        self.kept[key] = token

    async def delete(self, key: str) -> None:
        """Forget it."""
        self._do("delete")
        self.kept.pop(key, None)

    def _do(self, what: str) -> None:
        self.done.append(what)
        waiting = self.fails.get(what)
        if waiting:
            raise waiting.pop(0)


@define(eq=False)
class LockedStore(Store):
    """The same with a lock, which *while_waiting* is called before."""

    while_waiting: Callable[[], object] = lambda: None
    _lock: asyncio.Lock = field(factory=asyncio.Lock)

    @asynccontextmanager
    async def lock(self, key: str) -> AsyncIterator[None]:
        """Be alone."""
        assert key == KEY
        self._do("lock")
        async with self._lock:
            self.while_waiting()
            yield
        self.done.append("unlock")


@pytest.fixture
def store(token: OAuthToken) -> Store:
    """A store with a token."""
    return Store({KEY: token})


@pytest.fixture
def auth(store: Store, time: Any) -> OAuth2Auth:
    """The user's credential."""
    return OAuth2Auth(CONSUMER, store, KEY, clock=time)


async def ends(*calls: Any) -> list[Any]:
    """How each of *calls* ends."""
    return list(await asyncio.gather(*calls, return_exceptions=True))


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


def test_threads_with_event_loops_of_their_own_make_one_refresh(
    store: Store, endpoints: Callable[[], Any], time: Any
) -> None:
    """They wait for each other, and take what the first has saved."""
    auth = OAuth2Auth(CONSUMER, store, KEY, clock=time)
    made = [endpoints() for _ in range(4)]
    time.now += 3600
    found: list[str] = []
    together = threading.Barrier(len(made))

    def run(endpoint: Any) -> None:
        async def main() -> None:
            together.wait()
            found.append(await auth.authorization_over(endpoint))

        asyncio.run(main())

    threads = [threading.Thread(target=run, args=(one,)) for one in made]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert found == ["Bearer access-1"] * 4
    assert sum(len(one.forms) for one in made) == 1


def test_one_event_loop_after_the_other_may_use_it(store: Store, endpoint: Any, time: Any) -> None:
    """As a command line's calls do."""
    auth = OAuth2Auth(CONSUMER, store, KEY, clock=time)
    for n in range(1, 4):
        time.now += 7200
        assert asyncio.run(auth.authorization_over(endpoint)) == f"Bearer access-{n}"


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
    assert f"Store could not {what} the token of ann: ValueError in test_" in str(caught.value)
    error: BaseException | None = caught.value
    while error is not None:
        assert "access-" not in str(error)
        error = error.__cause__ or error.__context__


async def test_what_is_no_error_of_ours_passes_as_it_is(
    auth: OAuth2Auth, endpoint: Any, time: Any
) -> None:
    """A mistake in somebody's code is not hidden."""
    endpoint.says = [ZeroDivisionError()]
    time.now += 3600
    found = await ends(*(auth.authorization_over(endpoint) for _ in range(3)))
    assert [type(one) for one in found] == [ZeroDivisionError] * 3


async def test_what_a_store_gives_must_be_a_token(
    store: Store, endpoint: Any, auth: OAuth2Auth
) -> None:
    """A dictionary would fail later, and somewhere else."""
    store.kept[KEY] = {"access_token": "s3cret"}  # type: ignore[assignment]
    with pytest.raises(TokenStoreError, match="no OAuthToken but dict"):
        await auth.authorization_over(endpoint)
