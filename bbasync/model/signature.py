"""The signature is the specification: what of a call is path, what query, what body."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sized
from typing import Any, TypeVar, cast, get_args, get_type_hints, is_typeddict

from attrs import field, frozen

from ..errors import ArgumentError
from ..paging import Pager
from ..query import Condition, field_list, query_texts, sort_key
from ..wire.body import Body
from .body import encoded
from .field import wire_name
from .resource import NAMES

T = TypeVar("T")

Amend = Callable[[Iterable[tuple[str, str]]], tuple[tuple[str, str], ...]]
"""Makes a query of a query."""


@frozen
class Call:
    """One call's arguments, sorted by where they go; *query* and *form* have text only."""

    path: Mapping[str, Any]
    query: tuple[tuple[str, str], ...]
    form: tuple[tuple[str, str], ...] = ()
    body: Body | None = None
    unique: bool = False


@frozen
class Signature:
    """Reads a function's signature when it is first needed.

    Names in *in_path* go in the path, those in *in_form* in a form, ``body`` is the body, the rest
    is the query. Only what the caller passes is sent, so a default in a signature documents what
    the service does.
    """

    function: Callable[..., Any]
    in_path: frozenset[str] = frozenset()
    max_pagelen: int = 100
    default_pagelen: bool = True
    """Whether a list is asked for the largest pages when the caller names no length."""
    in_form: frozenset[str] = frozenset()
    media_type: str = "text/plain"
    """That of a ``body`` which is text."""
    max_items: int | None = None
    """The most items that a ``body`` which is an array may have."""
    amend: Amend = tuple
    """What is made of the query before it is sent."""
    _cache: dict[str, Any] = field(factory=dict, init=False, eq=False, repr=False)

    @property
    def returns(self) -> Any:
        """The return annotation."""
        return self._hints.get("return")

    @property
    def paged(self) -> bool:
        """Whether it hands back a Pager."""
        return getattr(self.returns, "__origin__", None) is Pager

    @property
    def parameters(self) -> tuple[str, ...]:
        """Every name that it takes beside ``self``."""
        own = [one.name for one in self._signature.parameters.values() if one.kind not in _VARIADIC]
        return (*own[1:], *self._keywords)

    @property
    def _hints(self) -> dict[str, Any]:
        return self._kept("hints", lambda: get_type_hints(self.function, localns=dict(NAMES)))

    @property
    def _signature(self) -> inspect.Signature:
        return self._kept("signature", lambda: inspect.signature(self.function))

    @property
    def _needs_body(self) -> bool:
        body = self._signature.parameters.get("body")
        return body is not None and body.default is inspect.Parameter.empty

    @property
    def _keywords(self) -> frozenset[str]:
        """What ``**query: Unpack[...]`` takes."""
        return self._kept("keywords", lambda: _unpacked(self._signature, self._hints))

    def _kept(self, name: str, make: Callable[[], T]) -> T:
        if name not in self._cache:
            self._cache[name] = make()
        return cast(T, self._cache[name])

    def bind(self, owner: object, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Call:
        """Sort the arguments; TypeError or ArgumentError where one can't be sent."""
        try:
            given = dict(self._signature.bind(owner, *args, **kwargs).arguments)
        except TypeError as error:
            raise TypeError(f"{self.function.__name__}(): {error}") from None
        given.pop(next(iter(self._signature.parameters)))
        for one in self._signature.parameters.values():
            if one.kind is inspect.Parameter.VAR_KEYWORD:
                given.update(self._known(given.pop(one.name, {})))
        path = {name: given.pop(name) for name in list(given) if name in self.in_path}
        body = self._body(given)
        unique = given.pop("unique", False)
        if not isinstance(unique, bool):
            raise ArgumentError(f"unique takes True or False, not {unique!r}")
        if self.paged and self.default_pagelen:
            given.setdefault("pagelen", self.max_pagelen)
        form = {name: given.pop(name) for name in list(given) if name in self.in_form}
        return Call(path, self.amend(self._query(given)), tuple(self._query(form)), body, unique)

    def _body(self, given: dict[str, Any]) -> Body | None:
        """Take the body out of what was *given*."""
        if "body" not in given:
            return None
        value, declared = given.pop("body"), self._hints.get("body")
        if value is not None or declared is Any:
            if self.max_items and isinstance(value, Sized) and len(value) > self.max_items:
                raise ArgumentError(f"body: takes {self.max_items} at the most, not {len(value)}")
            return encoded(value, declared, self.media_type)
        if self._needs_body:
            raise ArgumentError("body can't be None here: give a resource or a mapping")
        return None

    def _known(self, query: Mapping[str, Any]) -> Mapping[str, Any]:
        strange = sorted(set(query) - self._keywords)
        if strange:
            raise TypeError(
                f"{self.function.__name__}() takes no {strange[0]!r}: the service would ignore it"
            )
        return query

    def _query(self, given: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
        for name, value in given.items():
            if value is None:
                continue
            key = wire_name(name)
            try:
                yield from ((key, text) for text in self._texts(key, value))
            except (ValueError, TypeError) as error:
                raise ArgumentError(f"{name}: {error}") from error

    def _texts(self, key: str, value: Any) -> Iterable[str]:
        match key:
            case "fields":
                return [field_list(value, paged=self.paged)]
            case "sort":
                return [sort_key(value)]
            case "q" if not isinstance(value, str | Condition):
                raise TypeError(f"a filter is text or made with F, not {value!r}")
            case "pagelen" | "page" if isinstance(value, bool) or not (
                hasattr(value, "__index__") or (key == "page" and isinstance(value, str))
            ):
                raise TypeError(f"takes a whole number, not {value!r}")
            case "pagelen" if not 1 <= value <= self.max_pagelen:
                raise ValueError(f"this list takes 1 to {self.max_pagelen}, not {value}")
        return query_texts(value)


_VARIADIC = frozenset({inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL})


def _unpacked(signature: inspect.Signature, hints: Mapping[str, Any]) -> frozenset[str]:
    for one in signature.parameters.values():
        if one.kind is inspect.Parameter.VAR_KEYWORD:
            kind = next(iter(get_args(hints[one.name])), None)
            if is_typeddict(kind):
                return frozenset(get_type_hints(kind))
    return frozenset()
