"""Streams: bytes that may be too many for memory, read as they come."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from pathlib import Path
from typing import Final

from attrs import evolve, field, frozen

from ..errors import ArgumentError, ConnectionFailedError, RangeNotSatisfiableError, TimedOutError
from .message import Answer, Reading, Request, Sender
from .status import error_of

_MOST_CUTS: Final = 4
"""How often in a row a body may break off without a new byte."""
_NOT_READY: Final = 202
_PARTIAL: Final = 206
_NOT_MODIFIED: Final = 304
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


@frozen(eq=False)
class Stream:
    """Bytes behind an address: ``await`` it for all of them, ``async for`` over pieces.

    Nothing is sent before. A body that breaks off is taken up where it broke, where the service
    can send parts and the content is still the same; otherwise ConnectionFailedError.
    """

    _sender: Sender = field(repr=False)
    _request: Request
    _start: int = 0

    def __await__(self) -> Generator[None, None, bytes]:
        return self._all().__await__()

    def __aiter__(self) -> AsyncGenerator[bytes, None]:  # noqa: PYI058 - to be closed early
        return self._pieces()

    def starting_at(self, offset: int) -> Stream:
        """The same from byte *offset* on; RangeNotSatisfiableError where there is none (yet)."""
        if isinstance(offset, bool) or not isinstance(offset, int) or offset < 0:
            raise ArgumentError(f"offset takes a number of bytes, not {offset!r}")
        return evolve(self, start=offset)

    async def save(
        self,
        path: str | os.PathLike[str],
        *,
        progress: Callable[[int, int | None], object] | None = None,
    ) -> int:
        """Write the bytes to the file *path*, and return how many there were.

        The file appears when it is complete, and replaces one that was there. *progress* is
        called with the bytes so far and the bytes in all, where the service tells them.
        """
        target = Path(path)
        part = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        received = 0
        # Opened and renamed at once, not in a thread: a cancelled call could not tell whether the
        # thread has done it.
        file = part.open("xb")
        try:
            with file:
                async with aclosing(self._chunks()) as chunks:
                    async for chunk, total in chunks:
                        await asyncio.to_thread(file.write, chunk)
                        received += len(chunk)
                        if progress is not None:
                            progress(received, total)
            part.replace(target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        return received

    async def _all(self) -> bytes:
        answer = _ready(await self._sender.send(self._asking(self._start, None)))
        skip = _skipped(answer, self._start, None, self._where)
        self._check(self._start - skip + len(answer.body), _total(answer, self._start - skip))
        return answer.body[skip:]

    async def _pieces(self) -> AsyncGenerator[bytes, None]:
        async with aclosing(self._chunks()) as chunks:
            async for chunk, _ in chunks:
                yield chunk

    async def _chunks(self) -> AsyncGenerator[tuple[bytes, int | None], None]:
        """Each piece, with the bytes that there are from the start on, where that is known."""
        offset, tag, cuts = self._start, None, 0
        whole: int | None = None
        packed = False
        while True:
            before = offset
            # Parts are counted in bytes as they are sent: of what was packed all is sent again.
            async with self._opened(0 if packed else offset, tag) as reading:
                if reading is None:
                    self._check(offset, whole)
                    return
                if reading.status == _NOT_READY:
                    said = b"".join([chunk async for chunk in reading.chunks()])
                    where = self._request.method, self._request.address
                    _ready(Answer(reading.status, reading.headers, said, *where))
                skip = _skipped(reading, offset, tag, self._where)
                total = _total(reading, offset - skip)
                whole = total if whole is None else whole
                packed = _is_packed(reading)
                tag = reading.headers.get("ETag", tag)
                resumable = reading.status == _PARTIAL or bool(tag)
                try:
                    async with aclosing(reading.chunks()) as chunks:
                        async for chunk in chunks:
                            fresh, skip = chunk[skip:], max(0, skip - len(chunk))
                            if fresh:
                                offset += len(fresh)
                                yield fresh, None if whole is None else whole - self._start
                    self._check(offset, whole)
                except (ConnectionFailedError, TimedOutError):
                    cuts = 0 if offset > before else cuts + 1
                    if not resumable or cuts == _MOST_CUTS:
                        raise
                else:
                    return

    def _check(self, end: int, whole: int | None) -> None:
        """Refuse what ends too early: a part may be shorter than what was asked for."""
        if whole is not None and end < whole:
            raise ConnectionFailedError(f"{self._where}: ended after {end} of {whole} bytes")

    @property
    def _where(self) -> str:
        return self._request.address.partition("?")[0]

    @asynccontextmanager
    async def _opened(self, offset: int, tag: str | None) -> AsyncGenerator[Reading | None, None]:
        """The answer from *offset* on; None where the content with that *tag* ends there."""
        async with AsyncExitStack() as stack:
            try:
                reading = await stack.enter_async_context(
                    self._sender.open(self._asking(offset, tag))
                )
            except RangeNotSatisfiableError:
                # It broke off behind its last byte: before the end of a chunked body was told.
                if offset == self._start or not _is_strong(tag):
                    raise
                yield None
            else:
                yield reading

    def _asking(self, offset: int, tag: str | None) -> Request:
        # Parts are counted in bytes as they are stored, not as they are compressed.
        headers = {**self._request.headers, "Accept-Encoding": "identity"}
        if offset:
            headers["Range"] = f"bytes={offset}-"
            if tag and _is_strong(tag):
                headers["If-Range"] = tag
        return evolve(self._request, headers=headers)


def _ready(answer: Answer) -> Answer:
    """*answer*; its error where it only says that the bytes are being prepared, or has none."""
    if answer.status in {_NOT_READY, _NOT_MODIFIED}:
        raise error_of(answer)
    return answer


def _is_strong(tag: str | None) -> bool:
    """Whether the content that has *tag* is the same to the byte."""
    return bool(tag) and not str(tag).startswith("W/")


def _skipped(reading: Reading | Answer, offset: int, tag: str | None, where: str) -> int:
    """How many bytes of the answer are known already; an error where it is of another content."""
    partial = reading.status == _PARTIAL
    if tag is not None and reading.headers.get("ETag", tag if partial else None) != tag:
        raise ConnectionFailedError(f"{where}: the body broke off, and has changed since")
    if not partial:
        return offset
    found = _RANGE.match(reading.headers.get("Content-Range", ""))
    if found is None or int(found[1]) > offset:
        raise ConnectionFailedError(f"{where} answered with another part than was asked for")
    return offset - int(found[1])


def _total(reading: Reading | Answer, first: int) -> int | None:
    """Bytes of the whole content, where the answer that starts at byte *first* tells them."""
    if _is_packed(reading):
        return None
    found = _RANGE.match(reading.headers.get("Content-Range", ""))
    if reading.status == _PARTIAL and found is not None and found[2] != "*":
        return int(found[2])
    length = reading.headers.get("Content-Length", "")
    return first + int(length) if length.isdecimal() else None


def _is_packed(reading: Reading | Answer) -> bool:
    return reading.headers.get("Content-Encoding", "identity") != "identity"
