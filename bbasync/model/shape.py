"""Shapes: what is decoded of an object at once, and what stays bytes until it is read.

Most of a page is never looked at. So an object stays the bytes that it is of its page until one of
its fields is read; then its texts, numbers and truth values are decoded in one pass, and what is
nested when something nested is read. Whatever does not fit the class (a number where a text should
be) is decoded whole: an odd field is an error where it is read, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import (
    TYPE_CHECKING,
    Any,
    Final,
    TypeAlias,
    TypedDict,
    TypeVar,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

import attrs
from msgspec import Raw, Struct, defstruct, field
from msgspec.json import Decoder

from ..paging.page import PageShape
from ..wire.message import loads

if TYPE_CHECKING:
    from .resource import Resource

_T = TypeVar("_T")

Bytes: TypeAlias = Raw | bytes
"""JSON that is not decoded yet; a Raw is a part of the bytes of a page, and keeps these alive."""

BYTES: Final = (Raw, bytes)

NAMES: Final[dict[str, type[Resource]]] = {}
"""Every resource class by its name, for annotations that name each other in circles."""

TYPES: Final[dict[str, type[Resource]]] = {}
"""Resource classes by the wire's ``type``."""

PLAIN: Final = frozenset({str, int, bool})
_UNFIT: Final = (ValueError, RecursionError)

_FEW: Final = 8
"""Fields up to which an object with others in it is a row, of which all is read mostly."""
_BRACE: Final = ord("{")


_members: Final = Decoder(dict[str, Raw])


class _Kind(Struct):
    type: Any = None


_kinds: Final = Decoder(_Kind)


def _once(make: Callable[[Any], _T]) -> Callable[[Any], _T]:
    """Make the same only once for each class or hint."""
    return cache(make)


@_once
def fields_of(cls: type[Any]) -> Mapping[str, None]:
    """The names of the fields of *cls*, in order."""
    declared = attrs.fields(cls) if attrs.has(cls) else ()
    return dict.fromkeys(one.name for one in declared)


def wire_name(name: str) -> str:
    """The wire's name of a field or parameter.

    Names that Python has taken end with an underscore, and two underscores stand for a dot.
    """
    return name.rstrip("_").replace("__", ".")


@_once
def hints_of(cls: type[Any]) -> Mapping[str, Any]:
    """What each field of *cls* is, beside None; asked for when every class is declared."""
    hints = get_type_hints(cls, localns=dict(NAMES))
    return {name: _beside_none(hints[name]) for name in fields_of(cls)}


def _beside_none(hint: Any) -> Any:
    kinds = [one for one in get_args(hint) or (hint,) if one is not type(None)]
    return kinds[0] if len(kinds) == 1 else hint


def kinds_of(cls: type[Any]) -> list[type[Any]]:
    """The classes that may come where *cls* is declared; itself first."""
    return [cls, *(one for one in TYPES.values() if one is not cls and issubclass(one, cls))]


def is_resource(hint: Any) -> bool:
    """Whether values of *hint* are resources."""
    return hasattr(hint, "to_dict")


def is_lean(name: str, hint: Any) -> bool:
    """Whether a field is decoded with the first that is read, under its own name."""
    return hint in PLAIN and wire_name(name) == name


def _lean_members(classes: Sequence[type[Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for cls in classes:
        for name, hint in hints_of(cls).items():
            if is_lean(name, hint):
                found.setdefault(name, hint | None)
    return found


@_once
def _lean_of(cls: type[Any]) -> Callable[[Bytes], dict[str, Any]]:
    shape: Any = TypedDict(cls.__name__, _lean_members([cls]), total=False)  # type: ignore[misc]
    return cast("Callable[[Bytes], dict[str, Any]]", Decoder(shape).decode)


def lean_in(data: Bytes, cls: type[Any]) -> dict[str, Any] | None:
    """The lean fields of *cls* that are in *data*; None where one of them is something else."""
    try:
        return _lean_of(cls)(data)
    except _UNFIT:
        return None


@_once
def _rest_of(cls: type[Any]) -> Callable[[Bytes], Struct]:
    members = [
        (name, str | None if hint is datetime else Raw, field(name=wire_name(name), default=None))
        for name, hint in hints_of(cls).items()
        if not is_lean(name, hint)
    ]
    if "links" not in fields_of(cls):
        members.append(("links", Raw, field(default=None)))
    # The collector need not look at what can't hold itself.
    return Decoder(defstruct(cls.__name__, members, gc=False)).decode


def rest_in(data: Bytes, cls: type[Any]) -> Struct | None:
    """The other fields of *cls* and the links, mostly as bytes; None where one does not fit."""
    try:
        return _rest_of(cls)(data)
    except _UNFIT:
        return None


@_once
def nested_in(cls: type[Any]) -> Mapping[str, Any]:
    """The resources that are decoded with an item, and of which class: where it has little else."""
    hints = hints_of(cls)
    if len(hints) > _FEW:
        return {}
    return {n: hint for n, hint in hints.items() if is_resource(hint) and wire_name(n) == n}


@_once
def row_of(cls: type[Any]) -> dict[str, Any]:
    """The members of a row of *cls*: the lean fields of every class that may come there."""
    kinds = kinds_of(cls)
    found = _lean_members(kinds)
    if len(kinds) > 1:
        found.setdefault("type", Any)  # else nobody could tell which of them it is
    return found


@_once
def rows(cls: type[Any]) -> Decoder[Any]:
    """What decodes a page of *cls* with the lean fields of all its items, and what is nested."""
    members = dict(row_of(cls))
    for name, hint in nested_in(cls).items():
        inner = TypedDict(hint.__name__, row_of(hint), total=False)  # type: ignore[misc]
        members[name] = inner | None
    row = TypedDict(cls.__name__, members, total=False)  # type: ignore[misc]
    return Decoder(PageShape[row])


def forget_rows() -> None:
    """Make rows anew: one more class may come in them."""
    kept: Any
    for kept in (row_of, rows):
        kept.cache_clear()


def fits(cls: type[Any], row: Mapping[str, Any], nested: Mapping[str, Any]) -> bool:
    """Whether a *row* says all that the lean fields of *cls* would, and nothing else.

    Another class that may come there may have a name for something else, a text for a time.
    """
    for name, hint in hints_of(cls).items():
        if name in nested:
            same = nested[name] == hint
        elif is_lean(name, hint):
            same = row.get(name) == hint | None
        else:
            same = name not in row
        if not same:
            return False
    return True


def kind_of(data: Bytes) -> Any:
    """The ``type`` that an object says it is."""
    try:
        return _kinds.decode(data).type
    except _UNFIT:
        return None


def is_object(data: Bytes) -> bool:
    """Whether *data*, which is JSON, is an object."""
    return memoryview(data)[0] == _BRACE


def members(data: Bytes) -> Any:
    """The members of an object, not decoded themselves; whatever is no object is decoded."""
    try:
        return _members.decode(data)
    except _UNFIT:
        return loads(data)


@_once
def _opening(hint: Any) -> Decoder[Any]:
    return Decoder(_opened_as(hint))


def _opened_as(hint: Any) -> Any:
    """What of *hint* is decoded, beside the resources in it."""
    if is_resource(hint):
        return Raw
    if get_origin(hint) is Sequence:
        return list[_opened_as(get_args(hint)[0])]  # type: ignore[misc]
    if get_origin(hint) is Mapping:
        return dict[str, _opened_as(get_args(hint)[1])]  # type: ignore[misc]
    return Any


def opened(data: Raw, hint: Any) -> Any:
    """*data*, which is no resource, decoded; the resources that *hint* says are in it are not."""
    if is_resource(hint):
        return loads(data)
    try:
        return _opening(hint).decode(data)
    except _UNFIT:
        return loads(data)
