"""Keyset paging, against a list in memory that changes between any two questions."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st

from bbasync.crawl.estimate import pages
from bbasync.crawl.keyset import Mark, read_on
from bbasync.model.reply import pager_of
from bbasync.resources import Repository
from bbasync.wire.message import Answer, Request

START = datetime(2026, 1, 1, tzinfo=UTC)
SINCE = re.compile(r"created_on>=([^ )]+)")
UNTIL = re.compile(r"created_on<=([^ )]+)")


def item(number: int, moment: int | None) -> dict[str, Any]:
    """A repository that was created so many seconds after the start."""
    when = None if moment is None else (START + timedelta(seconds=moment)).isoformat()
    return {"uuid": f"{{{number}}}", "created_on": when}


@define
class Listing:
    """A list as the service keeps one; *change* is called before each answer."""

    items: list[dict[str, Any]]
    pagelen: int = 5
    filters: bool = True
    sorts: bool = True
    sized: bool = True
    linked: bool = True
    nulls_last: bool = False
    change: Callable[[], None] = lambda: None
    asked: list[dict[str, list[str]]] = field(factory=list)

    async def send(self, request: Request) -> Answer:
        """Answer with a page."""
        self.change()
        path, _, query = request.target.partition("?")
        asked = parse_qs(query)
        self.asked.append(asked)
        found = list(self.items)
        if self.sorts and asked.get("sort"):
            none = "z" if self.nulls_last else ""
            found.sort(key=lambda one: one["created_on"] or none)
        q = asked.get("q", [""])[0]
        if self.filters:
            found = [one for one in found if _holds(q, one["created_on"])]
        page = int(asked.get("page", ["1"])[0])
        values = found[(page - 1) * self.pagelen : page * self.pagelen]
        body: dict[str, Any] = {"values": values, "page": page, "pagelen": self.pagelen}
        if self.sized:
            body["size"] = len(found)
        if self.linked and page * self.pagelen < len(found):
            body["next"] = f"{path}?{re.sub('&page=[0-9]+', '', query)}&page={page + 1}"
        return Answer(200, {}, json.dumps(body).encode(), "GET", request.target)

    def ask(self, **query: Any) -> Any:
        """The list as a walk asks for it."""
        given = [(name, str(value)) for name, value in query.items() if value is not None]
        return pager_of(Repository, self, Request("GET", "/list", given))  # type: ignore[arg-type]

    async def walk(self, q: str | None = None) -> list[str]:
        """All that a walk hands out; its position is spelled and read after each page."""
        found: list[str] = []
        mark: Mark | None = Mark()
        while mark is not None:
            part = await read_on(self.ask, q, mark)
            found += [str(one.uuid) for one in part.items]
            assert part.mark is None or part.mark.read == len(found)
            if part.known is not None and self.change is quiet:
                assert part.known == len(self.items)
            mark = None if part.mark is None else Mark.of(part.mark.text)
        return found

    @property
    def uuids(self) -> list[str]:
        """All of now."""
        return [one["uuid"] for one in self.items]


def _holds(q: str, moment: str | None) -> bool:
    """Whether a filter finds what was created at that *moment*; it compares none with no other."""
    since, until = SINCE.search(q), UNTIL.search(q)
    if moment is None:
        return not since
    after = since is None or moment >= since[1]
    return after and (until is None or moment <= until[1]) and "created_on=null" not in q


def quiet() -> None:
    """Nothing changes."""


@pytest.mark.parametrize("count", [0, 1, 4, 5, 6, 9, 10, 31])
@pytest.mark.parametrize("shape", [{}, {"linked": False}, {"sized": False}])
async def test_each_item_comes_once_with_the_fewest_questions(
    count: int, shape: dict[str, Any]
) -> None:
    """As many as the estimate says; whether the next page is linked or not, counted or not.

    Where nobody counts, one question more finds out whether there are items without a moment.
    """
    listing = Listing([item(n, n) for n in range(count)], change=quiet, **shape)
    assert await listing.walk() == listing.uuids
    more = not listing.sized and count > 5
    assert len(listing.asked) == pages(count, 5, keyset=True) + more
    assert all("page" not in one for one in listing.asked)


async def test_the_filter_of_the_user_stays_whatever_it_is() -> None:
    """It stands in parentheses, so that what is added to it holds for all of it."""
    listing = Listing([item(n, n) for n in range(6)])
    await listing.walk('name="a" OR name="b"')
    assert [one["q"] for one in listing.asked] == [
        ['name="a" OR name="b"'],
        ['(name="a" OR name="b") AND created_on>=2026-01-01T00:00:04+00:00'],
    ]


@pytest.mark.parametrize("moments", [[0] * 23, [0] * 7 + [1] * 12 + [2], [0, 1] + [2] * 17 + [3]])
async def test_many_of_one_moment_are_asked_for_by_page(moments: list[int]) -> None:
    """Where a moment fills pages the question can't move on, and pages have numbers."""
    items = [item(n, moment) for n, moment in enumerate(moments)]
    listing = Listing(items, change=quiet)
    assert await listing.walk() == listing.uuids
    assert any("page" in one for one in listing.asked)


async def test_a_moment_that_loses_an_item_is_looked_at_anew() -> None:
    """What moved up to a page that was read already is found all the same."""
    listing = Listing([item(n, 7) for n in range(23)])

    def change() -> None:
        if len(listing.asked) == 2:
            del listing.items[0]

    listing.change = change
    assert sorted(await listing.walk()) == sorted(f"{{{n}}}" for n in range(23))


async def test_nothing_is_missed_of_a_moment_while_as_much_comes_as_goes() -> None:
    """One of it is deleted when another item is created, so that the list is as long as before."""
    for turn in range(2, 7):
        listing = Listing([item(n, 7) for n in range(23)])

        def change(listing: Listing = listing, turn: int = turn) -> None:
            if len(listing.asked) == turn:
                del listing.items[0]
                listing.items.append(item(99, 60))

        listing.change = change
        found = await listing.walk()
        assert sorted(found) == sorted(f"{{{n}}}" for n in (*range(23), 99))


@pytest.mark.parametrize("nulls_last", [False, True])
@pytest.mark.parametrize("sized", [False, True])
@pytest.mark.parametrize(
    "holes", [{3}, {4}, {0, 1, 2, 3, 4}, {7, 9, 11, 19, 20, 22}, {*range(9, 23)}, set(range(23))]
)
async def test_items_without_a_moment_are_found_too(
    holes: set[int], *, nulls_last: bool, sized: bool
) -> None:
    """Before the others or behind them: no question for a moment finds them."""
    items = [item(n, None if n in holes else n) for n in range(23)]
    listing = Listing(items, nulls_last=nulls_last, sized=sized)
    assert sorted(await listing.walk()) == sorted(listing.uuids)


async def test_items_without_a_moment_come_once_though_others_go() -> None:
    """What stood before all others is not found again when it is asked for in the end."""
    listing = Listing([item(n, None if n < 2 else n) for n in range(23)])

    def change() -> None:
        if len(listing.asked) == 2:
            del listing.items[22]

    listing.change = change
    assert sorted(await listing.walk()) == sorted(listing.uuids)
    assert listing.asked[-1]["q"] == ["created_on=null"]


@pytest.mark.parametrize("shape", [{"sorts": False}, {"filters": False}, {"filters": True}])
async def test_a_service_that_ignores_what_it_is_asked_hides_nothing(
    shape: dict[str, Any],
) -> None:
    """Where the order or the filter is ignored in silence, each item still comes once."""
    items = [item(n, n) for n in range(23)]
    if shape == {"sorts": False}:
        random.Random(1).shuffle(items)
    listing = Listing(items, **shape)
    assert sorted(await listing.walk()) == sorted(listing.uuids)
    assert len(listing.asked) <= 8


@given(
    moments=st.lists(st.integers(0, 12), max_size=40),
    changes=st.lists(st.tuples(st.integers(1, 3), st.integers(0, 99)), max_size=12),
    nulls=st.integers(0, 3),
)
async def test_nothing_comes_twice_and_nothing_that_stays_is_missed(
    moments: list[int], changes: list[tuple[int, int]], nulls: int
) -> None:
    """Whatever is created, deleted or both between two questions, and wherever it stands."""
    items = [item(n, None if n < nulls else moment) for n, moment in enumerate(moments)]
    listing = Listing(items, pagelen=7)
    before, waiting = listing.uuids, list(changes)

    def change() -> None:
        if waiting and listing.asked:
            what, number = waiting.pop()
            if what & 1:
                listing.items.append(item(len(before) + len(waiting) + 1, 20 + len(listing.asked)))
            if what & 2 and listing.items:
                del listing.items[number % len(listing.items)]

    listing.change = change
    found = await listing.walk()
    assert len(found) == len(set(found))
    assert set(before) & set(listing.uuids) <= set(found)
