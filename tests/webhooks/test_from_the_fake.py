"""Deliveries from the fake to receivers on real ports: signed, repeated and doubled as it does."""

from __future__ import annotations

import asyncio
import gc
from collections import Counter

import pytest

from bbasync.fake import Delivery, FakeBitbucket, RepositoryBuilder
from bbasync.webhooks import Event, MemoryDeliveryStore, Router
from tests.webhooks.conftest import SECRET
from tests.webhooks.test_servers import running

EVENT = "repo:commit_status_created"
MANY = 1000
many = pytest.mark.parametrize("kind", ["aiohttp", "starlette"])


def told(fake: FakeBitbucket, url: str) -> RepositoryBuilder:
    """A repository of which somebody hears; each status on its commit is a delivery."""
    site = fake.workspace("acme").repository("site")
    site.hook(url, [EVENT], secret=SECRET)
    return site


@many
async def test_a_thousand_deliveries_are_handled_once_each(kind: str) -> None:
    """With retries while the queue was full, and with duplicates of every third one."""
    async with FakeBitbucket.empty() as fake, running(kind, workers=50, queue=MANY - 200) as place:
        fake.webhooks.pause = 1.0
        place.gate.clear()  # so that the queue is full once
        site = told(fake, place.url)
        by_hand = [
            asyncio.create_task(fake.deliver(EVENT, to=place.url, secret=SECRET, duplicates=1))
            for _ in range(MANY // 3)
        ]
        for number in range(MANY - len(by_hand)):
            site.status(key=f"tests {number}")
        while not place.receiver.stats.refused:  # noqa: ASYNC110 - a count is no event
            await asyncio.sleep(0.01)
        place.gate.set()
        await fake.delivered()
        sent = list(fake.deliveries)
    assert len(sent) == MANY
    assert {one.state for one in sent} == {"delivered"}
    assert place.seen == dict.fromkeys((one.id for one in sent), 1)
    stats = place.receiver.stats
    assert stats.handled == stats.accepted == MANY
    assert stats.duplicates >= len(by_hand)
    statuses = {attempt.status for one in sent for attempt in one.attempts}
    assert statuses == {200, 202, 503}


# asyncio's servers may forget a connection that comes just as they close; Python 3.13.0 fails to
# collect it, too.
@pytest.mark.filterwarnings(
    "ignore:unclosed:ResourceWarning",
    "ignore:.*_SelectorTransport.__del__:pytest.PytestUnraisableExceptionWarning",
)
@many
async def test_nothing_is_lost_when_the_receiver_stops_in_the_middle(kind: str) -> None:
    """What the fake has delivered is handled once; it knows of the rest, for the next receiver."""
    router, store = Router(), MemoryDeliveryStore()
    seen: Counter[str | None] = Counter()
    enough = asyncio.Event()

    @router.on("*")
    async def slow(event: Event) -> None:
        await asyncio.sleep(0.002)
        seen[event.commit_status.key] += 1  # type: ignore[attr-defined] # of that event
        if len(seen) == MANY // 3:
            enough.set()

    async with FakeBitbucket.empty() as fake:
        fake.webhooks.pause = 0.0
        async with running(kind, router=router, store=store, queue=100) as place:
            site = told(fake, place.url)

            async def happen() -> None:
                for number in range(MANY):
                    site.status(key=f"tests {number}")
                    await asyncio.sleep(0.001)

            happening = asyncio.create_task(happen())
            await enough.wait()
            await place.stop()
            await happening
            await fake.delivered()
            place.stop = _nothing
        sent = list(fake.deliveries)
        taken = {_key(one) for one in sent if one.state == "delivered"}
        assert len(sent) == MANY
        assert MANY // 3 <= len(taken) < MANY
        assert {one.state for one in sent} == {"delivered", "failed"}
        assert taken <= set(seen)  # one may be handled whose answer did not arrive
        assert set(seen.values()) == {1}
        assert place.receiver.stats.abandoned == 0
        async with running(kind, router=router, store=store, queue=2000) as place:
            left = [one for one in sent if _key(one) not in seen]
            await asyncio.gather(
                *(
                    fake.deliver(EVENT, to=place.url, secret=SECRET, payload=one.payload)
                    for one in left
                )
            )
    assert seen == dict.fromkeys(map(_key, sent), 1)
    gc.collect()  # before another test warns of such a connection


def _key(one: Delivery) -> str:
    return str(one.payload["commit_status"]["key"])


async def _nothing() -> None:
    """It was stopped already."""
