"""Partial responses, without a network."""

import pytest

from bbasync.fake.fields import select
from bbasync.fake.node import Node


def page() -> dict[str, object]:
    """Make a small page whose items hide something."""
    return {"next": "more", "size": 2, "values": [item("a"), item("b")]}


def item(name: str) -> Node:
    """Make an object with a condensed one inside."""
    links = {"self": {"href": f"/{name}"}, "html": {"href": f"//{name}"}}
    whole = {"private": True, "links": {**links, "forks": {"href": "/forks"}}, "tags": ["x"]}
    inner = Node({"name": name, "links": links}, lambda: whole)
    return Node({"id": name, "repository": inner, "parent": None}, lambda: {"secret": 1})


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("size", {"size": 2}),
        ("values.id", {"values": [{"id": "a"}, {"id": "b"}]}),
        ("next,values.id", {"next": "more", "values": [{"id": "a"}, {"id": "b"}]}),
        ("nope,values.nope", {"values": [{}, {}]}),
        ("size.nope", {}),
        ("values.secret", {"values": [{"secret": 1}] * 2}),
        ("values.parent.name", {"values": [{"parent": None}] * 2}),
        ("values.repository.private", {"values": [{"repository": {"private": True}}] * 2}),
        ("-values", {"next": "more", "size": 2}),
        ("-*,+size", {"size": 2}),
    ],
)
def test_only_what_is_wanted_is_sent(wanted: str, expected: object) -> None:
    """Names choose, a minus removes, what is unknown is dropped, `next` is not kept by itself."""
    assert select(page(), wanted) == expected


def test_a_plus_expands_what_is_condensed() -> None:
    """A plus adds from the full form of an embedded object and keeps all that is shown."""
    first = select(page(), "+values.repository.private")["values"][0]
    assert first["id"] == "a"
    assert first["repository"]["private"] is True
    assert set(first["repository"]) == {"name", "links", "private"}


def test_a_plus_reaches_into_shown_parts() -> None:
    """A plus adds to an object that is shown in part, and leaves the rest of it alone."""
    links = select(page(), "+values.repository.links.forks")["values"][0]["repository"]["links"]
    assert set(links) == {"self", "html", "forks"}


def test_a_minus_works_at_any_depth() -> None:
    """A minus removes from every item of a list."""
    got = select(page(), "-values.repository.links.html,-values.id")
    assert got["values"][0] == {
        "repository": {"name": "a", "links": {"self": {"href": "/a"}}},
        "parent": None,
    }


def test_a_star_stands_for_every_name_of_a_level() -> None:
    """A star takes all names of its level, the hidden ones too."""
    assert set(select(item("a"), "*")) == {"id", "repository", "parent", "secret"}
    assert select(item("a"), "repository.*.self") == {
        "repository": {"links": {"self": {"href": "/a"}}}
    }


def test_the_document_itself_is_left_alone() -> None:
    """Selecting makes new objects; the ones it was given stay as they were."""
    original = page()
    select(original, "-values.id,+values.secret")
    assert original == page()
