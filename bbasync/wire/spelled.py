"""Requests that the user spells himself, to any address, checked as the declared ones are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from ..errors import ArgumentError
from ..query import query_pairs
from .body import Body
from .message import Request, Safety

_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
_READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_HEADER: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_UNSENDABLE: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")
_OURS: Final = frozenset(
    {"authorization", "connection", "content-length", "content-type", "host", "transfer-encoding"}
)
"""Headers that the client makes itself, of what it knows of the body, the address and *auth*."""


def spelled(
    method: str,
    path: str,
    *,
    query: Mapping[str, Any] | None = None,
    json: Any = None,
    body: Body | None = None,
    headers: Mapping[str, str] | None = None,
) -> Request:
    """The request; ArgumentError where it can't be sent."""
    verb = method.upper() if isinstance(method, str) else ""
    if verb not in _METHODS:
        raise ArgumentError(f"{method!r} is not a method that the service knows")
    if not isinstance(path, str):
        raise ArgumentError(f"path takes text, not {path!r}")
    if json is not None and body is not None:
        raise ArgumentError("a call takes json or body, not both")
    try:
        body = body if json is None else Body.of_json(json)
        pairs = query_pairs(query or {})
    except (TypeError, ValueError) as error:
        raise ArgumentError(str(error)) from error
    safety = Safety.READ if verb in _READS else Safety.NEVER
    return Request(verb, path, pairs, body, _checked(headers or {}), safety)


def _checked(headers: Mapping[str, str]) -> Mapping[str, str]:
    if not isinstance(headers, Mapping):
        raise ArgumentError(f"headers takes a mapping, not {headers!r}")
    for name, value in headers.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise ArgumentError(f"the header {name!r} takes text, not {value!r}")
        if not _HEADER.fullmatch(name):
            raise ArgumentError(f"{name!r} can't be the name of a header")
        if _UNSENDABLE.search(value):
            raise ArgumentError(f"the header {name!r} has a control character in it")
        if name.lower() in _OURS:
            raise ArgumentError(f"the header {name} is made by the client itself: leave it out")
    return headers
