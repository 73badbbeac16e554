"""Kinds in pages that are decoded in one pass: the class and the fields are as everywhere else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from unittest.mock import Mock

import pytest

from bbasync.model import kinds, shape
from bbasync.model.make import from_wire, maker_of, rows_of
from bbasync.model.resource import Resource, resource
from bbasync.paging.page import decoded
from bbasync.resources import Account, User
from bbasync.wire.message import Answer

TIME = "2026-01-01T00:00:00+00:00"


@pytest.fixture(autouse=True)
def _declared() -> Iterator[None]:
    """Forget the classes that a test declares."""
    before = [(known, dict(known)) for known in (shape.NAMES, shape.TYPES)]
    yield
    for known, names in before:
        known.clear()
        known.update(names)
    kinds.declare("user", User)  # which forgets what was made of the others


def row(kind: type[Any], **item: Any) -> Any:
    """The item of a page that is decoded in one pass."""
    answer = Answer(200, {}, json.dumps({"values": [item]}).encode(), "GET", "/x")
    make = maker_of(kind, Mock())
    return make(decoded(answer, rows_of(kind).decoder)["values"][0])


def test_a_kind_is_found_where_no_class_has_a_field_for_it() -> None:
    """The type chooses, declared as a field or not, and becomes no field by that."""

    @resource("kinds_box")
    class Box(Resource):
        name: str | None

    @resource("kinds_crate")
    class Crate(Box):
        size: int | None = None

    made = row(Box, type="kinds_crate", name="n", size=3)
    assert (type(made), made.name, made.size) == (Crate, "n", 3)
    box = row(Box, type="kinds_box", name="n")
    assert (type(box), box.name, hasattr(box, "type")) == (Box, "n", False)


def test_a_kind_that_is_declared_late_has_all_its_fields() -> None:
    """Whoever has walked a list before gets the new class in it all the same."""
    assert type(row(Account, type="kinds_robot")) is Account

    @resource("kinds_robot")
    class Robot(Account):
        size: int | None = None

    made = row(Account, type="kinds_robot", size=3, display_name="R2")
    assert (type(made), made.size, made.display_name) == (Robot, 3, "R2")


def test_a_pager_from_before_a_kind_loses_none_of_its_fields() -> None:
    """What it decodes lacks them, and then its bytes are what is read."""
    body = json.dumps({"values": [{"type": "kinds_robot", "size": 3}]}).encode()
    rows, make = rows_of(Account), maker_of(Account, Mock())

    @resource("kinds_robot")
    class Robot(Account):
        size: int | None = None

    made: Any = make(decoded(Answer(200, {}, body, "GET", "/x"), rows.decoder)["values"][0])
    assert (type(made), made.size) == (Robot, 3)


def test_the_latest_class_stands_for_a_type() -> None:
    """Declaring one anew replaces the first, although that was made before."""

    @resource("kinds_robot")
    class Robot(Account):
        size: int | None = None

    assert type(from_wire({"type": "kinds_robot"}, Account, None)) is Robot

    @resource("kinds_robot")
    class Better(Account):
        size: int | None = None

    assert type(from_wire({"type": "kinds_robot"}, Account, None)) is Better


def test_a_field_is_what_its_own_class_says() -> None:
    """Another class that may come in the same list has a text of that name."""

    @resource("kinds_said")
    class Said(Resource):
        type: str | None
        at: str | None

    @resource("kinds_timed")
    class Timed(Resource):
        type: str | None
        at: datetime | None

    said, timed = (row(Resource, type=f"kinds_{one}", at=TIME) for one in ("said", "timed"))
    assert (type(said), said.at) == (Said, TIME)
    assert (type(timed), timed.at) == (Timed, datetime.fromisoformat(TIME))
