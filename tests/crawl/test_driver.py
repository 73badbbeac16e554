"""Runs of a plan: into sinks and to a consumer, broken off in every way, and gone on with."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

import pytest

from bbasync import BearerAuth
from bbasync.crawl import Crawl, Found, JSONLines, Summary
from bbasync.errors import ConfigurationError, RateLimitedError, TimedOutError, UnauthorizedError
from bbasync.fake.faults import Fault

PLAN = Crawl().each("pullrequests").each("commits", pagelen=20)
LISTS = {"pullrequests": "pullrequests?pagelen=50", "commits": "commits?pagelen=100"}
SIZES = {"workspaces": 2, "repositories": 9, "pullrequests": 4}


async def test_what_is_found_is_in_each_sink_once(
    opened: Any, everything: Any, kept: Any, tmp_path: Any
) -> None:
    """And the summary counts it; a crawl that is complete closes them as done."""
    fake, bb = await opened(**SIZES)
    wanted = await everything(fake, **LISTS)
    one, other = kept("one"), kept("other")
    path = tmp_path / "a.crawl"
    summary = await PLAN.into(bb, one, other, checkpoint=path)
    for sink in (one, other):
        assert (set(sink.found), len(sink.found)) == (wanted, len(wanted))
        assert (sink.ends, sink.safe) == ([True], len(sink.items))
    counts = Counter(kind for kind, *_ in wanted)
    assert summary == Summary(counts, 0, len(fake.requests), complete=True)
    assert not path.exists()


@pytest.mark.parametrize("most", [1, 5, 13])
async def test_a_crawl_in_pieces_is_the_same_as_a_whole_one(
    opened: Any, everything: Any, kept: Any, tmp_path: Any, most: int
) -> None:
    """Each run sends no more requests than it may, and goes on where the last one stopped."""
    fake, bb = await opened(**SIZES)
    wanted = await everything(fake, **LISTS)
    sink, runs, found = kept(), 0, Counter[str]()
    while True:
        before = len(fake.requests)
        summary = await PLAN.into(bb, sink, checkpoint=tmp_path / "a.crawl", max_requests=most)
        assert summary.requests == len(fake.requests) - before <= most
        found.update(summary.found)
        runs += 1
        if summary.complete:
            break
        assert summary.requests == most
    assert (set(sink.found), len(sink.found)) == (wanted, len(wanted))
    assert found == Counter(kind for kind, *_ in wanted)
    assert runs * most > 70
    assert sink.ends == [False] * (runs - 1) + [True]


async def test_an_incomplete_crawl_says_so(
    opened: Any, kept: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """In its summary, of run and into alike, and in the log."""
    _, bb = await opened(**SIZES)
    with caplog.at_level(logging.WARNING, "bbasync"):
        summary = await PLAN.into(bb, kept(), max_requests=5)
        run = PLAN.run(bb, max_requests=5)
        assert not run.summary.complete
        async for _ in run:
            pass
    for one in (summary, run.summary):
        assert (one.complete, one.requests, one.reset_at) == (False, 5, None)
    said = [one.message for one in caplog.records if one.name == "bbasync"]
    assert said == ["the crawl stopped before its end: max_requests=5: no more are sent"] * 2


async def test_exactly_enough_requests_are_enough(opened: Any, kept: Any) -> None:
    """A crawl that has read all is complete, whether it may send one more or not."""
    fake, bb = await opened(**SIZES)
    await PLAN.into(bb, kept())
    needed = len(fake.requests)
    assert (await PLAN.into(bb, kept(), max_requests=needed)).complete
    assert not (await PLAN.into(bb, kept(), max_requests=needed - 1)).complete


@pytest.mark.parametrize("turn", [2, 9, 30, 60])
async def test_a_crawl_that_is_cancelled_keeps_what_it_has(
    opened: Any, everything: Any, kept: Any, ours: Any, tmp_path: Any, turn: int
) -> None:
    """It is in the sink and in the checkpoint when the task ends; the rest comes later."""
    fake, bb = await opened(**SIZES)
    wanted = await everything(fake, **LISTS)
    sink, path, reached = kept(), tmp_path / "a.crawl", asyncio.Event()
    fake.on_request = lambda _: reached.set() if len(fake.requests) == turn else None
    task = asyncio.create_task(PLAN.into(bb, sink, checkpoint=path))
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not ours()
    assert sink.ends == [False]
    assert sink.safe == len(sink.items)
    assert sink.items
    before = len(sink.items)
    assert (await PLAN.into(bb, sink, checkpoint=path)).complete
    assert (set(sink.found), len(sink.found)) == (wanted, len(wanted))
    assert sink.safe > before


async def test_a_sink_that_fails_ends_the_crawl(
    opened: Any, everything: Any, kept: Any, ours: Any, tmp_path: Any
) -> None:
    """What it wrote half-way is dropped when the crawl goes on, and in no other sink twice."""
    fake, bb = await opened(**SIZES)
    wanted = await everything(fake, **LISTS)
    good, bad, path = kept("good"), kept("bad"), tmp_path / "a.crawl"
    bad.failure = OSError("no space left")
    with pytest.raises(OSError, match="no space left"):
        await PLAN.into(bb, good, bad, checkpoint=path)
    assert not ours()
    assert (good.ends, bad.ends) == ([False], [False])
    bad.failure = None
    assert (await PLAN.into(bb, good, bad, checkpoint=path)).complete
    for sink in (good, bad):
        assert (set(sink.found), len(sink.found)) == (wanted, len(wanted))


async def test_a_sink_that_cannot_be_opened_ends_it_before_a_request(
    opened: Any, kept: Any, tmp_path: Any
) -> None:
    """Those that were opened are closed, and the checkpoint can be used again."""
    fake, bb = await opened(**SIZES)
    first, path = kept(), tmp_path / "a.crawl"
    nowhere = JSONLines(tmp_path / "no" / "such" / "directory.jsonl")
    with pytest.raises(ConfigurationError):
        await PLAN.into(bb, first, nowhere, checkpoint=path)
    assert first.ends == [False]
    assert not fake.requests
    assert (await PLAN.into(bb, kept(), checkpoint=path)).complete


async def test_an_error_that_ends_the_crawl_comes_after_a_commit(
    opened: Any, everything: Any, kept: Any, tmp_path: Any
) -> None:
    """With a new credential it goes on, and nothing is read or written again."""
    fake, bb = await opened(**SIZES)
    wanted = await everything(fake, **LISTS)
    sink, path = kept(), tmp_path / "a.crawl"
    fake.faults.add("*", Fault.status(401), first=20)
    with pytest.raises(UnauthorizedError):
        await PLAN.into(bb, sink, checkpoint=path, concurrency=2)
    assert sink.safe == len(sink.items) > 18
    fake.faults.clear()
    assert (await PLAN.into(bb, sink, checkpoint=path)).complete
    assert (set(sink.found), len(sink.found)) == (wanted, len(wanted))


async def test_a_service_that_says_nothing_is_no_moment_that_is_over(
    opened: Any, kept: Any
) -> None:
    """Its silence ends the crawl, which else collects for a moment at a time."""
    fake, bb = await opened(client={"timeout": 0.05, "attempts": 1})
    fake.faults.add("*", Fault.silence())
    async with asyncio.timeout(10):
        with pytest.raises(TimedOutError):
            await PLAN.into(bb, kept())


async def test_another_plan_is_refused(opened: Any, kept: Any, tmp_path: Any) -> None:
    """The checkpoint of one crawl is not gone on with by another."""
    _, bb = await opened(**SIZES)
    path = tmp_path / "a.crawl"
    await PLAN.into(bb, kept(), checkpoint=path, max_requests=3)
    for plan, since in ((PLAN.each("tags"), None), (PLAN, datetime(2026, 1, 1, tzinfo=UTC))):
        with pytest.raises(ConfigurationError):
            await plan.into(bb, kept(), checkpoint=path, since=since)
    assert (await PLAN.into(bb, kept(), checkpoint=path)).complete


async def test_used_up_calls_stop_the_crawl_until_there_are_more(
    client: Any, time: Any, opened: Any, everything: Any, kept: Any, tmp_path: Any
) -> None:
    """It says when, and goes on then; no call too many reaches the service."""
    fake, _ = await opened(**SIZES)
    wanted = await everything(fake, **LISTS)
    wanted = {one for one in wanted if one[1] == "acme"}
    fake.store.quota, fake.store.clock = 12, time
    plan = Crawl("acme").each("pullrequests").each("commits", pagelen=20)
    sink, path = kept(), tmp_path / "a.crawl"
    bb = await client(fake.url, auth=BearerAuth(fake.access_token), max_wait=0)
    runs = 0
    while not (summary := await plan.into(bb, sink, checkpoint=path)).complete:
        runs += 1
        assert summary.reset_at is not None
        assert summary.reset_at.timestamp() > time.now
        time.now = summary.reset_at.timestamp() + 3600
    assert runs >= 2
    assert not any(one.status == 429 for one in fake.requests)
    assert (set(sink.found), len(sink.found), sink.missed) == (wanted, len(wanted), [])
    time.now += 3600
    fake.store.quota = 3
    run = plan.run(bb)
    items = [one.item async for one in run if isinstance(one, Found)]
    assert not run.summary.complete
    with pytest.raises(RateLimitedError):  # the consumer's own calls are told as everybody's
        await items[0].rel("self")


async def test_a_consumer_gets_again_what_it_did_not_come_back_from(
    opened: Any, everything: Any, crawled: Any, tmp_path: Any
) -> None:
    """The batch in its hands is not committed; all before it is, and the rest follows."""
    fake, bb = await opened(**SIZES)
    wanted = await everything(fake, **LISTS)
    path, handed = tmp_path / "a.crawl", 0
    async with aclosing(PLAN.run(bb, checkpoint=path, concurrency=2)) as run:
        async for _ in run:
            handed += 1
            if handed == 150:
                break
    found, _, summary = await crawled(PLAN, bb, checkpoint=path)
    assert summary.complete
    assert len(found) == len(set(found))
    assert set(found) <= wanted
    again = handed - (len(wanted) - len(found))
    assert 1 <= again <= 20
    assert not path.exists()


async def test_what_is_found_can_be_followed(opened: Any) -> None:
    """The consumer's calls are its own: they are not counted, and go on after the crawl."""
    fake, bb = await opened(repositories=4)
    run, items = Crawl("acme").run(bb, max_requests=1), []
    async for one in run:
        assert isinstance(one, Found)
        assert (await one.item.self_()).to_dict() == one.item.to_dict()  # type: ignore[attr-defined]
        items.append(one.item)
    assert run.summary.complete
    assert len([one async for one in items[0].branches()]) > 0
    assert len(fake.requests) == 1 + 4 + 1
