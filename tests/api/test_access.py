"""Who the caller is, and what his credential can do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bbasync import BearerAuth, Bitbucket
from bbasync.api.access import Can, Identity, can, whoami
from bbasync.errors import ForbiddenError, UnauthorizedError
from bbasync.fake import FakeBitbucket
from bbasync.resources import AppUser, User


def held(kind: str, scopes: str = "", **more: Any) -> Identity:
    """A caller with these scopes; granular ones are written without their end."""
    words = scopes.split()
    if kind == "api_token":
        words = [f"{one}:bitbucket" for one in words]
    return Identity(kind, frozenset(words), **more)


@pytest.mark.parametrize(
    ("scopes", "what", "allowed"),
    [
        ("repository", "repositories.list", True),
        ("pullrequest", "repositories.get", True),
        ("project", "repositories.get", True),
        ("repository:write", "repositories.get", True),
        ("pullrequest:write", "repositories.get", True),
        ("pullrequest:write", "pullrequests.get", True),
        ("pullrequest:write", "repositories.fork", True),
        ("pullrequest", "repositories.fork", False),
        ("project", "repositories.fork", False),
        ("repository:write", "pullrequests.get", False),
        ("repository:admin", "repositories.get", False),
        ("repository:admin", "repositories.fork", False),
        ("repository:delete", "repositories.get", False),
        ("repository repository:write", "repositories.create", False),
        ("project:admin", "projects.get", False),
        ("project:write", "projects.get", False),
        ("project:write", "repositories.get", False),
        ("runner:write", "pipelines.list_runners", True),
        ("pipeline:write", "pipelines.list", True),
        ("pipeline:variable", "pipelines.list", None),
        ("account:write", "users.me", True),
        ("repository:admin", "deployments.list_deploy_keys", False),
        ("repository repository:admin", "deployments.list_deploy_keys", True),
        ("pullrequest repository:admin", "deployments.list_deploy_keys", True),
        ("", "workspaces.get", True),
        ("", "repositories.get", False),
        ("account:write", "groups.create", True),
        ("account", "groups.list", None),
    ],
)
def test_some_classic_scopes_imply_others(scopes: str, what: str, allowed: object) -> None:
    """Of several that an operation wants all are needed; repository:admin implies nothing."""
    caller = held("oauth2", scopes, account=User(type="user"))
    assert can(caller, what).allowed is allowed


@pytest.mark.parametrize(
    ("scopes", "what", "missing"),
    [
        ("read:repository", "repositories.get", ""),
        ("write:repository", "repositories.get", "read:repository"),
        ("admin:repository", "repositories.get", "read:repository"),
        ("read:project read:pullrequest", "repositories.get", "read:repository"),
        ("write:webhook", "repositories.create_webhook", "read:webhook"),
        ("read:webhook write:webhook", "repositories.create_webhook", ""),
        (
            "read:repository",
            "repositories.update_user_permission",
            "admin:repository write:permission",
        ),
        ("admin:repository write:permission", "repositories.update_user_permission", ""),
        ("", "users.me", "read:user"),
    ],
)
def test_granular_scopes_imply_nothing(scopes: str, what: str, missing: str) -> None:
    """Each that an operation wants must be there, and what is missing is named in full."""
    found = can(held("api_token", scopes), what)
    assert found.missing == tuple(f"{one}:bitbucket" for one in missing.split())
    assert found.allowed is (not missing)
    assert all(one in found.reason for one in found.missing)


@pytest.mark.parametrize(
    ("kind", "what", "allowed"),
    [
        ("workspace_access_token", "users.me", False),
        ("project_access_token", "repositories.list_user_permissions", False),
        ("repo_access_token", "deployments.create_deploy_key", False),
        ("repo_access_token", "deployments.list_deploy_keys", True),
        ("repo_access_token", "repositories.update_user_permission", False),
        ("workspace_access_token", "group_privileges.list", False),
        ("oauth2", "repositories.update_user_permission", False),
        ("oauth2", "repositories.list_user_permissions", None),
        ("oauth2_access_token", "repositories.get", True),
        ("connect_jwt", "addon.update", True),
        ("connect_jwt", "addon.get_client_key", False),
        ("oauth2", "addon.update", False),
        ("of_tomorrow", "addon.update", None),
        ("of_tomorrow", "users.me", None),
        ("", "repositories.get", True),
    ],
)
def test_some_operations_take_some_credentials_only(kind: str, what: str, allowed: object) -> None:
    """Whatever its scopes, an access token is no person, and permissions are set by API tokens."""
    every = "repository repository:admin account project:admin"
    assert can(held(kind, every), what).allowed is allowed


def test_a_person_and_an_app_are_told_apart_by_their_account() -> None:
    """An OAuth token that acts for a user reads permissions; of an app's that is not known."""
    what = "workspaces.list_permissions"
    assert can(held("oauth2", "account", account=User(type="user")), what).allowed is True
    assert can(held("oauth2", "account", account=AppUser(type="app_user")), what).allowed is None


def test_a_forge_app_is_let_into_a_part_only() -> None:
    """Its scopes can be too few for sure, but never enough for sure, whatever it is called."""
    for kind in ("forge_oauth2", "oauth2"):
        app = Identity(kind, frozenset({"read:repository:bitbucket", "admin:workspace:bitbucket"}))
        assert can(app, "repositories.get").allowed is None
        assert can(app, "pullrequests.get").allowed is False
        assert can(app, "addon.get_client_key").allowed is True
        assert can(app, "repositories.update_user_permission").allowed is False
    assert can(held("api_token", "admin:workspace"), "addon.get_client_key").allowed is False


@pytest.mark.parametrize(
    ("what", "allowed"),
    [
        ("webhooks.list_events", True),
        ("repositories.get", None),
        ("commits.list_by_form", None),
        ("users.get", None),
        ("users.me", False),
        ("repositories.list_user_permissions", False),
        ("repositories.fork", False),
        ("addon.delete", False),
    ],
)
def test_without_a_credential_only_what_is_public_can_be_read(what: str, allowed: object) -> None:
    """Nothing can be changed, and what is about a person can't be read."""
    assert can(Identity("anonymous", frozenset()), what).allowed is allowed


def test_what_has_no_granular_scope_may_be_closed_to_api_tokens() -> None:
    """Nobody knows but for groups, whose scope an API token can't be given."""
    token = held("api_token", "read:repository")
    assert can(token, "properties.update_repository_property").allowed is None
    assert can(token, "snippets.list_watchers").allowed is None
    assert can(token, "groups.list").allowed is None
    assert can(token, "webhooks.list_events").allowed is True
    closed = can(token, "groups.create")
    assert (closed.allowed, closed.missing) == (False, ("account:write",))


def test_scopes_that_are_not_told_decide_nothing() -> None:
    """None is another thing than no scope; what an access token never can stays decided."""
    assert can(Identity("oauth2"), "repositories.get").allowed is None
    assert can(Identity("repo_access_token"), "users.me").allowed is False


def test_only_a_certain_yes_is_true() -> None:
    """Who asks ``if can(...)`` is not told yes where the answer is not known."""
    assert [bool(Can(one, (), "so")) for one in (True, False, None)] == [True, False, False]
    assert str(Can(None, (), "so")) == "unknown: so"


async def test_whoami_tells_a_person(bb: Bitbucket, fake: FakeBitbucket) -> None:
    """One request tells kind, scopes and account; nothing in it is secret."""
    before = bb.requests_sent
    until = datetime(2027, 1, 2, tzinfo=UTC)
    found = await whoami(bb, expires_at=until)
    assert bb.requests_sent == before + 1
    assert found.kind == "api_token"
    assert found.scopes == fake.store.credentials[fake.api_token].scopes
    assert found.account is not None
    assert found.account.uuid == fake.accounts[0].uuid
    assert found.expires_at == until
    assert str(found).startswith(f"{fake.accounts[0].display_name}, by api_token (admin:")
    assert fake.api_token not in f"{found} {found!r}"
    assert can(found, bb.repositories.list)


async def test_whoami_tells_an_access_token_by_its_403(fake: FakeBitbucket) -> None:
    """It may not read who it is, but the headers of the refusal tell it."""
    async with Bitbucket(BearerAuth(fake.access_token), base_url=fake.url) as bb:
        found = await whoami(bb)
    assert found.kind == "workspace_access_token"
    assert found.account is None
    assert found.scopes == fake.store.credentials[fake.access_token].scopes
    assert str(found).startswith("workspace_access_token (account, email, pipeline")


async def test_whoami_tells_a_token_without_the_scope(bb: Bitbucket, fake: FakeBitbucket) -> None:
    """A person's token that may not read his account is still described."""
    fake.store.credentials[fake.api_token].scopes = frozenset({"read:repository:bitbucket"})
    found = await whoami(bb)
    assert (found.kind, found.account) == ("api_token", None)
    assert found.scopes == {"read:repository:bitbucket"}


async def test_whoami_tells_nobody(fake: FakeBitbucket) -> None:
    """401 is an error for a credential, and the answer where there is none."""
    async with Bitbucket(base_url=fake.url) as bb:
        found = await whoami(bb, anonymous=True)
        assert (found.kind, found.scopes, str(found)) == ("anonymous", frozenset(), "anonymous")
    async with Bitbucket(BearerAuth("ATCTTwrong-one"), base_url=fake.url) as bb:
        with pytest.raises(UnauthorizedError):
            await whoami(bb)


async def test_whoami_reads_every_header(recorder: Any, answer: Any) -> None:
    """The headers' names may be in any case, and what is not told is None."""
    headers = {
        "x-credential-type": "oauth2",
        "X-OAUTH-SCOPES": "account,repository:write",
        "X-Token-Id": "7",
        "X-Consumer-Client-Id": "key",
    }
    body = {"type": "user", "display_name": "A\x1b[1mda"}
    found = await whoami(recorder(answer(body, headers=headers)))
    assert found.scopes == {"account", "repository:write"}
    assert (found.token_id, found.consumer) == ("7", "key")
    assert str(found) == "A [1mda, by oauth2 (account, repository:write)"
    bare = {"X-Credential-Type": "oauth2", "X-OAuth-Scopes": ""}
    assert (await whoami(recorder(answer(body, headers=bare)))).scopes == frozenset()
    untold = await whoami(recorder(answer({"type": "user"})))
    assert untold == Identity("", account=untold.account)
    assert str(untold) == "unknown (scopes not told)"


async def test_whoami_asks_the_service_itself(recorder: Any, answer: Any) -> None:
    """The read is nobody else's, and a 403 from somebody on the way describes no credential."""
    asked = recorder(answer({"error": {"message": "address not allowed"}}, status=403))
    with pytest.raises(ForbiddenError, match="address not allowed"):
        await whoami(asked)
    assert asked.targets == ["/user"]
    assert asked.requests[0].headers == {"Cache-Control": "no-cache"}
    detail = {"required": ["account"], "granted": ["repository"]}
    body = {"error": {"message": "lacking", "detail": detail}}
    told = answer(body, status=403, headers={"X-Credential-Type": "oauth2"})
    assert (await whoami(recorder(told))).scopes == {"repository"}
