"""Events: what is told of a call, and to whom."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from attrs.exceptions import FrozenInstanceError

from bbasync import BasicAuth, BearerAuth, Bitbucket
from bbasync.errors import (
    AmbiguousWriteError,
    ConfigurationError,
    ConnectionFailedError,
    NotFoundError,
    RedirectError,
)
from bbasync.fake import FakeBitbucket
from bbasync.wire.events import Event
from bbasync.wire.message import Request, Safety

SECRET = "t0ps3cret-t0ps3cret"
READ = Request("GET", "/x")


async def heard(client: Any, url: str, **options: Any) -> tuple[Bitbucket, list[Event]]:
    """A client, and what it tells."""
    events: list[Event] = []
    return await client(url, on_event=events.append, **options), events


def kinds(events: list[Event]) -> list[str]:
    """Their kinds, in order."""
    return [event.kind for event in events]


async def test_a_call_is_told_from_beginning_to_end(serve: Any, client: Any, say: Any) -> None:
    """Queued, sent and done, of one call, with its status and the bytes of its body."""
    server = await serve(say(body=b"12345"))
    bb, events = await heard(client, server.url)
    await bb.send(READ)
    await bb.send(READ)
    assert kinds(events) == ["queued", "sent", "done"] * 2
    assert len({event.call for event in events}) == 2
    done = events[2]
    assert (done.method, done.url, done.operation) == ("GET", f"{server.url}/x", "")
    assert (done.attempt, done.status, done.received, done.reason) == (1, 200, 5, "")
    with pytest.raises(FrozenInstanceError):
        done.status = 5  # type: ignore[misc]


async def test_waits_are_told_with_what_they_are_for(
    serve: Any, client: Any, say: Any, raw: Any
) -> None:
    """A failure is a retry, with its status or reason; a 429 is throttled; both say how long."""
    server = await serve(
        say(503), raw(b"", "cut"), say(429, headers={"Retry-After": "20"}), say(data=1)
    )
    bb, events = await heard(client, server.url)
    await bb.send(READ)
    waits = [event for event in events if event.kind in {"retry", "throttled"}]
    assert [(one.kind, one.status, one.attempt) for one in waits] == [
        ("retry", 503, 1),
        ("retry", None, 2),
        ("throttled", 429, 3),
    ]
    assert [one.wait for one in waits[:2]] == [0.25, 0.5]
    assert waits[1].reason == "Server disconnected"
    assert waits[2].wait >= 20
    assert kinds(events).count("sent") == 4
    assert events[-1].attempt == 4
    assert events[-1].seconds >= sum(one.wait for one in waits[:2]) + 20


async def test_a_redirect_is_told_with_both_ends(serve: Any, client: Any, say: Any) -> None:
    """Where from and where to; then a request is sent there."""
    to = {"Location": "/2.0/y?access_token=t0ps3cret-t0ps3cret"}
    server = await serve(say(302, headers=to), say())
    bb, events = await heard(client, server.url)
    await bb.send(READ)
    assert kinds(events) == ["queued", "sent", "redirect", "sent", "done"]
    assert (events[2].status, events[2].url) == (302, f"{server.url}/x")
    assert events[2].location == events[3].url == f"{server.url}/y?access_token=***"


async def test_an_error_is_an_end_too(serve: Any, client: Any, say: Any, raw: Any) -> None:
    """What ended a call is told by the name of its class, and the status where there is one."""
    server = await serve(say(404), raw(b"", "cut"), raw(b"", "hold"))
    bb, events = await heard(client, server.url)
    with pytest.raises(NotFoundError):
        await bb.send(READ)
    assert (events[-1].kind, events[-1].status, events[-1].reason) == ("done", 404, "NotFoundError")
    with pytest.raises(AmbiguousWriteError):
        await bb.send(Request("POST", "/x", safety=Safety.NEVER))
    assert (events[-1].status, events[-1].reason) == (None, "AmbiguousWriteError")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await bb.send(READ)
    assert (events[-1].status, events[-1].reason) == (None, "CancelledError")
    assert kinds(events).count("queued") == kinds(events).count("done") == 3


async def test_a_stream_is_done_when_its_body_is_read(serve: Any, client: Any, say: Any) -> None:
    """The end of a stream counts the bytes that were read."""
    server = await serve(say(body=b"x" * 70_000))
    bb, events = await heard(client, server.url)
    async with bb.open(READ) as reading:
        assert kinds(events) == ["queued", "sent"]
        assert sum([len(chunk) async for chunk in reading.chunks()]) == 70_000
    assert (events[-1].kind, events[-1].received) == ("done", 70_000)


async def test_a_stream_that_breaks_off_is_told_so(serve: Any, client: Any, raw: Any) -> None:
    """The end names the error's class beside the status, for what nobody asked for as well."""
    broken = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", "cut")
    server = await serve(broken, raw(b"HTTP/1.1 304 Not Modified\r\n\r\n"))
    bb, events = await heard(client, server.url)
    with pytest.raises(ConnectionFailedError):
        async with bb.open(READ) as reading:
            assert [chunk async for chunk in reading.chunks()]
    assert (events[-1].kind, events[-1].status, events[-1].received) == ("done", 200, 1)
    assert events[-1].reason == "ConnectionFailedError"
    with pytest.raises(RedirectError):
        async with bb.open(READ):
            pass
    assert (events[-1].status, events[-1].reason) == (304, "RedirectError")
    assert kinds(events).count("done") == 2


async def test_a_call_in_the_queue_is_not_sent_yet(serve: Any, client: Any, say: Any) -> None:
    """Sent is told when there is a connection, so that waiting for one can be seen."""
    server = await serve(say())
    bb, events = await heard(client, server.url, connections=1)
    async with bb.open(READ):
        call = asyncio.create_task(bb.send(READ))
        await asyncio.sleep(0.01)
        assert kinds(events) == ["queued", "sent", "queued"]
    await call
    assert kinds(events)[3:] == ["done", "sent", "done"]


async def test_operations_and_their_pages_have_a_name() -> None:
    """A declared operation is told by its name, on every page of a walk."""
    events: list[Event] = []
    async with FakeBitbucket(repositories=25) as fake:
        auth = BasicAuth(fake.email, fake.api_token)
        async with Bitbucket(auth, base_url=fake.url, on_event=events.append) as bb:
            await bb.repositories.get("acme", "site")
            await bb.repositories.list("acme", pagelen=10).all()
            await bb.request("GET", "/repositories/acme")
    done = [event.operation for event in events if event.kind == "done"]
    assert done == ["repositories.get", *["repositories.list"] * 3, ""]
    assert fake.api_token not in repr(events)


async def test_several_listen_and_none_breaks_a_call(
    serve: Any, client: Any, say: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """A listener that fails is logged once; the call and the other listeners don't notice."""
    events: list[Event] = []

    def failing(event: Event) -> None:
        raise ZeroDivisionError(event.kind)

    server = await serve(say())
    bb = await client(server.url, on_event=[failing, events.append, failing])
    await bb.send(READ)
    await bb.send(READ)
    assert kinds(events) == ["queued", "sent", "done"] * 2
    errors = [one for one in caplog.records if one.levelname == "ERROR"]
    assert [one.getMessage() for one in errors] == ["a listener failed on the event 'queued'"] * 2


@pytest.mark.parametrize("value", [5, ["x"], [None]])
def test_a_listener_is_something_to_call(value: Any) -> None:
    """Anything else is refused when the client is made."""
    with pytest.raises(ConfigurationError, match="on_event takes a callable or several"):
        Bitbucket(on_event=value)


async def test_a_listener_that_would_have_to_be_awaited_is_refused() -> None:
    """Nobody would await it, so that it would never run."""

    async def listener(event: Event) -> None:
        raise AssertionError(event)

    with pytest.raises(ConfigurationError, match="plain function"):
        Bitbucket(on_event=listener)


async def test_nothing_is_made_where_nobody_listens(
    serve: Any, client: Any, say: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a listener, and without a log that debugs, no event is built at all."""
    logger = logging.getLogger("bbasync")
    level = logger.level
    logger.setLevel(logging.INFO)
    try:
        monkeypatch.setattr("bbasync.wire.transport.Event", None)
        server = await serve(say(302, headers={"Location": "/2.0/y"}), say())
        bb = await client(server.url)
        assert (await bb.send(READ)).status == 200
    finally:
        logger.setLevel(level)


async def test_no_event_shows_a_credential(serve: Any, client: Any, say: Any) -> None:
    """Neither the client's nor one in an address."""
    server = await serve(say(503), say(302, headers={"Location": f"/2.0/y?token={SECRET}"}), say())
    bb, events = await heard(client, server.url, auth=BearerAuth(SECRET))
    await bb.send(Request("GET", "/x", (("access_token", SECRET),)))
    assert len(events) == 7
    assert SECRET not in repr(events)
