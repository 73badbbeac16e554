"""What a list is asked for by one small request: its size, and its first item."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import pytest
from msgspec import Raw

from bbasync import Pager
from bbasync.errors import DecodingError, ForbiddenError, NotReadyError
from bbasync.wire.message import Request, loads

API = "https://api.bitbucket.org/2.0"
LIST = "/repositories/acme"


def pager(
    sender: Any, *query: tuple[str, str], address: str = LIST, method: str = "GET"
) -> Pager[Any]:
    """A pager whose items are what came in."""

    def decoded(item: Any) -> Any:
        return loads(item) if isinstance(item, Raw) else item

    return Pager(sender, Request(method, address, query), decoded)


def asked(sender: Any) -> list[tuple[str, str]]:
    """The query of the one request that was sent."""
    (target,) = sender.targets
    return parse_qsl(target.partition("?")[2])


async def test_the_size_is_asked_for_alone(recorder: Any) -> None:
    """One request, which neither items nor links come back for."""
    sender = recorder({"size": 1234})
    assert await pager(sender, ("q", 'name~"a"'), ("pagelen", "100")).size() == 1234
    assert sender.targets == [f"{LIST}?q=name~%22a%22&pagelen=1&fields=size"]


@pytest.mark.parametrize(
    ("body", "size"),
    [
        ({"size": 0}, 0),
        ({"size": 7, "values": ["a"], "next": f"{API}/x?page=2"}, 7),
        ({}, None),
        ({"values": ["a"], "pagelen": 10}, None),
        ({"values": ["a"], "size": None}, None),
        ({"size": "7"}, None),
        ({"size": True}, None),
    ],
)
async def test_the_size_is_what_the_service_counts(
    recorder: Any, body: dict[str, Any], size: int | None
) -> None:
    """Whether it answers with nothing else or with a page; None where it does not count."""
    assert await pager(recorder(body)).size() == size


@pytest.mark.parametrize("page", ["3", "8xhd"])
async def test_the_size_is_that_of_the_whole_list(recorder: Any, page: str) -> None:
    """Whichever page the walk starts at."""
    sender = recorder({"size": 7})
    assert await pager(sender, ("page", page), ("pagelen", "5")).size() == 7
    assert asked(sender) == [("pagelen", "1"), ("fields", "size")]


async def test_the_size_after_a_resume_is_that_of_the_whole_list(recorder: Any) -> None:
    """It does not matter what the walk has left behind, and the walk does not move."""
    first = {"values": ["a", "b"], "next": f"{API}{LIST}?pagelen=2&page=2"}
    walked = pager(recorder(first), ("pagelen", "2"))
    async for _ in walked:
        break
    sender = recorder({"size": 3})
    resumed = pager(sender, ("pagelen", "2")).resume(walked.cursor)
    assert await resumed.size() == 3
    assert resumed.cursor == walked.cursor
    assert asked(sender) == [("pagelen", "1"), ("fields", "size")]


async def test_the_size_of_a_partial_list_is_asked_for_alone(recorder: Any) -> None:
    """Fields that the walk asks for are of no interest, and none may come twice."""
    sender = recorder({"size": 3})
    assert await pager(sender, ("fields", "values.slug,next,size")).size() == 3
    assert asked(sender) == [("pagelen", "1"), ("fields", "size")]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (f"{LIST}?q=project.key=%22A%22&pagelen=50", "q=project.key=%22A%22&pagelen=1"),
        (f"{LIST}?page=2&fields=%2Bvalues.x&role=admin", "role=admin&pagelen=1"),
        (f"{LIST}?pagelen=50", "pagelen=1"),
    ],
)
async def test_what_a_link_says_already_is_not_said_twice(
    recorder: Any, address: str, expected: str
) -> None:
    """The service refuses a parameter that comes twice; the rest stays as it is spelled."""
    sender = recorder({"size": 3})
    await pager(sender, address=address).size()
    assert sender.targets == [f"{LIST}?{expected}&fields=size"]


async def test_the_size_of_a_list_asked_for_by_a_form_takes_a_whole_page(recorder: Any) -> None:
    """What such a list does with fields is not known."""
    sender = recorder({"values": ["a"], "size": 3})
    assert await pager(sender, method="POST").size() == 3
    assert (sender.requests[0].method, asked(sender)) == ("POST", [("pagelen", "1")])


@pytest.mark.parametrize("body", [[], "text", None, {"type": "error"}, {"slug": "site"}])
async def test_what_is_no_page_has_no_size(recorder: Any, answer: Any, body: Any) -> None:
    """Another shape is an error, not a list that is not counted."""
    with pytest.raises(DecodingError, match="did not answer with a page"):
        await pager(recorder(answer(body))).size()


async def test_an_error_is_no_size(recorder: Any, answer: Any) -> None:
    """A list that is refused or not ready is not one without a size."""
    with pytest.raises(ForbiddenError):
        await pager(recorder(answer({}, status=403))).size()
    with pytest.raises(NotReadyError):
        await pager(recorder(answer({"size": 0}, status=202))).size()


async def test_the_first_item_comes_with_the_fields_and_order_of_the_walk(recorder: Any) -> None:
    """One item is asked for, and it is the one that the walk would begin with."""
    sender = recorder({"values": ["a"], "next": f"{API}{LIST}?page=2"})
    query = ("fields", "values.slug,next"), ("sort", "-name"), ("pagelen", "100")
    assert await pager(sender, *query).first() == "a"
    assert asked(sender) == [("fields", "values.slug,next"), ("sort", "-name"), ("pagelen", "1")]


async def test_the_first_item_behind_a_link_is_asked_for_alone(recorder: Any) -> None:
    """Where its address has a page length, it is changed, not said twice."""
    sender = recorder({"values": ["a"]})
    assert await pager(sender, address=f"{API}{LIST}?pagelen=50&q=a%3D1").first() == "a"
    assert sender.targets == [f"{API}{LIST}?q=a%3D1&pagelen=1"]


async def test_the_first_item_of_a_page_behind_a_link_is_its_own(recorder: Any) -> None:
    """A page's number is right only with its length."""
    sender = recorder({"values": ["k"]})
    assert await pager(sender, address=f"{LIST}?page=3&pagelen=5").first() == "k"
    assert sender.targets == [f"{LIST}?page=3&pagelen=5"]


async def test_the_first_item_of_a_walk_resumed_at_its_start_is_asked_for_alone(
    recorder: Any,
) -> None:
    """A walk that had not begun is at the beginning."""
    sender = recorder({"values": ["a"]})
    untouched = pager(recorder(), ("pagelen", "100"))
    assert await pager(sender, ("pagelen", "100")).resume(untouched.cursor).first() == "a"
    assert asked(sender) == [("pagelen", "1")]


@pytest.mark.parametrize("count", [1, 2])
async def test_the_first_item_after_a_resume_takes_one_request(recorder: Any, count: int) -> None:
    """The page that it is on, in its own length: its number says nothing without."""
    first = {"values": ["a", "b"], "next": f"{API}{LIST}?pagelen=2&page=2"}
    walked = pager(recorder(first, {"values": ["c"]}), ("pagelen", "2"))
    taken = aiter(walked)
    for _ in range(count):
        await anext(taken)
    sender = recorder(first if count == 1 else {"values": ["c"]})
    assert await pager(sender, ("pagelen", "2")).resume(walked.cursor).first() == "bc"[count - 1]
    assert len(sender.requests) == 1
