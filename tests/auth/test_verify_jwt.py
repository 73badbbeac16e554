"""Whether a call that comes in is Bitbucket's."""

from __future__ import annotations

from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bbasync.auth.connect import CONTEXT, qsh, unverified_issuer, verify_jwt
from bbasync.errors import BitbucketError, ConfigurationError, InvalidTokenError

CLIENT = "ari:cloud:bitbucket::app/{client}"
SECRET = "the-shared-secret-of-an-installation"
OTHER = "the-shared-secret-that-was-before-it"
HOOK = "https://app.example.com/connect/hook?b=2&a=1"
APP_URL = "https://app.example.com/connect"


def token_with(secret: str = SECRET, algorithm: str = "HS256", **changes: Any) -> str:
    """A token of Bitbucket's for HOOK, issued at 1,000; None takes a claim away."""
    claims: dict[str, Any] = {
        "iss": CLIENT,
        "iat": 1000,
        "exp": 1180,
        "qsh": qsh("POST", HOOK, base_url=APP_URL),
        **changes,
    }
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, secret, algorithm=algorithm)


def verify(token: str, *, now: float = 1060.0, **options: Any) -> dict[str, Any]:
    """The claims of *token* at the time *now*."""
    asked: dict[str, Any] = {"method": "POST", "url": HOOK, "base_url": APP_URL}
    return verify_jwt(token, SECRET, **{**asked, "clock": lambda: now, **options})


@pytest.mark.parametrize(
    "token",
    [token_with(), f"JWT {token_with()}", token_with(nbf=1000), token_with(aud="other", sub="x")],
)
def test_a_call_of_bitbuckets_is_let_in(token: str) -> None:
    """As a header or alone; what else it claims is handed over."""
    claims = verify(token)
    assert (claims["iss"], claims["iat"], claims["exp"]) == (CLIENT, 1000, 1180)


@pytest.mark.parametrize(
    ("token", "complaint"),
    [
        (token_with(OTHER), "its signature does not fit the shared secret"),
        (token_with("", "none"), "it is not signed with HS256"),
        (token_with(SECRET * 2, "HS512"), "it is not signed with HS256"),
        (token_with(iss=None), "it has no iss"),
        (token_with(iss=""), "it has no iss"),
        (token_with(exp=None), "it has no time exp"),
        (token_with(exp="1180"), "it has no time exp"),
        (token_with(exp=True), "it has no time exp"),
        (token_with(exp=float("nan")), "it has no time exp"),
        (token_with(exp=10**400), "it has no time exp"),
        (token_with(iat=None), "it has no time iat"),
        (token_with(exp=1000), "it has expired"),
        (token_with(iat=1121), "it is of the future"),
        (token_with(nbf=1121), "it is of the future"),
        (token_with(nbf="soon"), "it has no time nbf"),
        (token_with(qsh=None), "it has no qsh"),
        (token_with(qsh=["a"]), "it has no qsh"),
        (token_with(qsh=qsh("POST", "/hook?a=1&b=3")), "it is for another request"),
        (token_with(qsh=qsh("GET", "/hook?a=1&b=2")), "it is for another request"),
        (token_with(qsh="ä"), "it is for another request"),
        (token_with(qsh=CONTEXT), "it is for any address, which is not taken here"),
        (jwt.api_jws.encode(b"[]", SECRET, "HS256"), "it is none"),
        ("", "it is none"),
        ("a.b.c", "it is none"),
        (f"Bearer {token_with()}", "it is none"),
        ("\ud800.b.c", "it is none"),
    ],
)
def test_all_else_is_refused(token: str, complaint: str) -> None:
    """The error says what is wrong, and neither it nor what hangs on it has the token."""
    with pytest.raises(InvalidTokenError, match=f"the JWT is refused: {complaint}") as caught:
        verify(token)
    assert caught.value.__context__ is None
    assert not any(part in str(caught.value) for part in token.split(".") if len(part) > 8)


def test_a_token_is_not_read_with_a_public_key_as_secret() -> None:
    """A key of another kind can't have come with the installation."""
    key = "-----BEGIN PUBLIC KEY-----MIIB-----END PUBLIC KEY-----"
    with pytest.raises(ConfigurationError, match="key of another kind"):
        verify_jwt(token_with(), key, method="POST", url=HOOK)
    with pytest.raises(ConfigurationError, match="shared secret is empty"):
        verify_jwt(token_with(), "", method="POST", url=HOOK)


@pytest.mark.parametrize(("leeway", "now"), [(0, 1180), (60, 1240), (60, 939.9), (0, 999.9)])
def test_the_clocks_may_differ_by_the_leeway(leeway: float, now: float) -> None:
    """At the edge it is over, a moment before it is not."""
    with pytest.raises(InvalidTokenError, match=r"expired|future"):
        verify(token_with(), now=now, leeway=leeway)
    verify(token_with(), now=now + (0.2 if now < 1000 else -0.2), leeway=leeway)


def test_a_token_for_any_address_is_taken_where_that_is_asked_for() -> None:
    """Such a one is not bound to the request; others still are."""
    assert verify(token_with(qsh=CONTEXT), context=True)["qsh"] == CONTEXT
    with pytest.raises(InvalidTokenError, match="another request"):
        verify(token_with(qsh="0" * 64), context=True)


@pytest.mark.parametrize("aud", [APP_URL, ["x", APP_URL]])
def test_an_audience_can_be_asked_for(aud: Any) -> None:
    """It is one of those that the token names; a token without any is for somebody else."""
    assert verify(token_with(aud=aud), audience=APP_URL)["aud"] == aud
    for other in (token_with(aud=["x"]), token_with(aud="x"), token_with()):
        with pytest.raises(InvalidTokenError, match="another audience"):
            verify(other, audience=APP_URL)


def test_the_secret_can_be_found_by_the_issuer() -> None:
    """Whoever serves several installations has a secret for each."""
    asked: list[str] = []

    def secret(issuer: str) -> str | None:
        asked.append(issuer)
        return SECRET if issuer == CLIENT else None

    ask: Any = {"method": "POST", "url": HOOK, "base_url": APP_URL, "clock": lambda: 1060.0}
    assert verify_jwt(token_with(), secret, **ask)["iss"] == CLIENT
    with pytest.raises(InvalidTokenError, match="its issuer is not known here"):
        verify_jwt(token_with(iss="another"), secret, **ask)
    with pytest.raises(InvalidTokenError, match="signature does not fit"):
        verify_jwt(token_with(OTHER), secret, **ask)
    assert asked == [CLIENT, "another", CLIENT]


def test_the_issuer_is_read_before_anything_is_proven() -> None:
    """It is what the token says, and no more."""
    assert unverified_issuer(f"JWT {token_with(OTHER)}") == CLIENT
    for token in ("", "a.b.c", token_with(iss=None), jwt.api_jws.encode(b"5", SECRET, "HS256")):
        with pytest.raises(InvalidTokenError, match="the JWT is refused"):
            unverified_issuer(token)


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: raw.decode("latin-1")))
def test_whatever_comes_in_is_refused_with_one_error(token: str) -> None:
    """Nothing that anybody sends makes another exception than the typed one."""
    with pytest.raises(InvalidTokenError):
        verify(token)
    with pytest.raises(BitbucketError):
        unverified_issuer(token)


@pytest.mark.parametrize("deep", ["[" * 100_000, '{"a":' * 100_000])
def test_what_is_nested_without_end_is_refused(deep: str) -> None:
    """In the head or in the claims: anybody can send it."""
    part = jwt.utils.base64url_encode(deep.encode()).decode()
    head, claims, signature = token_with().split(".")
    for token in (f"{part}.{claims}.{signature}", f"{head}.{part}.{signature}"):
        with pytest.raises(InvalidTokenError) as caught:
            verify(token)
        assert caught.value.__context__ is None
        with pytest.raises(InvalidTokenError):
            unverified_issuer(token)
    signed = jwt.api_jws.encode(deep.encode(), SECRET, "HS256")
    with pytest.raises(InvalidTokenError, match="it is none"):
        verify(signed)
