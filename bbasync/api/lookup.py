"""Which operation somebody means: by the method of a group, by name, or by method and path."""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import get_close_matches
from functools import cache
from typing import Any, TypeAlias

from ..errors import ArgumentError
from .operation import Operation

Named: TypeAlias = Operation | Callable[..., Any] | str
"""An operation as callers name it: ``bb.repositories.list``, ``"repositories.list"`` or
``"GET /repositories/{workspace}"``, where the words in braces don't matter."""

_VARIABLE = re.compile(r"{[^{}]*}")
_ADDRESS = re.compile(r"\s*([A-Za-z]+)\s+(/\S*)\s*")


def operation_of(what: Named) -> Operation:
    """Find the operation that *what* names; ArgumentError where there is none, with near ones."""
    if isinstance(what, str):
        return _by_text(what)
    found = what if isinstance(what, Operation) else getattr(what, "operation", None)
    if isinstance(found, Operation):
        return found
    name = getattr(what, "__qualname__", type(what).__name__)
    raise ArgumentError(
        f"{name} is no operation: name one, as bb.repositories.list or 'repositories.list'"
    )


def _by_text(text: str) -> Operation:
    names, addresses = _known()
    address = _ADDRESS.fullmatch(text)
    if address is None:
        known, found = list(names), names.get(text.strip())
    else:
        method, path = address[1].upper(), _VARIABLE.sub("{}", address[2])
        found = addresses.get(f"{method} {path}")
        known = [f"{one.method} {one.path}" for one in names.values()]
    if found is not None:
        return found
    near = get_close_matches(text.strip(), known, n=3)
    hint = f"; did you mean {' or '.join(near)}?" if near else ": see bbasync.OPERATIONS"
    raise ArgumentError(f"there is no operation {text!r}{hint}")


@cache
def _known() -> tuple[dict[str, Operation], dict[str, Operation]]:
    """Every operation by name, and by method and path without the words in braces."""
    from . import OPERATIONS  # noqa: PLC0415 - all groups are loaded for it

    return (
        {f"{one.group}.{one.name}": one for one in OPERATIONS},
        {f"{one.method} {_VARIABLE.sub('{}', one.path)}": one for one in OPERATIONS},
    )
