"""Whatever callers send, the fake answers, and never with an error of its own."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

from attrs import define, field, frozen
from cases import EVERY, names_for

from bbasync import OPERATIONS, BasicAuth, Bitbucket, Pager
from bbasync.api import Operation
from bbasync.errors import BitbucketError
from bbasync.fake import FakeBitbucket, routes
from bbasync.fake.exchange import Reply
from bbasync.fake.routing import Route
from bbasync.fake.service import Service
from tests.fake.conftest import basic

VARIANTS = 10
"""How often the request of an operation is sent with something wrong."""
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
TYPES = (JSON, "", "text/plain", FORM, "multipart/form-data", "multipart/related; boundary=b",
         "application/yaml", "application/json; charset=utf-16")  # fmt: skip
BODIES = (b"", b" ", b"{", b"null", b"[null]", b'"x"', b"\xff\xfe", b"NaN", b'{"a": 1e999}',
          b"[" * 50_000, b"--b\r\n\r\n--b--", b"--b\r\nContent-ID: x\r\n\r\n[]\r\n--b--",
          b"a=%ff&a&=", None)  # fmt: skip
ODD = ("", "0", "-1", "1", "9" * 5000, "\u00b2", "{}", "{", "%", "..", "a/b", "a b", "\u00e9", "\0",
       "\r\nX: y", "HEAD", "main", "a..b", "a..b..c", "acme/site:main\rhotfix", "null")  # fmt: skip
PARAMETERS = ("q", "sort", "fields", "page", "pagelen", "ctx", "state", "path", "max_depth",
              "format", "topic", "search_query", "created_on", "include", "role")  # fmt: skip
ARGUMENTS = ("", "-", "+", ".", "0", "\u00b2", "9" * 5000, "((((", 'id = "', "values.links.*",
             "-values", "links = null", "links", "created_on > 2026-01-01", "\0")  # fmt: skip
SCALARS = (None, True, 0, -1, 1.5, 2**70, "", "x", "\ud83d", "a\r\nb: c", "\0", "2026-13-01",
           "9" * 5000, "main", "{}", "/", "..")  # fmt: skip
HEADERS = (("range", "bytes=-"), ("range", "bytes=5-2"), ("range", f"bytes={'9' * 5000}-"),
           ("if-none-match", "*"), ("accept", "multipart/related"), ("accept", ""),
           ("authorization", "Basic /////w=="), ("authorization", "Bearer"))  # fmt: skip


@frozen
class Sent:
    """A request as it reaches the service."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes | None


@define
class Ear:
    """Stands before a service: keeps what is sent, or passes it on."""

    service: Service
    caught: list[Sent] = field(factory=list)
    closed: bool = False

    def answer(
        self, method: str, target: str, host: str, headers: dict[str, str], body: bytes | None
    ) -> Reply:
        """Answer as the service does; while this is closed, refuse."""
        if not self.closed:
            return self.service.answer(method, target, host, headers, body)
        self.caught.append(Sent(method, target, headers, body))
        return Reply(400, {"type": "error", "error": {"message": "closed"}})


async def test_no_request_makes_the_fake_fail() -> None:
    """Requests with something wrong in the body, type, address, query or headers get an answer.

    Each starts from one that is right, so that it comes as far as the code that reads it.
    """
    chance, failures = Random(7), []
    for operation in OPERATIONS:
        async with FakeBitbucket(repositories=2) as fake:
            ear = fake._service = Ear(fake._service)  # type: ignore[assignment]
            for sent in await _right(operation, fake, ear):
                wrong = [_wrong(chance, sent) for _ in range(VARIANTS)]
                for one in (*wrong, *_reading(sent), sent, *_reading(sent)):
                    failures += _failure(ear.service, one)
    assert failures == []


def test_no_address_makes_the_fake_fail() -> None:
    """Every route answers an address whose names are odd, with any body, whoever asks."""
    chance, fake, failures = Random(7), FakeBitbucket(repositories=2), []
    tokens = [fake.oauth_token, fake.access_token, fake.forge_token, "wrong"]
    shown = [basic(fake.email, fake.api_token), *(f"Bearer {token}" for token in tokens)]
    for route in _routes():
        for _ in range(3):
            headers = {"host": "x", "content-type": chance.choice(TYPES)}
            headers["authorization"] = chance.choice(shown)
            sent = Sent(route.method, _address(chance, route), headers, chance.choice(BODIES))
            failures += _failure(fake._service, sent)
    assert failures == []


async def _right(operation: Operation, fake: FakeBitbucket, ear: Ear) -> list[Sent]:
    """What a client sends for an operation, without its effect; what it names is there."""
    key = f"{operation.group}.{operation.name}"
    ear.closed = False
    async with Bitbucket(BasicAuth(fake.email, fake.api_token), base_url=fake.url) as bb:
        given: dict[str, Any] = dict(await names_for(operation, bb, fake))
        given |= {**EVERY.fresh.get(key, {}), **EVERY.given.get(key, {})}
        given |= {"body": EVERY.bodies[key]} if key in EVERY.bodies else {}
        ear.closed, ear.caught = True, []
        call: Callable[..., Any] = getattr(getattr(bb, operation.group), operation.name)
        with suppress(BitbucketError), warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            made = call(**given)
            await (made.first() if isinstance(made, Pager) else made)
    header = _header(fake, EVERY.auth.get(key))
    for sent in ear.caught:
        sent.headers["authorization"] = header
    return ear.caught


def _header(fake: FakeBitbucket, name: str | None) -> str:
    """Write the header of whoever may call an operation: for most, the owner with an API token."""
    if name is None:
        return basic(fake.email, fake.api_token)
    token: str = getattr(fake, name)
    return token if token.startswith("JWT ") else f"Bearer {token}"


def _wrong(chance: Random, sent: Sent) -> Sent:
    """The same with one thing or several wrong."""
    path, _, query = sent.target.partition("?")
    headers, body = dict(sent.headers), sent.body
    kind = chance.randrange(8)
    if body and kind < 5:
        is_json = headers.get("content-type", "").startswith(JSON)
        body = _of_json(chance, body) if is_json else _of_bytes(chance, body)
    if kind == 5:
        headers["content-type"], body = chance.choice(TYPES), chance.choice(BODIES)
    if kind == 6 or (not body and kind < 3):
        segments = path.split("/")
        segments[chance.randrange(2, len(segments))] = quote(chance.choice(ODD), safe="{}/")
        path = "/".join(segments)
    if kind == 7 or not body:
        added = [(chance.choice(PARAMETERS), chance.choice(ARGUMENTS)) for _ in range(2)]
        query = urlencode(added) + (f"&{query}" if query else "")
    if chance.random() < 0.1:
        headers |= [chance.choice(HEADERS)]
    return Sent(sent.method, f"{path}?{query}" if query else path, headers, body)


def _of_json(chance: Random, body: bytes) -> bytes:
    value = json.loads(body)
    for _ in range(chance.randrange(1, 3)):
        value = _changed(chance, value)
    return json.dumps(value).encode()


def _of_bytes(chance: Random, body: bytes) -> bytes:
    at = chance.randrange(len(body))
    piece = chance.choice((b"", b"--", b"\r\n\r\n", b"&", b"=", b"\xff", b"\0", b'"', b"%"))
    return body[:at] + piece + body[at + chance.choice((0, 1, 20)) :]


def _changed(chance: Random, value: Any) -> Any:
    """A value with one value in it replaced, added or missing."""
    if not isinstance(value, dict | list) or not value or chance.random() < 0.1:
        return chance.choice((*SCALARS, [], {}, [value], {"uuid": value}, [[]], [{}], {"x": {}}))
    if isinstance(value, list):
        return [*value[1:], _changed(chance, value[0])]
    name = chance.choice(list(value))
    if chance.random() < 0.15:
        return {key: one for key, one in value.items() if key != name}
    return value | {name: _changed(chance, value[name])}


def _routes() -> list[Route]:
    return [route for group in routes.GROUPS for route in group.routes]


def _address(chance: Random, route: Route) -> str:
    """The address of a route; of its names one or two are odd."""
    usual = {"workspace": "acme", "repo_slug": "site", "pull_request_id": "1", "commit": "main"}
    parts = []
    for part in route.pattern.split("/"):
        name = part.strip("{}*")
        odd = name not in usual or chance.random() < 0.2
        parts.append(
            quote(chance.choice(ODD) if odd else usual[name], safe="") if part != name else part
        )
    path = "/".join(parts)
    return path if path.startswith("/1.0/") else f"/2.0{path}"


def _reading(sent: Sent) -> Iterator[Sent]:
    """What shows the effects of a request: its own address, and that above it."""
    path = sent.target.partition("?")[0]
    for place in (path, path.rpartition("/")[0]):
        for query in ("", "?pagelen=50&fields=%2B*", "?q=uuid!=null&sort=-uuid"):
            yield Sent("GET", place + query, sent.headers, None)


def _failure(service: Service, sent: Sent) -> list[str]:
    """Send a request; gives what went wrong, if something did."""
    what = f"{sent.method} {sent.target[:200]} {(sent.body or b'')[:200]!r}"
    try:
        reply = service.answer(sent.method, sent.target, "x", sent.headers, sent.body)
        json.loads(reply.payload() or b"null") if reply.body is not None else reply.payload()
        lines = [line.encode().decode() for line in (*reply.headers.values(), reply.content_type)]
    except Exception as exc:  # noqa: BLE001 - whatever it is, a caller would be told 500
        return [f"{what}: {exc!r:.200}"]
    if reply.status == 500 or any(mark in line for line in lines for mark in "\r\n\0"):
        return [f"{what}: {reply.status} {lines}"]
    return []
