"""The filter language of `q`, `sort`, `fields` and plain values: text, escaped once and for all.

Nothing is sent from here, and nothing is known here about any resource.

    F.is_private == False                            is_private=false
    (F.state == "OPEN") & (F.updated_on > since)     state="OPEN" AND updated_on>2026-11-21T00:...
    F.name.contains("site") | F.name.is_in(["a"])    name~"site" OR name IN ("a")
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from math import isfinite
from typing import Any, Final, NoReturn

from attrs import frozen

Value = str | bool | int | float | Decimal | datetime | date | None
"""What a field can be compared with."""


def literal(value: Value) -> str:
    r"""Spell *value* as the filter language does.

    Strings stand in double quotes, with a backslash before ``"`` and ``\``; a naive datetime is
    read as UTC by the service.
    """
    plain = value.value if isinstance(value, Enum) else value
    match plain:
        case None:
            return "null"
        case bool():
            return "true" if plain else "false"
        case str():
            return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case datetime() | date():
            return plain.isoformat()
        case int():
            return str(plain)
        case float() | Decimal():
            return _number(plain)
    raise TypeError(f"a filter compares with text, numbers, dates, booleans or None, not {value!r}")


@frozen
class Condition:
    """A filter expression; combine with ``&`` and ``|``, spell with ``str()``."""

    text: str
    compound: str = ""
    """The operator that joins its parts, for the parentheses around it."""

    def __str__(self) -> str:
        return self.text

    def __and__(self, other: Condition) -> Condition:
        return self._join("AND", other)

    def __or__(self, other: Condition) -> Condition:
        return self._join("OR", other)

    def _join(self, operator: str, other: Condition) -> Condition:
        if not isinstance(other, Condition):
            return NotImplemented
        parts = (
            f"({one.text})" if one.compound not in ("", operator) else one.text
            for one in (self, other)
        )
        return Condition(f" {operator} ".join(parts), operator)

    def __bool__(self) -> NoReturn:
        raise TypeError("a filter has no truth value: join filters with & and |, not and and or")


class Field:
    """A dotted field path, as in the JSON, without ``values.``."""

    __slots__ = ("_path",)

    def __init__(self, path: str) -> None:
        self._path = path

    def __getattr__(self, name: str) -> Field:
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, name: str) -> Field:
        """Go one level down; for names that Python or this class has taken."""
        if not name or not all(part.replace("-", "_").isidentifier() for part in name.split(".")):
            raise ValueError(f"{name!r} is not a field name")
        return Field(f"{self._path}.{name}" if self._path else name)

    def __repr__(self) -> str:
        return f"F.{self._path}" if self._path else "F"

    def __hash__(self) -> int:
        return hash(self._path)

    def __eq__(self, value: object) -> Condition:  # type: ignore[override]  # that is the point
        return self._compare("=", value)

    def __ne__(self, value: object) -> Condition:  # type: ignore[override]  # that is the point
        return self._compare("!=", value)

    def __lt__(self, value: Value) -> Condition:
        return self._compare("<", value)

    def __le__(self, value: Value) -> Condition:
        return self._compare("<=", value)

    def __gt__(self, value: Value) -> Condition:
        return self._compare(">", value)

    def __ge__(self, value: Value) -> Condition:
        return self._compare(">=", value)

    def contains(self, text: str) -> Condition:
        """Match where the field has *text* in it, whatever the case."""
        return self._compare("~", _needle(text))

    def lacks(self, text: str) -> Condition:
        """Match where the field does not have *text* in it, whatever the case."""
        return self._compare("!~", _needle(text))

    def is_in(self, values: Iterable[Value]) -> Condition:
        """Match where the field is one of *values*; documented for members' e-mail addresses."""
        return Condition(f"{self._named()} IN ({self._listed(values)})")

    def is_not_in(self, values: Iterable[Value]) -> Condition:
        """Match where the field is none of *values*; seen in use, not documented."""
        return Condition(f"{self._named()} NOT IN ({self._listed(values)})")

    def _compare(self, operator: str, value: object) -> Condition:
        return Condition(f"{self._named()}{operator}{literal(value)}")  # type: ignore[arg-type]  # it checks

    def _listed(self, values: Iterable[Value]) -> str:
        if isinstance(values, str):
            raise TypeError("give a list of values, not one text")
        spelled = ",".join(literal(value) for value in values)
        if not spelled:
            raise ValueError(f"{self!r} is compared with an empty list")
        return spelled

    def _named(self) -> str:
        if not self._path:
            raise ValueError("name a field: F.name == ..., not F == ...")
        return self._path


def _needle(text: str) -> str:
    if not isinstance(text, str):
        raise TypeError(f"only text is contained in text, not {text!r}")
    return text


F: Final = Field("")
"""The root of all fields: ``F.owner.nickname == "ann"``."""

ENVELOPE: Final = ("next", "size", "page", "pagelen")
"""The members of a page beside its values; a walk can't do without ``next``."""


def sort_key(sort: str) -> str:
    """Check *sort*: one field, with a ``-`` before it for descending order."""
    if not isinstance(sort, str) or not sort.removeprefix("-").strip() or "," in sort:
        raise ValueError(f"sort takes one field, with - before it to go down, not {sort!r}")
    return sort


def field_list(fields: str | Sequence[str], *, paged: bool) -> str:
    """Spell *fields*; on a list, members of the page that a walk needs are kept.

    A bare name limits the answer to what is named, ``+name`` adds to the default, ``-name`` takes
    away from it.
    """
    asked = fields.split(",") if isinstance(fields, str) else _ordered(fields)
    names = [name.strip() if isinstance(name, str) else "" for name in asked]
    if not names or not all(name.lstrip("+-") for name in names):
        raise ValueError(f"fields takes names with , between them, not {fields!r}")
    if not paged:
        return ",".join(names)
    for name in names:
        if name in {"-next", "-values"}:
            raise ValueError(f"a walk needs {name[1:]!r}: take {name!r} out of fields")
    bare = [name for name in names if name[0] not in "+-"]
    if bare and not any(name.partition(".")[0] in {"values", "*"} for name in bare):
        raise ValueError(f"fields of a list's items stand under values: values.{bare[0]}")
    if "-*" in names:
        if not any(name.startswith("+values") for name in names):
            raise ValueError("-* in fields takes the items away too: add +values.name, say")
        names += [f"+{name}" for name in ENVELOPE]
    elif bare:
        names += [name for name in ENVELOPE if not {name, f"-{name}"} & set(names)]
    return ",".join(names)


def _ordered(values: Iterable[Any]) -> list[Any]:
    """*values* in one order: a set has another in each process."""
    return sorted(values, key=str) if isinstance(values, set | frozenset) else list(values)


def _number(value: float | Decimal) -> str:
    if not isfinite(value):
        raise ValueError(f"{value} has no spelling that the service reads")
    return format(Decimal(repr(value)) if isinstance(value, float) else value, "f")


def with_states(query: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Say the states that *query* asks for in its filter too, where it has one.

    A list of pull requests heeds ``state`` only where there is no ``q``.
    """
    pairs = tuple(query)
    states = [value for name, value in pairs if name == "state"]
    if not states:
        return pairs
    wanted = " OR ".join(f"state={literal(state)}" for state in states)
    return tuple(
        (name, f"({value}) AND ({wanted})" if name == "q" else value) for name, value in pairs
    )


def query_texts(value: Any) -> list[str]:
    """How *value* is spelled in a query, once for each item of a list; no empty lists."""
    if isinstance(value, list | tuple | set | frozenset):
        if not value:
            raise ValueError("an empty list can't be sent: leave it out")
        return [_text(one) for one in _ordered(value)]
    return [_text(value)]


def query_pairs(query: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """*query* as pairs of text; None leaves a name out, a list repeats it."""
    if not isinstance(query, Mapping):
        raise TypeError(f"query takes a mapping, not {query!r}")
    given = ((name, value) for name, value in query.items() if value is not None)
    return tuple((str(name), text) for name, value in given for text in query_texts(value))


def _text(value: Any) -> str:
    match value:
        case Enum():
            return _text(value.value)
        case bool():
            return "true" if value else "false"
        case str() | int() | Condition():
            str(value).encode()  # broken Unicode is found here, not when it is sent
            return str(value)
        case float() | Decimal():
            return _number(value)
        case datetime() | date():
            return value.isoformat()
    raise TypeError(f"{value!r} can't stand in a query")
