"""The one cattrs converter: values from the wire, and values to the wire."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from datetime import date, datetime
from enum import Enum
from types import MappingProxyType
from typing import Any, Final, get_args, get_origin

from cattrs import Converter

from ..wire.message import Sender

converter: Final = Converter(detailed_validation=False)
"""Structures what the wire sends, and unstructures what is written."""

binding: Final[ContextVar[Sender | None]] = ContextVar("binding", default=None)
"""The client of the resource whose field is being structured, for the resources inside it."""


def _exactly(kind: type) -> Callable[[Any, Any], Any]:
    def check(value: Any, _: Any) -> Any:
        if isinstance(value, kind) and (kind is bool or not isinstance(value, bool)):
            return value
        raise ValueError(f"not {kind.__name__}")

    return check


def _float(value: Any, _: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise ValueError("not a number")


def _datetime(value: Any, _: Any) -> datetime:
    """Aware with the offset that was sent, naive where none was."""
    if not isinstance(value, str):
        raise ValueError("not a time")  # noqa: TRY004 - the caller turns ValueError into its own
    return datetime.fromisoformat(value)


def _is_sequence(kind: Any) -> bool:
    return get_origin(kind) is Sequence


def _sequence_hook(kind: Any) -> Callable[[Any, Any], tuple[Any, ...]]:
    item = get_args(kind)[0]

    def structure(value: Any, _: Any) -> tuple[Any, ...]:
        # A tuple, so that a change in place, which no write would send, is not possible.
        if not isinstance(value, list):
            raise ValueError("not a list")  # noqa: TRY004 - see _datetime
        return tuple(converter.structure(one, item) for one in value)

    return structure


def _is_mapping(kind: Any) -> bool:
    return get_origin(kind) is Mapping


def _mapping_hook(kind: Any) -> Callable[[Any, Any], Mapping[str, Any]]:
    item = get_args(kind)[1]

    def structure(value: Any, _: Any) -> Mapping[str, Any]:
        # As with lists: changes in place would be lost in silence.
        if not isinstance(value, dict):
            raise ValueError("not an object")  # noqa: TRY004 - see _datetime
        if item is Any:
            return MappingProxyType(value)
        made = {key: converter.structure(one, item) for key, one in value.items()}
        return MappingProxyType(made)

    return structure


for _kind in (str, int, bool):
    converter.register_structure_hook(_kind, _exactly(_kind))
converter.register_structure_hook(float, _float)
converter.register_structure_hook(datetime, _datetime)
converter.register_structure_hook_factory(_is_sequence, _sequence_hook)
converter.register_structure_hook_factory(_is_mapping, _mapping_hook)


def to_wire(value: Any) -> Any:
    """*value* as JSON can say it."""
    match value:
        case None | str() | bool() | int() | float():
            return value.value if isinstance(value, Enum) else value
        case datetime() | date():
            return value.isoformat()
        case Mapping():
            return {str(key): to_wire(one) for key, one in value.items()}
        case Iterable() if not isinstance(value, bytes | bytearray):
            return [to_wire(one) for one in value]
    return converter.unstructure(value)
