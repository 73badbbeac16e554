"""Proxies: which one a request goes through, as the caller or the environment says.

aiohttp's own reading of the environment is not used: it reads .netrc along with it, whose
credentials would then stand in for, or beside, those that the client was given.
"""

from __future__ import annotations

from base64 import b64encode
from ipaddress import ip_address
from typing import Final, Self
from urllib.request import (  # type: ignore[attr-defined]  # typeshed has one for macOS alone
    getproxies_environment,
    proxy_bypass_environment,
)

from attrs import define, field, frozen
from yarl import URL

from ..errors import ConfigurationError

_KINDS: Final = frozenset({"http", "https"})


@frozen
class Proxy:
    """A proxy: its address, and apart from it the credential that it wants."""

    url: URL
    authorization: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, source: str, value: str | URL) -> Self:
        """The proxy at *value*; *source* is where it comes from, for the error."""
        text = str(value)
        try:
            url = URL(text if "://" in text else f"http://{text}")
            fits = url.scheme in _KINDS and bool(url.host) and url.port is not None
        except ValueError:
            url, fits = URL(), False
        if not fits:
            raise ConfigurationError(
                f"{source} names no proxy that can be used: {_shown(text)!r} (http:// and "
                "https:// can)"
            )
        if url.user is None and url.password is None:
            return cls(url)
        pair = f"{url.user or ''}:{url.password or ''}"
        return cls(url.with_user(None), f"Basic {b64encode(pair.encode()).decode()}")


@define(eq=False, repr=False)
class Proxies:
    """The choice among proxies; without any, none."""

    fixed: Proxy | None = None
    environment: dict[str, str] = field(factory=dict, repr=False)
    _known: dict[tuple[str, str | None, int | None], Proxy | None] = field(factory=dict, repr=False)

    @classmethod
    def of(cls, proxy: str | URL | None, *, trust_env: bool) -> Self:
        """*proxy* for everything, or else what the environment says now, if it is trusted."""
        if proxy is not None:
            return cls(Proxy.of("proxy", proxy))
        return cls(environment=getproxies_environment() if trust_env else {})

    def to(self, url: URL) -> Proxy | None:
        """The proxy on the way to *url*; from the environment, none to this very machine."""
        if self.fixed is not None or not self.environment:
            return self.fixed
        key = url.scheme, url.host, url.port
        if key not in self._known:
            self._known[key] = self._looked_up(url)
        return self._known[key]

    def _looked_up(self, url: URL) -> Proxy | None:
        host = url.host or ""
        if _is_here(host) or proxy_bypass_environment(f"{host}:{url.port}", self.environment):
            return None
        for name in (url.scheme, "all"):
            if self.environment.get(name):
                return Proxy.of(f"{name.upper()}_PROXY", self.environment[name])
        return None


def _shown(text: str) -> str:
    """*text* without a credential, although it may be no address."""
    before, at, rest = text.rpartition("@")
    scheme, found, _ = before.partition("://")
    return f"{scheme}://{rest}" if at and found and scheme.isalnum() else rest


def _is_here(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
