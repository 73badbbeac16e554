"""Tags of answers, and the short answer to who has the same already."""

import hashlib

from .exchange import Reply

OK, NOT_MODIFIED = 200, 304


def tag_of(content: bytes) -> str:
    """Give the tag of a body: a strong one."""
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'


def tagged(headers: dict[str, str], reply: Reply) -> Reply:
    """Tag a good answer; who asks with that tag gets no body."""
    if reply.status != OK:
        return reply
    content = reply.payload()
    tag = tag_of(content)
    told = reply.headers | {"ETag": tag}
    asked = [one.strip().removeprefix("W/") for one in headers.get("if-none-match", "").split(",")]
    if tag in asked or "*" in asked:
        return Reply(NOT_MODIFIED, headers=told, text=b"", content_type=reply.content_type)
    return Reply(headers=told, text=content, content_type=reply.content_type)
