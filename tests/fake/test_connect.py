"""The Connect app of the fake: what it signs is checked for real."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest

from bbasync.fake import FakeBitbucket
from bbasync.fake.jwt import qsh
from tests.fake.conftest import TOKEN, App, Asker, basic, refused

SITE = "/repositories/acme/site"
GRANT = {"grant_type": "urn:bitbucket:oauth2:jwt"}
DIGESTS = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}
UNKNOWN = "Token is invalid, expired, or not supported for this endpoint."


def encoded(value: bytes) -> str:
    """Write bytes the way tokens have them."""
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def signed(claims: Any, secret: str, alg: str = "HS256", head: Any = None) -> str:
    """Sign claims, with whatever is said about how."""
    whole = {"alg": alg, "typ": "JWT"} if head is None else head
    text = ".".join(encoded(json.dumps(part).encode()) for part in (whole, claims))
    if alg not in DIGESTS:
        return f"{text}."
    return f"{text}.{encoded(hmac.digest(secret.encode(), text.encode(), DIGESTS[alg]))}"


Sign = Callable[..., str]


@pytest.fixture
def sign(app: App) -> Sign:
    """Sign as the app would, but for the claims that a test says; None leaves one out."""

    def make(secret: str | None = None, alg: str = "HS256", **other: Any) -> str:
        known = app.fake.connect_app
        claims = {"iss": known.key, "sub": known.client_key, "iat": app.now, "exp": app.now + 180}
        claims = {k: v for k, v in (claims | other).items() if v is not None}
        return f"JWT {signed(claims, secret or known.shared_secret, alg)}"

    return make


def of(canonical: str) -> str:
    """Hash a canonical request that was written by hand."""
    return hashlib.sha256(canonical.encode()).hexdigest()


async def test_what_the_app_signs_is_good(sign: Sign, ask: Asker) -> None:
    """A call with it is the app's, which is nobody and may see its workspace."""
    answer = await ask(SITE, auth=sign())
    assert answer.status == 200
    assert answer.headers["X-Credential-Type"] == "connect_jwt"
    assert (await ask("/user", auth=sign())).status == 403


async def test_the_fixed_token_is_the_same_app(sign: Sign, ask: Asker, fake: FakeBitbucket) -> None:
    """Both ways to show the app have the same scopes, and one budget."""
    fake.store.quota = 1
    fixed = await ask(SITE, auth=fake.connect_authorization)
    late = await ask(SITE, auth=sign())
    assert (fixed.status, late.status) == (200, 429)
    assert fixed.headers["X-OAuth-Scopes"] == late.headers["X-OAuth-Scopes"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "guessed"},
        {"alg": "none"},
        {"alg": "HS384"},
        {"alg": "HS512"},
        {"iss": "other-app"},
        {"iss": ["example-app"]},
        {"sub": "other-workspace"},
        {"sub": None},
        {"iat": None},
        {"exp": None},
        {"exp": "later"},
        {"exp": True},
        {"exp": float("nan")},
        {"exp": 1_000_000.0},
        {"iat": 1_000_061.0},
        {"iat": float("nan")},
        {"qsh": "context-qsh"},
        {"qsh": None, "exp": 999_999},
        {"qsh": of("POST&/repositories/acme/site&")},
        {"qsh": of("GET&/repositories/acme/other&")},
        {"qsh": of("GET&/repositories/acme/site&a=1")},
        {"qsh": ["a"]},
    ],
)
async def test_what_is_signed_wrongly_is_refused(
    sign: Sign, ask: Asker, wrong: dict[str, Any]
) -> None:
    """Another secret or algorithm, a wrong name, time or request: all are answered 401."""
    header = sign(**wrong)
    answer = await ask(SITE, auth=header)
    assert (answer.status, answer.message) == (401, UNKNOWN)
    assert answer.json["error"]["detail"].startswith(("The token", "A token"))
    assert header not in str(answer)


@pytest.mark.parametrize(
    "token",
    [
        "a.b",
        "a.b.c.d",
        "..",
        "%.%.%",
        "bnVsbA.bnVsbA.bnVsbA",
        "e30.e30.e30",
        "\u00e9.\u00e9.\u00e9",
    ],
)
async def test_what_is_no_token_is_refused(ask: Asker, token: str) -> None:
    """Junk with points in it is answered 401 like any other."""
    assert (await ask(SITE, auth=f"JWT {token}")).status == 401


@pytest.mark.parametrize("head", [{"alg": "none"}, {"alg": "HS512"}, {"typ": "JWT"}, ["HS256"]])
async def test_an_algorithm_is_not_guessed(ask: Asker, app: App, head: Any) -> None:
    """A good signature under a head that does not say HS256 is refused."""
    known = app.fake.connect_app
    claims = {"iss": known.key, "sub": known.client_key, "iat": app.now, "exp": app.now + 180}
    right = signed(claims, known.shared_secret, head={"alg": "HS256"})
    assert (await ask(SITE, auth=f"JWT {right}")).status == 200
    wrong = signed(claims, known.shared_secret, head=head)
    assert (await ask(SITE, auth=f"JWT {wrong}")).status == 401


async def test_the_scheme_is_spelt_in_capitals(sign: Sign, ask: Asker) -> None:
    """Another spelling, or another scheme, is not understood."""
    token = sign().removeprefix("JWT ")
    for scheme in ("jwt", "Jwt", "Bearer"):
        assert (await ask(SITE, auth=f"{scheme} {token}")).status == 401


async def test_times_are_those_of_the_fakes_clock(sign: Sign, ask: Asker, app: App) -> None:
    """A token holds until its `exp`, and its `iat` may be a little ahead."""
    header = sign(iat=app.now + 60)
    app.now += 179
    assert (await ask(SITE, auth=header)).status == 200
    app.now += 1
    assert (await ask(SITE, auth=header)).status == 401


@pytest.mark.parametrize("prefix", ["/2.0", ""])
@pytest.mark.parametrize(
    ("target", "canonical"),
    [
        (SITE, f"{SITE}&"),
        ("/repositories/acme/", "/repositories/acme&"),
        (f"{SITE}?pagelen=1&a=b+c&a=%7E&jwt=x&A=%20", f"{SITE}&A=%20&a=b%20c,~&pagelen=1"),
        (f"{SITE}?q=a%3D%22*%22", f"{SITE}&q=a%3D%22%2A%22"),
        ("/repositories/acme/site?a=2&a=10&b", f"{SITE}&a=10,2&b="),
        ("/repositories/%7B%7D/a&b", "/repositories/%7B%7D/a%26b&"),
    ],
)
async def test_the_request_is_hashed_in_its_canonical_form(
    sign: Sign, ask: Asker, prefix: str, target: str, canonical: str
) -> None:
    """Parameters are sorted and encoded one way, and the path may begin with the version."""
    right = await ask(target, auth=sign(qsh=of(f"GET&{prefix}{canonical}")))
    wrong = await ask(target, auth=sign(qsh=of(f"GET&{prefix}{canonical}x")))
    assert right.status in {200, 404}
    assert wrong.status == 401


def test_an_empty_path_is_the_root() -> None:
    """The hash of the root is the same however it is written."""
    assert qsh("get", "", "") == qsh("GET", "/", "jwt=x") == of("GET&/&")


async def test_what_is_signed_is_traded_for_a_bearer_token(
    sign: Sign, ask: Asker, app: App
) -> None:
    """It acts as the app, lives two hours, and has no refresh token; a hash is not needed."""
    for header in (sign(), sign(qsh=of(f"POST&{TOKEN}&")), app.fake.connect_authorization):
        answer = await app.trade(header, **GRANT)
        assert sorted(answer.json) == ["access_token", "expires_in", "scope", "token_type"]
        read = await ask(SITE, auth=f"Bearer {answer.json['access_token']}")
        assert (read.status, read.headers["X-Credential-Type"]) == (200, "oauth2")
        assert (await ask(SITE, auth=f"JWT {answer.json['access_token']}")).status == 401
    app.now += 7200
    assert (await ask(SITE, auth=f"Bearer {answer.json['access_token']}")).status == 401


async def test_only_an_app_trades_what_it_has_signed(sign: Sign, app: App) -> None:
    """A wrong signature, a consumer's key and secret, and nothing at all are no known client."""
    consumer = basic(app.consumer.key, app.consumer.secret)
    for auth in (sign(secret="guessed"), consumer, "anonymous", f"Bearer {app.fake.oauth_token}"):
        assert refused(await app.trade(auth, **GRANT), 401, "invalid_client")
    assert refused(await app.trade(sign(), grant_type="client_credentials"), 401, "invalid_client")


async def test_an_app_that_is_gone_signs_in_vain(sign: Sign, ask: Asker, app: App) -> None:
    """Once it is uninstalled nothing of it works, the tokens that it has traded included."""
    token = (await app.trade(sign(), **GRANT)).json["access_token"]
    assert (await ask("/addon", "DELETE", auth=sign())).status == 204
    for auth in (sign(), f"Bearer {token}"):
        assert (await ask(SITE, auth=auth)).status == 401
    assert refused(await app.trade(sign(), **GRANT), 401, "invalid_client")
    assert (await ask(SITE)).status == 200
