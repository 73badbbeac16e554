"""The signature is the specification: what of a call is path, what query, what body."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sized
from functools import cached_property
from typing import Any, get_args, get_type_hints, is_typeddict

from attrs import define, frozen

from ..errors import ArgumentError
from ..paging import AS_USUAL, Pager, Walk
from ..query import Condition, field_list, query_texts, sort_key
from ..wire.body import Body
from .body import encoded
from .shape import NAMES, wire_name

Amend = Callable[[Iterable[tuple[str, str]]], tuple[tuple[str, str], ...]]
"""Makes a query of a query."""


@define
class Call:
    """One call's arguments, sorted by where they go; *query* and *form* have text only."""

    path: Mapping[str, Any]
    query: tuple[tuple[str, str], ...]
    form: tuple[tuple[str, str], ...] = ()
    body: Body | None = None
    walk: Walk = AS_USUAL


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

    @cached_property
    def returns(self) -> Any:
        """The return annotation."""
        return self._hints.get("return")

    @cached_property
    def paged(self) -> bool:
        """Whether it hands back a Pager."""
        return getattr(self.returns, "__origin__", None) is Pager

    @property
    def parameters(self) -> tuple[str, ...]:
        """Every name that it takes beside ``self``."""
        own = [one.name for one in self._signature.parameters.values() if one.kind not in _VARIADIC]
        return (*own[1:], *self._keywords)

    @cached_property
    def _hints(self) -> dict[str, Any]:
        return get_type_hints(self.function, localns=dict(NAMES))

    @cached_property
    def _signature(self) -> inspect.Signature:
        return inspect.signature(self.function)

    @cached_property
    def _by_place(self) -> tuple[str, ...]:
        """What can be given by its place, beside ``self``."""
        found = self._signature.parameters.values()
        return tuple(one.name for one in found if one.kind in _PLACED)[1:]

    @cached_property
    def _enough(self) -> range:
        """With how many arguments by their place a call needs no others."""
        required = [
            one
            for one in self._signature.parameters.values()
            if one.default is inspect.Parameter.empty and one.kind not in _VARIADIC
        ]
        if any(one.kind not in _PLACED for one in required):
            return range(0)
        return range(len(required) - 1, len(self._by_place) + 1)

    @property
    def _needs_body(self) -> bool:
        body = self._signature.parameters.get("body")
        return body is not None and body.default is inspect.Parameter.empty

    @cached_property
    def _keywords(self) -> frozenset[str]:
        """What ``**query: Unpack[...]`` takes."""
        return _unpacked(self._signature, self._hints)

    def bind(self, owner: object, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Call:
        """Sort the arguments; TypeError or ArgumentError where one can't be sent."""
        given = self._given(owner, args, kwargs)
        path = {name: given.pop(name) for name in list(given) if name in self.in_path}
        if not given and not self.paged:  # as with most single objects
            return Call(path, self.amend(()))
        body = self._body(given)
        walk = Walk.taken_from(given)
        if self.paged and self.default_pagelen:
            given.setdefault("pagelen", self.max_pagelen)
        form = {name: given.pop(name) for name in list(given) if name in self.in_form}
        return Call(path, self.amend(self._query(given)), tuple(self._query(form)), body, walk)

    def _given(
        self, owner: object, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The arguments by their names, in the order of the signature."""
        if not kwargs and len(args) in self._enough:
            return dict(zip(self._by_place, args, strict=False))  # inspect takes ten times as long
        try:
            given = dict(self._signature.bind(owner, *args, **kwargs).arguments)
        except TypeError as error:
            raise TypeError(f"{self.function.__name__}(): {error}") from None
        given.pop(next(iter(self._signature.parameters)))
        for one in self._signature.parameters.values():
            if one.kind is inspect.Parameter.VAR_KEYWORD:
                given.update(self._known(given.pop(one.name, {})))
        return given

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
_PLACED = frozenset({inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD})


def _unpacked(signature: inspect.Signature, hints: Mapping[str, Any]) -> frozenset[str]:
    for one in signature.parameters.values():
        if one.kind is inspect.Parameter.VAR_KEYWORD:
            kind = next(iter(get_args(hints[one.name])), None)
            if is_typeddict(kind):
                return frozenset(get_type_hints(kind))
    return frozenset()
