"""Tokens in files: one a key, that nobody else may read."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import stat
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote

from ..errors import ConfigurationError, TokenStoreError
from .store import checked_key, finished, polled
from .token import OAuthToken

if TYPE_CHECKING:
    from filelock import BaseFileLock

_T = TypeVar("_T")

_LONGEST: Final = 80
"""Characters of a key that a file's name shows: names end at 255 bytes."""
_OLD: Final = 3600.0
"""Seconds after which a temporary file is what a crash has left."""
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH
_POSIX: Final = os.name == "posix"


class FileTokenStore:
    """Keeps each token in a file of *directory*, which is made for the owner alone.

    A token that others may read is refused when it is loaded, as ssh refuses such a key: a warning
    would go unread while the token is taken. So is a directory that others may write to, or own.

    Processes on one machine take turns; the package ``filelock`` must be installed
    (``bbasync[files]``).
    """

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        try:
            import filelock  # noqa: F401, PLC0415 - an optional dependency: told now, not at night
        except ImportError as error:
            raise ConfigurationError(
                "tokens in files need the package filelock: install bbasync[files]"
            ) from error
        self.directory = _place(directory)
        self._swept = False

    def __repr__(self) -> str:
        return f"FileTokenStore({str(self.directory)!r})"

    async def load(self, key: str) -> OAuthToken | None:
        """The token that was saved last; None where there is none.

        TokenStoreError where others may read it, or where it is malformed.
        """
        return await _in_thread(self._load, self._path(key))

    async def save(self, key: str, token: OAuthToken) -> None:
        """Keep *token* on the disk, whole or not at all; TokenStoreError where that fails."""
        await _in_thread(self._save, self._path(key), token)

    async def delete(self, key: str) -> None:
        """Forget the token, if there is one."""
        await _in_thread(self._delete, self._path(key))

    @asynccontextmanager
    async def lock(self, key: str) -> AsyncGenerator[None, None]:
        """Be the one process that is here with *key*; a crash lets go of it."""
        from filelock import FileLock  # noqa: PLC0415 - an optional dependency

        path = self._path(key).with_suffix(".lock")
        await _in_thread(self._prepare)
        lock = FileLock(path, mode=0o600, thread_local=False)

        async def take() -> bool:
            return await _in_thread(_take, lock)

        async def give() -> None:
            await _in_thread(lock.release)

        async with polled(f"the lock {path}", take, give):
            yield

    def _path(self, key: str) -> Path:
        raw = checked_key(key).encode(errors="surrogatepass")
        # The digest keeps keys apart that are cut short, and where "Ann" and "ann" are one file.
        shown, digest = quote(raw, safe="")[:_LONGEST], blake2b(raw, digest_size=16).hexdigest()
        # Windows takes what begins with "CON." for a device, whatever comes behind it.
        return self.directory / f"token-{shown}={digest}.json"

    def _prepare(self) -> None:
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            found = self.directory.stat()
        except OSError as error:
            raise _failed("can't be used", self.directory, error) from error
        if _POSIX and found.st_uid != os.geteuid():
            raise TokenStoreError(
                f"{self.directory} belongs to somebody else, who could put their tokens there: "
                "name a directory of your own"
            )
        if _POSIX and found.st_mode & _OTHERS_WRITE:
            raise TokenStoreError(
                f"{self.directory} may be written to by others, who could put their tokens there: "
                f"chmod 700 {self.directory}"
            )
        if not self._swept:
            self._swept = True
            self._sweep()

    def _load(self, path: Path) -> OAuthToken | None:
        self._prepare()
        try:
            with path.open("rb") as file:
                mode = os.fstat(file.fileno()).st_mode
                content = file.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _failed("can't be read", path, error) from error
        if _POSIX and mode & _OTHERS:
            raise TokenStoreError(
                f"{path} may be read or written by others: chmod 600 it, or better revoke the "
                "token and let the user log in again"
            )
        try:
            kept = json.loads(content)
        except (ValueError, RecursionError):  # whose text has the content in it
            kept = None
        if kept is None:
            raise TokenStoreError(f"{path} is not JSON: no token was saved there")
        return OAuthToken.from_dict(kept)

    def _save(self, path: Path, token: OAuthToken) -> None:
        self._prepare()
        content = json.dumps(token.to_dict()).encode()
        draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}.tmp")
        try:
            _write(draft, content)
            draft.replace(path)
            _sync(self.directory)
        except OSError as error:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            raise _failed("can't be written", path, error) from error

    def _delete(self, path: Path) -> None:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise _failed("can't be deleted", path, error) from error

    def _sweep(self) -> None:
        """Remove what crashes between writing and renaming have left."""
        before = time.time() - _OLD
        for one in self.directory.glob("*.json.*.tmp"):
            with suppress(OSError):
                if one.stat().st_mtime < before:
                    one.unlink()


def _place(directory: str | os.PathLike[str]) -> Path:
    """*directory* from the root on: the program's own one may be another later."""
    named = os.fspath(directory) if isinstance(directory, os.PathLike) else directory
    if not isinstance(named, str) or not named or "\0" in named:
        raise ConfigurationError("FileTokenStore takes a directory, as a text or a Path")
    return Path(named).absolute()


async def _in_thread(work: Callable[..., _T], *things: Any) -> _T:
    """What *work* gives in a thread, which nobody can cancel: its end is waited for.

    It would still be writing when somebody else has the lock.
    """
    return await finished(asyncio.get_running_loop().run_in_executor(None, work, *things))


def _take(lock: BaseFileLock) -> bool:
    from filelock import Timeout  # noqa: PLC0415 - an optional dependency

    try:
        lock.acquire(blocking=False)
    except Timeout:
        return False
    except OSError as error:
        raise _failed("can't be locked", Path(lock.lock_file), error) from error
    return True


def _write(path: Path, content: bytes) -> None:
    # For the owner alone from its first moment on, and never a file that is there already.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(directory: Path) -> None:
    """Have the renaming itself on the disk; Windows does not open directories."""
    if _POSIX:
        opened = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def _failed(how: str, path: Path, error: OSError) -> TokenStoreError:
    return TokenStoreError(f"{path} {how}: {error.strerror or type(error).__name__}")
