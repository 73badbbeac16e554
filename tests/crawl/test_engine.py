"""The engine over the fake: all of it once, and an error no end but where it is."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from bbasync import BasicAuth, BearerAuth, Bitbucket
from bbasync.crawl import Crawl, Found, Missed
from bbasync.errors import (
    ClientClosedError,
    ConnectionFailedError,
    ForbiddenError,
    NotFoundError,
    ServerError,
    UnauthorizedError,
)
from bbasync.fake.faults import Fault
from bbasync.resources import Repository


def branch_names(repository: Any) -> Any:
    """A step that is a function."""
    return repository.branches(fields="values.name")


FULL = Crawl().each("pullrequests", state=["OPEN", "MERGED", "DECLINED", "SUPERSEDED"])


FULL = FULL.each("commits").each(branch_names)


LISTS = {
    "pullrequests": "pullrequests?pagelen=50&state=OPEN&state=MERGED&state=DECLINED"
    "&state=SUPERSEDED",
    "commits": "commits?pagelen=100",
    "branch_names": "refs/branches?pagelen=100",
}


async def taken(run: Any, records: list[Any]) -> None:
    """Take all that comes, into *records*, as long as no error does."""
    async for one in run:
        records.append(one)  # noqa: PERF401 - what came before an error is wanted


@pytest.mark.parametrize("concurrency", [1, 3, 20])
async def test_everything_is_found_once(
    opened: Any, everything: Any, crawled: Any, concurrency: int
) -> None:
    """Of all workspaces, by links and functions, at whatever concurrency."""
    fake, bb = await opened(workspaces=3, repositories=14, pullrequests=5)
    wanted = await everything(fake, **LISTS)
    found, missed, summary = await crawled(FULL, bb, concurrency=concurrency)
    assert (set(found), len(found), missed) == (wanted, len(wanted), [])
    assert summary.complete
    assert summary.found == Counter(kind for kind, *_ in wanted)
    assert summary.requests == len(fake.requests) == 1 + 3 + 3 * 14 * 3


async def test_a_named_workspace_alone_is_crawled(opened: Any, crawled: Any) -> None:
    """And only the repositories that the filter chooses; one that is missing is missed."""
    fake, bb = await opened(workspaces=3, repositories=20)
    plan = Crawl("acme", "nowhere").repositories(q='name="site" OR name="api"').each("tags")
    found, (missed,), summary = await crawled(plan, bb)
    assert {one[1:3] for one in found if one[0] == "tags"} == {
        ("acme", "acme/site"),
        ("acme", "acme/api"),
    }
    assert isinstance(missed.error, NotFoundError)
    assert (missed.kind, missed.workspace, missed.repository) == ("repositories", "nowhere", None)
    assert summary.complete
    assert len(fake.requests) == 4


async def test_a_caller_without_workspaces_has_nothing_to_crawl(opened: Any, crawled: Any) -> None:
    """One question, and the end."""
    fake, bb = await opened()
    for place in fake.store.workspaces.values():
        place.members.clear()
    assert (await crawled(FULL, bb))[:2] == ([], [])
    assert len(fake.requests) == 1


@pytest.mark.parametrize(
    ("fault", "error"), [(Fault.status(403), "ForbiddenError"), (Fault.status(500), "ServerError")]
)
async def test_an_error_on_one_repository_is_a_record(
    opened: Any, everything: Any, crawled: Any, fault: Fault, error: str
) -> None:
    """With its cause; everything else is found."""
    fake, bb = await opened(workspaces=2, repositories=6, client={"attempts": 1})
    wanted = await everything(fake, **LISTS)
    fake.faults.add("/repositories/acme/site/commits", fault)
    fake.faults.add("/repositories/borealis", fault)
    found, missed, summary = await crawled(FULL, bb)
    lost = {
        one
        for one in wanted
        if one[1] == "borealis" or (one[0], one[2]) == ("commits", "acme/site")
    }
    assert set(found) == wanted - lost
    assert {(one.kind, one.workspace, one.repository) for one in missed} == {
        ("commits", "acme", "acme/site"),
        ("repositories", "borealis", None),
    }
    assert {type(one.error).__name__ for one in missed} == {error}
    assert (summary.complete, summary.missed) == (True, 2)


async def test_a_link_that_a_repository_does_not_have_is_a_record(
    opened: Any, crawled: Any
) -> None:
    """A function that follows one ends with its own repository alone."""
    _, bb = await opened(repositories=3)

    def forks(repository: Repository) -> Any:
        return repository.rel("nothing" if repository.slug == "site" else "forks").list()

    _, (missed,), summary = await crawled(Crawl("acme").each(forks, called="forks"), bb)
    assert (missed.repository, type(missed.error).__name__) == ("acme/site", "UnknownRelError")
    assert summary.complete


async def test_a_refused_credential_ends_the_crawl(opened: Any, ours: Any) -> None:
    """What was found before is handed out first; nothing is asked for any more."""
    fake, bb = await opened(repositories=30, pullrequests=0)
    fake.faults.add("*", Fault.status(401), first=10)
    records: list[Any] = []
    with pytest.raises(UnauthorizedError):
        await taken(Crawl("acme").each("tags").run(bb, concurrency=3), records)
    assert sum(isinstance(one, Found) and one.kind == "repositories" for one in records) == 30
    assert not any(isinstance(one, Missed) for one in records)
    assert len(fake.requests) <= 9 + 3
    assert not ours()


async def test_an_end_does_not_wait_for_what_is_slow(opened: Any, ours: Any) -> None:
    """What is under way when the credential is refused is of no use any more."""
    fake, bb = await opened(repositories=30, pullrequests=0)
    fake.faults.add("/repositories/acme/site/tags", Fault.silence())
    fake.faults.add("/repositories/acme/site/refs/tags", Fault.silence())
    fake.faults.add("*", Fault.status(401), first=20)
    async with asyncio.timeout(10):
        with pytest.raises(UnauthorizedError):
            await taken(Crawl("acme").each("tags").run(bb, concurrency=3), [])
    assert not ours()


async def test_a_caller_who_may_not_list_his_workspaces_has_to_name_them(opened: Any) -> None:
    """An access token is nobody's: there is nothing to crawl, and that is no list's problem."""
    fake, _ = await opened(repositories=3)
    async with Bitbucket(BearerAuth(fake.access_token), base_url=fake.url) as bb:
        with pytest.raises(ForbiddenError):
            await taken(Crawl().run(bb), [])
        assert len([one async for one in Crawl("acme").run(bb)]) == 3


async def test_a_service_that_was_never_reached_ends_the_crawl() -> None:
    """It is no list's own problem."""
    async with Bitbucket(base_url="http://127.0.0.1:9/2.0", attempts=1) as bb:
        with pytest.raises(ConnectionFailedError):
            await anext(Crawl("acme", "other").run(bb))


async def test_a_service_that_is_lost_ends_the_crawl(opened: Any) -> None:
    """A few lists may fail; when nothing answers any more, the others are kept for later."""
    fake, bb = await opened(repositories=100, pullrequests=0, client={"attempts": 1})
    fake.faults.add("*", Fault.reset(), first=30)
    records: list[Any] = []
    with pytest.raises(ConnectionFailedError):
        await taken(Crawl("acme").each("tags").run(bb, concurrency=4), records)
    assert sum(isinstance(one, Missed) for one in records) <= 4


async def test_a_service_that_fails_at_its_first_answer_is_one_list_s_problem(
    opened: Any, crawled: Any
) -> None:
    """It was reached."""
    fake, bb = await opened(workspaces=2, repositories=3, client={"attempts": 1})
    fake.faults.add("/repositories/acme", Fault.status(503))
    found, (missed,), _ = await crawled(Crawl("acme", "borealis"), bb, concurrency=1)
    assert isinstance(missed.error, ServerError)
    assert len(found) == 3


async def test_a_bug_in_a_step_ends_the_crawl(opened: Any, ours: Any) -> None:
    """It is not hidden among the errors of the service, and leaves no task."""
    _, bb = await opened(repositories=5)

    def broken(repository: Repository) -> Any:
        return len(repository.to_dict()) // 0

    with pytest.raises(ZeroDivisionError):
        async for _ in Crawl("acme").each(broken).run(bb):
            pass
    assert not ours()


async def test_leaving_and_cancelling_leave_no_task(opened: Any, ours: Any) -> None:
    """In the middle of a crawl, by a break, by a cancellation, and by the end of the client."""
    fake, bb = await opened(workspaces=2, repositories=60, pullrequests=0)
    run = FULL.run(bb)
    async for _ in run:
        break
    await run.aclose()
    assert not ours()

    async def all_of_it(client: Bitbucket) -> None:
        async for _ in FULL.run(client):
            pass

    task, reached = asyncio.create_task(all_of_it(bb)), asyncio.Event()
    fake.on_request = lambda _: reached.set() if len(fake.requests) > 20 else None
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not ours()
    auth = BasicAuth(fake.email, fake.api_token)
    async with Bitbucket(auth, base_url=fake.url) as other:
        fake.on_request = lambda _: None
        closing = asyncio.create_task(all_of_it(other))
        await asyncio.sleep(0.02)
        await other.aclose(grace=0)
        with pytest.raises(ClientClosedError):
            await closing
