"""Links: the data, following one by name, and ``@link`` methods that follow one with types."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping
from typing import Any, Final, Self, TypeVar, Unpack, cast

from attrs import evolve, field, frozen
from uritemplate import URITemplate

from ..errors import ArgumentError, UnknownRelError
from ..paging import ListQuery, Pager
from ..wire.message import Answer, Request, Safety, Sender
from ..wire.origin import segment
from ..wire.stream import Stream
from .reply import item_of, pager_of, read
from .resource import Resource
from .signature import Amend, Signature

ACTIONS: Final = frozenset({"approve", "request-changes", "merge", "decline"})
"""Rels that do something: their address takes a POST."""


@frozen
class Link:
    """One link: *href* as sent, and the *name* and *title* that some have."""

    href: str
    name: str | None = None
    title: str | None = None
    templated: bool = False
    """Whether *href* is an RFC 6570 template. Literal braces alone do not make it one."""

    @classmethod
    def of_wire(cls, data: Any) -> Link | None:
        """A link from its object; None where it has no address."""
        href = data.get("href") if isinstance(data, dict) else None
        if not isinstance(href, str) or not href:
            return None
        templated = str(data.get("templated", False)).lower() == "true"
        return cls(href, data.get("name"), data.get("title"), templated)

    @property
    def variables(self) -> tuple[str, ...]:
        """The names that a template wants."""
        return tuple(URITemplate(self.href).variable_names) if self.templated else ()

    def expand(self, variables: Mapping[str, object]) -> Link:
        """Fill in a template; ArgumentError for a variable that is missing or has no place."""
        wanted = set(self.variables)
        if wanted != set(variables):
            what = f"the variables {', '.join(sorted(wanted))}" if wanted else "no variables"
            got = ", ".join(sorted(variables)) or "none"
            raise ArgumentError(f"the link {self.href} takes {what}, not {got}")
        if not self.templated:
            return self
        for name, value in variables.items():
            segment(name, value)  # refuses what would address something else
        href = URITemplate(self.href).expand({name: str(one) for name, one in variables.items()})
        return evolve(self, href=href, templated=False)


class Links:
    """A resource's links by rel: ``links["html"].href``; iterating gives the rels."""

    def __init__(self, data: Any, owner: object) -> None:
        self._owner = owner
        if isinstance(data, list):  # the layout of API 1.0, still seen: [{"rel", "href"}]
            by_rel: dict[str, list[Any]] = {}
            for one in data:
                if isinstance(one, dict) and isinstance(one.get("rel"), str):
                    by_rel.setdefault(one["rel"], []).append(one)
            data = by_rel
        self._data: Mapping[str, Any] = data if isinstance(data, dict) else {}

    def __contains__(self, rel: object) -> bool:
        return isinstance(rel, str) and bool(self.all(rel))

    def __iter__(self) -> Iterator[str]:
        return (rel for rel in self._data if self.all(rel))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"<Links {', '.join(self) or 'none'}>"

    def __getitem__(self, rel: str) -> Link:
        return self.choose(rel, None)

    def all(self, rel: str) -> tuple[Link, ...]:
        """Every link of *rel*: repositories have two to clone from."""
        value = self._data.get(rel)
        made = [Link.of_wire(one) for one in (value if isinstance(value, list) else [value])]
        return tuple(one for one in made if one is not None)

    def choose(self, rel: str, named: str | None) -> Link:
        """The one link of *rel*, or the one called *named*; UnknownRelError where there is none."""
        every = self.all(rel)
        fitting = [one for one in every if named is None or one.name == named]
        if len(fitting) == 1:
            return fitting[0]
        if not every:
            known = ", ".join(self) or "no links at all: did fields= leave them out?"
            raise UnknownRelError(f"{self._owner!r} has no link {rel!r}; it has {known}")
        names = ", ".join(str(one.name) for one in every)
        asked = f"none called {named!r}" if named is not None else "choose one with named="
        raise UnknownRelError(f"{self._owner!r} has {len(every)} links {rel!r} ({names}): {asked}")


@frozen
class Rel:
    """A link ready to be followed: ``await`` it for a resource, ``async for`` over a list."""

    _sender: Sender = field(repr=False)
    name: str
    link: Link
    _declared: Signature | None = field(default=None, repr=False)

    def __await__(self) -> Generator[Any, None, Resource]:
        return self._follow().__await__()

    def __aiter__(self) -> AsyncIterator[Resource]:
        return aiter(self.list())

    async def answer(self) -> Answer:
        """What is behind the link as it came: for diffs, patches and files, which are bytes."""
        return await self._sender.send(_following(self.name, self.link.href))

    def stream(self) -> Stream:
        """The same piece by piece: for what may be large."""
        return Stream(self._sender, Request("GET", self.link.href))

    async def _follow(self) -> Resource:
        found = read(await self.answer(), Resource, self._sender)
        if isinstance(found.to_dict().get("values"), list):
            raise ArgumentError(f"the link {self.name!r} is a list: walk it with async for")
        return cast(Resource, found)

    def list(self, **query: Unpack[ListQuery]) -> Pager[Resource]:
        """The list behind the link, with the parameters that lists take."""
        if self.name in ACTIONS:
            raise ArgumentError(f"the link {self.name!r} does something: await it")
        paged = self._declared if self._declared and self._declared.paged else None
        call = evolve(_LISTING, max_pagelen=paged.max_pagelen if paged else 100).bind(
            self, (), query if paged is None else {"pagelen": paged.max_pagelen, **query}
        )
        kind = item_of(paged.returns) if paged else Resource
        request = Request("GET", self.link.href, call.query)
        return pager_of(kind, self._sender, request, unique=call.unique)


def _following(rel: str, href: str) -> Request:
    """The request that follows a link; one that does something is a POST, and never repeated."""
    if rel in ACTIONS:
        return Request("POST", href, safety=Safety.NEVER)
    return Request("GET", href)


# Which list stands behind a link that no class declares, and its limit, is not known here.
_LISTING: Final = Signature(Rel.list, default_pagelen=False)

F = TypeVar("F", bound=Callable[..., Any])


def link(rel: str, *, max_pagelen: int = 100, amend: Amend = tuple) -> Callable[[F], F]:
    """Declare a method that follows *rel*; its signature and annotation are the specification."""

    def declare(function: F) -> F:
        signature = Signature(function, max_pagelen=max_pagelen, amend=amend)

        def prepare(owner: Resource, args: tuple[Any, ...], kwargs: Any) -> tuple[Request, bool]:
            found = owner.links[rel]
            places = frozenset(found.variables)
            fitting = evolve(signature, in_path=places) if places else signature
            call = fitting.bind(owner, args, kwargs)
            href = found.expand(call.path).href
            return evolve(_following(rel, href), query=call.query, body=call.body), call.unique

        @functools.wraps(function)
        def walk(self: Resource, *args: Any, **kwargs: Any) -> Any:
            request, unique = prepare(self, args, kwargs)
            if signature.returns is Stream:
                return Stream(self.sender, request)
            return pager_of(item_of(signature.returns), self.sender, request, unique=unique)

        @functools.wraps(function)
        async def fetch(self: Resource, *args: Any, **kwargs: Any) -> Any:
            request, _ = prepare(self, args, kwargs)
            returns = type(self) if signature.returns is Self else signature.returns
            return read(await self.sender.send(request), returns, self.sender)

        made: Any = fetch if inspect.iscoroutinefunction(function) else walk
        made.follows = (rel, signature)  # see declared
        return cast(F, made)

    return declare


def follows(rel: str) -> Callable[[F], F]:
    """Say that a method with a body of its own follows *rel*: for what no annotation can say."""

    def declare(function: F) -> F:
        made: Any = function
        made.follows = (rel, Signature(function))
        return cast(F, made)

    return declare


def declared(cls: type[Resource], rel: str) -> Signature | None:
    """The signature of the method of *cls* that follows *rel*, if it has one."""
    return next((signature for _, name, signature in methods_of(cls) if name == rel), None)


def methods_of(cls: type[Resource]) -> Iterator[tuple[str, str, Signature]]:
    """Every ``@link`` method of *cls*: its name, its rel, its signature."""
    for kind in cls.__mro__:
        for name, made in vars(kind).items():
            if hasattr(made, "follows"):
                yield name, *made.follows
