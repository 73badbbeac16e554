"""The fewest requests for an answer: shared, asked after by its tag, or embedded in a list."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from bbasync import BasicAuth, Bitbucket, MemoryCache
from bbasync.fake import FakeBitbucket


@pytest.fixture
async def fake() -> AsyncIterator[FakeBitbucket]:
    """A workspace of 25 repositories, with seven pull requests in each."""
    async with FakeBitbucket(repositories=25, pullrequests=7) as running:
        yield running


@pytest.fixture
async def opened(fake: FakeBitbucket) -> AsyncIterator[Callable[..., Any]]:
    """Opens clients of the owner."""
    running: list[Bitbucket] = []

    async def start(**options: Any) -> Bitbucket:
        auth = BasicAuth(fake.email, fake.api_token)
        running.append(await Bitbucket(auth, base_url=fake.url, **options).__aenter__())
        return running[-1]

    yield start
    for bb in running:
        await bb.aclose(grace=0)


def statuses(fake: FakeBitbucket) -> list[int]:
    """What was answered since the last look."""
    found = [one.status for one in fake.requests]
    fake.requests.clear()
    return found


# --- shared ------------------------------------------------------------------------------------


async def test_resources_of_one_answer_share_nothing_that_changes(
    fake: FakeBitbucket, opened: Any
) -> None:
    """What one task does to its resource or to its data, the other does not see."""
    bb = await opened()
    one, other = await asyncio.gather(*(bb.repositories.get("acme", "site") for _ in range(2)))
    assert statuses(fake) == [200]
    assert one is not other
    expected = (await bb.repositories.get("acme", "site")).to_dict()
    one.to_dict()["owner"]["display_name"] = "changed"
    one.to_dict()["links"].clear()
    one.name = "changed"
    one.owner.display_name = "changed"
    assert other.to_dict() == expected
    assert (other.name, other.to_body()) == (expected["name"], {})
    assert other.owner.display_name == expected["owner"]["display_name"]
    assert other.links["self"].href == expected["links"]["self"]["href"]


async def test_answers_of_one_request_share_nothing_that_changes(
    fake: FakeBitbucket, opened: Any
) -> None:
    """The escape hatch decodes for each."""
    bb = await opened()
    one, other = await asyncio.gather(*(bb.request("GET", "/user") for _ in range(2)))
    assert statuses(fake) == [200]
    one.json().clear()
    assert one.json() == other.json() != {}
    with pytest.raises(TypeError):
        one.headers["X-Mine"] = "1"


@pytest.mark.parametrize("concurrency", [1, 4])
async def test_two_walks_at_once_cost_one(
    fake: FakeBitbucket, opened: Any, concurrency: int
) -> None:
    """Both have every item for itself; each page is asked for once where they keep step."""
    bb = await opened()

    async def walk() -> list[Any]:
        listed = bb.repositories.list("acme", pagelen=5, concurrency=concurrency)
        return [one async for one in listed]

    one, other = await asyncio.gather(walk(), walk())
    assert len(statuses(fake)) < 10
    assert [repo.to_dict() for repo in one] == [repo.to_dict() for repo in other]
    assert len({repo.uuid for repo in one}) == len(one) == 25
    one[0].to_dict()["links"].clear()
    assert other[0].to_dict()["links"]


async def test_polling_is_not_fooled(fake: FakeBitbucket, opened: Any) -> None:
    """Each look is a new request, and two who look at the same time both see the end."""
    bb = await opened()
    repo = fake.store.find_repository("acme", "site")
    assert repo is not None

    async def look() -> int:
        looks = 1
        while (await bb.repositories.get("acme", "site")).description != "done":
            looks += 1
            if looks == 3:
                await bb.repositories.update("acme", "site", {"description": "done"})
        return looks

    async with asyncio.timeout(10):
        assert await asyncio.gather(look(), look()) == [3, 3]


# --- kept --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["repositories", "pipelines"])
async def test_a_list_that_is_walked_again_is_not_sent_again(
    fake: FakeBitbucket, opened: Any, kind: str
) -> None:
    """Every page is asked after, and the items are the same."""
    bb = await opened(cache=MemoryCache())

    async def walk() -> list[Any]:
        if kind == "repositories":
            return [one.to_dict() async for one in bb.repositories.list("acme", pagelen=10)]
        return [one.to_dict() async for one in bb.pipelines.list("acme", "site", pagelen=2)]

    first = await walk()
    pages = len(statuses(fake))
    assert pages > 1
    assert await walk() == first
    assert statuses(fake) == [304] * pages
    assert bb.requests_sent == 2 * pages


async def test_after_a_write_the_new_state_is_read(fake: FakeBitbucket, opened: Any) -> None:
    """Nothing has to be invalidated: of two pages the one that has changed is sent."""
    bb = await opened(cache=MemoryCache())

    async def walk() -> dict[str, str]:
        listed = bb.repositories.list("acme", pagelen=13, sort="name")
        return {one.slug: one.description async for one in listed}

    before = await walk()
    slug = max(before, key=lambda name: list(before).index(name))
    await bb.repositories.update("acme", slug, {"description": "new"})
    statuses(fake)
    assert await walk() == {**before, slug: "new"}
    assert statuses(fake) == [304, 200]


async def test_who_lost_access_is_not_answered_from_the_cache(
    fake: FakeBitbucket, opened: Any
) -> None:
    """What is kept is for whom the service still answers, and for the credential that asked."""
    cache = MemoryCache()
    await (await opened(cache=cache)).repositories.list("acme").all()
    statuses(fake)
    outsider = fake.account("outsider")
    auth = BasicAuth(outsider.email, outsider.api_token)
    async with Bitbucket(auth, base_url=fake.url, cache=cache) as bb:
        assert len(await bb.repositories.list("acme").all()) < 25
    assert statuses(fake) == [200]


async def test_what_the_service_sends_all_the_same_is_taken(
    fake: FakeBitbucket, opened: Any
) -> None:
    """Differences have tags, and are sent although they have not changed."""
    bb = await opened(cache=MemoryCache())
    first, second = [await bb.request("GET", "/repositories/acme/site/diff/main") for _ in range(2)]
    assert first.body == second.body
    assert not second.unchanged
    conditions = [one.headers.get("If-None-Match") for one in fake.requests]
    assert conditions == [None, first.headers["ETag"]]


# --- embedded ----------------------------------------------------------------------------------


async def test_people_of_pull_requests_come_with_their_list(
    fake: FakeBitbucket, opened: Any
) -> None:
    """One request instead of one more for each, and the same people."""
    bb = await opened()
    asked = {one.id: one async for one in bb.pullrequests.list("acme", "site")}
    assert len(asked) > 1
    for number in asked:
        asked[number] = await bb.pullrequests.get("acme", "site", number)
    assert len(statuses(fake)) == 1 + len(asked)

    fields = "+values.reviewers,+values.participants"
    listed = [one async for one in bb.pullrequests.list("acme", "site", fields=fields)]
    assert len(statuses(fake)) == 1
    for one in listed:
        single = asked[one.id]
        assert [who.uuid for who in one.reviewers] == [who.uuid for who in single.reviewers]
        assert [(who.user.uuid, who.role, who.approved) for who in one.participants] == [
            (who.user.uuid, who.role, who.approved) for who in single.participants
        ]
    assert any(one.reviewers for one in listed)


async def test_a_part_of_what_is_inside_comes_with_the_list(
    fake: FakeBitbucket, opened: Any
) -> None:
    """Of the projects of repositories what their lists leave out: one request for all."""
    bb = await opened()
    bare = await bb.repositories.list("acme").all()
    assert "description" not in bare[0].to_dict()["project"]
    singles = {one.project.key: one.project.key for one in bare}
    for key in singles:
        singles[key] = (await bb.projects.get("acme", key)).description
    assert len(statuses(fake)) == 1 + len(singles)

    listed = await bb.repositories.list("acme", fields=["+values.project.description"]).all()
    assert len(statuses(fake)) == 1
    assert {one.project.key: one.project.description for one in listed} == singles


async def test_how_to_merge_comes_with_the_pull_request(fake: FakeBitbucket, opened: Any) -> None:
    """The target branch's strategies, which are else a call for the branch."""
    bb = await opened()
    pull = await bb.pullrequests.get(
        "acme", "site", 1, fields="+destination.branch.merge_strategies"
    )
    assert pull.destination.branch.merge_strategies
    assert len(statuses(fake)) == 1
