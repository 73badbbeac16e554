"""What a client may be given as an option, checked before anything is made of it."""

from __future__ import annotations

from numbers import Real
from typing import Any, SupportsIndex

from ..errors import ConfigurationError


def check_number(name: str, value: Any, least: float, *, whole: bool = False) -> None:
    """ConfigurationError where the option *name* is no number of at least *least*."""
    fits = isinstance(value, SupportsIndex if whole else Real) and not isinstance(value, bool)
    if not fits or not value >= least:
        kind = "a whole number" if whole else "a number"
        raise ConfigurationError(f"{name} takes {kind} of at least {least}, not {value!r}")


def check_auth(auth: Any) -> None:
    """ConfigurationError where *auth* is no credential."""
    if auth is not None and not callable(getattr(auth, "authorization", None)):
        kind = type(auth).__name__
        raise ConfigurationError(f"auth takes BasicAuth, BearerAuth or None, not a {kind}")
    if isinstance(auth, type):
        raise ConfigurationError(f"auth takes a credential, not the class {auth.__name__}")


def check_cache(cache: Any) -> None:
    """ConfigurationError where *cache* is no Cache."""
    if cache is None:
        return
    can = all(callable(getattr(cache, name, None)) for name in ("get", "set"))
    if not can or isinstance(cache, type):
        raise ConfigurationError(
            f"cache takes MemoryCache() or whatever has its get and set, not {cache!r}"
        )
