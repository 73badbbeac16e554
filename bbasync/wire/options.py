"""What a client may be given as an option, checked before anything is made of it."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from numbers import Real
from typing import TYPE_CHECKING, Any, SupportsIndex

from attrs import field, frozen
from yarl import URL

from ..errors import ConfigurationError
from .counting import Quota
from .events import Listener, listeners_of
from .origin import Origins
from .proxy import Proxies
from .session import Certificates, context_of

if TYPE_CHECKING:
    from .cache import Cache


@frozen(eq=False)
class Options:
    """Everything that a client is told but its credential; see Bitbucket."""

    origins: Origins
    agent: str
    connections: int
    timeout: float
    max_wait: float
    attempts: int
    deadline: float | None
    grace: float
    proxies: Proxies = field(repr=False)
    context: ssl.SSLContext | None = field(repr=False)
    listeners: tuple[Listener, ...]
    quota: Quota
    reserve: float
    cache: Cache | None


def checked(
    *,
    agent: str,
    base_url: str | URL,
    connections: int,
    timeout: float,
    max_wait: float,
    attempts: int,
    deadline: float | None,
    grace: float,
    proxy: str | URL | None,
    trust_env: bool,
    ca: Certificates | None,
    on_event: Listener | Iterable[Listener] | None,
    quota: Quota | None,
    reserve: float,
    cache: Cache | None,
) -> Options:
    """The options, where all of them can be meant; else a ConfigurationError."""
    check_number("connections", connections, 1, whole=True)
    check_number("attempts", attempts, 1, whole=True)
    check_number("timeout", timeout, 0.001)
    check_number("max_wait", max_wait, 0)
    check_number("grace", grace, 0)
    check_number("reserve", reserve, 0)
    if reserve >= 1:
        raise ConfigurationError(f"reserve takes a share below 1, not {reserve!r}")
    if not isinstance(quota, Quota | None):
        raise ConfigurationError(f"quota takes a Quota, as Quota.local(), not {quota!r}")
    if deadline is not None:
        check_number("deadline", deadline, 0.001)
    _check_cache(cache)
    return Options(
        Origins(str(base_url) if isinstance(base_url, URL) else base_url),
        agent,
        connections,
        timeout,
        max_wait,
        attempts,
        deadline,
        grace,
        Proxies.of(proxy, trust_env=trust_env),
        context_of(ca),
        listeners_of(on_event),
        Quota.local() if quota is None else quota,
        float(reserve),
        cache,
    )


def check_number(name: str, value: Any, least: float, *, whole: bool = False) -> None:
    """ConfigurationError where the option *name* is no number of at least *least*."""
    fits = isinstance(value, SupportsIndex if whole else Real) and not isinstance(value, bool)
    if not fits or not value >= least:
        kind = "a whole number" if whole else "a number"
        raise ConfigurationError(f"{name} takes {kind} of at least {least}, not {value!r}")


def _check_cache(cache: Any) -> None:
    if cache is None:
        return
    can = all(callable(getattr(cache, name, None)) for name in ("get", "set"))
    if not can or isinstance(cache, type):
        raise ConfigurationError(
            f"cache takes MemoryCache() or whatever has its get and set, not {cache!r}"
        )
