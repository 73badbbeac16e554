"""Polling: seldom, and not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bbasync.errors import ArgumentError, NotFoundError, TimedOutError
from bbasync.model.poll import Polling, poll


def looks(*found: Any) -> Callable[[], Awaitable[Any]]:
    """A look that brings these, one after the other."""
    left = list(found)

    async def look() -> Any:
        one = left.pop(0)
        if isinstance(one, Exception):
            raise one
        return one

    return look


async def test_the_pause_doubles_up_to_its_bound(time: Any) -> None:
    """Each look is a call, so that looking becomes rarer."""
    settings = Polling(timeout=600, first=1, longest=5, sleep=time.sleep, clock=time)
    assert await poll(looks(None, None, None, None, "done"), settings, what="it") == "done"
    assert time.sleeps == [1, 2, 4, 5]


async def test_whatever_is_not_none_is_the_end(time: Any) -> None:
    """An empty answer is one."""
    settings = Polling(sleep=time.sleep, clock=time)
    assert await poll(looks(0), settings, what="it") == 0
    assert time.sleeps == []


async def test_the_last_look_is_at_the_deadline(time: Any) -> None:
    """The wait is cut to what is left, and the error names what was waited for."""
    settings = Polling(timeout=2.5, first=1, longest=9, sleep=time.sleep, clock=time)
    with pytest.raises(TimedOutError, match=r"pipeline 7 is not done after 2\.5 s"):
        await poll(looks(*[None] * 9), settings, what="pipeline 7")
    assert time.sleeps == [1, 1.5]


async def test_the_last_look_has_time_to_be_answered() -> None:
    """What came about during the last pause is seen, though the deadline is there by then."""
    now = 0.0

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    async def look() -> str | None:
        await asyncio.sleep(0.001)
        return "done" if now else None

    settings = Polling(timeout=5, first=5, sleep=sleep, clock=lambda: now)
    assert await poll(look, settings, what="it") == "done"


async def test_a_look_under_way_is_cut_short() -> None:
    """The deadline holds inside a call too."""

    async def look() -> None:
        await asyncio.Event().wait()

    with pytest.raises(TimedOutError, match="it is not done"):
        await poll(look, Polling(timeout=0.001), what="it")


async def test_an_error_of_the_look_comes_out(time: Any) -> None:
    """A look's own timeout is not taken for the deadline."""
    settings = Polling(sleep=time.sleep, clock=time)
    mine = TimedOutError("mine")
    with pytest.raises(TimedOutError) as caught:
        await poll(looks(mine), settings, what="it")
    assert caught.value is mine
    missing = NotFoundError(status=404, method="GET", url="/x")
    with pytest.raises(NotFoundError):
        await poll(looks(missing), settings, what="it")


@pytest.mark.parametrize("options", [{"timeout": 0}, {"first": -1}, {"longest": float("nan")}])
def test_settings_that_make_no_sense_are_refused(options: dict[str, float]) -> None:
    """No second is negative or no number."""
    with pytest.raises(ArgumentError, match=next(iter(options))):
        Polling(**options)
