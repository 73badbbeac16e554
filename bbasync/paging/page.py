"""A page: what was sent, what list it is of, and which page comes before or behind it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Generic, TypedDict, TypeVar
from urllib.parse import unquote_plus

from attrs import field, frozen

from ..errors import DecodingError
from ..query import Condition
from ..wire.message import Answer, Request

T = TypeVar("T")

_NUMBERED = re.compile(r"([?&])page=([^&]*)")
_WHERE: Final = frozenset({"page", "pagelen"})


class ItemQuery(TypedDict, total=False):
    """What every single thing that is read takes."""

    fields: str | Sequence[str]
    """A partial answer: names that limit it, ``+name`` to add, ``-name`` to take away."""


class ListQuery(TypedDict, total=False):
    """What every list takes; only what is given is sent."""

    q: Condition | str
    """A filter, made with F or written in the service's filter language."""
    sort: str
    """One field, with a ``-`` before it to go down."""
    fields: str | Sequence[str]
    """Partial answers; what a walk needs is kept."""
    pagelen: int
    """Items a page; the largest that the list allows when not given."""
    page: int
    """The page to start at, on lists with numbered pages."""
    unique: bool
    """Leave out items seen before in this walk: lists move under a walker. Not sent."""


_MEMBERS = frozenset({"values", "size", "page", "pagelen", "next", "previous"})


@frozen
class Page(Generic[T]):
    """One page as the service sent it; members that it did not send are None."""

    values: Sequence[T]
    size: int | None = None
    """Items in the whole list, where the service counts them."""
    page: int | None = None
    pagelen: int | None = None
    next: str | None = field(default=None, repr=False)
    previous: str | None = field(default=None, repr=False)
    extra: Mapping[str, Any] = field(factory=dict, repr=False)
    """What else the service sent beside the values: ``query_substituted`` of code search, say."""


def decoded(answer: Answer) -> dict[str, Any]:
    """The page in *answer*; DecodingError where there is none."""
    body = answer.json()
    if not isinstance(body, dict) or not isinstance(body.get("values"), list):
        raise DecodingError(f"{answer.method} {answer.url} did not answer with a page")
    return body


def extra(body: dict[str, Any]) -> dict[str, Any]:
    """The members of *body* that not every page has."""
    return {name: value for name, value in body.items() if name not in _MEMBERS}


def before(body: dict[str, Any], request: Request) -> Request | None:
    """The request of the page before, where the service links it."""
    address = body.get("previous")
    return _linked(address, request) if isinstance(address, str) and address else None


def behind(body: dict[str, Any], request: Request) -> Request | None:
    """The request of the next page: ``next`` as sent, or the next number where it lacks.

    Some lists count more items than they have sent and link no next page all the same.
    """
    address = body.get("next")
    if isinstance(address, str) and address:
        return _linked(address, request)
    page, pagelen, size = (number(body.get(name)) for name in ("page", "pagelen", "size"))
    if page is None or pagelen is None or size is None or not body["values"]:
        return None
    if page * pagelen >= size:
        return None
    target = request.target
    asked = _NUMBERED.search(target)
    if asked is not None and not asked[2].isdecimal():
        return None  # an opaque cursor: its body's page number means nothing
    if asked is not None:
        return _later(_NUMBERED.sub(rf"\g<1>page={page + 1}", target, count=1), request)
    return _later(f"{target}{'&' if '?' in target else '?'}page={page + 1}", request)


def _linked(address: str, request: Request) -> Request:
    """The page at *address*, of the same question: that of pipelines forgets the order.

    What it forgets is put back only where it says nothing but a page's number: anything else in
    it may stand for the rest of the question.
    """
    found = _NUMBERED.search(address)
    said, asked = _pairs(address), _pairs(request.target)
    if found is None or not found[2].isdecimal() or set(said) - set(asked) - _WHERE:
        return _later(address, request)
    forgotten = [pair for name in set(asked) - set(said) - _WHERE for pair in asked[name]]
    return _later("&".join([address, *sorted(forgotten)]), request)


def _pairs(target: str) -> dict[str, list[str]]:
    """The parameters of an address by their names, each as it is spelled."""
    pairs: dict[str, list[str]] = {}
    for pair in filter(None, target.partition("?")[2].split("&")):
        pairs.setdefault(unquote_plus(pair.partition("=")[0]), []).append(pair)
    return pairs


def _later(address: str, request: Request) -> Request:
    return Request("GET", address, headers=request.headers, operation=request.operation)


def number(value: Any) -> int | None:
    """*value*, if it is a count."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def is_new(item: Any, seen: set[str]) -> bool:
    """Whether *item* was not in *seen*, which then has it: by its id, or else by all it says."""
    keys = item if isinstance(item, dict) else {}
    known = keys.get("uuid") or keys.get("hash")
    if not known and keys.get("id"):  # counted per repository: the links tell them apart
        known = [keys["id"], keys.get("links")]
    text = json.dumps(known or item, sort_keys=True)
    key = hashlib.sha256(text.encode()).hexdigest()
    new = key not in seen
    seen.add(key)
    return new
