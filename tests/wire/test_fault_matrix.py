"""Every fault, on every kind of call: how often it is sent, how it ends, how often it is done.

The tables say what has to be; they are drawn up from how the service behaves, not from what the
client does. Each cell tells the requests that reach the server, the outcome (``ok``, or an error),
and how often the operation was carried out.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from bbasync import BasicAuth, Bitbucket, errors
from bbasync.fake import FakeBitbucket, Fault
from bbasync.fake.store import Hook
from bbasync.resources import Webhook

SITE = ("acme", "site")
NOW = 1_800_000_000
URL = "https://example.com/hook"
KINDS = ("read", "repeatable", "verify", "never")
SILENCE = 0.3
"""Seconds after which the client gives up a silent connection, where one is silent."""
CONTENT = bytes(range(256)) * 4

OUTCOMES = {
    "Ambiguous": errors.AmbiguousWriteError,
    "Broken": errors.ConnectionFailedError,
    "Decoding": errors.DecodingError,
    "Limited": errors.RateLimitedError,
    "NoLength": errors.LengthRequiredError,
    "Redirect": errors.RedirectError,
    "Server": errors.ServerError,
    "TimedOut": errors.TimedOutError,
    "TookLong": errors.ServerTookTooLongError,
}

FAULTS: dict[str, Fault] = {
    "429 bare": Fault.too_many(),
    "429 json": Fault.too_many(json=True),
    "429 after 7": Fault.too_many(retry_after=7),
    "429 at a date": Fault.too_many(retry_after=datetime.fromtimestamp(NOW + 7, UTC)),
    "429 reset 7": Fault.too_many(reset=7),
    "429 reset epoch": Fault.too_many(headers={"X-RateLimit-Reset": str(NOW + 7)}),
    "429 token": Fault.too_many(
        headers={
            "X-RateLimit-Limit": "1000",
            "X-RateLimit-Resource": "api",
            "X-RateLimit-NearLimit": "true",
        }
    ),
    "429 garbled": Fault.too_many(retry_after="soon", headers={"X-RateLimit-Reset": "nan"}),
    "429 endless": Fault.too_many(retry_after="inf"),
    "429 an hour": Fault.too_many(retry_after=3600),
    "500": Fault.status(500),
    "502 html": Fault.status(502, html=True),
    "503 after 7": Fault.status(503, retry_after=7),
    "503 an hour": Fault.status(503, retry_after=3600),
    "503 page": Fault.page(503),
    "504": Fault.status(504),
    "504 done": Fault.status(504, after="handled"),
    "555": Fault.status(555),
    "555 done": Fault.status(555, after="handled"),
    "reset unread": Fault.reset("head"),
    "reset read": Fault.reset("read"),
    "reset done": Fault.reset("handled"),
    "stale": Fault.stale(),
    "cut head": Fault.cut(),
    "cut body": Fault.cut(10),
    "cut chunks": Fault.cut(10, length=False),
    "silence": Fault.silence(),
    "silence done": Fault.silence(after="handled"),
    "silence midway": Fault.silence(at=10),
    "drip": Fault.drip(0.001, size=500),
    "200 page": Fault.page(200),
    "half json": Fault.wrong_json("truncated"),
    "json list": Fault.wrong_json("list"),
    "json text": Fault.wrong_json("text"),
    "json null": Fault.wrong_json("null"),
    "no utf-8": Fault.wrong_json("utf-8"),
    "302 circle": Fault.redirect(),
    "307 circle": Fault.redirect(status=307),
    "411": Fault.length_required(),
}

ONCE = """
fault           | read         | repeatable   | verify       | never
429 bare        | 2 ok 1       | 2 ok 1       | 2 ok 1       | 2 ok 1
429 json        | 2 ok 1       | 2 ok 1       | 2 ok 1       | 2 ok 1
429 after 7     | 2 ok 1       | 2 ok 1       | 2 ok 1       | 2 ok 1
429 at a date   | 2 ok 1       | 2 ok 1       | 2 ok 1       | 2 ok 1
429 reset 7     | 2 ok 1       | 2 ok 1       | 2 ok 1       | 2 ok 1
429 reset epoch | 2 ok 1       | 2 ok 1       | 2 ok 1       | 2 ok 1
429 token       | 2 ok 1       | 2 ok 1       | 2 ok 1       | 2 ok 1
429 garbled     | 2 ok 1       | 2 ok 1       | 2 ok 1       | 2 ok 1
429 endless     | 2 ok 1       | 2 ok 1       | 2 ok 1       | 2 ok 1
429 an hour     | 1 Limited 0  | 1 Limited 0  | 1 Limited 0  | 1 Limited 0
500             | 2 ok 1       | 2 ok 1       | 2 ok 1       | 1 Server 0
502 html        | 2 ok 1       | 2 ok 1       | 2 ok 1       | 1 Server 0
503 after 7     | 2 ok 1       | 2 ok 1       | 2 ok 1       | 1 Server 0
503 an hour     | 1 Server 0   | 1 Server 0   | 1 Server 0   | 1 Server 0
503 page        | 2 ok 1       | 2 ok 1       | 2 ok 1       | 1 Server 0
504             | 2 ok 1       | 2 ok 1       | 2 ok 1       | 1 Server 0
504 done        | 2 ok 2       | 2 ok 2       | 2 ok 1       | 1 Server 1
555             | 2 ok 1       | 2 ok 1       | 2 ok 1       | 1 TookLong 0
555 done        | 2 ok 2       | 2 ok 2       | 2 ok 1       | 1 TookLong 1
reset unread    | 2 ok 1       | 2 ok 1       | 2 ok 1       | 1 Ambiguous 0
reset read      | 2 ok 1       | 2 ok 1       | 2 ok 1       | 1 Ambiguous 0
reset done      | 2 ok 2       | 2 ok 2       | 2 ok 1       | 1 Ambiguous 1
stale           | 2 ok 1       | 2 ok 1       | 2 ok 1       | 1 Ambiguous 0
cut head        | 2 ok 2       | 2 ok 2       | 2 ok 1       | 1 Ambiguous 1
cut body        | 2 ok 2       | 2 ok 2       | 1 ok 1       | 1 Ambiguous 1
cut chunks      | 2 ok 2       | 2 ok 2       | 1 ok 1       | 1 Ambiguous 1
silence         | 2 ok 1       | 2 ok 1       | 2 ok 1       | 1 Ambiguous 0
silence done    | 2 ok 2       | 2 ok 2       | 2 ok 1       | 1 Ambiguous 1
silence midway  | 2 ok 2       | 2 ok 2       | 1 ok 1       | 1 Ambiguous 1
drip            | 1 ok 1       | 1 ok 1       | 1 ok 1       | 1 ok 1
200 page        | 1 Decoding 0 | 1 Decoding 0 | 1 Decoding 0 | 1 Decoding 0
half json       | 1 Decoding 1 | 1 Decoding 1 | 1 ok 1       | 1 Decoding 1
json list       | 1 Decoding 1 | 1 Decoding 1 | 1 ok 1       | 1 Decoding 1
json text       | 1 Decoding 1 | 1 Decoding 1 | 1 ok 1       | 1 Decoding 1
json null       | 1 Decoding 1 | 1 Decoding 1 | 1 ok 1       | 1 Decoding 1
no utf-8        | 1 Decoding 1 | 1 Decoding 1 | 1 ok 1       | 1 Decoding 1
302 circle      | 2 ok 1       | 1 Redirect 0 | 1 Redirect 0 | 1 Redirect 0
307 circle      | 2 ok 1       | 2 ok 1       | 2 ok 1       | 2 ok 1
411             |              | 2 ok 1       | 2 ok 1       | 2 ok 1
"""
"""The fault strikes the first request, and no other."""

ALWAYS = """
fault       | read         | repeatable    | verify        | never
429 bare    | 3 Limited 0  | 3 Limited 0   | 3 Limited 0   | 3 Limited 0
429 after 7 | 5 Limited 0  | 5 Limited 0   | 5 Limited 0   | 5 Limited 0
503 page    | 4 Server 0   | 4 Server 0    | 4 Server 0    | 1 Server 0
503 after 7 | 4 Server 0   | 4 Server 0    | 4 Server 0    | 1 Server 0
555 done    | 4 TookLong 4 | 4 TookLong 4  | 4 TookLong 1  | 1 TookLong 1
reset read  | 4 Broken 0   | 4 Ambiguous 0 | 4 Ambiguous 0 | 1 Ambiguous 0
reset done  | 4 Broken 4   | 4 Ambiguous 4 | 4 Ambiguous 1 | 1 Ambiguous 1
cut head    | 4 Broken 4   | 4 Ambiguous 4 | 4 Ambiguous 1 | 1 Ambiguous 1
silence     | 4 TimedOut 0 | 4 Ambiguous 0 | 4 Ambiguous 0 | 1 Ambiguous 0
302 circle  | 6 Redirect 0 | 1 Redirect 0  | 1 Redirect 0  | 1 Redirect 0
307 circle  | 6 Redirect 0 | 6 Redirect 0  | 6 Redirect 0  | 6 Redirect 0
411         |              | 2 NoLength 0  | 2 NoLength 0  | 2 NoLength 0
"""
"""The fault strikes every request."""

WAITS = {
    **dict.fromkeys(["429 bare", "429 json", "429 token", "429 garbled", "429 endless"], 30),
    **dict.fromkeys(["429 after 7", "429 at a date", "429 reset 7", "429 reset epoch"], 7),
    "503 after 7": 7,
    "429 an hour": 0,
    "503 an hour": 0,
}
"""Seconds that a call waits at least, and not much longer, where the answer speaks of time."""

STREAM = """
fault           | at once   | in pieces
429 bare        | 2 ok      | 2 ok
429 json        | 2 ok      | 2 ok
429 after 7     | 2 ok      | 2 ok
429 at a date   | 2 ok      | 2 ok
429 reset 7     | 2 ok      | 2 ok
429 reset epoch | 2 ok      | 2 ok
429 token       | 2 ok      | 2 ok
429 garbled     | 2 ok      | 2 ok
429 endless     | 2 ok      | 2 ok
429 an hour     | 1 Limited | 1 Limited
500             | 2 ok      | 2 ok
502 html        | 2 ok      | 2 ok
503 after 7     | 2 ok      | 2 ok
503 an hour     | 1 Server  | 1 Server
503 page        | 2 ok      | 2 ok
504             | 2 ok      | 2 ok
504 done        | 2 ok      | 2 ok
555             | 2 ok      | 2 ok
555 done        | 2 ok      | 2 ok
reset unread    | 2 ok      | 2 ok
reset read      | 2 ok      | 2 ok
reset done      | 2 ok      | 2 ok
stale           | 2 ok      | 2 ok
cut head        | 2 ok      | 2 ok
cut body        | 2 ok      | 2 ok from 10
cut chunks      | 2 ok      | 2 ok from 10
silence         | 2 ok      | 2 ok
silence done    | 2 ok      | 2 ok
silence midway  | 2 ok      | 2 ok from 10
drip            | 1 ok      | 1 ok
302 circle      | 2 ok      | 2 ok
307 circle      | 2 ok      | 2 ok
411             | 2 ok      | 2 ok
"""
"""The fault strikes the first request to the storage; ``from`` tells where the next one starts.

Pages and wrong JSON in place of bytes are bytes as well: nobody can tell.
"""


@frozen
class Cell:
    """What has to be."""

    fault: str
    kind: str
    requests: int
    outcome: str
    more: str

    def __str__(self) -> str:
        return f"{self.fault} {self.kind}".replace(" ", "-")


def cells(table: str) -> list[Any]:
    """Read a table."""
    head, *rows = ([one.strip() for one in line.split("|")] for line in table.strip().splitlines())
    found = []
    for name, *columns in rows:
        for kind, text in zip(head[1:], columns, strict=True):
            if text:
                requests, outcome, *more = text.split(" ")
                cell = Cell(name, kind, int(requests), outcome, " ".join(more))
                found.append(pytest.param(cell, id=str(cell)))
    return found


@pytest.fixture
async def fake() -> AsyncIterator[FakeBitbucket]:
    """A fake of its own for each case."""
    async with FakeBitbucket(repositories=30, members=2, outsiders=0) as running:
        yield running


Opening = Callable[[FakeBitbucket, str], Awaitable[Bitbucket]]


@pytest.fixture
def opened(client: Any) -> Opening:
    """Opens a client for one fault; it has used a connection before."""

    async def start(fake: FakeBitbucket, fault: str) -> Bitbucket:
        timeout = SILENCE if fault.startswith("silence") else 60.0
        auth = BasicAuth(fake.email, fake.api_token)
        bb: Bitbucket = await client(fake.url, auth=auth, timeout=timeout)
        await bb.request("GET", "/user")
        return bb

    return start


class Written:
    """A webhook to read, change, delete or make, and what became of it."""

    def __init__(self, fake: FakeBitbucket) -> None:
        found = fake.store.find_repository(*SITE)
        assert found is not None
        made = Hook("{1}", URL, "", ["repo:push"], active=True, created_at="2026-11-01T00:00:00Z")
        found.hooks[made.uuid] = made
        self._fake, self._hooks, self._uuid = fake, found.hooks, made.uuid
        self._before = len(found.hooks)

    async def call(self, bb: Bitbucket, kind: str) -> None:
        """Make the one call of that kind; raises whatever it ends in."""
        if kind == "read":
            assert (await bb.repositories.get(*SITE)).full_name == "acme/site"
        elif kind == "repeatable":
            body = Webhook(url=URL, description="changed")
            assert (await bb.repositories.update_webhook(*SITE, self._uuid, body)).url == URL
        elif kind == "verify":
            await bb.repositories.delete_webhook(*SITE, self._uuid)
        else:
            body = Webhook(url=URL, events=["repo:push"])
            assert (await bb.repositories.create_webhook(*SITE, body)).url == URL

    def times_done(self, kind: str) -> int:
        """How often it was carried out, by the state where that can tell."""
        handled = sum(one.handled for one in self._fake.requests)
        if kind == "read":
            return handled
        if kind == "repeatable":
            assert (self._hooks[self._uuid].description == "changed") == (handled > 0)
            return handled
        return abs(len(self._hooks) - self._before)


async def check_call(
    fake: FakeBitbucket, opened: Opening, cell: Cell, *, times: int | None
) -> None:
    """Make the call of *cell*, and compare."""
    bb = await opened(fake, cell.fault)
    written = Written(fake)
    fake.requests.clear()
    fake.faults.add("/repositories/*", FAULTS[cell.fault], times=times)
    if cell.outcome == "ok":
        await written.call(bb, cell.kind)
    else:
        with pytest.raises(OUTCOMES[cell.outcome]) as caught:
            await written.call(bb, cell.kind)
        assert type(caught.value) is OUTCOMES[cell.outcome]
    fake.faults.clear()
    assert [one.fault for one in fake.requests if one.fault]
    assert (len(fake.requests), written.times_done(cell.kind)) == (cell.requests, int(cell.more))


@pytest.mark.parametrize("cell", cells(ONCE))
async def test_a_fault_that_strikes_once(
    fake: FakeBitbucket, opened: Opening, time: Any, cell: Cell
) -> None:
    """A call is repeated where that is harmless and helps, and is never done twice in silence."""
    await check_call(fake, opened, cell, times=1)
    waited = time.now - NOW
    if cell.fault in WAITS and (cell.kind != "never" or cell.fault.startswith("429")):
        least = WAITS[cell.fault]
        assert least <= waited <= least * 1.25
    else:
        assert waited <= 1


@pytest.mark.parametrize("cell", cells(ALWAYS))
async def test_a_fault_that_stays(fake: FakeBitbucket, opened: Opening, cell: Cell) -> None:
    """A call gives up in time, with an error that says whether it may have been carried out."""
    await check_call(fake, opened, cell, times=None)


@pytest.mark.parametrize("cell", [one for one in cells(ONCE) if one.values[0].kind == "read"])
async def test_a_fault_amid_a_walk(fake: FakeBitbucket, opened: Opening, cell: Cell) -> None:
    """A walk's later page is a read like any other: it goes on whole, or ends in the error."""
    bb = await opened(fake, cell.fault)
    whole = [one.uuid async for one in bb.repositories.list("acme", pagelen=10)]
    fake.requests.clear()
    fake.faults.add("/repositories/acme", FAULTS[cell.fault], first=2, times=1)
    got: list[str | None] = []

    async def walk() -> None:
        async for one in bb.repositories.list("acme", pagelen=10):
            got.append(one.uuid)  # noqa: PERF401 - what was got before an error counts

    if cell.outcome == "ok":
        await walk()
        assert got == whole
        assert len(fake.requests) == 2 + cell.requests
    else:
        with pytest.raises(OUTCOMES[cell.outcome]):
            await walk()
        assert got == whole[:10]
        assert len(fake.requests) == 1 + cell.requests


async def read_at_once(bb: Bitbucket, _: Path) -> bytes:
    """A download as bytes."""
    return await bb.downloads.get(*SITE, "file")


async def read_in_pieces(bb: Bitbucket, tmp_path: Path) -> bytes:
    """A download as a file."""
    await bb.downloads.get(*SITE, "file").save(tmp_path / "file")
    return (tmp_path / "file").read_bytes()


READERS = {"at once": read_at_once, "in pieces": read_in_pieces}


async def stored(fake: FakeBitbucket, bb: Bitbucket) -> None:
    """Put a file into the downloads, and connections to API and storage into use."""
    await bb.downloads.upload(*SITE, {"file": CONTENT})
    assert await bb.downloads.get(*SITE, "file") == CONTENT
    fake.requests.clear()


@pytest.mark.parametrize("cell", cells(STREAM))
async def test_a_fault_amid_a_stream(
    fake: FakeBitbucket, opened: Opening, tmp_path: Path, cell: Cell
) -> None:
    """Bytes come whole whatever breaks, asked for from where they broke, without a credential."""
    bb = await opened(fake, cell.fault)
    await stored(fake, bb)
    fake.faults.add("/storage/*", FAULTS[cell.fault], times=1)
    if cell.outcome == "ok":
        assert await READERS[cell.kind](bb, tmp_path) == CONTENT
    else:
        with pytest.raises(OUTCOMES[cell.outcome]):
            await READERS[cell.kind](bb, tmp_path)
    fake.faults.clear()
    asked = [one for one in fake.requests if one.path.startswith("/storage/")]
    assert len(asked) == cell.requests
    assert not any(one.authorized for one in asked)
    ranges = [one.headers["Range"] for one in asked if "Range" in one.headers]
    start = cell.more.removeprefix("from ")
    assert ranges == ([f"bytes={start}-"] if start else [])


async def test_a_stream_that_gets_on_is_not_given_up(
    fake: FakeBitbucket, opened: Opening, tmp_path: Path
) -> None:
    """Pieces add up, however often the body breaks off; in one piece it is tried 4 times."""
    bb = await opened(fake, "cut body")
    await stored(fake, bb)
    fake.faults.add("/storage/*", Fault.cut(100))
    assert await read_in_pieces(bb, tmp_path) == CONTENT
    ranges = [one.headers.get("Range") for one in fake.requests if "/storage/" in one.path]
    assert ranges == [None, *(f"bytes={start}-" for start in range(100, 1024, 100))]
    fake.requests.clear()
    with pytest.raises(errors.ConnectionFailedError):
        await read_at_once(bb, tmp_path)
    assert len([one for one in fake.requests if "/storage/" in one.path]) == 4


async def test_a_storage_that_is_shown_no_credential_answers(
    fake: FakeBitbucket, opened: Opening
) -> None:
    """A redirect from any address to the storage drops the credential, which it would reject."""
    bb = await opened(fake, "")
    host = fake.url.removesuffix("/2.0").replace("127.0.0.1", "localhost")
    away = Fault.redirect(f"{host}/storage/somewhere?Signature=x")
    fake.faults.add("/repositories/acme/site", away, times=1)
    answer = await bb.request("GET", "/repositories/acme/site")
    assert answer.text.startswith("archive ")
    assert [one.authorized for one in fake.requests[-2:]] == [True, False]


def test_every_fault_stands_in_a_table() -> None:
    """What can be switched on is tried on every kind of call."""
    rows = {line.split("|")[0].strip() for line in ONCE.strip().splitlines()[1:]}
    assert rows == set(FAULTS)
    streams = {line.split("|")[0].strip() for line in STREAM.strip().splitlines()[1:]}
    unseen = {name for name in FAULTS if "json" in name.split()} | {"200 page", "no utf-8"}
    assert streams == set(FAULTS) - (unseen - {"429 json"})
