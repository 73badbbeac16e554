"""What a write sends: from the ``body`` that a caller gives to bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import UnionType
from typing import Any, Union, get_args, get_origin

from ..errors import ArgumentError
from ..wire.body import Body
from .convert import to_wire
from .resource import Resource


def encoded(value: Any, declared: Any, media_type: str) -> Body:
    """*value* as the annotation *declared* says: an object, an array, any JSON, text, or bytes.

    ArgumentError where it is none of these, which does not repeat *value*: it may be a secret.
    *media_type* is that of text.
    """
    kinds = get_args(declared) if get_origin(declared) in {Union, UnionType} else (declared,)
    if isinstance(value, Body) and Body in kinds:
        return value
    if isinstance(value, str) and str in kinds:
        return Body.of_text(value, media_type)
    try:
        if declared is Any:
            return Body.of_json(to_wire(value))
        if any(get_origin(one) is Sequence for one in kinds):
            return Body.of_json(_array_of(value))
        return Body.of_json(_object_of(value))
    except (ValueError, TypeError) as error:
        raise ArgumentError(f"body: {error}") from error


def _array_of(value: Any) -> list[Any]:
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        raise TypeError(f"takes a list, not {type(value).__name__}")
    return [_object_of(one) for one in value]


def _object_of(value: Resource | Mapping[str, Any]) -> Any:
    """What was set on a resource, all of a mapping.

    A resource on which nothing was set is refused: sending back what came in, read-only members
    and all, is never what was meant.
    """
    if isinstance(value, Mapping):
        return to_wire(value)
    if not isinstance(value, Resource):
        raise TypeError(f"takes a resource or a mapping, not {type(value).__name__}")
    changes = value.to_body()
    if not changes:
        raise ValueError(f"{value!r} has no field set: there is nothing to write")
    return changes
