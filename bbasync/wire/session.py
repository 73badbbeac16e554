"""The aiohttp session: connections, timeouts and certificates."""

from __future__ import annotations

import os
import ssl
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

import aiohttp

from ..errors import ConfigurationError

Certificates: TypeAlias = str | os.PathLike[str] | ssl.SSLContext
"""A file or a directory of certificates to trust beside the system's, or a context as it is."""

_LONGEST_CONNECT: Final = 10.0
_NAMED: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")


def open_session(
    timeout: float, agent: str, context: ssl.SSLContext | None
) -> aiohttp.ClientSession:
    """A session without a mind of its own: no cookies, no environment, no repetitions."""
    session = aiohttp.ClientSession(
        # How many connections there are is the queue's business, see there.
        connector=aiohttp.TCPConnector(limit=0, ssl=context or True),
        # One client may serve many people: what one is sent, another must not send back.
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(
            total=None, sock_connect=min(timeout, _LONGEST_CONNECT), sock_read=timeout
        ),
        headers={"User-Agent": agent},
        skip_auto_headers=["Content-Type"],  # nothing has no media type
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
