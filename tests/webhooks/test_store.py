"""Stores of deliveries: in memory with a clock of the test's own, and in a real Redis."""

from __future__ import annotations

import asyncio
import gc
import pickle
import uuid
import warnings
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import redis

from bbasync.errors import ArgumentError, ConfigurationError, WebhookError
from bbasync.webhooks import DeliveryStore, MemoryDeliveryStore, RedisDeliveryStore

Open = Callable[..., RedisDeliveryStore]


@pytest.fixture
async def in_redis(redis_server: str) -> AsyncIterator[Open]:
    """Opens stores in a Redis, each as another process would."""
    prefix, opened = f"test:{uuid.uuid4()}:", []

    def start(**options: Any) -> RedisDeliveryStore:
        opened.append(RedisDeliveryStore(redis_server, prefix=prefix, **options))
        return opened[-1]

    yield start
    for one in opened:
        await one.aclose()


@pytest.fixture(params=["memory", "redis"])
def store(request: pytest.FixtureRequest) -> DeliveryStore:
    """A store of each kind."""
    if request.param == "memory":
        return MemoryDeliveryStore()
    made: DeliveryStore = request.getfixturevalue("in_redis")()
    return made


async def test_a_delivery_is_claimed_once(store: DeliveryStore) -> None:
    """While it is in work and when it was handled; another is another."""
    assert await store.claim("a") is True
    assert await store.claim("a") is False
    assert await store.claim("b") is True
    await store.done("a")
    assert await store.claim("a") is False


async def test_what_was_released_is_claimed_again(store: DeliveryStore) -> None:
    """And what was handled can't be released."""
    assert await store.claim("a")
    await store.release("a")
    assert await store.claim("a")
    await store.done("a")
    await store.release("a")
    assert not await store.claim("a")


async def test_of_claims_at_the_same_time_one_wins(store: DeliveryStore) -> None:
    """However many there are."""
    won = await asyncio.gather(*(store.claim("a") for _ in range(50)))
    assert sum(won) == 1


async def test_in_memory_a_claim_and_a_memory_end_with_time(time: Any) -> None:
    """A claim after its lease, what was handled when it was kept for long enough."""
    store = MemoryDeliveryStore(keep=100, lease=10, clock=time)
    assert await store.claim("a")
    time.now += 9.9
    assert not await store.claim("a")
    time.now += 0.1
    assert await store.claim("a")
    await store.done("a")
    time.now += 99
    assert not await store.claim("a")
    time.now += 1
    assert await store.claim("a")


async def test_memory_is_bounded_and_forgets_the_oldest(time: Any) -> None:
    """And nothing that is in work."""
    store = MemoryDeliveryStore(size=10, clock=time)
    assert await store.claim("working")
    for number in range(100):
        assert await store.claim(f"{number}")
        await store.done(f"{number}")
    assert repr(store) == "<MemoryDeliveryStore of 10 handled, 1 in work>"
    assert not await store.claim("99")
    assert not await store.claim("90")
    assert await store.claim("89")
    assert not await store.claim("working")


@pytest.mark.parametrize(
    "options",
    [
        {"size": 0},
        {"size": "1"},
        {"size": 1.5},
        {"keep": 0},
        {"keep": 1e999},
        {"keep": "1"},
        {"lease": -1},
        {"lease": None},
    ],
)
def test_a_store_that_could_not_work_is_refused(options: Any) -> None:
    """Before it is used."""
    with pytest.raises((ArgumentError, ConfigurationError), match=f"^{next(iter(options))} "):
        MemoryDeliveryStore(**options)


async def test_processes_share_a_redis(in_redis: Open) -> None:
    """One claims, and the other knows."""
    one, other = in_redis(), in_redis()
    assert await one.claim("a")
    assert not await other.claim("a")
    await other.release("a")  # it is not its own
    assert not await other.claim("a")
    await one.done("a")
    assert not await other.claim("a")


async def test_claims_of_several_processes_at_once_have_one_winner(in_redis: Open) -> None:
    """Redis decides."""
    stores = [in_redis() for _ in range(4)]
    won = await asyncio.gather(*(one.claim("a") for one in stores * 5))
    assert sum(won) == 1


async def test_a_claim_in_redis_ends_after_a_crash_and_not_before(in_redis: Open) -> None:
    """While its process lives it is extended."""
    lives, crashes, waits = in_redis(lease=0.3), in_redis(lease=0.3), in_redis(lease=0.3)
    assert await lives.claim("kept")
    assert await crashes.claim("lost")
    await crashes.aclose()
    while not await waits.claim("lost"):  # noqa: ASYNC110 - Redis tells nobody
        await asyncio.sleep(0.02)
    await asyncio.sleep(0.6)
    assert not await waits.claim("kept")
    await lives.release("kept")
    assert await waits.claim("kept")


@pytest.mark.parametrize("again", ["same", "other"])
async def test_a_claim_whose_answer_was_lost_can_be_made_again(
    in_redis: Open, monkeypatch: pytest.MonkeyPatch, again: str
) -> None:
    """By any process: the service sends it once more, and nobody is at it."""
    store, other = in_redis(), in_redis()
    line = store._opened()
    run = line.redis.eval

    async def lost(*args: Any) -> Any:
        await run(*args)
        raise redis.TimeoutError("no answer")

    monkeypatch.setattr(line.redis, "eval", lost)
    with pytest.raises(WebhookError) as caught:
        await store.claim("a")
    assert caught.value.reason == "store"
    with pytest.raises(WebhookError, match="still asked to release"):
        await store.claim("a")  # which the release under way could end
    monkeypatch.undo()
    async with asyncio.timeout(30):
        if again == "other":
            while not await other.claim("a"):  # noqa: ASYNC110 - Redis tells nobody
                await asyncio.sleep(0.02)
        while line.doubtful:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.02)
    assert await store.claim("a") is (again == "same")
    assert not await store.claim("a")
    assert not await other.claim("a")


async def test_a_claim_that_comes_behind_its_release_is_taken_back_too(in_redis: Open) -> None:
    """Redis was stalled, and read another connection first."""
    store, other = in_redis(), in_redis()
    line, name = store._opened(), store._named("a")
    store._doubt(line, name)
    async with asyncio.timeout(30):
        while not line.redis.connection_pool._available_connections:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0)
        await line.redis.set(name, store._token)
        while line.doubtful:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.02)
    assert await other.claim("a")


async def test_a_store_that_closes_takes_back_what_it_may_have_claimed(
    in_redis: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A claim that was cancelled when its receiver closed, say; Redis may be slow once more."""
    store, other = in_redis(), in_redis()
    line, made = store._opened(), asyncio.Event()
    run, calls = line.redis.eval, iter(range(9))

    async def slow(*args: Any) -> Any:
        call = next(calls)
        if call == 1:
            raise redis.TimeoutError("no answer")
        answer = await run(*args)
        if call == 0:
            made.set()
            await asyncio.Event().wait()
        return answer

    monkeypatch.setattr(line.redis, "eval", slow)
    asking = asyncio.create_task(store.claim("a"))
    await made.wait()
    asking.cancel()
    await asyncio.wait([asking])
    await store.aclose()
    assert await other.claim("a")


async def test_what_redis_can_not_be_asked_about_is_forgotten_when_its_lease_has_ended(
    in_redis: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The claim has ended by itself then; nothing grows while Redis is away."""
    store = in_redis(lease=0.05)
    line = store._opened()

    async def away(*_: Any) -> None:
        raise redis.ConnectionError("away")

    monkeypatch.setattr(line.redis, "eval", away)
    for number in range(5):
        with pytest.raises(WebhookError):
            await store.claim(f"{number}")
    assert len(line.doubtful) == 5
    async with asyncio.timeout(30):
        while line.doubtful:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.02)
    assert line.releasing is not None
    await asyncio.wait_for(line.releasing, 30)


async def test_a_claim_that_was_lost_to_another_is_not_extended(in_redis: Open) -> None:
    """It would last when that one has crashed."""
    store, other = in_redis(lease=3600), in_redis(lease=10)
    assert await store.claim("a")
    line, name = store._opened(), store._named("a")
    await line.redis.delete(name)
    assert await other.claim("a")
    await store._extend(line, name)
    assert 0 < await line.redis.pttl(name) <= 10_000


async def test_many_claims_at_once_wait_for_a_connection(in_redis: Open) -> None:
    """There are fewer connections than deliveries that may come."""
    store = in_redis()
    most = store._opened().redis.connection_pool.max_connections
    assert all(await asyncio.gather(*(store.claim(f"{n}") for n in range(most * 4))))


async def test_who_is_cancelled_while_waiting_for_a_connection_holds_none(in_redis: Open) -> None:
    """Nor does one that has it already."""
    store = in_redis()
    pool = store._opened().redis.connection_pool
    asking = [asyncio.create_task(store.claim(f"{n}")) for n in range(pool.max_connections * 4)]
    while not pool._in_use_connections:  # noqa: ASYNC110 - it tells nobody
        await asyncio.sleep(0)
    for task in asking[::2]:
        task.cancel()
    await asyncio.wait(asking)
    assert all(task.cancelled() for task in asking[::2])
    assert all(task.result() for task in asking[1::2])
    async with asyncio.timeout(30):
        while store._opened().doubtful:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.02)
    assert not pool._in_use_connections


async def test_what_was_handled_is_forgotten_by_redis_in_time(in_redis: Open) -> None:
    """It has an end in Redis itself, so that nothing grows."""
    store = in_redis(keep=3600)
    await store.claim("a")
    await store.done("a")
    line = store._opened()
    left = await line.redis.pttl(f"{store._prefix}a")
    assert 3_500_000 < left <= 3_600_000


async def test_a_redis_that_is_away_is_a_typed_error_without_its_address() -> None:
    """Nor its password."""
    store = RedisDeliveryStore("redis://:s3cret@127.0.0.1:1/0")
    with pytest.raises(WebhookError) as caught:
        await store.claim("a")
    assert "s3cret" not in f"{caught.value!r}{caught.value.__context__!r}{store!r}"
    assert not store._opened().held
    await store.aclose()
    with pytest.raises(TypeError, match="pickled"):
        pickle.dumps(store)


@pytest.mark.parametrize("address", ["", "localhost", None, "http://:s3cret@a", "redis://[a"])
def test_what_is_no_address_of_redis_is_told_at_once(address: Any) -> None:
    """Before any call, and without a password in it."""
    with pytest.raises(ConfigurationError, match="RedisDeliveryStore") as caught:
        RedisDeliveryStore(address)
    assert "s3cret" not in str(caught.value)


async def test_what_redis_was_not_told_of_is_told_again(
    in_redis: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When it is back: else a claim would be extended for ever, or handled again after a crash."""
    store = in_redis(lease=0.15)
    assert await store.claim("a")
    line = store._opened()

    async def away(*_: Any, **__: Any) -> None:
        raise redis.ConnectionError("away")

    monkeypatch.setattr(line.redis, "set", away)
    with pytest.raises(WebhookError):
        await store.done("a")
    assert not await store.claim("a")
    monkeypatch.undo()
    while await line.redis.get(f"{store._prefix}a") != b"done":  # noqa: ASYNC110 - as above
        await asyncio.sleep(0.02)
    while line.held:  # noqa: ASYNC110 - as above
        await asyncio.sleep(0)
    assert not line.handled
    assert not await in_redis().claim("a")


def test_it_is_closed_after_its_loop_too(redis_server: str) -> None:
    """Too late for its connections, of which Python warns, but with no error."""
    store = RedisDeliveryStore(redis_server, prefix=f"test:{uuid.uuid4()}:")
    assert asyncio.run(store.claim("a"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        asyncio.run(store.aclose())
        gc.collect()
