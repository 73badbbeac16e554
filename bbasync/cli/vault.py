"""Where logins are kept: in the system's keyring, or in a file that nobody else may read.

One login a base URL. A file says for each where it is, so that nobody waits for a keyring that has
none.
"""

from __future__ import annotations

import json
import os
import stat
import tempfile
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import typer

from ..auth.files import FileTokenStore
from ..errors import ConfigurationError, TokenStoreError
from . import ring
from .options import Place

DIRECTORY: Final = "BBASYNC_CONFIG_DIR"
_VERSION: Final = 1
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH
_POSIX: Final = os.name == "posix"


class Vault:
    """The logins of whoever runs the command, in the directory that BBASYNC_CONFIG_DIR names.

    Without that it is the user's own one for settings. TokenStoreError, here and in all methods,
    where a login can't be kept or read, or where others may.
    """

    def __init__(self) -> None:
        self.directory = Path(os.environ.get(DIRECTORY) or typer.get_app_dir("bbasync"))

    def path(self, base_url: str) -> Path:
        """The file for *base_url*."""
        digest = blake2b(base_url.encode(), digest_size=8).hexdigest()
        host = urlsplit(base_url).hostname or ""
        shown = "".join(one if one.isalnum() or one in ".-" else "-" for one in host)
        return self.directory / f"login-{shown[:100]}-{digest}.json"

    def lock(self, base_url: str) -> AbstractAsyncContextManager[object]:
        """Be the one process that changes the login for *base_url*; makes the directory."""
        return FileTokenStore(self.directory).lock(base_url)

    def place(self, base_url: str) -> Place | None:
        """Where the login for *base_url* is kept, whatever state it is in; None: nowhere."""
        path = self.path(base_url)
        try:
            record = _parsed(path.read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _failed("can't be read", path, error) from error
        return Place.KEYRING if record.get("kept") == Place.KEYRING else Place.FILE

    def shown(self, base_url: str) -> str:
        """Where the login for *base_url* is kept, as a person says it."""
        if self.place(base_url) is Place.KEYRING:
            return f"the system's keyring ({ring.found(least=0) or 'not to be reached now'})"
        return f"the file {self.path(base_url)}"

    def load(self, base_url: str) -> dict[str, Any] | None:
        """The login for *base_url*, with its secrets; None where there is none."""
        record = self._record(self.path(base_url))
        if record is None:
            return None
        login = record.get("login")
        if record.get("kept") == Place.KEYRING:
            login = _parsed((ring.get(base_url) or "").encode())
            if not login:
                raise TokenStoreError(
                    f"the system's keyring has lost the login for {base_url}: run `bbasync login`"
                )
        return login if isinstance(login, dict) else {}

    def choose(self, wanted: Place | None) -> Place:
        """Where a new login goes: where *wanted*, else into a keyring, where there is one.

        ConfigurationError where a keyring is wanted, and none can be used.
        """
        if wanted is Place.KEYRING and ring.found(least=0.1) is None:
            raise ConfigurationError(
                "there is no keyring to keep it in: leave --keep out for a file that only you may "
                "read"
            )
        return wanted or (Place.FILE if ring.found() is None else Place.KEYRING)

    def save(self, base_url: str, login: Mapping[str, Any], place: Place) -> None:
        """Keep *login* in *place*, instead of what was kept for *base_url*."""
        before = self.place(base_url)
        record: dict[str, Any] = {"version": _VERSION, "kept": place}
        if place is Place.KEYRING:
            ring.put(base_url, json.dumps(login))
        else:
            record["login"] = login
        self._write(self.path(base_url), json.dumps(record).encode())
        if before is Place.KEYRING and place is Place.FILE:
            with suppress(TokenStoreError):  # what is there now counts for nothing any more
                ring.drop(base_url)

    def forget(self, base_url: str) -> None:
        """Keep no login for *base_url* any more."""
        if self.place(base_url) is Place.KEYRING:
            ring.drop(base_url)
        path = self.path(base_url)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise _failed("can't be deleted", path, error) from error

    def _record(self, path: Path) -> dict[str, Any] | None:
        try:
            with path.open("rb") as file:
                mode, content = os.fstat(file.fileno()).st_mode, file.read()
            around = self.directory.stat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _failed("can't be read", path, error) from error
        if _POSIX and (mode & _OTHERS or around & _OTHERS_WRITE):
            raise TokenStoreError(
                f"{path} may be read or written by others: revoke the token, take their rights "
                f"on {self.directory} away, and run `bbasync login`"
            )
        record = _parsed(content)
        if record.get("version") != _VERSION:
            raise TokenStoreError(
                f"{path} is no login that this bbasync understands: run `bbasync login`"
            )
        return record

    def _write(self, path: Path, content: bytes) -> None:
        draft = None
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            # For its owner alone; a store of tokens in this directory sweeps what a crash leaves.
            opened, draft = tempfile.mkstemp(".tmp", f"{path.name}.", self.directory)
            with os.fdopen(opened, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(draft).replace(path)
        except OSError as error:
            if draft is not None:
                Path(draft).unlink(missing_ok=True)
            raise _failed("can't be written", path, error) from error


def _parsed(content: bytes) -> dict[str, Any]:
    """The object that *content* is in JSON; an empty one where it is none."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):  # whose text has the content in it
        return {}
    return found if isinstance(found, dict) else {}


def _failed(how: str, path: Path, error: OSError) -> TokenStoreError:
    return TokenStoreError(f"{path} {how}: {error.strerror or type(error).__name__}")
