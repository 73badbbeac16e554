"""What a fake says about what it was asked."""

import re
from typing import Any

import pytest

from bbasync.fake import FakeBitbucket, Fault
from tests.fake.conftest import Asker

PULLS = "/repositories/acme/site/pullrequests"
BODY = {"title": "Fix it", "source": {"branch": {"name": "develop"}}, "draft": True}


@pytest.fixture
async def asked(ask: Asker, fake: FakeBitbucket) -> FakeBitbucket:
    """A fake that was asked a few things."""
    await ask("/repositories/acme?role=member&pagelen=5&state=OPEN&state=MERGED")
    await ask(PULLS, "POST", json=BODY)
    await ask(f"{fake.site}/api/2.0/repositories/acme/site")
    return fake


async def test_a_request_shows_nothing_secret(ask: Asker, fake: FakeBitbucket) -> None:
    """Neither in its headers nor in its query, where a failed assertion prints it."""
    await ask("/user?access_token=hidden", headers={"X-Token": "hidden", "X-Other": "shown"})
    assert "hidden" not in repr(fake.requests)
    assert "shown" in repr(fake.requests)
    assert fake.requests[0].headers["X-Token"] == "hidden"


@pytest.mark.parametrize(
    ("method", "path", "more", "count"),
    [
        ("POST", PULLS, {}, 1),
        ("post", f"/2.0{PULLS}", {}, 1),
        ("*", "/repositories/*", {}, 3),
        ("GET", "repositories/acme/site", {}, 1),
        ("GET", "*", {}, 2),
        ("GET", PULLS, {}, 0),
        ("POST", PULLS, {"json": {"title": "Fix it"}}, 1),
        ("POST", PULLS, {"json": {"source": {"branch": {"name": "develop"}}}}, 1),
        ("POST", PULLS, {"json": {"source": {"branch": {"name": "main"}}}}, 0),
        ("POST", PULLS, {"json": {"draft": 1}}, 0),
        ("POST", PULLS, {"json": {"reviewers": []}}, 0),
        ("GET", "/repositories/acme", {"json": {}}, 0),
        ("GET", "/repositories/acme", {"query": {"pagelen": 5, "role": "member"}}, 1),
        ("GET", "/repositories/acme", {"query": {"state": ["OPEN", "MERGED"]}}, 1),
        ("GET", "/repositories/acme", {"query": {"state": "OPEN"}}, 0),
        ("GET", "/repositories/acme", {"query": {"page": 2}}, 0),
    ],
)
def test_requests_are_found(
    asked: FakeBitbucket, method: str, path: str, more: dict[str, Any], count: int
) -> None:
    """By method and path, with or without a version, as patterns; by body and by query."""
    assert len(asked.called(method, path, **more)) == count
    assert len(asked.assert_called(method, path, times=count, **more)) == count
    if count == 0:
        asked.assert_not_called(method, path, **more)
    else:
        with pytest.raises(AssertionError, match=re.escape(path)):
            asked.assert_not_called(method, path, **more)


def test_what_was_called_is_told_the_nearest_first(asked: FakeBitbucket) -> None:
    """The error shows what to look at, and where it differs."""
    with pytest.raises(AssertionError) as error:
        asked.assert_called("POST", PULLS, json={"title": "Mend it", "reason": "x"})
    first, second, *others = str(error.value).splitlines()
    assert first == (
        f"POST {PULLS} was not called with this json. What was called, the nearest first:"
    )
    assert second == f"  POST /2.0{PULLS} -> 201"
    assert others[:2] == [
        "    json: title was 'Fix it', not 'Mend it'",
        "    json: reason was not sent",
    ]
    with pytest.raises(AssertionError, match="was called once, not 2 times"):
        asked.assert_called("POST", PULLS, times=2)
    with pytest.raises(AssertionError, match="query: pagelen was 5, not 6"):
        asked.assert_called("GET", "/repositories/acme", query={"pagelen": 6})
    with pytest.raises(AssertionError) as error:
        asked.assert_called("GET", "/repositories/acme/sites")
    assert "api/2.0/repositories/acme/site ->" in str(error.value).splitlines()[1]


def test_nothing_called_is_said() -> None:
    """A program that never called is the likeliest mistake."""
    with pytest.raises(AssertionError, match=r"was not called\. Nothing was called\."):
        FakeBitbucket().assert_called("GET", "/user")


def test_a_query_does_not_belong_in_a_path(asked: FakeBitbucket) -> None:
    """There it would match nothing, and a question mark is a pattern besides."""
    with pytest.raises(ValueError, match="query="):
        asked.called("GET", "/repositories/acme?pagelen=5")


def test_a_host_does_not_belong_in_a_path(asked: FakeBitbucket) -> None:
    """There it would match nothing either, and so would insist on nothing."""
    with pytest.raises(ValueError, match="neither a host nor a query"):
        asked.assert_not_called("GET", "https://api.bitbucket.org/2.0/repositories/acme")


@pytest.mark.parametrize("sent", ["[id].tsx", "%5Bid%5D.tsx"])
async def test_a_path_is_itself_beside_a_pattern(
    ask: Asker, fake: FakeBitbucket, sent: str
) -> None:
    """Brackets in it are brackets too, however they were sent, and not letters to choose from."""
    place = "/repositories/acme/site/src/main/app"
    await ask(f"{place}/{sent}")
    with pytest.raises(AssertionError, match="was called once"):
        fake.assert_not_called("GET", f"{place}/[id].tsx")
    fake.assert_called("GET", f"{place}/[[]id].tsx", times=1)


async def test_nothing_secret_is_shown(ask: Asker, fake: FakeBitbucket) -> None:
    """Neither of the body nor of the query, however deep."""
    place = "/repositories/acme/site"
    hook = {"url": "http://127.0.0.1:9/", "events": ["repo:push"], "secret": "hidden-one"}
    await ask(f"{place}/hooks", "POST", json=hook)
    variables = [{"key": "A", "value": "hidden-two", "secured": True}]
    await ask(f"{place}/pipelines", "POST", json={"variables": variables})
    await ask(f"{place}?access_token=hidden-three&jwt=hidden-four&q=shown")
    texts = []
    for path, json in (
        (f"{place}/hooks", {"secret": "hidden-five"}),
        (f"{place}/pipelines", {"variables": []}),
        (place, {}),
    ):
        with pytest.raises(AssertionError) as error:
            fake.assert_called("*", path, json=json)
        texts.append(str(error.value))
    assert "secret was ***, not ***" in texts[0]
    assert "q=shown" in texts[2]
    assert "hidden" not in "".join(texts)


async def test_a_request_reads_as_json_and_by_parameter(asked: FakeBitbucket) -> None:
    """What was sent is at hand, decoded."""
    (made,) = asked.called("POST", PULLS)
    assert made.json == BODY
    (listed,) = asked.called("GET", "/repositories/acme")
    assert listed.params["state"] == ["OPEN", "MERGED"]
    with pytest.raises(ValueError, match="Expecting value"):
        _ = listed.json


@pytest.mark.parametrize("path", ["/2.0/user", "user", "/user", "/2.0/us*"])
async def test_a_fault_takes_paths_as_assertions_do(
    ask: Asker, fake: FakeBitbucket, path: str
) -> None:
    """With a version or without, and methods in any case; or it would strike nothing, unnoticed."""
    fake.faults.add(path, Fault.status(503), method="get")
    assert (await ask("/user")).status == 503
    with pytest.raises(AssertionError, match=r"GET /2\.0/user -> 503 \(fault 503\)"):
        fake.assert_not_called("GET", "/user")
