"""The plan of an audit says how many requests it will send, and it sends just as many."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bbasync import BasicAuth, BearerAuth, Bitbucket
from bbasync.audit.facts import LEVELS, Level
from bbasync.audit.gather import gather
from bbasync.audit.journal import Journal
from bbasync.audit.plan import Plan, plan
from bbasync.errors import (
    ArgumentError,
    ConnectionFailedError,
    NotFoundError,
    RateLimitedError,
    ServerError,
    UnauthorizedError,
)
from bbasync.fake import FakeBitbucket, Fault
from bbasync.wire.groups import group_of


@pytest.fixture
async def service() -> AsyncIterator[FakeBitbucket]:
    """Two workspaces whose repositories all have somebody beside the owners."""
    async with FakeBitbucket(workspaces=2, repositories=5, members=12, projects=2) as fake:
        for place in fake.store.workspaces.values():
            for project in place.projects.values():
                project.users.update(dict.fromkeys(place.members, "read"))
        yield fake


def sent(fake: FakeBitbucket) -> Counter[str]:
    """The requests by the budget that they count against."""
    return Counter(group_of(one.method, one.path) for one in fake.requests)


async def planned(fake: FakeBitbucket, bb: Bitbucket, *names: str, level: Level) -> Plan:
    """The plan, and the audit behind it: the requests of the latter are in the fake."""
    fake.requests.clear()
    made = await plan(bb, names, level=level)
    assert made.spent == len(fake.requests)
    fake.requests.clear()
    _ = [one async for one in gather(bb, names, level=level)]
    return made


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    "names", [(), ("acme",), ("acme/site",), ("acme", "borealis"), ("nowhere", "acme")]
)
async def test_an_audit_sends_as_many_requests_as_its_plan_says(
    service: FakeBitbucket, bb: Bitbucket, names: tuple[str, ...], level: Level
) -> None:
    """Against each budget, whatever is named."""
    made = await planned(service, bb, *names, level=level)
    assert made.total == len(service.requests)
    assert made.budgets == sent(service)
    assert sum(made.budgets.values()) == made.total
    each: Counter[str] = Counter()
    for one in made.workspaces.values():
        each.update(one)
    listed = {"workspaces": 1} if not names else {}
    assert {**each, **listed} == made.requests
    assert set(made.missed) == {"nowhere"} & set(names)
    assert all(isinstance(one, NotFoundError) for one in made.missed.values())
    assert made.spent <= 1 + 6 * len(made.workspaces)
    assert made.at_most == (set() if level == "effective" else {"repository-users"})
    may_be_longer = {"deploy-keys", "webhooks", "branch-restrictions"} if level == "full" else set()
    assert made.at_least - {"rights"} == may_be_longer
    assert ("rights" in made.at_least) == (names == ("acme/site",))


@pytest.mark.tool  # it takes its time, and says the same whichever the Python
async def test_a_large_workspace_is_planned_by_six_requests() -> None:
    """1,000 repositories, 50 projects and 200 people: thousands of requests, just as planned.

    The second level goes on with what the first has read; the third, of which smaller workspaces
    are read above, is only planned.
    """
    sizes = {"repositories": 1000, "projects": 50, "members": 200}
    async with FakeBitbucket(**sizes) as fake:
        place = fake.store.workspaces["acme"]
        member = next(uuid for uuid, level in place.members.items() if level == "member")
        for project in place.projects.values():
            project.users[member] = "read"  # so that somebody has a right everywhere
        auth = BasicAuth(fake.email, fake.api_token)
        async with Bitbucket(auth, base_url=fake.url) as bb:
            plans = [await plan(bb, "acme", level=level) for level in LEVELS]
            assert [one.spent for one in plans] == [2, 5, 5]
            fake.requests.clear()
            with Journal.temporary() as journal:
                for made in plans[:2]:
                    walk = gather(bb, "acme", level=made.level, checkpoint=journal)
                    (one,) = [each async for each in walk]
                    assert one.complete
                    assert len(fake.requests) == made.total
    assert len(one.rights) > 90_000
    assert {right.explained for right in one.rights} == {True}
    assert plans[-1].total > 6000


async def test_where_only_owners_have_rights_fewer_are_sent(
    service: FakeBitbucket, bb: Bitbucket
) -> None:
    """So the plan says that it is at most that."""
    place = service.store.workspaces["acme"]
    for thing in (*place.projects.values(), *place.repositories.values()):
        thing.users.clear()
        thing.groups.clear()
    made = await planned(service, bb, "acme", level="explain")
    assert len(service.requests) == made.total - made.requests["repository-users"]
    assert "repository-users" in made.at_most


async def test_named_repositories_of_one_project_take_fewer(
    service: FakeBitbucket, bb: Bitbucket
) -> None:
    """Which projects they are of is not asked beforehand."""
    names = [f"acme/{one.slug}" for one in service.store.workspaces["acme"].repositories.values()]
    made = await planned(service, bb, *names, level="full")
    assert len(service.requests) < made.total
    assert made.at_most >= {"project-users", "project-groups", "deploy-keys", "default-reviewers"}


@pytest.mark.parametrize("level", LEVELS)
async def test_a_member_s_audit_is_planned_too(
    service: FakeBitbucket, client_of: Any, level: Level
) -> None:
    """With the lists of those repositories that he administers."""
    member = service.account("member")
    first, second, *_ = service.store.workspaces["acme"].repositories.values()
    first.users[member.uuid] = second.users[member.uuid] = "admin"
    async with client_of(member) as client:
        made = await planned(service, client, "acme", level=level)
    assert made.total == len(service.requests)
    assert made.budgets == sent(service)
    assert not made.missed


@pytest.mark.parametrize("status", [403, 410])
async def test_where_version_one_is_closed_the_plan_says_what_that_takes(
    service: FakeBitbucket, bb: Bitbucket, status: int
) -> None:
    """A list for each repository, instead of one for all."""
    service.faults.add("/1.0/groups/*", Fault.status(status))
    made = await planned(service, bb, "acme", level="explain")
    assert made.total == len(service.requests)
    assert made.requests["repository-groups"] == 5


async def test_a_workspace_by_its_uuid_is_planned_the_same(
    service: FakeBitbucket, bb: Bitbucket
) -> None:
    """API 1.0 is asked by the slug."""
    uuid = service.store.workspaces["acme"].uuid
    made = await planned(service, bb, uuid, level="full")
    assert made.total == len(service.requests)


async def test_hours_are_those_of_the_budget_that_takes_the_longest(bb: Bitbucket) -> None:
    """Only those count that have a limit; where none has, nobody knows."""
    effective = await plan(bb, "acme", level="effective")
    assert effective.hours is None
    full = await plan(bb, "acme", level="full")
    assert full.hours == 0
    async with FakeBitbucket(repositories=2000) as fake:
        auth = BasicAuth(fake.email, fake.api_token)
        async with Bitbucket(auth, base_url=fake.url) as client:
            explain = await plan(client, "acme", level="explain")
            made = await plan(client, "acme", level="full")
    assert explain.hours is not None
    assert made.hours is not None
    assert 1 <= explain.hours <= 1.1  # 2,000 lists, the first 1,000 of them at once
    assert 7 <= made.hours <= 7.1


async def test_a_list_that_does_not_tell_its_length_is_at_least_a_page(
    service: FakeBitbucket, bb: Bitbucket
) -> None:
    """It is told which."""
    service.store.sizeless.add("/permissions")
    made = await plan(bb, "acme")
    assert made.at_least == {"members"}
    assert made.requests["members"] == 1


async def test_what_could_not_be_asked_is_told(service: FakeBitbucket) -> None:
    """Beside what could."""
    service.faults.add("/repositories/acme", Fault.status(500))
    auth = BasicAuth(service.email, service.api_token)
    async with Bitbucket(auth, base_url=service.url, attempts=1) as client:
        made = await plan(client, ["acme", "borealis"], level="explain")
    assert isinstance(made.missed["acme"], ServerError)
    assert list(made.missed) == ["acme"]
    assert made.workspaces["borealis"]["repository-users"] == 5


async def test_what_would_be_the_same_everywhere_ends_it(
    service: FakeBitbucket, unused_tcp_port: int
) -> None:
    """A refused credential, a dead service, a quota that is used up, a name that can't be one."""
    async with Bitbucket(BearerAuth("wrong"), base_url=service.url) as client:
        with pytest.raises(UnauthorizedError):
            await plan(client, "acme")
        for wrong in ({"level": "deep"}, {"concurrency": 0}, {"workspaces": ".."}):
            with pytest.raises(ArgumentError):
                await plan(client, **wrong)
    dead = f"http://127.0.0.1:{unused_tcp_port}/2.0"
    async with Bitbucket(BearerAuth("x"), base_url=dead, attempts=1) as client:
        with pytest.raises(ConnectionFailedError):
            await plan(client, "acme")
    service.faults.add("*", Fault.too_many(retry_after=3600))
    auth = BasicAuth(service.email, service.api_token)
    async with Bitbucket(auth, base_url=service.url, max_wait=0.1) as client:
        with pytest.raises(RateLimitedError):
            await plan(client, "acme")
