"""Millions of repositories: at once, in little memory, and changing while they are walked."""

import gc
import time
import tracemalloc
from collections.abc import AsyncIterator

import aiohttp
import pytest

from bbasync.fake import Exchange, FakeBitbucket, parts
from bbasync.fake.naming import repository_name, repository_number
from bbasync.fake.store import Repository
from tests.fake.conftest import Asker, shown

MILLION = 1_000_000


@pytest.fixture
async def vast() -> AsyncIterator[Asker]:
    """Ask a fake of a million repositories."""
    async with FakeBitbucket(repositories=MILLION) as fake, aiohttp.ClientSession() as session:
        yield Asker(fake, session)


def live(fake: FakeBitbucket) -> int:
    """Count the repositories of a fake that are there as objects, but for samples of each kind."""
    gc.collect()
    samples = sum(len(place.repositories.samples()) for place in fake.store.workspaces.values())
    uuids = {place.uuid for place in fake.store.workspaces.values()}
    every = [one for one in gc.get_objects() if isinstance(one, Repository)]
    return sum(one.workspace.uuid in uuids for one in every) - samples


def test_fifty_million_are_there_at_once() -> None:
    """Fifty workspaces of a million repositories each start in no time, and hardly any is made."""
    start = time.process_time()
    fake = FakeBitbucket(workspaces=50, repositories=MILLION)
    assert time.process_time() - start < 1.0
    assert sum(len(place.repositories) for place in fake.store.workspaces.values()) == 50 * MILLION
    assert live(fake) < 20 * 50
    assert fake.account("outsider", "acme")


async def test_a_page_costs_what_a_page_costs(vast: Asker) -> None:
    """Pages from anywhere, in every order by time, come soon and leave nothing behind."""
    before = live(vast.fake)
    orders = ("", "&sort=created_on", "&sort=-created_on", "&q=created_on>=2024-01-01")
    filters = ('&q=project.key="WEB"', "&q=is_private=true")
    for query in orders + filters:
        sent = query.replace('"', "%22").replace(">", "%3E")
        start = time.process_time()
        for page in (1, 77, 1234):
            body = (await vast(f"/repositories/acme?pagelen=100&page={page}{sent}")).json
            assert len(body["values"]) == 100
        assert time.process_time() - start < 1.0
    assert live(vast.fake) == before


async def test_memory_stays_flat(vast: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking at thousands of repositories takes no more memory than looking at some."""
    fake, uuid = vast.fake, vast.fake.account("member").uuid
    paths = (
        "/repositories/acme?pagelen=50&page=PAGE",
        "/workspaces/acme/permissions/repositories?pagelen=50&page=PAGE",
        f"/workspaces/acme/permissions/repositories?q=user.uuid%3D%22{uuid}%22&page=PAGE",
        "/repositories/acme?q=created_on>2025-01-01&sort=-created_on&page=PAGE",
    )

    async def look(pages: range) -> int:
        for page in pages:
            for path in paths:
                assert (await vast(path.replace("PAGE", str(page)))).json["values"]
            slug = repository_name(page * 100)
            await vast(f"/repositories/acme/{slug}/pullrequests")
            await vast(f"/repositories/acme/{slug}/commits")
        fake.requests.clear()
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    monkeypatch.setattr(parts, "MOST_PASSING", 4)
    tracemalloc.start()
    try:
        await look(range(1, 6))  # until what may be remembered is
        first, last = await look(range(6, 12)), await look(range(12, 24))
    finally:
        tracemalloc.stop()
    assert last - first < 100_000
    assert len(fake.store.workspaces["acme"].repositories.own()) < 10
    assert live(fake) < 50


async def test_a_walk_meets_changes_at_once(vast: Asker) -> None:
    """The next page of a walk tells what was made, renamed, changed and deleted meanwhile."""
    home, name = "/repositories/acme", repository_name
    path = f"{home}?sort=created_on&pagelen=100"

    async def page(number: int) -> list[str]:
        body = (await vast(f"{path}&page={number}")).json
        return [one["slug"] for one in body["values"]]

    assert await page(5000) == [name(number) for number in range(499_900, 500_000)]
    assert (await vast(f"{home}/{name(499_910)}", "DELETE")).status == 204
    assert (await vast(f"{home}/{name(499_950)}", "PUT", json={"name": "Renamed"})).status == 200
    assert (await vast(f"{home}/newest", "POST", json={})).status == 201
    met = await page(5000)
    assert (met[9], met[10], met[49], met[99]) == (
        name(499_909),
        name(499_911),
        "renamed",
        name(500_000),
    )
    last = (await vast(f"{path}&page=10000")).json
    assert (last["size"], last["values"][-1]["slug"]) == (MILLION, "newest")
    del vast.fake.store.workspaces["acme"].repositories[name(0)]
    vast.fake.store.workspaces["acme"].repositories[name(1)].description = "Changed"
    first = (await vast(path)).json
    assert (first["size"], first["values"][0]["description"]) == (MILLION - 1, "Changed")
    assert (await vast(f"{home}/{name(499_910)}")).status == 404
    assert (await vast(f"{home}/{name(499_950)}")).status == 404
    assert (await vast(f"{home}/renamed")).json["uuid"] == (
        vast.fake.store.workspaces["acme"].repositories["renamed"].uuid
    )


async def test_a_hook_comes_before_each_request(vast: Asker) -> None:
    """A test can change things at moments that it chooses, by function or by coroutine."""
    fake, seen = vast.fake, []
    place = fake.store.workspaces["acme"]

    def rename(exchange: Exchange) -> None:
        seen.append((exchange.method, exchange.path, exchange.query, exchange.status))
        if exchange.query.endswith("page=2"):
            one = place.repositories["api"]
            place.repositories.rename(one, "moved")
            one.slug = one.name = "moved"

    fake.on_request = rename
    path = "/repositories/acme?q=name~%22moved%22+and+created_on<2022-01-01"
    for page in (1, 2, 3):
        size = (await vast(f"{path}&page={page}")).json["size"]
        assert size == (page > 1)
    assert seen[0] == ("GET", "/2.0/repositories/acme", f"{path.partition('?')[2]}&page=1", 0)
    assert [each.status for each in fake.requests] == [200, 200, 200]

    async def make(exchange: Exchange) -> None:
        if exchange.path.endswith("/acme"):
            assert (await vast("/repositories/acme/made", "POST", json={})).status == 201

    fake.on_request = make
    assert (await vast("/repositories/acme")).json["size"] == MILLION + 1
    fake.on_request = None
    assert (await vast("/repositories/acme/made")).status == 200


async def test_names_and_uuids_lead_to_a_repository(vast: Asker) -> None:
    """A repository is found by slug and by uuid, with its workspace or without; others are not."""
    place = vast.fake.store.workspaces["acme"]
    for number in (0, 1, 176, 177, 999_999):
        slug = repository_name(number)
        one = (await vast(f"/repositories/acme/{slug}")).json
        assert one["slug"] == slug
        uuid = one["uuid"].replace("{", "%7B").replace("}", "%7D")
        for where in ("acme", "%7B%7D", place.uuid.replace("{", "%7B").replace("}", "%7D")):
            assert (await vast(f"/repositories/{where}/{uuid}")).json["slug"] == slug
    for unknown in (
        repository_name(MILLION),
        "api-service-8",
        "api-01",
        "site-1",
        "api-",
        "x",
        uuid[:-5],
    ):
        assert (await vast(f"/repositories/acme/{unknown}")).status == 404
        assert unknown not in place.repositories
    assert live(vast.fake) < 20


def test_each_number_has_its_name() -> None:
    """Names tell numbers, and there are not two of the same."""
    for number in (*range(3000), 10**9, 10**12):
        assert repository_number(repository_name(number)) == number
    assert repository_number("api-" + "9" * 5000) is None


async def test_what_was_made_before_was_made_earlier(vast: Asker) -> None:
    """Times of making rise with every repository, of a thousand as of a million."""
    for fake in (vast.fake, FakeBitbucket(repositories=1000, lazy=True)):
        held = fake.store.workspaces["acme"].repositories
        times = [held.nth(number).created_on for number in range(1000)]
        assert times == sorted(set(times))
        assert held.nth(999).created_on < held.nth(len(held) - 1).created_on or len(held) == 1000


async def test_what_was_done_to_a_repository_stays(vast: Asker) -> None:
    """Commits, comments, hooks and grants of a repository among a million are remembered."""
    home = f"/repositories/acme/{repository_name(700_000)}"
    said = await vast(f"{home}/pullrequests/1/comments", "POST", json={"content": {"raw": "Hm."}})
    assert said.status == 201
    hook = {
        "url": "https://example.com",
        "events": ["repo:push"],
        "description": "",
        "active": True,
    }
    assert (await vast(f"{home}/hooks", "POST", json=hook)).status == 201
    assert (
        await vast(f"{home}/src", "POST", data={"new.txt": "x", "message": "New"})
    ).status == 201
    for number in range(400):
        await vast(f"/repositories/acme/{repository_name(number)}/pullrequests/1")
    gc.collect()
    texts = [one["content"]["raw"] for one in await vast.walk(f"{home}/pullrequests/1/comments")]
    assert "Hm." in texts
    assert len((await vast(f"{home}/hooks")).json["values"]) == 1
    assert (await vast(f"{home}/commits")).json["values"][0]["message"] == "New"


async def test_a_repositorys_token_sees_its_own_among_a_million(vast: Asker) -> None:
    """A token of one repository lists that one, wherever it is, and the public ones."""
    slug = repository_name(500_000)
    one = vast.fake.store.workspaces["acme"].repositories.nth(500_000)
    auth = shown(vast.fake, "repo_access_token", repository=one)
    private = (await vast("/repositories/acme?q=is_private%3Dtrue", auth=auth)).json
    assert [one["slug"] for one in private["values"]] == [slug]
    assert (await vast("/repositories/acme", auth=auth)).json["size"] == MILLION // 8 + 1


async def test_rights_are_listed_page_by_page(vast: Asker) -> None:
    """Everybody's rights on a million repositories have a size, and every page its rights."""
    path = "/workspaces/acme/permissions/repositories?pagelen=100"
    first = (await vast(path)).json
    each = {}
    for right in first["values"]:
        each.setdefault(right["repository"]["name"], []).append(right["user"]["nickname"])
    assert first["size"] > 3 * MILLION
    last = (await vast(f"{path}&page={-(-first['size'] // 100)}")).json
    assert last["values"][-1]["repository"]["name"] == repository_name(MILLION - 1)
    assert "next" not in last
    own = (await vast('/user/workspaces/acme/permissions/repositories?q=permission>"read"')).json
    assert own["size"] == MILLION


def test_too_many_are_refused() -> None:
    """More repositories than there are times to make them at are no workspace."""
    with pytest.raises(ValueError, match="cannot have"):
        FakeBitbucket(repositories=10**15)
