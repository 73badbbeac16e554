"""The courier: what it sends, and when it sends it again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from bbasync.errors import ArgumentError
from bbasync.webhooks import Receiver, Router, parse, sign
from bbasync.webhooks.receiver_aiohttp import serving
from bbasync.webhooks.sending import Courier, Outgoing, address_of
from tests.webhooks.conftest import SECRET

Serve = Callable[..., Awaitable[Any]]
BODY = b'{"actor": null}'
SENT = Outgoing("repo:push", "one", BODY, "hook", sign(BODY, SECRET))


async def test_what_it_sends_is_a_delivery(serve: Serve, say: Any) -> None:
    """Its headers are read as they were meant, and its signature fits."""
    server = await serve(say(200, body=b"fine"))
    async with Courier(server.url) as courier:
        outcome = await courier.send(SENT)
    (heard,) = server.heard
    said = parse(heard.headers, heard.body, secrets=SECRET).delivery
    assert (said.key, said.id, said.hook_uuid, said.attempt) == ("repo:push", "one", "hook", 1)
    assert heard.headers["User-Agent"] == "Bitbucket-Webhooks/2.0"
    assert (outcome.ok, outcome.status, outcome.text, outcome.attempts) == (True, 200, "fine", 1)


@pytest.mark.parametrize(
    ("statuses", "attempts"),
    [([500, 503, 200], 3), ([500, 404], 2), ([503, 503, 503, 200], 3), ([301], 1), ([429], 1)],
)
async def test_only_a_5xx_is_sent_again_and_twice_at_most(
    serve: Serve, say: Any, statuses: list[int], attempts: int
) -> None:
    """With a pause before each, and the number of the attempt."""
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    server = await serve(*(say(status, headers={"Location": "/x"}) for status in statuses))
    async with Courier(server.url, pause=7, sleep=sleep) as courier:
        outcome = await courier.send(SENT)
    assert [one.headers["X-Attempt-Number"] for one in server.heard] == ["1", "2", "3"][:attempts]
    assert (outcome.status, outcome.attempts) == (statuses[attempts - 1], attempts)
    assert pauses == [7] * (attempts - 1)


async def test_a_connection_that_breaks_off_is_no_answer(serve: Serve, raw: Any) -> None:
    """It is not tried again, and its reason is told."""
    server = await serve(raw(b"", "reset"))
    async with Courier(server.url, pause=0) as courier:
        outcome = await courier.send(SENT)
    assert (outcome.ok, outcome.status, len(server.heard)) == (False, None, 1)
    assert outcome.text.startswith("no connection (")


async def test_an_answer_that_breaks_off_still_counts(serve: Serve, raw: Any) -> None:
    """Its status was there."""
    server = await serve(raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab", "close"))
    async with Courier(server.url, pause=0) as courier:
        outcome = await courier.send(SENT)
    assert outcome.ok


async def test_a_receiver_is_served_while_the_block_runs() -> None:
    """What it has accepted is handled before that ends; afterwards nobody listens."""
    router, seen = Router(), []

    @router.on("*")
    async def handler(event: Any) -> None:
        await asyncio.sleep(0)
        seen.append(event.key)

    receiver = Receiver(router, secrets=SECRET)
    async with AsyncExitStack() as stack:
        served = serving(receiver, host="127.0.0.1", port=0, path="/in")
        ((host, port),) = await stack.enter_async_context(served)
        courier = await stack.enter_async_context(Courier(f"http://{host}:{port}/in"))
        assert (await courier.send(SENT)).status == 202
    assert seen == ["repo:push"]
    async with Courier(f"http://{host}:{port}/in") as courier:
        assert (await courier.send(SENT)).status is None


@pytest.mark.parametrize(
    "url",
    [
        *("", "x", "ftp://x", "http://", "http://x:99999", "http://a:b@x"),
        *("http://a..b/", f"http://{'a' * 70}.example/"),
    ],
)
def test_an_address_that_can_t_be_posted_to_is_an_error(url: str) -> None:
    """Which does not repeat it, since there may be a password in it."""
    with pytest.raises(ArgumentError, match=r"^--to ") as raised:
        address_of("--to", url)
    assert "a:b" not in str(raised.value)


async def test_a_courier_is_to_be_opened() -> None:
    """The error says so."""
    with pytest.raises(ArgumentError, match="async with"):
        await Courier("http://x").send(SENT)


def test_a_delivery_shows_neither_body_nor_signature() -> None:
    """In its repr."""
    assert "actor" not in repr(SENT)
    assert "sha256" not in repr(SENT)
