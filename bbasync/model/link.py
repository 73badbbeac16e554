"""Following links: one by name, and ``@link`` methods that follow one with types."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from typing import Any, Final, Self, TypeVar, Unpack, cast

from attrs import evolve, field, frozen

from ..errors import ArgumentError
from ..paging import ListQuery, Pager, Walk
from ..wire.message import Answer, Request, Safety, Sender
from ..wire.stream import Stream
from .links import Link
from .reply import item_of, pager_of, read
from .resource import Resource
from .signature import Amend, Signature

ACTIONS: Final = frozenset({"approve", "request-changes", "merge", "decline"})
"""Rels that do something: their address takes a POST."""


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
        return pager_of(kind, self._sender, request, call.walk)


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

        def prepare(owner: Resource, args: tuple[Any, ...], kwargs: Any) -> tuple[Request, Walk]:
            found = owner.links[rel]
            places = frozenset(found.variables)
            fitting = evolve(signature, in_path=places) if places else signature
            call = fitting.bind(owner, args, kwargs)
            href = found.expand(call.path).href
            return evolve(_following(rel, href), query=call.query, body=call.body), call.walk

        @functools.wraps(function)
        def walk(self: Resource, *args: Any, **kwargs: Any) -> Any:
            request, how = prepare(self, args, kwargs)
            if signature.returns is Stream:
                return Stream(self.sender, request)
            return pager_of(item_of(signature.returns), self.sender, request, how)

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
