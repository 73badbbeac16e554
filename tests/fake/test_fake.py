"""The fake as an object: its life, its people, its data."""

import time
from typing import Any

import aiohttp
import pytest

from bbasync.fake import Account, FakeBitbucket
from bbasync.fake.access import grants
from tests.fake.conftest import Asker


def test_it_has_no_address_before_it_starts() -> None:
    """Asking for the address too early is a clear error."""
    with pytest.raises(RuntimeError, match="before it is started"):
        _ = FakeBitbucket().url


async def test_it_starts_and_stops() -> None:
    """It has an address while it runs, can be started once at a time, and again later."""
    fake = FakeBitbucket()
    await fake.start()
    assert fake.url.startswith("http://127.0.0.1:")
    assert fake.url.endswith("/2.0")
    with pytest.raises(RuntimeError, match="running already"):
        await fake.start()
    await fake.stop()
    await fake.stop()
    with pytest.raises(RuntimeError):
        _ = fake.url
    async with fake:
        assert fake.url


@pytest.mark.parametrize(
    ("where", "kind"),
    [({"host": "a..b"}, UnicodeError), ({"port": 80000}, OverflowError)],
)
async def test_it_can_be_started_after_it_could_not(where: Any, kind: type[Exception]) -> None:
    """An address that can't be leaves nothing behind, and is the error each time."""
    fake = FakeBitbucket.empty(**where)
    for _ in range(2):
        with pytest.raises(kind):
            await fake.start()
    fake._host, fake._port = "127.0.0.1", 0
    async with fake:
        assert fake.url


def test_its_people_have_roles() -> None:
    """Somebody is found for each role, the first account owns every workspace."""
    fake = FakeBitbucket(workspaces=3)
    assert isinstance(fake.account("owner"), Account)
    for slug, place in fake.store.workspaces.items():
        assert fake.account("owner", slug).email == fake.email
        assert fake.account("member", slug).uuid in place.members
        assert fake.account("outsider", slug).uuid not in place.members
    with pytest.raises(LookupError):
        fake.account("king")
    with pytest.raises(LookupError):
        fake.account("owner", "nowhere")


def test_people_are_told_apart() -> None:
    """Identifiers, addresses and tokens are unique."""
    accounts = FakeBitbucket.demo().accounts
    for name in ("uuid", "account_id", "nickname", "email", "api_token"):
        assert len({getattr(one, name) for one in accounts}) == len(accounts)


def test_the_demo_is_a_company() -> None:
    """The demo has 5 workspaces of 84 repositories, thousands of rights, and is made at once."""
    start = time.perf_counter()
    fake = FakeBitbucket.demo()
    assert time.perf_counter() - start < 0.3
    assert [len(w.repositories) for w in fake.store.workspaces.values()] == [84] * 5
    rights = sum(len(grants(one)) for one in fake.store.repositories())
    assert 5000 <= rights <= 6500


def test_sizes_are_what_was_asked_for() -> None:
    """Counts are for each workspace, the caller among the members."""
    fake = FakeBitbucket(
        workspaces=2, repositories=3, members=4, outsiders=1, projects=2, pullrequests=5
    )
    assert len(fake.store.workspaces) == 2
    for place in fake.store.workspaces.values():
        assert len(place.repositories) == 3
        assert len(place.members) == 4
        assert len(place.projects) == 2
        assert {one.pullrequests for one in place.repositories.values()} == {5}
    assert len(fake.accounts) == 1 + 2 * (3 + 1)


@pytest.mark.parametrize(
    "sizes",
    [
        {"repositories": 0},
        {"members": 1, "outsiders": 0},
        {"projects": 0},
        {"pullrequests": 0},
        {"workspaces": 0},
        {"workspaces": 9, "repositories": 200, "projects": 9},
    ],
)
def test_any_size_can_be_made(sizes: dict[str, int]) -> None:
    """Very small and very large sizes work."""
    FakeBitbucket(**sizes)


def test_the_data_have_a_bit_of_everything() -> None:
    """There are public and private repositories, forks, an empty one, and all kinds of grants."""
    place = FakeBitbucket().store.workspaces["acme"]
    repositories = list(place.repositories.values())
    assert repositories[0].slug == "site"
    assert {one.is_private for one in repositories} == {True, False}
    assert any(one.parent for one in repositories)
    assert any(one.mainbranch is None for one in repositories)
    assert any(one.users for one in repositories)
    assert any(one.groups for one in repositories)
    assert all(project.groups for project in place.projects.values())
    assert any(project.users for project in place.projects.values())


PATHS = (
    "/repositories/acme?pagelen=100",
    "/workspaces/acme/permissions/repositories?pagelen=100",
    "/repositories/acme/site/commits?pagelen=100",
    "/repositories/acme/site/pullrequests/1",
    "/workspaces/acme/permissions",
)


async def test_the_same_seed_gives_the_same_bytes() -> None:
    """Two fakes of one seed answer alike to the byte, but for the port; another seed differs."""
    bodies = []
    for seed in (7, 7, 8):
        async with FakeBitbucket(seed=seed) as fake, aiohttp.ClientSession() as session:
            ask = Asker(fake, session)
            root = fake.url.encode()
            bodies.append([(await ask(path)).body.replace(root, b"") for path in PATHS])
    assert bodies[0] == bodies[1]
    assert all(one != other for one, other in zip(bodies[0], bodies[2], strict=True))


async def test_tests_may_alter_the_store(ask: Asker, fake: FakeBitbucket) -> None:
    """What is changed in the store is what the next answer tells."""
    fake.store.workspaces["acme"].repositories["site"].description = "changed"
    assert (await ask("/repositories/acme/site")).json["description"] == "changed"
