"""A declared field: it reads what its object decoded, and structures what it finds once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import attrs
from msgspec import Raw

from ..errors import DecodingError
from ..wire.message import loads
from .convert import binding, converter
from .shape import BYTES, hints_of, is_lean, is_object, is_resource, opened, wire_name

if TYPE_CHECKING:
    from .resource import Resource

BY_HAND: Final = ...
"""Stands for the JSON of a resource made by hand; JSON has no such value, and it can be pickled."""

_ODD: Final = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""What structuring a value raises that is not as declared."""

_LONGEST_SHOWN = 80
_IDENTITY: Final = (
    "full_name", "slug", "key", "display_name", "name", "title", "nickname", "label", "uuid", "id",
    "hash",
)  # fmt: skip
_LONGEST_NAME: Final = 60
"""Whatever is longer is no name: the ``key`` of SSH and GPG keys is the whole key."""


class Field:
    """One field of a resource class, as a descriptor.

    Values are kept in the instance's dictionary, which comes before this descriptor: lean ones all
    at once, when the first is read, others when they are structured, and what a user sets. So this
    is asked only for what is not there yet, and for what did not come.
    """

    __slots__ = ("_hint", "_hook", "_lean", "_make", "_nests", "key", "name", "owner")

    def __init__(self, owner: type[Resource], name: str) -> None:
        self.owner = owner
        self.name = name
        self.key = wire_name(name)
        self._hint: Any = None
        self._hook: Callable[[Any, Any], Any] | None = None
        self._lean = False
        self._make: Callable[[Any, Any, Any], Any] | None = None
        """Makes the resource that the value is."""
        self._nests = False
        """Whether there may be resources in what the hook makes, which need the client."""

    def __get__(self, made: Resource | None, _: type | None = None) -> Any:
        """The value; DecodingError where it is not what the annotation says."""
        if made is None:
            return self
        hook = self._hook or self._resolve()
        found = made._lean_ones() if self._lean else made._rest_of_it()
        value = found.get(self.key) if type(found) is dict else getattr(found, self.name)
        if value is None or type(value) is self._hint:
            return value
        kept = made.__dict__[self.name] = self._structured(hook, made, value)
        return kept

    def _structured(self, hook: Callable[[Any, Any], Any], made: Resource, value: Any) -> Any:
        if self._make is not None and type(value) is Raw and is_object(value):
            return self._make(value, self._hint, made._origin[1])
        token = binding.set(made._origin[1]) if self._nests else None
        try:
            seen = opened(value, self._hint) if type(value) is Raw else value
            return None if seen is None else hook(seen, self._hint)
        except _ODD as error:
            raise DecodingError(
                f"{made._label()}: {self.key} is not {_spelled(self._hint)} but {short(value)}"
            ) from error
        finally:
            if token is not None:
                binding.reset(token)

    def _resolve(self) -> Callable[[Any, Any], Any]:
        """Find the hook; only when a value needs it, since by then every class is declared."""
        hint = self._hint = hints_of(self.owner)[self.name]
        self._lean = is_lean(self.name, hint)
        self._nests = not self._lean and hint is not datetime
        if is_resource(hint):
            from .make import from_wire  # noqa: PLC0415 - it needs this module

            self._make = from_wire
        self._hook = converter.get_structure_hook(hint)
        return self._hook


def install(cls: type[Any]) -> None:
    """Make each field that *cls* itself declares a Field."""
    for one in attrs.fields(cls):
        if not one.inherited:
            setattr(cls, one.name, Field(cls, one.name))


def _spelled(hint: Any) -> str:
    text = hint.__name__ if isinstance(hint, type) else str(hint)
    return text.replace("typing.", "").replace("collections.abc.", "")


def called(cls: type[Resource], known: Any) -> str:
    """What an error calls an object of *cls*, of which *known* came in."""
    keys = known if isinstance(known, dict) else {}
    first = next((keys[key] for key in _IDENTITY if _is_name(keys.get(key))), None)
    return cls.__name__ if first is None else f"{cls.__name__} {first}"


def _is_name(value: Any) -> bool:
    return isinstance(value, str | int) and 0 < len(str(value)) <= _LONGEST_NAME


def short(value: Any) -> str:
    """*value* for an error: one line, and the start of a long one."""
    try:
        text = repr(loads(value) if isinstance(value, BYTES) else value)
    except RecursionError:
        return "something nested too deeply"
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 3]}..."
