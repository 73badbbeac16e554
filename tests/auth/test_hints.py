"""The way out of a 401 or 403, told by the credential."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from bbasync import BasicAuth, BearerAuth, Bitbucket
from bbasync.auth.hints import connect_hint, oauth_hint
from bbasync.errors import AnswerError, ForbiddenError, UnauthorizedError
from bbasync.fake import FakeBitbucket

API_TOKEN, ACCESS_TOKEN, APP_PASSWORD = "ATATT3-s3cret", "ATCTT3-s3cret", "ATBB-s3cret"
READ, WRITE, ADMIN = (f"{right}:repository:bitbucket" for right in ("read", "write", "admin"))
UNSUPPORTED = "This resource does not support authentication using the provided token"


def unauthorized(message: str = "Token is invalid, expired, or not supported") -> AnswerError:
    """A 401."""
    return UnauthorizedError(status=401, method="GET", url="http://x/2.0/user", message=message)


def forbidden(
    required: Sequence[str] = (),
    granted: Sequence[str] = (),
    *,
    message: str = "Forbidden",
    headers: Mapping[str, str] | None = None,
) -> AnswerError:
    """A 403, with scopes where there are any."""
    detail: Any = {"required": list(required), "granted": list(granted)} if required else None
    address = {"method": "GET", "url": "http://x/2.0/user"}
    return ForbiddenError(status=403, **address, message=message, detail=detail, headers=headers)


@pytest.mark.parametrize(
    ("auth", "way_out"),
    [
        (BasicAuth("ada@example.com", API_TOKEN), "is this the e-mail address of the Atlassian"),
        (BasicAuth("ada@example.com", API_TOKEN), "ends after a year at most: make a new one"),
        (BasicAuth("ada@example.com", API_TOKEN), "needs scopes for Bitbucket"),
        (BasicAuth("ada", API_TOKEN), "use the e-mail address .* in place of a user name"),
        (BasicAuth("ada", ACCESS_TOKEN), r"looks like an access token: use BearerAuth\(token\)"),
        (BasicAuth("ada", APP_PASSWORD), "app passwords ended on 2026-07-28: make an API token"),
        (BearerAuth(API_TOKEN), r"looks like an API token: use BasicAuth\(email, token\)"),
        (BearerAuth(APP_PASSWORD), "app passwords ended on 2026-07-28"),
        (BearerAuth(ACCESS_TOKEN), "has expired or was revoked: make a new one"),
        (BearerAuth("of-oauth-s3cret"), "has expired or was revoked: make a new one"),
    ],
)
def test_a_credential_that_is_not_known_says_what_to_look_at(
    auth: BasicAuth | BearerAuth, way_out: str
) -> None:
    """What kind it looks like decides, and nothing of it is shown."""
    said = auth.hint(unauthorized())
    assert re.search(way_out, said)
    assert "s3cret" not in said
    assert not any(prefix in said for prefix in ("ATATT", "ATCTT", "ATBB", "ada"))


@pytest.mark.parametrize(
    ("required", "granted", "said"),
    [
        ([READ], ["read:user:bitbucket"], f"make a new one with {READ} too"),
        ([READ, WRITE], [], f"make a new one with {READ} and {WRITE} too"),
        ([READ, WRITE], [READ], f"make a new one with {WRITE} too"),
        ([READ], [WRITE], f"make a new one with {READ} too; {WRITE} does not include it"),
        ([READ], [ADMIN], f"make a new one with {READ} too; {ADMIN} does not include it"),
        (["repository", READ], [], f"make a new one with {READ} too"),
        (["account:write"], [READ], "no API token can have account:write: use an OAuth consumer"),
        ([READ], [READ], ""),
    ],
)
def test_an_api_token_is_made_anew_with_the_scopes_it_lacks(
    required: list[str], granted: list[str], said: str
) -> None:
    """Its scopes are the granular ones, none of which includes another."""
    hint = BasicAuth("ada@example.com", API_TOKEN).hint(forbidden(required, granted))
    assert said in hint
    assert bool(hint) == bool(said)


@pytest.mark.parametrize("kind", ["", "workspace_access_token", "repo_access_token"])
def test_an_access_token_is_made_anew_with_the_scopes_it_lacks(kind: str) -> None:
    """It is known by its beginning, or by what the service calls it; it has classic scopes."""
    headers = {"x-credential-type": kind}
    auth = BearerAuth("s3cret" if kind else ACCESS_TOKEN)
    lacking = forbidden(["pullrequest:write"], ["pullrequest"], headers=headers)
    keeps = "an access token keeps its scopes: make a new one with pullrequest:write too"
    assert auth.hint(lacking) == keeps
    never = f"an access token can't have {ADMIN}: use an API token of a person"
    assert auth.hint(forbidden([ADMIN], ["repository"], headers=headers)).startswith(never)
    person = "an access token can't do this: use an API token of a person, as BasicAuth(email, tok"
    assert auth.hint(forbidden(message=UNSUPPORTED, headers=headers)).startswith(person)


def test_another_bearer_token_is_called_no_name() -> None:
    """What else is sent so may be anybody's."""
    auth = BearerAuth("s3cret")
    assert auth.hint(forbidden(["webhook"])) == "get a token with webhook too"
    assert auth.hint(forbidden(message=UNSUPPORTED)).startswith("this token can't do this: use an")


def test_a_consumer_is_given_permissions_and_asks_again() -> None:
    """An OAuth token gets its scopes from the consumer, at the next consent or grant."""
    assert oauth_hint(forbidden(["webhook", "account"], ["account"])) == (
        "add webhook to the OAuth consumer's permissions, and authorize again"
    )
    again = "get a new token"
    assert oauth_hint(forbidden(["webhook"]), again=again).endswith(f"permissions, and {again}")
    assert oauth_hint(unauthorized(), again=again).endswith(f"was revoked: {again}")
    assert oauth_hint(forbidden(message=UNSUPPORTED)).startswith("an OAuth token can't do this")


def test_an_app_has_its_scopes_from_its_descriptor() -> None:
    """A Connect app that is not known has a wrong key, secret or clock."""
    assert connect_hint(forbidden(["webhook"])).startswith("add webhook to the scopes in the app's")
    assert "shared secret, which changes with each installation" in connect_hint(unauthorized())
    assert connect_hint(forbidden(message=UNSUPPORTED)).startswith("a Connect app can't do this")


@pytest.mark.parametrize("message", ["Forbidden", "You need admin permission", ""])
def test_where_nothing_is_known_nothing_is_said(message: str) -> None:
    """The owner's permissions are not the credential's, and other errors are not about it."""
    other = AnswerError(status=404, method="GET", url="http://x/2.0", message=UNSUPPORTED)
    for error in (forbidden(message=message), other):
        assert BasicAuth("ada@example.com", API_TOKEN).hint(error) == ""
        assert BearerAuth(ACCESS_TOKEN).hint(error) == ""
        assert oauth_hint(error) == connect_hint(error) == ""


async def test_the_hints_fit_what_a_service_says() -> None:
    """Each is made of an answer that came over a socket."""
    async with FakeBitbucket() as fake:
        asked = [
            (BasicAuth("ada", fake.api_token), "/user", "in place of a user name"),
            (BearerAuth("ATATT-s3cret"), "/user", "looks like an API token"),
            (BearerAuth(fake.access_token), "/user", "an access token can't do this: use an API"),
        ]
        for auth, path, said in asked:
            async with Bitbucket(auth, base_url=fake.url) as bb:
                with pytest.raises(AnswerError) as caught:
                    await bb.request("GET", path)
            assert said in auth.hint(caught.value)
