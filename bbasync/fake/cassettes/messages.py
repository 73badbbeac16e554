"""Requests and answers as cassettes have them: what is kept of them, and when two are the same."""

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

from attrs import evolve

from .addresses import BITBUCKET, Upstream, moved
from .bodies import changed_text, is_json, kept, same_boundary
from .cassette import Body, Sent

SENT_HEADERS = ("Accept", "Content-Type", "If-Match", "If-None-Match", "Range")
TOLD_HEADERS = (
    "Accept-Ranges", "Allow", "Content-Disposition", "Content-Range", "Content-Type", "Date",
    "Deprecation", "ETag", "Last-Modified", "Location", "Retry-After", "Sunset",
    "WWW-Authenticate", "X-Accepted-OAuth-Scopes", "X-Credential-Type", "X-OAuth-Scopes",
    "X-RateLimit-Limit", "X-RateLimit-NearLimit", "X-RateLimit-Remaining", "X-RateLimit-Reset",
    "X-RateLimit-Resource",
)  # fmt: skip
"""What a client acts on; everything else is about the server, or about who asked."""


def picked(headers: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """Choose headers; *headers* know their names in any case."""
    return {name: headers[name] for name in names if name in headers}


def sent(
    method: str,
    target: str,
    headers: Mapping[str, str],
    content: bytes,
    *,
    here: str,
    binary: bool,
) -> Sent:
    """Make of a request what a cassette has for it, with everything still in the open.

    Addresses of the API in it lead *here* as yet.
    """
    path, _, query = target.partition("?")
    shown = picked(headers, SENT_HEADERS)
    if shown.get("Accept") == "*/*":  # that is what no preference is sent as
        del shown["Accept"]
    kind = shown.get("Content-Type", "")
    if is_json(kind):
        content = changed_text(content, lambda text: moved(text, Upstream(here), BITBUCKET))
    content, changed = same_boundary(content, kind)
    if changed != kind:
        shown["Content-Type"] = changed
    body = kept(content, changed, binary=binary)
    return Sent(method, path, tuple(parse_qsl(query, keep_blank_values=True)), shown, body)


def alike(request: Sent) -> str:
    """Give a text that is the same for requests that mean the same."""
    path = [unquote(part) for part in request.path.split("/")]
    return json.dumps([request.method, path, sorted(request.query), _alike(request.body)])


def _alike(body: Body | None) -> Any:
    if body is None:
        return None
    if body.kind == "json":
        return ["json", json.dumps(body.value, sort_keys=True)]
    return [body.kind, body.value]


def left_out(request: Sent) -> Sent:
    """Give a request as it is where a cassette has no bytes of it."""
    body = request.body
    if body is None or body.kind != "base64":
        return request
    return evolve(request, body=Body("left_out", len(base64.b64decode(body.value))))
