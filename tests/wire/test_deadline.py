"""Deadlines: how long a call may take in all."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bbasync import Bitbucket
from bbasync.errors import (
    AmbiguousWriteError,
    ConfigurationError,
    RateLimitedError,
    ServerError,
    TimedOutError,
)
from bbasync.wire.body import Body
from bbasync.wire.message import Request, Safety

READ = Request("GET", "/x")


async def test_an_answer_that_is_late_is_an_error_that_says_how_late(
    serve: Any, client: Any, raw: Any
) -> None:
    """The error names the deadline, the attempt and what was waited for."""
    server = await serve(raw(b"", "hold"))
    bb = await client(server.url, deadline=0.05)
    with pytest.raises(
        TimedOutError,
        match=r"GET http.*/x failed: not done within the deadline of 0.05 s "
        r"\(in attempt 1, waiting for the answer\)",
    ):
        await bb.send(READ)
    assert len(server.heard) == 1


async def test_waiting_for_a_connection_counts(serve: Any, client: Any, say: Any) -> None:
    """A call in the queue is ended by its deadline, and was never sent, so that nothing is open."""
    server = await serve(say())
    bb = await client(server.url, deadline=0.05, connections=1)
    async with bb.open(READ):
        with pytest.raises(TimedOutError, match="in attempt 1, waiting for a connection"):
            await bb.send(Request("POST", "/y", safety=Safety.NEVER))
    assert [heard.method for heard in server.heard] == ["GET"]
    assert bb._transport.line.queues.taken == 0


async def test_a_late_write_is_ambiguous(serve: Any, client: Any, raw: Any) -> None:
    """A write that was under way when time ran out may have been carried out."""
    server = await serve(raw(b"", "hold"))
    bb = await client(server.url, deadline=0.05)
    with pytest.raises(AmbiguousWriteError, match=r"no answer within the deadline of 0\.05 s"):
        await bb.send(Request("POST", "/x", body=Body.of_json({}), safety=Safety.NEVER))


async def test_a_body_that_drips_is_bounded(serve: Any, client: Any, raw: Any) -> None:
    """Reading the body counts, although the line is not silent."""
    server = await serve(raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", "hold"))
    bb = await client(server.url, deadline=0.05)
    with pytest.raises(TimedOutError, match="deadline"):
        await bb.send(READ)


async def test_no_wait_is_begun_that_would_end_too_late(
    serve: Any, client: Any, say: Any, time: Any
) -> None:
    """The last answer is the error, at once, where the next try would come past the deadline."""
    server = await serve(say(429, headers={"Retry-After": "100"}))
    bb = await client(server.url, deadline=60)
    with pytest.raises(RateLimitedError) as caught:
        await bb.send(READ)
    assert (len(server.heard), time.sleeps) == (1, [])
    assert caught.value.reset_at is not None


async def test_what_was_waited_already_counts(serve: Any, client: Any, say: Any, time: Any) -> None:
    """Two waits of 40 seconds don't fit into one minute."""
    server = await serve(say(503, headers={"Retry-After": "40"}))
    bb = await client(server.url, deadline=60)
    with pytest.raises(ServerError):
        await bb.send(READ)
    assert time.sleeps == [42]
    assert len(server.heard) == 2


async def test_a_stream_is_timed_until_its_body_begins(
    serve: Any, client: Any, say: Any, raw: Any
) -> None:
    """A long download is not cut by the deadline, one that does not begin is."""
    server = await serve(say(body=b"x" * 1000), raw(b"", "hold"))
    bb = await client(server.url, deadline=0.05)
    async with bb.open(READ) as reading:
        await asyncio.sleep(0.1)
        assert b"".join([chunk async for chunk in reading.chunks()]) == b"x" * 1000
    with pytest.raises(TimedOutError, match="deadline"):
        await bb.stream("/x")


async def test_the_caller_s_own_timeout_comes_first(serve: Any, client: Any, raw: Any) -> None:
    """asyncio.timeout() around a call ends it, as it ends anything, and leaves nothing."""
    server = await serve(raw(b"", "hold"))
    bb = await client(server.url, deadline=10)
    with pytest.raises(TimeoutError) as caught:
        async with asyncio.timeout(0.03):
            await bb.send(READ)
    assert not isinstance(caught.value, TimedOutError)
    assert bb._transport.line.queues.taken == 0
    assert not bb._transport.calls._running


async def test_a_timeout_of_our_own_inside_the_deadline_is_told_as_it_is(
    serve: Any, client: Any, raw: Any
) -> None:
    """Silence is silence, not the deadline, where it was noticed first."""
    server = await serve(raw(b"", "hold"))
    bb = await client(server.url, deadline=10, timeout=0.03, attempts=1)
    with pytest.raises(TimedOutError, match="no answer in time"):
        await bb.send(READ)


@pytest.mark.parametrize("value", [0, -1, "5", True, float("nan")])
def test_a_deadline_is_a_number_of_seconds(value: Any) -> None:
    """Anything else is refused before a call could be ended by it."""
    with pytest.raises(ConfigurationError, match="deadline"):
        Bitbucket(deadline=value)
