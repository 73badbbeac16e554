"""Connections to a Redis at an address, which may hold a password: no error shows it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from ..errors import ConfigurationError


def pool_of(url: str, *, store: str, what: str, slowest: float) -> Any:
    """A pool of connections to *url*; nothing is connected yet.

    Redis gets *slowest* seconds to connect, and to answer. Whoever finds all connections in use
    waits as long for one. *store*, which keeps *what*, is for the ConfigurationError.
    """
    try:
        parts = urlsplit(url)
        fits = bool(parts.hostname) or parts.scheme == "unix"
    except (AttributeError, TypeError, ValueError):
        fits = False
    if not fits:
        raise ConfigurationError(f"{store} takes an address like redis://host:6379/0")
    try:
        from redis.asyncio import BlockingConnectionPool  # noqa: PLC0415 - an optional dependency
    except ImportError as error:
        raise ConfigurationError(
            f"{what} in Redis need redis-py: install bbasync[redis]"
        ) from error
    try:
        names = ("socket_timeout", "socket_connect_timeout", "timeout")
        options: dict[str, Any] = dict.fromkeys(names, slowest)
        pool: Any = BlockingConnectionPool.from_url(url, **options)
        pool.make_connection()  # does it know all options?
    except (TypeError, ValueError):  # not shown either
        raise ConfigurationError(
            f"{store} can't make sense of the address or its options"
        ) from None
    return pool
