"""Pager: walks lists page by page, numbered pages and opaque cursors alike.

What an item becomes, and how bytes travel, does not live here.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from typing import Any, Final, Generic, Self, TypedDict, TypeVar

from attrs import evolve, field, frozen

from .errors import DecodingError, PagingError
from .query import Condition
from .wire.message import Answer, Request, Sender
from .wire.status import error_of

T = TypeVar("T")


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


@frozen
class _Position:
    """A place in a walk: *request* fetches a page, *offset* items of it were handed out."""

    request: Request | None
    """None behind the last page."""
    offset: int = 0


_NUMBERED = re.compile(r"([?&])page=([^&]*)")
_API_ROOT = re.compile(r"^https?://[^/?]+(?:/[^?]*?)?/2\.0/*(?=/)")
_CURSOR_VERSION: Final = 1


class Pager(Generic[T]):
    """A list to walk: ``async for item in pager``, and a few ways beside.

    Nothing is sent before the walk starts; each new walk starts at the same place. While one page
    is worked on, the next is fetched. An error on a later page is raised, never taken for the end.
    """

    def __init__(
        self,
        sender: Sender,
        request: Request,
        make: Callable[[Any], T],
        *,
        unique: bool = False,
    ) -> None:
        self._sender = sender
        self._request = request
        self._make = make
        self._unique = unique
        self._start = self._position = _Position(request)

    def __repr__(self) -> str:
        return f"<Pager of {self._request.method} {self._request.address}>"

    def __aiter__(self) -> AsyncIterator[T]:
        return self._items()

    async def _items(self) -> AsyncGenerator[T, None]:
        skip = self._start.offset
        walk = self._walk(backwards=False, ahead=True)
        try:
            async for page, here, after in walk:
                values = page.values
                del page  # a page that outlives its turn makes every walk slower
                last = len(values)
                for number, item in enumerate(values[skip:], skip + 1):
                    self._position = after if number == last else _Position(here, number)
                    yield item
                del values
                self._position = after
                skip = 0
        finally:
            await walk.aclose()

    async def pages(self, *, backwards: bool = False) -> AsyncGenerator[Page[T], None]:
        """Walk page by page, or *backwards* where the service links previous pages.

        After a resume inside a page, that page comes without what was handed out before.
        """
        skip = self._start.offset
        walk = self._walk(backwards=backwards, ahead=True)
        try:
            async for page, _, after in walk:
                self._position = after
                yield evolve(page, values=page.values[skip:]) if skip else page
                del page
                skip = 0
        finally:
            await walk.aclose()

    async def first(self) -> T | None:
        """The first item, asked for alone; None where the list is empty."""
        start = self._start
        if start.request is self._request:
            lean = [pair for pair in self._request.query if pair[0] != "pagelen"]
            lean.append(("pagelen", "1"))
            start = _Position(evolve(self._request, query=tuple(lean)))
        if start.request is None:
            return None
        body = _decoded(await self._fetch(start.request))
        values = self._page(body).values[start.offset :]
        return values[0] if values else None

    async def all(self) -> list[T]:
        """Every item, in one list in memory."""
        return [item async for item in self]

    @property
    def cursor(self) -> str:
        """Where the walk stands: a short text that ``resume`` takes, in another process too.

        It points behind the last item (or page) handed out. It holds the query, and no credential.
        """
        request, offset = self._position.request, self._position.offset
        address = "" if request is None else _API_ROOT.sub("", request.target)
        state = [_CURSOR_VERSION, self._fingerprint(), address, offset]
        text = json.dumps(state, separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def resume(self, cursor: str) -> Self:
        """Start at *cursor* instead of the beginning, and return this pager.

        PagingError where the cursor is of another list or filter; an address in it that is not
        the API's is refused by the transport before anything is sent.
        """
        try:
            padded = cursor + "=" * (-len(cursor) % 4)
            state = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
            version, fingerprint, address, offset = state
        except (ValueError, TypeError) as error:
            raise PagingError(f"{cursor[:40]!r} is not a cursor") from error
        if version != _CURSOR_VERSION or not isinstance(address, str) or type(offset) is not int:
            raise PagingError(f"{cursor[:40]!r} is not a cursor of this version")
        if fingerprint != self._fingerprint():
            raise PagingError(
                f"the cursor is of another walk than {self._request.method} "
                f"{self._request.address} with this filter and order"
            )
        if offset < 0:
            raise PagingError(f"{cursor[:40]!r} is not a cursor")
        request = self._later(address) if address else None
        self._start = self._position = _Position(request, offset)
        return self

    def _fingerprint(self) -> str:
        """What must be the same for a cursor to fit: the list, its filter and its order."""
        query = [pair for pair in self._request.query if pair[0] not in {"pagelen", "fields"}]
        what = f"{self._request.method} {self._request.address} {query} {self._unique}"
        return hashlib.sha256(what.encode()).hexdigest()[:12]

    async def _walk(
        self, *, backwards: bool, ahead: bool
    ) -> AsyncGenerator[tuple[Page[T], Request, _Position], None]:
        """Each page, with the request that fetched it and the position behind it."""
        request = self._start.request
        self._position = self._start
        fetched: set[str] = set()
        seen: set[str] | None = set() if self._unique else None
        task: asyncio.Task[Answer] | None = None
        try:
            while request is not None:
                fetched.add(request.target)
                body = _decoded(await (task or self._fetch(request)))
                task = None
                after = self._previous(body) if backwards else self._next(body, request)
                circle = after is not None and after.target in fetched
                if after is not None and ahead and not circle:
                    task = asyncio.create_task(self._fetch(after))
                page = self._page(body, seen)
                del body
                yield page, request, _Position(after)
                del page
                if circle:
                    raise PagingError(f"the pages of {self._request.address} go in a circle")
                request = after
        finally:
            if task is not None:
                await _drop(task)

    async def _fetch(self, request: Request) -> Answer:
        """The answer, still as bytes: what is read ahead should weigh little."""
        answer = await self._sender.send(request)
        if answer.status == 202:  # noqa: PLR2004 - "not ready" is not an empty list
            raise error_of(answer)
        return answer

    def _page(self, body: dict[str, Any], seen: set[str] | None = None) -> Page[T]:
        values = [
            self._make(item) for item in body["values"] if seen is None or _is_new(item, seen)
        ]
        return Page(
            values,
            size=_number(body.get("size")),
            page=_number(body.get("page")),
            pagelen=_number(body.get("pagelen")),
            next=body.get("next") or None,
            previous=body.get("previous") or None,
        )

    def _previous(self, body: dict[str, Any]) -> Request | None:
        address = body.get("previous")
        return self._later(address) if isinstance(address, str) and address else None

    def _next(self, body: dict[str, Any], request: Request) -> Request | None:
        """The request of the next page: ``next`` as sent, or the next number where it lacks.

        Some lists count more items than they have sent and link no next page all the same.
        """
        address = body.get("next")
        if isinstance(address, str) and address:
            return self._later(address)
        page, pagelen, size = (_number(body.get(name)) for name in ("page", "pagelen", "size"))
        if page is None or pagelen is None or size is None or not body["values"]:
            return None
        if page * pagelen >= size:
            return None
        target = request.target
        asked = _NUMBERED.search(target)
        if asked is not None and not asked[2].isdecimal():
            return None  # an opaque cursor: its body's page number means nothing
        if asked is not None:
            return self._later(_NUMBERED.sub(rf"\g<1>page={page + 1}", target, count=1))
        return self._later(f"{target}{'&' if '?' in target else '?'}page={page + 1}")

    def _later(self, address: str) -> Request:
        return Request("GET", address, headers=self._request.headers)


def _decoded(answer: Answer) -> dict[str, Any]:
    body = answer.json()
    if not isinstance(body, dict) or not isinstance(body.get("values"), list):
        raise DecodingError(f"{answer.method} {answer.url} did not answer with a page")
    return body


async def _drop(task: asyncio.Task[Answer]) -> None:
    """End the read-ahead of a walk that is over; what it would have said is of no interest."""
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        task.exception()


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _is_new(item: Any, seen: set[str]) -> bool:
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
