"""How far a request got when it ended: not to a connection, on its way out, or all the way."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncIterator
from typing import Any

import pytest
from attrs import define, field

from bbasync import BearerAuth, Bitbucket
from bbasync.errors import (
    AmbiguousWriteError,
    ClientClosedError,
    ConnectionFailedError,
    TimedOutError,
)
from bbasync.wire.body import Body, Part
from bbasync.wire.events import Event
from bbasync.wire.message import Request, Safety

WRITE = Request("POST", "/x", safety=Safety.NEVER)
SECRET = "t0ps3cret-t0ps3cret"
LARGE = b"x" * 6_000_000
"""More than the buffers between two programs hold."""


@define
class Deaf:
    """A server that takes connections and then reads nothing, or no more than a head."""

    heads: int = 0
    heard: asyncio.Event = field(factory=asyncio.Event)
    """Set with the first head."""
    port: int = 0
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(factory=set)

    async def start(self) -> Deaf:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1024)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def stop(self) -> None:
        """Leave everyone."""
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()

    def url(self, scheme: str = "http") -> str:
        """Its base URL."""
        return f"{scheme}://127.0.0.1:{self.port}/2.0"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await reader.readuntil(b"\r\n\r\n")
            self.heads += 1
            self.heard.set()
            await asyncio.sleep(600)
        except (asyncio.LimitOverrunError, asyncio.IncompleteReadError):
            await asyncio.sleep(600)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


@pytest.fixture
async def deaf() -> AsyncIterator[Deaf]:
    """A server that does not listen."""
    server = await Deaf().start()
    yield server
    server.stop()


def upload(*, progress: bool) -> Request:
    """A large body, in one piece or in several."""
    told = (lambda _, __: None) if progress else None
    body = Body.of_parts([Part("files", LARGE, "x")], progress=told)
    return Request("POST", "/x", (), body, safety=Safety.NEVER)


async def test_a_deadline_that_ends_while_connecting_leaves_no_doubt(
    deaf: Deaf, client: Any
) -> None:
    """A write for which there was no connection yet was not carried out."""
    bb = await client(deaf.url("https"), deadline=0.05)
    with pytest.raises(TimedOutError, match="in attempt 1, waiting for a connection"):
        await bb.send(WRITE)


async def test_a_client_that_is_closed_while_connecting_leaves_no_doubt(
    deaf: Deaf, client: Any
) -> None:
    """Neither does the end of the client."""
    bb = await client(deaf.url("https"))
    call = asyncio.create_task(bb.send(WRITE))
    await asyncio.sleep(0.05)
    await bb.aclose(grace=0)
    with pytest.raises(ClientClosedError) as caught:
        await call
    assert "carried out" not in str(caught.value)


async def test_what_finds_no_connection_is_not_told_as_sent(
    client: Any, unused_tcp_port: int
) -> None:
    """Neither an event nor the count of requests speaks of what never went out."""
    events: list[Event] = []
    bb = await client(f"http://127.0.0.1:{unused_tcp_port}/2.0", on_event=events.append)
    with pytest.raises(ConnectionFailedError):
        await bb.send(WRITE)
    assert [one.kind for one in events] == ["queued", "retry", "retry", "retry", "done"]
    assert bb.requests_sent == 0


async def test_what_never_went_out_is_not_counted(
    deaf: Deaf, client: Any, unused_tcp_port: int
) -> None:
    """Neither what finds nobody nor what is cancelled in the queue uses up the budget."""
    bb = await client(f"http://127.0.0.1:{unused_tcp_port}/2.0")
    with pytest.raises(ConnectionFailedError):
        await bb.send(WRITE)
    assert [budget.used for budget in bb.quota.values()] == [0]
    bb = await client(deaf.url(), connections=1, auth=BearerAuth(SECRET))
    first = asyncio.create_task(bb.send(Request("GET", "/repositories/acme")))
    await deaf.heard.wait()
    second = asyncio.create_task(bb.send(WRITE))
    await asyncio.sleep(0.01)
    for call in (second, first):
        call.cancel()
    await asyncio.wait({first, second})
    assert {name: budget.used for name, budget in bb.quota.items()} == {"api": 1, "other": 0}


async def test_no_connection_in_time_is_told_without_what_is_secret(
    deaf: Deaf, client: Any
) -> None:
    """The HTTP library names the whole address; the error and its cause do not."""
    bb = await client(deaf.url("https"), timeout=0.05, attempts=1)
    with pytest.raises(ConnectionFailedError, match="no connection in time") as caught:
        await bb.send(Request("GET", "/x", (("access_token", SECRET),)))
    assert SECRET not in "".join(traceback.format_exception(caught.value))


async def test_a_silent_proxy_is_given_up_and_a_write_is_tried_again(
    deaf: Deaf, client: Any
) -> None:
    """A tunnel that is not opened carries nothing, however long one waits for it."""
    proxy = f"http://127.0.0.1:{deaf.port}"
    bb = await client("https://bitbucket.test/2.0", proxy=proxy, timeout=0.05, attempts=2)
    async with asyncio.timeout(10):
        with pytest.raises(ConnectionFailedError, match="tried 2 times"):
            await bb.send(WRITE)
    assert deaf.heads == 2


async def test_a_proxy_that_breaks_off_has_passed_nothing_on(
    serve: Any, client: Any, raw: Any
) -> None:
    """A write is tried again, and is not in doubt, when the tunnel was not open yet."""
    proxy = await serve(raw(b"", "cut"))
    bb = await client("https://bitbucket.test/2.0", proxy=f"http://127.0.0.1:{proxy.port}")
    with pytest.raises(ConnectionFailedError, match="tried 4 times"):
        await bb.send(WRITE)
    assert [heard.method for heard in proxy.heard] == ["CONNECT"] * 4


@pytest.mark.parametrize("progress", [False, True])
async def test_an_upload_that_nobody_takes_is_given_up(
    deaf: Deaf, client: Any, *, progress: bool
) -> None:
    """Silence while sending lasts no longer than silence while reading, and is as doubtful."""
    bb = await client(deaf.url(), timeout=0.2)
    async with asyncio.timeout(10):
        with pytest.raises(AmbiguousWriteError, match="no answer in time"):
            await bb.send(upload(progress=progress))
    assert bb._transport.line.queues.taken == 0


async def test_an_upload_may_take_longer_than_a_silence(
    serve: Any, client: Any, say: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the single piece that must be taken in time."""
    server = await serve(say(201, {}))
    bb = await client(server.url, timeout=0.3)

    sent: list[int] = []

    async def pause(chunks: Any) -> Any:
        async for chunk in chunks:
            await asyncio.sleep(0.1)  # as a slow file would
            yield chunk

    body = Body.of_parts(
        [Part("files", b"x" * 400_000, "x")], progress=lambda so_far, _: sent.append(so_far)
    )
    data = Body.data
    monkeypatch.setattr(Body, "data", lambda self: pause(data(self)))
    await bb.send(Request("POST", "/x", (), body, safety=Safety.NEVER))
    assert len(sent) > 6


@pytest.mark.parametrize("progress", [False, True])
async def test_a_client_with_an_upload_that_nobody_takes_can_be_closed(
    deaf: Deaf, client: Any, *, progress: bool
) -> None:
    """Closing does not wait until everything is sent, and leaves no connection behind."""
    bb = await client(deaf.url())
    call = asyncio.create_task(bb.send(upload(progress=progress)))
    await deaf.heard.wait()
    async with asyncio.timeout(5):
        await bb.aclose(grace=0.05)
    with pytest.raises(ClientClosedError, match="may or may not"):
        await call


async def test_an_upload_that_is_cancelled_leaves_no_connection(
    deaf: Deaf, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was not taken yet is dropped: the connection would stay open as long as it is there."""
    bb: Bitbucket = await client(deaf.url())
    seen: list[asyncio.Transport] = []
    connect = bb._transport.line.session.connector.connect

    async def watched(*args: Any, **kwargs: Any) -> Any:
        connection = await connect(*args, **kwargs)
        seen.append(connection.transport)
        return connection

    monkeypatch.setattr(bb._transport.line.session.connector, "connect", watched)
    call = asyncio.create_task(bb.send(upload(progress=True)))
    await deaf.heard.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert seen[0].get_write_buffer_size() == 0


async def test_large_bytes_are_sent_piece_by_piece(serve: Any, client: Any, say: Any) -> None:
    """In one piece they would stop all other calls for a while, as a warning of aiohttp says."""
    server = await serve(say(201, {}))
    bb = await client(server.url)
    await bb.send(Request("POST", "/x", (), Body(LARGE, "text/plain"), safety=Safety.NEVER))
    [heard] = server.heard
    assert heard.body == LARGE
    assert heard.headers["Content-Length"] == str(len(LARGE))
    assert "Transfer-Encoding" not in heard.headers


async def test_a_host_that_is_no_name_is_a_failed_connection(client: Any) -> None:
    """What can't be looked up is an error of the tree, and is not tried again."""
    bb = await client(f"http://{'a' * 70}.test/2.0")
    with pytest.raises(ConnectionFailedError, match=r"no name that can be looked up.*tried once"):
        await bb.send(WRITE)
