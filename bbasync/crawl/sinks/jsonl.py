"""JSONLines: one line a record, with each item's JSON as it was received."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

from ...errors import ConfigurationError
from ..disk import sync_directory, unusable
from ..keyset import json_of
from ..record import Batch, Found, Record
from .file import FileSink, beside, gap, member, take_back, where
from .rows import error_of

if TYPE_CHECKING:
    from zstandard import ZstdCompressionObj

_TAIL: Final = 4096
"""Bytes before a position by which the file is known again."""


class JSONLines(FileSink):
    """Writes one line a record to *path*; zstandard frames where that ends in ``.zst``.

    An item's line is ``{"kind", "workspace", "repository", "item"}``, with the item's JSON byte by
    byte as it was received, but for line breaks between its members. That of a list that was
    missed has ``"error": {"class", "message", "status"}`` in the item's place.

    While the crawl is incomplete the file is ``PATH.part``: whole lines, and whole frames, up to
    the last commit. Frames need the package ``zstandard`` (``bbasync[zstd]``).
    """

    _kind = "jsonl"

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__(path)
        self._packer = _Frames() if self.path.suffix == ".zst" else _Plain()
        self._file: FileIO | None = None
        self._end = self._safe = 0
        self._tail = b""

    def _open(self, position: Any) -> None:
        if self.path.is_dir():
            raise ConfigurationError(f"{self.path} is a directory: JSONLines takes a file's name")
        part = beside(self.path)
        self._packer.begin()
        self._end, self._tail = 0, b""
        try:
            if position is not None and member(position, "bytes", int, self.path):
                self._end, self._tail = _checked(where(self.path), position)
                take_back(self.path)
            self._safe = self._end
            self._file = FileIO(part, "rb+" if self._end else "wb")
            self._file.truncate(self._end)
            self._file.seek(self._end)
            sync_directory(part.absolute().parent)
        except OSError as error:
            raise unusable(part, error) from error

    def _write(self, batches: Sequence[Batch]) -> None:
        lines = [line_of(record) for batch in batches for record in batch.records]
        self._put(self._packer.pack(b"".join(lines)))

    def _sync(self) -> dict[str, Any]:
        self._put(self._packer.end())
        if self._file is not None and self._end > self._safe:
            os.fsync(self._file.fileno())
            self._safe = self._end
        return {"bytes": self._safe, "tail": crc32(self._tail)}

    def _put(self, data: bytes) -> None:
        left = memoryview(data)
        while left and self._file is not None:
            left = left[self._file.write(left) or 0 :]
        self._end += len(data)
        self._tail = (self._tail + data[-_TAIL:])[-_TAIL:]

    def _finish(self) -> None:
        self._release()
        beside(self.path).replace(self.path)
        sync_directory(self.path.absolute().parent)

    def _release(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            with file:
                file.truncate(self._safe)


def line_of(record: Record) -> bytes:
    """The line of *record*, with its end."""
    head = json.dumps(
        {"kind": record.kind, "workspace": record.workspace, "repository": record.repository},
        separators=(",", ":"),
    )[:-1].encode()
    if isinstance(record, Found):
        item = json_of(record.item).translate(None, b"\r\n")  # in texts JSON has them escaped
        return b"".join((head, b',"item":', item, b"}\n"))
    name, status, message = error_of(record)
    error = json.dumps({"class": name, "message": message, "status": status}).encode()
    return b"".join((head, b',"error":', error, b"}\n"))


def _checked(path: Path, position: Any) -> tuple[int, bytes]:
    """Where *position* is, and the last bytes before it, which are as they were."""
    end, tail = (member(position, name, int, path) for name in ("bytes", "tail"))
    if not path.exists():
        raise gap(path, f"is not there, and {end} bytes of it were written")
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        if size < end:
            raise gap(path, f"has {size} bytes, and {end} were written")
        file.seek(max(0, end - _TAIL))
        found = file.read(min(end, _TAIL))
    if crc32(found) != tail:
        raise gap(path, f"has other content before byte {end}")
    return end, found


class _Plain:
    """Lines as they are."""

    def begin(self) -> None:
        """Forget what was packed."""

    def pack(self, data: bytes) -> bytes:
        """What is to be written of *data* now."""
        return data

    def end(self) -> bytes:
        """What is still to be written, so that all before it can be read."""
        return b""


class _Frames(_Plain):
    """One zstandard frame from sync to sync: cut behind any, the file is a valid one."""

    def __init__(self) -> None:
        try:
            from zstandard import ZstdCompressor  # noqa: PLC0415 - an optional dependency
        except ImportError as error:
            raise ConfigurationError(
                "files that end in .zst need the package zstandard: install bbasync[zstd]"
            ) from error
        self._compressor = ZstdCompressor(write_checksum=True)
        self._frame: ZstdCompressionObj | None = None

    def begin(self) -> None:
        self._frame = None

    def pack(self, data: bytes) -> bytes:
        if not data:
            return b""
        if self._frame is None:
            self._frame = self._compressor.compressobj()
        return self._frame.compress(data)

    def end(self) -> bytes:
        frame, self._frame = self._frame, None
        return b"" if frame is None else frame.flush()
