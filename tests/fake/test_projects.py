"""Projects, and what they and repositories grant."""

import pytest

from bbasync.fake import FakeBitbucket
from tests.fake.conftest import Asker

SITE = "/repositories/acme/site"


@pytest.mark.parametrize("base", [SITE, "/workspaces/acme/projects/WEB"])
async def test_grants_come_and_go(ask: Asker, fake: FakeBitbucket, base: str) -> None:
    """A grant is `none` until it is put, and `none` again when it is deleted."""
    member = fake.account("member")
    encoded = member.uuid.replace("{", "%7B").replace("}", "%7D")
    path = f"{base}/permissions-config/users/{encoded}"
    await ask(path, "DELETE")
    assert (await ask(path)).json["permission"] == "none"
    put = await ask(path, "PUT", json={"permission": "write"})
    assert (put.status, put.json["permission"]) == (200, "write")
    assert put.json["user"]["account_id"] == member.account_id
    assert (await ask(put.json["links"]["self"]["href"])).json == put.json
    assert (await ask(path, "DELETE")).status == 204
    group = f"{base}/permissions-config/groups/contractors"
    assert (await ask(group, "PUT", json={"permission": "read"})).json["permission"] == "read"
    assert (await ask(f"{base}/permissions-config/groups/nobody")).status == 404


@pytest.mark.parametrize("role", ["owner", "outsider"])
async def test_only_plain_members_are_granted(ask: Asker, fake: FakeBitbucket, role: str) -> None:
    """Owners have everything already, and who is no member can be given nothing."""
    path = f"{SITE}/permissions-config/users/{fake.account(role).account_id}"
    assert (await ask(path, "PUT", json={"permission": "read"})).status == 400


async def test_permissions_are_what_the_place_knows(ask: Asker, fake: FakeBitbucket) -> None:
    """Only projects know `create-repo`; nobody is granted `none`."""
    tail = f"permissions-config/users/{fake.account('member').account_id}"
    make = {"permission": "create-repo"}
    assert (await ask(f"{SITE}/{tail}", "PUT", json=make)).status == 400
    assert (await ask(f"/workspaces/acme/projects/WEB/{tail}", "PUT", json=make)).status == 200
    assert (await ask(f"{SITE}/{tail}", "PUT", json={"permission": "none"})).status == 400


async def test_a_full_plan_asks_for_payment(ask: Asker, fake: FakeBitbucket) -> None:
    """When no seat is left a new grant is answered 402."""
    fake.store.seats_full.add("acme")
    path = f"{SITE}/permissions-config/users/{fake.account('member').account_id}"
    assert (await ask(path, "PUT", json={"permission": "read"})).status == 402


async def test_projects_are_made_changed_and_deleted(ask: Asker) -> None:
    """A project has a key, which may change; it can go when it is empty."""
    path = "/workspaces/acme/projects"
    made = await ask(path, "POST", json={"key": "new", "name": "New"})
    assert (made.status, made.json["key"]) == (201, "NEW")
    assert (await ask(path, "POST", json={"key": "NEW", "name": "x"})).status == 400
    assert (await ask(path, "POST", json={"name": "x"})).status == 400
    changed = await ask(f"{path}/NEW", "PUT", json={"key": "NEWER"})
    assert (changed.status, changed.json["name"]) == (200, "New")
    assert (await ask(f"{path}/NEWER", "DELETE")).status == 204
    assert (await ask(f"{path}/NEWER")).status == 404
    assert (await ask(f"{path}/WEB", "DELETE")).status == 400
    assert (await ask(f"{path}/PUT", "PUT", json={"name": "By put"})).status == 201


async def test_projects_lead_to_their_repositories(ask: Asker) -> None:
    """A project's link to its repositories is a filter that works."""
    project = (await ask("/workspaces/acme/projects/WEB")).json
    found = await ask.walk(project["links"]["repositories"]["href"])
    assert found
    assert {one["project"]["key"] for one in found} == {"WEB"}


async def test_default_reviewers_come_and_go(ask: Asker, fake: FakeBitbucket) -> None:
    """Members can be made default reviewers of a project, others cannot."""
    path = "/workspaces/acme/projects/WEB/default-reviewers"
    owner, guest = fake.account("owner").account_id, fake.account("outsider").account_id
    assert (await ask(f"{path}/{owner}")).status == 404
    assert (await ask(f"{path}/{owner}", "PUT", data=b"")).status == 200
    listed = await ask.walk(path)
    assert owner in {one["user"]["account_id"] for one in listed}
    assert {one["type"] for one in listed} == {"default_reviewer"}
    assert (await ask(f"{path}/{owner}", "DELETE")).status == 204
    assert (await ask(f"{path}/{guest}", "PUT", data=b"")).status == 400
