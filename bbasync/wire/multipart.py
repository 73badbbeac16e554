"""Answers in several parts: read by hand, since a mail parser does not keep bytes as they are."""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from email.message import Message
from email.parser import HeaderParser
from email.utils import collapse_rfc2231_value
from typing import Final

from attrs import field, frozen

from ..errors import DecodingError

_SHORTEST: Final = 2
"""What stands before the first boundary, and what behind the last: no parts."""


@frozen
class Received:
    """One part of an answer: *name* is its file name, or its content id where it has none."""

    name: str
    content: bytes = field(repr=False)
    content_type: str


def parts_of(body: bytes, content_type: str) -> tuple[Received, ...]:
    """The parts of *body*, the main one first; DecodingError where it is not made of parts.

    Contents are as they were before they were encoded for the way, to the byte.
    """
    head = Message()
    head["Content-Type"] = content_type
    boundary = head.get_param("boundary")
    if head.get_content_maintype() != "multipart" or not isinstance(boundary, str):
        raise DecodingError(f"an answer in parts was expected, not {content_type or 'this'!r}")
    first = re.compile(rb"(?:^|\n)--%b[ \t]*(\r?\n)" % re.escape(boundary.encode())).search(body)
    if first is None:
        raise DecodingError("an answer in parts has no part")
    # Lines end as the first one does: a file may itself end with half of the other kind of end.
    end = first[1]
    pieces = re.split(
        rb"%b--%b(?:[ \t]*(?=%b)|--.*)" % (end, re.escape(boundary.encode()), end),
        end + body[first.start() :].removeprefix(b"\n"),
        flags=re.DOTALL,
    )
    if len(pieces) <= _SHORTEST or pieces[-1]:
        raise DecodingError("an answer in parts ends before its last part does")
    found = [_part(piece.removeprefix(end), end) for piece in pieces[1:-1]]
    start = str(head.get_param("start", "")).strip("<>")
    main = next((one for one in found if start and one[0] == start), found[0])
    return tuple(one[1] for one in (main, *(other for other in found if other is not main)))


def _part(piece: bytes, end: bytes) -> tuple[str, Received]:
    """A part's content id, and the part."""
    raw, _, content = (end + piece).partition(end + end)
    # Names are UTF-8, where a mail would encode them.
    head = HeaderParser().parsestr(f"{raw.removeprefix(end).decode(errors='replace')}\n\n")
    content_id = str(head.get("Content-ID", "")).strip().strip("<>\"'")
    name = _param(head, "filename") or _param(head, "name") or content_id
    encoding = str(head.get("Content-Transfer-Encoding", "")).strip().lower()
    read = _decoded(content, encoding)
    return content_id, Received(name, read, head.get_content_type())


def _param(head: Message, name: str) -> str:
    return collapse_rfc2231_value(head.get_param(name, "", header="content-disposition"))


def _decoded(content: bytes, encoding: str) -> bytes:
    if encoding == "base64":
        try:
            return base64.b64decode(content)
        except binascii.Error as error:
            raise DecodingError(f"a part of the answer is not base64: {error}") from error
    return quopri.decodestring(content) if encoding == "quoted-printable" else content
