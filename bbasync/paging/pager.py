"""Pager: walks a list page by page, numbered pages and opaque cursors alike."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Any, Generic, Self, TypeVar

from attrs import evolve

from ..errors import DecodingError, PagingError
from ..wire.message import Affinity, Answer, Request, Sender
from ..wire.status import error_of
from .cursor import Position, below_root, read_cursor, write_cursor
from .page import (
    NUMBERED,
    Page,
    Rows,
    asking,
    before,
    behind,
    counting,
    decoded,
    extra,
    is_new,
    number,
)
from .parallel import Ahead

T = TypeVar("T")


class Pager(Generic[T]):
    """A list to walk: ``async for item in pager``, and a few ways beside.

    Nothing is sent before the walk starts; each new walk starts at the same place. While one page
    is worked on, the next is fetched; where the service numbers its pages, as many as *concurrency*
    says, and the items are the same in the same order. An error on a later page is raised, never
    taken for the end.
    """

    def __init__(
        self,
        sender: Sender,
        request: Request,
        make: Callable[[Any], T],
        *,
        unique: bool = False,
        concurrency: int = 1,
        rows: Rows | None = None,
    ) -> None:
        self._sender = sender
        self._request = request
        self._make = make
        self._unique = unique
        self._concurrency = concurrency
        # What is compared is looked at in full anyway.
        self._rows = None if unique else rows
        self._start = Position(request)
        self._at: Position | tuple[Request, int] = self._start
        """Where the latest walk stands; inside a page, set for each item, it has to cost little."""

    def __repr__(self) -> str:
        return f"<Pager of {self._request.method} {self._request.address}>"

    def __aiter__(self) -> AsyncIterator[T]:
        return self._items()

    async def _items(self) -> AsyncGenerator[T, None]:
        skip = self._start.offset
        self._at = self._start
        walk = self._walk(self._start, ahead=self._concurrency)
        try:
            async for page, here, after in walk:
                values = page.values
                del page  # a page that outlives its turn makes every walk slower
                last = len(values)
                for number, item in enumerate(values[skip:], skip + 1):
                    self._at = after if number == last else (here, number)
                    yield item
                del values
                self._at = after
                skip = 0
        finally:
            await walk.aclose()

    async def pages(self, *, backwards: bool = False) -> AsyncGenerator[Page[T], None]:
        """Walk page by page, or *backwards* where the service links previous pages.

        After a resume inside a page, that page comes without what was handed out before.
        """
        skip = self._start.offset
        self._at = self._start
        walk = self._walk(self._start, backwards=backwards, ahead=self._concurrency)
        try:
            async for page, _, after in walk:
                self._at = after
                yield evolve(page, values=page.values[skip:]) if skip else page
                del page
                skip = 0
        finally:
            await walk.aclose()

    async def first(self) -> T | None:
        """The first item, asked for alone; None where the list is empty.

        After a resume, or with *page*, it comes with its page: that is still one request.
        """
        start = self._start
        if start == Position(self._request) and not NUMBERED.search(self._request.target):
            start = Position(asking(self._request, pagelen="1"))
        skip = start.offset
        async with aclosing(self._walk(start, ahead=0)) as walk:
            async for page, _, _ in walk:
                for item in page.values[skip:]:
                    return item
                skip = 0
        return None

    async def all(self) -> list[T]:
        """Every item, in one list in memory."""
        return [item async for item in self]

    async def size(self) -> int | None:
        """How many items the whole list has, by one small request; None where nobody counts them.

        The filter counts, the place where the walk starts or stands does not.
        """
        answer = await self._fetch(counting(self._request))
        body = answer.json()
        if not isinstance(body, dict) or (body and not {"size", "values"} & set(body)):
            raise DecodingError(f"{answer.method} {answer.url} did not answer with a page")
        return number(body.get("size"))

    @property
    def cursor(self) -> str:
        """Where the walk stands: a short text that ``resume`` takes, in another process too.

        It points behind the last item (or page) that the latest walk handed out, and holds the
        query, but no credential. One taken while walking backwards goes on with
        ``pages(backwards=True)``.
        """
        at = self._at if isinstance(self._at, Position) else Position(*self._at)
        return write_cursor(at, self._request, unique=self._unique)

    def resume(self, cursor: str) -> Self:
        """Start at *cursor* instead of the beginning, and return this pager.

        It keeps its own page length. PagingError where it is no cursor, or one of another list,
        filter, order or choice of fields.
        """
        self._start = self._at = read_cursor(cursor, self._request, unique=self._unique)
        return self

    async def _walk(
        self, start: Position, *, ahead: int, backwards: bool = False
    ) -> AsyncGenerator[tuple[Page[T], Request, Position], None]:
        """Each page, with the request that fetched it and the position behind it."""
        coming = Ahead(self._fetch, ahead)
        request = start.request
        if request is not None:
            request = evolve(request, affinity=Affinity())
        earlier: T | None = None
        fetched: set[str] = set()
        seen: set[str] | None = set() if self._unique else None
        try:
            while request is not None:
                fetched.add(below_root(request.target))
                rows = self._rows.for_page(earlier) if self._rows else None
                body = decoded(await coming.answer(request), rows)
                after = (before if backwards else behind)(body, request) or await coming.left()
                circle = after is not None and below_root(after.target) in fetched
                if after is not None and not circle:
                    await coming.go_on(request, body, after)
                page = self._page(body, seen)
                earlier = page.values[0] if page.values else None
                del body
                yield page, request, Position(after)
                del page
                if circle:
                    raise PagingError(f"the pages of {self._request.address} go in a circle")
                request = after
        finally:
            await coming.drop()

    async def _fetch(self, request: Request) -> Answer:
        """The answer, still as bytes: what is read ahead should weigh little."""
        answer = await self._sender.send(request)
        if answer.status == 202:  # noqa: PLR2004 - "not ready" is not an empty list
            raise error_of(answer)
        return answer

    def _page(self, body: dict[str, Any], seen: set[str] | None = None) -> Page[T]:
        values = [self._make(item) for item in body["values"] if seen is None or is_new(item, seen)]
        return Page(
            values,
            size=number(body.get("size")),
            page=number(body.get("page")),
            pagelen=number(body.get("pagelen")),
            next=body.get("next") or None,
            previous=body.get("previous") or None,
            extra=extra(body),
        )
