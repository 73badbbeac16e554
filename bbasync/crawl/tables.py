"""The tables of the ledger: what is put in them, and what they tell."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from attrs import frozen

from ..errors import (
    BitbucketError,
    ConfigurationError,
    ConnectionFailedError,
    NotReadyError,
    RateLimitedError,
    ServerError,
    TimedOutError,
)
from .record import Batch, Found, Missed, Walk

APPLICATION: Final = 0x62624352
VERSION: Final = 1
_PASSING: Final = (
    ConnectionFailedError,
    NotReadyError,
    RateLimitedError,
    ServerError,
    TimedOutError,
)
_REQUEST_TIMEOUT: Final = 408
_SCHEMA: Final = """
CREATE TABLE plan (text TEXT NOT NULL);
CREATE TABLE walks (key TEXT PRIMARY KEY, kind TEXT NOT NULL, workspace TEXT NOT NULL,
  repository BLOB, position TEXT, found INTEGER NOT NULL);
CREATE TABLE totals (kind TEXT PRIMARY KEY, found INTEGER NOT NULL);
CREATE TABLE missed (key TEXT NOT NULL, kind TEXT NOT NULL, workspace TEXT NOT NULL,
  repository BLOB, position TEXT, found INTEGER NOT NULL, name TEXT, class TEXT NOT NULL,
  message TEXT NOT NULL, status INTEGER, again INTEGER NOT NULL);
CREATE TABLE sinks (name TEXT PRIMARY KEY, position TEXT NOT NULL)
"""


@frozen
class MissedList:
    """A list that a crawl has given up, or an item of one, as its checkpoint keeps it."""

    kind: str
    workspace: str
    repository: str | None
    """``workspace/slug``."""
    error: str
    """The name of the error's class."""
    message: str
    status: int | None
    again: bool
    """Whether the next run reads it once more, from where it broke off."""


@frozen
class Standing:
    """What a checkpoint says of its crawl."""

    plan: str
    """The plan's text, which is JSON."""
    walks: int
    """How many lists are not over, of those that are known."""
    found: Mapping[str, int]
    """How many items were found, by kind."""
    missed: Sequence[MissedList]


def begin(database: sqlite3.Connection, plan: str, roots: Sequence[Walk]) -> None:
    """Make the tables of a crawl that begins with *roots*."""
    for statement in _SCHEMA.split(";"):
        database.execute(statement)
    database.execute("INSERT INTO plan VALUES (?)", (plan,))
    _add(database, roots)
    database.execute(f"PRAGMA application_id={APPLICATION}")
    database.execute(f"PRAGMA user_version={VERSION}")


def enter(database: sqlite3.Connection, batch: Batch) -> None:
    """What *batch* tells of its walk, of those that it has begun, and of the totals."""
    walk = batch.walk
    if batch.over:
        database.execute("DELETE FROM walks WHERE key = ?", (walk.key,))
    else:
        row = (walk.key, walk.kind, walk.workspace, walk.repository, walk.position, walk.found)
        database.execute("INSERT OR REPLACE INTO walks VALUES (?, ?, ?, ?, ?, ?)", row)
    _add(database, batch.begun)
    counted = Counter(one.kind for one in batch.records if isinstance(one, Found))
    database.executemany(
        "INSERT INTO totals VALUES (?, ?) ON CONFLICT DO UPDATE SET found = found + excluded.found",
        counted.items(),
    )
    for record in batch.records:
        if isinstance(record, Missed):
            _miss(database, walk, record)


def _add(database: sqlite3.Connection, walks: Sequence[Walk]) -> None:
    """Walks that begin; one that is known already stays where it is."""
    database.executemany(
        "INSERT OR IGNORE INTO walks VALUES (?, ?, ?, ?, ?, ?)",
        [(w.key, w.kind, w.workspace, w.repository, w.position, w.found) for w in walks],
    )


def _miss(database: sqlite3.Connection, walk: Walk, missed: Missed) -> None:
    error = missed.error
    again = is_passing(error)
    row = (
        *(walk.key, walk.kind, walk.workspace),
        walk.repository if again else None,  # for another time; what is for good stays small
        *(walk.position, walk.found, missed.repository),
        *(type(error).__name__, _text(str(error)), getattr(error, "status", None), again),
    )
    database.execute("INSERT INTO missed VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)


def is_passing(error: BitbucketError) -> bool:
    """Whether the reason of *error* may have passed when the list is read another time."""
    return isinstance(error, _PASSING) or getattr(error, "status", None) == _REQUEST_TIMEOUT


def retry(database: sqlite3.Connection) -> None:
    """Let the lists that were missed for a passing reason be walks again."""
    database.execute(
        "INSERT OR IGNORE INTO walks SELECT key, kind, workspace, repository, position, found "
        "FROM missed WHERE again"
    )
    database.execute("DELETE FROM missed WHERE again")


def waits(database: sqlite3.Connection) -> bool:
    """Whether any list is still to be read, or another time."""
    (found,) = database.execute(
        "SELECT EXISTS (SELECT 1 FROM walks) OR EXISTS (SELECT 1 FROM missed WHERE again)"
    ).fetchone()
    return bool(found)


def place(database: sqlite3.Connection, positions: Mapping[str, Any]) -> None:
    """Keep the *positions* of sinks by their names."""
    database.executemany(
        "INSERT OR REPLACE INTO sinks VALUES (?, ?)",
        [(name, _spelled(name, position)) for name, position in positions.items()],
    )


def _spelled(name: str, position: Any) -> str:
    try:
        return json.dumps(position)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(
            f"the sink {name!r} tells a position that JSON can't say: {error}"
        ) from error


def walks(database: sqlite3.Connection, limit: int, behind: str) -> list[Walk]:
    """The first *limit* walks whose keys come *behind* that one."""
    found = database.execute(
        "SELECT key, kind, workspace, repository, position, found FROM walks "
        "WHERE key > ? ORDER BY key LIMIT ?",
        (behind, limit),
    )
    return [Walk(*row) for row in found]


def standing(database: sqlite3.Connection) -> Standing:
    """What the tables say of the crawl."""
    (plan,) = database.execute("SELECT text FROM plan").fetchone()
    (count,) = database.execute("SELECT count(*) FROM walks").fetchone()
    found = database.execute("SELECT kind, found FROM totals ORDER BY kind").fetchall()
    missed = database.execute(
        "SELECT kind, workspace, name, class, message, status, again FROM missed "
        "ORDER BY key, rowid"
    )
    lists = [
        MissedList(kind, workspace, name, error, message, status, bool(again))
        for kind, workspace, name, error, message, status, again in missed
    ]
    return Standing(plan, count, dict(found), lists)


def _text(said: str) -> str:
    """*said* in characters that UTF-8 has."""
    return said.encode(errors="replace").decode()
