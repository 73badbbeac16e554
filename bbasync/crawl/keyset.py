"""Keyset paging: a list in the order of creation, asked for from where the last page ended.

What is created, renamed or deleted meanwhile moves nothing from page to page: each question is for
what was created since the last item, and what was handed out of that very moment is dropped. Where
the service does not do as it is asked, or an item has no moment, pages have numbers as elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from hashlib import sha256
from itertools import pairwise
from typing import Any, Final, Generic, Self, TypeVar

from attrs import asdict, evolve, frozen

from ..errors import DecodingError
from ..model.resource import Resource
from ..paging import Page, Pager
from ..query import Condition, F

R = TypeVar("R", bound=Resource)

ORDER: Final = "created_on"


@frozen
class Mark:
    """Where a walk stands: the question for its next page, and what of it is known already."""

    after: str | None = None
    """The moment from which on is asked; None from the beginning."""
    page: int = 1
    """More than 1 where one moment fills pages."""
    seen: tuple[str, ...] = ()
    """What was handed out of what the question finds."""
    size: int | None = None
    """How many the question found, where its pages are asked for by their numbers."""
    read: int = 0
    """How many items were handed out in all."""
    plain: bool = False
    """Whether the service heeds no filter or order here, so that pages have numbers alone."""

    @classmethod
    def of(cls, position: str | None) -> Self:
        """The one that *position* spells; the beginning where there is none."""
        if position is None:
            return cls()
        said = json.loads(position)
        return cls(**{**said, "seen": tuple(said["seen"])})

    @property
    def text(self) -> str:
        """The position of a walk."""
        return json.dumps(asdict(self), separators=(",", ":"))


@frozen(eq=False)
class Part(Generic[R]):
    """A page: what is new in it, and where to go on."""

    items: Sequence[R]
    mark: Mark | None
    """None behind the last page."""
    known: int | None
    """How many items the whole list has, with what was handed out before."""


Ask = Callable[..., Pager[R]]
"""Gives the list for some ``q``, ``sort`` and, beyond the first, ``page``."""


def with_filter(q: str | None, more: Condition | None) -> str | None:
    """The filter that asks for both."""
    if more is None or q is None:
        return q if more is None else str(more)
    return str(Condition(q, "OR") & more)  # whatever it is, it stands in parentheses


async def read_on(ask: Ask[R], q: str | None, mark: Mark) -> Part[R]:
    """The page at *mark* of what *q* chooses from the list that *ask* gives."""
    since = None if mark.after is None else F[ORDER] >= datetime.fromisoformat(mark.after)
    where = {} if mark.page == 1 else {"page": mark.page}
    page = await _page(ask(q=with_filter(q, since), sort=ORDER, **where))
    seen = frozenset(mark.seen)
    items = [one for one in page.values if identity(one) not in seen and not _is_older(one, mark)]
    known = None if page.size is None or mark.plain else mark.read + page.size - len(seen)
    return Part(items, _behind(page, mark, mark.read + len(items)), known)


async def _page(pager: Pager[R]) -> Page[R]:
    """The first page of *pager*; that it would fetch the next one ahead is of no use here."""
    async with aclosing(pager.pages()) as pages:
        return await anext(pages)


def more_behind(page: Page[Any]) -> bool:
    """Whether there is a page behind *page*; some lists link none although there is."""
    if page.next is not None:
        return True
    if page.page is None or page.pagelen is None or page.size is None or not page.values:
        return False
    return page.page * page.pagelen < page.size


def _behind(page: Page[R], mark: Mark, read: int) -> Mark | None:
    if not page.values or not more_behind(page):
        return None
    moments = [_created(one) for one in page.values]
    first, last = moments[0], moments[-1]
    if mark.plain or last is None or not _heeded(moments, mark):
        return _by_number(page, mark, read)
    here = [identity(one) for one, when in zip(page.values, moments, strict=True) if when == last]
    if first == last:
        return _in_a_tie(page, mark, read, here)
    return Mark(last.isoformat(), seen=tuple(here), read=read)


def _by_number(page: Page[R], mark: Mark, read: int) -> Mark:
    """Go on by number to the end: not every item tells its moment, or nobody heeds it."""
    length = page.pagelen or len(page.values)
    same = mark.plain or mark.after is None
    number = mark.page + 1 if same else read // length + 1
    return Mark(page=number, seen=tuple(map(identity, page.values)), read=read, plain=True)


def _in_a_tie(page: Page[R], mark: Mark, read: int, here: Sequence[str]) -> Mark:
    """Go on by number, as long as all that comes is of one moment.

    Where something of it was deleted meanwhile, what is behind has moved up: from its beginning.
    """
    shrunk = mark.size is not None and page.size is not None and page.size < mark.size
    seen = tuple(dict.fromkeys([*mark.seen, *here]))
    number = 1 if shrunk else mark.page + 1
    return evolve(mark, page=number, seen=seen, size=page.size, read=read)


def _heeded(moments: Sequence[datetime | None], mark: Mark) -> bool:
    """Whether the page is in order, and of what was asked for."""
    known = [one for one in moments if one is not None]
    start = known[:1] if mark.after is None else [datetime.fromisoformat(mark.after)]
    return all(one <= other for one, other in pairwise([*start, *known]))


def _created(one: Resource) -> datetime | None:
    """When *one* was created; None where it does not say."""
    try:
        found = getattr(one, ORDER, None)
    except DecodingError:
        return None
    if not isinstance(found, datetime):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _is_older(one: Resource, mark: Mark) -> bool:
    """Whether *one* was created before what was asked for: it was handed out already."""
    if mark.after is None:
        return False
    found = _created(one)
    return found is not None and found < datetime.fromisoformat(mark.after)


def identity(one: Resource) -> str:
    """What tells *one* from the others of its list."""
    for name in ("uuid", "hash", "id", "name"):
        try:
            known = getattr(one, name, None)
        except DecodingError:
            break
        if known:
            return str(known)
    return sha256(json_of(one)).hexdigest()


def json_of(one: Resource) -> bytes:
    """The JSON of *one* as it came in, which looking at it must not change."""
    kept = one.__getstate__()["raw"]
    return kept if isinstance(kept, bytes) else json.dumps(kept).encode()
