"""From a client to the service and back: where a request goes, and what of it."""

from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from aiohttp import web
from attrs import define, field, frozen
from multidict import CIMultiDict
from yarl import URL

from .addresses import BITBUCKET, ELSEWHERE, Upstream, moved
from .bodies import changed_text, is_json, type_of
from .messages import picked

REDIRECTS = frozenset({301, 302, 303, 307, 308})
SILENCE = 300.0
"""How many seconds the service may say nothing."""
_PASSED_ON = (
    "Accept", "Content-Type", "If-Match", "If-Modified-Since", "If-None-Match", "Range",
    "User-Agent",
)  # fmt: skip
_CREDENTIALS = ("Authorization", "Cookie")
_NOT_BACK = frozenset(
    {"connection", "content-encoding", "content-length", "keep-alive", "transfer-encoding"}
)


@frozen
class Told:
    """What the service has answered."""

    status: int
    headers: CIMultiDict[str]
    content: bytes
    location: str = ""
    """The path that stands for where it redirects or points to; empty: nowhere of ours."""


@define
class Passage:
    """The way to one service, and to where its redirects lead."""

    upstream: Upstream
    _elsewhere: dict[str, str] = field(factory=dict)
    _session: aiohttp.ClientSession | None = None

    def open(self) -> None:
        """Make the way passable."""
        self._session = aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=30.0, sock_read=SILENCE),
        )

    async def close(self) -> None:
        """Close all connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def leads(self, path: str) -> bool:
        """Whether there is anything behind a path."""
        return not path.startswith(ELSEWHERE) or path in self._elsewhere

    async def ask(
        self, method: str, target: str, headers: Mapping[str, str], content: bytes, here: str
    ) -> Told:
        """Send a request on: to the service with its credential, to other places without one."""
        assert self._session is not None, "a passage is opened first"  # noqa: S101 - the caller's
        elsewhere = self._elsewhere.get(target)
        address = elsewhere or self.upstream.address(target)
        names = _PASSED_ON if elsewhere else (*_PASSED_ON, *_CREDENTIALS)
        passed = {name: headers[name] for name in names if name in headers}
        if is_json(headers.get("Content-Type", "")):
            content = changed_text(content, lambda text: moved(text, Upstream(here), self.upstream))
        async with self._session.request(
            method,
            URL(address, encoded=True),
            headers=passed | {"Accept-Encoding": "identity"},
            data=content or None,
            allow_redirects=False,
            proxy=_proxy(address),
            skip_auto_headers=("Content-Type",),
        ) as response:
            body = await response.read()
            told = CIMultiDict(response.headers)
        return Told(response.status, told, body, self._pointed(address, response.status, told))

    def recordable(self, content: bytes, content_type: str) -> bytes:
        """Give a body the addresses that it would have at Bitbucket."""
        if not is_json(content_type):
            return content
        return changed_text(content, lambda text: moved(text, self.upstream, BITBUCKET))

    def back(self, told: Told, here: str, method: str) -> web.Response:
        """Make of an answer what the client gets: its addresses of the API lead *here*."""
        headers = CIMultiDict(
            (name, value) for name, value in told.headers.items() if name.lower() not in _NOT_BACK
        )
        headers.update(length_of(told, method))
        content = told.content
        if is_json(type_of(headers)):
            content = changed_text(content, lambda text: moved(text, self.upstream, Upstream(here)))
        if told.location:
            headers["Location"] = here + told.location
        return web.Response(status=told.status, headers=headers, body=content)

    def _pointed(self, address: str, status: int, headers: CIMultiDict[str]) -> str:
        """Find the path that stands for a Location.

        Where a redirect leaves the service, the address is kept here alone: it may be signed.
        """
        given = headers.get("Location", "")
        if not given:
            return ""
        target = given if "://" in given.partition("?")[0] else urljoin(address, given)
        for place in (self.upstream.api, self.upstream.web):
            path = target.removeprefix(place)
            if path != target and self.upstream.address(path) == target and path.startswith("/"):
                return path
        parts = urlsplit(target)
        wanted = {"https", urlsplit(self.upstream.api).scheme}
        if status not in REDIRECTS or parts.scheme not in wanted or not parts.hostname:
            return ""
        path = f"{ELSEWHERE}{len(self._elsewhere) + 1}"
        self._elsewhere[path] = target.partition("#")[0]
        return path


def _proxy(address: str) -> str | None:
    """Find the environment's proxy; aiohttp would take a credential from a .netrc file as well."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    near = host in {"127.0.0.1", "::1", "localhost"} or proxy_bypass(host)
    return None if near else getproxies().get(parts.scheme)


def recorded_location(told: Told) -> dict[str, str]:
    """Give the Location that a cassette has for an answer's own one."""
    return {"Location": BITBUCKET.address(told.location)} if told.location else {}


def length_of(told: Told, method: str) -> dict[str, str]:
    """Give the Content-Length of an answer that has no body to tell it: that to a HEAD."""
    if method != "HEAD" or "Content-Encoding" in told.headers:
        return {}
    return picked(told.headers, ("Content-Length",))
