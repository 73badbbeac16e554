"""Parquet: a directory of files for pyarrow, DuckDB, Spark, Polars or pandas."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final

from ...errors import ConfigurationError
from ..disk import sync_directory, unusable
from ..record import Batch
from .file import FileSink, beside, gap, member, take_back, where
from .parts import Part, crawl_of, merged, parts_of, schema, table_of, written

if TYPE_CHECKING:
    from pyarrow import Table

PER_FILE: Final = 100_000
"""Rows of a file in the end."""
_MANY: Final = 64
"""Small files that become a larger one while the crawl runs."""


class Parquet(FileSink):
    """Writes a *directory* of Parquet files, which in the end have 100,000 rows each.

    The columns are ``kind``, ``workspace``, ``repository``, ``key`` (which tells the items of one
    list apart), ``id``, what is asked for most often (``uuid``, ``full_name``, name, ``title``,
    ``state``...; ``created_on``, ``updated_on`` and ``date`` as times), and ``item``, the JSON as
    it was received. A list that was missed is a row without ``item``, with ``error``, ``status``
    and ``message``.

    While the crawl is incomplete the files are small and in ``DIRECTORY.part``: from commit to
    commit one, and sixty-four of them are one from time to time. In the end they are put together,
    which takes as much room again. The package ``pyarrow`` must be installed
    (``bbasync[parquet]``).
    """

    _kind = "parquet"

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        super().__init__(directory)
        try:
            import pyarrow.parquet  # noqa: F401, PLC0415 - an optional dependency: told now
        except ImportError as error:
            raise ConfigurationError(
                "Parquet files need the package pyarrow: install bbasync[parquet]"
            ) from error
        self._crawl = ""
        self._rows = 0
        self._small: list[Part] = []
        self._waiting: list[Table] = []

    def _open(self, position: Any) -> None:
        part = beside(self.path)
        self._small, self._waiting, self._rows = [], [], 0
        try:
            _refuse_others(self.path)
            if position is None:
                self._crawl = token_hex(8)
                shutil.rmtree(part, ignore_errors=True)
                part.mkdir()
            else:
                self._crawl = member(position, "crawl", str, self.path)
                rows = member(position, "rows", int, self.path)
                _check(where(self.path), self._crawl, rows)
                take_back(self.path)
                self._cut(rows)
            sync_directory(part.absolute().parent)
        except OSError as error:
            raise unusable(part, error) from error

    def _cut(self, rows: int) -> None:
        """Drop what is behind that many *rows*, and what crashes have left."""
        part = beside(self.path)
        shutil.rmtree(part / "whole", ignore_errors=True)
        for draft in part.glob("*.tmp"):
            draft.unlink()
        kept = parts_of(part)
        for one in sorted(set(parts_of(part, covered=True)) - set(kept)):
            one.path.unlink()
        for one in kept:
            if one.first >= rows:
                one.path.unlink()
            elif one.end > rows:  # the small ones that it was made of may be gone
                merged([one], part, end=rows)
                one.path.unlink()
        self._rows = rows

    def _write(self, batches: Sequence[Batch]) -> None:
        records = [record for batch in batches for record in batch.records]
        if records:
            self._waiting.append(table_of(records, self._crawl))

    def _sync(self) -> dict[str, Any]:
        if self._waiting:
            if len(self._small) >= _MANY:
                self._merge()
            made = written(self._waiting, beside(self.path), self._rows)
            self._small.append(made)
            self._rows, self._waiting = made.end, []
        return {"crawl": self._crawl, "rows": self._rows}

    def _merge(self) -> None:
        """Make one file of the small ones; killed half-way, there are both."""
        merged(self._small, beside(self.path))
        for one in self._small:
            one.path.unlink()
        self._small = []

    def _finish(self) -> None:
        part, old, done = (beside(self.path, ending) for ending in ("part", "old", "done"))
        whole = part / "whole"
        whole.mkdir()
        parts = parts_of(part)
        if parts:
            merged(parts, whole, per_file=PER_FILE)
        else:
            written([schema(self._crawl).empty_table()], whole, 0)
        sync_directory(whole)
        for one in (old, done):
            shutil.rmtree(one, ignore_errors=True)
        if self.path.exists():
            self.path.replace(old)
        whole.replace(self.path)
        part.replace(done)  # first its name, so that it is never there in part
        sync_directory(self.path.absolute().parent)
        for one in (old, done):
            shutil.rmtree(one, ignore_errors=True)

    def _release(self) -> None:
        self._small, self._waiting = [], []


def _refuse_others(path: Path) -> None:
    """What is at *path* is replaced in the end: it has to be of a crawl."""
    if not path.exists():
        return
    if not path.is_dir():
        raise ConfigurationError(f"{path} is a file: Parquet takes a directory's name")
    known = {one.path.name for one in parts_of(path, covered=True)}
    others = sorted(one.name for one in path.iterdir() if one.name not in known)
    if others:
        raise ConfigurationError(
            f"{path} has something else in it ({others[0]}), and a crawl would replace it: name "
            "another directory"
        )


def _check(directory: Path, crawl: str, rows: int) -> None:
    """Refuse to go on where what was written is not there."""
    if not directory.is_dir():
        raise gap(directory, f"is not there, and {rows} rows were written to it")
    end = 0
    for one in parts_of(directory):
        if one.first != end or end >= rows:
            break
        if crawl_of(one) != crawl:
            raise gap(one.path, "is of another crawl, or damaged")
        end = one.end
    if end < rows:
        raise gap(directory, f"has the first {end} rows, and {rows} were written")
