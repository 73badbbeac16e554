"""`bbasync whoami`, for people and for programs."""

from __future__ import annotations

import json
import re
from typing import Any

from attrs import evolve

from bbasync.fake import FakeBitbucket
from tests.cli.conftest import Do


async def test_whoami_as_json_is_for_programs(log_in: Do, do: Do, service: FakeBitbucket) -> None:
    """All of it, with null where nothing is known."""
    await log_in()
    ran = await do("whoami", "--json")
    assert (ran.code, ran.err) == (0, "")
    told = json.loads(ran.out)
    assert told["base_url"] == service.url
    assert told["kind"] == "api_token"
    assert told["account"]["uuid"] == service.accounts[0].uuid
    assert "read:user:bitbucket" in told["scopes"]
    assert told["expires_at"] is None
    assert told["source"].startswith("the login in ")


async def test_whoami_without_a_credential_is_anonymous(do: Do, service: FakeBitbucket) -> None:
    """It is told plainly, and a script sees it by the exit code."""
    ran = await do("whoami")
    assert (ran.code, ran.out) == (3, "")
    assert f"anonymous: for {service.url} there is no credential" in ran.err
    assert "run `bbasync login`" in ran.err
    ran = await do("whoami", "--json")
    assert ran.code == 3
    assert json.loads(ran.out)["kind"] == "anonymous"
    ran = await do("audit")
    assert ran.code == 2
    assert "run `bbasync login`" in ran.err


async def test_whoami_tells_that_a_login_has_ended(
    log_in: Do, do: Do, service: FakeBitbucket
) -> None:
    """A revoked token is no use, and the line says so."""
    await log_in()
    service.revoke(service.api_token)
    ran = await do("whoami")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.count("\n") == 1


async def test_whoami_of_the_demo_needs_nothing(do: Do) -> None:
    """The embedded server knows who asks."""
    ran = await do("whoami", "--demo")
    assert ran.code == 0
    assert "from      the embedded server" in ran.out


async def test_what_a_service_tells_does_not_steer_the_terminal(
    do: Do, service: FakeBitbucket, credentials: dict[str, str]
) -> None:
    """Names are chosen by anybody."""
    account = service.accounts[0]
    name = "Ada\x1b]0;owned\x07\nkind      admin"
    token = service.add_token("api_token", account=evolve(account, display_name=name))
    ran = await do("whoami", **{**credentials, "BITBUCKET_API_TOKEN": token})
    assert ran.code == 0
    assert "Ada\ufffd]0;owned" in ran.out
    assert "\x1b" not in ran.out
    assert "\nkind      admin" not in ran.out


async def test_the_quota_is_shown_where_it_is_told(do: Do, serve: Any, say: Any) -> None:
    """As far as the answer to the one request tells it."""
    headers = {
        "X-RateLimit-Limit": "60, 60;w=3600",
        "X-RateLimit-Remaining": "42",
        "X-Credential-Type": "repo_access_token",
    }
    server = await serve(say(403, {"error": {"message": "no"}}, headers=headers))
    variables = {"BITBUCKET_BASE_URL": server.url, "BITBUCKET_ACCESS_TOKEN": "some-token"}
    ran = await do("whoami", **variables)
    assert ran.code == 0, ran.err
    assert re.search(r"quota     \w+: 42 of 60 calls left\n", ran.out)
    assert "scopes    not told" in ran.out
    told = json.loads((await do("whoami", "--json", **variables)).out)
    assert [one["remaining"] for one in told["quota"].values()] == [42]


async def test_a_credential_that_nobody_notices_is_told(do: Do, serve: Any, say: Any) -> None:
    """Something on the way may have taken it away: then nobody is logged in."""
    headers = {"X-Credential-Type": "unauthenticated_identity"}
    server = await serve(say(403, {"error": {"message": "no"}}, headers=headers))
    variables = {"BITBUCKET_BASE_URL": server.url}
    ran = await do("whoami", **variables, BITBUCKET_ACCESS_TOKEN="some-token")
    assert ran.code == 3
    assert "took no notice of the credential from the environment" in ran.err
    ran = await do("login", "--access-token", typed="some-token\n", **variables)
    assert ran.code == 3
    assert "took no notice of the credential: nothing was kept" in ran.err
