"""What blocks, in a thread of its own, and what a disk's failures are called.

Before a crawl begins, a place that can't be used is a ConfigurationError; what fails later (a full
disk, say) is an OSError with the file's name, and what was committed before it holds.
"""

from __future__ import annotations

import asyncio
import errno
import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from ..errors import ConfigurationError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

P = ParamSpec("P")
T = TypeVar("T")

_POSIX: Final = os.name == "posix"
_LOCKLESS: Final = frozenset({errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})
"""What file systems say that know no locks."""
_FAILURES: Final = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_BUSY: errno.EBUSY,
    sqlite3.SQLITE_LOCKED: errno.EBUSY,
    sqlite3.SQLITE_READONLY: errno.EROFS,
    sqlite3.SQLITE_PERM: errno.EACCES,
    sqlite3.SQLITE_CANTOPEN: errno.ENOENT,
}


class Desk:
    """One thread for jobs that block: they are done in the order in which they are given."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=f"bbasync-{name}")

    async def do(self, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What *job* returns. Cancellations pass when the job is done: none is left half-way."""
        future = asyncio.get_running_loop().run_in_executor(
            self._pool, lambda: job(*args, **kwargs)
        )
        cancelled: asyncio.CancelledError | None = None
        while not future.done():
            try:
                await asyncio.wait([future])
            except asyncio.CancelledError as error:
                cancelled = error
        if cancelled is not None:
            future.exception()  # whoever cancels does not ask for it
            raise cancelled
        return future.result()

    def leave(self) -> None:
        """End the thread behind the jobs that it has."""
        self._pool.shutdown(wait=False)


def unusable(path: Path, error: Exception) -> ConfigurationError:
    """*path* can't be written, which *error* says before anything was requested."""
    why = error.strerror if isinstance(error, OSError) else None
    return ConfigurationError(
        f"{path} can't be written: {why or error}. Name another place, or make it writable"
    )


def failed(path: Path, error: sqlite3.Error) -> OSError:
    """What a database at *path* failed with, as any other file fails."""
    code = _FAILURES.get(primary(error), errno.EIO)
    said = str(error) if code == errno.EIO else os.strerror(code)
    return OSError(code, said, str(path))


def primary(error: sqlite3.Error) -> int:
    """SQLite's own number of *error*, without its extension; 0 where it has none."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """What is done in the block is kept as a whole when it ends, or not at all."""
    try:
        database.execute("BEGIN IMMEDIATE")
        yield
        database.execute("COMMIT")
    except BaseException:
        undo(database)
        raise


def undo(database: sqlite3.Connection) -> None:
    """Drop what was not committed; SQLite may have done it by itself."""
    with suppress(sqlite3.Error):
        if database.in_transaction:
            database.execute("ROLLBACK")


def sync_directory(directory: Path) -> None:
    """Have the names in *directory* themselves on the disk; Windows does not open directories."""
    if _POSIX:
        opened = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def take(path: Path) -> int:
    """Lock the file *path*, made for that, until ``leave``; BlockingIOError where another has it.

    The lock goes with its process, however that ends.
    """
    while True:
        opened = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _lock(opened)
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(opened), path.stat()):
                    return opened
        except BaseException:
            os.close(opened)
            raise
        os.close(opened)  # whoever had it has removed it just now


def leave(path: Path, opened: int) -> None:
    """Unlock *path*, and remove it; Windows removes nothing that is open."""
    if _POSIX:
        path.unlink(missing_ok=True)
    os.close(opened)
    if not _POSIX:
        with suppress(OSError):
            path.unlink()


def _lock(opened: int) -> None:
    if sys.platform == "win32":
        try:
            msvcrt.locking(opened, msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError(*error.args) from error
    else:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in _LOCKLESS:
                raise
