"""Which function answers which address."""

from collections.abc import Callable, Iterable
from urllib.parse import unquote

from attrs import Factory, define, frozen

from .exchange import Call, Reply

LISTS = frozenset(
    {
        "/repositories/{workspace}",
        "/snippets/{workspace}",
        "/workspaces/{workspace}/permissions/repositories/{repo_slug}",
        "/1.0/groups/{workspace}",
        "/1.0/groups/{workspace}/{group_slug}",
    }
)
"""Addresses that end with a name and may stand with a slash behind it, as lists may."""

Handler = Callable[[Call], Reply]


@frozen
class Route:
    """An operation: who may call it, and what answers."""

    method: str
    pattern: str
    handler: Handler
    scopes: tuple[str, ...]
    """Scopes an API token needs, all of them."""
    classic: tuple[str, ...]
    """Scopes an access token needs, by their older names."""
    login: bool
    """Whether the caller must be known."""
    people: bool
    """Whether access tokens are refused."""
    api_token: bool
    """Whether nothing but an API token will do."""
    tagged: bool
    """Whether answers have a tag, and who asks with it is told that nothing has changed."""


@define
class Group:
    """The operations of one file; each is added by a decorator."""

    routes: list[Route] = Factory(list)

    def on(
        self,
        method: str,
        pattern: str,
        scopes: str = "",
        classic: str = "",
        *,
        login: bool = False,
        people: bool = False,
        api_token: bool = False,
        tagged: bool = False,
    ) -> Callable[[Handler], Handler]:
        """Add an operation."""

        def add(handler: Handler) -> Handler:
            spread = tuple(scopes.split()), tuple(classic.split())
            known = login or people or api_token
            route = Route(method, pattern, handler, *spread, known, people, api_token, tagged)
            self.routes.append(route)
            return handler

        return add


@define
class _Place:
    """One step of an address: what may follow it, and what answers there."""

    named: dict[str, "_Place"] = Factory(dict)
    any: "_Place | None" = None
    rest: "_Place | None" = None
    routes: dict[str, Route] = Factory(dict)


@frozen
class Found:
    """The operations at an address by method, and the address's segments."""

    routes: dict[str, Route]
    segments: list[str]

    def params(self, route: Route) -> dict[str, str]:
        """Name the variable segments of the address."""
        named: dict[str, str] = {}
        for at, part in enumerate(steps(route.pattern)):
            if part.endswith("*}"):
                named[part[1:-2]] = "/".join(self.segments[at:])
            elif part.startswith("{"):
                named[part[1:-1]] = self.segments[at]
        return named


class Map:
    """All addresses. A plain word wins over a variable, a variable over the rest of a path."""

    def __init__(self, groups: Iterable[Group]) -> None:
        self._root = _Place()
        for group in groups:
            for route in group.routes:
                self._add(route)

    def _add(self, route: Route) -> None:
        place = self._root
        for part in steps(route.pattern):
            if part.endswith("*}"):
                place.rest = place = place.rest or _Place()
            elif part.startswith("{"):
                place.any = place = place.any or _Place()
            else:
                place = place.named.setdefault(part, _Place())
        place.routes[route.method] = route

    def find(self, path: str) -> Found | None:
        """Find an address; each segment is decoded once and dots mean nothing special.

        A slash behind a list says nothing, though a longer address may go on with any path.
        """
        segments = [unquote(part) for part in steps(path)]
        if segments and segments[-1] == "":
            place = _walk(self._root, segments[:-1], 0)
            if place is not None and _is_collection(place):
                return Found(place.routes, segments[:-1])
        place = _walk(self._root, segments, 0)
        return None if place is None else Found(place.routes, segments)


def _is_collection(place: _Place) -> bool:
    """Whether an address is of many things: only those stand a slash at their end."""
    return any(
        not route.pattern.endswith("}") or route.pattern in LISTS for route in place.routes.values()
    )


def steps(path: str) -> list[str]:
    """Split an address at its slashes."""
    return path.removeprefix("/").split("/") if path not in {"", "/"} else []


def _walk(place: _Place, segments: list[str], at: int) -> _Place | None:
    if at == len(segments):
        return place if place.routes else None
    name = segments[at]
    found = None
    if name in place.named:
        found = _walk(place.named[name], segments, at + 1)
    if found is None and place.any is not None and name:
        found = _walk(place.any, segments, at + 1)
    return found or place.rest
