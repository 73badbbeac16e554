"""Merging: the parts of a crawl on many machines become the one file or directory that was named.

It is there as a whole or not at all; done again after a crash, it gives the same.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

from attrs import evolve

from ..errors import ConfigurationError
from .disk import Desk, failed, sync_directory, transaction
from .sinks import JSONLines, Parquet, SQLite
from .sinks.file import beside
from .sinks.parquet import PER_FILE
from .sinks.parts import Part, merged, parts_of, schema, written

Target = JSONLines | SQLite | Parquet


async def empty_draft(sink: Target) -> Path:
    """The draft of *sink*, which has looked at its place, as for a crawl.

    ConfigurationError where it can't write there.
    """
    await sink.open(None)
    await sink.close(done=False)
    return beside(sink.path)


async def merge(sink: Target, parts: Sequence[Path]) -> None:
    """Put *parts* together, in their order, where *sink* would write.

    OSError where the disk fails, which leaves nothing but the parts.
    """
    # Under a name of its own, so that what a killed process has left is nobody else's.
    draft = await empty_draft(type(sink)(beside(sink.path, "merged")))
    desk = Desk("merge")
    try:
        await desk.do(_merge, sink, draft, parts)
    finally:
        desk.leave()
        remove(draft)


def _merge(sink: Target, draft: Path, parts: Sequence[Path]) -> None:
    gone = next((one for one in parts if not one.exists()), None)
    if gone is not None:
        raise ConfigurationError(
            f"{gone} is not there, although it was written: bring it back, or delete {gone.parent} "
            "to begin anew"
        )
    try:
        match sink:
            case JSONLines():
                _concatenate(draft, parts)
                draft.replace(sink.path)
            case SQLite():
                _collect(draft, parts)
                draft.replace(sink.path)
            case Parquet():
                _gather(draft, sink.path, parts)
        sync_directory(sink.path.parent)
    except OSError as error:
        if error.filename is not None:
            raise
        raise OSError(error.errno, error.strerror or str(error), str(draft)) from error


def remove(path: Path) -> None:
    """Delete a file or a directory, whichever is there; what can't be deleted stays."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def discard(folder: Path) -> None:
    """Delete a *folder* of parts: killed meanwhile, it is not gone on with as if it were whole."""
    gone = beside(folder, "gone")
    remove(gone)
    if folder.exists():
        remove(folder.replace(gone))


def _concatenate(draft: Path, parts: Sequence[Path]) -> None:
    """Whole lines, or whole frames, one behind the other."""
    with draft.open("wb") as out:
        for part in parts:
            with part.open("rb") as file:
                shutil.copyfileobj(file, out, 2**20)
        out.flush()
        os.fsync(out.fileno())


def _collect(draft: Path, parts: Sequence[Path]) -> None:
    """All rows in one database, with a view of each kind that any of them has."""
    database = sqlite3.connect(draft, isolation_level=None)
    try:
        with closing(database):
            database.execute("PRAGMA synchronous=FULL")
            for part in parts:
                database.execute("ATTACH ? AS part", (str(part),))
                with transaction(database):
                    _take(database)
                database.execute("DETACH part")
    except sqlite3.Error as error:
        raise failed(draft, error) from error


def _take(database: sqlite3.Connection) -> None:
    """The rows of the attached part, and the views and indices that are not there yet."""
    for table in ("items", "missed"):
        about = database.execute("SELECT name FROM pragma_table_info(?)", (table,))
        columns = ", ".join(name for (name,) in about if name != "row")
        database.execute(
            f"INSERT INTO main.{table} ({columns}) "  # noqa: S608 - names of our own tables
            f"SELECT {columns} FROM part.{table} ORDER BY row"
        )
    made = database.execute(
        "SELECT sql FROM part.sqlite_master WHERE type IN ('view', 'index') AND sql IS NOT NULL "
        "AND name NOT IN (SELECT name FROM main.sqlite_master)"
    )
    for (sql,) in made.fetchall():
        database.execute(sql)


def _gather(draft: Path, final: Path, parts: Sequence[Path]) -> None:
    """All rows in files of the usual size."""
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    rows, pieces = 0, list[Part]()
    for part in parts:
        found = parts_of(part)
        pieces += [evolve(one, first=one.first + rows, end=one.end + rows) for one in found]
        rows = max((one.end for one in pieces), default=0)
    if pieces:
        merged(pieces, draft, per_file=PER_FILE)
    else:
        written([schema("").empty_table()], draft, 0)
    sync_directory(draft)
    old = beside(final, "old")
    shutil.rmtree(old, ignore_errors=True)
    if final.exists():
        final.replace(old)
    draft.replace(final)
    shutil.rmtree(old, ignore_errors=True)
