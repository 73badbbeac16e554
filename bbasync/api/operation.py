"""GET, POST, PUT and DELETE: an operation is a typed signature under one of them.

They are in upper case, since a method called get would shadow a decorator get.

Names in the path go in the path, ``body`` is the body, the rest is the query; the return
annotation says how to read the answer.
"""

from __future__ import annotations

import functools
import inspect
import re
import warnings
from collections.abc import Callable
from typing import Any, ClassVar, Final, TypeVar, cast

from attrs import define, field

from ..errors import ArgumentError
from ..model.reply import item_of, pager_of, read
from ..model.resource import body_of
from ..model.signature import Signature
from ..wire.message import Body, Request, Safety, Sender
from ..wire.origin import path_tail, segment

F = TypeVar("F", bound=Callable[..., Any])

_NAME = re.compile(r"{(\w+)}")
_KEEPS_SLASHES: Final = frozenset({"path"})


@define(eq=False)
class Operation:
    """One declared operation; *scopes* are the classic ones, *path* is the documented template."""

    method: str
    path: str
    scopes: tuple[str, ...]
    safety: Safety
    signature: Signature = field(repr=False)
    notice: str = field(repr=False)
    """Why it is deprecated, and what to call instead."""
    group: str = ""
    name: str = ""

    @property
    def deprecated(self) -> bool:
        """Whether the service has announced its end, or ended it."""
        return bool(self.notice)

    def request(self, owner: object, args: tuple[Any, ...], kwargs: Any) -> tuple[Request, bool]:
        """The request of one call, and whether its walk leaves out repeated items."""
        call = self.signature.bind(owner, args, kwargs)
        address = _NAME.sub(lambda found: _part(found[1], call.path[found[1]]), self.path)
        try:
            body = None if call.body is None else Body.of_json(body_of(call.body))
        except (ValueError, TypeError) as error:
            raise ArgumentError(f"body: {error}") from error
        request = Request(self.method, address, call.query, body, safety=self.safety)
        return request, call.unique


def _part(name: str, value: object) -> str:
    return path_tail(name, value) if name in _KEEPS_SLASHES else segment(name, value)


def _declare(
    method: str,
    path: str,
    scope: str,
    safety: Safety,
    *,
    deprecated: str,
    max_pagelen: int = 100,
) -> Callable[[F], F]:
    def declare(function: F) -> F:
        operation = Operation(
            method,
            path,
            tuple(scope.split()),
            safety,
            Signature(function, frozenset(_NAME.findall(path)), max_pagelen),
            deprecated,
        )

        @functools.wraps(function)
        def walk(self: Group, *args: Any, **kwargs: Any) -> Any:
            _warn(operation)
            request, unique = operation.request(self, args, kwargs)
            kind = item_of(operation.signature.returns)
            return pager_of(kind, self._sender, request, unique=unique)

        @functools.wraps(function)
        async def fetch(self: Group, *args: Any, **kwargs: Any) -> Any:
            _warn(operation)
            request, _ = operation.request(self, args, kwargs)
            answer = await self._sender.send(request)
            return read(answer, operation.signature.returns, self._sender)

        made: Any = fetch if inspect.iscoroutinefunction(function) else walk
        made.operation = operation  # Group collects it
        return cast(F, made)

    return declare


def _warn(operation: Operation) -> None:
    if operation.notice:
        where = f"{operation.group}.{operation.name}"
        warnings.warn(f"{where}: {operation.notice}", DeprecationWarning, stacklevel=3)


def GET(
    path: str, *, scope: str = "", max_pagelen: int = 100, deprecated: str = ""
) -> Callable[[F], F]:
    """Declare an operation that reads."""
    return _declare("GET", path, scope, Safety.READ, deprecated=deprecated, max_pagelen=max_pagelen)


def POST(
    path: str, *, scope: str = "", safety: Safety = Safety.NEVER, deprecated: str = ""
) -> Callable[[F], F]:
    """Declare an operation that creates or acts."""
    return _declare("POST", path, scope, safety, deprecated=deprecated)


def PUT(
    path: str, *, scope: str = "", safety: Safety = Safety.REPEATABLE, deprecated: str = ""
) -> Callable[[F], F]:
    """Declare an operation that sets a state."""
    return _declare("PUT", path, scope, safety, deprecated=deprecated)


def DELETE(
    path: str, *, scope: str = "", safety: Safety = Safety.VERIFY, deprecated: str = ""
) -> Callable[[F], F]:
    """Declare an operation that removes."""
    return _declare("DELETE", path, scope, safety, deprecated=deprecated)


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
