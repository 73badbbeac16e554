"""Kinds: which class an object is of, by what was declared there and what its ``type`` says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from .shape import BYTES, TYPES, forget_rows, kind_of, kinds_of

if TYPE_CHECKING:
    from .resource import Resource

R = TypeVar("R", bound="Resource")

_PICKED: dict[tuple[type, str], type] = {}
_HAVE_KINDS: dict[type, bool] = {}


def declare(kind: str, cls: type[Resource]) -> None:
    """Let *cls* be the class of objects whose ``type`` is *kind*."""
    TYPES[kind] = cls
    _HAVE_KINDS.clear()
    _PICKED.clear()
    forget_rows()


def has_kinds(cls: type[Resource]) -> bool:
    """Whether an object that is declared as *cls* may be of another class."""
    found = _HAVE_KINDS.get(cls)
    if found is None:
        found = _HAVE_KINDS[cls] = len(kinds_of(cls)) > 1
    return found


def pick(data: Any, declared: type[R]) -> type[R]:
    """The class for *data*: what its ``type`` names if that is a kind of *declared*, or that."""
    if not has_kinds(declared):
        return declared
    if isinstance(data, BYTES):
        kind = kind_of(data)
    else:
        kind = data.get("type") if isinstance(data, dict) else None
    if not isinstance(kind, str):
        return declared
    found = _PICKED.get((declared, kind))
    if found is None:
        named = TYPES.get(kind, declared)
        found = named if issubclass(named, declared) else declared
        if kind in TYPES:  # texts from outside must not fill the memory
            _PICKED[declared, kind] = found
    return found
