"""Lengths: nothing is sent in chunks, and a 411 is answered with a length."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bbasync import Part, Uploads
from bbasync.errors import AddressTooLongError, ContentTooLargeError, LengthRequiredError
from bbasync.wire.body import Body
from bbasync.wire.message import Request, Safety

Make = Callable[[Uploads, Path], Awaitable[Body | None]]


async def pieces() -> AsyncGenerator[bytes, None]:
    """Bytes whose number nobody knows beforehand."""
    yield b"ab"
    yield b"c"


async def ready(body: Body | None) -> Body | None:
    """A body that needs no preparation."""
    return body


async def upload(uploads: Uploads, content: Any) -> Body:
    """A form with *content* as a file."""
    return Body.of_parts([Part("files", await uploads.take(content), "x")])


BODIES: dict[str, Make] = {
    "nothing": lambda _, __: ready(None),
    "JSON": lambda _, __: ready(Body.of_json({"ä": [1]})),
    "text": lambda _, __: ready(Body.of_text("ä")),
    "form": lambda _, __: ready(Body.of_form([("a", "ä"), ("a", "&")])),
    "parts": lambda _, __: ready(Body.of_parts([Part("a", "b"), Part("c", b"d", "e.txt")])),
    "progress": lambda _, __: ready(
        Body.of_parts([Part("files", b"abc", "x")], progress=lambda _, __: None)
    ),
    "file": upload,
    "open file": lambda uploads, path: upload(uploads, path.open("rb")),
    "iterator": lambda uploads, _: upload(uploads, pieces()),
}


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_a_411_is_answered_once_with_the_same_request(
    serve: Any, client: Any, say: Any, tmp_path: Path, kind: str, method: str
) -> None:
    """Whatever the body, both requests say its length once, are whole, and are not chunked."""
    server = await serve(say(411, body=b"<h1>Length Required</h1>"), say(201, {}))
    bb = await client(server.url)
    path = tmp_path / "file"
    path.write_bytes(b"abc" * 50_000)
    async with Uploads() as uploads:
        body = await BODIES[kind](uploads, path)
        answer = await bb.send(Request(method, "/x", (), body, safety=Safety.NEVER))
    assert (answer.status, answer.attempts) == (201, 2)
    first, second = server.heard
    size = body.size if body else 0
    for heard in (first, second):
        assert heard.headers.getall("Content-Length") == [str(size)]
        assert "Transfer-Encoding" not in heard.headers
        assert len(heard.body) == size
    assert first.body == second.body
    assert first.connection != second.connection


async def test_a_second_411_is_the_error(serve: Any, client: Any, say: Any) -> None:
    """What stands in the way goes on to: the error says so, and how often it was tried."""
    server = await serve(say(411, body=b"Length Required"))
    bb = await client(server.url)
    with pytest.raises(LengthRequiredError, match="a proxy on the way") as caught:
        await bb.send(Request("POST", "/x", safety=Safety.NEVER))
    assert caught.value.attempts == len(server.heard) == 2


async def test_even_a_read_says_that_it_has_no_body_when_it_is_asked_to(
    serve: Any, client: Any, say: Any
) -> None:
    """A GET has no length, until something on the way insists on one."""
    server = await serve(say(411), say(data=1))
    bb = await client(server.url, attempts=1)
    assert (await bb.send(Request("GET", "/x"))).json() == 1
    lengths = [heard.headers.get("Content-Length") for heard in server.heard]
    assert lengths == [None, "0"]


@pytest.mark.parametrize(
    ("status", "kind", "advice"),
    [
        (413, ContentTooLargeError, "send less at a time"),
        (414, AddressTooLongError, "shorten q and fields"),
    ],
)
async def test_what_is_too_large_is_an_error_that_says_what_to_do(
    serve: Any, client: Any, say: Any, status: int, kind: type[Exception], advice: str
) -> None:
    """Sent once, whatever it is, and told with its way out."""
    server = await serve(say(status, body=b"<html>nginx</html>"))
    bb = await client(server.url)
    with pytest.raises(kind, match=advice):
        await bb.send(Request("PUT", "/x", safety=Safety.REPEATABLE))
    assert len(server.heard) == 1
