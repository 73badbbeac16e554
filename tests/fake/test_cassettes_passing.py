"""What a recorder passes on, learns and writes of odd answers, and how they are played back."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bbasync import BearerAuth, Bitbucket
from bbasync.fake import FakeBitbucket
from bbasync.fake.cassettes import Answered, Body, Player, Recorded, Recorder, Sent
from bbasync.fake.cassettes import cassette as file
from tests.fake.cassette_kit import Answerer, call, serving, unanswered
from tests.fake.conftest import Answer, Asker, basic

JSON = {"Content-Type": "application/json"}
TOKENS = "/site/oauth2/access_token"


@pytest.fixture
def cassette(tmp_path: Path) -> Path:
    """Where a cassette goes."""
    return tmp_path / "session.json"


def read(path: Path) -> str:
    """All that is in a file."""
    return path.read_text("utf-8")


def exchanges(path: Path) -> list[Any]:
    """What a cassette has in it."""
    found: list[Any] = json.loads(read(path))["exchanges"]
    return found


def always(make: Callable[[], web.StreamResponse]) -> Answerer:
    """A service that has one answer."""

    async def answer(_: web.BaseRequest) -> web.StreamResponse:
        return make()

    return answer


async def heard_and_played(
    cassette: Path, answer: Answerer, method: str = "GET", **options: Any
) -> tuple[Answer, Answer]:
    """What a client gets of one answer through the recorder, and from the player."""
    async with serving(answer) as site, Recorder(cassette, upstream=site) as recorder:
        heard = await call(f"{recorder.url}/x", method, **options)
    async with Player(cassette) as player:
        return heard, await call(f"{player.url}/x", method, **options)


async def heard(cassette: Path, answer: Answerer, *paths: str, **options: Any) -> str:
    """What a cassette says after some requests."""
    async with serving(answer) as site, Recorder(cassette, upstream=site) as recorder:
        for path in paths:
            await call(recorder.site + path, **options)
    return read(cassette)


async def test_conditions_and_ranges_are_passed_on_and_any_kind_is_none(cassette: Path) -> None:
    """The service sees what the client sent; that every kind is accepted is not written."""
    seen: list[Any] = []

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        seen.append(request.headers)
        return web.Response()

    sent = {
        "If-None-Match": '"tag"',
        "If-Modified-Since": "Wed, 21 Oct 2026 07:28:00 GMT",
        "Range": "bytes=1-2",
        "Accept": "*/*",
        "X-Other": "some",
    }
    await heard(cassette, answer, "/2.0/x", headers=sent)
    passed = {name: seen[0].get(name) for name in sent}
    assert passed == sent | {"X-Other": None}
    written = exchanges(cassette)[0]["request"]["headers"]
    assert written == {"If-None-Match": '"tag"', "Range": "bytes=1-2"}
    await heard(cassette, answer, "/2.0/x", headers={"Accept": "text/plain"})
    assert exchanges(cassette)[0]["request"]["headers"]["Accept"] == "text/plain"


async def test_a_packed_answer_is_unpacked(cassette: Path) -> None:
    """Its Content-Encoding is gone with the packing, and so its length of before."""
    packed = gzip.compress(b'{"a": 1}')
    told = JSON | {"Content-Encoding": "gzip"}
    for one in await heard_and_played(
        cassette, always(lambda: web.Response(body=packed, headers=told))
    ):
        assert one.body == b'{"a": 1}'
        assert "Content-Encoding" not in one.headers
        assert one.headers["Content-Length"] == "8"


async def test_a_head_tells_the_length(cassette: Path) -> None:
    """Of what a GET would give, though there is no body; of packed bytes nobody gets, none."""
    one = always(lambda: web.Response(body=b"x" * 1234))
    for answer in await heard_and_played(cassette, one, "HEAD"):
        assert answer.headers["Content-Length"] == "1234"
        assert answer.body == b""
    told = {"Content-Encoding": "gzip"}
    one = always(lambda: web.Response(body=b"x" * 1234, headers=told))
    for answer in await heard_and_played(cassette, one, "HEAD"):
        assert answer.headers.get("Content-Length") != "1234"


async def test_a_file_that_is_json_stays_as_it_is(cassette: Path) -> None:
    """Its layout, its numbers, its addresses: it is data, and no answer of the API."""
    raw = b'{"api":  "https://api.bitbucket.org/2.0/user",\n "x": 1.10, "x": 2}'
    told = JSON | {"Content-Disposition": 'attachment; filename="a.json"'}
    for one in await heard_and_played(
        cassette, always(lambda: web.Response(body=raw, headers=told))
    ):
        assert one.body == raw
        assert one.headers["Content-Type"] == "application/json"


async def test_a_number_that_is_too_large_stays_as_it_is(cassette: Path) -> None:
    """It would be written as something that is not JSON; addresses lead to the player still."""
    raw = b'{"n": 1e400, "next": "https://api.bitbucket.org/2.0/x"}'
    made = Recorded(Sent("GET", "/2.0/x"), Answered(200, JSON, Body("text", [raw.decode()])))
    _, played = await heard_and_played(
        cassette, always(lambda: web.Response(body=raw, headers=JSON))
    )
    assert "Infinity" not in read(cassette)
    assert b"1e400" in played.body
    file.save(cassette, file.dump([made]))
    async with Player(cassette) as player:
        played = await call(f"{player.url}/x")
        assert played.body == b'{"n": 1e400, "next": "%s/x"}' % player.url.encode()


async def test_bytes_with_a_secret_are_known_again_though_left_out(cassette: Path) -> None:
    """Their number is that of what was sent."""
    content = b"\xff ATATT3xFfGF0abcdefgh"
    one = always(lambda: web.Response(text="done"))
    _, played = await heard_and_played(cassette, one, "POST", data=content)
    assert exchanges(cassette)[0]["request"]["body"] == {"left_out": len(content)}
    assert played.body == b"done"


async def test_links_to_a_repository_with_a_secret_name_are_followed(
    ask: Asker, cassette: Path
) -> None:
    """Pages of one called token-service, and the diff of one called secrets."""
    rename = {"site": "secrets", "acme": "token-service"}
    pages = "/repositories/%s/%s/commits?pagelen=1"
    diff = "/repositories/%s/%s/pullrequests/1/diff"

    async def session(server: Recorder | Player, *names: str) -> list[Any]:
        page = await ask(server.url + pages % names)
        location = (await ask(server.url + diff % names)).headers["Location"]
        return [(await ask(one)).body for one in (page.json["next"], location)]

    async with Recorder(cassette, upstream=ask.fake.site, rename=rename) as recorder:
        real = await session(recorder, "acme", "site")
    async with Player(cassette) as player:
        played = await session(player, "token-service", "secrets")
        player.assert_all_used()
    assert played[1].splitlines()[1:2] == real[1].splitlines()[1:2]


async def test_what_is_in_flight_at_the_end_is_told(cassette: Path) -> None:
    """It is in `failures`, and not in the cassette."""
    answer, asked = unanswered()
    async with serving(answer) as site:
        async with Recorder(cassette, upstream=site) as recorder:
            waiting = asyncio.create_task(call(f"{recorder.url}/slow", "POST"))
            await asked.wait()
        with pytest.raises(aiohttp.ClientError):
            await waiting
    assert recorder.failures == ["POST /2.0/slow: not answered when the recording ended"]
    assert exchanges(cassette) == []


async def test_a_close_that_is_cancelled_leaves_no_session_open(cassette: Path) -> None:
    """Though the server was not done with its requests."""
    answer, asked = unanswered()
    async with serving(answer) as site:
        recorder = Recorder(cassette, upstream=site)
        await recorder.listen()
        session = recorder._passage._session
        waiting = asyncio.create_task(call(f"{recorder.url}/slow"))
        await asked.wait()
        closing = asyncio.create_task(recorder.close())
        await asyncio.sleep(0)
        closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing
        assert session is not None
        assert session.closed
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)


async def test_cookies_are_learned_from_both_sides(cassette: Path) -> None:
    """All that a client sends, and of what is set the value, but not where it is for."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        where = request.path
        told = {"Set-Cookie": "sid=c00kie-answered; Domain=bitbucket.org; Path=/2.0/secluded"}
        text = f"c00kie-sent, second-c00kie, c00kie-answered of bitbucket.org {where}"
        return web.Response(text=text, headers=told)

    sent = {"Cookie": "a=c00kie-sent; b=second-c00kie"}
    said = await heard(cassette, answer, "/2.0/secluded", headers=sent)
    assert "c00kie" not in said
    assert "***, ***, *** of bitbucket.org /2.0/secluded" in said


async def test_a_credential_in_an_answer_s_headers_is_none_in_the_cassette(cassette: Path) -> None:
    """Neither one that the client has shown, nor one that the service gives there."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        shown = request.headers["Authorization"].removeprefix("Bearer ")
        told = {"ETag": f'"{shown}"', "Authorization": "Bearer given-by-the-service"}
        return web.Response(text="given-by-the-service", headers=told)

    headers = {"Authorization": "Bearer shown-by-the-client"}
    said = await heard(cassette, answer, "/2.0/x", headers=headers)
    assert "-by-the-" not in said
    assert exchanges(cassette)[0]["answer"]["headers"]["ETag"] == '"***"'


async def test_a_token_that_was_given_is_learned_and_what_was_asked_for_is_not(
    cassette: Path,
) -> None:
    """A grant's name and a scope are no secrets, though they stand beside the consumer's."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        if request.path == TOKENS:
            return web.json_response({"access_token": "opaque-and-given"})
        text = "opaque-and-given consumer-s-own client_credentials repository:write back.example"
        return web.Response(text=text)

    form = {
        "grant_type": "client_credentials",
        "scope": "repository:write",
        "redirect_uri": "back.example",
        "client_secret": "consumer-s-own",
    }
    async with serving(answer) as site, Recorder(cassette, upstream=site) as recorder:
        await call(recorder.site + TOKENS, "POST", data=form)
        await call(f"{recorder.url}/x")
    text = exchanges(cassette)[0]["answer"]["body"]["text"]
    assert text == ["*** *** client_credentials repository:write back.example"]


async def test_whoever_logs_in_has_a_pseudonym(cassette: Path) -> None:
    """Though no answer says that the name is somebody's."""
    one = always(lambda: web.Response(text="Hello jquill, see x-token-auth"))
    header = {"Authorization": basic("jquill", "hunter-22-x9")}
    said = await heard(cassette, one, "/2.0/x", headers=header)
    assert "Hello person1, see x-token-auth" in said
    header = {"Authorization": basic("x-token-auth", "hunter-22-x9")}
    said = await heard(cassette, one, "/2.0/x", headers=header)
    assert "see x-token-auth" in said


async def test_the_client_plays_back_a_file_that_is_json(
    fake: FakeBitbucket, cassette: Path
) -> None:
    """As it was uploaded."""
    raw = b'{"b":1,  "a":[1,2], "v": 1.10}'
    auth = BearerAuth(fake.access_token)
    async with Bitbucket(auth, base_url=fake.url) as bb:
        await bb.downloads.upload("acme", "site", {"package.json": raw})
    for server in (Recorder(cassette, upstream=fake.site), None):
        async with server or Player(cassette) as here, Bitbucket(auth, base_url=here.url) as bb:
            assert await bb.downloads.get("acme", "site", "package.json") == raw
