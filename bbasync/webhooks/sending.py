"""Courier: sends deliveries as the service does, to test a receiver or to pass on what came."""

from __future__ import annotations

import asyncio
import os
import re
import socket
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Final, Self

from aiohttp import (
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
)
from attrs import Attribute, evolve, field, frozen
from yarl import URL

from ..errors import ArgumentError
from .parse import ATTEMPT, HOOK, ID, KEY
from .signature import HEADER
from .store import check_seconds

USER_AGENT: Final = "Bitbucket-Webhooks/2.0"
ATTEMPTS: Final = 3
TIMEOUT: Final = 10.0
"""Seconds that the service waits for an answer."""
PAUSE: Final = 1.0
"""Seconds before an attempt that is not the first; how many the service takes is not known."""
_SERVER_ERROR: Final = 500
_OK: Final = range(200, 300)
_LINE: Final = re.compile(r"[ -~]*")
_SHOWN: Final = 200
"""Bytes of an answer that are read."""


def _check_header(_: object, attribute: Attribute[Any], value: object) -> None:
    if value is not None and not (isinstance(value, str) and _LINE.fullmatch(value)):
        raise ArgumentError(f"{attribute.name} goes into a header: it takes printable ASCII")


@frozen
class Outgoing:
    """A delivery to send: a body, and what its headers say."""

    key: str = field(validator=_check_header)
    id: str = field(validator=_check_header)
    body: bytes = field(repr=False)
    hook_uuid: str | None = field(default=None, validator=_check_header)
    signature: str | None = field(default=None, repr=False, validator=_check_header)

    def headers(self, attempt: int) -> dict[str, str]:
        """Those that the service sends."""
        lines = {
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
            KEY: self.key,
            HOOK: self.hook_uuid,
            ID: self.id,
            ATTEMPT: str(attempt),
            HEADER: self.signature,
        }
        return {name: value for name, value in lines.items() if value is not None}


@frozen
class Outcome:
    """How a delivery went."""

    status: int | None
    """None where there was no answer."""
    text: str
    """The beginning of the last answer, or why there was none."""
    again: bool = False
    """Whether the service would try it again."""
    attempts: int = 1

    @property
    def ok(self) -> bool:
        """Whether it was taken."""
        return self.status in _OK


class Courier:
    """Posts deliveries to *url*; for use in ``async with``.

    Like the service it waits *timeout* seconds for an answer, tries again after a 5xx or a
    timeout, twice at most, and follows no redirect.
    """

    def __init__(
        self,
        url: str | URL,
        *,
        timeout: float = TIMEOUT,
        pause: float = PAUSE,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self.url = address_of("url", url)
        check_seconds("timeout", timeout)
        self._timeout, self._pause, self._sleep = timeout, pause, sleep
        self._session: ClientSession | None = None

    async def __aenter__(self) -> Self:
        # A connection for each attempt: one that is kept may be closed just as it is used again,
        # and that would not be tried again.
        self._session = ClientSession(
            connector=TCPConnector(force_close=True),
            timeout=ClientTimeout(total=self._timeout),
            cookie_jar=DummyCookieJar(),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def send(self, one: Outgoing) -> Outcome:
        """Deliver *one*: how its last attempt went."""
        outcome = await self._attempt(one, 1)
        for attempt in range(2, ATTEMPTS + 1):
            if not outcome.again:
                break
            await self._sleep(self._pause)
            outcome = evolve(await self._attempt(one, attempt), attempts=attempt)
        return outcome

    async def _attempt(self, one: Outgoing, attempt: int) -> Outcome:
        if self._session is None:
            raise ArgumentError("the courier is not open: use it inside async with")
        try:
            async with self._session.post(
                self.url, data=one.body, headers=one.headers(attempt), allow_redirects=False
            ) as answer:
                text = await _beginning(answer)
                return Outcome(answer.status, text, again=answer.status >= _SERVER_ERROR)
        except TimeoutError:
            return Outcome(None, f"no answer within {self._timeout:g} s", again=True)
        except (ClientError, OSError) as error:
            return Outcome(None, f"no connection ({_reason(error)})")


def address_of(name: str, given: str | URL) -> URL:
    """*given* as an address that can be posted to; *name* is for the error."""
    try:
        url = URL(given)
        fits = url.scheme in {"http", "https"} and bool((url.host or "").encode("idna"))
    except (ValueError, TypeError):
        url, fits = URL(), False
    if not fits:  # what it is may have a password in it
        raise ArgumentError(
            f"{name} takes an http or https address, as http://localhost:8080/hooks"
        )
    if url.user is not None or url.password is not None:
        raise ArgumentError(f"{name} takes an address without a name and a password in it")
    return url


async def _beginning(answer: ClientResponse) -> str:
    try:
        return (await answer.content.read(_SHOWN)).decode(errors="replace")
    except (ClientError, TimeoutError):  # the status is there, and counts
        return ""


def _reason(error: Exception) -> str:
    inner = getattr(error, "os_error", error)  # aiohttp's own says the address once more
    known = getattr(inner, "errno", None)
    if isinstance(inner, socket.gaierror) or not known or known < 0:
        return str(getattr(inner, "strerror", None) or type(error).__name__)
    return os.strerror(known)
