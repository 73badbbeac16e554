"""A token endpoint and stores of tokens, for what is renewed over the wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import redis
from attrs import define, field

from bbasync.auth.consumer import OAuthConsumer
from bbasync.auth.files import FileTokenStore
from bbasync.auth.oauth import OAuth2Auth
from bbasync.auth.redis_store import RedisTokenStore
from bbasync.auth.store import MemoryTokenStore
from bbasync.auth.token import OAuthToken
from bbasync.errors import ClientClosedError
from bbasync.wire.message import Answer, Authorizer, Request
from bbasync.wire.status import error_of

CONSUMER = OAuthConsumer("key-1", "s3cret")
KEY = "ann"

Open = Callable[[], Any]


@define(eq=False)
class TokenEndpoint:
    """A Wire with a token endpoint at its end: each refresh token works once.

    *says* has what it does instead, once each: an error, or an Answer. A *gate* keeps all waiting.
    """

    answer: Callable[..., Answer]
    valid: set[str] = field(factory=lambda: {"refresh-0"})
    says: list[Any] = field(factory=list)
    gate: asyncio.Event | None = None
    closed: bool = False
    lasts: Any = 7200
    forms: list[dict[str, str]] = field(factory=list)
    requests: list[Request] = field(factory=list)
    bases: list[str] = field(factory=list)
    headers: list[str | None] = field(factory=list)
    guarded: list[asyncio.Task[Any]] = field(factory=list)
    begun: asyncio.Event = field(factory=asyncio.Event)
    _auth: Authorizer | None = None

    def sender_to(self, base_url: str, auth: Authorizer | None) -> Any:
        """Itself."""
        self.bases.append(base_url)
        self._auth = auth
        return self

    def guard(self, task: asyncio.Task[Any]) -> None:
        """Keep it."""
        self.guarded.append(task)

    async def send(self, request: Request) -> Answer:
        """Answer as a transport does: an error status is raised."""
        if self.closed:
            raise ClientClosedError("closed")
        assert request.body is not None
        assert isinstance(request.body.content, bytes)
        form = dict(parse_qsl(request.body.content.decode(), keep_blank_values=True))
        self.forms.append(form)
        self.requests.append(request)
        self.headers.append(await self._auth.authorization() if self._auth else None)
        self.begun.set()
        if self.gate is not None:
            await self.gate.wait()
        said = self.says.pop(0) if self.says else self._served(form)
        if isinstance(said, BaseException):
            raise said
        if said.status >= 400:
            raise error_of(said)
        return said

    def _served(self, form: dict[str, str]) -> Answer:
        url, n = f"{self.bases[-1]}/access_token", len(self.forms)
        given = {"access_token": f"access-{n}", "token_type": "bearer", "scope": "account"}
        given["expires_in"] = self.lasts
        if form["grant_type"] == "refresh_token":
            if form["refresh_token"] not in self.valid:
                no = {"error": "invalid_grant"}
                return self.answer(no, status=400, method="POST", url=url)
            self.valid.discard(form["refresh_token"])
        if form["grant_type"] in {"refresh_token", "authorization_code"}:
            given["refresh_token"] = f"refresh-{n}"
            self.valid.add(f"refresh-{n}")
        return self.answer(given, method="POST", url=url)


@define(eq=False, slots=False)
class Store:
    """A store that keeps count; *fails* has what saving or loading raises, once each."""

    kept: dict[str, OAuthToken]
    done: list[str] = field(factory=list)
    fails: dict[str, list[Any]] = field(factory=dict)
    slow: asyncio.Event | None = None

    async def load(self, key: str) -> OAuthToken | None:
        """What is kept."""
        self._do("load")
        return self.kept.get(key)

    async def save(self, key: str, token: OAuthToken) -> None:
        """Keep it."""
        self._do("save")
        if self.slow is not None:
            await self.slow.wait()
        self.kept[key] = token

    async def delete(self, key: str) -> None:
        """Forget it."""
        self._do("delete")
        self.kept.pop(key, None)

    def _do(self, what: str) -> None:
        self.done.append(what)
        waiting = self.fails.get(what)
        if waiting:
            raise waiting.pop(0)


@define(eq=False, slots=False)
class LockedStore(Store):
    """The same with a lock, which *while_waiting* is called before."""

    while_waiting: Callable[[], object] = lambda: None
    _lock: asyncio.Lock = field(factory=asyncio.Lock)

    @asynccontextmanager
    async def lock(self, key: str) -> AsyncIterator[None]:
        """Be alone."""
        assert key == KEY
        self._do("lock")
        async with self._lock:
            self.while_waiting()
            try:
                yield
            finally:
                self._do("unlock")


async def ends(*calls: Any) -> list[Any]:
    """How each of *calls* ends."""
    return list(await asyncio.gather(*calls, return_exceptions=True))


@pytest.fixture
def endpoint(answer: Callable[..., Answer]) -> TokenEndpoint:
    """A token endpoint that knows ``refresh-0``."""
    return TokenEndpoint(answer)


@pytest.fixture
def endpoints(answer: Callable[..., Answer]) -> Callable[[], TokenEndpoint]:
    """Makes token endpoints."""
    return lambda: TokenEndpoint(answer)


@pytest.fixture
def token(time: Any) -> OAuthToken:
    """A token with an hour to live, whose refresh token is ``refresh-0``."""
    return OAuthToken(
        "access-0",
        "refresh-0",
        time.now + 3600,
        frozenset({"account"}),
        grant="the-grant",
        issued_at=time.now - 3600,
    )


@pytest.fixture
def store(token: OAuthToken) -> Store:
    """A store with a token."""
    return Store({KEY: token})


@pytest.fixture
def auth(store: Store, time: Any) -> OAuth2Auth:
    """The user's credential."""
    return OAuth2Auth(CONSUMER, store, KEY, clock=time)


@pytest.fixture
async def in_redis(redis_server: str) -> AsyncIterator[Open]:
    """Opens stores in an empty Redis, as each process has one."""
    with redis.Redis.from_url(redis_server) as client:
        client.flushall()
    made: list[RedisTokenStore] = []

    def make() -> RedisTokenStore:
        made.append(RedisTokenStore(redis_server))
        return made[-1]

    yield make
    for one in made:
        await one.aclose()


@pytest.fixture
def in_files(tmp_path: Path) -> Open:
    """Opens stores in one directory, as each process has one."""
    return lambda: FileTokenStore(tmp_path / "tokens")


@pytest.fixture(params=["memory", "files", "redis"])
def opened(request: pytest.FixtureRequest) -> Any:
    """A store of each kind."""
    if request.param == "memory":
        return MemoryTokenStore()
    return request.getfixturevalue(f"in_{request.param}")()


@pytest.fixture(params=["files", "redis"])
def open_one(request: pytest.FixtureRequest) -> Open:
    """Opens stores of each kind that processes can share."""
    found: Open = request.getfixturevalue(f"in_{request.param}")
    return found
