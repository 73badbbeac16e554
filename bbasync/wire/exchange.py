"""One exchange over aiohttp: a request goes out, and an answer comes back, or none."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing, suppress
from typing import Final

import aiohttp
from attrs import define, evolve, field, frozen
from multidict import CIMultiDict, CIMultiDictProxy

from ..errors import ClientClosedError
from .body import Body
from .caller import Caller
from .calls import Call
from .message import Answer
from .origin import printable
from .proxy import Proxies
from .queue import Queue, Queues
from .redirect import Hop
from .retry import Failure
from .session import Way
from .turn import Turn

_CREDENTIALS: Final = frozenset({"authorization", "cookie", "proxy-authorization"})
_WITHOUT_LENGTH: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_MEDIA_TYPE: Final = ("Content-Type",)
_FIRST_REDIRECT: Final = 300
_FIRST_ERROR: Final = 400
_PROXY_AUTHENTICATION: Final = 407
_MOST_OF_AN_ERROR: Final = 1 << 20
"""Bytes that are read of an error's body."""
_CHUNK: Final = 65_536
_SHORTEST: Final = 8
"""What is shorter may be a part of any header, and is no credential of the service's."""
_QUOTED: Final = re.compile(r"[:\s]*b?[\"'].*")


@frozen
class Broken:
    """An attempt that ended without an answer."""

    failure: Failure
    reason: str
    cause: BaseException | None = field(default=None, repr=False)


@define(eq=False)
class Kept:
    """An answer whose body is still to be read, and the place in the queue that it holds."""

    response: aiohttp.ClientResponse
    _queue: Queue

    def close(self) -> None:
        """Give back the connection and the place."""
        self.response.close()
        self._queue.give()


@define(eq=False)
class Line:
    """What connects the client with the service: one exchange at a time for each place."""

    session: aiohttp.ClientSession
    queues: Queues
    proxies: Proxies = field(factory=Proxies)

    async def exchange(
        self,
        call: Call,
        hop: Hop,
        began: Callable[[], object],
        turn: Turn,
        *,
        kept: list[Kept] | None,
    ) -> Answer | Broken:
        """Send *call* to where *hop* leads when it is its *turn*.

        *began* is called when it has its connection.
        An answer that is neither an error nor a redirect goes to *kept* unread.
        """
        body = call.request.body if hop.method == call.request.method else None
        queue = self.queues.of(hop.url)
        await _admitted(call, hop, turn, queue)
        headers = _headers(call, hop, body)
        holding, way = True, Way(began, anew=call.measured)
        try:
            with way:
                response = await self._answered(hop, headers, body, way)
                told: Mapping[str, str] = response.headers
                if kept is not None and response.status < _FIRST_REDIRECT:
                    kept.append(Kept(response, queue))
                    holding, content = False, b""
                else:
                    content = await _content(response)
                    if response.status >= _FIRST_ERROR:
                        content, told = _without_credential(content, told, headers)
        except Exception as error:
            broken = _broken(error)
            if broken is None:
                raise
            if way.connecting and broken.failure is not Failure.REFUSED:
                broken = evolve(broken, failure=Failure.UNSENT)  # a proxy broke off, say
            return broken
        finally:
            if holding:
                queue.give()
        shown = printable(str(hop.url))
        return Answer(response.status, told, content, hop.method, shown)

    async def _answered(
        self,
        hop: Hop,
        headers: dict[str, str],
        body: Body | None,
        way: Way,
    ) -> aiohttp.ClientResponse:
        if self.session.closed:
            raise ClientClosedError("the client was closed while a call was under way")
        proxy = self.proxies.to(hop.url)
        to_proxy = None
        if proxy is not None and proxy.authorization is not None:
            if hop.url.scheme == "https":
                to_proxy = {"Proxy-Authorization": proxy.authorization}
            else:
                headers = {**headers, "Proxy-Authorization": proxy.authorization}
        data = body.data() if body else None
        limit = None
        if data is not None and not isinstance(data, bytes):
            limit = asyncio.timeout(None)
            data = _taken(data, limit, self.session.timeout.sock_read)
        sending = self.session.request(
            hop.method,
            hop.url,
            headers=headers,
            data=data,
            allow_redirects=False,
            # Nothing has no media type. Not in the session: it would cost every GET something.
            skip_auto_headers=None if hop.method in _WITHOUT_LENGTH else _MEDIA_TYPE,
            proxy=proxy.url if proxy else None,
            proxy_headers=to_proxy,
        )
        if limit is None:
            response = await sending
        else:
            async with limit:
                response = await sending
        way.begin()  # what stands in for aiohttp in a test makes no connection
        return response


async def _admitted(call: Call, hop: Hop, turn: Turn, queue: Queue) -> None:
    """Wait until *call* may be made and has a place in *queue*, with a header that is still good.

    A credential that calls the service for its header needs a place of its own, and so comes first.
    """
    while True:
        call.header = await turn.header()
        waited = await turn.take(call.header)
        if waited and not turn.is_elsewhere:  # it may have expired meanwhile
            call.header = await turn.header()
        if turn.is_elsewhere:  # it is another credential's call
            continue
        late = not queue.free
        await queue.take()
        if turn.recalled():
            queue.give()
            continue
        if late and call.caller is not None and call.caller.signs:
            await _sign(call, call.caller, hop, queue)
        return


async def _sign(call: Call, caller: Caller, hop: Hop, queue: Queue) -> None:
    """Sign *call* anew, which has its place now: what was signed long ago is good no more."""
    try:
        call.header = await caller.header(hop.method, hop.url)
    except BaseException:
        queue.give()
        raise


def _headers(call: Call, hop: Hop, body: Body | None) -> dict[str, str]:
    headers = {
        name: value
        for name, value in call.request.headers.items()
        if hop.credential or name.lower() not in _CREDENTIALS
    }
    if call.measured or hop.method not in _WITHOUT_LENGTH:
        # Said even where it is 0: a 411 comes from a write without a length.
        headers["Content-Length"] = str(body.size if body else 0)
    if body is not None:
        headers["Content-Type"] = body.content_type
    if hop.credential and call.header is not None:
        headers["Authorization"] = call.header
    return headers


async def _content(response: aiohttp.ClientResponse) -> bytes:
    """The body; of an error no more than anybody reads."""
    if response.status < _FIRST_ERROR:
        return await response.read()  # gives back the connection, or closes it where it fails
    pieces, size = [], 0
    async with response:
        async for chunk in response.content.iter_chunked(_CHUNK):
            pieces.append(chunk)
            size += len(chunk)
            if size >= _MOST_OF_AN_ERROR:
                response.close()
                break
    return b"".join(pieces)[:_MOST_OF_AN_ERROR]


async def _taken(
    chunks: AsyncGenerator[bytes, None], limit: asyncio.Timeout, seconds: float | None
) -> AsyncGenerator[bytes, None]:
    """*chunks*, with *limit* ending where one is not taken within *seconds*.

    aiohttp knows only of silence while it reads.
    """
    now = asyncio.get_running_loop().time
    async with aclosing(chunks):
        async for chunk in chunks:
            _set(limit, None if seconds is None else now() + seconds)
            yield chunk
            _set(limit, None)


def _set(limit: asyncio.Timeout, when: float | None) -> None:
    with suppress(RuntimeError):  # it is over: the answer came before everything was sent
        limit.reschedule(when)


def _without_credential(
    content: bytes, told: Mapping[str, str], headers: Mapping[str, str]
) -> tuple[bytes, Mapping[str, str]]:
    """*content* and *told* without the credential: some errors show the request's *headers*."""
    secret = headers.get("Authorization", "").rpartition(" ")[2]
    if not secret:
        return content, told
    if len(secret) >= _SHORTEST and any(secret in value for value in told.values()):
        hidden = ((name, value.replace(secret, "***")) for name, value in told.items())
        told = CIMultiDictProxy(CIMultiDict(hidden))
    return content.replace(secret.encode(), b"***"), told


def _broken(error: Exception) -> Broken | None:
    """What became of an attempt that ended in *error*; None where the error is another one."""
    found: Broken | None = None
    match error:
        case aiohttp.ClientConnectorCertificateError():
            reason = f"the certificate does not fit: {error}"
            found = Broken(Failure.REFUSED, reason, error)
        case aiohttp.ClientHttpProxyError(status=status):
            # Not kept as the cause, nor is the next one: they hold the request's headers.
            wanted = status == _PROXY_AUTHENTICATION
            failure = Failure.REFUSED if wanted else Failure.UNSENT
            found = Broken(failure, f"the proxy answered {status}")
        case aiohttp.ConnectionTimeoutError():  # it has the whole address in it
            found = Broken(Failure.UNSENT, "no connection in time")
        case aiohttp.ClientConnectorError():
            found = Broken(Failure.UNSENT, _reason(error), error)
        case UnicodeError():
            found = Broken(Failure.REFUSED, "the host has no name that can be looked up", error)
        case aiohttp.ClientResponseError(message=message):
            # What it quotes may be the request, which some servers and proxies send back.
            found = Broken(Failure.LOST, f"not HTTP: {_QUOTED.sub('', ' '.join(message.split()))}")
        case TimeoutError():
            found = Broken(Failure.TIMED_OUT, "no answer in time", error)
        case aiohttp.ClientError() | OSError():
            own = error.__cause__ if type(error) is aiohttp.ClientConnectionError else None
            if own is not None and not isinstance(own, aiohttp.ClientError | OSError):
                raise own from None  # the body's own: a file went away, or its progress raised
            found = Broken(Failure.LOST, _reason(error), error)
    return found


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
