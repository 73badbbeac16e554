"""Walks over the fake: each kind of list, from its beginning, from a position, and since a time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import evolve

from bbasync import BasicAuth, Bitbucket
from bbasync.crawl import Crawl, Found, Missed, Walk
from bbasync.crawl.gate import Gate
from bbasync.crawl.lists import Lists
from bbasync.crawl.walks import Reader, roots
from bbasync.errors import DecodingError, ForbiddenError, NotFoundError, PagingError
from bbasync.fake.faults import Fault
from bbasync.resources import Repository

OCTOBER = datetime(2026, 9, 20, tzinfo=UTC)


def tag_names(repository: Repository) -> Any:
    """A step that is a function."""
    return repository.tags(pagelen=1)


def reader(bb: Bitbucket, plan: Crawl, since: datetime | None = None) -> Reader:
    """What reads the walks of a plan."""
    return Reader(Lists(Gate(bb), plan, since))


async def walks_of(bb: Bitbucket, plan: Crawl, slug: str = "site") -> list[Walk]:
    """The walks over one repository, of which there are as many as steps."""
    found = [
        walk
        async for turn in reader(bb, plan).read(roots(plan.workspaces)[0])
        for walk in turn.batch.begun
    ]
    named = [walk for walk in found if f'"acme/{slug}"'.encode() in (walk.repository or b"")]
    assert len(named) == len(plan.steps)
    return named


async def read(
    bb: Bitbucket, plan: Crawl, walk: Walk, *, stop: int | None = None, since: Any = None
) -> tuple[list[Any], Walk, list[Missed]]:
    """What comes of a walk, as ids, at most so many pages; and where it stands then."""
    found: list[Any] = []
    missed: list[Missed] = []
    number, over = 0, False
    async for turn in reader(bb, plan, since).read(walk):
        assert not over
        number += 1
        walk, over = turn.batch.walk, turn.batch.over
        for one in turn.batch.records:
            if isinstance(one, Found):
                item: Any = one.item
                told = (getattr(item, name, None) for name in ("id", "hash", "name", "uuid"))
                found.append(next(one for one in told if one))
            else:
                missed.append(one)
        if number == stop:
            return found, walk, missed
    assert over
    return found, walk, missed


STEPS: dict[str, Crawl] = {
    "pull requests": Crawl("acme").each("pullrequests", state=["OPEN", "MERGED"], pagelen=3),
    "pull requests in another order": Crawl("acme").each("pullrequests", sort="id", pagelen=3),
    "commits": Crawl("acme").each("commits", pagelen=7),
    "branches": Crawl("acme").each("branches", pagelen=1),
    "a function": Crawl("acme").each(tag_names),
}
every_step = pytest.mark.parametrize("plan", STEPS.values(), ids=STEPS)


@every_step
async def test_a_walk_goes_on_where_its_position_is(opened: Any, plan: Crawl) -> None:
    """After each page, in another process: all items once, in the same order."""
    fake, bb = await opened(repositories=2, pullrequests=20)
    (walk,) = await walks_of(bb, plan)
    whole, after, _ = await read(bb, plan, walk)
    assert len(set(whole)) == len(whole) == after.found > 1
    fake.requests.clear()
    found: list[Any] = []
    while walk.found < len(whole):
        some, walk, missed = await read(bb, plan, walk, stop=1)
        found += some
        assert not missed
    assert found == whole
    assert await read(bb, plan, walk) == ([], walk, []) or walk.position is None


@every_step
async def test_a_repository_that_was_renamed_is_read_on_under_its_new_name(
    opened: Any, plan: Crawl
) -> None:
    """Before its first page, and between two: all items once."""
    fake, bb = await opened(repositories=2, pullrequests=20)
    (start,) = await walks_of(bb, plan)
    whole, _, _ = await read(bb, plan, start)
    _, half, _ = await read(bb, plan, start, stop=1)
    await bb.repositories.update("acme", "site", Repository(name="place"))
    assert (await read(bb, plan, start))[0] == whole
    rest, walk, missed = await read(bb, plan, half)
    assert (rest, missed) == (whole[half.found :], [])
    assert b'"acme/place"' in (walk.repository or b"")
    uuid = fake.store.workspaces["acme"].repositories["place"].uuid.strip("{}")
    assert (
        sum(one.path.endswith(f"/repositories/%7B%7D/%7B{uuid}%7D") for one in fake.requests) == 2
    )


@every_step
async def test_a_repository_that_is_renamed_while_it_is_read_loses_nothing(
    opened: Any, plan: Crawl
) -> None:
    """Within one walk: what was found before is not found again."""
    fake, bb = await opened(repositories=2, pullrequests=20)
    (start,) = await walks_of(bb, plan)
    whole, _, _ = await read(bb, plan, start)
    asked = 0

    async def rename(_: Any) -> None:
        nonlocal asked
        asked += 1
        if asked == 3:
            fake.on_request = None
            await bb.repositories.update("acme", "site", Repository(name="place"))

    fake.on_request = rename
    found, _, missed = await read(bb, plan, start)
    assert (found, missed) == (whole, [])


async def test_a_list_that_cannot_be_gone_on_with_is_missed(opened: Any) -> None:
    """Of a renamed repository, where the last item that was handed out is gone."""
    _, bb = await opened(repositories=2)
    plan = STEPS["branches"]
    (walk,) = await walks_of(bb, plan)
    _, half, _ = await read(bb, plan, walk, stop=1)
    await bb.repositories.update("acme", "site", Repository(name="place"))
    named = (half.position or "").replace('"last": "', '"last": "never ')
    found, _, missed = await read(
        bb, plan, Walk(half.key, half.kind, "acme", half.repository, named)
    )
    assert found == []
    assert [type(one.error) for one in missed] == [PagingError]


async def test_a_repository_that_is_gone_is_missed(opened: Any) -> None:
    """Its error is that of its list, and it is looked for once, by its uuid."""
    fake, bb = await opened(repositories=3)
    plan = STEPS["commits"]
    (walk,) = await walks_of(bb, plan)
    await bb.repositories.delete("acme", "site")
    fake.requests.clear()
    found, _, (missed,) = await read(bb, plan, walk)
    assert found == []
    assert isinstance(missed.error, NotFoundError)
    assert missed.error.url.endswith("/commits?pagelen=7")
    assert (missed.kind, missed.workspace, missed.repository) == ("commits", "acme", "acme/site")
    assert len(fake.requests) == 2


async def test_a_list_that_is_not_there_is_missed(opened: Any) -> None:
    """Of a repository that has the name it had, nothing is read a second time."""
    fake, bb = await opened(repositories=3)
    plan = STEPS["commits"]
    (walk,) = await walks_of(bb, plan)
    fake.faults.add("*/commits", Fault.status(404))
    fake.requests.clear()
    _, _, (missed,) = await read(bb, plan, walk)
    assert isinstance(missed.error, NotFoundError)
    assert fake.requests[0].path.endswith("/commits")
    assert len(fake.requests) == 2


async def test_a_list_that_moves_hands_out_nothing_twice(opened: Any) -> None:
    """Where pages have numbers, and something is put before what was read already."""
    fake, bb = await opened(repositories=2)
    plan = Crawl("acme").each("watchers", pagelen=2)
    (walk,) = await walks_of(bb, plan)
    one = fake.store.workspaces["acme"].repositories["site"]
    people = list(fake.store.accounts)
    one.watchers[:] = people[1:8]

    def insert(_: Any) -> None:
        if len(fake.requests) == 2:
            one.watchers.insert(0, people[0])

    fake.requests.clear()
    fake.on_request = insert
    found = [
        record.item.uuid
        async for turn in reader(bb, plan).read(walk)
        for record in turn.batch.records
        if isinstance(record, Found)
    ]
    assert found == people[1:8]


async def test_a_list_that_moved_between_two_runs_hands_out_nothing_twice(opened: Any) -> None:
    """What stood on the page before, and has moved to the next one, is known again."""
    fake, bb = await opened(repositories=2)
    plan = Crawl("acme").each("watchers", pagelen=2)
    (walk,) = await walks_of(bb, plan)
    one = fake.store.workspaces["acme"].repositories["site"]
    people = list(fake.store.accounts)
    one.watchers[:] = people[1:8]
    first, half, _ = await read(bb, plan, walk, stop=2)
    one.watchers.insert(0, people[0])
    rest, end, _ = await read(bb, plan, half)
    assert (len(first), len(set(first + rest)), end.found) == (4, 7, 7)


async def test_a_list_that_breaks_off_keeps_what_was_found(opened: Any) -> None:
    """A later page that is forbidden is a Missed behind the items of those before."""
    fake, bb = await opened(repositories=2)
    plan = STEPS["commits"]
    (walk,) = await walks_of(bb, plan)
    fake.faults.add("*/commits", Fault.status(403), first=3)
    found, after, (missed,) = await read(bb, plan, walk)
    assert len(found) == after.found == 14
    assert isinstance(missed.error, ForbiddenError)


async def test_since_a_time_repositories_that_changed_are_handed_out(opened: Any) -> None:
    """Where nothing is read of them the service chooses; else all are listed, for their lists."""
    fake, bb = await opened(repositories=40)
    places = fake.store.workspaces["acme"].repositories.values()
    wanted = {one.name for one in places if one.updated_on >= OCTOBER.isoformat()}
    assert 0 < len(wanted) < 40
    root = roots(("acme",))[0]
    found, _, _ = await read(bb, Crawl("acme"), root, since=OCTOBER)
    assert set(found) == wanted
    assert "updated_on" in fake.requests[-1].query
    turns = [turn async for turn in reader(bb, Crawl("acme").each("tags"), OCTOBER).read(root)]
    assert {one.item.name for turn in turns for one in turn.batch.records} == wanted
    assert sum(len(turn.batch.begun) for turn in turns) == 40
    assert "updated_on" not in fake.requests[-1].query


@pytest.mark.parametrize("sort", [{}, {"sort": "id"}])
async def test_since_a_time_pull_requests_that_changed_are_read(
    opened: Any, sort: dict[str, str]
) -> None:
    """By the service's own filter, with the user's and the states."""
    _, bb = await opened(repositories=2, pullrequests=20)
    plan = Crawl("acme").each("pullrequests", q="id>2", pagelen=3, **sort)
    (walk,) = await walks_of(bb, plan)
    repository = await bb.repositories.get("acme", "site")
    every = await repository.pullrequests().all()
    moment = sorted(one.updated_on for one in every)[len(every) // 2]
    wanted = {one.id for one in every if one.updated_on >= moment and one.id > 2}
    found, _, missed = await read(bb, plan, walk, since=moment)
    assert (set(found), len(found), missed) == (wanted, len(wanted), [])
    assert len(wanted) < len(every)


async def test_since_a_time_commits_end_with_the_first_page_that_is_older(opened: Any) -> None:
    """Newer ones on a page with older ones are not lost, and no page too many is handed out."""
    fake, bb = await opened(repositories=2)
    plan = STEPS["commits"]
    (walk,) = await walks_of(bb, plan)
    whole, _, _ = await read(bb, plan, walk)
    dates = [one.date for one in await (await bb.repositories.get("acme", "site")).commits().all()]
    moment = dates[9]
    fake.requests.clear()
    found, _, _ = await read(bb, plan, walk, since=moment)
    assert found == whole[:14]
    assert len(fake.requests) <= 4
    assert (await read(bb, plan, walk, since=max(dates).replace(year=2030)))[0] == []


class Tampered(Bitbucket):
    """A client that is sent two odd items more on each page."""

    async def send(self, request: Any) -> Any:
        """Send, and change what comes back."""
        answer = await super().send(request)
        odd = answer.body.replace(b'"values": [', b'"values": [7, {"size": "x"}, ', 1)
        return evolve(answer, body=odd)


async def test_an_item_that_is_odd_is_missed_alone(opened: Any) -> None:
    """What has no name can't be read further; the others of its page are."""
    fake, _ = await opened(repositories=3)

    async with Tampered(BasicAuth(fake.email, fake.api_token), base_url=fake.url) as bb:
        turns = [turn async for turn in reader(bb, STEPS["commits"]).read(roots(("acme",))[0])]
    records = [one for turn in turns for one in turn.batch.records]
    assert [type(one.error) for one in records if isinstance(one, Missed)] == [DecodingError] * 2
    assert sum(isinstance(one, Found) for one in records) == 3
    assert sum(len(turn.batch.begun) for turn in turns) == 3


async def test_an_odd_commit_does_not_end_a_walk_since_a_time(opened: Any) -> None:
    """It does not say how old it is, and the list goes on behind it."""
    fake, bb = await opened(repositories=2)
    plan = STEPS["commits"]
    (walk,) = await walks_of(bb, plan)
    whole, _, _ = await read(bb, plan, walk)
    async with Tampered(BasicAuth(fake.email, fake.api_token), base_url=fake.url) as other:
        turns = [turn async for turn in reader(other, plan, OCTOBER.replace(2000)).read(walk)]
    records = [one for turn in turns for one in turn.batch.records]
    assert all(isinstance(one, Found) for one in records)
    assert len(records) > len(whole)
