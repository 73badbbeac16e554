"""The journal: the pages that an audit has read, in a file that outlives the process.

The format, version 1: JSON Lines. The first line is the header: ``format`` ("bbasync audit
journal"), ``version``, ``base_url`` and ``begun_at``. Each further line is a page, as it came in:
``key`` (of the list), ``rows`` (what the service sent of each item), ``cursor`` (where the next
page begins), ``size`` (how many items the list has, where it tells) and ``done`` (whether it was
the last). A line whose ``rows`` are null says that what is before it of the same list is no good.
Where the process was killed while it wrote, the last line is torn: it is dropped.

What is written is a page of some ten kilobytes at a time, behind which there was a request over the
network: that goes into the system's own memory at once, and needs no thread. Whoever kills the
process loses nothing that was written; a machine that fails may lose the latest pages, which are
asked for again then. In memory there is where each page is, and not what is in it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final, Self

import msgspec
from attrs import define, field, frozen

from ..crawl.disk import Desk, leave, take, unusable
from ..errors import ConfigurationError

FORMAT: Final = "bbasync audit journal"
VERSION: Final = 1
_START: Final = b'{"format":"bbasync audit journal"'
_LONGEST_HEADER: Final = 8192


class _Header(msgspec.Struct):
    format: str
    version: int
    base_url: str = ""
    begun_at: str = ""


class _Line(msgspec.Struct):
    """A page, whose rows are looked at only when they are wanted."""

    key: str
    rows: msgspec.Raw
    cursor: str | None = None
    size: int | None = None
    done: bool = False


class _Rows(msgspec.Struct):
    rows: list[Any]


@frozen
class Kept:
    """How far a list was read."""

    pages: int = 0
    cursor: str | None = None
    """Where it goes on; None at the beginning."""
    size: int | None = None
    """How many items it had, where it told."""
    done: bool = False


@define(eq=False)
class _Entry:
    places: list[tuple[int, int]] = field(factory=list)
    """Where each page's line begins, and how long it is."""
    kept: Kept = field(factory=Kept)


class Journal:
    """What an audit has read so far, in the file *path*; for use by one audit at a time.

    The first audit makes the file, which only its owner may read: it tells who may do what. An
    audit of other things or at another level goes on with it as well; what it has of a list is not
    asked for again, however long ago that was: see ``begun_at``.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.begun_at: datetime | None = None
        """When the first of it was read; None before it is begun."""
        self._base_url = ""
        self._passing = False
        self._file: BinaryIO | None = None
        self._lock: int | None = None
        self._end = 0
        self._entries: dict[str, _Entry] = {}

    @classmethod
    def temporary(cls) -> Self:
        """One in a file that is gone when it is closed."""
        handle, path = tempfile.mkstemp(prefix="bbasync-audit-", suffix=".jsonl")
        os.close(handle)
        made = cls(path)
        made._passing = True
        return made

    def __repr__(self) -> str:
        return f"Journal({str(self.path)!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def begin(self, base_url: str) -> None:
        """Begin with the file, or go on with it; nothing happens where that was done already.

        ConfigurationError where it is in use, is of another service or is no journal.
        """
        if self._file is not None:
            self._check(base_url)
            return
        desk = Desk("audit")  # all of the file is looked at
        try:
            await desk.do(self._begin, base_url)
        finally:
            desk.leave()

    @property
    def pages_kept(self) -> int:
        """How many pages are in it."""
        return sum(entry.kept.pages for entry in self._entries.values())

    def kept(self, key: str) -> Kept:
        """How far the list *key* was read."""
        return self._entries.get(key, _Entry()).kept

    def pages(self, key: str) -> Iterator[Sequence[Any]]:
        """The rows of each page of the list *key*, from the file."""
        file = self._opened()
        for place, length in tuple(self._entries.get(key, _Entry()).places):
            file.seek(place)
            yield msgspec.json.decode(file.read(length), type=_Rows).rows

    def add(
        self, key: str, rows: Sequence[Any], *, cursor: str | None, size: int | None, done: bool
    ) -> None:
        """Keep a page of the list *key*; OSError where the disk fails."""
        line = _Line(key, msgspec.Raw(msgspec.json.encode(rows)), cursor, size, done)
        start = self._end
        self._write(msgspec.json.encode(line) + b"\n")
        self._enter(line, start, self._end - start)

    def drop(self, key: str) -> None:
        """Let go of what is kept of the list *key*."""
        if key in self._entries:
            line = _Line(key, msgspec.Raw(b"null"))
            self._write(msgspec.json.encode(line) + b"\n")
            del self._entries[key]

    def close(self) -> None:
        """End with the file, which stays; a temporary one is gone."""
        self._finish(remove=self._passing)

    def remove(self) -> None:
        """Close it, and delete the file: nothing of it is needed any more."""
        # One that is closed may be another's by now.
        self._finish(remove=self._passing or self._file is not None)

    def _finish(self, *, remove: bool) -> None:
        file, self._file = self._file, None
        lock, self._lock = self._lock, None
        try:
            if file is not None:
                file.close()
            if remove:
                self.path.unlink(missing_ok=True)
        finally:
            if lock is not None:
                leave(_beside(self.path), lock)

    def _check(self, base_url: str) -> None:
        if self._base_url != base_url:
            told = f"{self.path} is of an audit of {self._base_url}, not of {base_url}"
            raise ConfigurationError(f"{told}: name another file")

    def _begin(self, base_url: str) -> None:
        try:
            self._lock = take(_beside(self.path))
        except BlockingIOError:
            raise ConfigurationError(
                f"{self.path} is in use by another audit: wait for its end, or name another file"
            ) from None
        except OSError as error:
            raise unusable(self.path, error) from error
        try:
            self._open(base_url)
        except BaseException as error:
            self.close()
            if isinstance(error, OSError):
                raise unusable(self.path, error) from error
            raise

    def _open(self, base_url: str) -> None:
        opened = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        self._file = file = os.fdopen(opened, "r+b", buffering=0)
        self._entries.clear()
        line, newline, _ = file.read(_LONGEST_HEADER).partition(b"\n")
        first = line + newline
        if _is_torn(first):
            self._anew(base_url)
        else:
            header = self._header(first)
            self._base_url = header.base_url
            self._check(base_url)
            self.begun_at = datetime.fromisoformat(header.begun_at)
            self._scan(len(first))
        if os.name == "posix":
            os.fchmod(opened, 0o600)

    def _anew(self, base_url: str) -> None:
        now = datetime.now(UTC)
        header = _Header(FORMAT, VERSION, base_url, now.isoformat())
        self._end = 0
        self._opened().truncate(0)
        self._write(msgspec.json.encode(header) + b"\n")
        self._base_url, self.begun_at = base_url, now

    def _header(self, line: bytes) -> _Header:
        try:
            header = msgspec.json.decode(line, type=_Header)
            datetime.fromisoformat(header.begun_at or "1970-01-01")
        except (ValueError, RecursionError):
            header = None
        if header is None or header.format != FORMAT:
            raise ConfigurationError(f"{self.path} is no journal of an audit: name another file")
        if header.version != VERSION or not header.begun_at:
            raise ConfigurationError(
                f"{self.path} is a journal of format {header.version}, and this bbasync reads "
                f"format {VERSION}: go on with the bbasync that wrote it, or name another file"
            )
        return header

    def _scan(self, place: int) -> None:
        """Note where each page is; cut off a line that is torn."""
        with open(self._opened().fileno(), "rb", closefd=False) as lines:
            lines.seek(place)
            for number, line in enumerate(lines, 2):
                if not line.endswith(b"\n"):
                    break
                try:
                    self._enter(msgspec.json.decode(line, type=_Line), place, len(line))
                except (ValueError, RecursionError) as error:
                    raise ConfigurationError(
                        f"{self.path} is damaged in line {number}: bring it back from a copy, or "
                        "delete it to begin anew"
                    ) from error
                place += len(line)
        self._opened().truncate(place)
        self._end = place

    def _enter(self, line: _Line, place: int, length: int) -> None:
        if bytes(line.rows) == b"null":
            self._entries.pop(line.key, None)
            return
        entry = self._entries.setdefault(line.key, _Entry())
        entry.places.append((place, length))
        entry.kept = Kept(len(entry.places), line.cursor, line.size, line.done)

    def _write(self, line: bytes) -> None:
        file = self._opened()
        try:
            file.seek(self._end)
            written = 0
            while written < len(line):
                written += file.write(line[written:])
        except OSError as error:
            with suppress(OSError):
                file.truncate(self._end)  # no half of a line before others
            raise OSError(error.errno, error.strerror, str(self.path)) from error
        self._end += len(line)

    def _opened(self) -> BinaryIO:
        if self._file is None:
            raise ConfigurationError(f"{self!r} is not open")
        return self._file


def _beside(path: Path) -> Path:
    """The file that is locked while the one at *path* is in use."""
    return path.with_name(f"{path.name}.lock")


def _is_torn(first: bytes) -> bool:
    """Whether the file is new, or its first process was killed before it could write a line."""
    if first.endswith(b"\n") or len(first) == _LONGEST_HEADER:
        return False
    return first.startswith(_START) or _START.startswith(first)
