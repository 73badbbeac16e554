"""Closing a receiver whose store does not answer: it ends in its time, and says what is left."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest

from bbasync.webhooks import Event, MemoryDeliveryStore, Receiver, Router, receiver_asgi, work
from tests.webhooks.conftest import SECRET, Sent

Make = Callable[..., Sent]


class Hanging(MemoryDeliveryStore):
    """A store whose calls named in *hanging* do not come back."""

    def __init__(self) -> None:
        super().__init__()
        self.hanging: set[str] = set()

    async def claim(self, id: str) -> bool:
        """Claim, or hang."""
        if "claim" in self.hanging:
            await asyncio.Event().wait()
        return await super().claim(id)

    async def release(self, id: str) -> None:
        """Release, or hang."""
        if "release" in self.hanging:
            await asyncio.Event().wait()
        await super().release(id)

    async def done(self, id: str) -> None:
        """Keep, or hang."""
        if "done" in self.hanging:
            await asyncio.Event().wait()
        await super().done(id)


def waiting() -> Router:
    """A router whose handler does not end."""
    router = Router()

    @router.on("*")
    async def handler(_: Event) -> None:
        await asyncio.Event().wait()

    return router


async def turns() -> None:
    """Let every task go on until it waits."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_store_that_hangs_does_not_keep_it_from_closing(
    delivery: Make, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """However many deliveries it would be told of; they are abandoned, and it can open again."""
    monkeypatch.setattr(work, "_LAST", 0.05)
    store = Hanging()
    receiver = Receiver(waiting(), secrets=SECRET, store=store, workers=2)
    every = [delivery() for _ in range(5)]
    async with receiver:
        for sent in every:
            await receiver.receive(sent.headers, sent.body)
        store.hanging.add("release")
        left = await asyncio.wait_for(receiver.aclose(grace=0), 30)
    assert set(left) == {one.id for one in every}
    assert "not told how 5 deliveries ended" in caplog.text
    assert (receiver.waiting, receiver.stats.abandoned) == (0, 5)


async def test_the_grace_is_for_claims_and_handlers_together(
    delivery: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What claims take of it, handlers do not get once more."""
    given: list[float] = []
    store = Hanging()
    receiver = Receiver(waiting(), secrets=SECRET, store=store)

    async def noted(grace: float) -> None:
        given.append(grace)
        await finish(grace)

    async with receiver:
        finish = receiver._work.finish
        monkeypatch.setattr(receiver._work, "finish", noted)
        sent, late = delivery(), delivery()
        await receiver.receive(sent.headers, sent.body)
        store.hanging.add("claim")
        asking = asyncio.create_task(receiver.receive(late.headers, late.body))
        await asyncio.sleep(0)
        assert await receiver.aclose(grace=0.05) == (sent.id,)
        assert (await asking).status == 503
    assert given[0] < 0.05


async def test_a_closing_that_is_cancelled_tells_what_is_left_too(
    delivery: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """As a second signal does, which waits for nothing."""
    store, sent = MemoryDeliveryStore(), delivery()
    receiver = Receiver(waiting(), secrets=SECRET, store=store)
    async with receiver:
        await receiver.receive(sent.headers, sent.body)
        closing = asyncio.create_task(receiver.aclose())
        await asyncio.sleep(0)
        closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing
    assert receiver.stats.abandoned == 1
    assert f"before these deliveries were handled: {sent.id}" in caplog.text
    assert await store.claim(sent.id)


async def test_a_closing_that_is_cancelled_at_its_end_still_releases_and_tells(
    delivery: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """While handlers end, which takes its time."""
    router, cleaning, go = Router(), asyncio.Event(), asyncio.Event()

    @router.on("*")
    async def handler(_: Event) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cleaning.set()
            await go.wait()

    store, sent = MemoryDeliveryStore(), delivery()
    receiver = Receiver(router, secrets=SECRET, store=store)
    await receiver.__aenter__()
    await receiver.receive(sent.headers, sent.body)
    await turns()
    closing = asyncio.create_task(receiver.aclose(grace=0))
    await cleaning.wait()
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    go.set()
    await turns()
    assert (receiver.waiting, receiver.stats.abandoned) == (0, 1)
    assert await receiver.aclose() == (sent.id,)
    assert caplog.text.count(f"before these deliveries were handled: {sent.id}") == 1
    assert await store.claim(sent.id)


async def test_a_loop_that_ends_while_it_closes_still_releases_and_tells(
    delivery: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """It cancels every task, this one's too."""
    store, sent = MemoryDeliveryStore(), delivery()
    receiver = Receiver(waiting(), secrets=SECRET, store=store)
    before = asyncio.all_tasks()
    await receiver.__aenter__()
    await receiver.receive(sent.headers, sent.body)
    closing = asyncio.create_task(receiver.aclose(grace=0))
    while receiver._work._giving_up is None:  # noqa: ASYNC110 - it tells nobody
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    tasks = asyncio.all_tasks() - before
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    assert closing.cancelled()
    assert f"before these deliveries were handled: {sent.id}" in caplog.text
    assert await store.claim(sent.id)


async def test_a_handler_may_close_its_receiver(
    delivery: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """It is cancelled by that, and its own delivery is released and told."""
    router, store, sent = Router(), MemoryDeliveryStore(), delivery()

    @router.on("*")
    async def handler(_: Event) -> None:
        await receiver.aclose(grace=0)

    receiver = Receiver(router, secrets=SECRET, store=store)
    await receiver.__aenter__()
    await receiver.receive(sent.headers, sent.body)
    async with asyncio.timeout(30):
        while receiver.waiting:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0)
        assert await receiver.aclose() == (sent.id,)
    assert receiver.stats.abandoned == 1
    assert f"before these deliveries were handled: {sent.id}" in caplog.text
    assert await store.claim(sent.id)


@pytest.mark.parametrize("hanging", [set(), {"release"}])
async def test_who_closes_again_ends_the_waiting_of_the_first(
    delivery: Make, hanging: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As somebody does who can't wait for the grace; both are told what was left."""
    monkeypatch.setattr(work, "_LAST", 0.05)
    store, sent = Hanging(), delivery()
    store.hanging = hanging
    receiver = Receiver(waiting(), secrets=SECRET, store=store)
    async with receiver, asyncio.timeout(30):
        await receiver.receive(sent.headers, sent.body)
        first = asyncio.create_task(receiver.aclose(grace=3600))
        await turns()
        assert not first.done()
        assert await receiver.aclose(grace=0) == (sent.id,)
        assert await first == (sent.id,)
    assert receiver.stats.abandoned == 1


async def test_a_handler_that_outlives_its_receiver_ends_nothing_of_the_next_run(
    delivery: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The delivery came again, and its second handler is still at it."""
    monkeypatch.setattr(work, "_LAST", 0.05)
    router, go, begun = Router(), asyncio.Event(), []

    @router.on("*")
    async def handler(event: Event) -> None:
        begun.append(event)
        first = len(begun) == 1
        while not go.is_set():
            try:
                await go.wait()
            except asyncio.CancelledError:
                continue
        if not first:
            await asyncio.Event().wait()

    store, sent = MemoryDeliveryStore(), delivery()
    receiver = Receiver(router, secrets=SECRET, store=store)
    async with receiver:
        await receiver.receive(sent.headers, sent.body)
        await turns()
        assert await receiver.aclose(grace=0) == (sent.id,)
    async with receiver:
        assert (await receiver.receive(sent.headers, sent.body)).status == 202
        await turns()
        go.set()
        await turns()
        assert len(begun) == 2
        assert receiver.waiting == 1
        assert await receiver.aclose(grace=0) == (sent.id,)
    stats = receiver.stats
    assert (stats.accepted, stats.abandoned, stats.handled) == (2, 2, 0)
    assert await store.claim(sent.id)


@pytest.mark.parametrize("answer", [True, False])
async def test_a_claim_that_ends_after_closing_is_released_and_not_accepted(
    delivery: Make, *, answer: bool
) -> None:
    """A store may take its time to stop; nobody would handle it any more."""
    go = asyncio.Event()

    class Slow(MemoryDeliveryStore):
        async def claim(self, id: str) -> bool:
            while not go.is_set():
                try:
                    await go.wait()
                except asyncio.CancelledError:
                    continue
            return await super().claim(id) and answer

    store, sent = Slow(), delivery()
    receiver = Receiver(Router(), secrets=SECRET, store=store, grace=0)
    async with receiver:
        asking = asyncio.create_task(receiver.receive(sent.headers, sent.body))
        await turns()
    go.set()
    assert (await asking).status == (503 if answer else 200)
    assert (receiver.waiting, receiver.stats.accepted) == (0, 0)
    if answer:
        assert await store.claim(sent.id)


async def test_what_was_handled_is_not_left_though_the_store_was_not_told(
    delivery: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is counted once: handled, and not abandoned."""
    monkeypatch.setattr(work, "_LAST", 0.05)
    store, sent = Hanging(), delivery()
    store.hanging.add("done")
    receiver = Receiver(Router(), secrets=SECRET, store=store)
    async with receiver:
        await receiver.receive(sent.headers, sent.body)
        await turns()
        assert receiver.waiting == 1
        assert await receiver.aclose(grace=0) == ()
    assert (receiver.stats.handled, receiver.stats.abandoned) == (1, 0)


async def test_what_comes_again_when_it_was_forgotten_is_new(delivery: Make, time: Any) -> None:
    """That it was handled once does not make it handled now."""
    router, stop = Router(), asyncio.Event()

    @router.on("*")
    async def handler(_: Event) -> None:
        if stop.is_set():
            await asyncio.Event().wait()

    store, sent = MemoryDeliveryStore(keep=10, clock=time), delivery()
    async with Receiver(router, secrets=SECRET, store=store) as receiver:
        await receiver.receive(sent.headers, sent.body)
        while receiver.waiting:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0)
        time.now += 10
        stop.set()
        assert (await receiver.receive(sent.headers, sent.body)).status == 202
        await turns()
        assert await receiver.aclose(grace=0) == (sent.id,)
    assert await store.claim(sent.id)


async def test_a_body_that_does_not_come_in_time_is_counted_and_logged(
    delivery: Make, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Like all that is refused: nobody would know of it else."""
    monkeypatch.setattr(receiver_asgi, "READ_SECONDS", 0.01)
    caplog.set_level(logging.WARNING)
    said: list[Any] = []

    async def send(message: Any) -> None:
        said.append(message)

    async def never() -> Any:
        await asyncio.Event().wait()

    async def gone() -> Any:
        return {"type": "http.disconnect"}

    headers = [(k.encode(), v.encode()) for k, v in delivery().headers.items()]
    scope: Any = {"type": "http", "method": "POST", "headers": headers, "client": None}
    async with Receiver(Router(), secrets=SECRET) as receiver:
        app = receiver_asgi.WebhookApp(receiver)
        await app(scope, never, send)
        assert said[0]["status"] == 408
        await app(scope, gone, send)
        assert len(said) == 2
    assert receiver.stats.refused == 2
    assert "did not come in time" in caplog.text
    assert "not complete" in caplog.text
