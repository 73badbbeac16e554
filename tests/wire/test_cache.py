"""The cache: what is kept is asked after each time, and given again only where nothing changed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bbasync import BasicAuth, BearerAuth, Bitbucket, Body, MemoryCache
from bbasync.errors import ConfigurationError, NotFoundError
from bbasync.wire.cache import key_of
from bbasync.wire.message import Request, Safety

TOKEN = "t0ps3cret-t0ps3cret"
READ = Request("GET", "/x")


class Seen(MemoryCache):
    """A cache that tells what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.gets: list[str] = []
        self.sets: dict[str, bytes] = {}

    async def get(self, key: str) -> bytes | None:
        """Note it."""
        self.gets.append(key)
        return await super().get(key)

    async def set(self, key: str, value: bytes) -> None:
        """Note it."""
        self.sets[key] = value
        await super().set(key, value)


@pytest.fixture
def cache() -> Seen:
    """An empty one."""
    return Seen()


def conditions(server: Any) -> list[str | None]:
    """What each request asked under."""
    return [heard.headers.get("If-None-Match") for heard in server.heard]


# --- what is kept ------------------------------------------------------------------------------


@pytest.mark.parametrize("tag", ['"a1"', 'W/"a1"', '"gz[a1]"', "-4866249612541806531"])
async def test_what_has_not_changed_comes_from_the_cache(
    serve: Any, client: Any, say: Any, cache: Seen, tag: str
) -> None:
    """The tag is sent as it came, and a 304 is the answer that was kept, with headers of now."""
    head = {"ETag": tag, "X-Request-Count": "1", "Content-Language": "en", "X-Old": "1"}
    again = {"X-Request-Count": "2", "X-RateLimit-Limit": "7", "Content-Type": "text/none"}
    server = await serve(say(data={"a": 1}, headers=head), say(304, body=b"", headers=again))
    bb = await client(server.url, cache=cache)
    first, second, third = [await bb.send(READ) for _ in range(3)]
    assert conditions(server) == [None, tag, tag]
    assert bb.requests_sent == 3
    assert [one.unchanged for one in (first, second, third)] == [False, True, True]
    assert (second.status, second.body, second.json()) == (200, first.body, {"a": 1})
    assert second.headers["etag"] == tag
    assert second.headers["content-type"] == "application/json"
    assert second.headers["Content-Language"] == "en"
    assert (second.headers["x-request-count"], second.headers["X-RateLimit-Limit"]) == ("2", "7")
    assert "X-Old" not in second.headers
    assert (second.method, second.url, second.attempts) == ("GET", first.url, 1)


async def test_what_has_changed_is_kept_anew(
    serve: Any, client: Any, say: Any, cache: Seen
) -> None:
    """The new answer is given, and its tag is sent the next time."""
    server = await serve(
        say(data=1, headers={"ETag": '"1"'}),
        say(data=2, headers={"ETag": '"2"'}),
        say(304, body=b""),
    )
    bb = await client(server.url, cache=cache)
    assert [(await bb.send(READ)).json() for _ in range(3)] == [1, 2, 2]
    assert conditions(server) == [None, '"1"', '"2"']


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (200, {}),
        (200, {"ETag": ""}),
        (200, {"ETag": '"1"', "Cache-Control": "no-cache, No-Store"}),
        (200, {"ETag": '"1"', "Vary": "*"}),
        (203, {"ETag": '"1"'}),
        (404, {"ETag": '"1"'}),
    ],
)
async def test_what_must_not_be_kept_is_not(
    serve: Any, client: Any, say: Any, cache: Seen, status: int, headers: dict[str, str]
) -> None:
    """An answer without a tag, an error, and one that says so."""
    server = await serve(say(status, data=1, headers=headers))
    bb = await client(server.url, cache=cache)
    for _ in range(2):
        await asyncio.gather(bb.send(READ), return_exceptions=True)
    assert cache.sets == {}
    assert conditions(server) == [None, None]


@pytest.mark.parametrize(
    "request_",
    [
        Request("GET", "/x", headers={"range": "bytes=1-"}),
        Request("GET", "/x", headers={"If-Match": '"1"'}),
        Request("GET", "/x", headers={"If-Modified-Since": "Mon, 01 Jan 2026 00:00:00 GMT"}),
        Request("GET", "/x", headers={"Cache-Control": "no-store"}),
        Request("HEAD", "/x"),
        Request("POST", "/x", body=Body.of_json({}), safety=Safety.READ),
        Request("PUT", "/x", safety=Safety.REPEATABLE),
    ],
)
async def test_other_requests_never_meet_the_cache(
    serve: Any, client: Any, say: Any, cache: Seen, request_: Request
) -> None:
    """Parts, conditions of the caller's, and whatever is no plain read."""
    server = await serve(say(body=b"", headers={"ETag": '"1"'}))
    bb = await client(server.url, cache=cache)
    await bb.send(request_)
    await bb.send(request_)
    assert cache.gets == []
    assert cache.sets == {}
    asked = request_.headers.get("If-None-Match")
    assert conditions(server) == [asked, asked]


async def test_a_condition_of_the_callers_stays_his_own(
    serve: Any, client: Any, say: Any, cache: Seen
) -> None:
    """He gets the 304 that he asked for, although the answer is kept."""
    server = await serve(say(data=1, headers={"ETag": '"1"'}), say(304, body=b""))
    bb = await client(server.url, cache=cache)
    await bb.send(READ)
    answer = await bb.request("GET", "/x", headers={"if-none-match": '"0"'})
    assert (answer.status, answer.body, answer.unchanged) == (304, b"", False)
    assert conditions(server) == [None, '"0"']


async def test_streams_are_not_kept(serve: Any, client: Any, say: Any, cache: Seen) -> None:
    """Neither read in pieces nor awaited: they may be larger than any cache."""
    server = await serve(say(body=b"abc", headers={"ETag": '"1"'}))
    bb = await client(server.url, cache=cache)
    assert [chunk async for chunk in bb.stream("/x")] == [b"abc"]
    assert await bb.stream("/x") == b"abc"
    assert (cache.gets, cache.sets) == ([], {})


async def test_headers_that_ask_for_another_form_are_another_answer(
    serve: Any, client: Any, say: Any, cache: Seen
) -> None:
    """What was kept of one media type is not asked after for another one."""
    server = await serve(say(data=1, headers={"ETag": '"1"'}))
    bb = await client(server.url, cache=cache)
    for kind in ("text/a", "text/b", "text/a"):
        await bb.request("GET", "/x", headers={"Accept": kind})
    assert conditions(server) == [None, None, '"1"']


# --- whose it is -------------------------------------------------------------------------------


async def test_nobody_is_answered_from_what_another_was(
    serve: Any, client: Any, say: Any, cache: Seen
) -> None:
    """Clients may share a cache: another credential asks as if nothing were kept.

    Two tokens of one person are two credentials, since they may have other scopes.
    """
    server = await serve(say(data=1, headers={"ETag": '"1"'}))
    auths = [
        BearerAuth(TOKEN),
        BasicAuth("ada@example.com", TOKEN),
        BasicAuth("ada@example.com", TOKEN[::-1]),
        None,
    ]
    for auth in auths:
        await (await client(server.url, auth=auth, cache=cache)).send(READ)
    assert conditions(server) == [None] * 4
    for auth in auths:
        await (await client(server.url, auth=auth, cache=cache)).send(READ)
    assert conditions(server)[4:] == ['"1"'] * 4


async def test_nothing_secret_is_in_a_key(serve: Any, client: Any, say: Any, cache: Seen) -> None:
    """Neither the credential nor the address; of two addresses the keys have the owner alone."""
    server = await serve(say(data=1, headers={"ETag": '"1"', "Set-Cookie": f"s={TOKEN}"}))
    bb = await client(server.url, auth=BearerAuth(TOKEN), cache=cache)
    await bb.request("GET", "/repositories/acme", query={"access_token": TOKEN})
    await bb.request("GET", "/repositories/other")
    one, other = cache.gets
    assert len(one) == len(other) == len("bbasync:1:") + 2 * 32 + 1
    assert one.rpartition(":")[0] == other.rpartition(":")[0]
    assert one != other
    assert not [value for value in cache.sets.values() if TOKEN.encode() in value]


def test_keys_tell_addresses_credentials_and_headers_apart() -> None:
    """No two questions have one key, however their parts are put together."""
    keys = [
        key_of(None, "https://a/x", {}),
        key_of("Bearer x", "https://a/x", {}),
        key_of(None, "https://a/y", {}),
        key_of(None, "https://a/x", {"Accept": "a"}),
        key_of(None, "https://a/x", {"Accept": "b"}),
    ]
    assert len(set(keys)) == 5
    assert key_of(None, "u", {"B": "1", "A": "2"}) == key_of(None, "u", {"a": "2", "b": "1"})


# --- on the way --------------------------------------------------------------------------------


async def test_calls_at_once_ask_once(serve: Any, client: Any, say: Any, cache: Seen) -> None:
    """The cache is asked by the one that asks the service, and all have the body."""
    server = await serve(say(data=1, headers={"ETag": '"1"'}), say(304, body=b""))
    bb = await client(server.url, cache=cache)
    await bb.send(READ)
    answers = await asyncio.gather(*(bb.send(READ) for _ in range(5)))
    assert [answer.json() for answer in answers] == [1] * 5
    assert len(server.heard) == len(cache.gets) == 2


async def test_a_repetition_and_a_redirect_ask_the_same(
    serve: Any, client: Any, say: Any, cache: Seen
) -> None:
    """The condition goes along wherever the call goes, and the answer is kept under its start."""
    server = await serve(
        say(302, headers={"Location": "/2.0/y"}),
        say(data=1, headers={"ETag": '"1"'}),
        say(503),
        say(302, headers={"Location": "/2.0/y"}),
        say(304, body=b""),
    )
    bb = await client(server.url, cache=cache)
    await bb.send(READ)
    answer = await bb.send(READ)
    assert (answer.json(), answer.attempts, answer.unchanged) == (1, 2, True)
    assert conditions(server) == [None, None, '"1"', '"1"', '"1"']


async def test_an_error_is_an_error_although_something_is_kept(
    serve: Any, client: Any, say: Any, cache: Seen
) -> None:
    """What is gone is gone: nothing stale is given in its place."""
    server = await serve(say(data=1, headers={"ETag": '"1"'}), say(404))
    bb = await client(server.url, cache=cache)
    await bb.send(READ)
    with pytest.raises(NotFoundError):
        await bb.send(READ)


async def test_events_tell_what_was_really_answered(
    serve: Any, client: Any, say: Any, cache: Seen
) -> None:
    """A 304, of which nothing was received: so a listener can count what the cache is good for."""
    server = await serve(say(body=b"12345", headers={"ETag": '"1"'}), say(304, body=b""))
    events: list[Any] = []
    bb = await client(server.url, cache=cache, on_event=events.append)
    await bb.send(READ)
    await bb.send(READ)
    done = [(one.status, one.received) for one in events if one.kind == "done"]
    assert done == [(200, 5), (304, 0)]


async def test_the_quota_counts_a_304(serve: Any, client: Any, say: Any, cache: Seen) -> None:
    """Nobody says that the service does not."""
    server = await serve(say(data=1, headers={"ETag": '"1"'}), say(304, body=b""))
    bb = await client(server.url, auth=BearerAuth(TOKEN), cache=cache)
    for _ in range(3):
        await bb.request("GET", "/repositories/acme")
    assert bb.quota["api"].used == 3


# --- caches of others --------------------------------------------------------------------------


class Broken:
    """A cache that fails in one of its two ways."""

    def __init__(self, way: str) -> None:
        self.way = way

    async def get(self, _: str) -> bytes | None:
        """Fail, or find something that is not ours."""
        if self.way == "get":
            raise OSError("no cache today")
        return b"\x01\x02" if self.way == "garbage" else None

    async def set(self, *_: object) -> None:
        """Fail."""
        if self.way == "set":
            raise OSError("no cache today")


@pytest.mark.parametrize("way", ["get", "set", "garbage"])
async def test_a_cache_that_fails_breaks_no_call(
    serve: Any, client: Any, say: Any, caplog: pytest.LogCaptureFixture, way: str
) -> None:
    """The service is asked without it, and the log says so once."""
    server = await serve(say(data=1, headers={"ETag": '"1"'}))
    bb = await client(server.url, cache=Broken(way))
    assert [(await bb.send(READ)).json() for _ in range(3)] == [1] * 3
    assert conditions(server) == [None] * 3
    warnings = [one.message for one in caplog.records if one.levelno == logging.WARNING]
    assert warnings == ["the cache failed: calls go on without it"]


async def test_a_call_that_waits_for_the_cache_can_be_cancelled(
    serve: Any, client: Any, say: Any
) -> None:
    """It is a wait like any other."""

    class Slow(MemoryCache):
        async def get(self, _: str) -> bytes | None:
            await asyncio.Event().wait()
            return None

    server = await serve(say(data=1))
    bb = await client(server.url, cache=Slow(), deadline=0.02)
    with pytest.raises(TimeoutError):
        await bb.send(READ)
    assert not server.heard
    assert not bb._transport.together._asked


@pytest.fixture
async def small() -> AsyncIterator[MemoryCache]:
    """Room for ten bytes."""
    return MemoryCache(10)


async def test_what_was_not_used_for_longest_goes_first(small: MemoryCache) -> None:
    """The bound is in bytes; what is asked for stays."""
    await small.set("a", b"1234")
    await small.set("b", b"1234")
    await small.get("a")
    await small.set("c", b"1234")
    assert [await small.get(key) for key in "abc"] == [b"1234", None, b"1234"]
    await small.set("c", b"12")
    await small.set("d", b"1234")
    assert [await small.get(key) for key in "acd"] == [b"1234", b"12", b"1234"]
    assert repr(small) == "<MemoryCache of 3 answers in 10 bytes>"


async def test_one_that_is_too_large_sends_nobody_away(small: MemoryCache) -> None:
    """It is not kept, and neither is what it was meant to replace."""
    await small.set("a", b"1234")
    await small.set("b", b"1234")
    await small.set("b", b"x" * 11)
    assert [await small.get(key) for key in "ab"] == [b"1234", None]
    assert repr(small) == "<MemoryCache of 1 answers in 4 bytes>"


@pytest.mark.parametrize("size", [0, -1, True, 1.5, "1"])
def test_the_bound_is_a_number_of_bytes(size: Any) -> None:
    """Anything else is refused."""
    with pytest.raises(ConfigurationError, match="max_bytes"):
        MemoryCache(size)


@pytest.mark.parametrize("given", [{}, True, MemoryCache, "memory"])
def test_a_cache_is_what_gets_and_sets(given: Any) -> None:
    """Anything else is refused at once."""
    with pytest.raises(ConfigurationError, match=r"cache takes MemoryCache\(\)"):
        Bitbucket(cache=given)
