"""The engine over the fake: fair between workspaces, bounded, and no faster than its consumer."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bbasync.crawl import Crawl
from bbasync.crawl.engine import MOST_WAITING, Engine
from bbasync.crawl.gate import Gate
from bbasync.crawl.lists import Lists
from bbasync.crawl.walks import Reader, roots


@pytest.mark.parametrize("concurrency", [1, 4])
async def test_a_large_workspace_does_not_starve_a_small_one(opened: Any, concurrency: int) -> None:
    """One of 3 repositories is read while that of 500 is, turn by turn."""
    fake, bb = await opened(workspaces=2, repositories=500, pullrequests=0)
    small = fake.store.workspaces["borealis"]
    for slug in list(small.repositories)[3:]:
        del small.repositories[slug]
    plan = Crawl("acme", "borealis").each("tags")
    async for _ in plan.run(bb, concurrency=concurrency):
        pass
    turns = [number for number, one in enumerate(fake.requests) if "/borealis" in one.path]
    assert len(turns) == 1 + 3
    assert turns[-1] < 20
    assert len(fake.requests) > 500


async def test_a_slow_workspace_does_not_take_all_hands(opened: Any) -> None:
    """The next list is of the workspace that has the fewest under way, whoever's turn it is."""
    fake, bb = await opened(workspaces=2, repositories=40, pullrequests=0)
    read = asyncio.Event()

    async def hold(request: Any) -> None:
        if "/acme/" in request.path:
            await read.wait()
        if sum("/borealis/" in one.path for one in fake.requests) >= 39:
            read.set()

    fake.on_request = hold
    async with asyncio.timeout(20):
        found = [one async for one in Crawl().each("hooks").run(bb, concurrency=4)]
    assert len(found) >= 80


async def test_nothing_is_read_while_nobody_takes_it(opened: Any) -> None:
    """A consumer that stops after one record has caused few requests, and causes no more."""
    fake, bb = await opened(workspaces=3, repositories=120, pullrequests=0)
    run = Crawl().each("tags").each("commits").each("hooks").run(bb, concurrency=3)
    async for _ in run:
        break
    for _ in range(200):
        await asyncio.sleep(0.001)
    assert len(fake.requests) <= 1 + 3 * 4
    await run.aclose()


async def test_little_waits_however_much_there_is(opened: Any) -> None:
    """No more repositories are listed than there are hands, but for a page a workspace."""
    _, bb = await opened(workspaces=2, repositories=300, pullrequests=0)
    plan = Crawl().each("tags").each("hooks")
    engine = Engine(Reader(Lists(Gate(bb), plan, None)), 4)
    engine.load(roots(()))
    most = 0
    async with engine:
        while await engine.take() is not None:
            most = max(most, engine.waiting)
            assert sum(len(one.left) for one in engine.places.values()) <= 2 * 120
    assert most <= 2 * (2 * 4 + 2 * 100) < MOST_WAITING
    assert (engine.unread, engine.waiting, engine.running) == (0, 0, 0)
    assert [one.done for one in engine.places.values() if one.name] == [300, 300]


async def test_many_workspaces_are_not_all_begun_at_once(
    opened: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where enough waits, no further workspace is listed; all are in the end."""
    monkeypatch.setattr("bbasync.crawl.engine.MOST_WAITING", 20)
    fake, bb = await opened(workspaces=12, repositories=10, pullrequests=0)
    engine = Engine(Reader(Lists(Gate(bb), Crawl().each("tags"), None)), 2)
    engine.load(roots(()))
    most = 0
    async with engine:
        while await engine.take() is not None:
            most = max(most, engine.waiting)
    assert most < 20 + 2 * 10
    assert sum(one.done for one in engine.places.values()) == 120
    assert len(fake.requests) == 1 + 12 + 120


@pytest.mark.parametrize("concurrency", [2, 8])
async def test_as_many_walks_are_under_way_as_may_be(opened: Any, concurrency: int) -> None:
    """The fake sees that many requests at a time, never more, and always while there is enough."""
    fake, bb = await opened(workspaces=8, repositories=10, pullrequests=0)
    inside, most, full = 0, 0, asyncio.Event()

    async def meet(_: Any) -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        if inside == concurrency:
            full.set()
            full.clear()
        elif len(fake.requests) < 80:  # there is enough to come, so that the others do
            await full.wait()
        inside -= 1

    plan = Crawl(*fake.store.workspaces).each("hooks")
    fake.on_request = meet
    async with asyncio.timeout(20):
        count = [one async for one in plan.run(bb, concurrency=concurrency)]
    assert len(count) >= 80
    assert most == concurrency
