"""Keyset paging: a list in the order of creation, asked for from where the last page ended.

What is created, renamed or deleted meanwhile moves nothing from page to page: each question is for
what was created since the last item, and what was handed out of that very moment is dropped. One
moment that fills pages is a question of its own, which nothing new can be in: where fewer are in it
than before, what is behind has moved up, and it is asked from its beginning. Items without a moment
are asked for in the end, where there may be any that no other question finds. Where the service
does not do as it is asked, pages have numbers as elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
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
_FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Nothing was created before."""


@frozen
class Mark:
    """Where a walk stands: the question for its next page, and what of it is known already."""

    after: str | None = None
    """The moment from which on is asked; None from the beginning."""
    page: int = 1
    """More than 1 where pages are asked for by their numbers."""
    seen: tuple[str, ...] = ()
    """What was handed out of what the question finds."""
    tie: bool = False
    """Whether only what is of the moment *after* is asked for, since that fills pages."""
    size: int | None = None
    """How many are of that moment."""
    read: int = 0
    """How many items were handed out in all."""
    plain: bool = False
    """Whether the service heeds no filter or order here, so that pages have numbers alone."""
    known: int | None = None
    """How many items the list had when it was asked last."""
    hidden: bool = False
    """Whether there may be items that have no moment, and were not handed out."""
    bare: tuple[str, ...] = ()
    """Those without a moment that were."""
    last: bool = False
    """Whether only what has no moment is asked for."""

    @classmethod
    def of(cls, position: str | None) -> Self:
        """The one that *position* spells; the beginning where there is none."""
        if position is None:
            return cls()
        said = json.loads(position)
        return cls(**{**said, "seen": tuple(said["seen"]), "bare": tuple(said["bare"])})

    @property
    def text(self) -> str:
        """The position of a walk."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @property
    def moment(self) -> datetime | None:
        """*after* as what it is."""
        return None if self.after is None else datetime.fromisoformat(self.after)

    @property
    def question(self) -> Condition | None:
        """Which items are asked for."""
        if self.last:
            return Condition(f"{ORDER}=null")
        if self.moment is None:
            return None
        since = F[ORDER] >= self.moment
        return since & (F[ORDER] <= self.moment) if self.tie else since


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
    where = {} if mark.page == 1 else {"page": mark.page}
    page = await _page(ask(q=with_filter(q, mark.question), sort=ORDER, **where))
    seen = frozenset((*mark.seen, *mark.bare))
    items = [one for one in page.values if identity(one) not in seen and _is_asked(one, mark)]
    size = None if mark.plain or mark.tie else page.size
    known = None if size is None else mark.read + size - len(mark.seen)
    return Part(items, _behind(page, _noted(page, mark, known), mark.read + len(items)), known)


def _noted(page: Page[R], mark: Mark, known: int | None) -> Mark:
    """*mark* with what *page* tells of items that have no moment."""
    if mark.plain or mark.tie:
        return mark
    if mark.after is None:
        bare = tuple(identity(one) for one in page.values if _created(one) is None)
        return evolve(mark, known=known, bare=bare)
    # A question for a moment finds none of them, so that there seem to be fewer items.
    fewer = known is None or mark.known is None or known < mark.known
    return evolve(mark, known=known, hidden=mark.hidden or fewer)


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
    moments = [_created(one) for one in page.values]
    if mark.tie:
        heeded = set(moments) <= {mark.moment}
        return _in_a_tie(page, mark, read) if heeded else _by_number(page, mark, read)
    if not page.values or not more_behind(page):
        if not mark.hidden or mark.plain:
            return None
        return Mark(read=read, plain=True, last=True, bare=mark.bare)
    told = [one for one in moments if one is not None]
    ends_bare = moments[-1] is None  # and all behind it may be so
    if mark.plain or not _heeded(told, mark) or (ends_bare and mark.after is not None):
        return _by_number(page, mark, read)
    mark = evolve(mark, hidden=mark.hidden or ends_bare)
    first, last = moments[0], told[-1] if told else _FIRST
    here = [identity(one) for one, when in zip(page.values, moments, strict=True) if when == last]
    if first == last:
        seen = tuple(dict.fromkeys([*mark.seen, *here]))
        return evolve(mark, after=last.isoformat(), tie=True, seen=seen, read=read)
    return evolve(mark, after=last.isoformat(), seen=tuple(here), read=read)


def _by_number(page: Page[R], mark: Mark, read: int) -> Mark:
    """Go on by number to the end: the service does not heed what it is asked."""
    length = page.pagelen or len(page.values)
    same = mark.plain or mark.after is None
    number = mark.page + 1 if same else read // length + 1
    seen = tuple(map(identity, page.values))
    return Mark(page=number, seen=seen, read=read, plain=True, bare=mark.bare, last=mark.last)


def _in_a_tie(page: Page[R], mark: Mark, read: int) -> Mark:
    """Go on by number to the end of one moment, and behind it.

    Nothing is created in a moment that is over. Where something of it was deleted meanwhile, what
    is behind has moved up: from its beginning.
    """
    shrunk = mark.size is not None and page.size is not None and page.size < mark.size
    seen = tuple(dict.fromkeys([*mark.seen, *map(identity, page.values)]))
    if not shrunk and not (page.values and more_behind(page)) and mark.moment is not None:
        later = (mark.moment + timedelta(microseconds=1)).isoformat()
        return evolve(mark, after=later, page=1, seen=(), tie=False, size=None, read=read)
    return evolve(mark, page=1 if shrunk else mark.page + 1, seen=seen, size=page.size, read=read)


def _heeded(moments: Sequence[datetime], mark: Mark) -> bool:
    """Whether the page is in order, and of what was asked for."""
    start = moments[:1] if mark.moment is None else [mark.moment]
    return all(one <= other for one, other in pairwise([*start, *moments]))


def _created(one: Resource) -> datetime | None:
    """When *one* was created; None where it does not say."""
    try:
        found = getattr(one, ORDER, None)
    except DecodingError:
        return None
    if not isinstance(found, datetime):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _is_asked(one: Resource, mark: Mark) -> bool:
    """Whether *one* is of what was asked for; what is older was handed out already."""
    found = _created(one)
    if mark.last:
        return found is None
    return mark.moment is None or found is None or found >= mark.moment


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
