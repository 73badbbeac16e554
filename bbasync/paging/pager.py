"""Pager: walks a list page by page, numbered pages and opaque cursors alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Any, Generic, Self, TypeVar

from attrs import evolve

from ..errors import PagingError
from ..wire.message import Answer, Request, Sender
from ..wire.status import error_of
from .cursor import Position, below_root, read_cursor, write_cursor
from .page import Page, before, behind, decoded, extra, is_new, number

T = TypeVar("T")


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
        self._start = self._position = Position(request)

    def __repr__(self) -> str:
        return f"<Pager of {self._request.method} {self._request.address}>"

    def __aiter__(self) -> AsyncIterator[T]:
        return self._items()

    async def _items(self) -> AsyncGenerator[T, None]:
        skip = self._start.offset
        self._position = self._start
        walk = self._walk(self._start, backwards=False, ahead=True)
        try:
            async for page, here, after in walk:
                values = page.values
                del page  # a page that outlives its turn makes every walk slower
                last = len(values)
                for number, item in enumerate(values[skip:], skip + 1):
                    self._position = after if number == last else Position(here, number)
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
        self._position = self._start
        walk = self._walk(self._start, backwards=backwards, ahead=True)
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
        query = [pair for pair in self._request.query if pair[0] != "pagelen"]
        if start == Position(self._request) and all(name != "page" for name, _ in query):
            lean = evolve(self._request, query=(*query, ("pagelen", "1")))
            start = Position(lean)
        skip = start.offset
        async with aclosing(self._walk(start, backwards=False, ahead=False)) as walk:
            async for page, _, _ in walk:
                for item in page.values[skip:]:
                    return item
                skip = 0
        return None

    async def all(self) -> list[T]:
        """Every item, in one list in memory."""
        return [item async for item in self]

    @property
    def cursor(self) -> str:
        """Where the walk stands: a short text that ``resume`` takes, in another process too.

        It points behind the last item (or page) that the latest walk handed out, and holds the
        query, but no credential. One taken while walking backwards goes on with
        ``pages(backwards=True)``.
        """
        return write_cursor(self._position, self._request, unique=self._unique)

    def resume(self, cursor: str) -> Self:
        """Start at *cursor* instead of the beginning, and return this pager.

        It keeps its own page length. PagingError where it is no cursor, or one of another list,
        filter, order or choice of fields.
        """
        self._start = self._position = read_cursor(cursor, self._request, unique=self._unique)
        return self

    async def _walk(
        self, start: Position, *, backwards: bool, ahead: bool
    ) -> AsyncGenerator[tuple[Page[T], Request, Position], None]:
        """Each page, with the request that fetched it and the position behind it."""
        request = start.request
        fetched: set[str] = set()
        seen: set[str] | None = set() if self._unique else None
        task: asyncio.Task[Answer] | None = None
        try:
            while request is not None:
                fetched.add(below_root(request.target))
                body = decoded(await (task or self._fetch(request)))
                task = None
                after = (before if backwards else behind)(body, request)
                circle = after is not None and below_root(after.target) in fetched
                if after is not None and ahead and not circle:
                    task = asyncio.create_task(self._fetch(after))
                page = self._page(body, seen)
                del body
                yield page, request, Position(after)
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


async def _drop(task: asyncio.Task[Answer]) -> None:
    """End the read-ahead of a walk that is over; what it would have said is of no interest."""
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        task.exception()
