"""A page: what was sent, what list it is of, and which page comes before or behind it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Generic, Self, TypeAlias, TypedDict, TypeVar
from urllib.parse import unquote_plus

from attrs import define, evolve, field, frozen
from msgspec import Raw, Struct
from msgspec.json import Decoder
from msgspec.structs import asdict

from ..errors import ArgumentError, DecodingError
from ..query import Condition
from ..wire.message import Answer, Request, loads

T = TypeVar("T")

NUMBERED = re.compile(r"([?&])page=([^&]*)")
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
    """Partial answers; what a walk needs is kept. ``+values.name`` brings along what is left out of
    lists, or a part of what is inside an item, which would be a call for each."""
    pagelen: int
    """Items a page; the largest that the list allows when not given."""
    page: int
    """The page to start at, on lists with numbered pages."""
    unique: bool
    """Leave out items seen before in this walk: lists move under a walker. Not sent."""
    concurrency: int
    """Pages to fetch at once, in order all the same, where the service numbers them. Not sent."""


@frozen(eq=False, repr=False)
class Walk:
    """How a list is walked: what of its query is not sent."""

    unique: bool = False
    concurrency: int = 1

    @classmethod
    def taken_from(cls, given: dict[str, Any]) -> Self:
        """Take it out of what was *given*; ArgumentError where it can't be meant."""
        walk = cls(given.pop("unique", False), given.pop("concurrency", 1))
        if not isinstance(walk.unique, bool):
            raise ArgumentError(f"unique takes True or False, not {walk.unique!r}")
        if type(walk.concurrency) is not int or walk.concurrency < 1:
            raise ArgumentError(
                f"concurrency takes a whole number from 1 on, not {walk.concurrency!r}"
            )
        return walk


AS_USUAL: Final = Walk()


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


class PageShape(Struct, Generic[T], forbid_unknown_fields=True):
    """A page as nearly all are; what else the service may send with one is decoded the long way."""

    values: list[T]
    size: Any = None
    page: Any = None
    pagelen: Any = None
    next: Any = None
    previous: Any = None


_parts: Final = Decoder(PageShape[Raw])
_members: Final = Decoder(dict[str, Raw])
_UNFIT: Final = (ValueError, RecursionError)


@define(eq=False, repr=False)
class _Body:
    """The bytes of a page, and where its items are in them once somebody asks."""

    data: bytes
    parts: list[Raw] | None = None


@frozen(eq=False, repr=False)
class Rows:
    """How the items of a page are decoded with it, in one pass instead of two."""

    decoder: Decoder[Any]
    always: bool
    """Whether that is right however they are used; else only where they are read."""
    is_read: Callable[[Any], bool]
    """Whether anything was read of what was made of an item."""

    def for_page(self, earlier: Any) -> Decoder[Any] | None:
        """The decoder for the page behind that of the item *earlier*, if it is to be used.

        Whoever reads the items of one page reads those of the next; whoever only keeps them should
        have no more in memory than their bytes.
        """
        wanted = self.always or (earlier is not None and self.is_read(earlier))
        return self.decoder if wanted else None


Place: TypeAlias = tuple[Any, int | str]
"""Where to find the bytes of what was decoded with something else: which item of a page, or which
member of an object, that is at a place itself or has its own bytes."""


def at(place: Place) -> Raw:
    """The bytes at *place*."""
    outside, where = place
    if isinstance(outside, _Body):
        if outside.parts is None:
            outside.parts = _parts.decode(outside.data).values
        return outside.parts[int(where)]
    return _members.decode(at(outside) if type(outside) is tuple else outside)[str(where)]


def decoded(answer: Answer, rows: Decoder[Any] | None = None) -> dict[str, Any]:
    """The page in *answer*; DecodingError where there is none.

    Its values are a Raw each, which is the item's bytes; of *rows*, pairs of what was decoded of an
    item and its place; and decoded in pages of another layout.
    """
    if rows is not None:
        try:
            found = rows.decode(answer.body)
        except _UNFIT:
            rows = None
        else:
            body = _Body(answer.body)
            found.values = [(row, (body, index)) for index, row in enumerate(found.values)]
            return asdict(found)
    try:
        return asdict(_parts.decode(answer.body))
    except _UNFIT:  # other members, or no page
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
    asked = NUMBERED.search(target)
    if asked is not None and not asked[2].isdecimal():
        return None  # an opaque cursor: its body's page number means nothing
    if asked is not None:
        return numbered(request, page + 1)
    return _later(f"{target}{'&' if '?' in target else '?'}page={page + 1}", request)


def numbered(request: Request, page: int) -> Request:
    """*request*, which asks for a page by its number, for another *page*."""
    return _later(NUMBERED.sub(rf"\g<1>page={page}", request.target, count=1), request)


def _linked(address: str, request: Request) -> Request:
    """The page at *address*, of the same question: that of pipelines forgets the order.

    What it forgets is put back only where it says nothing but a page's number: anything else in
    it may stand for the rest of the question.
    """
    found = NUMBERED.search(address)
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
    return Request(
        "GET",
        address,
        headers=request.headers,
        operation=request.operation,
        affinity=request.affinity,
    )


def asking(request: Request, **query: str | None) -> Request:
    """*request* with *query* in place of what it says of the same names; None says nothing.

    Its address may have said something too: the service refuses a name that comes twice.
    """
    path, _, own = request.address.partition("?")
    kept = [pair for pair in own.split("&") if unquote_plus(pair.partition("=")[0]) not in query]
    rest = [pair for pair in request.query if pair[0] not in query]
    new = [(name, value) for name, value in query.items() if value is not None]
    address = "?".join(filter(None, (path, "&".join(kept))))
    return evolve(request, address=address, query=(*rest, *new))


def counting(request: Request) -> Request:
    """The smallest request that tells how many items there are in the list that *request* walks."""
    if request.method != "GET":  # what a form's answer leaves out when told so is not known
        return asking(request, page=None, pagelen="1")
    return asking(request, page=None, pagelen="1", fields="size")


def number(value: Any) -> int | None:
    """*value*, if it is a count."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def whole(item: Any) -> Any:
    """An *item* of a page, decoded; DecodingError where it is not JSON."""
    try:
        return loads(item) if isinstance(item, Raw) else item
    except _UNFIT as error:
        raise DecodingError(f"an item of the page is not JSON: {error}") from error


def is_new(item: Any, seen: set[str]) -> bool:
    """Whether *item* was not in *seen*, which then has it: by its id, or else by all it says."""
    try:
        item = whole(item)
    except DecodingError:  # an error where it is read, and another one each time
        return True
    keys = item if isinstance(item, dict) else {}
    known = keys.get("uuid") or keys.get("hash")
    if not known and keys.get("id"):  # counted per repository: the links tell them apart
        known = [keys["id"], keys.get("links")]
    text = json.dumps(known or item, sort_keys=True)
    key = hashlib.sha256(text.encode()).hexdigest()
    new = key not in seen
    seen.add(key)
    return new
