"""Times without an offset whose place is known."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta

import pytest

from bbasync.errors import DecodingError
from bbasync.model.make import from_wire
from bbasync.resources import Invitation, V1Repository


def sent_on(text: object) -> datetime | None:
    """What is read of a time in Amsterdam."""
    return from_wire({"sent_on": text}, Invitation, None).sent_on


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2011-01-11 01:03:31", "2011-01-11T01:03:31+01:00"),
        ("2026-07-01 12:00:00", "2026-07-01T12:00:00+02:00"),
        ("2026-07-01T12:00:00.5", "2026-07-01T12:00:00.500000+02:00"),
        ("2026-03-29 02:30:00", "2026-03-29T02:30:00+01:00"),  # that hour was left out
        ("2026-10-25 02:30:00", "2026-10-25T02:30:00+02:00"),  # and that one came twice
        ("2026-10-25 03:00:00", "2026-10-25T03:00:00+01:00"),
        ("2026-07-01 12:00:00+00:00", "2026-07-01T12:00:00+00:00"),
    ],
)
def test_a_time_of_amsterdam_has_the_offset_that_held_there(text: str, expected: str) -> None:
    """In winter, in summer, and in the two hours of a year that are not like the others."""
    found = sent_on(text)
    assert found is not None
    assert found.isoformat() == expected


def test_a_doubtful_time_still_equals_the_same_time_elsewhere() -> None:
    """Comparison and pickling work as for any offset: a zone would make them unequal."""
    found = sent_on("2026-10-25 02:30:00")
    assert found == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert pickle.loads(pickle.dumps(found)) == found


def test_a_key_with_utc_in_it_is_utc() -> None:
    """With the offset that the service sends, and without it."""
    for text in ("2012-07-19 16:22:51+00:00", "2012-07-19 16:22:51"):
        found = from_wire({"utc_created_on": text}, V1Repository, None).utc_created_on
        assert found == datetime(2012, 7, 19, 16, 22, 51, tzinfo=UTC)
        assert found is not None
        assert found.utcoffset() == timedelta(0)


@pytest.mark.parametrize("text", [1311111111, "yesterday", ["2011-01-11"]])
def test_what_is_no_time_is_an_error_that_names_the_field(text: object) -> None:
    """As for every other field."""
    with pytest.raises(DecodingError, match="sent_on"):
        sent_on(text)
