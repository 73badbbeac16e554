"""The end of a client, and of single calls: nothing outlives it, nothing is left."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from bbasync import Bitbucket, Part
from bbasync.errors import BitbucketError, ClientClosedError, ConfigurationError
from bbasync.wire.body import Body
from bbasync.wire.message import Request, Safety

READ = Request("GET", "/x")


async def test_closing_waits_for_what_runs(serve: Any, client: Any, say: Any) -> None:
    """A call that ends within the grace has its answer."""
    go_on = asyncio.Event()

    class Slow:
        async def authorization(self) -> str | None:
            await go_on.wait()
            return None

    server = await serve(say(data=1))
    bb = await client(server.url, auth=Slow())
    call = asyncio.create_task(bb.send(READ))
    await asyncio.sleep(0)
    closing = asyncio.create_task(bb.aclose(grace=10))
    await asyncio.sleep(0)
    with pytest.raises(ClientClosedError, match="not open"):
        await bb.send(READ)
    assert not closing.done()
    go_on.set()
    assert (await call).json() == 1
    await closing
    assert bb.requests_sent == 1


async def test_closing_ends_what_takes_too_long_and_says_so(
    serve: Any, client: Any, raw: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """After the grace all calls end as ClientClosedError, those in the queue too; one log line."""
    server = await serve(raw(b"", "hold"))
    bb = await client(server.url, connections=1)
    reads = [Request("GET", f"/{n}") for n in range(3)]
    calls = [asyncio.create_task(bb.send(one)) for one in reads]
    await server.hears()
    await bb.aclose(grace=0.02)
    ends = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(end) for end in ends] == [ClientClosedError] * 3
    assert "closed while a call was under way (GET" in str(ends[0])
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == [
        "the client was closed while 3 calls were under way: ended after 0.02 s"
    ]


async def test_a_write_that_is_ended_says_that_it_may_have_been_carried_out(
    serve: Any, client: Any, raw: Any
) -> None:
    """The client's end is no reason to hide a doubt."""
    server = await serve(raw(b"", "hold"))
    bb = await client(server.url)
    call = asyncio.create_task(bb.send(Request("POST", "/x", safety=Safety.NEVER)))
    await server.hears()
    await bb.aclose(grace=0)
    with pytest.raises(ClientClosedError, match="it may or may not have been carried out"):
        await call


async def test_a_wait_between_attempts_is_ended(serve: Any, say: Any) -> None:
    """A call that sleeps until the quota is there again does not keep the client open."""
    server = await serve(say(429, headers={"Retry-After": "100"}))
    async with Bitbucket(base_url=server.url, grace=0) as bb:
        call = asyncio.create_task(bb.send(READ))
        await server.hears()
    with pytest.raises(ClientClosedError):
        await call


async def test_an_exception_in_the_block_does_not_wait(serve: Any, raw: Any) -> None:
    """Who leaves by an exception wants to leave: grace is for those who are done."""
    server = await serve(raw(b"", "hold"))
    bb = Bitbucket(base_url=server.url, grace=600)
    await bb.__aenter__()
    call = asyncio.create_task(bb.send(READ))
    await server.hears()
    async with asyncio.timeout(5):
        await bb.__aexit__(ValueError, ValueError(), None)
    with pytest.raises(ClientClosedError):
        await call


async def test_a_stream_that_is_read_at_the_end_says_so(serve: Any, client: Any, raw: Any) -> None:
    """The body of a download breaks off as ClientClosedError, not as a failed connection."""
    server = await serve(raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nETag: x\r\n\r\n{", "hold"))
    bb = await client(server.url)
    begun = asyncio.Event()

    async def read() -> None:
        async for _ in bb.stream("/x"):
            begun.set()

    task = asyncio.create_task(read())
    waiting = asyncio.create_task(begun.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    assert waiting.done(), task.exception()
    await bb.aclose(grace=0)
    with pytest.raises(ClientClosedError):
        await task


async def test_a_client_that_is_closed_twice_or_never_opened_is_no_trouble() -> None:
    """Closing is always allowed."""
    bb = Bitbucket()
    await bb.aclose()
    async with bb:
        await bb.aclose()
        with pytest.raises(ClientClosedError):
            await bb.send(READ)


async def test_a_client_can_be_opened_again(serve: Any, say: Any) -> None:
    """After its end a client may begin anew, and counts on."""
    server = await serve(say(data=1))
    bb = Bitbucket(base_url=server.url)
    for _ in range(2):
        async with bb:
            await bb.send(READ)
    assert bb.requests_sent == 2


async def test_a_call_that_is_ended_leaves_its_task_as_it_was(
    serve: Any, client: Any, raw: Any
) -> None:
    """Whoever catches the error goes on, in a task that nobody has cancelled."""
    server = await serve(raw(b"", "hold"))
    bb = await client(server.url)

    async def go_on() -> int:
        with pytest.raises(ClientClosedError):
            await bb.send(READ)
        await asyncio.sleep(0)
        task = asyncio.current_task()
        assert task is not None
        return task.cancelling()

    task = asyncio.create_task(go_on())
    await server.hears()
    await bb.aclose(grace=0)
    assert await task == 0


@pytest.mark.parametrize("before", [True, False])
async def test_a_call_that_its_own_task_cancels_as_well_is_cancelled(
    serve: Any, client: Any, raw: Any, *, before: bool
) -> None:
    """The client's end takes nobody's cancellation away, whichever came first."""
    server = await serve(raw(b"", "hold"))
    bb = await client(server.url)
    call = asyncio.create_task(bb.send(READ))
    await server.hears()
    if before:
        call.cancel()
    bb._transport.calls._end_others(asyncio.current_task(), 0)
    if not before:
        call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert call.cancelling() == 1


async def test_a_call_made_while_its_task_is_being_cancelled_can_be_ended(
    serve: Any, client: Any, raw: Any
) -> None:
    """Whoever cleans up with a last call is told that the client has gone."""
    server = await serve(raw(b"", "hold"))
    bb = await client(server.url)

    async def clean_up() -> None:
        try:
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            await bb.send(READ)

    task = asyncio.create_task(clean_up())
    await asyncio.sleep(0)
    task.cancel()
    await server.hears()
    await bb.aclose(grace=0)
    with pytest.raises(ClientClosedError):
        await task


async def test_closing_that_is_cancelled_still_closes(serve: Any, client: Any, raw: Any) -> None:
    """Who has no patience for the grace leaves no connection behind."""
    server = await serve(raw(b"", "hold"))
    bb = await client(server.url)
    session = bb._transport.line.session
    call = asyncio.create_task(bb.send(READ))
    await server.hears()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await bb.aclose(grace=100)
    assert session.closed
    with pytest.raises(ClientClosedError):
        await call


async def test_closing_that_is_cancelled_later_still_gives_up_the_quota(
    serve: Any, client: Any, say: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the connections to Redis would be kept for a client that is gone."""
    bb = await client((await serve(say())).url)
    await bb.send(READ)
    transport = bb._transport
    limiter = transport.gate.limiter

    async def stuck() -> None:
        await asyncio.sleep(600)

    close = transport.line.session.close
    monkeypatch.setattr(transport.line.session, "close", stuck)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await bb.aclose()
    await close()
    assert transport not in limiter._users


@pytest.mark.parametrize("value", [-1, "5", None, float("nan")])
def test_grace_is_a_number_of_seconds(value: Any) -> None:
    """Anything else is refused."""
    with pytest.raises(ConfigurationError, match="grace"):
        Bitbucket(grace=value)


class Chance:
    """A server that does anything, and calls of every kind, as chance will have it."""

    def __init__(self, say: Any, raw: Any) -> None:
        self.random = random.Random(4)
        self._say, self._raw = say, raw

    def answer(self, heard: Any) -> Any:
        """Anything."""
        kind = self.random.randrange(6)
        if kind == 0:
            return self._say(503)
        if kind == 1 and heard.method == "GET":
            return self._say(302, headers={"Location": "/2.0/y"})
        return self._raw(b"", "cut") if kind == 2 else self._say(body=b"x" * 100_000)

    async def call(self, bb: Bitbucket, number: int) -> None:
        """A write with a body, a read, or a stream."""
        if number % 3 == 0:
            parts = [Part("files", b"y" * 200_000, "x")]
            body = Body.of_parts(parts, progress=lambda _, __: None)
            await bb.send(Request("PUT", "/x", (), body, safety=Safety.REPEATABLE))
        elif number % 3 == 1:
            await bb.send(READ)
        else:
            async for _ in bb.stream("/x"):
                await asyncio.sleep(0)

    async def moment(self, most: int) -> None:
        """A few turns of the loop."""
        for _ in range(self.random.randrange(most)):
            await asyncio.sleep(0)


async def test_cancelling_anywhere_leaves_nothing(
    serve: Any, client: Any, say: Any, raw: Any
) -> None:
    """Calls, uploads, retries, redirects and streams cut at 200 points leave no place taken."""
    chance = Chance(say, raw)
    server = await serve(by=chance.answer)
    bb = await client(server.url, connections=3)
    transport = bb._transport
    before = asyncio.all_tasks()
    tasks: list[asyncio.Task[None]] = []
    while sum(task.cancelled() for task in tasks) < 200:
        tasks.append(asyncio.create_task(chance.call(bb, len(tasks))))
        await chance.moment(20)
        chance.random.choice(tasks[-4:]).cancel()
    ends = await asyncio.gather(*tasks, return_exceptions=True)
    fine = (asyncio.CancelledError, BitbucketError, type(None))
    assert [end for end in ends if not isinstance(end, fine)] == []
    await asyncio.sleep(0)
    assert transport.line.queues.taken == 0
    assert not transport.line.session.connector._acquired
    assert not transport.calls._running
    assert not transport.together._asked
    left = {task.get_coro().__name__ for task in asyncio.all_tasks() - before}
    assert left <= {"_serve"}

    server.script = lambda _: say(data=1)
    answers = await asyncio.gather(*(bb.send(Request("GET", f"/{n}")) for n in range(30)))
    assert [answer.json() for answer in answers] == [1] * 30


async def test_a_body_that_is_left_early_gives_everything_back(
    serve: Any, client: Any, say: Any
) -> None:
    """Leaving the block of an opened answer is enough."""
    server = await serve(say(body=b"x" * 1_000_000))
    bb = await client(server.url, connections=1)
    for _ in range(3):
        async with bb.open(READ) as reading:
            chunks: AsyncGenerator[bytes, None] = reading.chunks()
            assert await anext(chunks)
            await chunks.aclose()
    assert bb._transport.line.queues.taken == 0
    assert not bb._transport.calls._running
