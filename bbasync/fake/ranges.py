"""A part of an answer, for who asks for one: bytes from here to there."""

import re

from .exchange import Reply

ASKED = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
WHOLE, PART, NOT_SATISFIABLE = 200, 206, 416


def ranged(headers: dict[str, str], reply: Reply) -> Reply:
    """Cut an answer whose route offers ``Accept-Ranges`` down to what was asked for."""
    asked = ASKED.fullmatch(headers.get("range", ""))
    if reply.status != WHOLE or reply.text is None or "Accept-Ranges" not in reply.headers:
        return reply
    if asked is None or headers.get("if-range", reply.headers.get("ETag")) != (
        reply.headers.get("ETag")
    ):
        return reply
    size = len(reply.text)
    start, end = _bounds(asked[1], asked[2], size)
    if start >= size or end < start:
        told = {"Content-Range": f"bytes */{size}"}
        return Reply(NOT_SATISFIABLE, headers=told, text=b"", content_type=reply.content_type)
    told = reply.headers | {"Content-Range": f"bytes {start}-{end}/{size}"}
    return Reply(PART, None, told, reply.text[start : end + 1], reply.content_type)


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:  # the last so many bytes
        return max(0, size - int(last or 0)), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1
