"""The way back from the browser: a listener on this machine, for the one answer of a consent."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Mapping
from http import HTTPStatus
from types import TracebackType
from typing import Final, Self
from urllib.parse import parse_qsl

from ..auth import check_state
from ..errors import ConfigurationError, TimedOutError

PATH: Final = "/callback"
_LONGEST: Final = 16_384
"""Bytes of a request's head that are read."""
_PATIENCE: Final = 10.0
"""Seconds that a connection has to ask something: browsers open some just in case."""
_MISSING: Final = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})
_PAGE: Final = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>bbasync</title></head>
<body><h1>bbasync</h1><p>{}</p></body></html>
"""
_BACK: Final = "You can close this window: the terminal says how the login went."
_DENIED: Final = "Access was not granted. You can close this window."
_STRANGE: Final = "This is not the answer that is waited for. Nothing was done."


class Callback:
    """Waits at *port* of this machine for a browser that comes back with *state*.

    The first one that does counts; whatever else comes is answered, and changes nothing. For use
    in ``async with``; ConfigurationError where the port is taken.
    """

    def __init__(self, port: int, state: str) -> None:
        self._port, self._state = port, state
        self._query: asyncio.Future[Mapping[str, str]] | None = None
        self._servers: list[asyncio.Server] = []
        self._visits: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._query = asyncio.get_running_loop().create_future()
        try:
            await self._listen("127.0.0.1")
            try:
                # "localhost" may lead here, where nobody else must wait for the code.
                await self._listen("::1")
            except OSError as error:
                if error.errno not in _MISSING:
                    raise
        except OSError as error:
            await self.__aexit__(None, None, None)
            raise ConfigurationError(
                f"port {self._port} can't be listened at ({error.strerror}): end what uses it, or "
                "give another --port, which the consumer's callback URL must have too"
            ) from error
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for server in self._servers:
            server.close()
        for visit in self._visits:
            visit.cancel()
        await asyncio.gather(*self._visits, return_exceptions=True)

    async def wait(self, *, within: float) -> Mapping[str, str]:
        """The query that the browser came back with; TimedOutError after *within* seconds."""
        if self._query is None:
            raise RuntimeError("nobody listens yet")
        try:
            async with asyncio.timeout(within):
                return await self._query
        except TimeoutError:
            raise TimedOutError(
                f"nobody came back from the browser within {within:g} s: nothing was kept"
            ) from None

    async def _listen(self, host: str) -> None:
        server = await asyncio.start_server(self._met, host, self._port, limit=_LONGEST)
        self._servers.append(server)

    def _met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A task of our own: cancelling the one that asyncio would make is logged as an error.
        visit = asyncio.get_running_loop().create_task(self._visit(reader, writer))
        self._visits.add(visit)
        visit.add_done_callback(self._visits.discard)

    async def _visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                try:
                    head = await reader.readuntil(b"\r\n\r\n")
                except asyncio.LimitOverrunError:
                    head = b""
                status, text, query = self._answer(head)
                writer.write(_response(status, text))
                self._came(query)  # even where nobody is left to read the page
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            return  # whoever it was has left, or asks nothing
        finally:
            writer.close()

    def _came(self, query: Mapping[str, str] | None) -> None:
        if query is not None and self._query is not None and not self._query.done():
            self._query.set_result(query)

    def _answer(self, head: bytes) -> tuple[HTTPStatus, str, Mapping[str, str] | None]:
        """What is said to *head*, and the query, where it is the one that is waited for."""
        method, _, rest = head.partition(b"\r\n")[0].decode("latin-1").partition(" ")
        target, _, version = rest.rpartition(" ")
        if not version.startswith("HTTP/1.") or not target.startswith("/"):
            return HTTPStatus.BAD_REQUEST, _STRANGE, None
        path, _, text = target.partition("?")
        if path != PATH:
            return HTTPStatus.NOT_FOUND, "There is nothing here.", None
        if method != "GET":
            return HTTPStatus.METHOD_NOT_ALLOWED, _STRANGE, None
        pairs = parse_qsl(text, keep_blank_values=True)
        query = dict(pairs)
        whole = len(query) == len(pairs) and bool(query.get("code") or query.get("error"))
        if not check_state(self._state, query.get("state")) or not whole:
            return HTTPStatus.BAD_REQUEST, _STRANGE, None
        return HTTPStatus.OK, _DENIED if query.get("error") else _BACK, query


def _response(status: HTTPStatus, text: str) -> bytes:
    body = _PAGE.format(text).encode()
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        "Content-Type: text/html; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Cache-Control: no-store\r\n"
        "Content-Security-Policy: default-src 'none'\r\n"
        "Referrer-Policy: no-referrer\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode() + body
