"""Bodies as cassettes have them, and back."""

import base64
import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from .cassette import Body

BOUNDARY = "boundary-of-the-parts"
"""In place of a multipart boundary, which is another one each time."""
_GIVEN = re.compile(r'(?i)(boundary=)("?)([^";,]+)\2')
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
"""No text has these; the escape of colours in a log is none of them."""


def kept(content: bytes, content_type: str, *, binary: bool) -> Body | None:
    """Make of bytes what a cassette has for them; without *binary*, the size of what is no text."""
    if not content:
        return None
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = None
    if text is not None and is_json(content_type):
        try:
            return Body("json", json.loads(text, parse_constant=_refused, parse_float=_finite))
        except (ValueError, RecursionError):
            pass  # a text then, that only says it were JSON
    if text is not None and not _CONTROL.search(text):
        return of_text(text)
    if binary:
        return Body("base64", base64.b64encode(content).decode())
    return Body("left_out", len(content))


def of_text(text: str) -> Body:
    """Make a body of lines."""
    return Body("text", [line for line in re.split(r"(?<=\n)", text) if line])


def content_of(body: Body | None) -> bytes:
    """Give the bytes of a body; of what was left out, as many as there were, and all zero."""
    if body is None:
        return b""
    if body.kind == "json":
        return json.dumps(body.value).encode()
    if body.kind == "text":
        return "".join(body.value).encode()
    if body.kind == "left_out":
        return bytes(body.value)
    return base64.b64decode(body.value)


def type_of(headers: Mapping[str, str]) -> str:
    """Tell the type of an answer's body; a file has none that matters: it stays as it is."""
    disposition = headers.get("Content-Disposition", "").strip().lower()
    return "" if disposition.startswith("attachment") else headers.get("Content-Type", "")


def is_json(content_type: str) -> bool:
    """Whether a body of that type is JSON."""
    media = content_type.partition(";")[0].strip().lower()
    return media == "application/json" or media.endswith("+json")


def changed_text(content: bytes, change: Callable[[str], str]) -> bytes:
    """Change a body that is text; other bytes stay."""
    try:
        return change(content.decode()).encode()
    except UnicodeDecodeError:
        return content


def same_boundary(content: bytes, content_type: str) -> tuple[bytes, str]:
    """Give a body of several parts the boundary that all of them have in cassettes."""
    found = _GIVEN.search(content_type)
    if found is None or not content_type.lower().startswith("multipart/"):
        return content, content_type
    content = content.replace(b"--" + found[3].encode(), b"--" + BOUNDARY.encode())
    return content, content_type[: found.start(3)] + BOUNDARY + content_type[found.end(3) :]


def _refused(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _finite(number: str) -> float:
    value = float(number)
    if math.isinf(value):
        raise ValueError(f"{number} can't be written again")
    return value
