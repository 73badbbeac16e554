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


def waiting() -> Router:
    """A router whose handler does not end."""
    router = Router()

    @router.on("*")
    async def handler(_: Event) -> None:
        await asyncio.Event().wait()

    return router


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
    finish = receiver._work.finish

    async def noted(grace: float) -> None:
        given.append(grace)
        await finish(grace)

    monkeypatch.setattr(receiver._work, "finish", noted)
    async with receiver:
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
