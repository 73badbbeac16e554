"""JSON as text that a file can hold, whatever the names in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from ...client import VERSION

MADE_BY: Final = f"bbasync {VERSION}"
"""What a report says that made it."""

_LONE: Final = re.compile("[\ud800-\udfff]")
_DEPTH: Final = 4
"""Where the rows are: document, workspaces, workspace, list of rows."""
_ENCODE: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def json_text(data: Any) -> str:
    """*data* as JSON on one line; halves of surrogate pairs, which UTF-8 has none of, escaped."""
    text = _ENCODE(data)
    if text.isascii():
        return text
    return _LONE.sub(lambda one: f"\\u{ord(one.group()):04x}", text)


def json_lines(data: Any, depth: int = 0) -> Iterator[str]:
    """*data* as a JSON document, in pieces: what is deep in it is on a line of its own.

    An iterator in it is written as a list.
    """
    named = isinstance(data, dict)
    flat = depth == _DEPTH or ("kind" in data if named else not isinstance(data, list | Iterator))
    if flat:
        yield json_text(data)
        return
    inner, outer = "\n" + " " * (depth + 1), "\n" + " " * depth
    begin, end = "{}" if named else "[]"
    separator = begin
    for one in data:
        yield f"{separator}{inner}"
        if named:
            yield f"{json_text(one)}: "
        yield from json_lines(data[one] if named else one, depth + 1)
        separator = ","
    yield f"{begin}{end}" if separator == begin else f"{outer}{end}"


def whole(text: str) -> str:
    """*text* for where nothing can be escaped: halves of surrogate pairs are replaced."""
    return _LONE.sub("\N{REPLACEMENT CHARACTER}", text)
