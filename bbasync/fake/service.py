"""From a request to its answer: the checks every call passes before a route sees it."""

from collections.abc import Callable
from fnmatch import fnmatchcase
from functools import cache
from urllib.parse import unquote

from attrs import Factory, define

from . import oauth, routes, storage
from .exchange import Call, RefusalError, Reply, Told
from .fields import select
from .identity import API_TOKEN, described, identify, refuse_expired
from .quota import Quota
from .ranges import ranged
from .replies import (
    length_required,
    login_needed,
    no_such_url,
    people_only,
)
from .routing import Found, Map, Route
from .scopes import insist
from .store import Credential, Store
from .tags import tagged
from .version1 import in_text

PREFIXES = ("/2.0", "/!api/2.0", "/api/2.0")
FIRST = "/1.0"
"""What is left of the first version; its routes have this before their address."""
FIRST_PREFIXES = (FIRST, f"/!api{FIRST}", f"/api{FIRST}")
FIRST_REDIRECT = 300
READING = {"GET", "HEAD"}
WITH_BODY = {"POST", "PUT", "PATCH"}


@cache
def addresses() -> Map:
    """Give all addresses, which are the same in every fake."""
    return Map(routes.GROUPS)


@define
class Service:
    """Answers calls from what the store remembers."""

    store: Store
    quota: Quota = Factory(Quota)
    tell: Callable[[Told], None] = lambda _: None
    """Called with what happened, for webhooks."""
    _map: Map = Factory(addresses)
    _count: int = 0

    def answer(
        self, method: str, target: str, host: str, headers: dict[str, str], body: bytes | None
    ) -> Reply:
        """Answer one request; a `body` of None is one whose length was not told."""
        path, _, query = target.partition("?")
        if path.startswith(storage.PREFIX):
            return ranged(headers, storage.fetch(self.store, path, headers))
        if path.startswith(oauth.PREFIX):
            return self._web(method, path, query, headers, body)
        prefix, below = placed(path)
        base = f"http://{host}{self.store.link_prefix or prefix}"
        call = Call(self.store, method, below, query, base, headers, path)
        extra = self._usual_headers()
        try:
            if body is None and method in WITH_BODY:
                return length_required()
            call.body = body or b""
            self.store.reading = method in READING
            reply = self._checked(call, extra)
        except RefusalError as fault:
            reply = in_text(fault.reply) if below.startswith(f"{FIRST}/") else fault.reply
        finally:
            self.store.reading = False
            call.forget()
        for told in call.told:
            self.tell(told)
        return _with_headers(ranged(headers, reply), extra)

    def _web(
        self, method: str, path: str, query: str, headers: dict[str, str], body: bytes | None
    ) -> Reply:
        """Answer a call to the web side, whose errors are of another layout."""
        call = Call(self.store, method, path, query, "", headers, path, body or b"")
        return _with_headers(oauth.answer(call, told=body is not None), self._usual_headers())

    def _checked(self, call: Call, extra: dict[str, str]) -> Reply:
        """Pass a call through the checks, in the service's order, and answer it."""
        found = self._map.find(call.path) if call.path else None
        route = self._route(found, call.method)
        if route is not None and route.classic:
            extra["X-Accepted-OAuth-Scopes"] = ", ".join(route.classic)
        extra |= described(None)
        call.credential = identify(call)
        extra |= described(call.credential)
        refuse_expired(call.store, call.credential)
        extra |= self.quota.spend(call)
        if found is None:
            raise no_such_url()
        if route is None:
            return Reply(405, headers={"Allow": ", ".join(sorted(found.routes))}, text=b"")
        call.params = found.params(route)
        _admit(call.credential, route)
        reply = _partial(call, route.handler(call))
        return tagged(call.headers, reply) if route.tagged else reply

    def _route(self, found: Found | None, method: str) -> Route | None:
        wanted = "GET" if method == "HEAD" else method
        return found.routes.get(wanted) if found else None

    def _usual_headers(self) -> dict[str, str]:
        self._count += 1
        return {
            "Server": "envoy",
            "Vary": "Authorization, Accept-Encoding",
            "X-Request-Count": str(self._count),
            "X-B3-TraceId": f"{self._count:016x}",
            "X-Served-By": "fake",
        }


def placed(path: str) -> tuple[str, str]:
    """Take an address apart: the prefix for links, and what routes know of it."""
    for prefix in (*PREFIXES, *FIRST_PREFIXES):
        if path == prefix or path.startswith(f"{prefix}/"):
            below = path.removeprefix(prefix)
            return (PREFIXES[0], FIRST + below) if prefix in FIRST_PREFIXES else (prefix, below)
    return PREFIXES[0], ""


def below(path: str) -> str:
    """Leave the version out of a path or a pattern that has one, and begin it with a slash."""
    path = path if path.startswith(("/", "*")) else f"/{path}"
    versions = tuple(f"{prefix}/" for prefix in (*PREFIXES, *FIRST_PREFIXES))
    return placed(path)[1] if path.startswith(versions) else path


def fits(path: str, pattern: str) -> bool:
    """Whether a path, as it was sent or decoded, is a pattern or fits it."""
    return any(one == pattern or fnmatchcase(one, pattern) for one in (path, unquote(path)))


def checked(path: str) -> str:
    """Give a pattern for paths, as `below` does; an error where it could fit none."""
    if "?" in path or "://" in path:
        raise ValueError(
            f"A path has neither a host nor a query, and {path!r} has: leave them out; assertions "
            "take parameters as query="
        )
    return below(path)


def _admit(credential: Credential | None, route: Route) -> None:
    """Refuse callers whom a route is not for."""
    if credential is None:
        if route.login:
            raise login_needed()
        return
    if route.people and credential.account is None:
        raise people_only()
    if route.api_token and credential.kind != API_TOKEN:
        raise people_only()
    insist(credential, route.scopes, route.classic)


def _partial(call: Call, reply: Reply) -> Reply:
    """Cut a good answer down, or grow it, as the `fields` parameter asks."""
    wanted = call.arg("fields")
    if not wanted or reply.body is None or reply.status >= FIRST_REDIRECT:
        return reply
    return Reply(reply.status, select(reply.body, wanted), reply.headers)


def _with_headers(reply: Reply, extra: dict[str, str]) -> Reply:
    """Add the headers every answer carries."""
    headers = extra | reply.headers
    return Reply(reply.status, reply.body, headers, reply.text, reply.content_type)
