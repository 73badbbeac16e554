"""The courier: what it sends, and when it sends it again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import ClientSession

from bbasync.errors import ArgumentError
from bbasync.webhooks import Receiver, Router, parse, sign
from bbasync.webhooks.sending import Courier, Outgoing, address_of
from bbasync.webhooks.serving_aiohttp import serving
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


@pytest.mark.parametrize(("status", "attempts"), [(202, 1), (503, 3)])
async def test_an_answer_whose_body_does_not_come_is_its_status(
    serve: Serve, raw: Any, status: int, attempts: int
) -> None:
    """What was accepted is not sent again."""
    head = f"HTTP/1.1 {status} Said\r\nContent-Length: 9\r\n\r\n".encode()
    server = await serve(raw(head, "hold"))
    async with Courier(server.url, timeout=0.2, pause=0) as courier:
        outcome = await courier.send(SENT)
    assert (outcome.status, outcome.attempts, len(server.heard)) == (status, attempts, attempts)


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), "1", None, True])
def test_a_time_that_is_none_is_an_error(timeout: Any) -> None:
    """It would wait for ever, or not at all."""
    with pytest.raises(ArgumentError, match=r"^timeout "):
        Courier("http://x", timeout=timeout)


@pytest.mark.parametrize("name", ["key", "id", "hook_uuid", "signature"])
@pytest.mark.parametrize("text", ["a\nb", "\udcff", "é", "\x00", 7])
def test_what_can_not_go_into_a_header_is_told_by_its_name(name: str, text: Any) -> None:
    """When it is made, and without what it is."""
    fields: dict[str, Any] = {"key": "repo:push", "id": "one", "body": BODY, name: text}
    with pytest.raises(ArgumentError, match=f"^{name} "):
        Outgoing(**fields)


async def test_each_attempt_has_a_connection_of_its_own(serve: Any, say: Any) -> None:
    """A receiver may close it behind an answer without a word."""
    server = await serve(say(200, end="cut"))
    async with Courier(server.url) as courier:
        outcomes = [await courier.send(SENT) for _ in range(5)]
    assert [one.status for one in outcomes] == [200] * 5
    assert server.connections == 5
    assert {one.headers["Connection"] for one in server.heard} == {"close"}


async def test_a_receiver_is_served_while_the_block_runs() -> None:
    """What it has accepted is handled before that ends; afterwards nobody listens.

    Only deliveries that come to another path are told of.
    """
    router, seen = Router(), []
    astray: list[str] = []

    @router.on("*")
    async def handler(event: Any) -> None:
        await asyncio.sleep(0)
        seen.append(event.key)

    receiver = Receiver(router, secrets=SECRET)
    async with AsyncExitStack() as stack:
        served = serving(receiver, host="127.0.0.1", port=0, path="/in", astray=astray.append)
        ((host, port),) = await stack.enter_async_context(served)
        for path, status in (("/in", 202), ("/on", 404)):
            courier = await stack.enter_async_context(Courier(f"http://{host}:{port}{path}"))
            assert (await courier.send(SENT)).status == status
        async with ClientSession() as session, session.get(f"http://{host}:{port}/x") as answer:
            assert answer.status == 404
    assert (seen, astray) == (["repo:push"], ["/on"])
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
