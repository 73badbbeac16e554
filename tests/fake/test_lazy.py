"""Repositories that are made when they are asked for: nobody can tell them from those at hand."""

import json
import random
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bbasync.fake import FakeBitbucket
from bbasync.fake.holding import Whole
from bbasync.fake.store import Repository, Workspace
from tests.fake.conftest import basic

LISTS = (
    "/repositories/acme",
    "/workspaces/acme/permissions/repositories",
    "/user/workspaces/acme/permissions/repositories",
    "/workspaces/acme/projects",
)
QUERIES = (
    "",
    "sort=created_on",
    "sort=-created_on",
    "sort=name",
    "sort=-updated_on",
    "sort=parent.name",
    "sort=-is_private",
    "q=created_on>=2025-03-01",
    'q=created_on>"2025-03-01"+and+(created_on<=2026-01-01+and+size>9)&sort=-created_on',
    "q=created_on=2025-03-01",
    "q=created_on>=%222026%22",
    'q=project.key="WEB"',
    'q=is_private=false+and+name~"a"',
    'q=name~"a"&sort=-name',
    "q=parent!=null&sort=-created_on",
    'q=parent.name~"a"',
    'q=size>40000000+or+project.description~"web"',
    "q=project.has_publicly_visible_repos=true",
    'q=links.self.href~"api"',
    "q=nope=1",
    "sort=nope",
    "sort=nope&q=(",
    "q=(",
    "role=contributor",
    "role=admin&sort=-created_on",
    "role=owner",
    "role=nobody",
    'q=permission="read"',
    'q=permission>"read"&sort=-permission',
    'q=repository.name~"a"&sort=repository.name',
    'q=user.nickname~"a"&sort=-user.nickname',
    "fields=%2Bvalues.project.description,%2Bvalues.parent.description,next",
)
BELOW = (
    "",
    "/forks",
    "/pullrequests",
    "/pullrequests/1",
    "/pullrequests/1/activity",
    "/commits",
    "/refs",
    "/watchers",
    "/permissions-config/users",
    "/permissions-config/groups",
    "/hooks",
    "/pipelines",
    "/deploy-keys",
    "/default-reviewers",
    "/branching-model",
)
ROLES = ("owner", "member", "outsider")
NOW = 1_791_000_000.0

Change = Callable[["Fake", random.Random], Any]


class Fake(FakeBitbucket):
    """A fake that is asked without a network."""

    def __init__(self, **sizes: int) -> None:
        super().__init__(lazy=True, **sizes)
        self.store.clock = lambda: NOW
        self.headers = {
            role: basic(one.email, one.api_token)
            for role in ROLES
            if (one := next((a for a in self.accounts if self.plays(a.uuid, role)), None))
        }

    def plays(self, uuid: str, role: str) -> bool:
        """Whether somebody has a role in the first workspace."""
        try:
            return self.account(role).uuid == uuid
        except LookupError:
            return False

    @property
    def place(self) -> Workspace:
        """The first workspace."""
        return self.store.workspaces["acme"]

    def ask(self, path: str, method: str = "GET", *, role: str = "owner", **body: Any) -> Any:
        """Give the status and the body of an answer."""
        headers = {"authorization": self.headers[role], "content-type": "application/json"}
        content = json.dumps(body).encode()
        reply = self._service.answer(method, f"/2.0{path}", "fake", headers, content)
        assert reply.status in {200, 201, 204, 400, 403, 404}
        return reply.status, reply.payload()


def at_hand(fake: Fake) -> Fake:
    """Have all repositories of a fake at hand, as those of a small one are."""
    for place in fake.store.workspaces.values():
        place.repositories = Whole({slug: place.repositories[slug] for slug in place.repositories})
    return fake


def same(one: Fake, other: Fake, lists: tuple[str, ...], queries: tuple[str, ...]) -> None:
    """Find the same in both, page by page and role by role."""
    for path, query, role, page in product(lists, queries, one.headers, (1, 2, 5)):
        asked = f"{path}?pagelen=7&page={page}&{query}".replace('"', "%22")
        assert one.ask(asked, role=role) == other.ask(asked, role=role), (asked, role)


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(("repositories", "projects"), [(0, 2), (1, 0), (5, 3), (40, 2), (60, 5)])
def test_every_list_is_the_same(repositories: int, projects: int, path: str) -> None:
    """Whatever is filtered by and sorted by, pages are those of repositories at hand."""
    sizes = {"repositories": repositories, "projects": projects}
    same(Fake(**sizes), at_hand(Fake(**sizes)), (path,), QUERIES)


def test_everything_below_a_repository_is_the_same() -> None:
    """Each repository has the pull requests, commits and rights it would have at hand."""
    lazy, whole = Fake(repositories=30), at_hand(Fake(repositories=30))
    for slug, below in product(list(whole.place.repositories), BELOW):
        path = f"/repositories/acme/{slug}{below}"
        assert lazy.ask(path) == whole.ask(path), path
    assert len(lazy.place.repositories.own()) < 10


def test_times_that_are_alike_are_told_apart() -> None:
    """Of repositories made at one moment the first comes first, in both orders and at the edges."""
    lazy, whole = Fake(repositories=30), at_hand(Fake(repositories=30))
    for fake in (lazy, whole):
        every = list(fake.place.repositories.values())
        for later, earlier in ((20, 10), (5, 15), (21, 10), (4, 15)):
            every[later].created_on = every[earlier].created_on
        fake.ask("/repositories/acme/newest", "POST")
        fake.place.repositories["newest"].created_on = every[12].created_on
    same(lazy, whole, LISTS[:1], ("sort=created_on", "sort=-created_on"))
    for one, operator in product(
        list(whole.place.repositories.values()), ("=", ">", ">=", "<", "<=")
    ):
        when = one.created_on.replace("+", "%2B")
        path = f"/repositories/acme?q=created_on{operator}{when}&sort=-created_on"
        assert lazy.ask(path) == whole.ask(path), path


def test_what_all_of_a_kind_share_may_change() -> None:
    """What was found by looking at all of them does not outlive the names that were looked at."""
    lazy, whole = Fake(repositories=30), at_hand(Fake(repositories=30))
    queries = (
        'q=size<9+or+project.name~"new"',
        'q=size<9+or+parent.project.name~"new"',
        "sort=-project.name",
    )
    for name in ("Old", "Zoo, new", "Aged"):
        for fake in (lazy, whole):
            fake.ask("/workspaces/acme/projects/WEB", "PUT", name=name)
        same(lazy, whole, LISTS[:1], queries)


def _one(fake: Fake, chance: random.Random) -> Repository:
    return chance.choice(list(fake.place.repositories.values()))


def _home(fake: Fake, chance: random.Random) -> str:
    return f"/repositories/acme/{_one(fake, chance).slug}"


def _grant(fake: Fake, chance: random.Random) -> Any:
    uuid = chance.choice(list(fake.place.members)[2:])
    path = f"{_home(fake, chance)}/permissions-config/users/{uuid}"
    return fake.ask(path, chance.choice(["PUT", "DELETE"]), permission="write")


def _backdate(fake: Fake, chance: random.Random) -> None:
    other = _one(fake, chance)
    _one(fake, chance).created_on = other.created_on


def _drop(fake: Fake, chance: random.Random) -> None:
    del fake.place.repositories[_one(fake, chance).slug]


def _put_back(fake: Fake, chance: random.Random) -> None:
    one = fake.place.repositories.pop(_one(fake, chance).slug)
    fake.place.repositories[one.slug] = one


def _alter(fake: Fake, chance: random.Random) -> None:
    one = _one(fake, chance)
    one.is_private = not one.is_private
    one.groups["reviewers"] = "admin"


def _move(fake: Fake, chance: random.Random) -> Any:
    return fake.ask(_home(fake, chance), "PUT", project={"key": "PLAT"}, is_private=False)


CHANGES: tuple[Change, ...] = (
    lambda fake, chance: fake.ask(f"/repositories/acme/new-{chance.randrange(9)}", "POST"),
    lambda fake, chance: fake.ask(_home(fake, chance), "PUT", name=f"Re {chance.random()}"),
    lambda fake, chance: fake.ask(_home(fake, chance), "PUT", name="api-service"),
    lambda fake, chance: fake.ask(_home(fake, chance), "PUT", description="Changed"),
    lambda fake, chance: fake.ask(_home(fake, chance), "DELETE"),
    lambda fake, chance: fake.ask(
        f"{_home(fake, chance)}/forks", "POST", name=f"F{chance.random()}"
    ),
    lambda fake, _: fake.ask("/workspaces/acme/projects/WEB", "PUT", description="Not web"),
    _grant,
    _backdate,
    _drop,
    _put_back,
    _alter,
    _move,
)


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    steps=st.lists(st.sampled_from(CHANGES), min_size=1, max_size=12),
    queries=st.lists(st.sampled_from(QUERIES), min_size=3, max_size=3),
)
def test_changes_are_the_same(seed: int, steps: list[Change], queries: list[str]) -> None:
    """Whatever is made, renamed, changed and deleted, lists tell it at once, in their order."""
    fakes = Fake(repositories=30), at_hand(Fake(repositories=30))
    for number, step in enumerate(steps):
        lazy, whole = (step(fake, random.Random(seed + number)) for fake in fakes)
        assert lazy == whole
        same(*fakes, LISTS[:1], (queries[number % 3],))
    same(*fakes, LISTS, tuple(queries))
    lazy, whole = (list(fake.place.repositories) for fake in fakes)
    assert lazy == whole
    assert len(fakes[0].place.repositories) == len(whole)
    for slug in whole:
        assert fakes[0].ask(f"/repositories/acme/{slug}/forks") == fakes[1].ask(
            f"/repositories/acme/{slug}/forks"
        )
