"""What the player answers, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bbasync import Bitbucket
from bbasync.errors import ServerError
from bbasync.fake.cassettes import (
    Answered,
    Body,
    CassetteError,
    Player,
    Recorded,
    Sent,
)
from bbasync.fake.cassettes import (
    cassette as file,
)
from tests.fake.cassette_kit import call


def recorded(
    path: str, answer: Any, *, method: str = "GET", query: Any = (), body: Any = None
) -> Recorded:
    """One exchange in JSON."""
    sent = None if body is None else Body("json", body)
    told = Answered(200, {"Content-Type": "application/json"}, Body("json", answer))
    return Recorded(Sent(method, path, query, {}, sent), told)


@pytest.fixture
def cassette(tmp_path: Path) -> Path:
    """A cassette of a few exchanges."""
    made = [
        recorded("/2.0/repositories/acme", 1, query=(("q", 'name ~ "x y"'), ("page", "2"))),
        recorded("/2.0/user", "first"),
        recorded("/2.0/user", "second"),
        recorded("/2.0/x", "written", method="POST", body={"a": [1, 2], "b": None}),
        recorded("/2.0/x", "hidden", method="PUT", body={"secret": "***", "name": "n"}),
    ]
    path = tmp_path / "some.json"
    file.save(path, file.dump(made))
    return path


async def asked(player: Player, target: str, method: str = "GET", **options: Any) -> Any:
    """The answer's JSON, or its status and text."""
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, player.url + target, **options) as answer,
    ):
        text = await answer.text()
        return json.loads(text) if answer.status == 200 else (answer.status, text)


async def test_a_request_is_known_by_what_it_means(cassette: Path) -> None:
    """The order of a query, the spelling of an address and the layout of JSON are not looked at."""
    async with Player(cassette) as player:
        target = "/repositories/%61cme?page=2&q=name+~+%22x%20y%22"
        assert await asked(player, target) == 1
        body = b'{ "b": null,\n "a": [1,2] }'
        kind = {"Content-Type": "application/json"}
        assert await asked(player, "/x", "POST", data=body, headers=kind) == "written"


async def test_what_is_hidden_matches_whatever_was_sent(cassette: Path) -> None:
    """A secret is hidden in a request before it is compared, so tests may send any."""
    async with Player(cassette) as player:
        assert await asked(player, "/x", "PUT", json={"secret": "any", "name": "n"}) == "hidden"


async def test_the_nth_request_gets_the_nth_answer_and_then_none(cassette: Path) -> None:
    """One too many is refused, unless the last answer may be repeated."""
    async with Player(cassette) as player:
        assert [await asked(player, "/user") for _ in range(2)] == ["first", "second"]
        status, text = await asked(player, "/user")
        assert status == 501
        assert "GET /2.0/user was recorded 2 times, all of them used" in text
    async with Player(cassette, repeat=True) as player:
        heard = [await asked(player, "/user") for _ in range(4)]
        assert heard == ["first", "second", "second", "second"]


@pytest.mark.parametrize(
    ("method", "target", "body", "near"),
    [
        ("GET", "/repositories/acme?page=3", None, "GET /2.0/repositories/acme?q="),
        ("POST", "/x", {"a": [2, 1], "b": None}, "POST /2.0/x (1 left, with another body)"),
        ("DELETE", "/user", None, "GET /2.0/user (2 left)"),
    ],
)
async def test_a_request_that_was_not_recorded_is_refused_with_what_is_near(
    cassette: Path, method: str, target: str, body: Any, near: str
) -> None:
    """501 says which request it was, and the player remembers it."""
    async with Player(cassette) as player:
        status, text = await asked(player, target, method, json=body)
        assert status == 501
        assert f"{method} /2.0{target} was not recorded in some.json" in text.replace("%22", '"')
        assert near in text
        assert player.unmatched == [f"{method} /2.0{target}"]


async def test_the_client_repeats_no_request_that_was_not_recorded(cassette: Path) -> None:
    """A test fails at once, with a ServerError."""
    async with Player(cassette) as player:
        async with Bitbucket(base_url=player.url) as bb:
            with pytest.raises(ServerError, match="was not recorded"):
                await bb.request("GET", "/nothing")
        assert player.unmatched == ["GET /2.0/nothing"]


@pytest.mark.parametrize("status", [202, 204, 302, 304, 500])
async def test_an_answer_may_have_neither_a_body_nor_a_type(tmp_path: Path, status: int) -> None:
    """Whatever its status is."""
    path = tmp_path / "some.json"
    made = Recorded(Sent("GET", "/2.0/x"), Answered(status))
    file.save(path, file.dump([made]))
    async with Player(path) as player:
        answer = await call(f"{player.url}/x")
    assert (answer.status, answer.body) == (status, b"")


async def test_an_answer_not_modified_is_repeated_to_conditions_alone(tmp_path: Path) -> None:
    """Whoever sets none gets the last one that has a body, or a refusal."""
    path, request = tmp_path / "some.json", Sent("GET", "/2.0/x")
    full = Recorded(request, Answered(200, {"Content-Type": "application/json"}, Body("json", 1)))
    bare = Recorded(request, Answered(304, {"ETag": '"tag"'}))
    file.save(path, file.dump([full, bare]))
    async with Player(path, repeat=True) as player:
        url = f"{player.url}/x"
        statuses = [(await call(url)).status for _ in range(3)]
        assert statuses == [200, 304, 200]
        assert (await call(url, headers={"If-None-Match": '"tag"'})).status == 304
        assert (await call(url, headers={"If-Modified-Since": "now"})).status == 304
    file.save(path, file.dump([bare]))
    async with Player(path, repeat=True) as player:
        await call(f"{player.url}/x")
        answer = await call(f"{player.url}/x")
        assert answer.status == 501
        assert b"not modified" in answer.body


async def test_what_was_not_asked_for_is_told(cassette: Path) -> None:
    """Each exchange that was not used, with how often; none when all were."""
    async with Player(cassette) as player:
        await asked(player, "/user")
        assert player.unused.count("GET /2.0/user") == 1
        with pytest.raises(AssertionError, match=r"(?s)not made:.*POST /2\.0/x"):
            player.assert_all_used()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "record it first"),
        ("", "can't be read as a cassette"),
        ('{"format": "bbasync cass', "can't be read as a cassette"),
        ("[]", "is no cassette"),
        ('{"format": "bbasync cassette", "version": 2}', "of version 2"),
        ('{"format": "bbasync cassette", "version": 1}', "no list of exchanges"),
        ('{"format": "bbasync cassette", "version": 1, "exchanges": [{}]}', "exchange 1: it lacks"),
    ],
)
def test_a_damaged_cassette_is_refused(tmp_path: Path, text: str | None, why: str) -> None:
    """Before anything is played; the error names the file."""
    path = tmp_path / "bad.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(CassetteError, match=why) as caught:
        Player(path)
    assert "bad.json" in str(caught.value)


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("answer", "status"), "200"),
        (("answer", "status"), 99),
        (("answer", "body"), {"json": 1, "text": []}),
        (("answer", "body"), {"base64": "!"}),
        (("answer", "body"), {"left_out": -1}),
        (("answer", "headers"), [1]),
        (("request", "query"), [["a"]]),
        (("request", "method"), None),
    ],
)
def test_damage_in_an_exchange_is_named_by_its_number(
    cassette: Path, where: tuple[str, str], value: Any
) -> None:
    """Whichever part of it is not what it should be."""
    document = json.loads(cassette.read_text())
    document["exchanges"][1][where[0]][where[1]] = value
    cassette.write_text(json.dumps(document))
    with pytest.raises(CassetteError, match="damaged in exchange 2"):
        Player(cassette)
