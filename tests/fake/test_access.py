"""Who is asking, and what they may see."""

import pytest

from bbasync.fake import FakeBitbucket
from bbasync.fake.access import grants
from bbasync.fake.compare import RANKS
from tests.fake.conftest import Asker, basic, shown

NO_ACCESS = "You may not have access to this repository or it no longer exists in this workspace."


async def test_a_token_works_with_its_e_mail_and_alone(ask: Asker, fake: FakeBitbucket) -> None:
    """An API token identifies its owner, with the e-mail address in any case or as a bearer."""
    for header in (basic(fake.email.upper(), fake.api_token), f"Bearer {fake.api_token}"):
        answer = await ask("/user", auth=header)
        assert answer.json["uuid"] == fake.accounts[0].uuid
        assert answer.headers["X-Credential-Type"] == "api_token"
        assert "read:user:bitbucket" in answer.headers["X-OAuth-Scopes"]


@pytest.mark.parametrize("form", ["nickname", "other", "wrong", "app", "junk", "scheme"])
async def test_a_bad_credential_is_told_so(ask: Asker, fake: FakeBitbucket, form: str) -> None:
    """A nickname, somebody else's address, an unknown token and junk are all answered 401."""
    header = {
        "nickname": basic(fake.accounts[0].nickname, fake.api_token),
        "other": basic(fake.accounts[1].email, fake.api_token),
        "wrong": basic(fake.email, "ATATTwrong"),
        "app": basic("x-token-auth", fake.access_token),
        "junk": "Basic %%%",
        "scheme": f"Token {fake.api_token}",
    }[form]
    answer = await ask("/repositories/acme/site", auth=header)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="Bitbucket.org HTTP"'
    assert answer.message == "Token is invalid, expired, or not supported for this endpoint."


async def test_a_token_in_the_address_is_not_read(ask: Asker, fake: FakeBitbucket) -> None:
    """Credentials count in the header only."""
    assert (await ask(f"/user?access_token={fake.access_token}", auth="anonymous")).status == 401


async def test_anonymous_callers_see_what_is_public(ask: Asker) -> None:
    """Without a credential public repositories are there and private ones are not."""
    seen = await ask.walk("/repositories/acme", auth="anonymous")
    assert seen
    assert not any(one["is_private"] for one in seen)
    answer = await ask("/repositories/acme/site", auth="anonymous")
    assert answer.status == 404
    assert answer.message.startswith(NO_ACCESS)
    assert answer.headers["X-Credential-Type"] == "unauthenticated_identity"
    assert answer.headers["X-Accepted-OAuth-Scopes"] == "repository"


@pytest.mark.parametrize(
    "path",
    [
        "/user",
        "/user/emails",
        "/user/workspaces",
        "/workspaces/acme/members",
        "/workspaces/acme/permissions/repositories",
        "/repositories/acme/catalog/hooks",
        "/repositories/acme/catalog/permissions-config/users",
    ],
)
async def test_some_things_need_a_caller(ask: Asker, path: str) -> None:
    """What is about the caller, or for administrators, asks for a login."""
    assert (await ask(path, auth="anonymous")).status == 401


@pytest.mark.parametrize(
    "path",
    [
        "/user",
        "/user/workspaces",
        "/workspaces/acme/permissions",
        "/workspaces/acme/permissions/repositories",
        "/repositories/acme/site/permissions-config/groups",
        "/workspaces/acme/projects/WEB/permissions-config/users",
    ],
)
async def test_access_tokens_know_nothing_of_people(ask: Asker, path: str) -> None:
    """An access token is nobody, and may not read permissions."""
    answer = await ask(path, auth="token")
    assert answer.status == 403
    assert "provided token" in answer.message
    assert answer.headers["X-Credential-Type"] == "workspace_access_token"


async def test_an_access_token_reads_its_workspace(ask: Asker) -> None:
    """An access token sees all repositories of its workspace."""
    assert len(await ask.walk("/repositories/acme", auth="token")) == 12
    assert (await ask("/repositories/acme/site/hooks", auth="token")).status == 200


async def test_a_stranger_is_kept_out_of_a_private_workspace(ask: Asker) -> None:
    """Who is no member may not look into a private workspace."""
    answer = await ask("/workspaces/acme", auth="outsider")
    assert (answer.status, answer.message) == (403, "You do not have access to this workspace.")


async def test_a_plain_member_is_no_administrator(ask: Asker) -> None:
    """Lists for administrators answer a member 403, not an empty list."""
    assert (await ask("/workspaces/acme/permissions/repositories", auth="member")).status == 403
    assert (await ask("/workspaces/acme/hooks", auth="member")).status == 403
    assert (await ask("/workspaces/acme/members", auth="member")).status == 200


async def test_a_guest_sees_the_repositories_they_were_given(
    ask: Asker, fake: FakeBitbucket
) -> None:
    """An outsider with explicit rights sees those repositories, and may list them."""
    guest = fake.account("outsider")
    place = fake.store.workspaces["acme"]
    given = {r.slug for r in place.repositories.values() if guest.uuid in r.users}
    assert given
    path = "/user/workspaces/acme/permissions/repositories"
    listed = await ask.walk(path, auth="outsider")
    assert {one["repository"]["name"] for one in listed} == given
    for slug in given:
        assert (await ask(f"/repositories/acme/{slug}", auth="outsider")).status == 200


@pytest.mark.parametrize("name", ["nowhere", "0", "%7B%7D"])
async def test_an_unknown_workspace_is_named(ask: Asker, name: str) -> None:
    """An unknown workspace is answered 404 with its name."""
    answer = await ask(f"/workspaces/{name}")
    assert answer.status == 404
    assert answer.json["type"] == "error"
    assert answer.message.startswith("No workspace with identifier '")


async def test_a_missing_scope_is_listed(ask: Asker, fake: FakeBitbucket) -> None:
    """A token without a scope learns which it needs and which it has; writing is not reading."""
    fake.store.credentials[fake.api_token].scopes = frozenset({"write:repository:bitbucket"})
    answer = await ask("/repositories/acme/site")
    assert answer.status == 403
    assert answer.json["error"]["detail"] == {
        "required": ["read:repository:bitbucket"],
        "granted": ["write:repository:bitbucket"],
    }


async def test_older_scopes_include_others(ask: Asker, fake: FakeBitbucket) -> None:
    """An access token that may write pull requests may read repositories."""
    fake.store.credentials[fake.access_token].scopes = frozenset({"pullrequest:write"})
    assert (await ask("/repositories/acme/site", auth="token")).status == 200
    answer = await ask("/repositories/acme/site/hooks", auth="token")
    assert answer.json["error"]["detail"]["required"] == ["webhook"]


@pytest.mark.parametrize("place", ["/repositories/acme/site", "/workspaces/acme"])
@pytest.mark.parametrize(
    ("events", "classic"),
    [
        (["repo:push"], ["repository"]),
        (["pullrequest:created", "pullrequest:updated"], ["pullrequest"]),
        (["issue:created"], ["issue"]),
        (["project:updated"], ["project"]),
        (["pipeline:span_created"], ["pipeline"]),
        (["repo:push", "pipeline:span_created"], ["repository", "pipeline"]),
    ],
)
async def test_a_hook_needs_the_scopes_of_its_events(
    ask: Asker, fake: FakeBitbucket, place: str, events: list[str], classic: list[str]
) -> None:
    """Beside those for webhooks, by either names, to subscribe to them and to change that."""
    granular = [f"read:{one}:bitbucket" for one in classic]
    own = ["read:webhook:bitbucket", "write:webhook:bitbucket"]
    body = {"url": "https://example.com/x", "events": events}
    for kind, hooks, wanted in (
        ("workspace_access_token", ["webhook"], classic),
        ("api_token", own, granular),
    ):
        fewer, enough = (
            shown(fake, kind, scopes=frozenset(scopes)) for scopes in (hooks, hooks + wanted)
        )
        made = await ask(f"{place}/hooks", "POST", auth=enough, json=body)
        assert made.status == 201
        there = f"{place}/hooks/{made.json['uuid'][1:-1]}"
        for method, path in (("POST", f"{place}/hooks"), ("PUT", there)):
            refused = await ask(path, method, auth=fewer, json=body)
            assert refused.status == 403
            detail = refused.json["error"]["detail"]
            assert detail == {"required": wanted, "granted": sorted(hooks)}
        assert (await ask(there, "PUT", auth=enough, json={"active": False})).status == 200
        assert (await ask(there, "PUT", auth=fewer, json={"active": True})).status == 403
        assert (await ask(there, auth=fewer)).json["active"] is False


async def test_a_revoked_token_is_refused(ask: Asker, fake: FakeBitbucket) -> None:
    """A token that is taken out of the store works no more."""
    del fake.store.credentials[fake.api_token]
    assert (await ask("/user")).status == 401


async def test_effective_rights_are_the_highest_of_all(ask: Asker, fake: FakeBitbucket) -> None:
    """Each person has one right a repository: the highest that anything gives them."""
    place = fake.store.workspaces["acme"]
    one = place.repositories["site"]
    uuid = fake.account("member").uuid
    for group in place.groups.values():
        group.members.discard(uuid)
    one.project.users.pop(uuid, None)
    one.users.pop(uuid, None)
    path = "/workspaces/acme/permissions/repositories/site?pagelen=100"

    async def right() -> str | None:
        values = (await ask(path)).json["values"]
        found = [v["permission"] for v in values if v["user"]["uuid"] == uuid]
        assert len(found) < 2
        return found[0] if found else None

    assert await right() is None
    one.project.groups["contractors"] = "read"
    place.groups["contractors"].members.add(uuid)
    assert await right() == "read"
    one.project.users[uuid] = "create-repo"
    assert await right() == "write"
    one.groups["contractors"] = "admin"
    assert await right() == "admin"
    del one.groups["contractors"]
    place.members[uuid] = "owner"
    assert await right() == "admin"


async def test_effective_rights_name_everybody_once(ask: Asker, fake: FakeBitbucket) -> None:
    """The list of effective rights has one entry for each person and repository, guests too."""
    listed = await ask.walk("/workspaces/acme/permissions/repositories?pagelen=100")
    pairs = [(one["repository"]["uuid"], one["user"]["uuid"]) for one in listed]
    expected = sum(len(grants(r)) for r in fake.store.repositories())
    assert len(pairs) == len(set(pairs)) == expected
    assert fake.account("outsider").uuid in {user for _, user in pairs}


async def test_permissions_compare_by_rank(ask: Asker) -> None:
    """A filter on permissions goes by their rank, not by the alphabet."""
    path = "/workspaces/acme/permissions/repositories?pagelen=100"
    everything = await ask.walk(path)
    strong = await ask.walk(f"{path}&q=permission%3E%22read%22")
    assert {one["permission"] for one in strong} == {"write", "admin"}
    assert len(strong) == sum(one["permission"] != "read" for one in everything)
    rising = [RANKS[one["permission"]] for one in await ask.walk(f"{path}&sort=permission")]
    assert rising == sorted(rising)


async def test_fields_expand_the_condensed_repository(ask: Asker) -> None:
    """A plus makes a permission tell what its condensed repository left out."""
    path = "/workspaces/acme/permissions/repositories?fields=%2Bvalues.repository.is_private"
    first = (await ask(path)).json["values"][0]
    assert first["repository"]["is_private"] is True
    assert "slug" not in first["repository"]
    assert first["permission"]


@pytest.mark.parametrize(
    "home",
    ["/repositories/acme/site", "/workspaces/acme/projects/WEB"],
    ids=["repository", "project"],
)
async def test_grants_are_changed_with_an_api_token_only(
    fake: FakeBitbucket, ask: Asker, home: str
) -> None:
    """OAuth may read who was granted what; to change it, it is refused whatever its scopes."""
    where = f"{home}/permissions-config/groups/developers"
    oauth = f"Bearer {fake.oauth_token}"
    for auth, status in ((oauth, 403), ("token", 403), ("owner", 200)):
        assert (await ask(where, "PUT", auth=auth, json={"permission": "read"})).status == status
    assert (await ask(where, auth=oauth)).json["permission"] == "read"
    for auth, status in ((oauth, 403), ("token", 403), ("owner", 204)):
        assert (await ask(where, "DELETE", auth=auth)).status == status
