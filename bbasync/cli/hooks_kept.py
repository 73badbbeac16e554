"""Deliveries in a file, a line each: headers and body as they came, to be sent and checked again.

What may be a credential (``Authorization`` of Connect's hooks) is not kept.
"""

from __future__ import annotations

import json
import os
import re
import sys
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final

from attrs import field, frozen

from ..errors import ArgumentError, ConfigurationError
from ..webhooks.parse import ATTEMPT, HOOK, ID, KEY, WORD, Headers, pairs
from ..webhooks.signature import HEADER
from .call import STDIO
from .exits import say
from .output import line_of

_NAMES: Final = {
    one.lower(): one for one in (KEY, ID, HOOK, ATTEMPT, HEADER, "Content-Type", "User-Agent")
}
_VALUE: Final = re.compile(r"[ -~]{1,1000}")


@frozen
class Kept:
    """A delivery as it came: the headers that matter, by their usual names, and its body."""

    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def signature(self) -> str | None:
        """What it was signed with."""
        return self.headers.get(HEADER)

    @property
    def name(self) -> str:
        """What a person knows it by."""
        return f"{self.headers.get(KEY, '-')}  {self.headers.get(ID, '-')}"

    def line(self, at: datetime) -> bytes:
        """It as a line of a file; *at* is when it came."""
        content: dict[str, Any] = {"at": at.isoformat(), "headers": dict(self.headers)}
        try:
            content["body"] = self.body.decode()
        except UnicodeDecodeError:
            content["body_base64"] = b64encode(self.body).decode()
        return line_of(content)


def kept_of(headers: Headers, body: bytes) -> Kept:
    """What is kept of a delivery that came."""
    found = ((_NAMES.get(name.lower()), value) for name, value in pairs(headers))
    # A value that can't be sent again would spoil the file; the service has none.
    return Kept({name: value for name, value in found if name and _VALUE.fullmatch(value)}, body)


def opened(name: str) -> IO[bytes]:
    """The file *name*, to add lines to; an error where it can't be, or is of something else."""
    if name == STDIO:
        raise ArgumentError("--to takes a file: what it has is too much for a person")
    path = Path(name)
    try:
        torn = _is_torn(path, name) if path.is_file() else False
        file = open(path, "ab", opener=_private)  # noqa: SIM115 - whoever gets it does
    except OSError as error:
        raise ArgumentError(f"--to {name}: {error.strerror}") from error
    if torn:  # by a crash; what comes must not be lost with it
        file.write(b"\n")
        file.flush()
    return file


def _private(name: str, flags: int) -> int:
    """Open *name*; a new file is for its owner alone, since what is signed can be sent again."""
    return os.open(name, flags, 0o600)


def _is_torn(path: Path, name: str) -> bool:
    """Whether the last line has no end; ConfigurationError where the first is no delivery."""
    with path.open("rb") as file:
        first = file.readline().strip()
        if first and not _is_kept(_parsed(first)):
            raise ConfigurationError(f"--to {name}: that has something else in it: name another")
        if not file.seek(0, 2):
            return False
        file.seek(-1, 2)
        return file.read(1) != b"\n"


def content_of(name: str) -> bytes:
    """What *name* has, or standard input."""
    try:
        return sys.stdin.buffer.read() if name == STDIO else Path(name).read_bytes()
    except OSError as error:
        raise ArgumentError(f"{name}: {error.strerror}") from error
    except ValueError:
        raise ArgumentError("FILE takes a path, or - for standard input") from None


def kept_in(content: bytes, name: str) -> list[Kept] | None:
    """The deliveries that *content* has; None where it is one body, as it came."""
    lines = [(n, one) for n, one in enumerate(content.split(b"\n"), 1) if one.strip()]
    first = next(filter(None, (_parsed(line) for _, line in lines)), None)
    if _is_shown(first):
        raise ArgumentError(
            f"{name} is of `bbasync hooks listen --json`, whose bodies are not as they came: those "
            "that --to has kept are"
        )
    if not _is_kept(first):
        return None
    kept = []
    for number, line in lines:
        where, found = f"{name}, line {number}", _parsed(line)
        if found is None:
            say(f"{where}: it was cut off, and is left out")
        else:
            kept.append(_kept(found, where))
    return kept


def _kept(found: Any, where: str) -> Kept:
    if not _is_kept(found):
        raise ArgumentError(f"{where}: it is no delivery that was kept")
    try:
        if "body" in found:
            body = found["body"].encode()
        else:
            body = b64decode(found["body_base64"], validate=True)
    except (ValueError, TypeError, AttributeError):
        raise ArgumentError(f"{where}: its body can't be read") from None
    kept = kept_of(_lines(found["headers"], where), body)
    for one in (KEY, ID):
        if not WORD.fullmatch(kept.headers.get(one, "")):
            raise ArgumentError(f"{where}: {one} is not there, or is not one word")
    return kept


def _lines(headers: Mapping[str, Any], where: str) -> Iterable[tuple[str, str]]:
    for name, value in headers.items():
        if not isinstance(value, str) or not _VALUE.fullmatch(value):
            raise ArgumentError(f"{where}: {name} is no header")
        yield name, value


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _is_kept(found: Any) -> bool:
    if not isinstance(found, dict) or not isinstance(found.get("headers"), dict):
        return False
    return "body" in found or "body_base64" in found


def _is_shown(found: Any) -> bool:
    return isinstance(found, dict) and {"at", "key", "signed", "payload"} <= found.keys()
