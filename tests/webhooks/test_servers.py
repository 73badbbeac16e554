"""Receivers on real ports: aiohttp's server, and uvicorn with and without Starlette."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from aiohttp import ClientSession, web
from attrs import define, field
from starlette.applications import Starlette
from starlette.routing import Mount, Route
from yarl import URL

from bbasync.webhooks import (
    Event,
    MemoryDeliveryStore,
    Receiver,
    Router,
    WebhookApp,
    add_routes,
    receiver_aiohttp,
    receiver_asgi,
)
from tests.webhooks.conftest import SECRET, Sent, Service

Make = Callable[..., Sent]
KINDS = ["aiohttp", "starlette", "mounted", "asgi"]
many = pytest.mark.parametrize("kind", ["aiohttp", "starlette"])


@define(eq=False)
class Place:
    """An application that runs, and what its handler has seen."""

    url: str
    receiver: Receiver
    stop: Callable[[], Awaitable[None]]
    seen: Counter[str | None] = field(factory=Counter)
    gate: asyncio.Event = field(factory=asyncio.Event)
    """What its handler waits for; open unless a test closes it."""


@asynccontextmanager
async def running(kind: str, **options: Any) -> AsyncIterator[Place]:
    """Run an application of *kind* on a free port, until the block ends or *stop* is called."""
    router: Router = options.pop("router", Router())
    receiver = Receiver(router, secrets=SECRET, **options)
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(1024)  # whoever comes before the server is ready waits
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/hooks"
    url += "/" if kind == "mounted" else ""
    stop = (_aiohttp if kind == "aiohttp" else _uvicorn)(kind, receiver, listening)
    place = Place(url, receiver, await stop)

    place.gate.set()

    @router.on("*")
    async def handler(event: Event) -> None:
        await place.gate.wait()
        place.seen[event.delivery.id] += 1

    try:
        yield place
    finally:
        await place.stop()
        listening.close()


async def _aiohttp(_: str, receiver: Receiver, listening: socket.socket) -> Any:
    app = web.Application()
    add_routes(app, "/hooks", receiver)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.SockSite(runner, listening).start()
    return runner.cleanup


async def _uvicorn(kind: str, receiver: Receiver, listening: socket.socket) -> Any:
    hooks: Any = WebhookApp(receiver)
    if kind != "asgi":
        route: Any = Route("/hooks", hooks) if kind == "starlette" else Mount("/hooks", hooks)
        hooks = Starlette(routes=[route], lifespan=hooks.lifespan)
    server = uvicorn.Server(uvicorn.Config(hooks, log_config=None, lifespan="on", ws="none"))
    task = asyncio.create_task(server.serve([listening]))

    async def stop() -> None:
        server.should_exit = True
        await task

    return stop


async def beginning(
    place: Place, sent: Sent, size: int
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection over which a delivery came, but only the first *size* bytes of its body."""
    url = URL(place.url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    lines = [*sent.headers.items(), ("Host", "x"), ("Content-Length", str(len(sent.body)))]
    head = "".join(f"{name}: {value}\r\n" for name, value in lines)
    writer.write(f"POST {url.path} HTTP/1.1\r\n{head}\r\n".encode() + sent.body[:size])
    await writer.drain()
    return reader, writer


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    """A session that follows no proxy."""
    async with ClientSession() as opened:
        yield opened


@pytest.mark.parametrize("kind", KINDS)
async def test_answers_are_the_receivers(kind: str, session: ClientSession, delivery: Make) -> None:
    """Over a real connection, with the statuses that keep the service from sending again."""
    async with running(kind, max_bytes=100_000) as place:
        service = Service(place.url, session)
        good = delivery(data={"x": "y" * 50_000})
        assert await service.send(good) == 202
        assert await service.send(good) == 200
        assert await service.send(delivery(secret="another")) == 401
        assert await service.send(delivery(data=b"[]")) == 400
        assert await service.send(delivery(data={"x": "y" * 200_000})) == 413
        async with session.get(place.url) as answer:
            assert answer.status == 405
            assert answer.headers["Allow"] == "POST"
        assert all(len(statuses) < 3 for statuses in service.statuses.values())
    assert place.seen == {good.id: 1}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_body_without_a_length_is_read_no_further_than_the_limit(
    kind: str, session: ClientSession, delivery: Make
) -> None:
    """And one within it is read in full."""
    pieces = 0

    async def endless(most: int) -> AsyncIterator[bytes]:
        nonlocal pieces
        for _ in range(most):
            pieces += 1
            yield b"x" * 65536

    async with running(kind) as place:
        sent = delivery()

        async def inside() -> AsyncIterator[bytes]:
            for one in sent.body:
                yield bytes([one])

        async with session.post(place.url, data=inside(), headers=sent.headers) as answer:
            assert answer.status == 202
        service = Service(place.url, session)
        service_body: Any = endless(100_000)
        status = await service.attempt(Sent(service_body, sent.headers))
        assert status in {413, 0}  # a server may close while more is being sent
        assert pieces < 1000
        assert place.receiver.stats.refused == 1
    assert place.seen == {sent.id: 1}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_sender_that_goes_away_leaves_nothing_behind(
    kind: str, session: ClientSession, delivery: Make
) -> None:
    """In the middle of the body; the whole delivery is taken when it comes again."""
    async with running(kind) as place:
        sent = delivery(data={"x": "y" * 1000})
        _, writer = await beginning(place, sent, 500)
        await asyncio.sleep(0.05)
        writer.transport.abort()
        async with asyncio.timeout(30):
            while not place.receiver.stats.refused:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0)
        assert await Service(place.url, session).send(sent) == 202
        assert (place.receiver.stats.accepted, place.receiver.stats.refused) == (1, 1)
    assert place.seen == {sent.id: 1}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_body_that_does_not_come_in_time_is_told_so(
    kind: str, delivery: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """408, which is counted."""
    for module in (receiver_aiohttp, receiver_asgi):
        monkeypatch.setattr(module, "READ_SECONDS", 0.05)
    async with running(kind) as place:
        sent = delivery()
        reader, writer = await beginning(place, sent, 1)
        async with asyncio.timeout(30):
            assert (await reader.readline()).startswith(b"HTTP/1.1 408 ")
        assert place.receiver.stats.refused == 1
        writer.close()


@pytest.mark.parametrize("kind", KINDS)
async def test_an_address_that_is_not_allowed_is_refused(
    kind: str, session: ClientSession, delivery: Make
) -> None:
    """The server says who it is, and the header does not."""
    async with running(kind, allowed=["192.0.2.0/24"], trusted_proxies=["10.0.0.0/8"]) as place:
        sent = delivery()
        sent.headers["X-Real-IP"] = "192.0.2.1"
        assert await Service(place.url, session).send(sent) == 403
    async with running(kind, allowed=["127.0.0.0/8"]) as place:
        assert await Service(place.url, session).send(sent) == 202


async def test_a_body_that_a_middleware_has_read_is_taken_too(
    session: ClientSession, delivery: Make
) -> None:
    """One that logs requests, say; it is limited all the same."""

    @web.middleware
    async def reading(request: web.Request, handler: Any) -> web.StreamResponse:
        await request.read()
        answer: web.StreamResponse = await handler(request)
        return answer

    receiver = Receiver(Router(), secrets=SECRET, max_bytes=1000)
    app = web.Application(middlewares=[reading])
    add_routes(app, "/hooks", receiver)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    service = Service(f"http://127.0.0.1:{runner.addresses[0][1]}/hooks", session)
    assert await service.send(delivery(data={"x": 1})) == 202
    assert await service.send(delivery(data={"x": "y" * 1000})) == 413
    assert await service.send(delivery(data={"x": 1}, secret="another")) == 401
    await runner.cleanup()


@many
async def test_a_thousand_deliveries_are_handled_once_each(
    kind: str, session: ClientSession, delivery: Make
) -> None:
    """With duplicates, and with retries where the queue was full."""
    rounds = asyncio.Semaphore(40)
    async with running(kind, workers=4, queue=20) as place:
        place.gate.clear()  # so that the queue is full once
        service = Service(place.url, session)
        every = [delivery("repo:push", {"number": number}) for number in range(1000)]

        async def send(sent: Sent) -> None:
            async with rounds:
                while await service.send(sent) == 503:
                    place.gate.set()
                    await asyncio.sleep(0.01)

        await asyncio.gather(*(send(one) for one in every))
        again = [await service.attempt(one, 2) for one in every[::3]]
        assert again == [200] * 334
    assert place.seen == dict.fromkeys((one.id for one in every), 1)
    stats = place.receiver.stats
    assert stats.handled == stats.accepted == 1000
    assert stats.duplicates == 334
    assert stats.refused > 0
    assert {one for found in service.statuses.values() for one in found} == {200, 202, 503}


@many
async def test_nothing_accepted_is_lost_when_the_server_stops_in_the_middle(
    kind: str, session: ClientSession, delivery: Make
) -> None:
    """What was answered with 2xx is handled once; what was not is sent again, to the next one."""
    router, store = Router(), MemoryDeliveryStore()
    seen: Counter[str | None] = Counter()
    enough = asyncio.Event()

    @router.on("*")
    async def slow(event: Event) -> None:
        await asyncio.sleep(0.002)
        seen[event.delivery.id] += 1
        if len(seen) == 300:
            enough.set()

    every = [delivery("repo:push", {"number": number}) for number in range(1000)]
    rounds = asyncio.Semaphore(20)
    async with running(kind, router=router, store=store) as place:
        service = Service(place.url, session)

        async def send(sent: Sent) -> int:
            async with rounds:
                return await service.attempt(sent)

        sending = [asyncio.create_task(send(one)) for one in every]
        await enough.wait()
        await place.stop()
        statuses = await asyncio.gather(*sending)
        taken = {one.id for one, status in zip(every, statuses, strict=True) if status == 202}
        assert 300 <= len(taken) < 1000
        assert set(statuses) <= {0, 202, 503}
        assert taken <= set(seen)  # one may be handled whose answer did not arrive
        assert set(seen.values()) == {1}
        assert place.receiver.stats.abandoned == 0
        assert place.receiver.stats.handled == len(seen)
        place.stop = _nothing
    async with running(kind, router=router, store=store, queue=2000) as place:
        service = Service(place.url, session)
        left = [one for one in every if one.id not in taken]
        assert set(await asyncio.gather(*(send(one) for one in left))) <= {200, 202}
    assert seen == dict.fromkeys((one.id for one in every), 1)


async def _nothing() -> None:
    """It was stopped already."""


async def test_a_mounted_application_that_nobody_opened_asks_to_be_sent_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """503 and a line in the log, and nothing lost; and what is no POST says so."""
    hooks, said = WebhookApp(Receiver(Router(), secrets=SECRET)), []

    async def receive() -> dict[str, Any]:
        raise AssertionError("the body need not be read")

    async def send(message: Any) -> None:
        said.append(message)

    scope: Any = {"type": "http", "method": "POST", "headers": [], "client": None}
    await hooks(scope, receive, send)
    assert said[0]["status"] == 503
    assert "not open" in caplog.text
    await hooks({**scope, "method": "PUT"}, receive, send)
    assert said[2]["status"] == 405


async def test_a_lifespan_that_can_not_begin_is_told_to_the_server() -> None:
    """It would refuse everything."""
    receiver, said = Receiver(Router(), secrets=SECRET), []

    async def receive() -> dict[str, Any]:
        return {"type": "lifespan.startup"}

    async def send(message: Any) -> None:
        said.append(message)

    async with receiver:
        await WebhookApp(receiver)({"type": "lifespan"}, receive, send)
    assert said[0]["type"] == "lifespan.startup.failed"
    assert "open already" in said[0]["message"]
