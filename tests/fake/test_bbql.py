"""The filter language, without a network."""

import pytest

from bbasync.fake.bbql import BadQueryError, parse, require_fields
from bbasync.fake.node import Node

ITEM = {
    "name": 'Say "hi" \\ now',
    "size": 12,
    "is_private": True,
    "parent": None,
    "permission": "write",
    "created_on": "2026-03-01T10:00:00.123456+00:00",
    "project": {"key": "WEB"},
    "reviewers": [{"nickname": "ann"}, {"nickname": "bob"}],
    "labels": ["red", "blue"],
}


@pytest.mark.parametrize(
    "query",
    [
        'project.key = "WEB"',
        'project.key="WEB" AND size>11',
        'project.key="LAB" or size >= 12',
        'name ~ "SAY"',
        'name = "Say \\"hi\\" \\\\ now"',
        'name !~ "bye"',
        "size != 3",
        "size < 12.5",
        "size <= 12",
        "is_private = true",
        "is_private = TRUE",
        "parent = null",
        "size != null",
        'project.key IN ("LAB", "WEB")',
        'project.key in ("WEB")',
        'project.key NOT IN ("LAB", "DOC")',
        'permission > "read"',
        'permission >= "write" and permission < "admin"',
        "created_on > 2026-02-01",
        "created_on > 2026-03-01T12:00:00+04:00",
        'created_on >= "2026-03-01T10:00:00Z"',
        'reviewers.nickname = "bob"',
        'labels = "red"',
        'created_on ~ "2026-03-01"',
        '(size = 1 or size = 12) and (project.key = "WEB")',
    ],
)
def test_a_true_expression_holds(query: str) -> None:
    """Expressions that describe the object hold for it."""
    assert parse(query).holds(ITEM)


@pytest.mark.parametrize(
    "query",
    [
        'project.key = "web"',
        'project.key = "WEB" and size > 12',
        "size = null",
        "parent != null",
        "is_private = 1",
        'reviewers.nickname != "bob"',
        'permission > "write"',
        'project.key NOT IN ("WEB")',
        'size > "a"',
        "name ~ null",
        "created_on < 2026-03-01T10:00",
        "parent.name > 3",
    ],
)
def test_a_false_expression_does_not_hold(query: str) -> None:
    """Expressions that do not describe the object do not hold; text compares with its case."""
    assert not parse(query).holds(ITEM)


def test_and_binds_closer_than_or() -> None:
    """`a or b and c` means `a or (b and c)`."""
    assert parse('size = 12 or size = 1 and name = "x"').holds(ITEM)
    assert not parse('(size = 12 or size = 1) and name = "x"').holds(ITEM)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "size",
        "size =",
        "= 3",
        "state = OPEN",
        "size = 3 size = 4",
        "(size = 3",
        'name = "unfinished',
        "name = 'single'",
        "size IN ()",
        "size NOT 3",
        "size = 3 and",
        "created_on > 2026-13-01",
        'name = "a" or "b"',
        'name = "a"" = "b"',
    ],
)
def test_what_cannot_be_read_is_refused(query: str) -> None:
    """Expressions with a mistake are refused, not guessed."""
    with pytest.raises(BadQueryError):
        parse(query)


def test_a_field_nobody_has_is_refused_by_name() -> None:
    """A field that no object of the list has is refused, and named with a leading dot."""
    with pytest.raises(BadQueryError, match=r'Field "\.nope\.x" does not support filtering'):
        require_fields(parse("nope.x = 1"), [ITEM, {}])


def test_a_field_below_null_may_exist() -> None:
    """Below a null anything may be, since another object of the kind may have it."""
    require_fields(parse('parent.owner.nickname = "x"'), [ITEM])


def test_rendered_text_cannot_be_filtered_by() -> None:
    """Rendered text is no field to filter by, although it is there."""
    with pytest.raises(BadQueryError, match=r"\.summary\.raw"):
        require_fields(parse('summary.raw ~ "x"'), [{"summary": {"raw": "x"}}])


def test_filters_reach_what_is_not_shown() -> None:
    """Filters see the full form of an object that is embedded in part."""
    inner = Node({"name": "x"}, lambda: {"owner": {"nickname": "ann"}})
    assert parse('repository.owner.nickname = "ann"').holds({"repository": inner})
