"""Reading: one list after the other, from the journal as far as it is there, else by requests.

Every request passes one turnstile, which bounds how many there are at a time, and in all.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from hashlib import sha256
from typing import Any, Final, Generic, TypeVar

from attrs import define, field, frozen

from ..client import Bitbucket
from ..crawl.gate import Gate
from ..crawl.keyset import more_behind
from ..errors import (
    BadRequestError,
    BitbucketError,
    ConnectionFailedError,
    DecodingError,
    NotFoundError,
    PagingError,
    TimedOutError,
)
from ..model.make import from_wire
from ..model.resource import Resource
from ..paging import Page, Pager
from ..wire.message import Answer, Request
from .facts import Part
from .journal import Journal, Kept

R = TypeVar("R", bound=Resource)
T = TypeVar("T")

PATIENCE: Final = 3
"""Calls in a row that do not reach the service, beyond which it is taken for gone."""
_UNREACHED: Final = (ConnectionFailedError, TimedOutError)
_MOVED: Final = (BadRequestError, NotFoundError, PagingError)
"""What a list answers at a place that it does not have any more."""


class Turnstile(Gate):
    """A client as an audit uses it: *concurrency* requests at a time, and *most* in all.

    Requests that the client repeats by itself count too, since they count for the service. When
    few are left, the next one waits to see what those under way take: no call is begun beyond
    *most*. Only what the client repeats of the very last ones may go beyond it.
    """

    def __init__(self, bb: Bitbucket, *, concurrency: int, most: int | None = None) -> None:
        super().__init__(bb, patience=PATIENCE)
        self._places = asyncio.Semaphore(concurrency)
        self._budget = most
        self._under_way = 0
        self._one_ended = asyncio.Event()

    async def send(self, request: Request) -> Answer:
        """Send *request* when there is a place for it."""
        async with self._places:
            await self._wait_for_budget()
            self._under_way += 1
            try:
                return await super().send(request)
            except _UNREACHED as error:
                if self._reached and self.ends(error):
                    self.stop = self.stop or error
                raise
            finally:
                self._under_way -= 1
                self._one_ended.set()

    def is_fatal(self, error: BitbucketError) -> bool:
        """Whether *error* ends the audit: it would be the same for every other list.

        A service that is not reached any more ends the reading, not the audit of what was read.
        """
        if isinstance(error, _UNREACHED):
            return not self._reached
        return self.ends(error)

    async def _wait_for_budget(self) -> None:
        while self._budget is not None and self.stop is None:
            if self.sent + self._under_way < self._budget:
                return
            if not self._under_way:
                self.stop = BitbucketError(f"the budget of {self._budget} requests is spent")
                return
            self._one_ended.clear()
            await self._one_ended.wait()


@frozen(eq=False)
class Chunk(Generic[R]):
    """A page of a list, with the cursor behind it."""

    values: Sequence[R]
    cursor: str | None
    size: int | None
    done: bool


@frozen(eq=False)
class Listing(Generic[R]):
    """A list that can be read, as one unit: its *key* names it in the journal."""

    key: str
    part: Part
    kind: type[R]
    pages: Callable[[str | None], AsyncGenerator[Chunk[R], None]]
    """From a cursor on, or from the beginning."""
    size: Callable[[], Awaitable[int | None]]
    """Asks how many items are in it, where that is told."""
    repository: str | None = None
    project: str | None = None


def listing(
    part: Part,
    workspace: str,
    kind: type[R],
    source: Pager[R] | Callable[[], Awaitable[Sequence[R]]],
    *,
    fields: Sequence[str] = (),
    repository: str | None = None,
    project: str | None = None,
    what: str = "",
) -> Listing[R]:
    """The list of *part*: a walk, or what one call gives; *what* tells it from others of the part.

    The *fields* of each item are in its key, so that another version of bbasync does not go on with
    rows that lack something.
    """
    place = repository or (f"{workspace} {project}" if project else workspace)
    digest = sha256(" ".join(fields).encode()).hexdigest()[:8]
    key = f"{what or part} {place} {digest}"
    if isinstance(source, Pager):
        return Listing(key, part, kind, _walked(source), source.size, repository, project)
    return Listing(key, part, kind, _called(source), _untold, repository, project)


async def _untold() -> int | None:
    return None


def _walked(pager: Pager[R]) -> Callable[[str | None], AsyncGenerator[Chunk[R], None]]:
    beginning = pager.cursor

    async def pages(cursor: str | None) -> AsyncGenerator[Chunk[R], None]:
        pager.resume(cursor or beginning)
        async with aclosing(pager.pages()) as walk:
            async for page in walk:
                yield _chunk(page, pager.cursor)

    return pages


def _chunk(page: Page[R], cursor: str) -> Chunk[R]:
    return Chunk(page.values, cursor, page.size, not more_behind(page))


def _called(
    call: Callable[[], Awaitable[Sequence[R]]],
) -> Callable[[str | None], AsyncGenerator[Chunk[R], None]]:
    async def pages(_: str | None) -> AsyncGenerator[Chunk[R], None]:
        found = await call()
        yield Chunk(found, None, len(found), done=True)

    return pages


@define(eq=False)
class Read(Generic[R, T]):
    """What comes of a list: facts that *make* makes of the rows, and the error it ended with."""

    make: Callable[[R], T]
    tell: Callable[[int, int | None], object]
    """Hears how many rows of how many came in."""
    facts: list[T] = field(factory=list)
    odd: list[BitbucketError] = field(factory=list)
    """What is wrong with single rows, of which nothing could be made."""
    error: BitbucketError | None = None

    def take(self, values: Sequence[R], size: int | None) -> None:
        """Take a page."""
        for one in values:
            try:
                self.facts.append(self.make(one))
            except DecodingError as error:
                self.odd.append(error)
        self.tell(len(self.facts) + len(self.odd), size)


@define(eq=False)
class Reader:
    """Reads lists. What the journal has is not asked for again; what failed is not in it."""

    gate: Turnstile
    journal: Journal | None = None

    def has(self, one: Listing[Any]) -> bool:
        """Whether something of *one* was read before."""
        return self.journal is not None and self.journal.kept(one.key).pages > 0

    async def read(
        self,
        one: Listing[R],
        make: Callable[[R], T],
        tell: Callable[[int, int | None], object] = lambda _, __: None,
    ) -> Read[R, T]:
        """Read *one*. An error that would be the same for other lists is raised."""
        read = Read(make, tell)
        try:
            if self.journal is None or not self.has(one):
                await self._fetch(one, read, Kept())
            else:
                await self._go_on(one, read, self.journal)
        except BitbucketError as error:
            if self.gate.is_fatal(error):
                raise
            read.error = error
        return read

    async def _go_on(self, one: Listing[R], read: Read[R, T], journal: Journal) -> None:
        """Read what is kept of *one*, and what is behind it.

        Where the list has become shorter meanwhile, some of what is behind may have moved up into
        pages that are kept, and would be missing: then it is read from its beginning.
        """
        kept = journal.kept(one.key)
        for rows in journal.pages(one.key):
            read.take([from_wire(row, one.kind, None) for row in rows], kept.size)
            await asyncio.sleep(0)  # there may be thousands of pages
        if kept.done:
            return
        try:
            fits = await self._fetch(one, read, kept)
        except _MOVED:
            if self.gate.stop is not None:
                raise
            fits = False
        if not fits:
            journal.drop(one.key)
            read.facts.clear()
            read.odd.clear()
            await self._fetch(one, read, Kept())

    async def _fetch(self, one: Listing[R], read: Read[R, T], behind: Kept) -> bool:
        """Read on *behind* what is kept; whether the list is as long as it was then."""
        last: Chunk[R] | None = None
        async with aclosing(one.pages(behind.cursor)) as pages:
            async for chunk in pages:
                if last is None and (chunk.size or 0) < (behind.size or 0):
                    return False
                last = chunk
                read.take(chunk.values, chunk.size)
                if self.journal is not None:
                    rows = [value.to_dict() for value in chunk.values]
                    self.journal.add(
                        one.key, rows, cursor=chunk.cursor, size=chunk.size, done=chunk.done
                    )
        if self.journal is not None and not (last and last.done):  # it has linked one page too many
            self.journal.add(one.key, (), cursor=None, size=behind.size, done=True)
        return True
