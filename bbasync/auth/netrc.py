"""The credential that a .netrc file has for the API."""

from __future__ import annotations

import os
import sys
from netrc import NetrcParseError, netrc
from pathlib import Path
from typing import Final

from ..errors import ConfigurationError
from .basic import BasicAuth
from .bearer import BearerAuth

_ACCESS_TOKEN_USER: Final = "x-token-auth"  # noqa: S105 - a user name
_TOO_OPEN: Final = " must belong to you, and be read by nobody else: chmod 600"


def netrc_auth(
    host: str = "api.bitbucket.org", path: str | os.PathLike[str] | None = None
) -> BasicAuth | BearerAuth | None:
    """The credential of the machine *host* in a .netrc file; None where the file names no such.

    The file is *path*, or else the one that NETRC names, or else .netrc (_netrc on Windows too) in
    the home directory, which may be missing, but must be for its owner only. An e-mail address
    as login is the Atlassian account's, with an API token; ``x-token-auth`` stands for an access
    token. A ``default`` entry is nobody's. ConfigurationError, which names file and line and shows
    nothing of what they hold, where the file can't be read or has another kind of login.
    """
    named = path or os.environ.get("NETRC")
    file = Path(named) if named else _usual()
    if file is None:
        return None
    entries = _entries(file, for_all=bool(named))
    if host not in entries:
        return None
    login, _, password = entries[host]
    where = f"{file}, machine {host}"
    if login and login != _ACCESS_TOKEN_USER and "@" not in login:
        raise ConfigurationError(
            f"{where}: git's user names don't work for the API. Set the login to the e-mail "
            "address of the Atlassian account, with an API token, or to x-token-auth, with an "
            "access token"
        )
    try:
        return BearerAuth(password) if login == _ACCESS_TOKEN_USER else BasicAuth(login, password)
    except ConfigurationError as error:
        raise ConfigurationError(f"{where}: {error}") from None


def _usual() -> Path | None:
    names = ("_netrc", ".netrc") if sys.platform == "win32" else (".netrc",)
    try:
        files = [Path.home() / name for name in names]
    except RuntimeError:  # nobody's process
        return None
    return next((file for file in files if file.exists()), None)


def _entries(file: Path, *, for_all: bool) -> dict[str, tuple[str, str, str]]:
    """Login, account and password of each machine in *file*.

    Unless it is *for_all*, the standard library refuses it where others may read it.
    """
    cause: OSError | None = None
    try:
        hosts = netrc(None if file.name == ".netrc" and not for_all else file).hosts
        return {name: entry for name, entry in hosts.items() if name != "default"}
    except OSError as error:
        cause, reason = error, f" can't be read: {error.strerror}"
    except NetrcParseError as error:  # it quotes what it stumbled over: a password, say
        line, reason = error.lineno, ": this is not how a .netrc file is written"
        reason = _TOO_OPEN if line is None else f", near line {line}{reason}"
    except ValueError:  # it has the bytes in it
        reason = " is not text"
    raise ConfigurationError(f"{file}{reason}") from cause
