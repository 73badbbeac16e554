"""The transport: sends a request as often as is right, and hands back its answer or its error."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from inspect import isawaitable
from typing import Protocol

import aiohttp
from attrs import define, evolve, field, frozen
from yarl import URL

from ..errors import (
    AmbiguousWriteError,
    BitbucketError,
    ClientClosedError,
    ConfigurationError,
    ConnectionFailedError,
    TimedOutError,
)
from .body import Body
from .message import Answer, Request, Safety
from .opened import Opened
from .origin import Origins, printable
from .quota import moment
from .redirect import MOST_HOPS, REDIRECTS, Hop, follow
from .retry import TOO_MANY, Failure, RetryPolicy
from .status import error_of

_log = logging.getLogger("bbasync")

_CREDENTIALS = frozenset({"authorization", "cookie", "proxy-authorization"})
_NOT_FOUND = 404
_NOTABLE_WAIT = 5.0
_FIRST_REDIRECT = 300
_FIRST_ERROR = 400


class Authorizer(Protocol):
    """Whatever knows the credential: it makes the value of the Authorization header."""

    async def authorization(self) -> str | None:
        """The header's value, or None to send none."""
        ...


@frozen
class _Broken:
    """An attempt that ended without an answer."""

    failure: Failure
    reason: str
    cause: BaseException | None = field(default=None, repr=False)


@define
class Transport:
    """Sends requests over one aiohttp session; *clock*, *sleep* and *jitter* are for tests."""

    session: aiohttp.ClientSession
    origins: Origins
    auth: Authorizer | None = None
    policy: RetryPolicy = field(factory=RetryPolicy)
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    jitter: Callable[[], float] = random.random
    sent: int = 0
    """Requests sent so far, with repetitions and redirects."""

    async def send(self, request: Request) -> Answer:
        """Send *request*; raises the error that the final answer is.

        Addresses outside the API are refused before anything is sent.
        """
        return await self._send(request, None)

    @asynccontextmanager
    async def open(self, request: Request) -> AsyncGenerator[Opened, None]:
        """Send *request* the same way, and leave the body of its answer to be read."""
        kept: list[aiohttp.ClientResponse] = []
        answer = await self._send(request, kept)
        if not kept:  # 304, say, which nobody asked for
            raise error_of(answer)
        response = kept[-1]
        try:
            yield Opened(answer.status, answer.headers, answer.method, answer.url, response)
        finally:
            response.close()

    async def _send(self, request: Request, kept: list[aiohttp.ClientResponse] | None) -> Answer:
        url = self.origins.resolve(request.target)
        waited = 0.0
        doubtful = lost = False
        attempt = 0
        while True:
            attempt += 1
            outcome = await self._attempt(request, url, kept)
            wait = self._wait(request, outcome, attempt, waited)
            if wait is None:
                lost = lost or _was_lost(outcome)
                return self._finish(request, url, outcome, attempt, doubtful=doubtful, lost=lost)
            doubtful = doubtful or _may_have_happened(outcome)
            lost = lost or _was_lost(outcome)
            _log.log(
                logging.WARNING if wait >= _NOTABLE_WAIT else logging.INFO,
                "%s %s: %s; trying again in %.1f s",
                request.method,
                printable(str(url)),
                _in_words(outcome),
                wait,
            )
            await self.sleep(wait)
            waited += wait

    def _wait(
        self, request: Request, outcome: Answer | _Broken, attempt: int, waited: float
    ) -> float | None:
        if isinstance(outcome, Answer) and outcome.status < _FIRST_ERROR:
            return None
        return self.policy.wait(
            request.safety,
            outcome.status if isinstance(outcome, Answer) else outcome.failure,
            attempt,
            headers=outcome.headers if isinstance(outcome, Answer) else {},
            now=self.clock(),
            random=self.jitter(),
            waited=waited,
        )

    def _finish(
        self,
        request: Request,
        url: URL,
        outcome: Answer | _Broken,
        attempts: int,
        *,
        doubtful: bool,
        lost: bool,
    ) -> Answer:
        """The answer, or its error; *doubtful* and *lost* speak of all tries."""
        if isinstance(outcome, _Broken):
            raise _error_of(request, url, outcome, attempts, lost=lost) from outcome.cause
        answer = outcome if attempts == 1 else evolve(outcome, attempts=attempts)
        if answer.status < _FIRST_ERROR and answer.status not in REDIRECTS:
            return answer
        if answer.status == _NOT_FOUND and request.safety is Safety.VERIFY and doubtful:
            # The first try of the deletion was carried out; only its answer was lost.
            return evolve(answer, status=204, body=b"")
        error = error_of(answer, reset_at=self._reset_at(answer))
        if lost and request.safety is not Safety.READ:
            reason = f"and its repetition was answered {answer.status}"
            raise AmbiguousWriteError(request.method, printable(str(url)), reason) from error
        raise error

    def _reset_at(self, answer: Answer) -> datetime | None:
        if answer.status != TOO_MANY:
            return None
        now = self.clock()
        return moment(now + self.policy.throttled(1, answer.headers, now, 0.0))

    async def _attempt(
        self, request: Request, url: URL, kept: list[aiohttp.ClientResponse] | None
    ) -> Answer | _Broken:
        hop = Hop(request.method, url, credential=True)
        hops = 0
        while True:
            answer = await self._exchange(request, hop, kept)
            if isinstance(answer, _Broken) or hops == MOST_HOPS:
                return answer
            target = follow(self.origins, hop, answer.status, answer.headers.get("Location"))
            if target is None:
                return answer
            hop, hops = target, hops + 1

    async def _exchange(
        self, request: Request, hop: Hop, kept: list[aiohttp.ClientResponse] | None
    ) -> Answer | _Broken:
        """One exchange; an answer that is none of errors and redirects goes to *kept* unread."""
        body = request.body if hop.method == request.method else None
        headers = await self._headers(request, hop, body)
        self.sent += 1
        try:
            response = await self.session.request(
                hop.method,
                hop.url,
                headers=headers,
                data=body.data() if body else None,
                allow_redirects=False,
            )
            if kept is not None and response.status < _FIRST_REDIRECT:
                kept.append(response)
                content = b""
            else:
                async with response:
                    content = await response.read()
        except aiohttp.ClientConnectorCertificateError as error:
            return _Broken(Failure.REFUSED, f"the certificate does not fit: {error}", error)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            return _Broken(Failure.UNSENT, _reason(error), error)
        except TimeoutError as error:
            return _Broken(Failure.TIMED_OUT, "no answer in time", error)
        except aiohttp.ClientResponseError as error:
            # Not kept as the cause: it holds the request's headers, and so the credential.
            return _Broken(Failure.LOST, f"not HTTP: {' '.join(error.message.split())}")
        except (aiohttp.ClientError, OSError) as error:
            own = error.__cause__ if type(error) is aiohttp.ClientConnectionError else None
            if own is not None and not isinstance(own, aiohttp.ClientError | OSError):
                raise own from None  # the body's own: a file went away, or its progress raised
            return _Broken(Failure.LOST, _reason(error), error)
        except (RuntimeError, asyncio.CancelledError) as error:
            # A closing connector cancels whoever waits for a connection, though nobody asked to.
            task = asyncio.current_task()
            if not self.session.closed or (task is not None and task.cancelling()):
                raise
            raise ClientClosedError("the client was closed while a call was under way") from error
        shown = printable(str(hop.url))
        _log.debug("%s %s -> %s", hop.method, shown, response.status)
        return Answer(response.status, response.headers, content, hop.method, shown)

    async def _headers(self, request: Request, hop: Hop, body: Body | None) -> dict[str, str]:
        headers = {
            name: value
            for name, value in request.headers.items()
            if hop.credential or name.lower() not in _CREDENTIALS
        }
        if hop.method not in {"GET", "HEAD", "OPTIONS"}:
            # Said even where it is 0: a 411 comes from a write without a length.
            headers["Content-Length"] = str(body.size if body else 0)
        if body is not None:
            headers["Content-Type"] = body.content_type
        if hop.credential and self.auth is not None:
            making = self.auth.authorization()
            if not isawaitable(making):
                kind = type(self.auth).__name__
                raise ConfigurationError(f"authorization() of {kind} must be awaitable")
            value = await making
            if value is not None:
                headers["Authorization"] = value
        return headers


def _may_have_happened(outcome: Answer | _Broken) -> bool:
    if isinstance(outcome, Answer):
        return outcome.status != TOO_MANY
    return outcome.failure is not Failure.UNSENT


def _was_lost(outcome: Answer | _Broken) -> bool:
    return isinstance(outcome, _Broken) and outcome.failure in {Failure.LOST, Failure.TIMED_OUT}


def _in_words(outcome: Answer | _Broken) -> str:
    return outcome.reason if isinstance(outcome, _Broken) else f"answered {outcome.status}"


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__


def _error_of(
    request: Request, url: URL, broken: _Broken, attempts: int, *, lost: bool
) -> BitbucketError:
    where = printable(str(url))
    if lost and request.safety is not Safety.READ:
        return AmbiguousWriteError(request.method, where, broken.reason)
    times = "once" if attempts == 1 else f"{attempts} times"
    text = f"{request.method} {where.partition('?')[0]} failed: {broken.reason} (tried {times})"
    kind = TimedOutError if broken.failure is Failure.TIMED_OUT else ConnectionFailedError
    return kind(text)
