"""The transport, over real sockets."""

from __future__ import annotations

import asyncio
import pickle
import traceback
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from bbasync import BasicAuth, BearerAuth, Bitbucket
from bbasync.errors import (
    AmbiguousWriteError,
    ArgumentError,
    BitbucketError,
    ClientClosedError,
    ConfigurationError,
    ConflictError,
    ConnectionFailedError,
    NotFoundError,
    RateLimitedError,
    RedirectError,
    ServerError,
    TimedOutError,
    UntrustedAddressError,
)
from bbasync.wire.message import Body, Request, Safety

if TYPE_CHECKING:
    from tests.conftest import Heard

SECRET = "t0ps3cret"  # shows in Basic as dDBwczNjcmV0 or shifted; see shown
AUTH = BearerAuth(SECRET)
LIMITED = b"Rate limit for this resource has been exceeded"
TEXT = {"Content-Type": "text/plain"}


def write(
    method: str, safety: Safety, body: Body | None = None, headers: Mapping[str, str] | None = None
) -> Request:
    """A request that changes something."""
    return Request(method, "/x", (), body, headers or {}, safety)


async def test_a_credential_and_a_name_are_sent(serve: Any, client: Any, say: Any) -> None:
    """Each request carries the Authorization header, and says which client it is from."""
    server = await serve(say(data={"ok": True}))
    bb = await client(server.url, auth=BasicAuth("me@example.com", "token"))
    answer = await bb.send(Request("GET", "/x"))
    assert (answer.status, answer.json(), answer.attempts) == (200, {"ok": True}, 1)
    assert server.heard[0].target == "/2.0/x"
    assert server.heard[0].authorization == "Basic bWVAZXhhbXBsZS5jb206dG9rZW4="
    assert server.heard[0].headers["User-Agent"].startswith("bbasync/")


async def test_an_anonymous_client_sends_no_credential(serve: Any, client: Any, say: Any) -> None:
    """Without a credential there is no Authorization header."""
    server = await serve(say())
    await (await client(server.url)).send(Request("GET", "/x"))
    assert server.heard[0].authorization is None


async def test_a_failing_read_is_retried_until_it_works(
    serve: Any, client: Any, say: Any, time: Any
) -> None:
    """5xx answers of a GET are asked for again, with growing waits, and counted."""
    server = await serve(say(503), say(502), say(data=[1]))
    answer = await (await client(server.url)).send(Request("GET", "/x"))
    assert (answer.json(), answer.attempts) == ([1], 3)
    assert time.sleeps == [0.25, 0.5]


async def test_a_read_that_keeps_failing_is_its_last_answer(
    serve: Any, client: Any, say: Any, time: Any
) -> None:
    """After the last attempt, the error has the status and says how often it was tried."""
    server = await serve(say(500, body=b"<h1>Oops</h1>"))
    with pytest.raises(ServerError, match="Oops") as caught:
        await (await client(server.url)).send(Request("GET", "/x"))
    assert caught.value.attempts == len(server.heard) == 4
    assert time.sleeps == [0.25, 0.5, 1.0]


@pytest.mark.parametrize("status", [500, 503, 555])
async def test_a_failed_post_is_not_repeated(
    serve: Any, client: Any, say: Any, status: int
) -> None:
    """A 5xx of a POST may come after it was carried out, so it is the answer."""
    server = await serve(say(status, {"error": {"message": "Oops"}}))
    with pytest.raises(ServerError):
        await (await client(server.url)).send(write("POST", Safety.NEVER))
    assert len(server.heard) == 1


@pytest.mark.parametrize("end", ["cut", "reset"])
async def test_a_post_whose_answer_is_lost_is_ambiguous(
    serve: Any, client: Any, raw: Any, end: str
) -> None:
    """A POST that was cut after sending is not repeated, and the error says what to do."""
    server = await serve(raw(b"", end))
    with pytest.raises(AmbiguousWriteError, match="may or may not have been carried out") as caught:
        await (await client(server.url)).send(write("POST", Safety.NEVER))
    assert (caught.value.method, caught.value.url) == ("POST", f"{server.url}/x")
    assert len(server.heard) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
        b"HTTP/1.1 200 OK\r\nContent-Len",
        b"NONSENSE\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
    ],
    ids=["short body", "short chunk", "short head", "no HTTP", "no gzip"],
)
async def test_a_broken_answer_is_a_lost_one(
    serve: Any, client: Any, raw: Any, say: Any, content: bytes
) -> None:
    """Whatever is cut or garbled, a read is asked for again."""
    server = await serve(raw(content, "cut"), say(data=1))
    answer = await (await client(server.url)).send(Request("GET", "/x"))
    assert (answer.json(), answer.attempts) == (1, 2)


async def test_a_write_that_a_kept_connection_loses_is_sent_once(
    serve: Any, client: Any, raw: Any, say: Any
) -> None:
    """A PUT that can't be repeated isn't, not even by the HTTP library on a reused connection."""
    server = await serve(say(), raw(b"", "cut"), say())
    bb = await client(server.url)
    await bb.send(Request("GET", "/x"))
    with pytest.raises(AmbiguousWriteError):
        await bb.send(write("PUT", Safety.NEVER))
    assert [heard.method for heard in server.heard] == ["GET", "PUT"]


@pytest.mark.parametrize("reused", [False, True], ids=["new connection", "reused connection"])
async def test_a_deletion_whose_answer_was_lost_is_done_when_nothing_is_left(
    serve: Any, client: Any, raw: Any, say: Any, *, reused: bool
) -> None:
    """A lost DELETE is sent again, and its 404 then means that the first one worked."""
    server = await serve(*[say()] * reused, raw(b"", "cut"), say(404))
    bb = await client(server.url)
    if reused:
        await bb.send(Request("GET", "/x"))
    answer = await bb.send(write("DELETE", Safety.VERIFY))
    assert (answer.status, answer.body, answer.attempts) == (204, b"", 2)


async def test_a_deletion_of_nothing_is_a_404(serve: Any, client: Any, say: Any) -> None:
    """Without a doubt before it, a 404 is a 404."""
    server = await serve(say(404, {"error": {"message": "no hook"}}))
    with pytest.raises(NotFoundError, match="no hook"):
        await (await client(server.url)).send(write("DELETE", Safety.VERIFY))


async def test_a_deletion_refused_by_the_quota_leaves_no_doubt(
    serve: Any, client: Any, say: Any
) -> None:
    """A 429 was not carried out, so that a 404 after it is a 404."""
    server = await serve(say(429, headers={"Retry-After": "1"}), say(404))
    with pytest.raises(NotFoundError):
        await (await client(server.url)).send(write("DELETE", Safety.VERIFY))


async def test_a_dead_server_is_one_clear_line(client: Any, unused_tcp_port: int) -> None:
    """A refused connection names the call, the reason and the number of tries."""
    bb = await client(f"http://127.0.0.1:{unused_tcp_port}/2.0")
    with pytest.raises(
        ConnectionFailedError, match=r"GET http.*/x failed: .*\(tried 4 times\)"
    ) as (caught):
        await bb.send(Request("GET", "/x"))
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, ConnectionError)


async def test_a_write_to_a_dead_server_is_not_ambiguous(
    client: Any, unused_tcp_port: int, time: Any
) -> None:
    """What was never sent was never carried out: it is tried again, and then it failed."""
    bb = await client(f"http://127.0.0.1:{unused_tcp_port}/2.0")
    with pytest.raises(ConnectionFailedError):
        await bb.send(write("POST", Safety.NEVER))
    assert len(time.sleeps) == 3


async def test_a_silent_server_times_out(serve: Any, client: Any, raw: Any) -> None:
    """Silence longer than the timeout is an error that every TimeoutError handler catches."""
    server = await serve(raw(b"", "hold"))
    bb = await client(server.url, timeout=0.03, attempts=2)
    with pytest.raises(TimedOutError, match=r"no answer in time \(tried 2 times\)") as caught:
        await bb.send(Request("GET", "/x"))
    assert isinstance(caught.value, TimeoutError)
    assert len(server.heard) == 2


async def test_a_server_that_falls_silent_half_way_times_out(
    serve: Any, client: Any, raw: Any
) -> None:
    """The timeout holds for the body as well."""
    server = await serve(raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", "hold"))
    bb = await client(server.url, timeout=0.03, attempts=1)
    with pytest.raises(TimedOutError, match="tried once"):
        await bb.send(Request("GET", "/x"))


async def test_a_silent_post_is_ambiguous(serve: Any, client: Any, raw: Any) -> None:
    """A write that was not answered in time may have been carried out."""
    server = await serve(raw(b"", "hold"))
    bb = await client(server.url, timeout=0.03)
    with pytest.raises(AmbiguousWriteError, match="no answer in time"):
        await bb.send(write("POST", Safety.NEVER))
    assert len(server.heard) == 1


async def test_a_429_without_headers_ends_as_a_rate_limit_with_a_time(
    serve: Any, client: Any, say: Any, time: Any
) -> None:
    """The service's plain-text 429 is waited for within max_wait, then is an error with a time."""
    server = await serve(say(429, body=LIMITED, headers=TEXT))
    with pytest.raises(RateLimitedError, match="Rate limit for this resource") as caught:
        await (await client(server.url)).send(Request("GET", "/x"))
    assert time.sleeps == [30 * 1.05, 60 * 1.05]
    # The third in a row: nothing is sent before.
    assert caught.value.reset_at == datetime.fromtimestamp(time.now + 120 * 1.05, UTC)


async def test_no_patience_is_one_request(serve: Any, client: Any, say: Any, time: Any) -> None:
    """With max_wait=0 a 429 is an error at once, and tells when to come back."""
    server = await serve(say(429, body=LIMITED, headers={**TEXT, "x-ratelimit-reset": "745"}))
    bb = await client(server.url, max_wait=0)
    with pytest.raises(RateLimitedError) as caught:
        await bb.send(Request("GET", "/x"))
    assert (len(server.heard), time.sleeps) == (1, [])
    assert caught.value.reset_at == datetime.fromtimestamp(time.now + 745 * 1.05, UTC)
    assert "next call expected to work at" in str(caught.value)


async def test_a_reset_in_seconds_is_waited_for(
    serve: Any, client: Any, say: Any, time: Any
) -> None:
    """x-ratelimit-reset is the seconds that are left: one wait, and it works, for a POST too."""
    server = await serve(say(429, headers={"x-ratelimit-reset": "37"}), say(201, {}))
    answer = await (await client(server.url)).send(write("POST", Safety.NEVER))
    assert (answer.status, answer.attempts) == (201, 2)
    assert time.sleeps == [37 * 1.05]


@pytest.mark.parametrize("value", ["inf", "nan", "1e308", "99999999999"])
async def test_an_endless_retry_after_is_not_waited_for(
    serve: Any, client: Any, say: Any, time: Any, value: str
) -> None:
    """No header makes a call sleep beyond max_wait."""
    server = await serve(say(429, headers={"Retry-After": value}))
    with pytest.raises(RateLimitedError):
        await (await client(server.url)).send(Request("GET", "/x"))
    assert sum(time.sleeps) <= 120


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_an_empty_write_says_that_its_length_is_0(
    serve: Any, client: Any, say: Any, method: str
) -> None:
    """Without a Content-Length the service answers 411; nothing is ever sent in chunks."""
    server = await serve(say(204, body=b""))
    await (await client(server.url)).send(write(method, Safety.NEVER))
    headers = server.heard[0].headers
    assert headers.getall("Content-Length") == ["0"]
    assert "Transfer-Encoding" not in headers
    assert "Content-Type" not in headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_a_body_has_its_length_and_type(
    serve: Any, client: Any, say: Any, method: str
) -> None:
    """A body is sent whole, whatever the method."""
    server = await serve(say())
    await (await client(server.url)).send(write(method, Safety.NEVER, Body.of_json({"ä": 1})))
    heard = server.heard[0]
    assert heard.body == '{"ä":1}'.encode()
    assert heard.headers.getall("Content-Length") == ["8"]
    assert heard.headers.getall("Content-Type") == ["application/json"]
    assert "Transfer-Encoding" not in heard.headers


async def test_a_write_is_repeated_with_its_body(serve: Any, client: Any, say: Any) -> None:
    """The second attempt is the same request."""
    server = await serve(say(503), say())
    await (await client(server.url)).send(write("PUT", Safety.REPEATABLE, Body.of_json([1])))
    assert [heard.body for heard in server.heard] == [b"[1]", b"[1]"]


async def test_a_redirect_keeps_credential_and_escapes(serve: Any, client: Any, say: Any) -> None:
    """The diff of a pull request is one redirect away, with a literal %0D in its path."""
    to = "/2.0/repositories/a/b/diff/a/b:12%0D34?from_pullrequest_id=1&topic=true"
    server = await serve(say(302, headers={"Location": to}), say(body=b"diff"))
    answer = await (await client(server.url, auth=AUTH)).send(Request("GET", "/x"))
    assert answer.body == b"diff"
    assert [heard.target for heard in server.heard] == ["/2.0/x", to]
    assert [heard.authorization for heard in server.heard] == [f"Bearer {SECRET}"] * 2


async def test_storage_does_not_see_the_credential(serve: Any, client: Any, say: Any) -> None:
    """Neither the client's credential nor one given as a header goes to another origin."""
    storage = await serve(say(body=b"file"))
    to = f"http://127.0.0.1:{storage.port}/bucket/x?Signature=a%2Bb"
    server = await serve(say(302, headers={"Location": to}))
    own = {"Authorization": f"Bearer {SECRET}", "Cookie": f"cloud.session.token={SECRET}"}
    bb = await client(server.url, auth=AUTH)
    for headers in ({}, own):
        answer = await bb.send(Request("GET", "/x", headers={**headers, "Range": "bytes=0-9"}))
        assert answer.body == b"file"
    assert SECRET in str(server.heard[1].headers)
    assert [SECRET in str(heard) for heard in storage.heard] == [False, False]
    assert [heard.target for heard in storage.heard] == ["/bucket/x?Signature=a%2Bb"] * 2
    assert storage.heard[0].headers["Range"] == "bytes=0-9"


@pytest.mark.parametrize("status", [301, 302])
async def test_a_write_that_moved_is_an_error_with_the_place(
    serve: Any, client: Any, say: Any, status: int
) -> None:
    """A write is not turned into a read, and the error says where the thing is now."""
    server = await serve(say(status, headers={"Location": "/2.0/y"}))
    with pytest.raises(RedirectError) as caught:
        await (await client(server.url)).send(write("PUT", Safety.REPEATABLE))
    assert caught.value.location == "/2.0/y"
    assert len(server.heard) == 1


async def test_a_307_inside_repeats_the_write_with_its_body(
    serve: Any, client: Any, say: Any
) -> None:
    """307 keeps method, body and credential."""
    server = await serve(say(307, headers={"Location": "/2.0/y"}), say(data={}))
    bb = await client(server.url, auth=AUTH)
    await bb.send(write("POST", Safety.NEVER, Body.of_json([1])))
    again = server.heard[1]
    assert (again.method, again.target, again.body) == ("POST", "/2.0/y", b"[1]")
    assert again.authorization == f"Bearer {SECRET}"


async def test_a_303_reads_without_the_body(serve: Any, client: Any, say: Any) -> None:
    """The answer to a write may stand elsewhere; it is read there."""
    server = await serve(say(303, headers={"Location": "/2.0/y"}), say(data={}))
    await (await client(server.url)).send(write("POST", Safety.NEVER, Body.of_json([1])))
    again = server.heard[1]
    assert (again.method, again.body) == ("GET", b"")
    assert "Content-Type" not in again.headers


@pytest.mark.parametrize("then", ["nobody", 404, 411, 425, 429, 503])
async def test_a_write_whose_answer_stands_elsewhere_is_sent_once(
    serve: Any, client: Any, say: Any, unused_tcp_port: int, then: int | str
) -> None:
    """It was carried out, whatever becomes of reading its answer, and so is not begun again."""
    to = f"http://127.0.0.1:{unused_tcp_port}/2.0/y" if then == "nobody" else "/2.0/y"

    def by(heard: Heard) -> Any:
        if heard.method == "POST":
            return say(303, headers={"Location": to})
        return say(then, headers={"Retry-After": "1"})

    server = await serve(by=by)
    bb = await client(server.url)
    with pytest.raises(AmbiguousWriteError):
        await bb.send(write("POST", Safety.NEVER, Body.of_json([1])))
    assert [heard.method for heard in server.heard].count("POST") == 1


async def test_a_fragment_of_a_redirect_is_not_sent(serve: Any, client: Any, say: Any) -> None:
    """It is no part of the path, where it would address something else."""
    server = await serve(say(302, headers={"Location": "/2.0/y?a=1#access_token=b"}), say())
    await (await client(server.url)).send(Request("GET", "/x"))
    assert [heard.target for heard in server.heard] == ["/2.0/x", "/2.0/y?a=1"]


@pytest.mark.parametrize(
    "content", [b"{}\r\n\r\n", b"HTTP/1.1 200 OK\r\nBearer {}\r\n\r\n", b"GET /x?token={} \r\n\r\n"]
)
async def test_what_sends_the_request_back_shows_no_credential(
    serve: Any, client: Any, raw: Any, content: bytes
) -> None:
    """A port that echoes, and no HTTP, is named so without a quotation."""
    server = await serve(raw(content.replace(b"{}", SECRET.encode()), "cut"))
    bb = await client(server.url, auth=AUTH, attempts=1)
    with pytest.raises(ConnectionFailedError, match=r"failed: not HTTP: [A-Z]") as caught:
        await bb.send(Request("GET", "/x"))
    assert SECRET not in shown(caught.value)


async def test_a_redirect_to_no_web_address_is_not_followed(
    serve: Any, client: Any, say: Any
) -> None:
    """It is told with its place, of which nothing secret is shown, and not tried again."""
    server = await serve(say(302, headers={"Location": f"ftp://me:{SECRET}@x/y?token={SECRET}"}))
    with pytest.raises(RedirectError) as caught:
        await (await client(server.url)).send(Request("GET", "/x"))
    assert caught.value.location == "ftp://x/y?token=***"
    assert SECRET not in shown(caught.value)
    assert len(server.heard) == 1


async def test_too_many_redirects_are_an_error(serve: Any, client: Any, say: Any) -> None:
    """A circle of redirects ends after a few hops."""
    server = await serve(say(302, headers={"Location": "/2.0/x"}))
    with pytest.raises(RedirectError):
        await (await client(server.url)).send(Request("GET", "/x"))
    assert len(server.heard) == 6


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:{port}/2.0/x", "//127.0.0.1:{port}/2.0/x", "http://127.0.0.1:{port}/"],
)
async def test_a_foreign_address_hears_nothing(
    serve: Any, client: Any, say: Any, address: str
) -> None:
    """A next, a link or a path on another origin is refused before a byte is sent."""
    evil, server = await serve(say()), await serve(say())
    bb = await client(server.url, auth=AUTH)
    with pytest.raises(UntrustedAddressError, match="nothing was sent"):
        await bb.send(Request("GET", address.format(port=evil.port)))
    assert evil.connections == server.connections == 0


@pytest.mark.parametrize("path", ["/../x", "/a/%2e%2e/%2E./x", "/a/./b"])
async def test_dot_segments_reach_no_server(serve: Any, client: Any, say: Any, path: str) -> None:
    """A path that climbs is refused, encoded or not."""
    server = await serve(say())
    bb = await client(server.url)
    with pytest.raises(UntrustedAddressError):
        await bb.send(Request("GET", path))
    assert server.connections == 0


@pytest.mark.parametrize("target", ["/a%2Fb/%7Bu%7D/c%23d", "/d/a:1%0Db%25", "/x?q=%22a%2Bb%22"])
async def test_what_was_encoded_stays_as_it_was(
    serve: Any, client: Any, say: Any, target: str
) -> None:
    """The bytes on the wire are the address, not a normal form of it."""
    server = await serve(say())
    await (await client(server.url)).send(Request("GET", target))
    assert server.heard[0].target == f"/2.0{target}"


async def test_a_thousand_calls_at_once_share_few_connections(
    serve: Any, client: Any, say: Any
) -> None:
    """Waiting for a free connection has no timeout, so that none fails."""
    server = await serve(say(data={}))
    bb = await client(server.url, connections=4, timeout=5)
    answers = await asyncio.gather(*[bb.send(Request("GET", f"/{n}")) for n in range(1000)])
    assert [answer.status for answer in answers] == [200] * 1000
    assert server.connections <= 4


async def test_cancellation_passes_through_and_leaves_nothing(
    serve: Any, client: Any, raw: Any, say: Any
) -> None:
    """A cancelled call is cancelled, not an error, and the client goes on working."""
    server = await serve(raw(b"", "hold"), say(data=1))
    bb = await client(server.url, connections=1)
    before = asyncio.all_tasks()
    call = asyncio.create_task(bb.send(Request("GET", "/x")))
    await server.hears()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert (await bb.send(Request("GET", "/x"))).json() == 1
    assert {task.get_coro().__name__ for task in asyncio.all_tasks() - before} <= {"_serve"}


async def test_a_deadline_of_the_caller_ends_the_waiting(serve: Any, say: Any) -> None:
    """asyncio.timeout() ends a call that waits between two attempts."""
    server = await serve(say(429, headers={"Retry-After": "100"}))
    async with Bitbucket(base_url=server.url) as bb:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await bb.send(Request("GET", "/x"))


async def test_closing_the_client_ends_a_call_as_an_error_of_ours(
    serve: Any, client: Any, raw: Any
) -> None:
    """A call under way when the client closes ends as an error of the tree."""
    server = await serve(raw(b"", "hold"))
    bb = await client(server.url, attempts=1)
    call = asyncio.create_task(bb.send(Request("GET", "/x")))
    await server.hears()
    await bb.aclose(grace=0)
    with pytest.raises(ClientClosedError):
        await call


async def test_a_call_that_finds_the_client_closed_between_attempts_says_so(
    serve: Any, client: Any, say: Any
) -> None:
    """A retry after the client's end is not a confusing error of the HTTP library."""
    server = await serve(say(503))
    bb = await client(server.url)

    async def close(_: float) -> None:
        await bb.__aexit__(None, None, None)

    bb._transport.sleep = close
    with pytest.raises(ClientClosedError, match="closed while a call was under way"):
        await bb.send(Request("GET", "/x"))


async def test_cookies_are_not_kept(serve: Any, client: Any, say: Any) -> None:
    """What one answer sets, another request does not send back."""
    server = await serve(say(headers={"Set-Cookie": "session=1"}))
    bb = await client(server.url)
    await bb.send(Request("GET", "/x"))
    await bb.send(Request("GET", "/x"))
    assert "Cookie" not in server.heard[1].headers


FAILURES = [
    (500, b"{}", ""),
    (401, b'{"error": {"message": "Token is invalid"}}', ""),
    (429, LIMITED, ""),
    (302, b"", ""),
    (0, b"", "cut"),
    (0, b"NONSENSE\r\n\r\n", "cut"),
    (0, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", "cut"),
]


def shown(error: BaseException | None) -> str:
    """All that a log, a debugger or an error reporter shows of *error* and what caused it."""
    text = ""
    while error is not None:
        text += f"{error} {error!r} {vars(error)} {error.args!r}"
        text += "".join(traceback.format_exception(error))
        error = error.__cause__ or error.__context__
    return text


@pytest.mark.parametrize(("status", "body", "end"), FAILURES)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_no_error_shows_a_credential(
    serve: Any, client: Any, raw: Any, say: Any, status: int, body: bytes, end: str, method: str
) -> None:
    """Errors, their causes and their pickles hold neither the credential nor a token in a URL."""
    server = await serve(say(status, body=body) if status else raw(body, end))
    bb = await client(server.url, auth=AUTH, max_wait=0, attempts=1)
    request = Request(
        method, "/x", (("access_token", SECRET),),
        safety=Safety.READ if method == "GET" else Safety.NEVER,
    )  # fmt: skip
    with pytest.raises(BitbucketError) as caught:
        await bb.send(request)
    assert SECRET not in shown(caught.value)
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)
    assert SECRET.encode() not in pickle.dumps(caught.value)


async def test_nothing_secret_is_logged(
    serve: Any, client: Any, say: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Retries are logged with their address, and without what is secret in it."""
    caplog.set_level("DEBUG", logger="bbasync")
    server = await serve(say(503), say(429, headers={"Retry-After": "20"}), say())
    bb = await client(server.url, auth=AUTH)
    await bb.send(Request("GET", "/x", (("access_token", SECRET),)))
    assert "answered 503; trying again in 0.2 s" in caplog.text
    assert "answered 429; trying again in 21.0 s" in caplog.text
    assert SECRET not in caplog.text
    assert [record.levelname for record in caplog.records if "again" in record.message] == [
        "INFO",
        "WARNING",
    ]


@pytest.mark.parametrize("value", [f"Bearer {SECRET}\n", f"Bearer {SECRET}".encode(), 5])
async def test_a_provider_of_no_header_is_a_clear_error(
    serve: Any, client: Any, say: Any, value: Any
) -> None:
    """A line's end that came along from a file is not an error of the HTTP library."""

    class Careless:
        async def authorization(self) -> Any:
            return value

    server = await serve(say())
    bb = await client(server.url, auth=Careless())
    with pytest.raises(ConfigurationError, match="of Careless gives no") as caught:
        await bb.send(Request("GET", "/x"))
    assert SECRET not in shown(caught.value)
    assert server.connections == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [("X", "a\x01b"), ("X", "a\x7f"), ("X", "\ud800"), ("", "x"), ("a b", "x"), ("a:b", "x")],
)
async def test_a_header_that_is_none_is_refused(
    serve: Any, client: Any, say: Any, name: str, value: str
) -> None:
    """What would be sent malformed, or fail in the HTTP library, is the caller's mistake."""
    server = await serve(say())
    bb = await client(server.url)
    with pytest.raises(ArgumentError, match="header"):
        await bb.request("GET", "/x", headers={name: value})
    assert server.connections == 0


async def test_a_provider_is_asked_for_each_request(serve: Any, client: Any, say: Any) -> None:
    """A credential that changes between attempts is sent as it is then; none sends none."""

    class Rotating:
        values = iter(["Bearer one", "Bearer two", None])

        async def authorization(self) -> str | None:
            return next(self.values)

    server = await serve(say(503), say(), say())
    bb = await client(server.url, auth=Rotating())
    await bb.send(Request("GET", "/x"))
    await bb.send(Request("GET", "/x"))
    assert [heard.authorization for heard in server.heard] == ["Bearer one", "Bearer two", None]


@pytest.mark.parametrize("attempts", [1, 3])
async def test_requests_are_counted_with_their_repetitions(
    client: Any, serve: Any, say: Any, attempts: int
) -> None:
    """What the quota counts can be read: every attempt and every hop."""

    def by(heard: Heard) -> Any:
        to = {"Location": "/2.0/y"}
        return say(302, headers=to) if heard.target == "/2.0/x" else say(500)

    server = await serve(by=by)
    bb = await client(server.url, attempts=attempts)
    with pytest.raises(ServerError):
        await bb.send(Request("GET", "/x"))
    assert bb.requests_sent == len(server.heard) == 2 * attempts


async def test_aioresponses_can_stand_in_for_the_service(
    client: Callable[..., Any], mocked: Any
) -> None:
    """Who tests with aioresponses can go on doing so."""
    bb = await client("https://api.bitbucket.org/2.0", auth=AUTH)
    mocked.get("https://api.bitbucket.org/2.0/repositories/acme/site", payload={"slug": "site"})
    repo = await bb.repositories.get("acme", "site")
    assert repo.slug == "site"


async def test_aioresponses_can_break_a_connection(client: Callable[..., Any], mocked: Any) -> None:
    """A broken connection can be played without a socket, retries and all."""
    url = "https://api.bitbucket.org/2.0/repositories/acme/site"
    mocked.get(url, exception=ConnectionResetError("reset"))
    bb = await client("https://api.bitbucket.org/2.0", attempts=1)
    with pytest.raises(ConnectionFailedError, match="reset"):
        await bb.repositories.get("acme", "site")


@pytest.mark.parametrize("safety", [Safety.REPEATABLE, Safety.VERIFY])
async def test_a_repeated_write_whose_answers_are_all_lost_is_ambiguous(
    serve: Any, client: Any, raw: Any, safety: Safety
) -> None:
    """Each try may have been carried out, so that it is not called a failed connection."""
    server = await serve(raw(b"", "cut"))
    bb = await client(server.url)
    with pytest.raises(AmbiguousWriteError):
        await bb.send(Request("PUT", "/x", safety=safety))
    assert len(server.heard) == 4


async def test_a_write_that_was_lost_and_then_finds_nobody_is_still_ambiguous(
    serve: Any, client: Any, raw: Any
) -> None:
    """The first try may have been carried out, whatever became of the second."""
    server = await serve(raw(b"", "cut"))
    bb = await client(server.url)
    sleep = bb._transport.sleep

    async def and_the_server_dies(seconds: float) -> None:
        await server.stop()
        await sleep(seconds)

    bb._transport.sleep = and_the_server_dies
    with pytest.raises(AmbiguousWriteError, match="Cannot connect"):
        await bb.send(Request("DELETE", "/x", safety=Safety.VERIFY))
    assert len(server.heard) == 1


@pytest.mark.parametrize("deadline", [None, 0.5])
async def test_a_write_that_failed_and_then_finds_nobody_is_ambiguous(
    serve: Any, client: Any, say: Any, deadline: float | None
) -> None:
    """A 5xx may come after it was carried out, whatever ends the tries after it."""
    server = await serve(say(503))
    bb = await client(server.url, deadline=deadline)

    async def and_the_server_dies(_: float) -> None:
        await server.stop()
        await asyncio.sleep(0 if deadline is None else 600)

    bb._transport.sleep = and_the_server_dies
    with pytest.raises(AmbiguousWriteError):
        await bb.send(write("PUT", Safety.REPEATABLE))
    assert len(server.heard) == 1


@pytest.mark.parametrize(("safety", "status"), [(Safety.REPEATABLE, 404), (Safety.VERIFY, 403)])
async def test_a_lost_write_is_ambiguous_whatever_its_repetition_is_told(
    serve: Any, client: Any, raw: Any, say: Any, safety: Safety, status: int
) -> None:
    """A refusal of the second try says nothing of the first; it is the cause, to be looked at."""
    server = await serve(raw(b"", "cut"), say(status, {"error": {"message": "no"}}))
    bb = await client(server.url)
    with pytest.raises(AmbiguousWriteError, match=f"answered {status}") as caught:
        await bb.send(Request("PUT", "/x", safety=safety))
    assert caught.value.__cause__.status == status


@pytest.mark.parametrize("first", [500, 502, 503, 504, 520, 555])
@pytest.mark.parametrize("then", [400, 404, 409, 412])
async def test_a_write_that_failed_and_is_then_refused_is_ambiguous(
    serve: Any, client: Any, say: Any, first: int, then: int
) -> None:
    """The refusal may come from what the first try did after all; it is the cause, to look at."""
    server = await serve(say(first), say(then, {"error": {"message": "no"}}))
    bb = await client(server.url)
    with pytest.raises(AmbiguousWriteError, match=f"answered {then}") as caught:
        await bb.send(write("PUT", Safety.REPEATABLE))
    assert caught.value.__cause__.status == then
    assert len(server.heard) == 2


@pytest.mark.parametrize("first", [425, 429])
async def test_a_write_that_was_turned_away_at_first_leaves_no_doubt(
    serve: Any, client: Any, say: Any, first: int
) -> None:
    """What was refused before it was looked at was not carried out."""
    server = await serve(say(first), say(409, {"error": {"message": "no"}}))
    with pytest.raises(ConflictError):
        await (await client(server.url)).send(write("POST", Safety.NEVER))
    assert len(server.heard) == 2


async def test_a_write_that_only_fails_is_its_last_failure(
    serve: Any, client: Any, say: Any
) -> None:
    """A server error says itself that a write may have been carried out."""
    server = await serve(say(502), say(503))
    with pytest.raises(ServerError) as caught:
        await (await client(server.url)).send(write("PUT", Safety.REPEATABLE))
    assert (caught.value.status, caught.value.attempts) == (503, 4)


@pytest.mark.parametrize("first", [500, 502, 504, 555])
async def test_a_deletion_that_failed_is_done_when_nothing_is_left(
    serve: Any, client: Any, say: Any, first: int
) -> None:
    """DELETE answered 5xx and then 404 was carried out."""
    server = await serve(say(first), say(404))
    answer = await (await client(server.url)).send(write("DELETE", Safety.VERIFY))
    assert (answer.status, answer.attempts) == (204, 2)


async def test_a_read_that_failed_and_is_then_refused_is_refused(
    serve: Any, client: Any, say: Any
) -> None:
    """There is no doubt about what a read has done."""
    server = await serve(say(502), say(404))
    with pytest.raises(NotFoundError):
        await (await client(server.url)).send(Request("GET", "/x"))


async def test_an_outage_is_not_answered_with_many_times_the_calls(
    serve: Any, client: Any, say: Any
) -> None:
    """A client that has repeated enough gives the error at once, and says why."""
    server = await serve(say(503))
    bb = await client(server.url)
    last = None
    for _ in range(200):
        with pytest.raises(ServerError) as caught:
            await bb.send(Request("GET", "/x"))
        last = caught.value
    assert 200 < len(server.heard) < 200 + 60 + 40 + 30  # the bucket, a fifth, and time
    assert last is not None
    assert last.__notes__ == ["it was not tried again: this client has repeated too much lately"]


async def test_a_page_of_an_error_that_shows_the_request_s_headers_is_cleaned(
    serve: Any, client: Any, say: Any
) -> None:
    """Some proxies print what they were sent; the credential in it does not come through."""
    page = f"<pre>Authorization: Bearer {SECRET}</pre>".encode()
    server = await serve(say(500, body=page))
    bb = await client(server.url, auth=AUTH, attempts=1)
    with pytest.raises(ServerError, match=r"Authorization: Bearer \*\*\*") as caught:
        await bb.send(Request("GET", "/x"))
    assert SECRET not in shown(caught.value)


async def test_an_answer_that_holds_the_credential_is_left_as_it_is(
    serve: Any, client: Any, say: Any
) -> None:
    """Only errors are cleaned: what was asked for comes byte by byte."""
    server = await serve(say(body=SECRET.encode()))
    bb = await client(server.url, auth=AUTH)
    assert (await bb.send(Request("GET", "/x"))).body == SECRET.encode()


async def test_an_endless_error_is_not_read_to_its_end(serve: Any, client: Any, say: Any) -> None:
    """A megabyte is more than anybody reads of an error."""
    server = await serve(say(400, body=b"x" * 3_000_000))
    bb = await client(server.url)
    with pytest.raises(BitbucketError) as caught:
        await bb.send(Request("GET", "/x"))
    assert len(str(caught.value)) < 600
    assert len(pickle.dumps(caught.value)) < 5000
