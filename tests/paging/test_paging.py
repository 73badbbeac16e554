"""Walks over pages, with a recording Sender."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from msgspec import Raw

from bbasync import Pager
from bbasync.errors import (
    DecodingError,
    ForbiddenError,
    GoneError,
    NotFoundError,
    NotReadyError,
    PagingError,
    UntrustedAddressError,
)
from bbasync.model.reply import pager_of
from bbasync.resources import Repository
from bbasync.wire.message import Request, loads

API = "https://api.bitbucket.org/2.0"
LIST = "/repositories/acme"


def decoded(item: Any) -> Any:
    """An item as it came in: a page hands most out as bytes."""
    return loads(item) if isinstance(item, Raw) else item


def page(*values: Any, **members: Any) -> dict[str, Any]:
    """A page as the service sends it."""
    return {"values": list(values), **members}


def numbered(number: int, *values: Any, last: bool = False) -> dict[str, Any]:
    """One of several numbered pages of two items."""
    members: dict[str, Any] = {"page": number, "pagelen": 2}
    if not last:
        members["next"] = f"{API}{LIST}?pagelen=2&page={number + 1}"
    if number > 1:
        members["previous"] = f"{API}{LIST}?pagelen=2&page={number - 1}"
    return page(*values, **members)


def pager(
    sender: Any, *query: tuple[str, str], address: str = LIST, unique: bool = False
) -> Pager[Any]:
    """A pager whose items are what came in."""
    return Pager(sender, Request("GET", address, query), decoded, unique=unique)


THREE = {
    LIST: numbered(1, "a", "b"),
    f"{API}{LIST}?pagelen=2&page=2": numbered(2, "c", "d"),
    f"{API}{LIST}?pagelen=2&page=3": numbered(3, "e", last=True),
    # What a cursor leads to: the same addresses without their root.
    f"{LIST}?pagelen=2&page=2": numbered(2, "c", "d"),
    f"{LIST}?pagelen=2&page=3": numbered(3, "e", last=True),
}


async def test_numbered_pages_are_walked_to_their_end(recorder: Any) -> None:
    """Each next is followed, and each item handed out once."""
    sender = recorder(by_target=THREE)
    assert await pager(sender).all() == ["a", "b", "c", "d", "e"]
    assert sender.targets == list(THREE)[:3]


async def test_opaque_cursors_are_walked_to_their_end(recorder: Any) -> None:
    """A next that has no number is followed as it is."""
    further = f"{API}/pullrequests/1/activity?ctx=a%2Bb%3D&page=xYz"
    sender = recorder(page(1, next=further), page(2, next=f"{further}2"), page())
    assert await pager(sender).all() == [1, 2]
    assert sender.targets == [LIST, further, f"{further}2"]


async def test_nothing_is_sent_before_the_walk(recorder: Any) -> None:
    """Making and printing a pager costs no request."""
    sender = recorder()
    made = pager(sender)
    assert repr(made) == f"<Pager of GET {LIST}>"
    assert made.cursor
    assert sender.requests == []


async def test_each_walk_starts_at_the_beginning(recorder: Any) -> None:
    """A pager can be walked twice."""
    made = pager(recorder(by_target=THREE))
    assert await made.all() == await made.all()


@pytest.mark.parametrize("further", [f"{API}/x/%7Bu-1%7D?page=2&q=a%2Bb", f"{API}//x?q=x&page=2"])
async def test_next_is_followed_verbatim(recorder: Any, further: str) -> None:
    """Nothing in it is decoded, sorted, or sent twice."""
    sender = recorder(page(1, next=further), page(2))
    await pager(sender, ("q", "x"), ("pagelen", "100")).all()
    assert sender.requests[1] == Request("GET", further)


@pytest.mark.parametrize(
    ("further", "asked"),
    [
        ("/x/?page=2&pagelen=50", "/x/?page=2&pagelen=50&sort=-created_on&status=A&status=B"),
        ("/x?sort=up&page=2", "/x?sort=up&page=2&status=A&status=B"),
        ("/x?page=8xhd", "/x?page=8xhd"),
        ("/x?ctx=5f&page=2", "/x?ctx=5f&page=2"),
        ("/x?after=2026", "/x?after=2026"),
    ],
)
async def test_what_next_forgets_of_the_question_is_put_back(
    recorder: Any, further: str, asked: str
) -> None:
    """Order and filters hold on later pages; only a plain number is added to, never a cursor."""
    sender = recorder(page(1, next=API + further), page(2, next=""))
    query = ("sort", "-created_on"), ("status", "A"), ("status", "B"), ("pagelen", "100")
    await pager(sender, *query, address="/x").all()
    assert sender.targets[1] == API + asked


async def test_what_previous_forgets_is_put_back_too(recorder: Any) -> None:
    """A walk backwards keeps the order as well."""
    sender = recorder(page(2, previous=f"{API}/x?page=1"), page(1))
    made = pager(sender, ("sort", "-created_on"), ("page", "2"), address="/x")
    assert [one.values async for one in made.pages(backwards=True)] == [[2], [1]]
    assert sender.targets[1] == f"{API}/x?page=1&sort=-created_on"


async def test_headers_go_along_to_every_page(recorder: Any) -> None:
    """What the first request says, the others say too."""
    sender = recorder(page(1, next=f"{API}/y"), page(2))
    await Pager(sender, Request("GET", "/x", headers={"A": "b"}), decoded).all()
    assert [request.headers for request in sender.requests] == [{"A": "b"}] * 2


async def test_one_page_is_read_ahead_and_no_more(recorder: Any) -> None:
    """While the consumer works on a page, the next is under way, and the one behind it is not."""
    sender = recorder(by_target=THREE)
    seen = {}
    async for item in pager(sender):
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        seen[item] = len(sender.requests)
    assert seen == {"a": 2, "b": 2, "c": 3, "d": 3, "e": 3}


async def test_an_early_end_leaves_no_task(recorder: Any) -> None:
    """After a break the read-ahead is cancelled, even one that would never end."""
    never = asyncio.Event()

    async def wait(_: Request) -> Any:
        await never.wait()

    before = asyncio.all_tasks()
    async for _ in pager(recorder(numbered(1, "a", "b"), wait)):
        await asyncio.sleep(0)
        assert len(asyncio.all_tasks() - before) == 1
        break
    for _ in range(10):
        await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


async def test_an_error_in_the_consumer_leaves_no_task(recorder: Any) -> None:
    """Neither does an exception out of the loop, even with a read-ahead that failed."""
    before = asyncio.all_tasks()
    walk = pager(recorder(numbered(1, "a"), NotFoundError(status=404, method="GET", url="/")))
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 - the loop is the point
        async for _ in walk:
            await asyncio.sleep(0)
            raise ZeroDivisionError
    for _ in range(10):
        await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


async def test_a_cancelled_walk_leaves_no_task(recorder: Any) -> None:
    """Cancelling the consumer cancels the request that it waits for."""
    ended = asyncio.Event()

    async def wait(_: Request) -> Any:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    before = asyncio.all_tasks()
    walk = asyncio.create_task(pager(recorder(numbered(1, "a"), wait)).all())
    for _ in range(10):
        await asyncio.sleep(0)
    walk.cancel()
    with pytest.raises(asyncio.CancelledError):
        await walk
    assert ended.is_set()
    assert asyncio.all_tasks() == before


@pytest.mark.parametrize("back_to", [LIST, f"{API}/x?page=2"])
async def test_pages_in_a_circle_are_an_error(recorder: Any, back_to: str) -> None:
    """A next that was fetched before ends the walk, after the items that came, not the quota."""
    sender = recorder(page(1, next=f"{API}/x?page=2"), page(2, next=back_to))
    walk = aiter(pager(sender))
    assert [await anext(walk), await anext(walk)] == [1, 2]
    with pytest.raises(PagingError, match="circle"):
        await anext(walk)
    assert len(sender.requests) == 2


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("/x", "/x?page=2"),
        ("/x?pagelen=2", "/x?pagelen=2&page=2"),
        ("/x?page=1&pagelen=2", "/x?page=2&pagelen=2"),
        ("/x?q=page%3D7&page=1", "/x?q=page%3D7&page=2"),
    ],
)
async def test_a_list_without_next_goes_on_while_items_are_left(
    recorder: Any, first: str, second: str
) -> None:
    """page*pagelen < size and no next: the number of the page is counted up, the rest stays."""
    members = {"pagelen": 2, "size": 3}
    sender = recorder(page("a", "b", page=1, **members), page("c", page=2, **members))
    assert await pager(sender, address=first).all() == ["a", "b", "c"]
    assert sender.targets == [first, second]


@pytest.mark.parametrize(
    "only",
    [
        page("a", "b", page=1, pagelen=2, size=2),
        page("a", "b", page=1, pagelen=2),
        page("a", "b", size=20),
        page("a", "b", page="1", pagelen=2, size=20),
        page(page=1, pagelen=2, size=20),
        page("a", next=None, page=1, pagelen=2, size=1),
        page("a", next=""),
    ],
)
async def test_a_last_page_is_the_last(recorder: Any, only: dict[str, Any]) -> None:
    """Where nothing says that more is left, or a page is empty, nothing more is asked for."""
    sender = recorder(only)
    assert await pager(sender).all() == only["values"]
    assert len(sender.requests) == 1


async def test_an_opaque_cursor_is_not_counted_up(recorder: Any) -> None:
    """The page number in the body of such a list means nothing."""
    sender = recorder(page("a", page=1, pagelen=1, size=9))
    assert await pager(sender, address="/x?page=aBc").all() == ["a"]


@pytest.mark.parametrize(
    ("status", "kind"), [(403, ForbiddenError), (404, NotFoundError), (410, GoneError)]
)
async def test_an_error_on_a_later_page_is_no_end(
    recorder: Any, answer: Callable[..., Any], status: int, kind: type[Exception]
) -> None:
    """What came before is handed out, then the error is raised."""
    sender = recorder(numbered(1, "a", "b"), answer({}, status=status))
    got = []
    with pytest.raises(kind):  # noqa: PT012 - the loop is the point
        async for item in pager(sender):
            got.append(item)  # noqa: PERF401 - what came before the error counts
    assert got == ["a", "b"]


async def test_a_list_that_is_not_ready_is_not_empty(recorder: Any, answer: Any) -> None:
    """202 means that the service is still building the index."""
    with pytest.raises(NotReadyError):
        await pager(recorder(answer(page(), status=202))).all()


@pytest.mark.parametrize("body", [[], "text", None, 7, {}, {"values": None}, {"values": {"a": 1}}])
async def test_what_is_no_page_is_an_error(recorder: Any, answer: Any, body: Any) -> None:
    """Another shape is not taken for an empty list."""
    with pytest.raises(DecodingError, match="did not answer with a page"):
        await pager(recorder(answer(body))).all()


async def test_an_answer_without_a_body_is_an_error(recorder: Any, answer: Any) -> None:
    """204 on a list is not an empty list either."""
    with pytest.raises(DecodingError):
        await pager(recorder(answer(body=b"", status=204))).all()


async def test_an_empty_page_is_empty(recorder: Any) -> None:
    """No items are no items, not the page itself."""
    assert await pager(recorder(page(size=0, page=1, pagelen=10))).all() == []


async def test_first_asks_for_one_item(recorder: Any) -> None:
    """Only what is needed is fetched, with the filter that was asked for."""
    sender = recorder(page("a", next=f"{API}/x?page=2"))
    assert await pager(sender, ("q", "x=1"), ("pagelen", "100")).first() == "a"
    assert sender.requests[0].query == (("q", "x=1"), ("pagelen", "1"))
    assert len(sender.requests) == 1


async def test_first_of_an_empty_list_is_none(recorder: Any) -> None:
    """None, not an error."""
    assert await pager(recorder(page())).first() is None


async def test_first_leaves_the_position_alone(recorder: Any) -> None:
    """Looking at the first item is no walk."""
    made = pager(recorder(page("a")))
    before = made.cursor
    await made.first()
    assert made.cursor == before


async def take(made: Pager[Any], count: int) -> tuple[list[Any], str]:
    """The first *count* items of a walk, and the cursor behind them."""
    got: list[Any] = []
    if count:
        async for item in made:
            got.append(item)
            if len(got) == count:
                break
    return got, made.cursor


@pytest.mark.parametrize("count", range(6))
async def test_a_walk_goes_on_in_another_process(recorder: Any, count: int) -> None:
    """Wherever it stopped, in a page or between pages or at the end, nothing is lost or doubled."""
    got, cursor = await take(pager(recorder(by_target=THREE)), count)
    sender = recorder(by_target=THREE)
    rest = await pager(sender).resume(cursor).all()
    assert got + rest == ["a", "b", "c", "d", "e"]
    assert len(sender.requests) == 3 - count // 2 - (count == 5)


async def test_a_cursor_at_the_end_asks_for_nothing(recorder: Any) -> None:
    """A walk that was over is over."""
    made = pager(recorder(by_target=THREE))
    await made.all()
    sender = recorder()
    resumed = pager(sender).resume(made.cursor)
    assert (await resumed.all(), await resumed.first()) == ([], None)
    assert [one async for one in resumed.pages()] == []


async def test_first_after_a_resume_is_the_next_item(recorder: Any) -> None:
    """It counts from where the walk stands."""
    _, cursor = await take(pager(recorder(by_target=THREE)), 3)
    assert await pager(recorder(by_target=THREE)).resume(cursor).first() == "d"


async def test_a_cursor_is_short_text_without_an_origin(recorder: Any) -> None:
    """It can stand in a URL or a file, and works against another base URL."""
    _, cursor = await take(pager(recorder(by_target=THREE)), 3)
    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert "bitbucket.org" not in base64.urlsafe_b64decode(cursor + "==").decode()


@pytest.mark.parametrize("address", [f"{LIST}/2.0/hooks", "/src/abc/docs/2.0/"])
async def test_a_name_like_the_api_s_root_is_kept_in_a_cursor(recorder: Any, address: str) -> None:
    """A repository may be called 2.0, and the walk goes on in it."""
    first = page("a", next=f"{API}{address}?page=2")
    _, cursor = await take(pager(recorder(first, page("b")), address=address), 1)
    sender = recorder(page("b"))
    assert await pager(sender, address=address).resume(cursor).all() == ["b"]
    assert sender.targets == [f"{address}?page=2"]


async def test_a_cursor_of_other_fields_is_refused(recorder: Any) -> None:
    """What comes back would not have what is asked for now."""
    _, cursor = await take(pager(recorder(by_target=THREE)), 2)
    with pytest.raises(PagingError, match="another walk"):
        pager(recorder(), ("fields", "values.name")).resume(cursor)


async def test_first_keeps_to_the_page_that_is_asked_for(recorder: Any) -> None:
    """With a page number its length matters, so that it stays."""
    sender = recorder(page("f", "g"))
    assert await pager(sender, ("page", "2"), ("pagelen", "5")).first() == "f"
    assert sender.targets == [f"{LIST}?page=2&pagelen=5"]


async def test_first_looks_behind_an_empty_page(recorder: Any) -> None:
    """A page without items is not the end when it links another."""
    sender = recorder(page(next=f"{API}{LIST}?page=2"), page("a"))
    assert await pager(sender).first() == "a"


async def test_a_cursor_holds_under_another_name_of_the_api(recorder: Any) -> None:
    """A link's list goes on in a process that reaches the service at another address."""
    first = recorder(page("a", next=f"http://127.0.0.1:8123/2.0{LIST}?page=2"), page("b"))
    _, cursor = await take(pager(first, address=f"http://127.0.0.1:8123/2.0{LIST}"), 1)
    second = recorder(page("b"))
    there = pager(second, address=f"http://127.0.0.1:9999/!api/2.0{LIST}")
    assert await there.resume(cursor).all() == ["b"]
    assert second.targets == [f"{LIST}?page=2"]


async def test_pages_of_another_length_still_fit(recorder: Any) -> None:
    """The page length is not what a list is; the cursor has its own."""
    _, cursor = await take(pager(recorder(by_target=THREE)), 2)
    resumed = pager(recorder(by_target=THREE), ("pagelen", "50"))
    assert await resumed.resume(cursor).all() == ["c", "d", "e"]


@pytest.mark.parametrize(
    "root", [f"{API}/", "https://bitbucket.org/!api/2.0", "https://api.bitbucket.org/api/2.0"]
)
async def test_a_cursor_of_every_spelling_of_the_root_is_a_path(recorder: Any, root: str) -> None:
    """A doubled slash in next does not become another host when the walk goes on."""
    first = page("a", next=f"{root}{LIST}?page=2")
    _, cursor = await take(pager(recorder(first, page("b"))), 1)
    sender = recorder(page("b"))
    assert await pager(sender).resume(cursor).all() == ["b"]
    assert sender.targets == [f"{LIST}?page=2"]


@pytest.mark.parametrize(
    ("address", "query"),
    [("/repositories/other", ()), (LIST, (("q", "x=1"),)), (LIST, (("sort", "name"),))],
)
async def test_a_cursor_of_another_walk_is_refused(
    recorder: Any, address: str, query: tuple[tuple[str, str], ...]
) -> None:
    """Another list, filter or order would hand out the wrong items."""
    _, cursor = await take(pager(recorder(by_target=THREE)), 1)
    with pytest.raises(PagingError, match="of another walk"):
        pager(recorder(), *query, address=address).resume(cursor)


PULLREQUEST = "/repositories/acme/site/pullrequests/7/diffstat"


async def test_a_cursor_of_a_redirected_list_is_taken(recorder: Any) -> None:
    """A pull request's diffstat goes on at its repository's, where the service sends it."""
    next_ = f"{API}/repositories/acme/site/diffstat/acme/site:1%0D2?page=2"
    _, cursor = await take(pager(recorder(page("a", next=next_)), address=PULLREQUEST), 1)
    sender = recorder(page("b"))
    assert await pager(sender, address=PULLREQUEST).resume(cursor).all() == ["b"]
    assert sender.targets == [next_.removeprefix(API)]


@pytest.mark.parametrize(
    "next_", ["/repositories/acme/other/diffstat/1..2", "/repositories/acme/site/forks"]
)
async def test_a_cursor_that_only_looks_redirected_is_refused(recorder: Any, next_: str) -> None:
    """Another repository's differences, and other lists, are not where a redirect leads."""
    first = page("a", next=f"{API}{next_}?page=2")
    _, cursor = await take(pager(recorder(first), address=PULLREQUEST), 1)
    with pytest.raises(PagingError, match="another list"):
        pager(recorder(), address=PULLREQUEST).resume(cursor)


def tampered(cursor: str, place: int, value: Any) -> str:
    """*cursor* with one of its members changed."""
    state = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    state[place] = value
    return base64.urlsafe_b64encode(json.dumps(state).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "!!!!", "ü", "e30", "W10", "bnVsbA", "NQ", "WzEsMiwzXQ", "WzEsMiwzLDQsNV0", "/w"],
)
def test_what_is_no_cursor_is_refused(recorder: Any, cursor: str) -> None:
    """Text that was never a cursor is a PagingError, whatever it decodes to."""
    with pytest.raises(PagingError):
        pager(recorder()).resume(cursor)


@pytest.mark.parametrize(
    ("place", "value"),
    [(0, 2), (0, None), (1, "beef"), (1, None), (2, 5), (2, None), (3, -1), (3, "1"), (3, True)],
)
def test_a_tampered_cursor_is_refused(recorder: Any, place: int, value: Any) -> None:
    """Another version, list, address type or offset is a PagingError."""
    made = pager(recorder())
    with pytest.raises(PagingError):
        made.resume(tampered(made.cursor, place, value))


@pytest.mark.parametrize(
    "address",
    [
        f"https://evil.example/2.0{LIST}?page=2",
        f"//evil.example/2.0{LIST}",
        "/../x",
        "evil.example",
        "/repositories/other",
        f"{LIST}/../other",
    ],
)
async def test_a_foreign_address_in_a_cursor_is_refused(
    serve: Any, client: Any, say: Any, address: str
) -> None:
    """A cursor from outside does not lead the credential anywhere."""
    server = await serve(say())
    made = pager(await client(server.url))
    with pytest.raises((PagingError, UntrustedAddressError)):
        await made.resume(tampered(made.cursor, 2, address)).all()
    assert server.connections == 0


def dated(number: int, *uuids: str, last: bool = False) -> dict[str, Any]:
    """A page of repositories."""
    return numbered(number, *({"uuid": uuid, "page": number} for uuid in uuids), last=last)


async def test_unique_leaves_out_what_came_before(recorder: Any) -> None:
    """An item that moved to a later page is handed out once, by what identifies it."""
    sender = recorder(dated(1, "a", "b"), dated(2, "b", "c"), dated(3, "c", last=True))
    got = await pager(sender, unique=True).all()
    assert [item["uuid"] for item in got] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("items", "kept"),
    [
        ([{"hash": "a"}, {"hash": "b"}, {"hash": "a"}], 2),
        ([{"id": 1}, {"id": 2}, {"id": 1, "more": 2}], 2),
        ([{"x": 1, "y": 2}, {"y": 2, "x": 1}, {"x": 2}], 2),
        (["a", "b", "a", None, None], 3),
        ([{"id": 1, "links": {"self": {"href": "/a/1"}}},
          {"id": 1, "links": {"self": {"href": "/b/1"}}}], 2),
    ],
)  # fmt: skip
async def test_unique_knows_items_by_their_id_or_by_all_they_say(
    recorder: Any, items: list[Any], kept: int
) -> None:
    """uuid, hash or id with its address; items without one are compared whole."""
    assert len(await pager(recorder(page(*items)), unique=True).all()) == kept


async def test_without_unique_every_item_is_handed_out(recorder: Any) -> None:
    """Nothing is left out unasked."""
    assert await pager(recorder(page("a", "a"))).all() == ["a", "a"]


DOUBLED = {
    LIST: numbered(1, "a", "a", "b"),
    f"{LIST}?pagelen=2&page=2": numbered(2, "b", "a", "c", last=True),
    f"{API}{LIST}?pagelen=2&page=2": numbered(2, "b", "a", "c", last=True),
}


@pytest.mark.parametrize("count", [1, 2, 3])
async def test_unique_and_resume_lose_nothing_together(recorder: Any, count: int) -> None:
    """What came before a resume is not remembered, and may come again; nothing is left out."""
    got, cursor = await take(pager(recorder(by_target=DOUBLED), unique=True), count)
    rest = await pager(recorder(by_target=DOUBLED), unique=True).resume(cursor).all()
    assert set(got + rest) == {"a", "b", "c"}


async def test_a_cursor_of_a_walk_with_doubles_does_not_fit_one_without(recorder: Any) -> None:
    """Its place in a page would be another item's, and one would be left out."""
    _, cursor = await take(pager(recorder(by_target=DOUBLED)), 2)
    with pytest.raises(PagingError, match="of another walk"):
        pager(recorder(), unique=True).resume(cursor)


async def test_pages_have_what_the_service_sent(recorder: Any) -> None:
    """Numbers where it sent numbers, None where it sent nothing."""
    full = page("a", size=3, page=1, pagelen=1, next=f"{API}/y", previous=f"{API}/z")
    pages = [one async for one in pager(recorder(full, page("b", size="3"))).pages()]
    first, second = pages
    assert (first.values, first.size, first.page, first.pagelen) == (["a"], 3, 1, 1)
    assert (first.next, first.previous) == (f"{API}/y", f"{API}/z")
    assert (second.size, second.page, second.pagelen) == (None, None, None)
    assert (second.next, second.previous) == (None, None)


async def test_a_page_keeps_what_only_some_pages_have(recorder: Any) -> None:
    """A member that no other list sends is in *extra*, and nothing else is."""
    found = [one async for one in pager(recorder(page("a", size=1, strange={"b": 1}))).pages()]
    assert found[0].extra == {"strange": {"b": 1}}


async def test_pages_after_a_resume_begin_behind_what_was_handed_out(recorder: Any) -> None:
    """The rest of a page, then whole pages."""
    _, cursor = await take(pager(recorder(by_target=THREE)), 3)
    resumed = pager(recorder(by_target=THREE)).resume(cursor)
    assert [one.values async for one in resumed.pages()] == [["d"], ["e"]]


async def test_the_cursor_of_a_walk_by_pages_is_between_pages(recorder: Any) -> None:
    """A page that was handed out is done."""
    made = pager(recorder(by_target=THREE))
    async for _ in made.pages():
        break
    resumed = pager(recorder(by_target=THREE)).resume(made.cursor)
    assert await resumed.all() == ["c", "d", "e"]


async def test_a_walk_can_go_backwards(recorder: Any) -> None:
    """Previous pages are followed where the service links them."""
    sender = recorder(
        by_target={
            f"{LIST}?pagelen=2&page=3": numbered(3, "e", last=True),
            f"{API}{LIST}?pagelen=2&page=2": numbered(2, "c", "d"),
            f"{API}{LIST}?pagelen=2&page=1": numbered(1, "a", "b"),
        }
    )
    made = pager(sender, address=f"{LIST}?pagelen=2&page=3")
    got = [one.values async for one in made.pages(backwards=True)]
    assert got == [["e"], ["c", "d"], ["a", "b"]]


@pytest.mark.parametrize("odd", ["text", None, 5, ["list"], {"size": "not a number"}])
async def test_an_odd_item_does_not_lose_its_page(recorder: Any, odd: Any) -> None:
    """Items of another shape are an error where they are read, and their neighbours are fine."""
    sender = recorder(page({"slug": "a", "size": 1}, odd, {"slug": "b", "size": 2}))
    items = await pager_of(Repository, sender, Request("GET", "/x")).all()
    assert [items[0].slug, items[2].size] == ["a", 2]
    assert items[1].to_dict() == odd
    with pytest.raises(DecodingError):
        _ = items[1].size
