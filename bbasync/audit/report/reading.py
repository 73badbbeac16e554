"""Reads a report back that was written as JSON Lines."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedReader
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from ...errors import ConfigurationError, DecodingError
from ..change import Change
from ..findings import Finding, RuleInfo
from ..found import WorkspaceAudit
from .flat import LEVEL, LISTS, read_row, read_workspace
from .jsonl import LINES_VERSION
from .keys import Row, Things, may, moment_of, must
from .made import Report

_BOM: Final = b"\xef\xbb\xbf"
_ADVICE: Final = "name a file that `bbasync audit` has written as JSON Lines"
_AGAIN: Final = "have it written or copied again"


def read_report(path: str | PathLike[str]) -> Report:
    """The report that the JSON Lines at *path* hold; zstandard's where that ends in ``.zst``.

    What the service said to what could not be read (``Unknown.cause``) is not in there. Lines and
    keys that a newer bbasync has added are passed over. ConfigurationError for a file that is no
    such report, is cut off or broken, with the number of the line.
    """
    place = Path(path)
    reader = _Reader()
    try:
        with _opened(place) as file:
            for line in file:
                reader.take(line)
        reader.check_end()
    except OSError as error:
        raise ConfigurationError(
            f"{place} can't be read: {error.strerror or error}. {_ADVICE.capitalize()}"
        ) from error
    except DecodingError as error:
        raise ConfigurationError(f"{place}, line {reader.taken}: {error}") from error
    return reader.report()


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    with path.open("rb") as file:
        if path.suffix != ".zst":
            yield file
            return
        try:
            from zstandard import ZstdDecompressor, ZstdError  # noqa: PLC0415 - optional
        except ImportError as error:
            raise ConfigurationError(
                f"{path} needs the package zstandard: install bbasync[zstd]"
            ) from error
        packed = ZstdDecompressor().stream_reader(file, read_across_frames=True)
        try:
            yield BufferedReader(cast("Any", packed))
        except ZstdError as error:
            raise DecodingError(f"what follows is no zstandard: {error}") from error


class _Reader:
    """Takes lines, and has a report in the end."""

    def __init__(self) -> None:
        self._head: Row = {}
        self._things = Things()
        self._audits: list[WorkspaceAudit] = []
        self._rules: list[RuleInfo] = []
        self._findings: list[Finding] = []
        self._changes: list[Change] = []
        self.taken = 0
        """How many lines it has; the last may be wrong."""
        self._ended = False
        self._others: dict[str, Callable[[Row], None]] = {
            "workspace": lambda row: self._audits.append(read_workspace(row)),
            "rule": lambda row: self._rules.append(self._read(RuleInfo, row)),
            "finding": lambda row: self._findings.append(self._read(Finding, row)),
            "change": lambda row: self._changes.append(self._read(Change, row)),
            "end": self._end,
        }

    def take(self, line: bytes) -> None:
        """Take the next *line*; DecodingError where it can't be one."""
        self.taken += 1
        if self._ended:
            raise DecodingError("there is more behind the end of the report")
        if self.taken == 1:
            self._begin(line.removeprefix(_BOM))
        else:
            self._go_on(_parsed(line))

    def check_end(self) -> None:
        """DecodingError where lines are missing."""
        if not self.taken:
            raise DecodingError(f"the file is empty: {_ADVICE}")
        if not self._ended:
            raise DecodingError(f"the report is cut off behind it: {_AGAIN}")

    def report(self) -> Report:
        """What was read."""
        head = self._head
        compared, made_at = may(head, "compared", bool), moment_of(head, "made_at")
        if made_at.tzinfo is None:
            raise DecodingError("its 'made_at' has no zone")
        return Report(
            self._audits,
            self._findings,
            self._changes if compared else None,
            must(head, "requests", int),
            made_at,
            LEVEL.read(head, self._things),
            self._rules,
        )

    def _begin(self, line: bytes) -> None:
        try:
            row = _parsed(line)
        except DecodingError:
            row = {}
        if row.get("kind") != "audit":
            raise DecodingError(f"this begins no report: {_ADVICE}")
        version = must(row, "version", int)
        if version > LINES_VERSION:
            raise DecodingError(
                f"the report is of version {version}, and this bbasync reads up to "
                f"{LINES_VERSION}: read it with a newer one"
            )
        self._head = row
        self.report()

    def _go_on(self, row: Row) -> None:
        kind = must(row, "kind", str)
        listed = LISTS.get(kind)
        if listed is None:
            self._others.get(kind, _pass_over)(row)
            return
        if not self._audits:
            raise DecodingError(f"a {kind} stands before any workspace")
        made, name = listed
        thing = self._read(made, row)
        if kind == "repository":
            self._things.repositories[thing.uuid] = thing
        facts = getattr(self._audits[-1], name)
        if facts is None:
            raise DecodingError(f"a {kind} stands in a workspace whose {name} were not read")
        facts.append(thing)

    def _read(self, kind: type, row: Row) -> Any:
        return read_row(kind, row, self._things)

    def _end(self, row: Row) -> None:
        if must(row, "rows", int) != self.taken - 1:
            raise DecodingError(
                f"{row['rows']} lines should be before the end, and are {self.taken - 1}: {_AGAIN}"
            )
        self._ended = True


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line.decode())
    except (ValueError, RecursionError):
        row = None
    if type(row) is not dict:
        raise DecodingError(f"the line is broken: {_AGAIN}")
    return row


def _pass_over(row: Row) -> None:
    """Leave *row* out: a newer version has added it."""
