"""Credentials of every kind: how they are shown, what is told of them, who is counted."""

from __future__ import annotations

from typing import Any

import pytest

from bbasync.fake import FakeBitbucket
from bbasync.fake.minting import SORTS
from tests.fake.conftest import ACCESS, App, Asker, basic, shown

SITE = "/repositories/acme/site"
UNKNOWN = "Token is invalid, expired, or not supported for this endpoint."


@pytest.mark.parametrize("kind", SORTS)
async def test_every_kind_reads_a_repository(ask: Asker, fake: FakeBitbucket, kind: str) -> None:
    """A new token of each kind works at once, and headers tell its kind and all its scopes."""
    answer = await ask(SITE, auth=shown(fake, kind))
    assert answer.status == 200
    assert answer.headers["X-Credential-Type"] == kind
    assert set(answer.headers["X-OAuth-Scopes"].split(", ")) == SORTS[kind].scopes


@pytest.mark.parametrize("kind", SORTS)
async def test_every_kind_has_the_scopes_it_was_given(
    ask: Asker, fake: FakeBitbucket, kind: str
) -> None:
    """What its scopes lack is refused and named."""
    answer = await ask(SITE, auth=shown(fake, kind, scopes=["webhook"]))
    assert answer.status == 403
    assert answer.json["error"]["detail"]["granted"] == ["webhook"]
    assert answer.headers["X-OAuth-Scopes"] == "webhook"


@pytest.mark.parametrize("kind", SORTS)
async def test_every_kind_is_shown_its_own_way(ask: Asker, fake: FakeBitbucket, kind: str) -> None:
    """API tokens go with an e-mail address, or alone as all others, which go in no other way."""
    token = fake.add_token(kind)
    assert (await ask(SITE, auth=f"Bearer {token}")).status == 200
    wrong = [] if kind == "api_token" else [basic(fake.email, token)]
    wrong += [basic("x-token-auth", token), f"JWT {token}", f"Token {token}"]
    for header in wrong:
        answer = await ask(SITE, auth=header)
        assert (answer.status, answer.message) == (401, UNKNOWN)


@pytest.mark.parametrize("kind", SORTS)
async def test_every_kind_can_end(ask: Asker, app: App, kind: str) -> None:
    """An expired token is still described, a revoked one is unknown."""
    header = shown(app.fake, kind, expires_in=60)
    good = await ask(SITE, auth=header)
    app.now += 60
    late = await ask(SITE, auth=header)
    assert (good.status, late.status) == (200, 401)
    assert late.headers["X-Token-Id"] == good.headers["X-Token-Id"]
    assert late.headers["X-Credential-Type"] == kind
    assert late.message.startswith("Access token expired." if kind == "oauth2" else "Token is")
    token = app.fake.add_token(kind)
    header = basic(app.fake.email, token) if kind == "api_token" else f"Bearer {token}"
    assert (await ask(SITE, auth=header)).status == 200
    app.fake.revoke(token)
    gone = await ask(SITE, auth=header)
    assert (gone.status, gone.message) == (401, UNKNOWN)
    assert gone.headers["X-Credential-Type"] == "unauthenticated_identity"
    assert "X-Token-Id" not in gone.headers


async def test_a_token_has_a_name_that_is_not_itself(ask: Asker, fake: FakeBitbucket) -> None:
    """Its id is the same in every answer, errors too, and no other token's."""
    tokens = [fake.add_token("workspace_access_token") for _ in range(2)]
    names = []
    for token in tokens:
        for path in (SITE, "/user", "/nothing"):
            answer = await ask(path, auth=f"Bearer {token}")
            assert token not in str(dict(answer.headers))
            names.append(answer.headers["X-Token-Id"])
    assert [len(set(names[:3])), len(set(names[3:])), len(set(names))] == [1, 1, 2]
    assert "X-Token-Id" not in (await ask(SITE, auth="anonymous")).headers


async def test_oauth_tokens_name_their_consumer(ask: Asker, fake: FakeBitbucket) -> None:
    """Those of people and of apps do, and nothing else does."""
    for kind in SORTS:
        headers = (await ask(SITE, auth=shown(fake, kind))).headers
        expected = fake.consumer.key if kind == "oauth2" else None
        assert headers.get("X-Consumer-Client-Id") == expected


async def test_people_and_apps_have_tokens_of_the_same_kinds(
    ask: Asker, fake: FakeBitbucket
) -> None:
    """OAuth and Forge tokens are a person's unless a workspace is named."""
    member = fake.account("member")
    for kind in ("oauth2", "forge_oauth2"):
        person = await ask("/user", auth=shown(fake, kind, account=member))
        assert person.json["uuid"] == member.uuid
        assert (await ask("/user", auth=shown(fake, kind, workspace="acme"))).status == 403


async def test_budgets_belong_to_who_is_counted(ask: Asker, app: App) -> None:
    """Access tokens each have one, a person one for all API tokens, a consumer one for all."""
    fake, mine = app.fake, app.fake.accounts[0]
    tokens = await app.login()
    other = fake.add_token("oauth2", account=fake.accounts[1])
    fake.store.quota = 1

    async def status(auth: str) -> int:
        return (await ask(SITE, auth=auth)).status

    for kind in ACCESS:
        assert [await status(shown(fake, kind)) for _ in range(2)] == [200, 200]
    assert [await status(shown(fake, "api_token", account=mine)) for _ in range(2)] == [200, 429]
    assert await status(f"Bearer {tokens['access_token']}") == 200
    assert await status(f"Bearer {other}") == 429  # of the same consumer
    again = await app.refresh(tokens["refresh_token"])
    assert again.status == 200
    assert await status(f"Bearer {again.json['access_token']}") == 429
    app.consumer = fake.add_consumer()
    assert await status(f"Bearer {(await app.login())['access_token']}") == 200


async def test_asking_for_tokens_costs_nothing(ask: Asker, app: App) -> None:
    """The token endpoint has no budget, nor takes from any."""
    app.fake.store.quota = 1
    for _ in range(3):
        answer = await app.trade(grant_type="client_credentials")
        assert answer.status == 200
    assert (await ask(SITE, auth=f"Bearer {answer.json['access_token']}")).status == 200


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("password", {}),
        ("api_token", {"workspace": "acme"}),
        ("workspace_access_token", {"repository": "site"}),
        ("project_access_token", {"repository": "site"}),
        ("repo_access_token", {"project": "WEB"}),
        ("repo_access_token", {"account": "owner"}),
        ("oauth2", {"project": "WEB"}),
        ("oauth2", {"account": "owner", "workspace": "acme"}),
    ],
)
def test_a_token_is_for_what_its_kind_is_for(kind: Any, options: dict[str, Any]) -> None:
    """An unknown kind, and what a kind is not for, are clear errors."""
    fake = FakeBitbucket()
    given = {k: fake.account(v) if k == "account" else v for k, v in options.items()}
    with pytest.raises(ValueError, match=kind if len(options) < 2 else "not for both"):
        fake.add_token(kind, **given)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("workspace_access_token", {"workspace": "nowhere"}),
        ("project_access_token", {"project": "NONE"}),
        ("repo_access_token", {"repository": "none"}),
    ],
)
def test_a_token_is_for_what_is_there(kind: Any, options: dict[str, Any]) -> None:
    """A name that nothing has is a clear error."""
    with pytest.raises(LookupError, match=r"nowhere|NONE|none"):
        FakeBitbucket().add_token(kind, **options)


def test_a_thing_itself_tells_its_workspace() -> None:
    """A repository or project of the second workspace needs no further words."""
    fake = FakeBitbucket(workspaces=2)
    place = list(fake.store.workspaces.values())[1]
    project, repository = place.projects["WEB"], place.repositories["site"]
    for token in (
        fake.add_token("project_access_token", project=project),
        fake.add_token("repo_access_token", repository=repository),
        fake.add_token("project_access_token", project="web", workspace=place),
    ):
        made = fake.store.credentials[token]
        assert made.workspace is place
        assert (made.project, made.repository) in {(project, None), (None, repository)}


def test_the_same_seed_gives_the_same_secrets() -> None:
    """Consumers and apps depend on the seed alone; what is traded at run time is random."""
    one, same, other = FakeBitbucket(seed=3), FakeBitbucket(seed=3), FakeBitbucket(seed=4)
    for fake, equal in ((same, True), (other, False)):
        assert (fake.consumer.secret == one.consumer.secret) is equal
        assert (fake.add_consumer().key == one.add_consumer().key) is equal
        assert (fake.connect_app.shared_secret == one.connect_app.shared_secret) is equal
    assert one.add_token("oauth2") != same.add_token("oauth2")
