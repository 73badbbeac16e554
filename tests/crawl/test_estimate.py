"""The estimate: what a crawl then really sends, told by a few requests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bbasync import BearerAuth, Bitbucket
from bbasync.crawl import Crawl
from bbasync.crawl.estimate import pages
from bbasync.errors import ArgumentError, ConnectionFailedError, UnauthorizedError
from bbasync.fake.faults import Fault
from bbasync.fake.state.pulls import PullRequests


def branch_names(repository: Any) -> Any:
    """A step that is a function."""
    return repository.branches()


FULL = Crawl().each("pullrequests", state=["OPEN", "MERGED"]).each("commits").each(branch_names)


@pytest.mark.parametrize("count", [1, 5, 101])
async def test_the_estimate_is_what_is_sent(opened: Any, crawled: Any, count: int) -> None:
    """On a quiet service, step by step, whatever the number of repositories."""
    fake, bb = await opened(workspaces=2, repositories=count, pullrequests=3)
    estimate = await FULL.estimate(bb)
    spent = len(fake.requests)
    assert estimate.spent == spent <= 1 + 2 + 12 * (1 + 3)
    assert estimate.repositories == 2 * count
    assert estimate.sampled == min(12, 2 * count)
    assert estimate.at_least == {"commits"}
    fake.requests.clear()
    *_, summary = await crawled(FULL, bb)
    assert summary.requests == len(fake.requests) == estimate.total
    parts = {
        "workspaces": "/user/workspaces",
        "pullrequests": "/pullrequests",
        "commits": "/commits",
        "branch_names": "/refs/branches",
    }
    real = {
        kind: sum(one.path.endswith(path) for one in fake.requests) for kind, path in parts.items()
    }
    real["repositories"] = len(fake.requests) - sum(real.values())
    assert estimate.requests == real


async def test_long_lists_are_counted_in_pages(opened: Any, crawled: Any) -> None:
    """Of pull requests, each page but the first repeats the last item of the one before."""
    fake, bb = await opened(repositories=5, pullrequests=150)
    for one in fake.store.repositories():
        for made in fake.store.part(one, PullRequests):  # which else are of few moments
            when = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=made.number)
            made.created_on = when.isoformat(timespec="microseconds")
    plan = Crawl("acme").each("pullrequests", state=["OPEN", "MERGED", "DECLINED", "SUPERSEDED"])
    estimate = await plan.estimate(bb)
    *_, summary = await crawled(plan, bb)
    assert estimate.total == summary.requests == 1 + 5 * pages(150, 50, keyset=True)
    assert pages(150, 50, keyset=True) == 4 > pages(150, 50, keyset=False)


async def test_a_selection_and_a_time_make_it_smaller(opened: Any, crawled: Any) -> None:
    """The estimate asks the same questions as the crawl."""
    _, bb = await opened(repositories=150, pullrequests=1)
    moment = datetime(2026, 9, 20, tzinfo=UTC)
    for plan, since in (
        (Crawl("acme").repositories(q="is_private=false").each("pullrequests"), None),
        (Crawl("acme"), moment),
        (Crawl("acme").each("pullrequests"), moment),
    ):
        estimate = await plan.estimate(bb, since=since)
        found, _, summary = await crawled(plan, bb, since=since)
        assert estimate.total == summary.requests
        if not plan.steps or plan.selection.q:
            listed = sum(one[0] == "repositories" for one in found)
            assert estimate.repositories == listed < 150


async def test_what_cannot_be_asked_is_a_request_each(opened: Any, crawled: Any) -> None:
    """A workspace that is not there, and lists that are forbidden, cost their answer."""
    fake, bb = await opened(repositories=4)
    fake.faults.add("*/hooks", Fault.status(403))
    plan = Crawl("acme", "nowhere").each("hooks")
    estimate = await plan.estimate(bb)
    assert estimate.requests == {"repositories": 2, "hooks": 4}
    *_, summary = await crawled(plan, bb)
    assert (summary.requests, summary.missed) == (6, 5)


async def test_the_hours_are_those_of_the_quota(opened: Any, client: Any, time: Any) -> None:
    """What is left of the budget goes at once; the rest waits for it to come back."""
    fake, _ = await opened(repositories=300, pullrequests=0)
    fake.store.quota, fake.store.clock = 200, time
    bb = await client(fake.url, auth=BearerAuth(fake.access_token))
    estimate = await Crawl("acme").each("tags").each("hooks").estimate(bb)
    assert estimate.total == pages(300, 100, keyset=True) + 600
    left = bb.quota["api"].remaining
    assert left is not None
    assert estimate.hours == pytest.approx((estimate.total - left) / 200)
    assert (await Crawl("acme").estimate(bb)).hours == 0


async def test_what_ends_a_crawl_ends_its_estimate(opened: Any) -> None:
    """A refused credential, a service that is not there, and a sample of nothing."""
    fake, bb = await opened(repositories=4)
    with pytest.raises(ArgumentError, match="sample takes a whole number"):
        await FULL.estimate(bb, sample=0)
    assert not fake.requests
    fake.faults.add("/repositories/acme", Fault.status(401))
    with pytest.raises(UnauthorizedError):
        await FULL.estimate(bb)
    async with Bitbucket(base_url="http://127.0.0.1:9/2.0", attempts=1) as other:
        with pytest.raises(ConnectionFailedError):
            await Crawl("acme").estimate(other)
