"""The aiohttp session: connections, timeouts and certificates."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Callable
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeAlias
from weakref import WeakSet

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from attrs import define

from ..errors import ConfigurationError

Certificates: TypeAlias = str | os.PathLike[str] | ssl.SSLContext
"""A file or a directory of certificates to trust beside the system's, or a context as it is."""

_LONGEST_CONNECT: Final = 10.0
_NAMED: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")


_way: ContextVar[Way | None] = ContextVar("bbasync_way", default=None)


@define(eq=False, repr=False)
class Way:
    """One request on its way out, in a ``with`` block: aiohttp does not say how far it got."""

    began: Callable[[], object]
    """Called when it has its connection, before anything is sent."""
    anew: bool = False
    """Whether it wants a connection that nothing was sent on before."""
    connecting: bool = False
    """Whether it still waits for its connection, so that nothing was sent."""
    _begun: bool = False
    _transport: asyncio.Transport | None = None

    def __enter__(self) -> Self:
        _way.set(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _way.set(None)
        transport = self._transport
        # What nobody takes any more would keep a connection that is being closed open for ever.
        if error is not None and transport is not None and transport.is_closing():
            transport.abort()

    def begin(self) -> None:
        """It goes out; once is enough."""
        if not self._begun:
            self._begun = True
            self.began()

    def connected(self, transport: asyncio.Transport | None) -> None:
        """It has its connection."""
        self.connecting, self._transport = False, transport
        self.begin()


class Connector(aiohttp.TCPConnector):
    """Connections; whoever asks for one on its Way is told when there is one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._used: WeakSet[ResponseHandler] = WeakSet()

    async def connect(self, *args: Any, **kwargs: Any) -> Connection:
        """Take a connection that is there, or make one."""
        way = _way.get()
        if way is not None:
            way.connecting = True
        while True:
            connection = await super().connect(*args, **kwargs)
            protocol = connection.protocol
            if way is None or protocol is None:
                return connection
            if not (way.anew and protocol in self._used):
                break
            connection.close()
        self._used.add(protocol)
        way.connected(connection.transport)
        return connection


def open_session(
    timeout: float, agent: str, context: ssl.SSLContext | None
) -> aiohttp.ClientSession:
    """A session without a mind of its own: no cookies, no environment, no repetitions."""
    session = aiohttp.ClientSession(
        # How many connections there are is the queue's business, see there.
        connector=Connector(limit=0, ssl=context or True),
        # One client may serve many people: what one is sent, another must not send back.
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(
            total=None,
            connect=timeout,  # a proxy may take the connection and then say nothing
            sock_connect=min(timeout, _LONGEST_CONNECT),
            sock_read=timeout,
        ),
        headers={"User-Agent": agent},
        trust_env=False,  # it would add what .netrc holds
    )
    # aiohttp would send a PUT or DELETE again when a connection breaks: a rename twice, and a
    # deletion that looks like a 404. Whether to is the transport's decision.
    session._retry_connection = False  # noqa: SLF001 - there is no public switch
    return session


def context_of(ca: Certificates | None) -> ssl.SSLContext | None:
    """How servers are to prove who they are; None for the usual way.

    SSL_CERT_FILE and SSL_CERT_DIR name the certificates of the system, as for other programs.
    """
    if isinstance(ca, ssl.SSLContext):
        return ca
    if ca is None:
        # aiohttp made its context when it was imported, perhaps before these were set.
        named = tuple(map(os.environ.get, _NAMED))
        return _as_named(named) if any(named) else None
    if not isinstance(ca, str | os.PathLike):
        raise ConfigurationError(f"ca takes a path or an ssl.SSLContext, not {ca!r}")
    path = Path(ca)
    context = ssl.create_default_context()
    try:
        if path.is_dir():
            context.load_verify_locations(capath=path)
        else:
            context.load_verify_locations(cafile=path)
    except (OSError, ValueError) as error:  # what is no certificate is an SSLError, an OSError
        raise ConfigurationError(f"ca names no certificates: {path}: {error}") from error
    return context


@cache
def _as_named(_: tuple[str | None, ...]) -> ssl.SSLContext:
    """The context for what the environment names now; reading the certificates takes long."""
    return ssl.create_default_context()
