"""Walks that fetch several numbered pages at once."""

from __future__ import annotations

import asyncio
import gc
import json
import random
import re
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from bbasync import Pager
from bbasync.errors import (
    BadRequestError,
    ForbiddenError,
    NotFoundError,
    NotReadyError,
    PagingError,
    ServerError,
)
from bbasync.wire.message import Answer, Request, loads

API = "https://api.bitbucket.org/2.0"
LIST = "/repositories/acme"
LENGTH = 2


def body(number: int, pages: int, **changed: Any) -> dict[str, Any]:
    """Page *number* of a list of so many full pages; None takes a member away."""
    page: dict[str, Any] = {
        "values": [f"{number}a", f"{number}b"],
        "size": LENGTH * pages,
        "page": number,
        "pagelen": LENGTH,
        "next": f"{API}{LIST}?pagelen={LENGTH}&page={number + 1}" if number < pages else None,
    }
    return {name: one for name, one in (page | changed).items() if one is not None}


def items(numbers: Iterable[int]) -> list[str]:
    """What the full pages *numbers* hold."""
    return [f"{number}{letter}" for number in numbers for letter in "ab"]


class Service:
    """Answers pages by their number, each when it is let go, and counts what is under way."""

    def __init__(self, pages: dict[int, Any]) -> None:
        self.pages = pages
        self.targets: list[str] = []
        self.asked: list[int] = []
        self.under_way = self.most = self.ended = 0
        self.held: dict[int, asyncio.Event] = {}
        self.fails_when_cancelled = False
        self.wait: Callable[[int], Any] | None = None

    async def send(self, request: Request) -> Answer:
        """The page; an exception in its place is raised."""
        found = re.search(r"[?&]page=(\d+)", request.target)
        number = int(found[1]) if found else 1
        self.asked.append(number)
        self.targets.append(request.target)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await asyncio.sleep(0)
            if number in self.held:
                await self._let_go(self.held[number])
            if self.wait is not None:
                await self.wait(number)
        finally:
            self.under_way -= 1
            self.ended += 1
        page = self.pages[number]
        if isinstance(page, BaseException):
            raise page
        if isinstance(page, Answer):
            return page
        return Answer(200, {}, json.dumps(page).encode(), "GET", request.target)

    async def _let_go(self, held: asyncio.Event) -> None:
        try:
            await held.wait()
        except asyncio.CancelledError:
            if self.fails_when_cancelled:
                raise NotFoundError(status=404, method="GET", url="/") from None
            raise

    def open(self, request: Request) -> Any:
        """Walks do not stream."""
        raise NotImplementedError

    def hold(self, *numbers: int) -> None:
        """Keep the answers of these pages back."""
        self.held |= {number: asyncio.Event() for number in numbers}


def service(count: int, changed: dict[int, Any] | None = None, **every: Any) -> Service:
    """One of so many full pages, some of them *changed*, and *every* one in some members."""
    pages = {number: body(number, count, **every) for number in range(1, count + 1)}
    return Service(pages | (changed or {}))


def walk(
    sender: Any,
    concurrency: int = 4,
    *,
    unique: bool = False,
    address: str = f"{LIST}?pagelen={LENGTH}",
    query: tuple[tuple[str, str], ...] = (),
) -> Pager[Any]:
    """A pager whose items are what came in."""
    request = Request("GET", address, query)
    return Pager(sender, request, decoded, unique=unique, concurrency=concurrency)


def decoded(item: Any) -> Any:
    """An item as it came in: a page hands most out as bytes."""
    return loads(item) if isinstance(item, Raw) else item


async def settle() -> None:
    """Let everything run that can."""
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.mark.parametrize("concurrency", [1, 2, 3, 8, 100])
async def test_so_many_pages_are_under_way_and_no_more(concurrency: int) -> None:
    """The first page tells how many there are; then it is as many as asked for, or all that are."""
    sender = service(10)
    assert await walk(sender, concurrency).all() == items(range(1, 11))
    assert sender.most == min(concurrency, 9)
    assert sender.asked == list(range(1, 11))


async def test_pages_wait_for_a_slow_consumer_up_to_the_bound() -> None:
    """However long the consumer takes, no more pages are fetched than may wait."""
    sender = service(20)
    seen = 0
    async for page in walk(sender, 3).pages():
        seen += 1
        await settle()
        assert sender.under_way == 0
        assert len(sender.asked) - seen == min(3, 20 - seen)
        assert page.page == seen


@pytest.mark.parametrize("seed", range(5))
async def test_pages_are_handed_out_in_order_whichever_comes_first(seed: int) -> None:
    """Answers that overtake each other wait for their turn."""
    sender, dice = service(12), random.Random(seed)
    came: list[int] = []

    async def wait(number: int) -> None:
        for _ in range(dice.randrange(10)):
            await asyncio.sleep(0)
        came.append(number)

    sender.wait = wait
    assert await walk(sender).all() == items(range(1, 13))
    assert came != sorted(came)


async def test_a_page_is_handed_out_as_soon_as_it_is_its_turn() -> None:
    """A page that is late does not keep back what comes before it."""
    sender = service(6)
    sender.hold(4)
    walked = walk(sender, 5).pages()
    assert [(await anext(walked)).page for _ in range(3)] == [1, 2, 3]
    sender.held[4].set()
    assert [page.page async for page in walked] == [4, 5, 6]


@pytest.mark.parametrize(
    "every",
    [
        {"size": None},
        {"page": None},
        {"pagelen": None},
        {"pagelen": 0},
        {"pagelen": -1},
        {"size": "12"},
        {"page": True},
        {"page": 7},
    ],
)
async def test_a_list_that_does_not_count_is_walked_as_ever(every: dict[str, Any]) -> None:
    """Without numbers that fit together one page is read ahead, and nothing is lost."""
    sender = service(6, {7: {"values": []}}, **every)
    assert await walk(sender).all() == items(range(1, 7))
    assert sender.most == 1
    assert sender.asked[:6] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    "spelled",
    [
        "{list}?pagelen=2&ctx=5f{n}&page={n}",
        "{list}?pagelen=2&ctx=5f&page={n}",
        "{list}?pagelen=2&after=2026&page={n}",
        "{list}/elsewhere?pagelen=2&page={n}",
        "{list}?pagelen=2&page=0{n}",
        "{list}?pagelen=2&other=page&page={n}&page={n}",
    ],
)
async def test_a_next_that_says_more_than_a_number_is_walked_as_ever(spelled: str) -> None:
    """What else a next says may differ on each page, so that none is guessed."""
    sender = service(5)
    for number in range(1, 5):
        sender.pages[number]["next"] = API + spelled.format(list=LIST, n=number + 1)
    assert await walk(sender).all() == items(range(1, 6))
    assert sender.most == 1
    assert sender.targets[1:] == [sender.pages[number]["next"] for number in range(1, 5)]


async def test_an_opaque_cursor_is_walked_as_ever(recorder: Any) -> None:
    """Even where such a list counts."""
    numbers = {"size": 3, "page": 1, "pagelen": 1}
    first = {"values": [1], "next": f"{API}{LIST}?page=8xhd", **numbers}
    second = {"values": [2], "next": f"{API}{LIST}?page=dbtR", **numbers}
    sender = recorder(first, second, {"values": [3], "size": 3})
    assert await walk(sender).all() == [1, 2, 3]
    assert len(sender.requests) == 3


async def test_a_list_asked_for_by_a_form_is_walked_as_ever() -> None:
    """What it asks for is in no address."""
    sender = service(5)
    request = Request("POST", f"{LIST}?pagelen=2")
    pager: Pager[Any] = Pager(sender, request, decoded, concurrency=4)
    assert await pager.all() == items(range(1, 6))
    assert sender.most == 1


async def test_a_list_without_next_is_walked_at_once_too() -> None:
    """Where the numbers alone say that more is left, they are enough."""
    sender = service(6)
    for page in sender.pages.values():
        page.pop("next", None)
    assert await walk(sender).all() == items(range(1, 7))
    assert sender.most == 4
    assert sender.asked == [1, 2, 3, 4, 5, 6]


async def test_what_next_forgets_of_the_question_is_asked_on_every_page() -> None:
    """A list that forgets its order is fetched at once, in that order."""
    sender = service(6)
    pager = walk(sender, query=(("sort", "-created_on"), ("q", "a b=c")))
    assert await pager.all() == items(range(1, 7))
    assert sender.most == 4
    assert all(target.endswith("&q=a%20b%3Dc&sort=-created_on") for target in sender.targets[1:])


@pytest.mark.parametrize("more", [1, 2, 7])
async def test_a_list_that_is_longer_than_told_is_walked_to_its_end(more: int) -> None:
    """Behind the last page that was told of, next is followed."""
    sender = service(5 + more, size=10)
    assert await walk(sender).all() == items(range(1, 6 + more))
    assert sender.asked == list(range(1, 6 + more))


async def test_a_list_that_grows_is_walked_at_once_to_its_new_end() -> None:
    """Later pages tell of more, and that is fetched together again."""
    sender = service(12)
    sender.pages[1]["size"] = sender.pages[2]["size"] = 4
    assert await walk(sender).all() == items(range(1, 13))
    assert sender.most == 4


NO_SUCH_PAGE = [
    BadRequestError(status=400, method="GET", url="/"),
    NotFoundError(status=404, method="GET", url="/"),
    {"values": [], "size": 6, "page": 4, "pagelen": 2},
    {"values": []},
    {"values": [], "next": f"{API}{LIST}?pagelen=2&page=9"},
    {"values": ["3a", "3b"], "size": 6, "page": 3, "pagelen": 2},
    ["no page"],
]


@pytest.mark.parametrize("beyond", NO_SUCH_PAGE)
async def test_a_list_that_is_shorter_than_told_ends_where_it_ends(beyond: Any) -> None:
    """Whatever the pages that there are not answer, no error comes of it, and no item."""
    sender = service(3, dict.fromkeys(range(4, 9), beyond))
    sender.pages[1]["size"] = 16
    tasks = asyncio.all_tasks()
    assert await walk(sender, 8).all() == items(range(1, 4))
    assert len(sender.asked) == 8
    assert asyncio.all_tasks() == tasks


@pytest.mark.parametrize("values", [[], ["3a"]])
@pytest.mark.parametrize("linked", [True, False])
async def test_a_short_page_in_the_middle_loses_nothing(values: list[str], *, linked: bool) -> None:
    """Neither one with few items nor one without any, whether it names the next one or not."""
    sender = service(6)
    sender.pages[3]["values"] = values
    if not linked:
        del sender.pages[3]["next"]
    expected = [*items([1, 2]), *values, *items([4, 5, 6])]
    assert await walk(sender).all() == expected


async def test_pages_that_were_fetched_are_not_lost_where_the_list_says_that_it_is_over() -> None:
    """A page that is answered late, by a list that has become shorter, is not the end of it."""
    sender = service(6)
    sender.pages[3] = {"values": ["3a"], "size": 5, "page": 3, "pagelen": 2}
    sender.pages[4] = {"values": [], "size": 5, "page": 4, "pagelen": 2}
    walked = walk(sender)
    assert await walked.all() == [*items([1, 2]), "3a", *items([5, 6])]
    assert sender.asked == [1, 2, 3, 4, 5, 6]


async def test_numbers_that_lead_elsewhere_than_next_are_dropped() -> None:
    """Next is what counts: a guess that does not come true is not made again."""
    sender = service(12)
    sender.pages[3]["next"] = f"{API}{LIST}?pagelen=2&page=8"
    tasks = asyncio.all_tasks()
    got = []
    async for item in walk(sender):
        got.append(item)
        await settle()
        if item == "3b":
            sender.most = 0
    assert got == items([1, 2, 3, 8, 9, 10, 11, 12])
    assert sender.asked == [1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12]
    assert sender.most == 1
    assert asyncio.all_tasks() == tasks


async def test_a_next_with_its_parameters_in_another_order_is_the_same_page() -> None:
    """No page is fetched twice for the way it is spelled."""
    sender = service(6)
    sender.pages[3]["next"] = f"{API}{LIST}?page=4&pagelen=2"
    sender.pages[4]["next"] = f"{API}{LIST}?page=5&pagelen=%32"
    assert await walk(sender).all() == items(range(1, 7))
    assert sender.asked == [1, 2, 3, 4, 5, 6]
    assert sender.most == 4


async def test_a_next_on_another_host_each_time_is_not_guessed_again() -> None:
    """Where the numbers lead elsewhere than next, that is found out once, not on every page."""
    sender = service(12)
    for number in range(1, 12, 2):
        further = sender.pages[number]["next"]
        sender.pages[number]["next"] = further.replace("api.bitbucket.org", "bitbucket.org/!api")
    assert await walk(sender).all() == items(range(1, 13))
    assert sender.asked == [1, 2, 3, 4, 5, *range(3, 13)]


async def test_pages_in_a_circle_are_an_error() -> None:
    """The items come first, as in any walk."""
    sender = service(5)
    sender.pages[5]["next"] = f"{API}{LIST}?pagelen=2&page=2"
    got = []
    with pytest.raises(PagingError, match="circle"):  # noqa: PT012 - the loop is the point
        async for item in walk(sender):
            got.append(item)  # noqa: PERF401 - what came before the error counts
    assert got == items(range(1, 6))


@pytest.mark.parametrize("failing", [2, 4, 6])
@pytest.mark.parametrize("kind", [ForbiddenError, NotFoundError, ServerError])
async def test_an_error_comes_in_its_turn(failing: int, kind: type[ForbiddenError]) -> None:
    """The pages before it are handed out first, and those behind it are not."""
    sender = service(6, {failing: kind(status=499, method="GET", url="/")})
    got = []
    tasks = asyncio.all_tasks()
    with pytest.raises(kind):  # noqa: PT012 - the loop is the point
        async for item in walk(sender):
            got.append(item)
            await settle()
    assert got == items(range(1, failing))
    assert asyncio.all_tasks() == tasks


async def test_nothing_more_is_asked_for_behind_a_page_that_failed() -> None:
    """The walk will end there, and every request counts."""
    sender = service(20, {4: ForbiddenError(status=403, method="GET", url="/")})
    with pytest.raises(ForbiddenError):  # noqa: PT012 - the loop is the point
        async for _ in walk(sender):
            await settle()
    assert sender.asked == [1, 2, 3, 4, 5]


async def test_a_page_that_is_not_ready_is_an_error_in_its_turn(answer: Any) -> None:
    """202 is not the end, whichever page it comes for."""
    sender = service(6, {5: answer(body(5, 6), status=202)})
    walked = walk(sender).pages()
    assert [(await anext(walked)).page for _ in range(4)] == [1, 2, 3, 4]
    with pytest.raises(NotReadyError):
        await anext(walked)


@pytest.mark.parametrize("failing", [False, True])
async def test_an_early_end_leaves_no_task(*, failing: bool) -> None:
    """After a break all that is under way is cancelled, and what fails is no complaint."""
    sender = service(9, {3: NotFoundError(status=404, method="GET", url="/")} if failing else {})
    sender.fails_when_cancelled = failing
    sender.hold(4, 5)
    complaints: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, what: complaints.append(what))
    tasks = asyncio.all_tasks()
    async for _ in walk(sender):
        await settle()
        assert len(asyncio.all_tasks() - tasks) == 2
        break
    await settle()
    assert asyncio.all_tasks() == tasks
    assert sender.under_way == 0
    gc.collect()
    assert complaints == []


@pytest.mark.parametrize("waiting", [True, False])
async def test_a_cancelled_walk_leaves_no_task(*, waiting: bool) -> None:
    """Whether it waits for a page or its consumer for something else."""
    sender = service(9)
    sender.hold(*range(2 if waiting else 4, 10))

    async def consume() -> None:
        async for item in walk(sender):
            if item == "3b":
                await asyncio.Event().wait()

    tasks = asyncio.all_tasks()
    consumer = asyncio.create_task(consume())
    await settle()
    assert sender.under_way == 4
    consumer.cancel()
    with pytest.raises(asyncio.CancelledError):
        await consumer
    await settle()
    assert asyncio.all_tasks() == tasks
    assert sender.under_way == 0


async def test_unique_leaves_out_what_came_on_an_earlier_page() -> None:
    """The order in which answers come does not change which of two is the first."""
    sender = service(5)
    sender.pages[4]["values"] = ["2b", "4b"]
    sender.hold(2)
    walked = asyncio.create_task(walk(sender, unique=True).all())
    await settle()
    sender.held[2].set()
    assert await walked == [one for one in items(range(1, 6)) if one != "4a"]


async def test_pages_are_what_the_service_sent() -> None:
    """A walk by pages has each page's own numbers."""
    pages = [page async for page in walk(service(5)).pages()]
    assert [(page.page, page.size, page.pagelen) for page in pages] == [
        (number, 10, 2) for number in range(1, 6)
    ]
    assert pages[1].next == f"{API}{LIST}?pagelen=2&page=3"


@pytest.mark.parametrize("count", range(11))
async def test_a_walk_goes_on_where_it_stopped(count: int) -> None:
    """Its cursor is the same as without concurrency, and either kind of walk goes on from it."""
    cursors, got = [], []
    for concurrency in (1, 4):
        walked = walk(service(5), concurrency)
        taken = aiter(walked)
        got = [await anext(taken) for _ in range(count)]
        cursors.append(walked.cursor)
    assert cursors[0] == cursors[1]
    for concurrency in (1, 4):
        sender = service(5)
        rest = await walk(sender, concurrency).resume(cursors[0]).all()
        assert got + rest == items(range(1, 6))
        assert sender.asked == list(range(count // 2 + 1, 6))


async def test_a_resumed_walk_fetches_at_once_too() -> None:
    """From where it stands, with what is left."""
    walked = walk(service(9))
    async for page in walked.pages():
        if page.page == 2:
            break
    sender = service(9)
    assert await walk(sender).resume(walked.cursor).all() == items(range(3, 10))
    assert sender.most == 4


async def test_a_walk_backwards_fetches_one_page_ahead() -> None:
    """It is for looking back, not for crawling."""
    sender = service(6)
    for number in range(2, 7):
        sender.pages[number]["previous"] = f"{API}{LIST}?pagelen=2&page={number - 1}"
    walked = walk(sender, address=f"{LIST}?pagelen=2&page=6").pages(backwards=True)
    assert [page.page async for page in walked] == [6, 5, 4, 3, 2, 1]
    assert sender.most == 1


async def test_first_asks_for_one_item_whatever_the_concurrency() -> None:
    """Nothing is fetched ahead of it."""
    sender = service(6)
    assert await walk(sender).first() == "1a"
    assert sender.targets == [f"{LIST}?pagelen=1"]


async def test_what_the_first_request_says_in_its_headers_every_page_says(recorder: Any) -> None:
    """Guessed pages are asked for like the others."""
    pages = {f"{LIST}?pagelen=2": body(1, 4)}
    pages |= {f"{API}{LIST}?pagelen=2&page={n}": body(n, 4) for n in range(2, 5)}
    sender = recorder(by_target=pages)
    request = Request("GET", f"{LIST}?pagelen=2", headers={"A": "b"}, operation="x.list")
    assert await Pager(sender, request, decoded, concurrency=4).all() == items(range(1, 5))
    assert {(one.headers["A"], one.operation) for one in sender.requests} == {("b", "x.list")}


@given(st.data())
def test_the_items_are_those_of_a_walk_page_by_page(data: st.DataObject) -> None:
    """Whatever a list tells of itself: as long as it does not change, nothing else comes of it."""
    count = data.draw(st.integers(1, 9), "pages")
    pages = {}
    for number in range(1, count + 1):
        told = data.draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "size": st.integers(-1, 24) | st.none(),
                    "page": st.integers(0, 9) | st.none(),
                    "pagelen": st.integers(0, 4),
                },
            ),
            f"what page {number} tells",
        )
        pages[number] = body(number, count, **told)
        if number < count and data.draw(st.integers(0, 5)) == 0:
            further = data.draw(st.integers(number + 1, count))
            spelled = data.draw(st.sampled_from(["page={}&pagelen=2", "ctx=5f&page={}"]))
            pages[number]["next"] = f"{API}{LIST}?{spelled.format(further)}"
    missing = NotFoundError(status=404, method="GET", url="/")
    everything = pages | dict.fromkeys(set(range(1, 60)) - set(pages), missing)
    seed, concurrency = data.draw(st.integers(0, 99)), data.draw(st.integers(2, 12))

    async def walked(concurrency: int) -> tuple[list[Any], str]:
        sender, dice = Service(everything), random.Random(seed)

        async def wait(_: int) -> None:
            for _ in range(dice.randrange(5)):
                await asyncio.sleep(0)

        sender.wait = wait
        got: list[Any] = []
        try:
            async for page in walk(sender, concurrency).pages():
                got += page.values
        except (NotFoundError, PagingError) as error:
            return got, type(error).__name__
        finally:
            assert sender.most <= concurrency
        return got, ""

    assert asyncio.run(walked(concurrency)) == asyncio.run(walked(1))
