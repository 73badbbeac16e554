"""The lists that an audit reads: who may, in which pages, and what happens in the midst of it."""

from __future__ import annotations

from math import ceil
from typing import Any

import pytest

from bbasync.fake import FakeBitbucket
from tests.fake.conftest import ACCESS, Asker, shown

SITE = "/repositories/acme/site"
PROJECT = "/workspaces/acme/projects/WEB"
RIGHTS = "/workspaces/acme/permissions/repositories"
GROUPS = "/1.0/groups/acme"
OF_REPOSITORY = (
    f"{RIGHTS}/site",
    f"{SITE}/permissions-config/users",
    f"{SITE}/permissions-config/groups",
    f"{SITE}/branch-restrictions",
    f"{SITE}/deploy-keys",
    f"{SITE}/hooks",
)
OF_PROJECT = (
    f"{PROJECT}/permissions-config/users",
    f"{PROJECT}/permissions-config/groups",
    f"{PROJECT}/deploy-keys",
)
OF_WORKSPACE = (RIGHTS, "/workspaces/acme/hooks", GROUPS, "/1.0/group-privileges/acme")
OPEN_TO_MEMBERS = (
    "/workspaces/acme/members",
    "/workspaces/acme/permissions",
    "/workspaces/acme/projects",
    "/repositories/acme",
    f"{PROJECT}/default-reviewers",
)
LISTS = (*OF_REPOSITORY, *OF_PROJECT, *OF_WORKSPACE[:2], *OPEN_TO_MEMBERS)


def at(fake: FakeBitbucket, path: str) -> str:
    """Give the whole address of what is not of API 2.0."""
    return fake.site + path if path.startswith("/1.0") else path


def stripped(fake: FakeBitbucket, *, left: str | None = None) -> None:
    """Take from the usual member what they were given, but for a right on one repository."""
    place, uuid = fake.store.workspaces["acme"], fake.account("member").uuid
    for group in place.groups.values():
        group.members.discard(uuid)
    for owner in (*place.projects.values(), *place.repositories.values()):
        owner.users.pop(uuid, None)
    if left is not None:
        place.repositories["site"].users[uuid] = left


@pytest.mark.parametrize("path", OF_REPOSITORY)
async def test_a_repositorys_lists_are_for_its_administrators(
    ask: Asker, fake: FakeBitbucket, path: str
) -> None:
    """Who may write is refused, who has no right is told of no repository."""
    for right, status in (("admin", 200), ("write", 403), ("read", 403), (None, 404)):
        stripped(fake, left=right)
        assert (await ask(path, auth="member")).status == status


@pytest.mark.parametrize("path", OF_PROJECT)
async def test_a_projects_lists_are_for_its_administrators(
    ask: Asker, fake: FakeBitbucket, path: str
) -> None:
    """Its own right counts, and that of a group; making repositories in it is not enough."""
    stripped(fake)
    place, uuid = fake.store.workspaces["acme"], fake.account("member").uuid
    project = place.projects["WEB"]
    assert (await ask(path, auth="member")).status == 403
    project.users[uuid] = "create-repo"
    assert (await ask(path, auth="member")).status == 403
    project.users[uuid] = "admin"
    assert (await ask(path, auth="member")).status == 200
    del project.users[uuid]
    place.groups["reviewers"].members.add(uuid)
    project.groups["reviewers"] = "admin"
    assert (await ask(path, auth="member")).status == 200


@pytest.mark.parametrize("path", OF_WORKSPACE)
async def test_a_workspaces_lists_are_for_its_owners(
    ask: Asker, fake: FakeBitbucket, path: str
) -> None:
    """Whatever rights somebody has on all its repositories."""
    stripped(fake)
    place, uuid = fake.store.workspaces["acme"], fake.account("member").uuid
    place.groups["contractors"].members.add(uuid)
    place.groups["contractors"].permission = "admin"
    place.members[uuid] = "create-project"
    header = ask.header("member")
    assert (await ask(at(fake, path), auth=header)).status == 403
    place.members[uuid] = "owner"
    assert (await ask(at(fake, path), auth=header)).status == 200


@pytest.mark.parametrize("path", OPEN_TO_MEMBERS)
async def test_other_lists_are_for_members(ask: Asker, path: str) -> None:
    """They need no administrator."""
    assert (await ask(path, auth="member")).status == 200


@pytest.mark.parametrize("kind", ACCESS)
@pytest.mark.parametrize("path", [RIGHTS, *OF_REPOSITORY[:3], *OF_PROJECT[:2], *OF_WORKSPACE[2:]])
async def test_access_tokens_read_no_permissions(
    ask: Asker, fake: FakeBitbucket, kind: str, path: str
) -> None:
    """Not even the workspace's own, with every scope."""
    assert (await ask(at(fake, path), auth=shown(fake, kind))).status == 403


async def test_version_1_does_not_know_uuids(ask: Asker, fake: FakeBitbucket) -> None:
    """A workspace's uuid is forbidden to readers, and no address to write to."""
    uuid = fake.store.workspaces["acme"].uuid.replace("{", "%7B").replace("}", "%7D")
    bearer = f"Bearer {fake.oauth_token}"
    for path in ("groups", "group-privileges"):
        assert (await ask(f"{fake.site}/1.0/{path}/{uuid}")).status == 403
    made = await ask(f"{fake.site}/1.0/groups/{uuid}", "POST", auth=bearer, data={"name": "x"})
    assert made.status == 405
    assert (await ask(f"{fake.site}/1.0/groups/nowhere")).status == 404


@pytest.mark.parametrize("pagelen", [1, 3, 100])
@pytest.mark.parametrize("path", LISTS)
async def test_a_list_takes_as_many_pages_as_it_must(
    ask: Asker, fake: FakeBitbucket, path: str, pagelen: int
) -> None:
    """Its length by that of a page, rounded up; no empty one behind the last."""
    if pagelen == 1 and path == RIGHTS:
        pagelen = 10
    before = len(fake.requests)
    values = await ask.walk(f"{path}?pagelen={pagelen}")
    assert len(fake.requests) - before == max(1, ceil(len(values) / pagelen))
    assert (await ask(path)).json["size"] == len(values)


@pytest.mark.parametrize("path", LISTS)
async def test_fields_cut_every_list_down(ask: Asker, path: str) -> None:
    """What is not named is not there; without `next` a walk would end early."""
    asked = "pagelen=1&fields=next,values.type,values.permission,values.user.uuid"
    answer = (await ask(f"{path}?{asked}")).json
    assert set(answer) <= {"next", "values"}
    for value in answer["values"]:
        assert set(value) <= {"type", "permission", "user"}
        assert "type" in value
        assert set(value.get("user", {"uuid"})) == {"uuid"}
    assert "next" not in (await ask(f"{path}?pagelen=1&fields=values.type")).json


async def test_a_permissions_repository_tells_what_fields_ask_for(ask: Asker) -> None:
    """Of the condensed repository the rest can be had too, main branch and project included."""
    asked = "values.repository.mainbranch.name,values.repository.project.key,values.permission"
    value = (await ask(f"{RIGHTS}?pagelen=1&fields={asked}")).json["values"][0]
    assert value["repository"] == {"mainbranch": {"name": "main"}, "project": {"key": "WEB"}}
    assert value["permission"] == "admin"


@pytest.mark.parametrize("path", [*OF_REPOSITORY[1:3], *OF_PROJECT[:2]])
async def test_explicit_grants_can_not_be_arranged(ask: Asker, path: str) -> None:
    """Filters and orders are taken without a word, and change nothing."""
    plain = (await ask(path)).json
    for query in ("q=permission%3D%22nothing%22", "sort=-permission", "sort=nope", "q=("):
        answer = (await ask(f"{path}?{query}")).json
        assert answer["values"] == plain["values"]


@pytest.mark.parametrize("path", OF_REPOSITORY)
async def test_a_repository_may_vanish_between_two_pages(
    ask: Asker, fake: FakeBitbucket, path: str
) -> None:
    """The next page is answered 404, not with an end of the list."""
    assert (await ask(f"{path}?pagelen=1")).status == 200
    del fake.store.workspaces["acme"].repositories["site"]
    assert (await ask(f"{path}?pagelen=1&page=2")).status == 404


async def test_the_walk_of_a_workspace_survives_a_deletion(ask: Asker, fake: FakeBitbucket) -> None:
    """What is deleted while the effective rights are walked is gone from the pages that follow."""
    path: str | None = f"{RIGHTS}?pagelen=20&sort=repository.name"
    seen: list[Any] = []
    while path is not None:
        page = (await ask(path)).json
        seen += page["values"]
        fake.store.workspaces["acme"].repositories.pop("site", None)
        path = page.get("next")
    assert "site" not in {each["repository"]["name"] for each in seen}
    pairs = [(each["repository"]["uuid"], each["user"]["uuid"]) for each in seen]
    assert len(pairs) == len(set(pairs))


async def test_rights_may_be_lost_between_two_pages(ask: Asker, fake: FakeBitbucket) -> None:
    """Who is no owner any more is refused the rest."""
    page = (await ask(f"{RIGHTS}?pagelen=10")).json
    fake.store.workspaces["acme"].members[fake.accounts[0].uuid] = "member"
    header = f"Bearer {fake.oauth_token}"
    assert (await ask(page["next"], auth=header)).status == 403
