"""The ledger: how far a crawl has come, in a file that outlives the process.

The format, version 1: an SQLite database with ``application_id`` 0x62624352 ("bbCR") and the
version in ``user_version``, in WAL mode with ``synchronous=FULL``, so that a commit is on the disk
when it returns, whatever ends the process or the machine. Tables:

- ``plan``: one row, the plan's text, which is canonical JSON.
- ``walks``: the lists that are not over: ``key``, ``kind``, ``workspace``, ``repository`` (the
  repository's JSON), ``position`` (where to go on; NULL: at the beginning), ``found``. What is
  over is deleted, so that the file stays as small as what is still to be read at a time.
- ``totals``: how many items were ``found`` of each ``kind``.
- ``missed``: the lists that were given up, and single items that can't be read, with the columns
  of their walk and why: ``class``, ``message`` and ``status``. ``again`` is 1 where the reason may
  have passed.
- ``sinks``: the latest ``position`` of each sink by its ``name``, as JSON.

While a crawl runs, the file is locked for its process. A crawl that is complete needs no
checkpoint, and its file is deleted; where lists were missed for a reason that may have passed, it
stays, and the next run of the same plan reads just those.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from ..errors import ConfigurationError
from .differences import differences
from .disk import Desk, failed, primary, sync_directory, transaction, unusable
from .record import Batch, Walk
from .tables import (
    APPLICATION,
    VERSION,
    Standing,
    begin,
    enter,
    place,
    retry,
    standing,
    waits,
    walks,
)

_PATIENCE: Final = 1.0
"""Seconds to wait for a lock: one who looks at a checkpoint has it for a moment only."""


class Ledger:
    """A checkpoint in the file *path*, whose format the module describes.

    The file is made by the first run, and deleted when the crawl is complete. Another plan's file
    is refused, as is one that another process has open.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._desk: Desk | None = None
        self._database: sqlite3.Connection | None = None
        self._turn = threading.Lock()  # one connection for the desk's thread and for walks()

    def __repr__(self) -> str:
        return f"Ledger({str(self.path)!r})"

    async def open(self, plan: str, roots: Sequence[Walk]) -> Mapping[str, Any]:
        """Begin, or go on where there is one of the same *plan*; gives the sinks' positions.

        Lists that were missed for a reason that may have passed are walks again.
        """
        if self._desk is not None:
            raise ConfigurationError(f"{self!r} is in use already: a crawl needs one of its own")
        self._desk = Desk("checkpoint")
        try:
            return await self._desk.do(self._open, plan, roots)
        except BaseException:
            await self.close(done=False)
            raise

    def walks(self, limit: int, *, behind: str = "") -> Sequence[Walk]:
        """The first *limit* walks that are not over, in the order of their keys *behind* that.

        Only where a commit is just being written does it wait, for as long as that takes.
        """
        database = self._opened()
        with self._turn:
            return walks(database, limit, behind)

    def standing(self) -> Standing:
        """What is committed, of an open ledger; see ``look`` for one that is not."""
        database = self._opened()
        with self._turn:
            return standing(database)

    async def commit(self, batches: Sequence[Batch], positions: Mapping[str, Any]) -> None:
        """Keep what *batches* tell of their walks and the sinks' *positions*: all or nothing.

        OSError where the disk fails.
        """
        self._opened()
        if self._desk is not None:
            await self._desk.do(self._commit, batches, positions)

    async def close(self, *, done: bool) -> None:
        """End; where the crawl is *done*, delete the file, unless lists wait for another run."""
        if self._desk is None:
            return
        desk, self._desk = self._desk, None
        try:
            await desk.do(self._close, done)
        finally:
            desk.leave()

    def _opened(self) -> sqlite3.Connection:
        if self._database is None:
            raise ConfigurationError(f"{self!r} is not open")
        return self._database

    def _open(self, plan: str, roots: Sequence[Walk]) -> dict[str, Any]:
        self._database = database = _connected(self.path)
        try:
            database.execute("BEGIN EXCLUSIVE")  # the first of several that begin at once has it
            database.execute("COMMIT")
            if _is_ours(database, self.path):
                _compare(database, self.path, plan)
                _set_up(database)
                with transaction(database):
                    retry(database)
            else:
                _set_up(database)
                with transaction(database):
                    begin(database, plan, roots)
                sync_directory(self.path.absolute().parent)
            found = database.execute("SELECT name, position FROM sinks").fetchall()
        except sqlite3.Error as error:
            raise _refused(self.path, error) from error
        return {name: json.loads(position) for name, position in found}

    def _commit(self, batches: Sequence[Batch], positions: Mapping[str, Any]) -> None:
        database = self._opened()
        with self._turn:
            try:
                with transaction(database):
                    for batch in batches:
                        enter(database, batch)
                    place(database, positions)
            except sqlite3.Error as error:
                raise failed(self.path, error) from error

    def _close(self, done: bool) -> None:  # noqa: FBT001 - a thread's job has no names
        with self._turn:
            database, self._database = self._database, None
            if database is None:
                return
            try:
                with closing(database):
                    keep = not done or waits(database)
            except sqlite3.Error as error:
                raise failed(self.path, error) from error
            if not keep:
                for ending in ("-wal", "-shm", ""):  # the first two only where closing left them
                    self.path.with_name(f"{self.path.name}{ending}").unlink(missing_ok=True)


def look(path: str | os.PathLike[str]) -> Standing:
    """What the checkpoint at *path* says, whose crawl does not run just now. It blocks, briefly.

    ConfigurationError where there is none, or where its crawl runs.
    """
    place = Path(path)
    if not place.is_file():
        raise ConfigurationError(
            f"{place}: there is no checkpoint; a crawl that is complete has none"
        )
    with closing(_connected(place)) as database:
        try:
            if not _is_ours(database, place):
                raise ConfigurationError(f"{place}: nothing of a crawl is in it yet")
            return standing(database)
        except sqlite3.Error as error:
            raise _refused(place, error) from error


def _connected(path: Path) -> sqlite3.Connection:
    try:
        database = sqlite3.connect(
            path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
        )
    except sqlite3.Error as error:
        raise _refused(path, error) from error
    # It keeps other processes out; and without shared memory WAL works in shared folders too.
    database.execute("PRAGMA locking_mode=EXCLUSIVE")
    return database


def _is_ours(database: sqlite3.Connection, path: Path) -> bool:
    """Whether a crawl has begun in it; ConfigurationError where it is something else's file."""
    (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    (application,) = database.execute("PRAGMA application_id").fetchone()
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if not tables and not application and not version:
        return False  # new, or its first process was killed before it could write
    if application != APPLICATION:
        raise ConfigurationError(
            f"{path} is another program's database, no checkpoint of a crawl: name another file"
        )
    if version != VERSION:
        raise ConfigurationError(
            f"{path} is a checkpoint of format {version}, and this bbasync reads format {VERSION}: "
            "go on with the bbasync that has written it, or begin anew with another file"
        )
    (health,) = database.execute("PRAGMA quick_check(1)").fetchone()
    if health != "ok":
        raise _damaged(path, health)
    return True


def _set_up(database: sqlite3.Connection) -> None:
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")


def _compare(database: sqlite3.Connection, path: Path, plan: str) -> None:
    (kept,) = database.execute("SELECT text FROM plan").fetchone()
    if kept != plan:
        raise ConfigurationError(
            f"{path} is the checkpoint of another plan. {differences(kept, plan)}. Run the plan "
            "that it is of, name another file, or delete this one to begin anew"
        )


def _refused(path: Path, error: sqlite3.Error) -> ConfigurationError:
    """Why the file can't be begun with."""
    code = primary(error)
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return ConfigurationError(
            f"{path} is in use by a crawl that runs: wait for its end, or name another file"
        )
    if code == sqlite3.SQLITE_NOTADB:
        return ConfigurationError(f"{path} is no checkpoint of a crawl: name another file")
    if code == sqlite3.SQLITE_CORRUPT:
        return _damaged(path, str(error))
    return unusable(path, error)


def _damaged(path: Path, how: str) -> ConfigurationError:
    return ConfigurationError(
        f"{path} is damaged ({how.splitlines()[0]}): bring it back from a copy, or delete it to "
        "begin anew"
    )
