"""Cursors: a place in a walk as a short text, which another process can go on from."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any, Final
from urllib.parse import unquote

from attrs import frozen

from ..errors import PagingError
from ..wire.message import Request

_VERSION: Final = 1
_ROOT = re.compile(r"^https?://[^/?]+(?:/[^/?]+)*?/2\.0/*(?=/)")
_REDIRECTED = re.compile(
    r"(?P<repository>/repositories/[^/]+/[^/]+)/pullrequests/\d+/(?P<list>diffstat)"
)
_AT_COMMIT = re.compile(
    r"(?P<place>/repositories/[^/]+/[^/]+/(?:src|filehistory)/)(?P<commit>[^/]+)(?P<path>/.*)"
)
_HASH = re.compile(r"[0-9a-f]{40}")
_NOT_THE_LIST: Final = frozenset({"pagelen", "page"})
"""Query parameters that say where to start and how far to step, not what is walked."""


@frozen
class Position:
    """A place in a walk: *request* fetches a page, *offset* items of it were handed out."""

    request: Request | None
    """None behind the last page."""
    offset: int = 0


def write_cursor(position: Position, first: Request, *, unique: bool) -> str:
    """*position* in the walk that *first* begins.

    Its address is kept without the API's root, so that it holds under another name of the API.
    """
    address = "" if position.request is None else below_root(position.request.target)
    state = [_VERSION, _fingerprint(first, unique=unique), address, position.offset]
    text = json.dumps(state, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str, first: Request, *, unique: bool) -> Position:
    """The position that *cursor* stands for in the walk that *first* begins.

    PagingError where it stands for none. It may come from outside, so that its address has to be
    of the same list, and is checked once more by the transport.
    """
    version, fingerprint, address, offset = _state(cursor)
    if version != _VERSION or not isinstance(address, str):
        raise PagingError(f"{cursor[:40]!r} is not a cursor of this version")
    if type(offset) is not int or offset < 0:
        raise PagingError(f"{cursor[:40]!r} is not a cursor")
    if fingerprint != _fingerprint(first, unique=unique):
        raise PagingError(
            f"the cursor is of another walk than {first.method} {first.address} with this "
            "filter and order"
        )
    if not address:
        return Position(None)
    if not _same_list(path_of(first.address), path_of(address)) and not _same_files(
        first.address, address
    ):
        raise PagingError(f"the cursor leads to another list than {first.address}")
    if below_root(first.target) == address:
        return Position(first, offset)
    request = Request("GET", address, headers=first.headers, operation=first.operation)
    return Position(request, offset)


def _state(cursor: str) -> Any:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        version, fingerprint, address, offset = json.loads(
            base64.b64decode(padded, altchars=b"-_", validate=True)
        )
    except (ValueError, TypeError, RecursionError) as error:
        raise PagingError(f"{str(cursor)[:40]!r} is not a cursor") from error
    return version, fingerprint, address, offset


def _fingerprint(first: Request, *, unique: bool) -> str:
    """What must be the same for a cursor to fit: the list, its filter, order and fields."""
    query = sorted(pair for pair in first.query if pair[0] not in _NOT_THE_LIST)
    what = f"{first.method} {below_root(first.address)} {query} {unique}"
    return hashlib.sha256(what.encode()).hexdigest()[:12]


def below_root(address: str) -> str:
    """*address* without the API's root, so that one place has one spelling."""
    return _ROOT.sub("", address)


def _same_list(first: str, address: str) -> bool:
    """Whether *address* is of the list *first*, or of the one that it is redirected to.

    What differs in a pull request is a list of its repository, at other addresses.
    """
    moved = _REDIRECTED.fullmatch(first)
    return address == first or (
        moved is not None and address.startswith(f"{moved['repository']}/{moved['list']}/")
    )


def _same_files(first: str, address: str) -> bool:
    """Whether *address* is of the same path, with the hash of the commit that *first* names."""
    named, found = (_AT_COMMIT.fullmatch(_bare(one)) for one in (first, address))
    if named is None or found is None or not _HASH.fullmatch(found["commit"]):
        return False
    return all(_folded(named[part]) == _folded(found[part]) for part in ("place", "path"))


def path_of(address: str) -> str:
    """The path to compare; an address elsewhere stays whole."""
    return _folded(_bare(address))


def _bare(address: str) -> str:
    return below_root(address).partition("?")[0]


def _folded(path: str) -> str:
    return unquote(path).casefold()
