"""Fan-out: bounded, with errors as records."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator

import pytest

from bbasync.crawl import Outcome, fan_out
from bbasync.errors import NotFoundError

MISSING = NotFoundError(status=404, method="GET", url="https://x")


async def double(number: int) -> int:
    """A job that waits a little."""
    await asyncio.sleep(0)
    return 2 * number


@pytest.mark.parametrize("concurrency", [1, 3, 100])
async def test_each_thing_is_worked_on_once(concurrency: int) -> None:
    """However many are under way at a time."""
    found = [one async for one in fan_out(range(20), double, concurrency=concurrency)]
    assert sorted(one.thing for one in found) == list(range(20))
    assert all(one.result == 2 * one.thing and one.error is None for one in found)


async def test_never_more_than_concurrency_jobs_run() -> None:
    """The bound is kept, and used."""
    running, most = 0, 0

    async def job(_: int) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1

    async for _ in fan_out(range(50), job, concurrency=4):
        pass
    assert most == 4


async def test_an_error_ends_its_own_job_alone() -> None:
    """A repository that is gone is a record, not the end."""

    async def job(number: int) -> int:
        if number == 2:
            raise MISSING
        return number

    found = [one async for one in fan_out(range(4), job, concurrency=2)]
    assert len(found) == 4
    assert Outcome(2, error=MISSING) in found


async def test_a_bug_in_a_job_ends_all() -> None:
    """What is no error of the service is not hidden, and leaves no task."""
    before = asyncio.all_tasks()
    never = asyncio.Event()

    async def job(number: int) -> None:
        if number == 1:
            raise ZeroDivisionError
        await never.wait()

    with pytest.raises(ZeroDivisionError):
        async for _ in fan_out(range(5), job, concurrency=3):
            pass
    assert asyncio.all_tasks() == before


async def test_an_error_of_the_source_ends_all() -> None:
    """A list of repositories that can't be walked on is not a short list."""
    before = asyncio.all_tasks()

    def source() -> Iterator[int]:
        yield 1
        raise MISSING

    with pytest.raises(NotFoundError):
        async for _ in fan_out(source(), double):
            pass
    assert asyncio.all_tasks() == before


async def test_closing_early_cancels_what_runs() -> None:
    """Who has seen enough leaves no job behind."""
    before = asyncio.all_tasks()
    ended = []

    async def job(number: int) -> int:
        try:
            await asyncio.sleep(0 if number == 0 else 3600)
        finally:
            ended.append(number)
        return number

    walk = fan_out(range(10), job, concurrency=3)
    assert (await anext(walk)).thing == 0
    await walk.aclose()
    assert sorted(ended) == [0, 1, 2]
    assert asyncio.all_tasks() == before


async def test_no_job_starts_while_nobody_takes_what_is_done() -> None:
    """A slow consumer slows the walk, and the memory stays bounded."""
    started = []

    async def job(number: int) -> int:
        started.append(number)
        return number

    walk = fan_out(range(100), job, concurrency=2)
    await anext(walk)
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(started) == 2
    await walk.aclose()


async def test_nothing_to_do_is_done() -> None:
    """No things, no outcomes."""
    assert [one async for one in fan_out([], double)] == []


@pytest.mark.parametrize("concurrency", [0, -1])
async def test_a_concurrency_below_one_is_refused(concurrency: int) -> None:
    """It would never end."""
    with pytest.raises(ValueError, match="at least 1"):
        await anext(fan_out([1], double, concurrency=concurrency))


async def test_of_two_errors_at_once_none_is_left_to_the_loop() -> None:
    """The first ends it all; nobody hears of the other one, in no log either."""
    heard: list[object] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: heard.append(context))

    async def fail(_: int) -> None:
        raise KeyError

    with pytest.raises(KeyError):
        async for _ in fan_out(range(4), fail, concurrency=4):
            pass
    gc.collect()
    assert heard == []
