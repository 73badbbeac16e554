"""Rows: what sinks tell of an item beside its JSON, under the names that the service uses."""

from __future__ import annotations

from typing import Any, Final

from attrs import frozen
from msgspec import Struct
from msgspec.json import Decoder

from ...wire.message import loads
from ..keyset import json_of
from ..record import Found, Missed

TEXTS: Final = (
    *("uuid", "hash", "full_name", "name", "title", "state", "created_on", "updated_on", "date"),
)
"""Members of items that are columns of their own, as far as an item has them as text."""
_LARGEST: Final = 2**63 - 1


class _Facts(Struct, gc=False):
    id: Any = None
    uuid: Any = None
    hash: Any = None
    full_name: Any = None
    name: Any = None
    title: Any = None
    state: Any = None
    created_on: Any = None
    updated_on: Any = None
    date: Any = None


_facts: Final = Decoder(_Facts)
_UNFIT: Final = (ValueError, RecursionError)


@frozen
class Row:
    """One item for a table."""

    kind: str
    workspace: str
    repository: str | None
    key: str | None
    """What tells it from others of its list: its uuid, or else its hash, id or name."""
    id: int | None
    texts: tuple[str | None, ...]
    """In the order of TEXTS."""
    item: str
    """Its JSON."""


def row_of(found: Found) -> Row:
    """The row of what was *found*; odd members are nothing there, and as they are in the JSON."""
    data = json_of(found.item)
    facts = _decoded(data)
    number = facts.id
    whole = type(number) is int and -_LARGEST <= number <= _LARGEST
    texts = tuple(_told(getattr(facts, name)) for name in TEXTS)
    named = texts[0] or texts[1] or (None if number is None else str(number)) or texts[3]
    return Row(
        clean(found.kind),
        clean(found.workspace),
        None if found.repository is None else clean(found.repository),
        None if named is None else clean(named),
        number if whole else None,
        texts,
        data.decode(errors="replace"),
    )


def error_of(missed: Missed) -> tuple[str, int | None, str]:
    """The class of its error, the answer's status where there was one, and the message."""
    error = missed.error
    return type(error).__name__, getattr(error, "status", None), clean(str(error))


def clean(text: str) -> str:
    """*text* in characters that UTF-8 has: half of a surrogate pair is none."""
    return text if text.isascii() else text.encode(errors="replace").decode()


def _decoded(data: bytes) -> _Facts:
    try:
        return _facts.decode(data)
    except _UNFIT:  # half of a surrogate pair somewhere, or no object
        pass
    try:
        found = loads(data)
    except _UNFIT:
        return _Facts()
    known = found if isinstance(found, dict) else {}
    return _Facts(**{name: known.get(name) for name in _Facts.__struct_fields__})


def _told(value: Any) -> str | None:
    if isinstance(value, dict):  # the state of a pipeline
        value = value.get("name")
    return clean(value) if isinstance(value, str) else None
