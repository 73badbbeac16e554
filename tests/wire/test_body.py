"""Bodies: forms, parts and files, of known length and as often as need be."""

from __future__ import annotations

import asyncio
import email
import email.policy
import io
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bbasync import Bitbucket
from bbasync.errors import ArgumentError
from bbasync.wire.body import Body, Content, Part, Pieces, Uploads
from bbasync.wire.message import Request, Safety

ODD = bytes(range(256)) * 700
Serve = Callable[..., Awaitable[Any]]
Start = Callable[..., Awaitable[Bitbucket]]


async def whole(body: Body) -> bytes:
    """All that one attempt sends."""
    data = body.data()
    return data if isinstance(data, bytes) else b"".join([one async for one in data])


def parts_of(body: Body, content: bytes) -> list[Any]:
    """The parts as a standard parser reads them."""
    head = f"Content-Type: {body.content_type}\r\n\r\n".encode()
    message = email.message_from_bytes(head + content, policy=email.policy.HTTP)
    return list(message.iter_parts())  # type: ignore[attr-defined]


async def test_a_form_repeats_names_and_escapes_values() -> None:
    """Pairs stay in order; what would end a pair is encoded."""
    body = Body.of_form([("include", "a&b"), ("include", "ä c"), ("exclude", "x=y")])
    assert body.content == b"include=a%26b&include=%C3%A4+c&exclude=x%3Dy"
    assert body.content_type == "application/x-www-form-urlencoded"


async def test_parts_carry_any_bytes_and_names() -> None:
    """A parser that is not ours finds names, file names, attributes and bytes as they were."""
    body = Body.of_parts(
        [
            Part('docs/a"b.txt', "text", filename="a"),
            Part("run.sh", ODD, filename="run.sh", attributes=("executable",)),
            Part("message", "Ünïcode"),
        ]
    )
    first, second, third = parts_of(body, await whole(body))
    assert first.get_param("name", header="content-disposition") == "docs/a%22b.txt"
    assert second.get_payload(decode=True) == ODD
    assert second.get_param("x-attributes", header="content-disposition") == "executable"
    assert third.get_payload(decode=True) == "Ünïcode".encode()
    assert third.get_filename() is None


async def test_a_related_set_names_its_parts_by_content_id() -> None:
    """What snippets take: each file with the id that the first part speaks of."""
    part = Part("a.txt", b"x", filename="a.txt", content_type="text/x-python")
    body = Body.of_parts([part], subtype="related")
    [read] = parts_of(body, await whole(body))
    assert body.content_type.startswith("multipart/related; boundary=")
    assert (read["Content-ID"], read.get_content_type()) == ('"a.txt"', "text/x-python")


@given(st.text(max_size=20), st.binary(max_size=60))
def test_no_name_ends_a_header(name: str, content: bytes) -> None:
    """Whatever a path is called, the head of its part stays one head, and the part one part."""
    body = Body.of_parts([Part(name, content, filename=name)])
    assert isinstance(body.content, bytes)
    head, _, rest = body.content.partition(b"\r\n\r\n")
    assert head.count(b"\r\n") == 1
    assert rest.startswith(content)


async def _piecewise(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 50_000):
        yield data[start : start + 50_000]


class Pipe(io.RawIOBase):
    """A file that can't go back."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        """It reads."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read on."""
        return self._data.readinto(buffer)


def _sources(path: Path) -> dict[str, Callable[[], Content]]:
    path.write_bytes(ODD)
    skipped = io.BytesIO(b"skipped" + ODD)
    skipped.seek(7)
    return {
        "bytes": lambda: ODD,
        "bytearray": lambda: bytearray(ODD),
        "path": lambda: path,
        "file": lambda: skipped,
        "pipe": lambda: io.BufferedReader(Pipe(ODD)),
        "iterable": lambda: _piecewise(ODD),
    }


@pytest.mark.parametrize("kind", ["bytes", "bytearray", "path", "file", "pipe", "iterable"])
async def test_an_upload_is_sent_twice_the_same_and_never_chunked(
    kind: str, tmp_path: Path, serve: Serve, client: Start, say: Callable[..., Any]
) -> None:
    """Any source has a length before it is sent, and a second attempt sends all of it again."""
    server = await serve(say(503), say(201, {}))
    bb = await client(server.url)
    async with Uploads() as uploads:
        piece = await uploads.take(_sources(tmp_path / "file")[kind]())
        body = Body.of_parts([Part("files", piece, filename="x")])
        request = Request("POST", "/x", body=body, safety=Safety.REPEATABLE)
        answer = await bb.send(request)
    assert answer.attempts == 2
    first, second = server.heard
    assert first.body == second.body
    assert parts_of(body, first.body)[0].get_payload(decode=True) == ODD
    assert int(first.headers["Content-Length"]) == len(first.body)
    assert "Transfer-Encoding" not in first.headers


async def test_progress_ends_with_all_of_it(tmp_path: Path) -> None:
    """The caller is told how many bytes went out, and how many there are."""
    told: list[tuple[int, int]] = []
    (tmp_path / "file").write_bytes(ODD)
    async with Uploads() as uploads:
        piece = await uploads.take(tmp_path / "file")
        body = Body.of_parts([Part("a", piece)], progress=lambda *one: told.append(one))
        assert len(await whole(body)) == body.size
    assert told[-1] == (body.size, body.size)
    assert [sent for sent, _ in told] == sorted(sent for sent, _ in told)
    assert len(told) > 3


@pytest.mark.parametrize("content", [5, None, io.StringIO("text"), ["x"]])
async def test_what_is_nothing_to_upload_is_refused(content: Any) -> None:
    """Text files and other things are named before anything is sent."""
    async with Uploads() as uploads:
        with pytest.raises(ArgumentError, match="binary"):
            await uploads.take(content)


async def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A missing file and a directory are errors that name them."""
    async with Uploads() as uploads:
        for path in (tmp_path / "missing", tmp_path):
            with pytest.raises(ArgumentError, match=str(path)):
                await uploads.take(path)


async def test_a_file_that_shrinks_meanwhile_is_an_error_of_its_own(
    tmp_path: Path, serve: Serve, client: Start, say: Callable[..., Any]
) -> None:
    """The caller learns that the file changed, not that a connection broke."""
    path = tmp_path / "file"
    path.write_bytes(ODD)
    server = await serve(say(201, {}))
    bb = await client(server.url)
    async with Uploads() as uploads:
        piece = await uploads.take(path)
        os.truncate(path, 10)
        request = Request("POST", "/x", body=Body.of_parts([Part("a", piece)]))
        with pytest.raises(ArgumentError, match="became shorter"):
            await bb.send(request)


async def test_who_raises_in_a_progress_gets_that_error(
    serve: Serve, client: Start, say: Callable[..., Any]
) -> None:
    """It is not taken for a broken connection, after which the upload would be begun again."""
    server = await serve(say(201, {}))
    bb = await client(server.url)

    def enough(sent: int, total: int) -> None:
        raise ValueError(f"{sent} of {total} are enough")

    body = Body.of_parts([Part("a", ODD)], progress=enough)
    with pytest.raises(ValueError, match="are enough"):
        await bb.send(Request("PUT", "/x", body=body, safety=Safety.REPEATABLE))
    assert bb.requests_sent == 1


async def test_temporary_files_end_with_the_block() -> None:
    """What was spooled is gone afterwards."""
    async with Uploads() as uploads:
        piece = await uploads.take(_piecewise(ODD))
        assert not isinstance(piece, bytes)
        assert piece.size == len(ODD)
    body = Body(Pieces((piece,)), "application/octet-stream")
    with pytest.raises(ArgumentError):
        await whole(body)


async def test_two_readers_of_one_open_file_do_not_disturb_each_other() -> None:
    """A thread that an ended attempt left behind can't shift what the next attempt sends."""
    async with Uploads() as uploads:
        piece = await uploads.take(io.BytesIO(ODD))
        body = Body(Pieces((piece,)), "application/octet-stream")
        assert await asyncio.gather(whole(body), whole(body)) == [ODD, ODD]
