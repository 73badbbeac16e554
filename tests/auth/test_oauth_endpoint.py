"""What the token endpoint refuses, and how it is told without a secret."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from bbasync.auth import endpoint as module
from bbasync.auth.consumer import OAuthConsumer
from bbasync.auth.token import OAuthToken
from bbasync.errors import (
    AmbiguousWriteError,
    BadRequestError,
    BitbucketError,
    ConnectionFailedError,
    DecodingError,
    ForbiddenError,
    OAuthError,
    RateLimitedError,
    ReauthorizationRequired,
    ServerError,
    UnauthorizedError,
)

KEY, SECRET = "key-1", "s3cret of the consumer"
URL_OF = {"method": "POST", "url": "https://bitbucket.org/site/oauth2/access_token"}


@pytest.fixture
def consumer() -> OAuthConsumer:
    """The consumer."""
    return OAuthConsumer(KEY, SECRET)


def every_text(error: BaseException) -> str:
    """All that a traceback of *error* shows, and what its attributes hold."""
    parts: list[str] = []
    found: BaseException | None = error
    while found is not None:
        parts += [str(found), repr(found), repr(vars(found))]
        found = found.__cause__ or found.__context__
    return " ".join(parts)


@pytest.mark.parametrize("lost", [False, True])
async def test_a_refresh_token_that_is_not_accepted_needs_the_user(
    consumer: OAuthConsumer, endpoint: Any, token: OAuthToken, lost: Any
) -> None:
    """Also where a first try's answer was lost, which is likely to be the reason then."""
    refused = BadRequestError(status=400, message="invalid_grant", **URL_OF)
    if lost:
        unclear = AmbiguousWriteError("POST", URL_OF["url"], "and its repetition was answered 400")
        unclear.__cause__ = refused
    endpoint.says = [unclear if lost else refused]
    with pytest.raises(ReauthorizationRequired, match="refresh token is used up") as caught:
        await consumer.refresh(token, endpoint)
    assert caught.value.key == KEY
    assert ("first try was lost" in caught.value.reason) is lost


async def test_a_code_that_is_not_accepted_needs_the_user(
    consumer: OAuthConsumer, endpoint: Any
) -> None:
    """It works once, and for ten minutes."""
    endpoint.says = [BadRequestError(status=400, message="invalid_grant", **URL_OF)]
    with pytest.raises(ReauthorizationRequired, match="the code is used up"):
        await consumer.exchange("the-code", endpoint)


async def test_a_code_whose_answer_was_lost_is_not_sent_again(
    consumer: OAuthConsumer, endpoint: Any
) -> None:
    """What is not known is said."""
    endpoint.says = [AmbiguousWriteError("POST", URL_OF["url"], "connection lost")]
    with pytest.raises(AmbiguousWriteError, match="answer was lost"):
        await consumer.exchange("the-code", endpoint)
    assert len(endpoint.forms) == 1


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UnauthorizedError(status=401, message="invalid_client", **URL_OF), "invalid_client"),
        (UnauthorizedError(status=401, message="Unknown key", **URL_OF), "invalid_client"),
        (
            BadRequestError(status=400, message="No such", id="unsupported_grant_type", **URL_OF),
            "unsupported_grant_type",
        ),
        (BadRequestError(status=400, message="invalid_scope", **URL_OF), "invalid_scope"),
    ],
)
async def test_other_refusals_carry_the_code_of_oauth(
    consumer: OAuthConsumer, endpoint: Any, token: OAuthToken, error: Any, code: str
) -> None:
    """With the service's own words beside it."""
    endpoint.says = [error]
    with pytest.raises(OAuthError, match=code) as caught:
        await consumer.refresh(token, endpoint)
    assert caught.value.code == code
    assert caught.value.status == error.status
    assert error.message in str(caught.value)


async def test_where_no_user_is_involved_none_is_asked_for(
    consumer: OAuthConsumer, endpoint: Any
) -> None:
    """invalid_grant for the consumer itself is no matter of a login."""
    endpoint.says = [BadRequestError(status=400, message="invalid_grant", **URL_OF)]
    with pytest.raises(OAuthError, match="invalid_grant"):
        await consumer.client_credentials(endpoint)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ServerError(status=503, message="down", **URL_OF), ServerError),
        (RateLimitedError(status=429, message="slow", **URL_OF), RateLimitedError),
        (ForbiddenError(status=403, message="not from here", **URL_OF), ForbiddenError),
        (ConnectionFailedError("no way"), ConnectionFailedError),
    ],
)
async def test_what_is_not_said_by_oauth_stays_what_it_is(
    consumer: OAuthConsumer, endpoint: Any, token: OAuthToken, error: Any, kind: Any
) -> None:
    """A service that is down has refused nothing."""
    endpoint.says = [error]
    with pytest.raises(kind) as caught:
        await consumer.refresh(token, endpoint)
    assert type(caught.value) is kind


@pytest.mark.parametrize("status", [400, 401, 403, 500])
@pytest.mark.parametrize("code", ["invalid_grant", "invalid_client", ""])
async def test_what_the_server_echoes_is_not_repeated(
    endpoint: Any, answer: Any, status: int, code: str
) -> None:
    """Neither tokens, codes, secrets nor the header, in no spelling, text, attribute or cause."""
    token = OAuthToken("access-s3cret", "refresh s3cret/+")
    consumer = OAuthConsumer(KEY, SECRET)
    pair = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
    echo = f"refused refresh s3cret/+ refresh%20s3cret%2F%2B {SECRET} {pair} code-s3cret"
    body: dict[str, Any] = {"error_description": echo} if code else {"error": {"message": echo}}
    for ask in (
        lambda: consumer.refresh(token, endpoint),
        lambda: consumer.exchange("code-s3cret", endpoint),
    ):
        headers = {"X-Echo": echo, "Location": f"https://x/?a={pair}"}
        said = {**body, "error": code} if code else body
        endpoint.says = [answer(said, status=status, headers=headers)]
        with pytest.raises(BitbucketError) as caught:
            await ask()
        text = every_text(caught.value)
        assert "refused" in text
        assert pair not in text
        own = "code-s3cret" if endpoint.forms[-1].get("code") else "refresh s3cret"
        assert own not in text
        assert SECRET not in text
        assert "refresh%20s3cret%2F%2B" not in text or own == "code-s3cret"


async def test_an_answer_that_is_no_token_says_so(
    consumer: OAuthConsumer, endpoint: Any, token: OAuthToken, answer: Any
) -> None:
    """A page of a proxy, say."""
    endpoint.says = [answer(body=b"<html>Log in to the hotel", method="POST")]
    with pytest.raises(DecodingError, match="no token endpoint"):
        await consumer.refresh(token, endpoint)


def test_the_header_is_not_shown() -> None:
    """It holds the secret."""
    assert "c2" not in repr(module.Given.pair("a", "s3cret"))
