"""The file: what a cassette looks like on the disk.

It is one JSON document, made to be read and compared. `format` and `version` say what it is;
`exchanges` has the requests and their answers in the order in which they were answered:

    {"format": "bbasync cassette", "version": 1, "exchanges": [
      {"request": {"method": "GET", "path": "/2.0/repositories/acme", "query": [["pagelen", "100"]],
                   "headers": {}, "body": null},
       "answer": {"status": 200, "headers": {"Content-Type": "application/json"},
                  "body": {"json": {"values": []}}}}]}

A `path` is percent-encoded, a `query` is not. A body is null, or an object with one key: `json`,
`text` (a list of lines with their ends), `base64`, or `left_out`, the size in bytes of what was not
recorded. Addresses of the API are those of Bitbucket, whichever service was recorded.
"""

import base64
import contextlib
import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any

from attrs import asdict, field, frozen

FORMAT = "bbasync cassette"
VERSION = 1
_HALVES = re.compile("[\ud800-\udfff]")
KINDS = ("json", "text", "base64", "left_out")


class CassetteError(Exception):
    """A cassette that can't be read, or may not be written."""


@frozen
class Body:
    """The body of a message; see above for its kinds."""

    kind: str
    value: Any


@frozen
class Sent:
    """A request."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: dict[str, str] = field(factory=dict)
    body: Body | None = None

    def __str__(self) -> str:
        query = "&".join(f"{name}={value}" for name, value in self.query)
        return f"{self.method} {self.path}" + (f"?{query}" if query else "")


@frozen
class Answered:
    """An answer."""

    status: int
    headers: dict[str, str] = field(factory=dict)
    body: Body | None = None


@frozen
class Recorded:
    """One exchange of a cassette."""

    request: Sent
    answer: Answered


def load(path: Path) -> list[Recorded]:
    """Read a cassette, all of it or nothing."""
    try:
        document = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise CassetteError(f"There is no cassette at {path}: record it first") from None
    except (OSError, ValueError, RecursionError) as error:
        raise CassetteError(
            f"{path} can't be read as a cassette ({error}): record it again"
        ) from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise CassetteError(f"{path} is no cassette: its format is not {FORMAT!r}")
    if document.get("version") != VERSION:
        raise CassetteError(
            f"{path} is a cassette of version {document.get('version')!r}, and only "
            f"{VERSION} is known here: record it again"
        )
    exchanges = document.get("exchanges")
    if not isinstance(exchanges, list):
        raise CassetteError(f"{path} is damaged: it has no list of exchanges")
    return [_read(path, number, one) for number, one in enumerate(exchanges, 1)]


def dump(exchanges: list[Recorded]) -> str:
    """Write exchanges as the text of a cassette."""
    plain = [asdict(one, value_serializer=_plain) for one in exchanges]
    document = {"format": FORMAT, "version": VERSION, "exchanges": plain}
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    # Half a pair of surrogates is allowed in JSON, but has no UTF-8.
    return _HALVES.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def save(path: Path, text: str) -> None:
    """Put a text in a file's place, whole: whoever looks finds the old one or the new one."""
    handle, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.absolute().parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).chmod(0o644)  # as any file that is to be shared, and not as a draft
        Path(draft).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(draft).unlink()
        raise


def _plain(_owner: object, _field: object, value: Any) -> Any:
    return {value.kind: value.value} if isinstance(value, Body) else value


def _read(path: Path, number: int, one: Any) -> Recorded:
    try:
        asked, told = one["request"], one["answer"]
        request = Sent(
            _text(asked["method"]),
            _text(asked["path"]),
            tuple((_text(name), _text(value)) for name, value in asked["query"]),
            _headers(asked["headers"]),
            _body(asked["body"]),
        )
        status = told["status"]
        if type(status) is not int or not 100 <= status <= 599:  # noqa: PLR2004 - HTTP's range
            raise ValueError(f"the status {status!r}")  # noqa: TRY301 - reported like the others
        answer = Answered(status, _headers(told["headers"]), _body(told["body"]))
    except (KeyError, TypeError, ValueError) as error:
        why = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
        raise CassetteError(
            f"{path} is damaged in exchange {number}: {why}. Record it again"
        ) from error
    return Recorded(request, answer)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _headers(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise TypeError(f"{value!r} are no headers")
    return {name: _text(one) for name, one in value.items()}


def _body(value: Any) -> Body | None:
    if value is None:
        return None
    if not isinstance(value, dict) or len(value) != 1 or next(iter(value)) not in KINDS:
        raise TypeError(f"a body is one of {', '.join(KINDS)}")
    kind, content = next(iter(value.items()))
    if kind == "text":
        content = [_text(line) for line in content]
    elif kind == "base64":
        base64.b64decode(_text(content), validate=True)
    elif kind == "left_out" and (type(content) is not int or content < 0):
        raise TypeError(f"{content!r} is no size")
    return Body(kind, content)
