"""A declared field: it reads the decoded JSON, and structures what it finds the first time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, get_args, get_type_hints

import attrs

from ..errors import DecodingError
from .convert import binding, converter

if TYPE_CHECKING:
    from .resource import Resource

BY_HAND: Final = ...
"""Stands for the JSON of a resource made by hand; JSON has no such value, and it can be pickled."""

_PLAIN: Final = frozenset({str, int, bool})
_LONGEST_SHOWN = 80


class _Unresolved:
    """The type of no value: a field is of it until its class's annotations are resolved."""


class Field:
    """One field of a resource class, as a descriptor.

    A value that is already what its annotation says is handed out as it is. Others are structured
    once and kept in the instance's dictionary, which comes before this descriptor from then on;
    what a user sets goes there too.
    """

    __slots__ = ("_hint", "_hook", "_plain", "key", "name", "owner")

    def __init__(self, owner: type[Resource], name: str) -> None:
        self.owner = owner
        self.name = name
        self.key = wire_name(name)
        self._plain: type = _Unresolved
        self._hint: Any = None
        self._hook: Callable[[Any, Any], Any] | None = None

    def __get__(self, made: Resource | None, _: type | None = None) -> Any:
        """The value; DecodingError where it is not what the annotation says."""
        if made is None:
            return self
        raw = made._raw  # noqa: SLF001 - this is the other half of Resource
        if type(raw) is not dict:
            if raw is BY_HAND:
                return None
            raise DecodingError(f"{made._label()}: expected an object, got {_short(raw)}")  # noqa: SLF001
        value = raw.get(self.key)
        if value is None or type(value) is self._plain:
            return value
        return self._structured(made, value)

    def _structured(self, made: Resource, value: Any) -> Any:
        hook = self._hook or self._resolve()
        token = binding.set(made._sender)  # noqa: SLF001
        try:
            kept = made.__dict__[self.name] = hook(value, self._hint)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise DecodingError(
                f"{made._label()}: {self.key} is not {_spelled(self._hint)} but {_short(value)}"  # noqa: SLF001
            ) from error
        finally:
            binding.reset(token)
        return kept

    def _resolve(self) -> Callable[[Any, Any], Any]:
        """Find the hook; only when a value needs it, since by then every class is declared."""
        from .resource import NAMES  # noqa: PLC0415 - it needs this module

        hint = get_type_hints(self.owner, localns=dict(NAMES))[self.name]
        kinds = [one for one in get_args(hint) or (hint,) if one is not type(None)]
        self._hint = kinds[0] if len(kinds) == 1 else hint
        if self._hint in _PLAIN:
            self._plain = self._hint
        self._hook = converter.get_structure_hook(self._hint)
        return self._hook


def install(cls: type[Any]) -> None:
    """Make each field that *cls* itself declares a Field."""
    for one in attrs.fields(cls):
        if not one.inherited:
            setattr(cls, one.name, Field(cls, one.name))


_NAMES: dict[type, Mapping[str, None]] = {}


def fields_of(cls: type[Any]) -> Mapping[str, None]:
    """The names of the fields of *cls*, in order."""
    found = _NAMES.get(cls)
    if found is None:
        declared = attrs.fields(cls) if attrs.has(cls) else ()
        found = _NAMES[cls] = dict.fromkeys(one.name for one in declared)
    return found


def wire_name(name: str) -> str:
    """The wire's name of a field or parameter.

    Names that Python has taken end with an underscore, and two underscores stand for a dot.
    """
    return name.rstrip("_").replace("__", ".")


def _spelled(hint: Any) -> str:
    text = hint.__name__ if isinstance(hint, type) else str(hint)
    return text.replace("typing.", "").replace("collections.abc.", "")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 3]}..."
