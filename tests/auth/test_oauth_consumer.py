"""Consumers: the address of the consent, the way back, and what is asked for."""

from __future__ import annotations

import base64
import pickle
from typing import Any

import pytest
from yarl import URL

from bbasync.auth.consumer import OAuthConsumer, check_state, jwt_grant, new_state
from bbasync.auth.token import OAuthToken
from bbasync.errors import (
    ArgumentError,
    ConfigurationError,
    ReauthorizationRequired,
)
from bbasync.wire.message import Safety

KEY, SECRET = "key-1", "s3cret of the consumer"
URL_OF = {"method": "POST", "url": "https://bitbucket.org/site/oauth2/access_token"}


@pytest.fixture
def consumer() -> OAuthConsumer:
    """The consumer."""
    return OAuthConsumer(KEY, SECRET)


@pytest.mark.parametrize("show", [repr, str])
def test_the_secret_is_never_shown(consumer: OAuthConsumer, show: Any) -> None:
    """The key is no secret: it stands in the consent's address."""
    assert KEY in show(consumer)
    assert "s3cret" not in show(consumer)


def test_a_consumer_does_not_leave_its_process(consumer: OAuthConsumer) -> None:
    """Pickling is refused."""
    with pytest.raises(TypeError, match="holds a secret"):
        pickle.dumps(consumer)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"key": ""}, "key is empty"),
        ({"key": "a:b"}, "no ':'"),
        ({"key": "a\x00b"}, "control character"),
        ({"secret": ""}, "secret is empty"),
        ({"secret": "s3\r\ncret"}, "control character"),
        ({"site": "bitbucket.org"}, "absolute address"),
        ({"site": ""}, "absolute address"),
        ({"site": None}, "absolute address"),
        ({"site": "ftp://bitbucket.org"}, "absolute address"),
        ({"site": "https://bit\nbucket.org"}, "absolute address"),
        ({"site": "https://[::1"}, "absolute address"),
        ({"site": "https://me:s3cret@bitbucket.org"}, "no user name"),
        ({"site": "https://bitbucket.org?a=b"}, "no user name, password, query"),
        ({"site": "http://bitbucket.org"}, "must be https"),
        ({"site": "http://127.0.0.1.example.com"}, "must be https"),
        ({"redirect_uri": ""}, "redirect_uri is empty"),
        ({"redirect_uri": "/callback"}, "absolute address"),
        ({"redirect_uri": "https://a/b#c"}, "without a fragment"),
        ({"redirect_uri": "https://a/b c"}, "absolute address"),
        ({"redirect_uri": "https://[a"}, "absolute address"),
    ],
)
def test_what_cannot_be_a_consumer_is_refused_at_once(options: Any, complaint: str) -> None:
    """The error says what is wrong, and shows no secret."""
    given = {"key": KEY, "secret": SECRET, **options}
    with pytest.raises(ConfigurationError, match=complaint) as caught:
        OAuthConsumer(given.pop("key"), given.pop("secret"), **given)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "site", ["http://127.0.0.1:8080", "http://localhost:1/", "http://[::1]:5", "https://bb.example"]
)
def test_a_site_on_the_same_machine_needs_no_tls(site: str) -> None:
    """A fake, say; any other does."""
    assert OAuthConsumer(KEY, SECRET, site=site).site == site.rstrip("/")


def test_the_address_of_the_consent_says_who_asks() -> None:
    """Key, state and where to come back to, percent-encoded; no secret, no scopes."""
    consumer = OAuthConsumer("a key&", SECRET, redirect_uri="https://app.example/back?x=1&y=ä")
    url = URL(consumer.authorize_url("st+te"))
    assert str(url.with_query(None)) == "https://bitbucket.org/site/oauth2/authorize"
    assert dict(url.query) == {
        "client_id": "a key&",
        "response_type": "code",
        "state": "st+te",
        "redirect_uri": "https://app.example/back?x=1&y=ä",
    }
    assert "redirect_uri" not in OAuthConsumer(KEY, SECRET).authorize_url("s")


@pytest.mark.parametrize("state", ["", None, 7])
def test_there_is_no_consent_without_a_state(consumer: OAuthConsumer, state: Any) -> None:
    """It would let others finish their login in this user's browser."""
    with pytest.raises(ArgumentError, match="state is empty"):
        consumer.authorize_url(state)


def test_states_cannot_be_guessed() -> None:
    """Each is another one, of 32 random bytes."""
    assert len({new_state() for _ in range(100)}) == 100
    assert len(new_state()) >= 43


@pytest.mark.parametrize(
    ("expected", "got", "same"),
    [
        ("a", "a", True),
        ("ä", "ä", True),
        ("a", "b", False),
        ("a", "", False),
        ("", "", False),
        (None, None, False),
        ("a", None, False),
        (None, "a", False),
        ("a", ["a"], False),
        ("a", "\ud800", False),
    ],
)
def test_a_state_is_compared_whole(expected: Any, got: Any, same: Any) -> None:
    """Where none was given out, none fits."""
    assert check_state(expected, got) is same


async def test_a_code_is_exchanged(endpoint: Any, time: Any) -> None:
    """With the consumer's own name and secret, and with the address that the consent had."""
    consumer = OAuthConsumer(KEY, SECRET, redirect_uri="https://app.example/back")
    token = await consumer.exchange("the-code", endpoint, clock=time)
    assert endpoint.forms == [
        {
            "grant_type": "authorization_code",
            "code": "the-code",
            "redirect_uri": "https://app.example/back",
        }
    ]
    assert endpoint.bases == ["https://bitbucket.org/site/oauth2"]
    pair = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
    assert endpoint.headers == [f"Basic {pair}"]
    (request,) = endpoint.requests
    assert (request.method, request.target) == ("POST", "/access_token")
    assert request.body.content_type == "application/x-www-form-urlencoded"
    assert (request.safety, request.counted) == (Safety.NEVER, False)
    assert (token.access_token, token.refresh_token) == ("access-1", "refresh-1")
    assert (token.expires_at, token.scopes) == (time.now + 7200, {"account"})


async def test_a_token_lasts_from_when_it_was_asked_for(endpoint: Any, time: Any) -> None:
    """However slow the answer: its end is never thought to be later than it is."""
    started = time.now

    def clock() -> float:
        time.now += 100
        return float(time.now - 100)

    token = await OAuthConsumer(KEY, SECRET).exchange("the-code", endpoint, clock=clock)
    assert token.expires_at == started + 7200


@pytest.mark.parametrize("code", ["", None, ["a"]])
async def test_there_is_no_exchange_without_a_code(
    consumer: OAuthConsumer, endpoint: Any, code: Any
) -> None:
    """Nothing is sent."""
    with pytest.raises(ArgumentError, match="no code"):
        await consumer.exchange(code, endpoint)
    assert endpoint.forms == []


async def test_a_whole_callback_is_read(consumer: OAuthConsumer, endpoint: Any) -> None:
    """What a framework gives as the query's values."""
    query = {"code": "the-code", "state": "abc", "more": "of it"}
    token = await consumer.callback(query, state="abc", via=endpoint)
    assert token.access_token == "access-1"
    assert endpoint.forms[0]["code"] == "the-code"


@pytest.mark.parametrize("got", ["abd", "", None])
@pytest.mark.parametrize("more", [{"code": "the-code"}, {"error": "access_denied"}])
async def test_a_callback_with_another_state_is_refused_first(
    consumer: OAuthConsumer, endpoint: Any, got: str | None, more: dict[str, str]
) -> None:
    """Before its code or its error is looked at; nothing is sent, neither state is shown."""
    query = more if got is None else {**more, "state": got}
    with pytest.raises(ArgumentError, match="state is not the one") as caught:
        await consumer.callback(query, state="abc", via=endpoint)
    assert endpoint.forms == []
    assert "abc" not in str(caught.value)


async def test_no_callback_fits_where_no_state_was_given_out(
    consumer: OAuthConsumer, endpoint: Any
) -> None:
    """A session that has lost it lets nobody in."""
    with pytest.raises(ArgumentError, match="state"):
        await consumer.callback({"code": "c", "state": ""}, state="", via=endpoint)
    with pytest.raises(ArgumentError, match="state"):
        await consumer.callback({"code": "c"}, state=None, via=endpoint)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"error": "access_denied", "code": "c"}, "has not granted access"),
        ({"error": "invalid_scope", "error_description": "no\nsuch"}, "invalid_scope: no such"),
        ({"error": "server_error"}, "no description"),
        ({"error": "x" * 1000}, "x" * 200),
    ],
)
async def test_a_user_who_said_no_is_no_token(
    consumer: OAuthConsumer, endpoint: Any, query: dict[str, str], reason: str
) -> None:
    """The error says so on one line of moderate length; nothing is sent."""
    with pytest.raises(ReauthorizationRequired, match=reason) as caught:
        await consumer.callback({**query, "state": "abc"}, state="abc", via=endpoint)
    assert endpoint.forms == []
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400


async def test_a_refresh_keeps_the_grant(
    consumer: OAuthConsumer, endpoint: Any, token: OAuthToken
) -> None:
    """It sends the refresh token, and may be repeated where its answer is lost."""
    fresh = await consumer.refresh(token, endpoint)
    assert endpoint.forms == [{"grant_type": "refresh_token", "refresh_token": "refresh-0"}]
    assert endpoint.requests[0].safety is Safety.REPEATABLE
    assert not endpoint.requests[0].counted
    assert (fresh.access_token, fresh.refresh_token) == ("access-1", "refresh-1")
    assert fresh.grant == "the-grant"


async def test_what_has_no_refresh_token_is_not_refreshed(
    consumer: OAuthConsumer, endpoint: Any
) -> None:
    """Nothing is sent."""
    with pytest.raises(ReauthorizationRequired, match="without a refresh token"):
        await consumer.refresh(OAuthToken("a"), endpoint)
    assert endpoint.forms == []


async def test_a_consumer_gets_a_token_of_its_own(consumer: OAuthConsumer, endpoint: Any) -> None:
    """Without a refresh token; to ask again does no harm."""
    token = await consumer.client_credentials(endpoint)
    assert endpoint.forms == [{"grant_type": "client_credentials"}]
    assert endpoint.requests[0].safety is Safety.REPEATABLE
    assert token.refresh_token is None


async def test_a_signed_text_is_traded_for_a_token(endpoint: Any, time: Any) -> None:
    """The header is as given: the consumer's secret plays no part."""
    site = "http://127.0.0.1:5"
    token = await jwt_grant(site, "JWT a.b.c", endpoint, clock=time)
    assert endpoint.headers == ["JWT a.b.c"]
    assert endpoint.forms == [{"grant_type": "urn:bitbucket:oauth2:jwt"}]
    assert endpoint.bases == ["http://127.0.0.1:5/site/oauth2"]
    assert token.expires_at == time.now + 7200
