"""Progress: facts that only grow, and an estimate that is none while nothing is known."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from bbasync.crawl import Crawl, Progress, Walk
from bbasync.crawl.driver import Drive
from bbasync.crawl.engine import Engine
from bbasync.crawl.gate import Gate
from bbasync.crawl.keyset import Mark
from bbasync.crawl.lists import Lists
from bbasync.crawl.progress import INTERVAL, Tally, seconds_by_quota
from bbasync.crawl.walks import Reader
from bbasync.fake.faults import Fault
from bbasync.wire.budget import Budget

PLAN = Crawl().each("pullrequests").each("commits")
NOW = datetime(2026, 11, 1, tzinfo=UTC)


class Ticking:
    """A clock that goes on by some seconds each time it is looked at."""

    def __init__(self, step: float) -> None:
        self.step, self.seconds = step, 0.0

    def __call__(self) -> float:
        """Seconds since some time."""
        self.seconds += self.step
        return self.seconds


async def told(bb: Any, plan: Crawl, *, step: float = 1.0, **options: Any) -> list[Progress]:
    """All that a run tells while it hands out what it finds."""
    heard: list[Progress] = []
    given: dict[str, Any] = {"since": None, "checkpoint": None, "max_requests": None, **options}
    given.setdefault("concurrency", 4)
    clock = Ticking(step)
    drive = Drive(plan, bb, on_progress=heard.append, clock=clock, **given)
    async for _ in drive.stream():
        pass
    return heard


async def test_facts_only_grow_and_end_where_all_is_read(opened: Any) -> None:
    """Repositories listed and read, items found, requests sent, lists missed."""
    fake, bb = await opened(workspaces=2, repositories=110, pullrequests=2)
    fake.faults.add("/repositories/acme/site/commits", Fault.status(403))
    heard = await told(bb, PLAN)
    for before, after in pairwise(heard):
        assert before.requests <= after.requests
        assert before.missed <= after.missed
        assert before.seconds < after.seconds
        assert all(count <= after.found[kind] for kind, count in before.found.items())
        for name, one in before.workspaces.items():
            now = after.workspaces[name]
            assert (one.listed, one.done) <= (now.listed, now.done)
            assert now.done <= now.listed <= (now.known or now.listed)
        assert after.running <= 4
        assert after.waiting == sum(one.waiting for one in after.workspaces.values())
    first, last = heard[0], heard[-1]
    assert (first.requests, first.found, first.eta, first.workspaces) == (0, {}, None, {})
    assert all(one.known in {None, 110} for now in heard for one in now.workspaces.values())
    for one in last.workspaces.values():
        assert (one.known, one.listed, one.done) == (110, 110, 110)
        assert (one.running, one.waiting) == (0, 0)
    assert (last.eta, last.missed, last.requests) == (0.0, 1, len(fake.requests))
    assert last.found["repositories"] == 220


async def test_the_estimate_is_none_until_something_is_known(opened: Any) -> None:
    """Then it comes down to nothing, and is not far from the truth on the way."""
    _, bb = await opened(workspaces=2, repositories=150, pullrequests=0)
    heard = await told(bb, Crawl().each("tags"))
    etas = [one.eta for one in heard]
    known = [number for number, eta in enumerate(etas) if eta is not None]
    assert etas[: known[0]] == [None] * known[0]
    assert 0 < known[0] < len(etas) / 4
    assert known == list(range(known[0], len(etas)))
    whole = heard[-1].seconds
    rates = [one for one in heard[known[0] :] if one.left is None or one.left > 400]
    for one in rates[:-1]:
        assert one.eta is not None
        assert one.eta == pytest.approx(whole - one.seconds, abs=0.35 * whole)


async def test_a_listener_is_told_a_few_times_a_second(opened: Any) -> None:
    """However fast it goes; the last time always."""
    _, bb = await opened(repositories=60, pullrequests=0)
    heard = await told(bb, PLAN, step=INTERVAL / 10)
    spans = [b.seconds - a.seconds for a, b in pairwise(heard[:-1])]
    assert spans
    assert min(spans) >= INTERVAL * 0.99
    assert len(heard) < 25
    assert heard[-1].eta == 0.0
    assert len(await told(bb, PLAN, step=0)) == 2


async def test_a_listener_that_fails_breaks_no_crawl(
    opened: Any, crawled: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged once."""
    _, bb = await opened(repositories=5)

    def broken(_: Progress) -> None:
        raise ZeroDivisionError

    with caplog.at_level(logging.ERROR, "bbasync"):
        _, _, summary = await crawled(PLAN, bb, on_progress=broken)
    assert summary.complete
    assert len(caplog.records) == 1


async def test_a_crawl_that_goes_on_counts_what_is_left(opened: Any, tmp_path: Any) -> None:
    """What an earlier run has read is no measure of how fast this one is."""
    fake, bb = await opened(repositories=60, pullrequests=0)
    path = tmp_path / "a.crawl"
    plan = Crawl("acme").each("tags")
    await told(bb, plan, checkpoint=str(path), max_requests=40)
    fake.requests.clear()
    heard = await told(bb, plan, checkpoint=str(path))
    assert heard[0].requests == 0
    first = heard[0].workspaces["acme"]
    assert (first.waiting + first.running, first.done) == (21, 0)
    assert heard[0].eta is None
    assert heard[-1].requests == 21
    assert heard[-1].workspaces["acme"].waiting == 0


def test_what_an_earlier_run_has_read_tells_nothing_of_this_one() -> None:
    """The estimate waits until this run has read some repositories, too."""
    bb: Any = SimpleNamespace(requests_sent=0, quota={})
    gate, plan = Gate(bb), Crawl("acme").each("tags")
    engine = Engine(Reader(Lists(gate, plan, None)), 4)
    root = Walk("acme/", "repositories", "acme", position=Mark(read=100).text)
    engine.load([root, *(Walk(f"acme/{n}/tags", "tags", "acme") for n in range(40))])
    tally = Tally(engine, gate, None, Ticking(1))
    tally.tell()
    place = engine.places["acme"]
    assert (place.listed, place.done) == (100, 60)
    place.known, bb.requests_sent = 140, 16
    for number in range(7):
        del place.left[f"acme/{number}"]
        assert tally.now(10).eta is None
    del place.left["acme/7"]
    rest = 140 - 68
    assert tally.now(10).eta == pytest.approx(rest * 10 / 8)


@pytest.mark.parametrize(
    ("requests", "limit", "remaining", "paused", "seconds"),
    [
        (10, 1000, 500, 0, 0),
        (500, 1000, 500, 0, 0),
        (1500, 1000, 500, 0, 3600),
        (1500, 1000, 500, 5000, 5000),
        (10, 1000, 500, 60, 60),
        (10, None, None, 60, 60),
        (10, None, None, -60, 0),
    ],
)
def test_the_quota_gives_calls_out_by_and_by(
    requests: float, limit: int | None, remaining: int | None, paused: float, seconds: float
) -> None:
    """What is left goes at once, what is beyond as the window lets it; a pause is a pause."""
    until = NOW + timedelta(seconds=paused) if paused else None
    budget = Budget("api", limit, 3600, 500, remaining, None, until, "told")
    assert seconds_by_quota(requests, budget, lambda: NOW) == seconds
    assert seconds_by_quota(requests, None, lambda: NOW) == 0
