"""An audit that ends before its time: by a budget, a quota, a network, a kill; and goes on."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from bbasync import BasicAuth, Bitbucket
from bbasync.audit.facts import LEVELS, Level, Unknown
from bbasync.audit.found import WorkspaceAudit
from bbasync.audit.gather import gather
from bbasync.audit.journal import Journal
from bbasync.errors import (
    BitbucketError,
    ConfigurationError,
    ConnectionFailedError,
    RateLimitedError,
)
from bbasync.fake import FakeBitbucket, Fault


@pytest.fixture
async def service() -> AsyncIterator[FakeBitbucket]:
    """A workspace whose rights are some pages, and another one."""
    async with FakeBitbucket(workspaces=2, repositories=9, members=40, projects=2) as fake:
        for place in fake.store.workspaces.values():
            for project in place.projects.values():
                project.groups.update(dict.fromkeys(place.groups, "read"))
                project.users.update(dict.fromkeys(place.members, "read"))
        yield fake


Facts = dict[str, list[Any]]


def facts(audits: list[WorkspaceAudit]) -> Facts:
    """All that was found, by workspace; messages may name the request that was refused."""
    return {
        one.workspace: [
            *(evolve(row, message="") if isinstance(row, Unknown) else row for row in one.facts()),
            *one.unlisted,
        ]
        for one in audits
    }


async def read(bb: Bitbucket, *names: str, **options: Any) -> list[WorkspaceAudit]:
    """The audits of some workspaces, or of all."""
    return [one async for one in gather(bb, names, **options)]


async def interrupted(fake: FakeBitbucket, bb: Bitbucket, at: int, **options: Any) -> None:
    """Audit everything, and be cancelled when request number *at* comes in."""
    task = asyncio.ensure_future(read(bb, **options))
    before = len(fake.requests)

    def look(_: object) -> None:
        if len(fake.requests) - before >= at:
            task.cancel()

    fake.on_request = look
    with pytest.raises(asyncio.CancelledError):
        await task
    fake.on_request = None


@pytest.mark.parametrize("seed", range(6))
async def test_one_that_was_interrupted_goes_on_to_the_same_end(
    service: FakeBitbucket, bb: Bitbucket, tmp_path: Path, seed: int
) -> None:
    """Fact by fact; and nothing is asked for again that was kept, wherever it was interrupted."""
    dice, path = random.Random(seed), tmp_path / "journal"
    level, concurrency = LEVELS[seed % 3], dice.choice((1, 3, 8))
    options: dict[str, Any] = {"level": level, "concurrency": concurrency}
    expected = facts(await read(bb, **options))
    whole = len(service.requests)
    for _ in range(2):
        await interrupted(service, bb, dice.randrange(2, whole // 3), checkpoint=path, **options)
    with Journal(path) as journal:
        await journal.begin(bb._options.origins.base)
        kept = journal.pages_kept
    service.requests.clear()
    assert facts(await read(bb, checkpoint=path, **options)) == expected
    assert len(service.requests) == whole - kept
    assert not path.exists()
    assert not path.with_name("journal.lock").exists()


@pytest.mark.parametrize("concurrency", [1, 2, 5])
async def test_a_long_list_goes_on_at_its_page(
    service: FakeBitbucket, bb: Bitbucket, tmp_path: Path, concurrency: int
) -> None:
    """Whatever is fetched ahead, the place that is kept is behind the page that is."""
    expected = facts(await read(bb, "acme"))
    pages = len(service.requests)
    assert pages > 4
    for count in range(1, pages):
        service.requests.clear()
        path = tmp_path / f"{count}"
        options: dict[str, Any] = {"concurrency": concurrency, "checkpoint": path}
        (one,) = await read(bb, "acme", max_requests=count, **options)
        assert len(service.requests) == count
        assert len(one.people) > 0
        assert [each.left_out for each in one.unknown] == [True]
        assert facts(await read(bb, "acme", **options)) == expected
        assert len(service.requests) == pages


async def test_where_a_process_was_killed_the_rest_is_read(
    service: FakeBitbucket, bb: Bitbucket, tmp_path: Path
) -> None:
    """A line that it could not write to its end is asked for again, and no more."""
    path, dice = tmp_path / "journal", random.Random(1)
    expected = facts(await read(bb, level="explain"))
    whole = len(service.requests)
    await interrupted(service, bb, whole - 4, checkpoint=path, level="explain")
    data = path.read_bytes()
    for _ in range(3):
        cut = data[: dice.randrange(200, len(data))]
        path.write_bytes(cut)
        service.requests.clear()
        assert facts(await read(bb, checkpoint=path, level="explain")) == expected
        assert len(service.requests) == whole - (cut.count(b"\n") - 1)


@pytest.mark.parametrize(("level", "part"), [("effective", 1), ("explain", 3), ("full", 7)])
async def test_one_that_has_few_requests_at_a_time_gets_there_all_the_same(
    service: FakeBitbucket, bb: Bitbucket, tmp_path: Path, level: Level, part: int
) -> None:
    """No request more than it may send, each of them of use, and what is left says why."""
    path = tmp_path / "journal"
    expected = facts(await read(bb, level=level))
    whole = len(service.requests)
    service.requests.clear()
    budget = max(1, whole * part // 10)
    for run in range(100):
        service.requests.clear()
        audits = await read(bb, level=level, max_requests=budget, checkpoint=path)
        assert len(service.requests) <= budget
        left = [one for audit in audits for one in audit.unknown]
        assert all(one.left_out for one in left)
        assert all(f"the budget of {budget} requests is spent" in one.message for one in left)
        if not left:
            break
        assert len(service.requests) == budget
        assert path.exists()
        # The list of workspaces is read in the first run alone.
        assert run < whole // budget + 1
    assert facts(audits) == expected
    assert not path.exists()


async def test_without_a_request_a_checkpoint_tells_what_it_has(
    service: FakeBitbucket, bb: Bitbucket, tmp_path: Path
) -> None:
    """That is the report of an interrupted audit; the checkpoint stays."""
    path = tmp_path / "journal"
    await read(bb, level="explain", max_requests=16, checkpoint=path)
    service.requests.clear()
    audits = await read(bb, level="explain", max_requests=0, checkpoint=path)
    assert not service.requests
    assert sum(len(one.rights) for one in audits) > 100
    assert all(not one.complete for one in audits)
    assert all(each.left_out for one in audits for each in one.unknown)
    (acme,) = [one for one in audits if one.workspace == "acme"]
    assert not acme.knows("repository-users", repository=acme.repositories[-1].full_name)
    assert path.exists()
    await read(bb, level="explain", checkpoint=path)
    assert not path.exists()


@pytest.mark.parametrize("level", LEVELS)
async def test_with_nothing_at_all_everything_is_left_out(
    service: FakeBitbucket, bb: Bitbucket, level: Level
) -> None:
    """Each part that the level asks for is unknown; without names, that is an error."""
    (one,) = await read(bb, "acme", level=level, max_requests=0)
    assert not service.requests
    parts = {each.part for each in one.unknown}
    assert parts >= {"members", "rights"}
    if level != "effective":
        assert parts >= {"repositories", "projects", "groups", "project-users", "repository-users"}
        assert parts >= {"project-groups", "repository-groups"}
    if level == "full":
        assert parts >= {"deploy-keys", "webhooks", "branch-restrictions", "default-reviewers"}
    assert all(each.left_out and each.cause is not None for each in one.unknown)
    with pytest.raises(BitbucketError, match="budget of 0 requests is spent"):
        await read(bb, max_requests=0)


async def test_what_the_client_repeats_counts(service: FakeBitbucket, tmp_path: Path) -> None:
    """The service counts it too."""
    service.faults.add("*/permissions-config/*", Fault.status(503, retry_after=0), times=4)
    auth = BasicAuth(service.email, service.api_token)
    async with Bitbucket(auth, base_url=service.url) as bb:
        await read(bb, "acme", level="explain", max_requests=20, checkpoint=tmp_path / "journal")
        assert bb.requests_sent == len(service.requests) == 20


async def test_a_quota_that_is_used_up_ends_the_reading(
    service: FakeBitbucket, bb: Bitbucket, tmp_path: Path
) -> None:
    """What is left says so with its cause, and is not asked for list by list; later it goes on."""
    path = tmp_path / "journal"
    expected = facts(await read(bb, level="full"))
    service.requests.clear()
    service.faults.add("/repositories/*/*/*", Fault.too_many(retry_after=3600), first=6)
    auth = BasicAuth(service.email, service.api_token)
    async with Bitbucket(auth, base_url=service.url, max_wait=0.1) as client:
        audits = await read(client, level="full", checkpoint=path)
    refused = [one for one in service.requests if one.status == 429]
    assert 1 <= len(refused) <= 4
    left = [one for audit in audits for one in audit.unknown]
    assert len(left) > 20
    assert all(one.left_out and isinstance(one.cause, RateLimitedError) for one in left)
    assert sum(len(one.rights) for one in audits) == sum(
        1 for rows in expected.values() for row in rows if row.kind == "right"
    )
    service.faults.clear()
    assert facts(await read(bb, level="full", checkpoint=path)) == expected


async def test_a_network_that_is_gone_ends_the_reading(
    service: FakeBitbucket, bb: Bitbucket, tmp_path: Path
) -> None:
    """Some calls are tried, and then no more; what was read is there, and it goes on later."""
    path = tmp_path / "journal"
    expected = facts(await read(bb, level="full"))
    service.requests.clear()
    service.faults.add("*", Fault.reset(), first=21)
    auth = BasicAuth(service.email, service.api_token)
    async with Bitbucket(auth, base_url=service.url, attempts=1) as client:
        audits = await read(client, level="full", concurrency=2, checkpoint=path)
        assert client.requests_sent <= 20 + 3 + 3  # three in a row, and what is under way
    left = [one for audit in audits for one in audit.unknown]
    assert all(isinstance(one.cause, ConnectionFailedError) for one in left)
    assert sum(one.left_out for one in left) >= len(left) - 5
    assert len(left) > 10
    service.faults.clear()
    assert facts(await read(bb, level="full", checkpoint=path)) == expected


async def test_a_connection_that_breaks_now_and_then_ends_nothing(
    service: FakeBitbucket,
) -> None:
    """Only what breaks is unknown."""
    service.faults.add("/repositories/acme/*/permissions-config/users", Fault.reset(), times=2)
    auth = BasicAuth(service.email, service.api_token)
    async with Bitbucket(auth, base_url=service.url, attempts=1) as client:
        (one,) = await read(client, "acme", level="explain", concurrency=1)
    assert [each.part for each in one.unknown] == ["repository-users"] * 2
    assert not any(each.left_out for each in one.unknown)


async def test_what_has_failed_is_asked_for_again(
    service: FakeBitbucket, bb: Bitbucket, tmp_path: Path
) -> None:
    """A failure is not kept; the checkpoint stays where it may pass, and goes where it won't."""
    path = tmp_path / "journal"
    auth = BasicAuth(service.email, service.api_token)
    expected = facts(await read(bb, "acme", level="explain"))
    service.faults.add("/workspaces/acme/projects/*/permissions-config/users", Fault.status(500))
    async with Bitbucket(auth, base_url=service.url, attempts=1) as client:
        (one,) = await read(client, "acme", level="explain", checkpoint=path)
    assert {each.part for each in one.unknown} == {"project-users"}
    assert path.exists()
    service.faults.clear()
    service.requests.clear()
    assert facts(await read(bb, "acme", level="explain", checkpoint=path)) == expected
    assert len(service.requests) == len(one.projects or ())
    assert not path.exists()
    service.faults.add("/workspaces/acme/projects/*/permissions-config/users", Fault.status(403))
    (one,) = await read(bb, "acme", level="explain", checkpoint=path)
    assert not one.complete
    assert not path.exists()


async def test_another_level_goes_on_with_what_is_there(
    service: FakeBitbucket, bb: Bitbucket, tmp_path: Path
) -> None:
    """Who finds that he wants to know more does not pay twice."""
    with Journal(tmp_path / "journal") as journal:
        await read(bb, "acme", checkpoint=journal)
        before = len(service.requests)
        expected = facts(await read(bb, "acme", level="explain"))
        whole = len(service.requests) - before
        service.requests.clear()
        assert facts(await read(bb, "acme", level="explain", checkpoint=journal)) == expected
        assert len(service.requests) == whole - before
    assert journal.path.exists()


async def test_a_list_that_has_become_shorter_is_read_anew(
    service: FakeBitbucket, bb: Bitbucket, tmp_path: Path
) -> None:
    """What has moved up into pages that are kept would be missing else."""
    path = tmp_path / "journal"
    await read(bb, "acme", max_requests=3, checkpoint=path)
    place = service.store.workspaces["acme"]
    gone = min(place.repositories.values(), key=lambda one: one.name)
    repositories: Any = place.repositories
    del repositories[gone.slug]
    expected = facts(await read(bb, "acme"))
    assert facts(await read(bb, "acme", checkpoint=path)) == expected
    assert facts(await read(bb, "acme", checkpoint=path)) == expected


async def test_a_member_s_audit_is_told_from_its_checkpoint_too(
    service: FakeBitbucket, client_of: Any, tmp_path: Path
) -> None:
    """What was read in the place of lists that are closed to him is found again."""
    path, member = tmp_path / "journal", service.account("member")
    for other in service.store.workspaces["acme"].repositories.values():
        other.users[member.uuid] = "admin"
    async with client_of(member) as client:
        await read(client, "acme", level="explain", max_requests=24, checkpoint=path)
        (one,) = await read(client, "acme", level="explain", max_requests=0, checkpoint=path)
        assert one.rights
        assert [each for each in one.grants if each.group and each.repository]
        expected = facts(await read(client, "acme", level="explain"))
        assert facts(await read(client, "acme", level="explain", checkpoint=path)) == expected


async def test_the_checkpoint_of_another_service_is_refused_before_any_request(
    service: FakeBitbucket, bb: Bitbucket, tmp_path: Path
) -> None:
    """With what it is of."""
    path = tmp_path / "journal"
    with Journal(path) as journal:
        await journal.begin("https://api.bitbucket.org/2.0")
    with pytest.raises(ConfigurationError, match=r"api\.bitbucket\.org"):
        await read(bb, "acme", checkpoint=path)
    assert not service.requests
    assert path.exists()


async def test_the_consumer_may_stop_and_go_on(
    service: FakeBitbucket, bb: Bitbucket, tmp_path: Path
) -> None:
    """What was read when it was closed is kept, and the file is free again."""
    path = tmp_path / "journal"
    walk = gather(bb, level="explain", checkpoint=path, concurrency=1)
    async with aclosing(walk):
        first = await anext(walk)
    expected = facts(await read(bb, level="explain"))
    service.requests.clear()
    audits = await read(bb, level="explain", checkpoint=path)
    assert facts(audits) == expected
    asked = Counter(f"/{first.workspace}/" in one.path for one in service.requests)
    assert not asked[True]


async def test_what_the_caller_sends_himself_counts_against_no_budget(bb: Bitbucket) -> None:
    """With the same client, beside an audit whose budget is spent, it just passes."""
    walk = gather(bb, "acme", max_requests=1)
    async with aclosing(walk):
        await anext(walk)
        assert (await bb.workspaces.get("acme")).slug == "acme"
