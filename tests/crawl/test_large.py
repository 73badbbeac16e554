"""Crawls beside the time that they need at the least, with so many calls an hour."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest

from bbasync import BearerAuth, Bitbucket
from bbasync.crawl import Crawl
from bbasync.fake import FakeBitbucket

HOUR = 3600
REPOSITORIES, QUOTA = 210, 50
NEEDED = math.ceil(REPOSITORIES / 100) + REPOSITORIES
"""Pages: those of the list of repositories, and one of each one's pull requests."""
BOUND = (NEEDED - 1) // QUOTA * HOUR
"""Seconds: of any so many calls and one more, the last is an hour behind the first."""


def wait_for_answers(bb: Bitbucket, fake: FakeBitbucket, time: Any) -> None:
    """Let time pass only while nothing is on its way: no call takes an hour to arrive."""

    async def sleep(seconds: float) -> None:
        quiet = 0
        while quiet < 20:
            await asyncio.sleep(0)
            quiet = quiet + 1 if bb.requests_sent == len(fake.requests) else 0
        await time.sleep(seconds)

    transport = bb._transport
    assert transport is not None
    transport.sleep = sleep


@pytest.mark.parametrize("concurrency", [1, 20])
async def test_a_crawl_takes_the_hours_that_its_quota_asks_for(
    opened: Any, everything: Any, client: Any, time: Any, kept: Any, tmp_path: Any, concurrency: int
) -> None:
    """At most a fifth longer than the bound, with no call too many, none refused, nothing lost."""
    fake, _ = await opened(repositories=REPOSITORIES)
    wanted = await everything(fake, pullrequests="pullrequests?pagelen=50")
    fake.store.quota, fake.store.clock = QUOTA, time
    bb = await client(fake.url, auth=BearerAuth(fake.access_token), max_wait=math.inf)
    wait_for_answers(bb, fake, time)
    sink, path, started = kept(), tmp_path / "a.crawl", time.now
    plan = Crawl("acme").each("pullrequests")
    summary = await plan.into(bb, sink, checkpoint=path, concurrency=concurrency)
    assert (set(sink.found), len(sink.found), sink.missed) == (wanted, len(wanted), [])
    assert summary.complete
    assert {one.status for one in fake.requests} == {200}
    assert summary.requests == len(fake.requests) == NEEDED
    assert BOUND <= time.now - started <= 1.2 * BOUND
