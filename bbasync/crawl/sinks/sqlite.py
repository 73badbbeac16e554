"""SQLite: a database for a person who opens it with ``sqlite3`` and asks."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

from ...errors import ConfigurationError
from ..disk import failed, sync_directory, transaction, undo, unusable
from ..record import Batch, Found, Missed
from ..tables import is_passing
from .file import FileSink, beside, gap, member, take_back, where
from .rows import TEXTS, clean, error_of, row_of

APPLICATION: Final = 0x62624954
"""What its files say they are: "bbIT"."""
VERSION: Final = 1
_PATIENCE: Final = 60.0
"""Seconds to wait for a person who reads the database meanwhile."""
_HEAD: Final = b"SQLite format 3\0"
_STAMP: Final = slice(68, 72)
"""Where the application's number stands in every database."""
_SCHEMA: Final = f"""
CREATE TABLE items (row INTEGER PRIMARY KEY, kind TEXT NOT NULL, workspace TEXT NOT NULL,
  repository TEXT, key TEXT, id INTEGER, {", ".join(f"{name} TEXT" for name in TEXTS)},
  item TEXT NOT NULL);
CREATE TABLE missed (row INTEGER PRIMARY KEY AUTOINCREMENT, walk TEXT, kind TEXT NOT NULL,
  workspace TEXT NOT NULL, repository TEXT, error TEXT NOT NULL, status INTEGER,
  message TEXT NOT NULL);
CREATE INDEX missed_by_walk ON missed (walk);
CREATE TABLE about (crawl TEXT NOT NULL);
PRAGMA application_id={APPLICATION};
PRAGMA user_version={VERSION}
"""
_SHOWN: Final = ", ".join(("workspace", "repository", "key", "id", *TEXTS, "item"))
_INDEX: Final = "CREATE INDEX IF NOT EXISTS items_by_place ON items (kind, repository, key)"
_TAKEN: Final = frozenset({"items", "missed", "about", "missed_by_walk", "items_by_place"})
_FOUND: Final = "INSERT INTO items VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_MISSED: Final = "INSERT INTO missed VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)"


class SQLite(FileSink):
    """Writes a database to *path*, whose table ``items`` has a row for each item.

    ``item`` is the JSON as it was received; beside it stand what is asked for most often
    (``uuid``, ``full_name``, name, ``title``, ``state``, ``created_on``, ``updated_on``...;
    NULL where an item has no such text) and ``key``, which tells the items of one list apart. Each
    kind is a view of its own: ``SELECT title, item ->> '$.author.nickname' FROM pullrequests``.
    ``missed`` has the lists that could not be read.

    While the crawl is incomplete the database is ``PATH.part``, and may be read.
    """

    _kind = "sqlite"

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__(path)
        self._database: sqlite3.Connection | None = None
        self._kinds: set[str] = set()

    def _open(self, position: Any) -> None:
        part = beside(self.path)
        self._kinds = set()
        try:
            _refuse_others(self.path)
            if position is None:
                for ending in ("part-journal", "part"):
                    beside(self.path, ending).unlink(missing_ok=True)
                self._database = _made(part)
            else:
                _check(where(self.path), position)
                take_back(self.path)
                self._database = _cut(part, position)
            self._database.execute("PRAGMA synchronous=FULL")
            sync_directory(part.absolute().parent)
        except (OSError, sqlite3.Error) as error:
            raise unusable(part, error) from error

    def _write(self, batches: Sequence[Batch]) -> None:
        with self._used() as database:
            if not database.in_transaction:
                database.execute("BEGIN IMMEDIATE")
            for batch in batches:
                self._take(database, batch)

    def _take(self, database: sqlite3.Connection, batch: Batch) -> None:
        for kind in {one.kind for one in batch.records} - self._kinds:
            _show(database, kind)
            self._kinds.add(kind)
        found = [_values(one) for one in batch.records if isinstance(one, Found)]
        database.executemany(_FOUND, found)
        # A list that is read after all was not missed.
        database.execute("DELETE FROM missed WHERE walk = ?", (clean(batch.walk.key),))
        missed = [_error(batch, one) for one in batch.records if isinstance(one, Missed)]
        database.executemany(_MISSED, missed)

    def _sync(self) -> dict[str, Any]:
        with self._used() as database:
            if database.in_transaction:
                database.execute("COMMIT")
            return _position(database)

    def _finish(self) -> None:
        with self._used() as database:
            database.execute(_INDEX)
        self._release()
        beside(self.path).replace(self.path)
        sync_directory(self.path.absolute().parent)

    def _release(self) -> None:
        database, self._database = self._database, None
        if database is not None:
            undo(database)
            database.close()

    @contextmanager
    def _used(self) -> Iterator[sqlite3.Connection]:
        """The database; where it fails, what was not committed is dropped."""
        if self._database is None:
            raise ConfigurationError(f"{self!r} is not open")
        try:
            yield self._database
        except sqlite3.Error as error:
            undo(self._database)
            raise failed(beside(self.path), error) from error


def _refuse_others(path: Path) -> None:
    """What is at *path* is replaced in the end: it has to be of a crawl."""
    if path.is_dir():
        raise ConfigurationError(f"{path} is a directory: SQLite takes a file's name")
    if not path.exists():
        return
    with path.open("rb") as file:
        head = file.read(_STAMP.stop)
    is_ours = head.startswith(_HEAD) and head[_STAMP] == APPLICATION.to_bytes(4)
    if head and not is_ours:
        raise ConfigurationError(
            f"{path} is there already and of no crawl, which would replace it: name another file"
        )


def _connected(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)


def _made(part: Path) -> sqlite3.Connection:
    database = _connected(part)
    try:
        with transaction(database):
            for statement in _SCHEMA.split(";"):
                database.execute(statement)
            database.execute("INSERT INTO about VALUES (?)", (token_hex(8),))
    except BaseException:
        database.close()
        raise
    return database


def _check(path: Path, position: Any) -> None:
    """Refuse to go on where what was written is not there."""
    row, missed = (member(position, name, int, path) for name in ("row", "missed"))
    crawl = member(position, "crawl", str, path)
    if not path.exists():
        raise gap(path, f"is not there, and {row} items were written to it")
    with closing(_connected(path)) as database:
        try:
            known = _position(database)
        except sqlite3.DatabaseError as error:
            raise gap(path, f"can't be read ({error})") from error
    if known["crawl"] != crawl:
        raise gap(path, "is of another crawl")
    if known["row"] < row or known["missed"] < missed:
        raise gap(path, f"has {known['row']} items, and {row} were written")


def _cut(part: Path, position: Any) -> sqlite3.Connection:
    """The database without what is behind *position*."""
    database = _connected(part)
    try:
        with transaction(database):
            database.execute("DELETE FROM items WHERE row > ?", (position["row"],))
            database.execute("DELETE FROM missed WHERE row > ?", (position["missed"],))
    except BaseException:
        database.close()
        raise
    return database


def _position(database: sqlite3.Connection) -> dict[str, Any]:
    (crawl,) = database.execute("SELECT crawl FROM about").fetchone()
    (row,) = database.execute("SELECT coalesce(max(row), 0) FROM items").fetchone()
    (missed,) = database.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence").fetchone()
    return {"crawl": crawl, "row": row, "missed": missed}


def _show(database: sqlite3.Connection, kind: str) -> None:
    """Make a view of the items of *kind*, where its name can be one."""
    name = clean(kind).replace("\0", "")
    if name.lower() in _TAKEN or name.lower().startswith("sqlite_") or not name:
        return
    quoted, said = name.replace('"', '""'), name.replace("'", "''")
    database.execute(
        f'CREATE VIEW IF NOT EXISTS "{quoted}" AS '  # noqa: S608 - a view takes no parameters
        f"SELECT {_SHOWN} FROM items WHERE kind = '{said}'"
    )


def _values(found: Found) -> tuple[object, ...]:
    row = row_of(found)
    return (row.kind, row.workspace, row.repository, row.key, row.id, *row.texts, row.item)


def _error(batch: Batch, missed: Missed) -> tuple[object, ...]:
    repository = None if missed.repository is None else clean(missed.repository)
    walk = clean(batch.walk.key) if is_passing(missed.error) else None  # none reads it any more
    place = (walk, clean(missed.kind), clean(missed.workspace), repository)
    return (*place, *error_of(missed))
