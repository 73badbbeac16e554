"""Faults of the fake: where, when and how often they strike."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from bbasync.fake import FakeBitbucket, Fault
from tests.fake.conftest import Asker

SITE = "/repositories/acme/site"
OFF = aiohttp.ClientTimeout(total=None)


async def statuses(ask: Asker, *paths: str, method: str = "GET") -> list[int]:
    """What the paths are answered, one after the other."""
    return [(await ask(path, method)).status for path in paths]


async def test_a_fault_strikes_its_path_and_method(ask: Asker, fake: FakeBitbucket) -> None:
    """A pattern is matched against what stands behind the version, whatever the query."""
    fake.faults.add("/repositories/*", Fault.status(500), method="GET")
    assert await statuses(ask, SITE, f"{SITE}?page=1", "/user") == [500, 500, 200]
    assert await statuses(ask, SITE, method="HEAD") == [200]
    fake.faults.clear()
    assert await statuses(ask, SITE) == [200]


async def test_faults_follow_each_other(ask: Asker, fake: FakeBitbucket) -> None:
    """Each strikes as often as it should, then comes the next; the first may be spared."""
    first = fake.faults.add(SITE, Fault.status(500), times=1)
    fake.faults.add(SITE, Fault.too_many(), times=2, first=2)
    assert await statuses(ask, *[SITE] * 5) == [500, 200, 429, 429, 200]
    assert (first.hits, first.seen) == (1, 5)


async def test_chance_depends_on_the_seed_alone(ask: Asker, fake: FakeBitbucket) -> None:
    """The same seed strikes the same requests; some, not all."""
    fake.faults.add(SITE, Fault.status(500), chance=0.5)
    runs = []
    for seed in (3, 3, 4):
        fake.faults.seed(seed)
        runs.append(await statuses(ask, *[SITE] * 20))
    assert runs[0] == runs[1] != runs[2]
    dice = random.Random(3)
    assert runs[0] == [500 if dice.random() < 0.5 else 200 for _ in range(20)]


async def test_what_was_hit_is_remembered(ask: Asker, fake: FakeBitbucket) -> None:
    """The requests tell the fault, the status that was sent, and whether they were carried out."""
    for fault in (Fault.reset("read"), Fault.reset("handled"), Fault.cut(5), Fault.status(503)):
        fake.faults.add(SITE, fault, times=1)
    ask.session._retry_connection = False
    for _ in range(3):
        with pytest.raises(aiohttp.ClientError):
            await ask(SITE)
    await statuses(ask, SITE, SITE)
    assert [(one.fault, one.status, one.handled) for one in fake.requests] == [
        ("reset read", 0, False),
        ("reset handled", 0, True),
        ("cut 5", 200, True),
        ("503", 503, False),
        ("", 200, True),
    ]


async def test_a_429_is_what_the_service_sends(ask: Asker, fake: FakeBitbucket) -> None:
    """Bare text without a word on the time, unless it is asked to tell; then in any spelling."""
    when = datetime(2026, 11, 20, 12, tzinfo=UTC)
    for fault in (
        Fault.too_many(),
        Fault.too_many(json=True, retry_after=30),
        Fault.too_many(retry_after=when, reset=745),
        Fault.too_many(retry_after="soon", headers={"X-RateLimit-Limit": "1000"}),
    ):
        fake.faults.add(SITE, fault, times=1)
    bare, json, dated, odd = [await ask(SITE) for _ in range(4)]
    assert bare.body == b"Rate limit for this resource has been exceeded"
    assert bare.headers["Content-Type"].startswith("text/plain")
    assert not {"Retry-After", "X-RateLimit-Limit"} & set(bare.headers)
    assert (json.message, json.headers["Retry-After"]) == (bare.body.decode(), "30")
    assert dated.headers["Retry-After"] == "Fri, 20 Nov 2026 12:00:00 GMT"
    assert dated.headers["x-ratelimit-reset"] == "745"
    assert (odd.headers["Retry-After"], odd.headers["X-RateLimit-Limit"]) == ("soon", "1000")


async def test_a_stale_connection_was_good_once(ask: Asker, fake: FakeBitbucket) -> None:
    """Only a request on a connection that carried one before is left without an answer."""
    fake.faults.add("/user", Fault.stale())
    async with aiohttp.ClientSession() as fresh:
        assert (await Asker(fake, fresh)("/user")).status == 200
        fresh._retry_connection = False
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await Asker(fake, fresh)("/user")
    assert await statuses(ask, "/user") == [200]


async def test_a_silence_ends_when_it_is_told_to(ask: Asker, fake: FakeBitbucket) -> None:
    """The answer, or the rest of it, comes once the event is set."""
    for at in (None, 0, 100):
        until = asyncio.Event()
        rule = fake.faults.add(SITE, Fault.silence(at=at, until=until), times=1)
        asking = asyncio.create_task(ask(SITE))
        await rule.struck.wait()
        assert not asking.done()
        until.set()
        assert (await asking).json["slug"] == "site"
        await statuses(ask, "/user")


@pytest.mark.parametrize("ending", ["clear", "stop", "leave"])
async def test_nobody_is_kept_in_silence_for_ever(ending: str) -> None:
    """Clearing the faults, stopping the fake and leaving it end a silence."""
    fake = FakeBitbucket()
    await fake.start()
    rule = fake.faults.add("*", Fault.silence())
    async with aiohttp.ClientSession(timeout=OFF) as session:
        session._retry_connection = False
        asking = asyncio.create_task(Asker(fake, session)(SITE))
        await rule.struck.wait()
        if ending == "clear":
            fake.faults.clear()
        elif ending == "stop":
            await fake.stop()
        else:
            asking.cancel()
        with pytest.raises((aiohttp.ClientError, asyncio.CancelledError)):
            await asking
    await fake.stop()


async def test_a_fault_strikes_what_is_percent_encoded(ask: Asker, fake: FakeBitbucket) -> None:
    """Its path is written as it reads or as it is sent, and stands for itself beside a pattern."""
    braces = "/repositories/acme/{site}"
    for path, sent in (
        (braces, "/repositories/acme/%7Bsite%7D"),
        ("/repositories/acme/%7Bsite%7D", "/repositories/acme/%7Bsite%7D"),
        (f"{SITE}/refs/branches/feature/x", f"{SITE}/refs/branches/feature%2Fx"),
        (f"{SITE}/src/main/app/[id].tsx", f"{SITE}/src/main/app/%5Bid%5D.tsx"),
        (f"{SITE}/src/main/app/[id].tsx", f"{SITE}/src/main/app/[id].tsx"),
    ):
        rule = fake.faults.add(path, Fault.status(503))
        assert await statuses(ask, sent) == [503]
        assert (rule.hits, len(fake.called("GET", path))) == (1, 1)
        fake.faults.clear()
        fake.requests.clear()


@pytest.mark.parametrize("path", [f"{SITE}?page=1", f"https://api.bitbucket.org/2.0{SITE}"])
def test_a_fault_is_for_a_path_and_nothing_else(path: str) -> None:
    """With a host or a query it would strike nothing, unnoticed."""
    with pytest.raises(ValueError, match="neither a host nor a query"):
        FakeBitbucket().faults.add(path, Fault.status(503))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"times": -1}, "times is a whole number from 0 on, not -1"),
        ({"times": "2"}, "times is a whole number from 0 on, not '2'"),
        ({"first": 0}, "first is a whole number from 1 on, not 0"),
        ({"chance": 2}, "chance is a number from 0 to 1, not 2"),
        ({"chance": float("nan")}, "chance is a number from 0 to 1, not nan"),
        ({"method": "POTS"}, "method is one of GET, HEAD, .*, not 'POTS'"),
    ],
)
def test_a_rule_that_means_nothing_is_refused(wrong: dict[str, Any], words: str) -> None:
    """The error names the parameter and what it takes."""
    fake = FakeBitbucket()
    with pytest.raises(ValueError, match=words):
        fake.faults.add("/x", Fault.status(503), **wrong)
    assert fake.faults.strike("GET", "/x", reused=False) is None


@pytest.mark.parametrize(
    ("make", "wrong", "words"),
    [
        (Fault.reset, {"after": "Handled"}, "after is one of head, read, handled, not 'Handled'"),
        (Fault.status, {"status": 503, "after": "done"}, "after is one of .*, not 'done'"),
        (Fault.silence, {"after": "done"}, "after is one of .*, not 'done'"),
        (Fault.status, {"status": 99}, "status is a whole number from 200 to 599, not 99"),
        (Fault.status, {"status": "503"}, "status is a whole number from 200 to 599, not '503'"),
        (Fault.page, {"status": 1000}, "status is a whole number from 200 to 599, not 1000"),
        (Fault.redirect, {"status": 200}, "status is a whole number from 300 to 399, not 200"),
        (Fault.wrong_json, {"kind": "nope"}, "kind is one of truncated, list, .*, not 'nope'"),
        (Fault.cut, {"at": -1}, "at is a whole number from 0 on, not -1"),
        (Fault.silence, {"at": -1}, "at is a whole number from 0 on, not -1"),
        (Fault.drip, {"pause": 0, "size": 0}, "size is a whole number from 1 on, not 0"),
        (Fault.drip, {"pause": -1}, "pause is a number from 0 to inf, not -1"),
    ],
)
def test_a_fault_that_can_not_be_is_refused(make: Any, wrong: dict[str, Any], words: str) -> None:
    """The error names the parameter and what it takes."""
    with pytest.raises(ValueError, match=words):
        make(**wrong)


async def test_a_drip_comes_whole(ask: Asker, fake: FakeBitbucket) -> None:
    """Slow is not broken."""
    fake.faults.add(SITE, Fault.drip(0, size=100))
    assert (await ask(SITE)).json["slug"] == "site"


@pytest.mark.parametrize(
    ("kind", "start"),
    [("list", b"[{"), ("text", b'"ok"'), ("null", b"null"), ("truncated", b'{"')],
)
async def test_json_can_be_wrong(ask: Asker, fake: FakeBitbucket, kind: Any, start: bytes) -> None:
    """The right status and media type, and a body that is not what it should be."""
    whole = (await ask(SITE)).body
    fake.faults.add(SITE, Fault.wrong_json(kind))
    answer = await ask(SITE)
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.body.startswith(start)
    assert answer.body != whole


async def test_a_circle_of_redirects_leads_to_itself(ask: Asker, fake: FakeBitbucket) -> None:
    """The address, query and all, is where it sends its caller."""
    fake.faults.add(SITE, Fault.redirect())
    answer = await ask(f"{SITE}?fields=slug")
    assert (answer.status, answer.headers["Location"]) == (302, f"/2.0{SITE}?fields=slug")
