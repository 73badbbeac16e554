"""Comparing a value of an object with a literal of the filter language; sorting by a value."""

import operator as op
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

Literal = str | int | float | bool | datetime | None

RANKS = {
    name: rank
    for rank, name in enumerate(
        ("none", "collaborator", "member", "read", "write", "create-repo", "create-project")
    )
} | {"admin": 10, "owner": 11}
"""Permissions, weakest first. Each list holds one kind of them, so one scale serves all."""

ORDER: dict[str, Callable[[Any, Any], bool]] = {">": op.gt, ">=": op.ge, "<": op.lt, "<=": op.le}
DATE = re.compile(r"\d{4}-\d\d-\d\d(T|$)")


def compares(value: Any, operator: str, literal: Literal, *, ordered: bool = False) -> bool:
    """Test a value; `ordered` values are permissions and compare by rank."""
    if operator == "~":
        return _contains(value, literal)
    left, right = _alike(value, literal)
    if operator == "=":
        return type(left) is type(right) and bool(left == right)
    if ordered and left in RANKS and right in RANKS:
        left, right = RANKS[left], RANKS[right]
    if left is None or type(left) is not type(right):
        return False
    return ORDER[operator](left, right)


def _contains(value: Any, literal: Literal) -> bool:
    if not (isinstance(value, str) and isinstance(literal, str)):
        return False
    return literal.casefold() in value.casefold()


def sort_key(values: list[Any], *, ordered: bool) -> tuple[int, Any]:
    """Make values of any kind sortable: nulls first, then numbers, then text; dates by time."""
    value = values[0] if values else None
    if ordered and value in RANKS:
        value = RANKS[value]
    if value is None:
        return (0, 0)
    if isinstance(value, bool | int | float):
        return (1, value)
    dated = date_of(value)
    if dated is not None:
        return (2, dated.astimezone(UTC).isoformat(timespec="microseconds"))
    return (2, value if isinstance(value, str) else str(value))


def _alike(value: Any, literal: Literal) -> tuple[Any, Any]:
    """Bring both sides to one type: numbers to float, what reads as a date to a date."""
    numbers = _number(value), _number(literal)
    if None not in numbers:
        return numbers
    dated = date_of(literal)
    if dated is not None and date_of(value) is not None:
        return date_of(value), dated
    return value, literal


def _number(value: Any) -> float | None:
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if plain else None


def date_of(value: Any) -> datetime | None:
    """Read a value as a date, if it is one or reads like one."""
    if isinstance(value, str) and DATE.match(value):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)
