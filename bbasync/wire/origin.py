"""Which addresses belong to the API, and so may be called with its credential."""

from __future__ import annotations

import re
from enum import Enum
from typing import Final
from urllib.parse import quote, urlsplit

from yarl import URL

from ..errors import ArgumentError, ConfigurationError, UntrustedAddressError

BITBUCKET: Final = frozenset({"api.bitbucket.org", "bitbucket.org"})
"""The hosts that the service uses for its API in links, ``next`` and ``Location``."""

PREFIXES: Final = ("/2.0/", "/1.0/", "/!api/", "/api/")
"""Where the API lives on a host; bitbucket.org has the web pages beside it."""

_HTTPS: Final = 443
_UNSAFE = re.compile(r"[^A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]|%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DOTS = re.compile(r"/(?:\.|%2[eE]){1,2}/")
_PLAIN = re.compile(r"[A-Za-z0-9_.~-]+")
_USER = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*:)?//[^/?#]*@")
_SECRET = re.compile(
    r"(?i)([?&;#][^=&;]*(?:token|secret|signature|credential|password|jwt|\bsig\b"
    r"|variables)[^=&;]*=)[^&;]*"
)


def segment(name: str, value: object) -> str:
    """Percent-encode *value* as one segment of a path; *name* is for the error.

    Nothing is safe, so that no value can reach another path than its own. Empty values, ``.`` and
    ``..`` are refused.
    """
    text = _text(name, value)
    if text in {"", ".", ".."}:
        raise ArgumentError(f"{name} can't be {text!r}: it would address something else")
    return percent(text)


def path_tail(name: str, value: object) -> str:
    """Percent-encode *value* as the rest of a path: its slashes stay."""
    return "/".join(segment(name, part) for part in _text(name, value).split("/"))


def _text(name: str, value: object) -> str:
    if type(value) is str:
        return value
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise ArgumentError(f"{name} takes text, not {value!r}")


def percent(text: str) -> str:
    """Percent-encode *text* for any place in an address; ArgumentError for broken Unicode."""
    if _PLAIN.fullmatch(text):  # as most names are
        return text
    try:
        raw = text.encode()
    except UnicodeEncodeError as error:
        raise ArgumentError(f"{text!r} can't be sent: it is not valid Unicode") from error
    return quote(raw, safe="")


def printable(url: str) -> str:
    """*url* without user information and without secrets in its query; no text raises."""
    shown = _USER.sub(r"\1//", url) if "@" in url else url
    return _SECRET.sub(r"\1***", shown) if "=" in shown else shown


class Origins:
    """The API's base URL, and the other names under which its addresses come."""

    def __init__(self, base_url: str) -> None:
        if not isinstance(base_url, str):
            raise ConfigurationError(f"base_url takes text, not {type(base_url).__name__}")
        base = base_url.rstrip("/")
        try:
            parts = urlsplit(base)
            fits = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
            fits = fits and not _UNSAFE.search(base) and not _dotted(parts.path)
        except ValueError:
            parts, fits = urlsplit(""), False
        if not fits:
            raise ConfigurationError(
                f"base_url must be an absolute http(s) address such as "
                f"https://api.bitbucket.org/2.0, not {printable(base_url)!r}"
            )
        if parts.username is not None or parts.query or parts.fragment:
            raise ConfigurationError(
                "base_url takes no user name, password, query or fragment: give credentials as auth"
            )
        if parts.scheme == "http" and parts.hostname in BITBUCKET:
            raise ConfigurationError(f"{parts.hostname} is called over https: mend base_url")
        self.base = base
        self._root = URL(base).origin()
        self._place = self._root.scheme, self._root.raw_host, self._root.port
        self._prefixes = (*PREFIXES, f"{parts.path}/") if parts.path else ("/",)
        self._bitbucket = parts.scheme == "https" and parts.hostname in BITBUCKET

    @property
    def official(self) -> bool:
        """Whether the API is Bitbucket's own, and no fake, proxy or test server."""
        return self._bitbucket

    def resolve(self, address: str, *, relative_to: URL | None = None) -> URL:
        """Make *address* absolute; UntrustedAddressError where it leaves the API.

        A path is taken below the base URL, or from the host's root where it starts like one
        (``/2.0/...``) or answers a redirect (*relative_to*).
        """
        url = self.absolute(address, relative_to=relative_to)
        if not self.trusts(url):
            raise UntrustedAddressError(
                f"{printable(str(url))} is not an address of the API at {self.base}: "
                "nothing was sent to it"
            )
        return url

    def absolute(self, address: str, *, relative_to: URL | None = None) -> URL:
        """Make *address* absolute, wherever it leads; API links over http are upgraded."""
        safe = address
        if not address or _UNSAFE.search(address):
            safe = _escaped(address)
        if "://" not in safe.partition("?")[0]:
            safe = self._rooted(safe, relative_to)
        try:
            url = URL(safe, encoded=True)
            if self._bitbucket and url.scheme == "http" and url.host in BITBUCKET:
                url = url.with_scheme("https").with_port(None)
            _ = url.host, url.port  # taken apart when first read, and may be no host and port
        except (ValueError, IndexError) as error:  # yarl stumbles over https://[]@
            raise ArgumentError(f"{printable(address)!r} is not an address") from error
        return url

    def _rooted(self, address: str, relative_to: URL | None) -> str:
        if address.startswith("//"):
            return f"{self._root.scheme}:{address}"
        if not address.startswith("/"):
            raise ArgumentError(f"{address!r} is not an address: start it with /")
        if relative_to is not None:
            return f"{relative_to.origin()}{address}"
        if _below(address.partition("?")[0], PREFIXES):
            return f"{self._root}{address}".replace(f"{self._root}//", f"{self._root}/", 1)
        return f"{self.base}{address}"

    def trusts(self, url: URL) -> bool:
        """Whether *url* is inside the API, so that the credential may go there."""
        path = url.raw_path
        if url.user or url.password or _dotted(path):
            return False
        if not _below(path, self._prefixes):
            return False
        if self._bitbucket and url.scheme == "https" and url.host in BITBUCKET:
            return url.port == _HTTPS
        return (url.scheme, url.raw_host, url.port) == self._place


def _escaped(address: str) -> str:
    """*address* with what may not stand in one percent-encoded."""
    if not address or _CONTROL.search(address):
        raise ArgumentError(f"{address!r} is not an address")
    return _UNSAFE.sub(lambda found: percent(found[0]), address)


def _dotted(path: str) -> bool:
    """Whether a segment is ``.`` or ``..``, percent-encoded or not."""
    return _DOTS.search(f"/{path}/") is not None


def _below(path: str, prefixes: tuple[str, ...]) -> bool:
    return f"{path}/".startswith(prefixes)
