"""Streams: bytes as they come, taken up where they broke."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bbasync import Bitbucket
from bbasync.errors import (
    ArgumentError,
    ConnectionFailedError,
    NotFoundError,
    NotReadyError,
    RangeNotSatisfiableError,
    RedirectError,
)
from bbasync.wire.message import Request
from bbasync.wire.stream import Stream

DATA = bytes(range(256)) * 1024
TAG = {"ETag": '"v1"', "Accept-Ranges": "bytes"}
Serve = Callable[..., Awaitable[Any]]
Start = Callable[..., Awaitable[Bitbucket]]
Say = Callable[..., Any]


def ranged(say: Say, raw: Any, cut: int, *, tag: str = '"v1"', whole: bool = False) -> Any:
    """A server that breaks off after *cut* bytes of each answer."""

    def answer(heard: Any) -> Any:
        asked = heard.headers.get("Range")
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and not whole else 0
        rest = DATA[start:]
        headers = {**TAG, "ETag": tag if asked else '"v1"'}
        if asked and not whole:
            headers["Content-Range"] = f"bytes {start}-{len(DATA) - 1}/{len(DATA)}"
        said = say(206 if asked and not whole else 200, body=rest, headers=headers)
        if len(rest) <= cut:
            return said
        return raw(said.content[: len(said.content) - len(rest) + cut], "reset")

    return answer


def names_in(path: Path) -> list[str]:
    """What stands in a directory."""
    return [one.name for one in path.iterdir()]


async def stream(serve: Serve, client: Start, *script: Any, by: Any = None) -> tuple[Stream, Any]:
    """A stream from a server that answers so."""
    server = await serve(*script, by=by)
    bb = await client(server.url)
    return Stream(bb, Request("GET", "/file")), server


async def test_a_stream_is_awaited_for_all_or_read_in_pieces(
    serve: Serve, client: Start, say: Say
) -> None:
    """Both bring every byte, and nothing is sent before."""
    one, server = await stream(serve, client, say(body=DATA))
    assert server.heard == []
    assert await one == DATA
    pieces = [piece async for piece in one]
    assert b"".join(pieces) == DATA
    assert len(pieces) > 1


async def test_a_body_that_breaks_off_is_taken_up_where_it_broke(
    serve: Serve, client: Start, say: Say, raw: Any
) -> None:
    """Each new request asks for the rest only, of the same content."""
    one, server = await stream(serve, client, by=ranged(say, raw, 100_000))
    assert b"".join([piece async for piece in one]) == DATA
    asked = [heard.headers.get("Range") for heard in server.heard]
    assert asked == [None, "bytes=100000-", "bytes=200000-"]
    assert {heard.headers.get("If-Range") for heard in server.heard[1:]} == {'"v1"'}


async def test_a_service_that_sends_no_parts_is_read_past_what_is_known(
    serve: Serve, client: Start, say: Say, raw: Any
) -> None:
    """A whole answer to a request for a part is used without its beginning."""
    calls: list[int] = []

    def answer(heard: Any) -> Any:
        calls.append(1)
        return ranged(say, raw, 100_000 if len(calls) == 1 else 10**9, whole=True)(heard)

    one, _ = await stream(serve, client, by=answer)
    assert b"".join([piece async for piece in one]) == DATA


async def test_content_that_changed_meanwhile_is_an_error(
    serve: Serve, client: Start, say: Say, raw: Any
) -> None:
    """Halves of two versions are never put together."""
    one, _ = await stream(serve, client, by=ranged(say, raw, 100_000, tag='"v2"', whole=True))
    with pytest.raises(ConnectionFailedError, match="changed"):
        _ = [piece async for piece in one]


async def test_a_part_of_changed_content_is_an_error(
    serve: Serve, client: Start, say: Say, raw: Any
) -> None:
    """A service may send a part all the same: weak tags are not compared there."""
    one, _ = await stream(serve, client, by=ranged(say, raw, 100_000, tag='"v2"'))
    with pytest.raises(ConnectionFailedError, match=r"/file: .* changed"):
        _ = [piece async for piece in one]


async def test_parts_without_a_tag_are_of_the_content_that_had_one(
    serve: Serve, client: Start, say: Say, raw: Any
) -> None:
    """A part need not repeat the tag; the next one is asked for by it all the same."""
    by = ranged(say, raw, 100_000)

    def untagged(heard: Any) -> Any:
        said = by(heard)
        if "Range" not in heard.headers:
            return said
        return raw(said.content.replace(b'ETag: "v1"\r\n', b""), said.end)

    one, server = await stream(serve, client, by=untagged)
    assert b"".join([piece async for piece in one]) == DATA
    assert [heard.headers.get("If-Range") for heard in server.heard] == [None, '"v1"', '"v1"']


async def test_a_part_that_starts_elsewhere_is_used_from_where_it_fits(
    serve: Serve, client: Start, say: Say
) -> None:
    """What is known of an earlier part is left out; a later one, or of unknown place, is none."""
    for where, fits in (("bytes 4-9/10", True), ("bytes 6-9/10", False), ("", False)):
        part = say(206, body=b"456789", headers={"Content-Range": where})
        one, _ = await stream(serve, client, part)
        rest = one.starting_at(5)
        if fits:
            assert [piece async for piece in rest] == [b"56789"]
            assert await rest == b"56789"
            continue
        with pytest.raises(ConnectionFailedError, match="another part"):
            _ = [piece async for piece in rest]
        with pytest.raises(ConnectionFailedError, match="another part"):
            await rest


async def test_a_body_that_never_goes_on_is_given_up(
    serve: Serve, client: Start, say: Say, raw: Any
) -> None:
    """After a few cuts without a new byte the error comes out."""
    one, server = await stream(serve, client, by=ranged(say, raw, 0))
    with pytest.raises(ConnectionFailedError, match="broke off"):
        _ = [piece async for piece in one]
    assert len(server.heard) == 4


async def test_an_error_is_the_same_as_everywhere(serve: Serve, client: Start, say: Say) -> None:
    """A 404 is a NotFoundError, whichever way the stream is read."""
    one, _ = await stream(serve, client, say(404, {"error": {"message": "no"}}))
    with pytest.raises(NotFoundError):
        await one
    with pytest.raises(NotFoundError):
        _ = [piece async for piece in one]


async def test_no_change_that_nobody_asked_about_is_an_error(
    serve: Serve, client: Start, say: Say
) -> None:
    """A 304 has no bytes to read."""
    one, _ = await stream(serve, client, say(304, body=b""))
    with pytest.raises(RedirectError, match="304"):
        await one
    with pytest.raises(RedirectError, match="304"):
        _ = [piece async for piece in one]


async def test_bytes_that_are_being_prepared_are_no_bytes(
    serve: Serve, client: Start, say: Say
) -> None:
    """A 202 and its JSON are never taken for the content."""
    one, _ = await stream(serve, client, say(202, {"status": "STARTED"}))
    with pytest.raises(NotReadyError):
        await one
    with pytest.raises(NotReadyError):
        _ = [piece async for piece in one]


async def test_a_stream_starts_where_it_is_told(
    serve: Serve, client: Start, say: Say, raw: Any
) -> None:
    """The rest comes, whether the service sends parts or all of it."""
    one, _ = await stream(serve, client, by=ranged(say, raw, 10**9))
    whole, _ = await stream(serve, client, by=ranged(say, raw, 10**9, whole=True))
    for each in (one, whole):
        assert await each.starting_at(262_000) == DATA[262_000:]
        rest = [piece async for piece in each.starting_at(262_000)]
        assert b"".join(rest) == DATA[262_000:]
    with pytest.raises(ArgumentError):
        one.starting_at(-1)


async def test_a_part_that_is_not_there_says_so(serve: Serve, client: Start, say: Say) -> None:
    """Logs that have not grown answer 416."""
    one, _ = await stream(serve, client, say(416, body=b""))
    with pytest.raises(RangeNotSatisfiableError):
        await one.starting_at(5)


async def test_a_stream_is_saved_as_a_whole_or_not_at_all(
    serve: Serve, client: Start, say: Say, raw: Any, tmp_path: Path
) -> None:
    """The file appears when it is complete; a failure leaves the old one and no rest."""
    told: list[tuple[int, int | None]] = []
    one, _ = await stream(serve, client, by=ranged(say, raw, 100_000))
    target = tmp_path / "file"
    assert await one.save(target, progress=lambda *each: told.append(each)) == len(DATA)
    assert target.read_bytes() == DATA
    assert told[-1] == (len(DATA), len(DATA))
    broken, _ = await stream(serve, client, by=ranged(say, raw, 0))
    with pytest.raises(ConnectionFailedError):
        await broken.save(target)
    assert target.read_bytes() == DATA
    assert names_in(tmp_path) == ["file"]


async def test_leaving_early_gives_the_connection_back(
    serve: Serve, client: Start, say: Say
) -> None:
    """A reader who has seen enough leaves nothing open."""
    one, _ = await stream(serve, client, say(body=DATA))
    pieces = one.__aiter__()
    assert await anext(pieces)
    await pieces.aclose()
    transport = one._sender._transport  # type: ignore[attr-defined]
    assert not transport.line.session.connector._acquired
    assert not transport.line.queues.taken


async def test_a_cancelled_save_leaves_no_part_behind(
    serve: Serve, client: Start, say: Say, tmp_path: Path
) -> None:
    """Wherever a cancellation falls, there is the whole file or none, and no error in its place."""
    one, _ = await stream(serve, client, say(body=DATA, headers=TAG))
    ends = set()
    for steps in range(0, 200, 3):
        saving = asyncio.create_task(one.save(tmp_path / "got"))
        for _ in range(steps):
            await asyncio.sleep(0)
        saving.cancel()
        await asyncio.wait([saving])
        assert saving.cancelled() or saving.result() == len(DATA)
        names = names_in(tmp_path)
        assert names == [] or (names == ["got"] and (tmp_path / "got").read_bytes() == DATA)
        ends.add(saving.cancelled())
        (tmp_path / "got").unlink(missing_ok=True)
    assert True in ends


@pytest.mark.parametrize(("tag", "whole"), [('"v1"', True), ('W/"v1"', False)])
async def test_a_body_that_breaks_off_behind_its_last_byte_is_whole(
    serve: Serve, client: Start, say: Say, raw: Any, *, tag: str, whole: bool
) -> None:
    """There is no more of the same content, where the content is surely the same."""
    head = f"HTTP/1.1 200 OK\r\nETag: {tag}\r\nTransfer-Encoding: chunked\r\n\r\n"
    cut = raw(head.encode() + b"3\r\nabc\r\n", "cut")
    one, server = await stream(serve, client, cut, say(416))
    if whole:
        assert [chunk async for chunk in one] == [b"abc"]
    else:
        with pytest.raises(RangeNotSatisfiableError):
            _ = [chunk async for chunk in one]
    assert [heard.headers.get("Range") for heard in server.heard] == [None, "bytes=3-"]
    assert server.heard[1].headers.get("If-Range") == (tag if whole else None)


async def test_parts_that_are_shorter_than_asked_for_are_put_together(
    serve: Serve, client: Start, say: Say, tmp_path: Path
) -> None:
    """A service may send less at a time than it was asked for; no end is taken for the end."""

    def by(heard: Any) -> Any:
        asked = heard.headers.get("Range", "bytes=100-")
        start = int(asked.removeprefix("bytes=").rstrip("-"))
        end = min(len(DATA), start + 100_000)
        told = {**TAG, "Content-Range": f"bytes {start}-{end - 1}/{len(DATA)}"}
        return say(206, body=DATA[start:end], headers=told)

    found, server = await stream(serve, client, by=by)
    totals: set[int | None] = set()
    await found.starting_at(100).save(tmp_path / "file", progress=lambda _, all_: totals.add(all_))
    assert (tmp_path / "file").read_bytes() == DATA[100:]
    assert totals == {len(DATA) - 100}
    assert len(server.heard) == 3
    with pytest.raises(ConnectionFailedError, match="ended after 100100 of 262144 bytes"):
        await found.starting_at(100)


async def test_the_same_content_that_ends_earlier_is_an_error(
    serve: Serve, client: Start, say: Say, raw: Any
) -> None:
    """A second answer with the same tag and fewer bytes does not make a download complete."""
    whole = say(body=DATA, headers=TAG).content
    cut = raw(whole[: len(whole) - len(DATA) + 1000], "cut")
    found, _ = await stream(serve, client, cut, say(body=DATA[:500], headers=TAG))
    with pytest.raises(ConnectionFailedError, match="ended after 1000 of 262144 bytes"):
        assert b"".join([piece async for piece in found])


@pytest.mark.parametrize("parts", [True, False], ids=["parts", "no parts"])
async def test_what_comes_packed_is_taken_up_from_its_start(
    serve: Serve, client: Start, say: Say, raw: Any, *, parts: bool
) -> None:
    """Offsets of what is packed are other ones: a part would be of other bytes, or of none."""
    text = b"all the same " * 20_000
    packed = gzip.compress(text)
    headers = {**TAG, "Content-Encoding": "gzip"}
    said = say(body=packed, headers=headers)

    def by(heard: Any) -> Any:
        if parts and "Range" in heard.headers:
            return say(416, headers={"Content-Range": f"bytes */{len(packed)}"})
        cut = raw(said.content[: -len(packed) // 2], "cut")
        return cut if len(server.heard) == 1 else said

    found, server = await stream(serve, client, by=by)
    assert b"".join([piece async for piece in found]) == text
    assert [heard.headers.get("Range") for heard in server.heard] == [None, None]
