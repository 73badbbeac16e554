"""What headers tell about when to call again."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bbasync.wire.quota import moment, told_wait

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": " 7.5 "}, 7.5),
        ({"Retry-After": "-3"}, 0),
        ({"Retry-After": "Fri, 15 Jan 2027 08:00:30 GMT"}, 30),
        ({"Retry-After": "Fri, 15 Jan 2027 08:00:30 -0000"}, 30),
        ({"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0),
        ({"X-RateLimit-Reset": "745"}, 745),
        ({"X-RateLimit-Reset": "1800000060"}, 60),
        ({"X-RateLimit-Reset": "1700000000"}, 0),
        ({"Retry-After": "5", "X-RateLimit-Reset": "745"}, 5),
        ({"Retry-After": "soon", "X-RateLimit-Reset": "745"}, 745),
    ],
)
def test_a_wait_is_read_in_all_its_shapes(headers: dict[str, str], seconds: float) -> None:
    """Seconds, dates, deltas and epochs give the seconds from now; the past gives 0."""
    assert told_wait(headers, NOW) == seconds


@pytest.mark.parametrize("value", ["", "soon", "inf", "-inf", "nan", "1e999", "Fri, 99 Foo", "0x1"])
@pytest.mark.parametrize("name", ["Retry-After", "X-RateLimit-Reset"])
def test_nonsense_tells_nothing(name: str, value: str) -> None:
    """What is no finite number and no date is as if it weren't there."""
    assert told_wait({name: value}, NOW) is None


def test_no_header_tells_nothing() -> None:
    """The service's usual 429 has neither header."""
    assert told_wait({}, NOW) is None


@given(st.text(), st.text())
@example("Mon, 01 Jan 0001 00:00:00 +2359", "")
@example("Fri, 31 Dec 9999 23:59:59 -2359", "")
@example("1e308", "1e308")
def test_no_input_raises(retry_after: str, reset: str) -> None:
    """Whatever stands in the headers, the result is None or finite and not negative."""
    wait = told_wait({"Retry-After": retry_after, "X-RateLimit-Reset": reset}, NOW)
    assert wait is None or (math.isfinite(wait) and wait >= 0)


def test_a_moment_is_an_aware_datetime() -> None:
    """Seconds since 1970 become a time in UTC."""
    assert moment(NOW) == datetime(2027, 1, 15, 8, tzinfo=UTC)


@pytest.mark.parametrize("seconds", [1e18, math.inf, -math.inf, math.nan])
def test_a_moment_beyond_the_calendar_is_none(seconds: float) -> None:
    """No number raises."""
    assert moment(seconds) is None
