"""Parts: Parquet files of some rows of a crawl each, which their names tell."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Self

from attrs import frozen

from ..disk import sync_directory
from ..record import Found, Record
from .rows import TEXTS, clean, error_of, row_of

if TYPE_CHECKING:
    from pyarrow import Schema, Table
    from pyarrow.parquet import ParquetWriter

_PER_GROUP: Final = 10_000
_LARGEST_GROUP: Final = 64 * 2**20
"""Bytes of rows that are in memory at a time, or a batch more."""
_TIMES: Final = frozenset({"created_on", "updated_on", "date"})
_NAME: Final = re.compile(r"rows-(\d+)-(\d+)\.parquet")
_MARK: Final = b"bbasync.crawl"
"""The key under which a file says of which crawl it is."""


@frozen(order=True)
class Part:
    """The file of the rows *first* to *end*, without that one."""

    first: int
    end: int
    path: Path


def parts_of(directory: Path, *, covered: bool = False) -> list[Part]:
    """The files in *directory*, in order; without those whose rows another one has, unless asked.

    Both are there where a process was killed between making a larger one and removing the others.
    """
    found = [(_NAME.fullmatch(path.name), path) for path in directory.iterdir()]
    parts = [Part(int(named[1]), int(named[2]), path) for named, path in found if named]
    parts.sort(key=lambda one: (one.first, -one.end))
    if covered:
        return parts
    kept: list[Part] = []
    for one in parts:
        if not kept or one.end > kept[-1].end:
            kept.append(one)
    return kept


def schema(crawl: str) -> Schema:
    """The columns, of a *crawl*."""
    import pyarrow as pa  # noqa: PLC0415 - an optional dependency

    time = pa.timestamp("us", tz="UTC")
    return pa.schema(
        [
            *((name, pa.string()) for name in ("kind", "workspace", "repository", "key")),
            ("id", pa.int64()),
            *((name, time if name in _TIMES else pa.string()) for name in TEXTS),
            ("item", pa.string()),
            ("error", pa.string()),
            ("status", pa.int32()),
            ("message", pa.string()),
        ],
        metadata={_MARK: crawl.encode()},
    )


def crawl_of(part: Part) -> str | None:
    """Of which crawl a file is; None where it is no such file or has another number of rows."""
    from pyarrow import ArrowException  # noqa: PLC0415 - as above
    from pyarrow.parquet import ParquetFile  # noqa: PLC0415 - as above

    try:
        with ParquetFile(part.path) as file:
            said = (file.schema_arrow.metadata or {}).get(_MARK)
            rows = file.metadata.num_rows
    except (ArrowException, OSError):
        return None
    return said.decode() if said and rows == part.end - part.first else None


def table_of(records: Sequence[Record], crawl: str) -> Table:
    """The rows of *records*."""
    from pyarrow import Table  # noqa: PLC0415 - as above

    return Table.from_pylist([_cells(one) for one in records], schema=schema(crawl))


def _cells(record: Record) -> dict[str, Any]:
    if isinstance(record, Found):
        row = row_of(record)
        texts = dict(zip(TEXTS, row.texts, strict=True))
        times = {name: _time(texts[name]) for name in _TIMES}
        return {
            "kind": row.kind,
            "workspace": row.workspace,
            "repository": row.repository,
            "key": row.key,
            "id": row.id,
            "item": row.item,
            **texts,
            **times,
        }
    error, status, message = error_of(record)
    return {
        "kind": clean(record.kind),
        "workspace": clean(record.workspace),
        "repository": None if record.repository is None else clean(record.repository),
        "error": error,
        "status": status,
        "message": message,
    }


def _time(text: str | None) -> datetime | None:
    """The moment that *text* tells; none where it tells no offset, as API 1.0 does not."""
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found.tzinfo else None


def written(tables: Sequence[Table], directory: Path, first: int) -> Part:
    """Write *tables* as a file of *directory* whose rows begin at *first*; it is there or not."""
    with _Writer(directory, first, tables[0].schema) as writer:
        for table in tables:
            writer.take(table)
    return writer.made[0]


def merged(
    parts: Sequence[Part],
    directory: Path,
    *,
    end: int | None = None,
    per_file: int | None = None,
) -> list[Part]:
    """Write the rows of *parts*, up to *end*, as files of *directory*: one, unless told."""
    from pyarrow.parquet import read_schema  # noqa: PLC0415 - as above

    first = parts[0].first
    left = (parts[-1].end if end is None else end) - first
    with _Writer(directory, first, read_schema(parts[0].path), per_file) as writer:
        for table in _tables(parts):
            writer.take(table.slice(0, left))
            left -= min(left, table.num_rows)
    return writer.made


def _tables(parts: Sequence[Part]) -> Iterator[Table]:
    from pyarrow import Table  # noqa: PLC0415 - as above
    from pyarrow.parquet import ParquetFile  # noqa: PLC0415 - as above

    for part in parts:
        with ParquetFile(part.path) as file:
            for batch in file.iter_batches(batch_size=_PER_GROUP):
                yield Table.from_batches([batch])


class _Writer:
    """Writes rows one behind the other, in files and groups of rows that memory can hold."""

    def __init__(
        self, directory: Path, first: int, layout: Schema, per_file: int | None = None
    ) -> None:
        self.made: list[Part] = []
        self._directory = directory
        self._first = self._end = first
        self._layout = layout
        self._per_file = per_file or sys.maxsize
        self._gathered: list[Table] = []
        self._file: BinaryIO | None = None
        self._writer: ParquetWriter | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        try:
            if kind is None and (self._end > self._first or not self.made):
                self._keep()
        finally:
            self._drop()

    def take(self, table: Table) -> None:
        """Write the rows of *table*."""
        while table.num_rows:
            piece = table.slice(0, self._per_file - (self._end - self._first))
            table = table.slice(piece.num_rows)
            self._gathered.append(piece)
            self._end += piece.num_rows
            if self._end - self._first == self._per_file:
                self._keep()
            elif (
                sum(one.num_rows for one in self._gathered) >= _PER_GROUP
                or sum(one.nbytes for one in self._gathered) >= _LARGEST_GROUP
            ):
                self._flush()

    @property
    def _draft(self) -> Path:
        return self._directory / f"rows-{self._first}.tmp"

    def _flush(self) -> None:
        """Write what was gathered as a group of rows."""
        from pyarrow import concat_tables  # noqa: PLC0415 - as above
        from pyarrow.parquet import ParquetWriter  # noqa: PLC0415 - as above

        if self._writer is None:
            self._file = self._draft.open("wb")
            self._writer = ParquetWriter(self._file, self._layout, compression="zstd")
        if self._gathered:
            self._writer.write_table(concat_tables(self._gathered))
            self._gathered = []

    def _keep(self) -> None:
        """Let the file be there, with all that it has."""
        self._flush()
        if self._writer is not None and self._file is not None:
            self._writer.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
        self._writer = self._file = None
        name = f"rows-{self._first:010}-{self._end:010}.parquet"
        self.made.append(Part(self._first, self._end, self._draft.replace(self._directory / name)))
        sync_directory(self._directory)
        self._first = self._end

    def _drop(self) -> None:
        """Let go of a file that did not become one."""
        writer, file = self._writer, self._file
        self._writer = self._file = None
        if writer is None or file is None:
            return
        with suppress(OSError):  # its end has no room either
            writer.close()
        with suppress(OSError):
            file.close()
        self._draft.unlink(missing_ok=True)
