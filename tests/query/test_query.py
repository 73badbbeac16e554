"""The filter language, `sort` and `fields`."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bbasync import F
from bbasync.query import Condition, field_list, literal, query_texts, sort_key


class State(StrEnum):
    """An enum of a user's own."""

    OPEN = "OPEN"


INDIA = timezone(timedelta(hours=5, minutes=30))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        ("OPEN", '"OPEN"'),
        ("", '""'),
        ('a"b', r'"a\"b"'),
        ("a\\b", r'"a\\b"'),
        ('\\"', r'"\\\""'),
        (State.OPEN, '"OPEN"'),
        (7, "7"),
        (-1.5, "-1.5"),
        (Decimal("1.10"), "1.10"),
        (date(2026, 11, 21), "2026-11-21"),
        (datetime(2026, 11, 21, 8, tzinfo=UTC), "2026-11-21T08:00:00+00:00"),
        (datetime(2026, 11, 21, 8, tzinfo=INDIA), "2026-11-21T08:00:00+05:30"),
        (datetime(2026, 11, 21, 8), "2026-11-21T08:00:00"),  # noqa: DTZ001 - naive is allowed
    ],
)
def test_values_are_spelled_as_the_service_reads_them(value: Any, text: str) -> None:
    """Strings in double quotes and escaped, times unquoted, booleans and null in lower case."""
    assert literal(value) == text


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_without_a_spelling_are_refused(value: float) -> None:
    """NaN and infinity can't be asked for."""
    with pytest.raises(ValueError, match="no spelling"):
        literal(value)


@pytest.mark.parametrize("value", [b"x", object(), ["a"], {"a": 1}, F.name])
def test_other_values_are_refused(value: Any) -> None:
    """What is no value of the language is a TypeError, not its repr."""
    with pytest.raises(TypeError, match="a filter compares with"):
        literal(value)


def read_back(text: str) -> str:
    """What the service reads: a quoted string, with a backslash before quote and backslash."""
    assert text[0] == '"'
    out, rest = "", text[1:]
    while rest[0] != '"':
        if rest[0] == "\\":
            assert rest[1] in '"\\'
            rest = rest[1:]
        out, rest = out + rest[0], rest[1:]
    assert rest == '"', "the string ended early: a clause was injected"
    return out


@given(st.text())
@example('" OR is_private=true OR name="')
@example('\\" OR 1=1')
@example("\\")
def test_no_text_escapes_from_its_quotes(text: str) -> None:
    """Whatever the text, the service reads it back whole, and nothing behind it."""
    assert read_back(literal(text)) == text


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (F.is_private == False, "is_private=false"),  # noqa: E712 - that is the point
        (F.state != "OPEN", 'state!="OPEN"'),
        (F.size > 5, "size>5"),
        (F.size >= 5, "size>=5"),
        (F.size < 5, "size<5"),
        (F.size <= 5, "size<=5"),
        (F.parent == None, "parent=null"),  # noqa: E711 - that is the point
        (F.name.contains("site"), 'name~"site"'),
        (F.name.lacks("site"), 'name!~"site"'),
        (F.name.is_in(["a", "b"]), 'name IN ("a","b")'),
        (F.name.is_not_in(("a",)), 'name NOT IN ("a")'),
        (F.owner.nickname == "ann", 'owner.nickname="ann"'),
        (F["owner.nickname"] == "ann", 'owner.nickname="ann"'),
        (F.links["contains"] == 1, "links.contains=1"),
        (F["merge-commit"].hash == "a", 'merge-commit.hash="a"'),
        (F._private == 1, "_private=1"),
    ],
)
def test_conditions_are_spelled_out(condition: Condition, text: str) -> None:
    """Each operator of the language has a Python spelling."""
    assert str(condition) == text


A, B, C = F.a == 1, F.b == 2, F.c == 3


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (A & B, "a=1 AND b=2"),
        (A | B, "a=1 OR b=2"),
        (A & B & C, "a=1 AND b=2 AND c=3"),
        (A & (B & C), "a=1 AND b=2 AND c=3"),
        (A | B | C, "a=1 OR b=2 OR c=3"),
        (A & B | C, "(a=1 AND b=2) OR c=3"),
        (A | B & C, "a=1 OR (b=2 AND c=3)"),
        ((A | B) & C, "(a=1 OR b=2) AND c=3"),
        (A & (B | C), "a=1 AND (b=2 OR c=3)"),
        ((A | B) & (C | A) & B, "(a=1 OR b=2) AND (c=3 OR a=1) AND b=2"),
        ((A & B | C) & A, "((a=1 AND b=2) OR c=3) AND a=1"),
    ],
)
def test_parentheses_stand_wherever_operators_mix(condition: Condition, text: str) -> None:
    """What Python groups is grouped for the service, whatever binds tighter there."""
    assert str(condition) == text


@pytest.mark.parametrize(
    "mistake",
    [
        lambda: A and B,
        lambda: not A,
        lambda: 1 < F.size < 5,
        lambda: F.a in [F.b, F.c],
        lambda: A & "b=2",
        lambda: A | None,
        lambda: F.name.is_in("abc"),
    ],
)
def test_what_python_would_misread_is_a_type_error(mistake: Any) -> None:
    """`and`, `not`, chained comparisons and plain text do not silently drop a condition."""
    with pytest.raises(TypeError):
        mistake()


@pytest.mark.parametrize(
    "mistake",
    [
        lambda: F == 1,
        lambda: F.contains("x"),
        lambda: F.name.is_in([]),
        lambda: F[""],
        lambda: F["a b"],
        lambda: F["a=1 OR b"],
        lambda: F["a..b"],
        lambda: F['a"'],
    ],
)
def test_what_names_no_field_is_a_value_error(mistake: Any) -> None:
    """A field's name can't hold a clause, and a list can't be empty."""
    with pytest.raises(ValueError, match=r"\w"):
        mistake()


def test_fields_print_as_they_are_written() -> None:
    """A half-finished filter can be looked at."""
    assert f"{F!r} {F.a.b!r}" == "F F.a.b"
    assert hash(F.a) == hash(F["a"])


@pytest.mark.parametrize("sort", ["name", "-updated_on", "owner.nickname"])
def test_one_field_can_be_sorted_by(sort: str) -> None:
    """With a minus for descending order."""
    assert sort_key(sort) == sort


@pytest.mark.parametrize("sort", ["", "-", " ", "name,size"])
def test_no_field_and_two_fields_cannot_be_sorted_by(sort: str) -> None:
    """The service takes exactly one."""
    with pytest.raises(ValueError, match="one field"):
        sort_key(sort)


@pytest.mark.parametrize(
    ("fields", "paged", "text"),
    [
        ("values.name", True, "values.name,next,size,page,pagelen"),
        (["values.name", "next"], True, "values.name,next,size,page,pagelen"),
        ("values.name, values.slug", True, "values.name,values.slug,next,size,page,pagelen"),
        ("+values.parent", True, "+values.parent"),
        ("-values.links", True, "-values.links"),
        ("-*,+values.name", True, "-*,+values.name,+next,+size,+page,+pagelen"),
        ("name,slug", False, "name,slug"),
        ("-links", False, "-links"),
    ],
)
def test_fields_keep_what_a_walk_needs(fields: Any, paged: bool, text: str) -> None:  # noqa: FBT001
    """A list of bare names would end the walk at page 1, so the envelope is added."""
    assert field_list(fields, paged=paged) == text


@pytest.mark.parametrize(
    "fields", ["", [], "a,,b", "+", ["-"], "a, ", "-next", "+a,-values", "name"]
)
def test_fields_that_would_break_a_walk_are_refused(fields: Any) -> None:
    """Empty names, and taking next or values away, are errors."""
    with pytest.raises(ValueError, match="fields"):
        field_list(fields, paged=True)


def test_numbers_are_spelled_without_exponents_and_members_by_their_value() -> None:
    """What the filter language reads, whatever Python's own spelling is."""

    class Level(int, Enum):
        HIGH = 3

    assert str(F.size > 1e-7) == "size>0.0000001"
    assert str(F.size > Decimal("1E+3")) == "size>1000"
    assert str(F.level == Level.HIGH) == "level=3"
    assert query_texts({"b", "a"}) == ["a", "b"]
