"""The client itself: its options, its life, and its escape hatch."""

from __future__ import annotations

import asyncio
import copy
import math
import pickle
from typing import Any

import pytest

from bbasync import BearerAuth, Bitbucket
from bbasync.errors import (
    ArgumentError,
    ClientClosedError,
    ConfigurationError,
    ServerError,
    UntrustedAddressError,
)


@pytest.mark.parametrize(
    "options",
    [
        {"connections": 0},
        {"timeout": 0},
        {"timeout": -1},
        {"timeout": math.nan},
        {"max_wait": -1},
        {"max_wait": math.nan},
        {"attempts": 0},
        {"base_url": "api.bitbucket.org"},
        {"auth": "token"},
        {"auth": ("me@example.com", "token")},
    ],
)
def test_an_option_that_cannot_work_is_refused_at_once(options: dict[str, Any]) -> None:
    """The error names the option, and comes before anything is opened."""
    with pytest.raises(ConfigurationError, match=next(iter(options))):
        Bitbucket(**options)


@pytest.mark.parametrize("pack", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_client_does_not_leave_its_process(pack: Any) -> None:
    """It holds connections and a credential."""
    with pytest.raises(TypeError, match="can't be pickled"):
        pack(Bitbucket(BearerAuth("s3cret")))


def test_a_client_shows_no_secret() -> None:
    """Printing it tells where it talks to, and as what."""
    text = repr(Bitbucket(BearerAuth("s3cret")))
    assert text == "<Bitbucket https://api.bitbucket.org/2.0 BearerAuth>"


async def test_a_client_that_is_not_open_says_so() -> None:
    """Before and after its block."""
    bb = Bitbucket(base_url="http://127.0.0.1:9/2.0")
    with pytest.raises(ClientClosedError, match="inside async with"):
        await bb.request("GET", "/x")
    async with bb:
        pass
    with pytest.raises(ClientClosedError, match="inside async with"):
        await bb.users.me()


async def test_a_client_is_not_opened_twice() -> None:
    """A second block would close the first one's connections."""
    async with Bitbucket() as bb:
        with pytest.raises(ClientClosedError, match="open already"):
            await bb.__aenter__()


async def test_a_client_can_be_opened_again(serve: Any, say: Any) -> None:
    """One block after the other, and the requests are counted on."""
    server = await serve(say())
    bb = Bitbucket(base_url=server.url)
    async with bb:
        await bb.request("GET", "/x")
    async with bb:
        await bb.request("GET", "/x")
    assert bb.requests_sent == 2


async def test_any_address_of_the_api_can_be_called(serve: Any, client: Any, say: Any) -> None:
    """A path or an absolute address, with query, headers and JSON."""
    server = await serve(say(201, {"ok": 1}))
    bb = await client(server.url)
    answer = await bb.request(
        "post",
        "/x/%7Ba%7D",
        query={"page": 2, "q": "a b"},
        json={"b": 1},
        headers={"Accept": "x/y"},
    )
    await bb.request("GET", f"{server.url}/y")
    assert (answer.status, answer.json()) == (201, {"ok": 1})
    first, second = server.heard
    assert (first.method, first.target) == ("POST", "/2.0/x/%7Ba%7D?page=2&q=a%20b")
    assert (first.body, first.headers["Accept"]) == (b'{"b":1}', "x/y")
    assert (second.method, second.target, second.body) == ("GET", "/2.0/y", b"")


@pytest.mark.parametrize(
    ("method", "requests"), [("GET", 4), ("HEAD", 4), ("POST", 1), ("PUT", 1), ("DELETE", 1)]
)
async def test_only_reads_are_repeated_through_the_escape_hatch(
    serve: Any, client: Any, say: Any, method: str, requests: int
) -> None:
    """What a write to an unknown address does is not known."""
    server = await serve(say(503, body=b""))
    with pytest.raises(ServerError):
        await (await client(server.url)).request(method, "/x")
    assert len(server.heard) == requests


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        ({"method": "BREW", "path": "/x"}, ArgumentError),
        ({"method": "GET\r\nX: y", "path": "/x"}, ArgumentError),
        ({"method": "POST", "path": "/x", "json": {1, 2}}, ArgumentError),
        ({"method": "POST", "path": "/x", "json": math.nan}, ArgumentError),
        ({"method": "GET", "path": "x"}, ArgumentError),
        ({"method": "GET", "path": ""}, ArgumentError),
        ({"method": "GET", "path": "https://evil.example/2.0/x"}, UntrustedAddressError),
        ({"method": "GET", "path": "/x", "headers": {"A": "b\r\nC: d"}}, ArgumentError),
    ],
)
async def test_what_cannot_be_sent_is_refused_before(
    serve: Any, client: Any, say: Any, call: dict[str, Any], kind: type[Exception]
) -> None:
    """Nothing reaches the server."""
    server = await serve(say())
    bb = await client(server.url)
    with pytest.raises(kind):
        await bb.request(**call)
    assert server.connections == 0


@pytest.mark.parametrize(
    "options",
    [
        {"base_url": None},
        {"base_url": b"http://127.0.0.1/2.0"},
        {"base_url": "http://api.bitbucket.org/2.0"},
        {"base_url": "https://x/2.0/../y"},
        {"base_url": "https://x y/2.0"},
        {"connections": 2.5},
        {"connections": True},
        {"attempts": "3"},
        {"timeout": None},
        {"max_wait": float("nan")},
        {"auth": BearerAuth},
        {"auth": "token"},
    ],
)
def test_an_option_of_the_wrong_kind_is_a_configuration_error(options: dict[str, Any]) -> None:
    """It names the option before anything is opened."""
    with pytest.raises(ConfigurationError, match=next(iter(options))):
        Bitbucket(**options)


@pytest.mark.parametrize(
    "header",
    ["Content-Length", "transfer-encoding", "Host", "Authorization", "Connection", "Content-Type"],
)
async def test_headers_that_the_client_makes_are_refused(
    serve: Any, client: Any, say: Any, header: str
) -> None:
    """A body has one length, and the credential is the client's."""
    server = await serve(say())
    bb = await client(server.url)
    with pytest.raises(ArgumentError, match=header):
        await bb.request("GET", "/x", headers={header: "7"})
    assert server.heard == []


async def test_the_escape_hatch_spells_a_query_as_operations_do(
    serve: Any, client: Any, say: Any
) -> None:
    """True is true, None is left out, and a list repeats its name."""
    server = await serve(say())
    bb = await client(server.url)
    await bb.request("GET", "/x", query={"a": True, "b": None, "c": ["1", 2]})
    assert server.heard[0].target == "/2.0/x?a=true&c=1&c=2"


async def test_closing_the_client_says_so_to_every_call_under_way(serve: Any, raw: Any) -> None:
    """Those that wait for a connection are told too, and nobody looks cancelled."""
    server = await serve(raw(b"", "hold"))
    async with Bitbucket(base_url=server.url, connections=1, grace=0.01) as bb:
        calls = [asyncio.create_task(bb.request("GET", "/x")) for _ in range(3)]
        await server.hears()
    found = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(one) for one in found] == [ClientClosedError] * 3


async def test_a_cancelled_call_stays_cancelled_while_the_client_closes(
    serve: Any, raw: Any
) -> None:
    """Cancellation is the caller's word, and comes first."""
    server = await serve(raw(b"", "hold"))
    async with Bitbucket(base_url=server.url, connections=1) as bb:
        calls = [asyncio.create_task(bb.request("GET", "/x")) for _ in range(2)]
        await server.hears()
        for call in calls:
            call.cancel()
    await asyncio.wait(calls)
    assert all(call.cancelled() for call in calls)
