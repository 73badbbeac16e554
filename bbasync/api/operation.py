"""GET, POST, PUT and DELETE: an operation is a typed signature under one of them.

They are in upper case, since a method called get would shadow a decorator get.

Names in the path go in the path, ``body`` is the body, the rest is the query; the return
annotation says how to read the answer: a resource, a Pager, a Stream, a Sequence of resources,
``str`` and ``bytes`` as they came, ``Any`` for JSON without a class, Answer for all of it.
"""

from __future__ import annotations

import functools
import inspect
import re
import warnings
from collections.abc import Callable
from typing import Any, ClassVar, Final, Literal, TypedDict, TypeVar, Unpack, cast

from attrs import define, field

from ..model.reply import item_of, pager_of, read
from ..model.signature import Amend, Signature
from ..paging import Walk
from ..wire.body import Body
from ..wire.message import Request, Safety, Sender
from ..wire.origin import path_tail, segment
from ..wire.stream import Stream

F = TypeVar("F", bound=Callable[..., Any])

_NAME = re.compile(r"{(\w+)}")
_KEEPS_SLASHES: Final = frozenset({"path"})


Only = Literal["", "person", "api_token", "connect_jwt", "forge"]
"""Whose credential an operation takes: anybody's, or no access token (a person's, then), or none
but a user's API token, the JWT of a Connect app, or that of a Forge app."""


@define(eq=False)
class Operation:
    """One declared operation; *path* is the documented template.

    Which scopes it needs depends on the credential, and it needs all of them: *scopes*, the
    classic ones, of OAuth consumers, access tokens and Connect apps, or *granular_scopes*, of API
    tokens and Forge apps (``read:repository:bitbucket``). Empty: none is documented.
    """

    method: str
    path: str
    scopes: tuple[str, ...]
    safety: Safety
    signature: Signature = field(repr=False)
    notice: str = field(repr=False)
    """Why it is deprecated, and what to call instead."""
    constant: Body | None = field(default=None, repr=False)
    """The body that is sent when the caller has none to give."""
    granular_scopes: tuple[str, ...] = field(default=(), kw_only=True)
    only: Only = field(default="", kw_only=True)
    """Whose credential is taken, where that is not anybody's."""
    group: str = ""
    name: str = ""

    @property
    def deprecated(self) -> bool:
        """Whether the service has announced its end, or ended it."""
        return bool(self.notice)

    def request(self, owner: object, args: tuple[Any, ...], kwargs: Any) -> tuple[Request, Walk]:
        """The request of one call, and how its list is to be walked."""
        call = self.signature.bind(owner, args, kwargs)
        address = self.path.format_map({name: _part(name, one) for name, one in call.path.items()})
        body = call.body or self.constant
        if self.signature.in_form:
            body = Body.of_form(call.form)
        name = f"{self.group}.{self.name}"
        request = Request(
            self.method, address, call.query, body, safety=self.safety, operation=name
        )
        return request, call.walk


def _part(name: str, value: object) -> str:
    return path_tail(name, value) if name in _KEEPS_SLASHES else segment(name, value)


class _Options(TypedDict, total=False):
    """What the decorators take beside the path."""

    scope: str
    """The classic scopes, with spaces between them."""
    granular: str
    """The granular scopes, with spaces between them and without the ``:bitbucket`` of each."""
    only: Only
    """Whose credential is taken, where the scopes do not tell it."""
    safety: Safety
    deprecated: str
    """Why it is, and what to call instead."""
    max_pagelen: int
    """The longest page that a list allows, which it is asked for when the caller names none."""
    form: tuple[str, ...]
    """Parameters that go in a form instead of the query."""
    media_type: str
    """That of a ``body`` which is text."""
    max_items: int
    """The most items that a ``body`` which is an array may have."""
    constant: Body
    """The body that is always sent."""
    amend: Amend
    """What is made of the query before it is sent."""


def _declare(method: str, path: str, safety: Safety, options: _Options) -> Callable[[F], F]:
    def declare(function: F) -> F:
        signature = Signature(
            function,
            frozenset(_NAME.findall(path)),
            options.get("max_pagelen", 100),
            in_form=frozenset(options.get("form", ())),
            media_type=options.get("media_type", "text/plain"),
            max_items=options.get("max_items"),
            amend=options.get("amend", tuple),
        )
        operation = Operation(
            method,
            path,
            tuple(options.get("scope", "").split()),
            options.get("safety", safety),
            signature,
            options.get("deprecated", ""),
            options.get("constant"),
            granular_scopes=tuple(
                f"{one}:bitbucket" for one in options.get("granular", "").split()
            ),
            only=options.get("only", ""),
        )

        @functools.wraps(function)
        def walk(self: Group, *args: Any, **kwargs: Any) -> Any:
            self._warn(operation)
            request, how = operation.request(self, args, kwargs)
            if operation.signature.returns is Stream:
                return Stream(self._sender, request)
            kind = item_of(operation.signature.returns)
            return pager_of(kind, self._sender, request, how)

        @functools.wraps(function)
        async def fetch(self: Group, *args: Any, **kwargs: Any) -> Any:
            self._warn(operation)
            request, _ = operation.request(self, args, kwargs)
            answer = await self._sender.send(request)
            return read(answer, operation.signature.returns, self._sender)

        made: Any = fetch if inspect.iscoroutinefunction(function) else walk
        made.operation = operation  # Group collects it
        return cast(F, made)

    return declare


def GET(path: str, **options: Unpack[_Options]) -> Callable[[F], F]:
    """Declare an operation that reads."""
    return _declare("GET", path, Safety.READ, options)


def POST(path: str, **options: Unpack[_Options]) -> Callable[[F], F]:
    """Declare an operation that creates or acts: never repeated unless its safety says so."""
    return _declare("POST", path, Safety.NEVER, options)


def PUT(path: str, **options: Unpack[_Options]) -> Callable[[F], F]:
    """Declare an operation that sets a state."""
    return _declare("PUT", path, Safety.REPEATABLE, options)


def DELETE(path: str, **options: Unpack[_Options]) -> Callable[[F], F]:
    """Declare an operation that removes."""
    return _declare("DELETE", path, Safety.VERIFY, options)


class Group:
    """A documented group of operations, an attribute of the client.

    A large group is put together from parts, which are subclasses without a name.
    """

    operations: ClassVar[tuple[Operation, ...]] = ()
    named: ClassVar[dict[str, type[Group]]] = {}
    """Every group by its name."""

    def __init_subclass__(cls, *, name: str = "") -> None:
        if not name:
            return
        found = {
            key: made.operation
            for kind in reversed(cls.__mro__)
            for key, made in vars(kind).items()
            if hasattr(made, "operation")
        }
        for key, operation in found.items():
            operation.group, operation.name = name, key
        cls.operations = tuple(found.values())
        Group.named[name] = cls

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._warned: set[str] = set()

    def _warn(self, operation: Operation) -> None:
        """Say once that an operation is deprecated; the service is asked all the same."""
        if operation.notice and operation.name not in self._warned:
            self._warned.add(operation.name)
            where = f"{operation.group}.{operation.name}"
            warnings.warn(f"{where}: {operation.notice}", DeprecationWarning, stacklevel=3)
