"""The list of effective rights: what gives them, in which order they come, and what it costs."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from bbasync.fake import FakeBitbucket, access, holders
from bbasync.fake.access import granted, grants
from bbasync.fake.compare import RANKS
from bbasync.fake.routes import workspaces
from bbasync.fake.store import Account, Group, Repository, Store, Workspace
from tests.fake.conftest import Asker, basic

LIST = "/workspaces/acme/permissions/repositories"
RIGHTS = ("read", "write", "admin")
ON_PROJECTS = ("none", "read", "write", "create-repo", "admin")

Triple = tuple[Repository, Account, str]
Change = Callable[[Workspace, random.Random], Any]


class Fake(FakeBitbucket):
    """A fake that is asked without a network."""

    @property
    def place(self) -> Workspace:
        """The first workspace."""
        return self.store.workspaces["acme"]

    def ask(self, path: str) -> Any:
        """Give the body of an answer to the owner."""
        owner = self.account("owner")
        headers = {"authorization": basic(owner.email, owner.api_token)}
        reply = self._service.answer("GET", f"/2.0{path}", "fake", headers, b"")
        assert reply.status == 200
        return json.loads(reply.payload())

    def listed(self, query: str, pagelen: int = 100) -> list[tuple[str, str, str]]:
        """Walk the list; give each repository's name with a person's identifier and right."""
        found: list[Any] = []
        size = 0
        for page in range(1, 10_000):
            asked = f"{LIST}?pagelen={pagelen}&page={page}&{query}"
            body = self.ask(asked.replace('"', "%22").replace(" ", "+"))
            found += body["values"]
            size = body["size"]
            if "next" not in body:
                break
        assert len(found) == size
        return [_told(v["repository"]["full_name"], v["user"], v["permission"]) for v in found]


def _told(name: str, user: dict[str, Any], right: str) -> tuple[str, str, str]:
    return name, user["uuid"], right


def _everything(store: Store, place: Workspace) -> list[Triple]:
    """Every right, worked out person by person."""
    people = store.accounts
    return [
        (one, people[uuid], right)
        for one in place.repositories.values()
        for uuid, right in grants(one).items()
        if uuid in people
    ]


Arrange = Callable[[list[Triple]], list[Triple]]


def by(key: Callable[[Repository, Account, str], Any], *, down: bool = False) -> Arrange:
    """Sort; what is alike stays in its order."""
    return lambda found: sorted(found, key=lambda each: key(*each), reverse=down)


def where(test: Callable[[Repository, Account, str], bool]) -> Arrange:
    """Filter."""
    return lambda found: [each for each in found if test(*each)]


def then(*steps: Arrange) -> Arrange:
    """Do one after the other."""

    def both(found: list[Triple]) -> list[Triple]:
        for step in steps:
            found = step(found)
        return found

    return both


ARRANGED: dict[str, Arrange] = {
    "": then(),
    "sort=repository.name": by(lambda one, *_: one.name),
    "sort=-repository.name": by(lambda one, *_: one.name, down=True),
    "sort=repository.full_name": by(lambda one, *_: one.full_name),
    "sort=-repository.size": by(lambda one, *_: one.size, down=True),
    "sort=user.nickname": by(lambda _, account, __: account.nickname),
    "sort=-user.display_name": by(lambda _, account, __: account.display_name, down=True),
    "sort=permission": by(lambda *each: RANKS[each[2]]),
    "sort=-permission": by(lambda *each: RANKS[each[2]], down=True),
    'q=permission="admin"': where(lambda *each: each[2] == "admin"),
    'q=permission>"read"&sort=repository.name': then(
        where(lambda *each: each[2] != "read"), by(lambda one, *_: one.name)
    ),
    'q=repository.name~"a"': where(lambda one, *_: "a" in one.name.lower()),
    'q=repository.is_private=false and permission!="admin"&sort=-user.nickname': then(
        where(lambda one, _, right: not one.is_private and right != "admin"),
        by(lambda _, account, __: account.nickname, down=True),
    ),
    'q=repository.project.key="WEB"': where(lambda one, *_: one.project.key == "WEB"),
    'q=user.nickname~"a" or repository.name~"b"': where(
        lambda one, account, _: "a" in account.nickname or "b" in one.name.lower()
    ),
    'q=(user.nickname~"a" or permission="write") and repository.size>30000000': where(
        lambda one, account, right: (
            ("a" in account.nickname or right == "write") and one.size > 30_000_000
        )
    ),
    'q=permission="none"': where(lambda *_: False),
}


def _some(chance: random.Random, place: Workspace) -> Repository:
    return chance.choice(list(place.repositories.values()))


def _anybody(chance: random.Random, place: Workspace) -> str:
    uuids = set(place.members) | {u for r in place.repositories.values() for u in r.users}
    return chance.choice(sorted(uuids))


def _rename(place: Workspace, chance: random.Random) -> None:
    one = _some(chance, place)
    one.name = chance.choice(["a", "b", "Zeta", "site"])


def _move(place: Workspace, chance: random.Random) -> None:
    _some(chance, place).project = chance.choice(list(place.projects.values()))


def _publish(place: Workspace, chance: random.Random) -> None:
    one = _some(chance, place)
    one.is_private = not one.is_private


def _delete(place: Workspace, chance: random.Random) -> None:
    if len(place.repositories) > 5:
        del place.repositories[_some(chance, place).slug]


def _grant_user(place: Workspace, chance: random.Random) -> None:
    _some(chance, place).users[_anybody(chance, place)] = chance.choice(RIGHTS)


def _ungrant_user(place: Workspace, chance: random.Random) -> None:
    one = _some(chance, place)
    one.users.pop(_anybody(chance, place), None)


def _grant_group(place: Workspace, chance: random.Random) -> None:
    _some(chance, place).groups[chance.choice(list(place.groups))] = chance.choice(RIGHTS)


def _grant_user_on_project(place: Workspace, chance: random.Random) -> None:
    project = chance.choice(list(place.projects.values()))
    project.users[_anybody(chance, place)] = chance.choice(ON_PROJECTS)


def _grant_group_on_project(place: Workspace, chance: random.Random) -> None:
    project = chance.choice(list(place.projects.values()))
    project.groups[chance.choice(list(place.groups))] = chance.choice(ON_PROJECTS)


def _join_group(place: Workspace, chance: random.Random) -> None:
    members = chance.choice(list(place.groups.values())).members
    members ^= {_anybody(chance, place)}


def _set_default(place: Workspace, chance: random.Random) -> None:
    group = chance.choice(list(place.groups.values()))
    group.permission = chance.choice([None, *RIGHTS])


def _promote(place: Workspace, chance: random.Random) -> None:
    owner, *others = place.members
    place.members[chance.choice(others)] = chance.choice(["member", "owner", "create-project"])
    place.members[owner] = "owner"


def _leave(place: Workspace, chance: random.Random) -> None:
    if len(place.members) > 3:
        place.members.pop(chance.choice(list(place.members)[1:]))


def _call(store: Store, chance: random.Random) -> None:
    """Give somebody another name, who is another object then."""
    someone = chance.choice(list(store.accounts.values())[1:])
    store.accounts[someone.uuid] = evolve(someone, nickname=chance.choice(["aa", "bb"]))


def _regroup(place: Workspace, chance: random.Random) -> None:
    place.groups[f"new{chance.randrange(3)}"] = Group("new", "New", {_anybody(chance, place)})


CHANGES: tuple[Change, ...] = (
    _rename,
    _move,
    _publish,
    _delete,
    _grant_user,
    _ungrant_user,
    _grant_group,
    _grant_user_on_project,
    _grant_group_on_project,
    _join_group,
    _set_default,
    _promote,
    _leave,
    _regroup,
)


@pytest.mark.parametrize("seed", range(3))
def test_every_change_is_seen_in_every_order(seed: int) -> None:
    """Whatever is altered in the store, the next page tells it, filtered and sorted as a list."""
    fake, chance = Fake(members=9, projects=3), random.Random(seed)
    for _ in range(25):
        chance.choice(CHANGES)(fake.place, chance)
        if not chance.randrange(6):
            _call(fake.store, chance)
        everything = _everything(fake.store, fake.place)
        for query in chance.sample(list(ARRANGED), 6):
            expected = [
                (one.full_name, account.uuid, right)
                for one, account, right in ARRANGED[query](everything)
            ]
            assert fake.listed(query) == expected, query


@pytest.mark.parametrize("change", CHANGES)
def test_each_change_is_seen_at_once(change: Change) -> None:
    """Also where nothing else was altered, that what was found out would be forgotten for."""
    fake, chance = Fake(members=9, projects=3), random.Random(1)
    for _ in range(12):
        change(fake.place, chance)
        everything = _everything(fake.store, fake.place)
        expected = [(one.full_name, account.uuid, right) for one, account, right in everything]
        assert fake.listed("") == expected


@pytest.mark.parametrize("query", list(ARRANGED))
def test_pages_add_up(query: str) -> None:
    """In pages of any length there is the same, once."""
    fake = Fake()
    whole = fake.listed(query)
    assert [fake.listed(query, pagelen) for pagelen in (7, 50)] == [whole, whole]


@pytest.mark.parametrize("seed", range(3))
def test_everybodys_rights_are_those_of_each(seed: int) -> None:
    """All rights on a repository at once are what each person's is, whoever that may be."""
    fake, chance = Fake(members=9, projects=3), random.Random(seed)
    for _ in range(60):
        chance.choice(CHANGES)(fake.place, chance)
        one = _some(chance, fake.place)
        each = {uuid: granted(one, uuid) for uuid in fake.store.accounts}
        assert grants(one) == {uuid: right for uuid, right in each.items() if right != "none"}


def test_rights_are_worked_out_again_where_something_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A page takes up what the last one found out, and only what was altered is looked at."""
    fake = Fake(repositories=60, members=20, projects=5)
    looked: list[str] = []

    def counted(one: Repository) -> dict[str, str]:
        looked.append(one.slug)
        return grants(one)

    monkeypatch.setattr(holders, "grants", counted)
    fake.ask(f"{LIST}?page=1")
    assert looked
    looked.clear()
    fake.ask(f"{LIST}?page=2")
    assert not looked
    guest = fake.account("outsider")
    fake.place.repositories["site"].users[guest.uuid] = "admin"
    fake.ask(f"{LIST}?page=3")
    assert looked == ["site"]


@pytest.mark.parametrize(
    ("query", "most"),
    [
        ("sort=repository.name", 10),
        ('q=permission="admin"', 80),
        ('q=permission="admin"&sort=-repository.name', 80),
        ("sort=user.nickname", 80),
        ("sort=repository.created_on", 80),
    ],
)
def test_few_are_rendered(query: str, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """To filter and to sort, each repository and each person is looked at, not all their pairs."""
    fake = Fake(repositories=60, members=20, projects=5)
    count = 0
    glance = workspaces.permission_at_a_glance

    def counted(*args: Any) -> Any:
        nonlocal count
        count += 1
        return glance(*args)

    monkeypatch.setattr(workspaces, "permission_at_a_glance", counted)
    assert fake.ask(f"{LIST}?{query}".replace('"', "%22"))["size"] > 80
    assert count <= most


@pytest.mark.parametrize("query", ["sort=repository.nope", "sort=nope", 'q=user.nope="x"'])
async def test_unknown_fields_are_refused(ask: Asker, query: str) -> None:
    """Those of the repository, of the person, and of neither."""
    answer = await ask(f"{LIST}?{query}".replace('"', "%22"))
    assert answer.status == 400
    assert answer.message.startswith('Field ".')


def stripped(fake: FakeBitbucket) -> str:
    """Take from the usual member whatever he was given, and tell who that is."""
    place, uuid = fake.store.workspaces["acme"], fake.account("member").uuid
    for group in place.groups.values():
        group.members.discard(uuid)
    for owner in (*place.projects.values(), *place.repositories.values()):
        owner.users.pop(uuid, None)
    return uuid


@pytest.mark.parametrize("right", RIGHTS)
async def test_a_groups_default_reaches_every_repository(
    ask: Asker, fake: FakeBitbucket, right: str
) -> None:
    """Who is in the group has that right everywhere at least; what else he has may be more."""
    place, uuid = fake.store.workspaces["acme"], stripped(fake)
    place.repositories["site"].users[uuid] = "write"
    before = {one.slug: granted(one, uuid) for one in place.repositories.values()}
    assert set(before.values()) == {"none", "write"}
    place.groups["team"] = Group("team", "Team", {uuid}, right)
    listed = await ask.walk(f"{LIST}?pagelen=100")
    after = {
        each["repository"]["name"]: each["permission"]
        for each in listed
        if each["user"]["uuid"] == uuid
    }
    assert after == {slug: access.strongest(had, right) for slug, had in before.items()}


async def test_a_groups_default_opens_what_it_says(ask: Asker, fake: FakeBitbucket) -> None:
    """It is no mere entry in a list: with it a member may read what administrators may."""
    place, uuid = fake.store.workspaces["acme"], stripped(fake)
    path = "/repositories/acme/site/permissions-config/users"
    assert (await ask(path, auth="member")).status == 404
    place.groups["team"] = Group("team", "Team", {uuid}, "write")
    assert (await ask(path, auth="member")).status == 403
    place.groups["team"].permission = "admin"
    assert (await ask(path, auth="member")).status == 200


async def test_version_1_sets_a_groups_default(ask: Asker, fake: FakeBitbucket) -> None:
    """What is put there counts, what is not sent stays, and null takes it back."""
    place, uuid = fake.store.workspaces["acme"], stripped(fake)
    place.groups["team"] = Group("team", "Team", {uuid})
    one = place.repositories["site"]
    path = f"{fake.site}/1.0/groups/acme/team"
    for body, told, right in (
        ({"permission": "write"}, "write", "write"),
        ({"auto_add": True}, "write", "write"),
        ({"permission": None}, None, "none"),
    ):
        answer = await ask(path, "PUT", auth=f"Bearer {fake.oauth_token}", json=body)
        assert (answer.status, answer.json["permission"]) == (200, told)
        assert (await ask(path)).json["permission"] == told
        assert granted(one, uuid) == right


async def test_the_seeded_defaults_give_nobody_more(fake: FakeBitbucket) -> None:
    """Administrators, who are owners, have one; no other group has."""
    for place in fake.store.workspaces.values():
        defaults = {g.slug: g.permission for g in place.groups.values() if g.permission}
        assert defaults == {"administrators": "admin"}
        levels = {place.members[uuid] for uuid in place.groups["administrators"].members}
        assert levels == {"owner"}


async def test_everybody_with_a_right_is_listed(ask: Asker, fake: FakeBitbucket) -> None:
    """Those who are no members too: guests of a project, and who is only in a group."""
    store, place = fake.store, fake.store.workspaces["acme"]
    one = place.repositories["site"]
    strangers = [evolve(fake.accounts[1], uuid=f"{{{name}}}") for name in ("guest", "grouped")]
    store.accounts.update({each.uuid: each for each in strangers})
    one.project.users["{guest}"] = "create-repo"
    place.groups["reviewers"].members.add("{grouped}")
    one.groups["reviewers"] = "read"
    for path in (LIST, f"{LIST}/site"):
        rights = {
            each["user"]["uuid"]: each["permission"]
            for each in await ask.walk(f"{path}?pagelen=100")
            if each["repository"]["uuid"] == one.uuid
        }
        assert rights["{guest}"] == "write"
        assert rights["{grouped}"] == "read"
    shown = (await ask(f"{fake.site}/1.0/groups/acme/reviewers")).json["members"]
    assert "{grouped}" in {each["uuid"] for each in shown}


async def test_who_is_gone_is_not_listed(ask: Asker, fake: FakeBitbucket) -> None:
    """A grant to somebody who has no account any more is no entry, and no error."""
    fake.store.workspaces["acme"].repositories["site"].users["{gone}"] = "admin"
    for path in (LIST, f"{LIST}/site"):
        listed = await ask.walk(f"{path}?pagelen=100")
        assert listed
        assert "{gone}" not in {each["user"]["uuid"] for each in listed}
