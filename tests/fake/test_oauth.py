"""The fake as an OAuth provider: codes, tokens and how they end."""

from __future__ import annotations

import pytest

from bbasync.fake import FakeBitbucket, Fault
from tests.fake.conftest import BACK, TOKEN, App, Asker, basic, refused

DAY = 86_400.0
UNKNOWN = "Token is invalid, expired, or not supported for this endpoint."
EXPIRED = "Access token expired. Use your refresh token to obtain a new access token."


async def test_a_code_is_traded_for_tokens_of_who_gave_it(app: App) -> None:
    """The access token acts for the account that was chosen, for two hours, with all scopes."""
    chosen = app.fake.accounts[3]
    tokens = await app.login(account=chosen.uuid)
    assert (tokens["token_type"], tokens["expires_in"]) == ("bearer", 7200)
    assert set(tokens["scope"].split()) == app.consumer.scopes
    assert "scopes" not in tokens
    answer = await app.user(tokens["access_token"])
    assert (answer.status, answer.json["uuid"]) == (200, chosen.uuid)
    assert answer.headers["X-Credential-Type"] == "oauth2"
    assert answer.headers["X-Consumer-Client-Id"] == app.consumer.key


async def test_the_old_spelling_of_scope_can_be_had(app: App) -> None:
    """A switch brings back the answers of before May 2026."""
    app.fake.store.old_scope_key = True
    tokens = await app.login()
    assert "scopes" in tokens
    assert "scope" not in tokens


async def test_a_code_is_good_once(app: App) -> None:
    """The second use of a code is refused."""
    form = {
        "grant_type": "authorization_code",
        "code": (await app.decided())["code"],
        "redirect_uri": BACK,
    }
    assert (await app.trade(**form)).status == 200
    assert refused(await app.trade(**form), 400, "invalid_grant")


@pytest.mark.parametrize("wrong", ["late", "address", "no address", "consumer", "unknown"])
async def test_a_code_is_good_soon_and_where_it_was_given(app: App, wrong: str) -> None:
    """After ten minutes, with another redirect_uri or by another consumer it is worth nothing."""
    code = (await app.decided())["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
    if wrong == "late":
        app.now += 600
    elif wrong == "address":
        form["redirect_uri"] += "/"
    elif wrong == "no address":
        del form["redirect_uri"]
    elif wrong == "consumer":
        app.consumer = app.fake.add_consumer()
    else:
        form["code"] = "guessed"
    assert refused(await app.trade(**form), 400, "invalid_grant")


async def test_a_refresh_token_is_good_once(app: App) -> None:
    """Each use gives another one and kills the old; access tokens live on."""
    first = await app.login()
    second = (await app.refresh(first["refresh_token"])).json
    assert len({first["refresh_token"], second["refresh_token"]}) == 2
    assert refused(await app.refresh(first["refresh_token"]), 400, "invalid_grant")
    third = await app.refresh(second["refresh_token"])
    assert third.status == 200
    for tokens in (first, second, third.json):
        assert (await app.user(tokens["access_token"])).status == 200


async def test_a_refresh_token_is_the_consumers_own(app: App) -> None:
    """Another consumer can't use it, nor use it up."""
    tokens, owner = await app.login(), app.consumer
    app.consumer = app.fake.add_consumer()
    assert refused(await app.refresh(tokens["refresh_token"]), 400, "invalid_grant")
    app.consumer = owner
    assert (await app.refresh(tokens["refresh_token"])).status == 200


async def test_an_unused_refresh_token_dies_after_three_months(app: App) -> None:
    """On day 89 it works and gives one that lasts as long; on day 90 it does not."""
    tokens = await app.login()
    app.now += 89 * DAY
    again = await app.refresh(tokens["refresh_token"])
    assert again.status == 200
    app.now += 90 * DAY
    assert refused(await app.refresh(again.json["refresh_token"]), 400, "invalid_grant")


async def test_an_access_token_dies_after_two_hours(app: App) -> None:
    """A call with it is told so, in the API's layout, and the headers still name the token."""
    token = (await app.login())["access_token"]
    app.now += 7199
    good = await app.user(token)
    app.now += 1
    late = await app.user(token)
    assert (good.status, late.status, late.message) == (200, 401, EXPIRED)
    assert late.json["type"] == "error"
    for name in ("X-Token-Id", "X-Credential-Type", "X-OAuth-Scopes", "X-Consumer-Client-Id"):
        assert late.headers[name] == good.headers[name]
    assert token not in str(dict(late.headers))


async def test_a_consumer_alone_acts_as_an_app(app: App, ask: Asker) -> None:
    """Client credentials give no refresh token, and act for nobody in the consumer's workspace."""
    answer = await app.trade(grant_type="client_credentials")
    assert sorted(answer.json) == ["access_token", "expires_in", "scope", "token_type"]
    auth = f"Bearer {answer.json['access_token']}"
    assert (await ask("/repositories/acme/site", auth=auth)).status == 200
    assert (await ask("/user", auth=auth)).status == 403
    path = "/repositories/acme/site/pullrequests/1/comments"
    made = await ask(path, "POST", auth=auth, json={"content": {"raw": "Hi"}})
    assert made.json["user"]["type"] == "app_user"
    app.now += 7200
    late = await ask("/repositories/acme/site", auth=auth)
    assert (late.status, late.message) == (401, EXPIRED)


async def test_an_app_sees_its_own_workspace_only() -> None:
    """A consumer of another workspace is a stranger to the first."""
    async with FakeBitbucket(workspaces=2) as fake:
        first, second = fake.store.workspaces.values()
        token = fake.add_token("oauth2", workspace=second)
        service = fake._service

        def status(slug: str) -> int:
            headers = {"authorization": f"Bearer {token}"}
            target = f"/2.0/repositories/{slug}/site"
            return service.answer("GET", target, "x", headers, None).status

        assert (status(first.slug), status(second.slug)) == (404, 200)


@pytest.mark.parametrize("wrong", ["secret", "key", "none", "bearer", "junk", "body"])
async def test_a_consumer_shows_its_key_and_secret(app: App, wrong: str) -> None:
    """Whoever does not, in the header, is no known client."""
    key, secret = app.consumer.key, app.consumer.secret
    form = {"grant_type": "client_credentials"}
    if wrong == "body":
        form |= {"client_id": key, "client_secret": secret}
    auth = {
        "secret": basic(key, f"{secret}x"),
        "key": basic("nobody", secret),
        "bearer": f"Bearer {app.fake.oauth_token}",
        "junk": "Basic %%%",
    }.get(wrong, "anonymous")
    answer = await app.trade(auth, **form)
    assert refused(answer, 401, "invalid_client")
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "password", "username": "a", "password": "b"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": ""}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "guessed"}, "invalid_grant"),
    ],
)
async def test_errors_are_laid_out_as_oauth_has_it(
    app: App, form: dict[str, str], code: str
) -> None:
    """What is wrong with a request for a token is told by its code."""
    answer = await app.trade(**form)
    assert refused(answer, 400, code)
    assert answer.headers["Cache-Control"] == "no-store"


async def test_a_token_is_asked_for_with_a_form(app: App, ask: Asker) -> None:
    """JSON, a parameter that comes twice and another method are refused."""
    url, auth = app.fake.site + TOKEN, basic(app.consumer.key, app.consumer.secret)
    form = {"grant_type": "client_credentials"}
    assert refused(await ask(url, "POST", auth=auth, json=form), 400, "invalid_request")
    twice = [("grant_type", "client_credentials")] * 2
    assert refused(await ask(url, "POST", auth=auth, data=twice), 400, "invalid_request")
    assert (await ask(url, auth=auth)).status == 405
    assert (await ask(f"{app.fake.site}/site/oauth2/other")).status == 404


async def test_a_token_counts_in_the_header_only(app: App, ask: Asker) -> None:
    """In the address or in a form it is nothing."""
    token = (await app.login())["access_token"]
    query = await ask(f"/user?access_token={token}", auth="anonymous")
    path = "/repositories/acme/site/downloads"
    form = await ask(path, "POST", auth="anonymous", data={"access_token": token})
    assert (query.status, form.status) == (401, 401)


async def test_tokens_are_revoked(app: App) -> None:
    """A revoked token is unknown at once, and the other of the pair is not touched."""
    tokens = await app.login()
    app.fake.revoke(tokens["access_token"])
    answer = await app.user(tokens["access_token"])
    assert (answer.status, answer.message) == (401, UNKNOWN)
    again = (await app.refresh(tokens["refresh_token"])).json
    app.fake.revoke(again["refresh_token"])
    assert refused(await app.refresh(again["refresh_token"]), 400, "invalid_grant")
    assert (await app.user(again["access_token"])).status == 200
    with pytest.raises(LookupError):
        app.fake.revoke(again["refresh_token"])


async def test_tokens_expire_when_told(app: App) -> None:
    """Their time comes at once, a refresh token's too."""
    tokens = await app.login()
    app.fake.expire(tokens["access_token"])
    assert (await app.user(tokens["access_token"])).message == EXPIRED
    app.fake.expire(tokens["refresh_token"])
    assert refused(await app.refresh(tokens["refresh_token"]), 400, "invalid_grant")
    with pytest.raises(LookupError):
        app.fake.expire("nothing")


@pytest.mark.parametrize("named", [True, False])
async def test_a_whole_grant_is_revoked(app: App, *, named: bool) -> None:
    """Codes and tokens of one person with a consumer die together, and nobody else's."""
    mine, other = app.fake.accounts[1], app.fake.accounts[2]
    tokens, kept = await app.login(account=mine.uuid), await app.login(account=other.uuid)
    code = (await app.decided(account=mine.uuid))["code"]
    app.fake.revoke_grant(mine, app.consumer if named else None)
    assert (await app.user(tokens["access_token"])).message == UNKNOWN
    assert refused(await app.refresh(tokens["refresh_token"]), 400, "invalid_grant")
    late = await app.trade(grant_type="authorization_code", code=code, redirect_uri=BACK)
    assert refused(late, 400, "invalid_grant")
    assert (await app.user(kept["access_token"])).status == 200
    assert (await app.refresh(kept["refresh_token"])).status == 200


async def test_an_answer_that_is_lost_has_used_the_token_up(app: App) -> None:
    """Faults strike the token endpoint: carried out and not heard of, or not carried out."""
    tokens = await app.login()
    app.fake.faults.add(TOKEN, Fault.status(502), times=1)
    assert (await app.refresh(tokens["refresh_token"])).status == 502
    app.fake.faults.add(TOKEN, Fault.status(502, after="handled"), times=1)
    assert (await app.refresh(tokens["refresh_token"])).status == 502
    assert refused(await app.refresh(tokens["refresh_token"]), 400, "invalid_grant")
    seen = [(one.path, one.status, one.fault, one.authorized) for one in app.fake.requests[-3:]]
    assert seen == [
        (TOKEN, 502, "502", True),
        (TOKEN, 502, "502 handled", True),
        (TOKEN, 400, "", True),
    ]


async def test_no_secret_is_in_a_repr(app: App) -> None:
    """Consumers, the store and what was recorded can be printed."""
    tokens = await app.login()
    store = app.fake.store
    shown = repr((app.consumer, app.fake.connect_app, store.credentials[tokens["access_token"]]))
    shown += repr(store) + repr(app.fake.requests) + repr(app.fake.accounts)
    secrets = [app.consumer.secret, app.fake.connect_app.shared_secret, app.fake.api_token]
    secrets += [tokens["access_token"], tokens["refresh_token"]]
    assert [one for one in secrets if one in shown] == []
