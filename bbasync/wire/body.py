"""Bodies of requests: bytes and files of known length, so that nothing is ever sent chunked.

A body can be sent more than once, since an attempt may fail. aiohttp's own multipart writer is
not used here: it consumes its files.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import secrets
import tempfile
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import IO, Any, Final, Self, TypeAlias, cast
from urllib.parse import urlencode

from attrs import field, frozen

from ..errors import ArgumentError

Content: TypeAlias = (
    str | bytes | bytearray | memoryview | os.PathLike[str] | IO[bytes] | AsyncIterable[bytes]
)
"""What can be uploaded: text, bytes, a file by its path or open, or bytes as they come."""
Progress: TypeAlias = Callable[[int, int], object]
"""Called with the bytes sent so far and the bytes in all; a new attempt starts at 0 again."""

_CHUNK: Final = 65_536


@frozen(eq=False, repr=False)
class FilePiece:
    """A stretch of a file, read anew for each attempt."""

    source: Path | IO[bytes]
    start: int
    size: int
    _lock: Lock = field(factory=Lock, init=False, eq=False, repr=False)

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """The bytes; ArgumentError where the file no longer has them."""
        name = getattr(self.source, "name", self.source)
        try:
            with ExitStack() as stack:
                file: IO[bytes]
                if isinstance(self.source, Path):
                    # Not in a thread, which might open it after the call was cancelled.
                    file = stack.enter_context(self.source.open("rb"))
                else:
                    file = self.source
                left = self.size
                while left:
                    at = self.start + self.size - left
                    chunk = await asyncio.to_thread(self._read, file, at, min(left, _CHUNK))
                    if not chunk:
                        raise ArgumentError(f"{name} became shorter while it was sent")
                    left -= len(chunk)
                    yield chunk
        except (OSError, ValueError) as error:
            if isinstance(error, ArgumentError):
                raise
            raise ArgumentError(f"{name} can't be read: {error}") from error

    def _read(self, file: IO[bytes], at: int, size: int) -> bytes:
        """Some bytes; a thread that a broken attempt left behind may be reading as well."""
        with self._lock:
            file.seek(at)
            return file.read(size)


@frozen(eq=False, repr=False)
class Pieces:
    """A body too large for one piece of memory, or one whose progress is told."""

    pieces: tuple[bytes | FilePiece, ...] = field(repr=False)
    progress: Progress | None = field(default=None, repr=False)

    @property
    def size(self) -> int:
        """Bytes in all."""
        return sum(len(one) if isinstance(one, bytes) else one.size for one in self.pieces)

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """The bytes, a moderate piece at a time."""
        sent, size = 0, self.size
        for piece in self.pieces:
            async for chunk in _cut(piece) if isinstance(piece, bytes) else piece.chunks():
                yield chunk
                sent += len(chunk)
                if self.progress is not None:
                    self.progress(sent, size)


async def _cut(piece: bytes) -> AsyncGenerator[bytes, None]:
    for start in range(0, len(piece), _CHUNK):
        yield piece[start : start + _CHUNK]


@frozen
class Part:
    """One part of a multipart body; *name* is the field's, or its content id in ``related``."""

    name: str
    content: str | bytes | FilePiece = field(repr=False)
    filename: str | None = None
    content_type: str | None = None
    attributes: tuple[str, ...] = ()
    """Values of ``x-attributes`` in the part's disposition: ``executable``, ``link``."""

    def head(self, subtype: str) -> bytes:
        """The part's headers."""
        words = ["form-data", f'name="{_quoted(self.name)}"']
        lines = []
        if subtype != "form-data":
            words = ["attachment"]
            lines.append(f'Content-ID: "{_quoted(self.name)}"')
        if self.filename is not None:
            words.append(f'filename="{_quoted(self.filename)}"')
        if self.attributes:
            words.append(f'x-attributes="{_quoted(",".join(self.attributes))}"')
        lines.insert(0, f"Content-Disposition: {'; '.join(words)}")
        if self.content_type is not None:
            lines.append(f"Content-Type: {_quoted(self.content_type)}")
        return _encoded("".join(f"{line}\r\n" for line in (*lines, "")))


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise ArgumentError(f"a text can't be sent: {error}") from error


def _quoted(text: str) -> str:
    """As browsers do: UTF-8, with what would end the text or the line percent-encoded."""
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


@frozen
class Body:
    """Bytes of known length, and their media type."""

    content: bytes | Pieces = field(repr=False)
    content_type: str

    @property
    def size(self) -> int:
        """Bytes in all."""
        return len(self.content) if isinstance(self.content, bytes) else self.content.size

    def data(self) -> bytes | AsyncGenerator[bytes, None]:
        """What one attempt sends."""
        if isinstance(self.content, Pieces):
            return self.content.chunks()
        # In one piece it would stop everything else for as long as it takes to hand it over.
        return self.content if len(self.content) <= _CHUNK else _cut(self.content)

    @classmethod
    def of_json(cls, value: Any) -> Body:
        """Encode *value* as JSON; ValueError or TypeError where JSON can't say it."""
        text = json.dumps(
            value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain
        )
        return cls(text.encode(), "application/json")

    @classmethod
    def of_form(cls, pairs: Iterable[tuple[str, str]]) -> Body:
        """A form, names and values in their order."""
        return cls(urlencode(list(pairs)).encode(), "application/x-www-form-urlencoded")

    @classmethod
    def of_text(cls, text: str, content_type: str = "text/plain") -> Body:
        """Text, in UTF-8."""
        return cls(text.encode(), content_type)

    @classmethod
    def of_parts(
        cls,
        parts: Sequence[Part],
        *,
        subtype: str = "form-data",
        progress: Progress | None = None,
    ) -> Body:
        """Several parts: a form with files (``form-data``), or a ``related`` set."""
        boundary = secrets.token_hex(16)
        pieces: list[bytes | FilePiece] = []
        for part in parts:
            content = _encoded(part.content) if isinstance(part.content, str) else part.content
            pieces += [f"--{boundary}\r\n".encode() + part.head(subtype), content, b"\r\n"]
        pieces.append(f"--{boundary}--\r\n".encode())
        kind = f"multipart/{subtype}; boundary={boundary}"
        if progress is None and not any(isinstance(one, FilePiece) for one in pieces):
            return cls(b"".join(cast("list[bytes]", pieces)), kind)
        return cls(Pieces(tuple(pieces), progress), kind)


def _plain(value: Any) -> Any:
    """A read-only mapping, as fields without a class are, as JSON's."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is nothing that JSON can say")


class Uploads:
    """Contents made ready to be sent, more than once if need be; for use in ``async with``.

    What comes without a known length is written to a temporary file first, which ends with the
    block.
    """

    def __init__(self) -> None:
        self._stack = ExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    async def take(self, content: Content) -> bytes | FilePiece:
        """*content* with a known length; ArgumentError where it is nothing to upload."""
        if isinstance(content, str):
            return _encoded(content)
        if isinstance(content, bytes | bytearray | memoryview):
            return bytes(content)
        if isinstance(content, os.PathLike):
            return await asyncio.to_thread(_of_path, Path(content))
        if isinstance(content, AsyncIterable):
            return await self._spooled(content)
        if isinstance(content, io.TextIOBase) or not hasattr(content, "read"):
            raise ArgumentError(
                f"{type(content).__name__} can't be uploaded: give text, bytes, a path, a "
                "file opened in binary mode, or an async iterable of bytes"
            )
        if getattr(content, "seekable", lambda: False)():
            return await asyncio.to_thread(_of_file, content)
        return await self._spooled(_pieces_of(content))

    async def _spooled(self, source: AsyncIterable[bytes]) -> FilePiece:
        spool = tempfile.TemporaryFile()  # noqa: SIM115 - the stack closes it
        file = self._stack.enter_context(spool)
        async for chunk in source:
            if not isinstance(chunk, bytes | bytearray | memoryview):
                raise ArgumentError(f"an upload's pieces are bytes, not {type(chunk).__name__}")
            await asyncio.to_thread(file.write, chunk)
        return FilePiece(cast("IO[bytes]", file), 0, file.tell())


async def _pieces_of(file: IO[bytes]) -> AsyncGenerator[bytes, None]:
    while chunk := await asyncio.to_thread(file.read, _CHUNK):
        yield chunk


def _of_path(path: Path) -> FilePiece:
    try:
        if not path.is_file():
            raise ArgumentError(f"{path} is no file")
        return FilePiece(path, 0, path.stat().st_size)
    except OSError as error:
        raise ArgumentError(f"{path} can't be read: {error}") from error


def _of_file(file: IO[bytes]) -> FilePiece:
    start = file.tell()
    size = file.seek(0, io.SEEK_END) - start
    file.seek(start)
    return FilePiece(file, start, size)
