"""A token endpoint in memory, for what is renewed over the wire."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import pytest
from attrs import define, field

from bbasync.auth.token import OAuthToken
from bbasync.errors import ClientClosedError
from bbasync.wire.message import Answer, Authorizer, Request
from bbasync.wire.status import error_of


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
