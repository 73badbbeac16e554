"""How far access tokens reach, and what they are not for."""

from __future__ import annotations

import pytest

from bbasync.fake import FakeBitbucket
from tests.fake.conftest import ACCESS, Asker, shown

SITE = "/repositories/acme/site"
KEY = {"key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINEW"}


async def test_a_repositorys_token_reaches_no_further(ask: Asker, fake: FakeBitbucket) -> None:
    """It sees and changes its own repository; to others it is a stranger."""
    place = fake.store.workspaces["acme"]
    auth = shown(fake, "repo_access_token", repository="site")
    public = {r.slug for r in place.repositories.values() if not r.is_private}
    seen = await ask.walk("/repositories/acme", auth=auth)
    assert {one["slug"] for one in seen} == public | {"site"}
    assert (await ask(SITE, "PUT", auth=auth, json={"description": "Mine"})).status == 200
    other = next(r for r in place.repositories.values() if r.is_private and r.slug != "site")
    assert (await ask(f"/repositories/acme/{other.slug}", auth=auth)).status == 404
    one = min(public)
    assert (await ask(f"/repositories/acme/{one}", auth=auth)).status == 200
    for method, body in (("PUT", {"description": "Mine"}), ("DELETE", None)):
        assert (await ask(f"/repositories/acme/{one}", method, auth=auth, json=body)).status == 403
    assert (await ask("/workspaces/acme", auth=auth)).status == 403
    made = await ask("/repositories/acme/new", "POST", auth=auth, json={})
    assert made.status == 403


async def test_a_projects_token_reaches_no_further(ask: Asker, fake: FakeBitbucket) -> None:
    """It sees, changes and makes repositories of its project, and knows its workspace."""
    place = fake.store.workspaces["acme"]
    own, other = place.projects.values()
    auth = shown(fake, "project_access_token", project=own)
    visible = {r.slug for r in place.repositories.values() if r.project is own or not r.is_private}
    seen = await ask.walk("/repositories/acme", auth=auth)
    assert {one["slug"] for one in seen} == visible
    assert (await ask("/workspaces/acme", auth=auth)).status == 200
    assert (await ask("/workspaces/acme/hooks", auth=auth)).status == 403
    for project, statuses in ((own, (200, 200, 201)), (other, (404, 404, 403))):
        home = f"/workspaces/acme/projects/{project.key}"
        body = {"project": {"key": project.key}}
        answers = (
            await ask(home, auth=auth),
            await ask(home, "PUT", auth=auth, json={"description": "Mine"}),
            await ask(f"/repositories/acme/in-{project.key}", "POST", auth=auth, json=body),
        )
        assert tuple(one.status for one in answers) == statuses


async def test_a_projects_token_makes_no_projects(ask: Asker, fake: FakeBitbucket) -> None:
    """Only the workspace's own may."""
    body = {"key": "NEW", "name": "New"}
    statuses = [
        (await ask("/workspaces/acme/projects", "POST", auth=shown(fake, kind), json=body)).status
        for kind in ("project_access_token", "repo_access_token", "workspace_access_token")
    ]
    assert statuses == [403, 403, 201]


@pytest.mark.parametrize("kind", ACCESS)
async def test_roles_go_by_a_tokens_reach(ask: Asker, fake: FakeBitbucket, kind: str) -> None:
    """A list by role has what the token may change, and nothing that is only public."""
    place = fake.store.workspaces["acme"]
    own = next(iter(place.projects.values()))
    expected = {
        "workspace_access_token": set(place.repositories),
        "project_access_token": {r.slug for r in place.repositories.values() if r.project is own},
        "repo_access_token": {"site"},
    }[kind]
    seen = await ask.walk("/repositories/acme?role=admin&pagelen=100", auth=shown(fake, kind))
    assert {one["slug"] for one in seen} == expected


@pytest.mark.parametrize("kind", ACCESS)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/user"),
        ("GET", "/user/workspaces"),
        ("GET", f"{SITE}/permissions-config/users"),
        ("GET", "/workspaces/acme/permissions"),
        ("GET", "/workspaces/acme/permissions/repositories/site"),
        ("POST", f"{SITE}/deploy-keys"),
        ("PUT", f"{SITE}/deploy-keys/1"),
        ("DELETE", f"{SITE}/deploy-keys/1"),
        ("POST", "/workspaces/acme/projects/WEB/deploy-keys"),
        ("DELETE", "/workspaces/acme/projects/WEB/deploy-keys/1"),
    ],
)
async def test_access_tokens_can_not_do_all(
    ask: Asker, fake: FakeBitbucket, kind: str, method: str, path: str
) -> None:
    """What is a person's, permissions, and changing deploy keys are closed to them; not scopes."""
    body = KEY if method in {"POST", "PUT"} else None
    answer = await ask(path, method, auth=shown(fake, kind), json=body)
    assert (answer.status, "detail" in answer.json["error"]) == (403, False)
    assert answer.headers["X-Credential-Type"] == kind


@pytest.mark.parametrize("home", [SITE, "/workspaces/acme/projects/WEB"])
@pytest.mark.parametrize("who", ["groups/developers", "users/{member}"])
async def test_nothing_but_an_api_token_changes_grants(
    ask: Asker, fake: FakeBitbucket, home: str, who: str
) -> None:
    """All others are refused, with whatever scopes, and scopes are not what they are told of."""
    path = f"{home}/permissions-config/{who}".replace("{member}", fake.account("member").uuid)
    kinds = [*ACCESS, "oauth2", "forge_oauth2"]
    headers = [shown(fake, kind) for kind in kinds]
    headers += [shown(fake, "oauth2", scopes=[]), fake.connect_authorization]
    headers += [shown(fake, "forge_oauth2", account=fake.accounts[0])]
    for auth in headers:
        for method in ("PUT", "DELETE"):
            answer = await ask(path, method, auth=auth, json={"permission": "read"})
            assert (answer.status, "detail" in answer.json["error"]) == (403, False)
            assert "provided token" in answer.message
    granted = await ask(path, "PUT", auth=shown(fake, "api_token"), json={"permission": "read"})
    assert granted.status == 200
