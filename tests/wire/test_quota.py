"""What headers tell about budgets and when to call again."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bbasync.wire.quota import NOTHING, Told, moment, told, told_wait

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


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({"Limit": "1000"}, Told(limit=1000)),
        ({"Limit": "60, 60;w=3600"}, Told(limit=60, window=3600)),
        ({"Limit": " 60 , 60 ; W = 3600"}, Told(limit=60, window=3600)),
        ({"Limit": "5, 5;w=1, 100;w=60"}, Told(limit=5, window=1)),
        ({"Limit": "100, 5;w=1, 100;w=60"}, Told(limit=100, window=60)),
        ({"Limit": "60;w=3600"}, Told(limit=60, window=3600)),
        ({"Limit": "60, 60;w=soon"}, Told(limit=60)),
        ({"Limit": "60, 60;w=86400"}, Told(limit=60, window=86_400)),
        ({"Limit": "60, 60;w=999999999"}, Told(limit=60)),
        ({"Remaining": "59"}, Told(remaining=59)),
        ({"Remaining": "-1"}, Told(remaining=0)),
        ({"Reset": "745"}, Told(reset=745)),
        ({"Reset": "1800000060"}, Told(reset=60)),
        ({"Resource": " api "}, Told(resource="api")),
        ({"NearLimit": "true"}, Told(near=True)),
        ({"NearLimit": "False"}, Told(near=False)),
        ({"NearLimit": "200"}, NOTHING),
        ({"NearLimit": "200", "Remaining": "150"}, Told(remaining=150, near=True)),
        ({"NearLimit": "200", "Remaining": "201"}, Told(remaining=201, near=False)),
    ],
)
def test_a_budget_is_read_in_all_its_shapes(headers: dict[str, str], found: Told) -> None:
    """Plain numbers, lists with a policy, both kinds of resets, words and thresholds."""
    assert told({f"X-RateLimit-{name}": value for name, value in headers.items()}, NOW) == found


@pytest.mark.parametrize("value", ["", "many", "0", "-5", "inf", "nan", "1e999", "9" * 40])
def test_a_limit_that_is_none_tells_nothing(value: str) -> None:
    """No call at all, or without end, is no limit."""
    assert told({"X-RateLimit-Limit": value}, NOW) == NOTHING


@pytest.mark.parametrize(
    ("found", "left"),
    [
        (Told(remaining=7, limit=1000, near=True), 7),
        (Told(limit=1000, near=True), 199),
        (Told(limit=3, near=True), 0),
        (Told(limit=1000, near=False), None),
        (Told(near=True), None),
    ],
)
def test_what_remains_at_the_most_is_concluded(found: Told, left: int | None) -> None:
    """Near the limit means that less than a fifth remains."""
    assert found.most_left == left


@given(
    st.dictionaries(
        st.sampled_from(["Limit", "Remaining", "Reset", "Resource", "NearLimit"]),
        st.text() | st.from_regex(r"[0-9]{1,30}(, ?[0-9]{1,30};w=[0-9]{0,30})?", fullmatch=True),
    )
)
@example({"Limit": "1, 1;w=" + "9" * 400, "NearLimit": "1e400"})
def test_no_budget_raises(values: dict[str, str]) -> None:
    """Whatever the headers are, numbers come out whole, and none is negative."""
    found = told({f"X-RateLimit-{name}": value for name, value in values.items()}, NOW)
    for number in (found.limit, found.window, found.remaining, found.most_left):
        assert number is None or (isinstance(number, int) and number >= 0)
    assert found.reset is None or (math.isfinite(found.reset) and found.reset >= 0)
