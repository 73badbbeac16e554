"""What apps of Atlassian Connect sign, and what is signed for them."""

from __future__ import annotations

import hashlib
import pickle
import sys
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote, urlencode

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from bbasync import Bitbucket
from bbasync.auth.connect import (
    ConnectAuth,
    canonical_request,
    qsh,
    verify_jwt,
)
from bbasync.errors import (
    ArgumentError,
    ConfigurationError,
    InvalidTokenError,
    NotFoundError,
    UnauthorizedError,
)
from bbasync.fake import FakeBitbucket

APP, CLIENT = "an-app", "ari:cloud:bitbucket::app/{client}"
SECRET = "the-shared-secret-of-an-installation"
OTHER = "the-shared-secret-that-was-before-it"
HOOK = "https://app.example.com/connect/hook?b=2&a=1"

OLD_TOKEN = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJleHAiOjEzODY5MTEzNTZ9.c2lnbmF0dXJl"
OLD_QUERY = (
    "lic=none&tz=Australia%2FSydney&cp=%2Fjira&user_key=&loc=en-US&user_id="
    f"&jwt={OLD_TOKEN}&xdm_e=http%3A%2F%2Fstorm%3A2990&xdm_c=channel-servlet-hello-world&xdm_p=1"
)
OLD_CANONICAL = (
    "cp=%2Fjira&lic=none&loc=en-US&tz=Australia%2FSydney&user_id=&user_key="
    "&xdm_c=channel-servlet-hello-world&xdm_e=http%3A%2F%2Fstorm%3A2990&xdm_p=1"
)
REPEATED_SORTED = "Parameter%202,parameter%201,parameter%202"
REPEATED = (
    "zee_last=param&repeated=parameter 1&first=param&repeated=parameter 2&repeated=Parameter 2"
)


@pytest.mark.parametrize(
    ("method", "url", "base", "canonical"),
    [
        # Those that Atlassian publishes: its documentation, and the tests of its libraries.
        ("GET", "https://x?param=foo", "", "GET&/&param=foo"),
        ("POST", "https://x/user", "", "POST&/user&"),
        (
            "get",
            f"/path/to/service?{REPEATED}",
            "",
            f"GET&/path/to/service&first=param&repeated={REPEATED_SORTED}&zee_last=param",
        ),
        ("get", "/hello-world?a&b=foo&c", "", "GET&/hello-world&a=&b=foo&c="),
        (
            "get",
            f"/hello-world?{OLD_QUERY}",
            "",
            f"GET&/hello-world&{OLD_CANONICAL}",
        ),
        (
            "post",
            "/jira/rest/api/2/project/jira&a=b&c=d?x=y",
            "https://x/jira",
            "POST&/rest/api/2/project/jira%26a=b%26c=d&x=y",
        ),
        ("get", "/rest/api/2/project&a=b?x=y", "", "GET&/rest/api/2/project%26a=b&x=y"),
        ("get", "https://x/jira-connector/", "https://x/jira-connector", "GET&/&"),
        ("get", "https://x/jira-connector/issue/", "https://x/jira-connector/", "GET&/issue&"),
        (
            "get",
            "http://localhost:2990/jira/some/path/?param=value",
            "/jira",
            "GET&/some/path&param=value",
        ),
        ("get", "http://localhost:2990", "", "GET&/&"),
        # What follows from their rules.
        ("get", "/p?B=1&a=2&A=3&b=4", "", "GET&/p&A=3&B=1&a=2&b=4"),
        ("get", "/p?a=1+2&b=*&c=~&d=%7E&e=%2a", "", "GET&/p&a=1%202&b=%2A&c=~&d=~&e=%2A"),
        ("get", "/p?a=1,2&a=0", "", "GET&/p&a=0,1%2C2"),
        ("get", "/p?a=%c3%a9&%C3%A9=e", "", "GET&/p&%C3%A9=e&a=%C3%A9"),
        ("get", "/p?&&a=b=c&", "", "GET&/p&a=b%3Dc"),
        ("get", "/p?%6Awt=token&jwt&JWT=other", "", "GET&/p&JWT=other"),
        ("get", "/p#fragment", "", "GET&/p&"),
        ("get", "/jirafish/p", "https://x/jira", "GET&/jirafish/p&"),
        ("get", "", "", "GET&/&"),
    ],
)
def test_a_request_has_one_spelling(method: str, url: str, base: str, canonical: str) -> None:
    """However an address is spelled, it is hashed the way that both sides have agreed on."""
    assert canonical_request(method, url, base_url=base) == canonical
    expected = hashlib.sha256(canonical.encode()).hexdigest()
    assert qsh(method, url, base_url=base) == expected


@pytest.mark.parametrize(
    ("url", "hashed"),
    [
        ("/path", "799be84a7fa35570087163c0cd9af3abff7ac05c2c12ba0bb1d7eebc984b3ac2"),
        ("/", "c88caad15a1c1a900b8ac08aa9686f4e8184539bea1deda36e2f649430df3239"),
        ("", "c88caad15a1c1a900b8ac08aa9686f4e8184539bea1deda36e2f649430df3239"),
        (
            f"/hello-world?{OLD_QUERY}",
            "8063ff4ca1e41df7bc90c8ab6d0f6207d491cf6dad7c66ea797b4614b71922e9",
        ),
    ],
)
def test_the_hash_is_the_one_that_others_compute(url: str, hashed: str) -> None:
    """The hashes are those in the tests of Atlassian's own library."""
    assert qsh("get", url) == hashed


def test_a_body_is_not_hashed_and_a_method_is() -> None:
    """A POST without parameters has the hash of Atlassian's library too."""
    known = "6f95f3738e1b037a3bebbe0ad237d80fdbc1d5ae452e98ce03a9c004c178ebb4"
    assert qsh("post", "/hello-world") == known
    assert qsh("get", "/hello-world") != known


def test_the_path_of_the_api_is_hashed_from_its_host_on() -> None:
    """What an installation names as its base is the host alone, so that /2.0 counts."""
    url = URL("https://api.bitbucket.org/2.0/repositories/%7Bu%7D/site?q=a%2Bb", encoded=True)
    assert canonical_request("GET", url) == "GET&/2.0/repositories/%7Bu%7D/site&q=a%2Bb"


def test_what_is_no_address_is_refused() -> None:
    """The error is a typed one."""
    with pytest.raises(ArgumentError, match="this is none"):
        qsh("GET", "http://[")


PAIRS = st.lists(st.tuples(st.text(min_size=1, max_size=5), st.text(max_size=5)), max_size=6).map(
    lambda pairs: [(name, value) for name, value in pairs if name != "jwt"]
)


@given(PAIRS, st.randoms())
def test_order_and_spelling_of_a_query_do_not_count(pairs: list[Any], random: Any) -> None:
    """Shuffled, with + or %20, in small letters or over-encoded: it is the same request."""
    shuffled = list(pairs)
    random.shuffle(shuffled)
    plain = qsh("GET", f"/p?{urlencode(pairs, quote_via=quote)}")
    assert qsh("GET", f"/p?{urlencode(shuffled)}") == plain
    over = "&".join(f"{_every_byte(name)}={_every_byte(value)}" for name, value in shuffled)
    assert qsh("get", f"/p?{over}&jwt=x") == plain


@given(PAIRS, PAIRS)
def test_other_parameters_are_another_request(one: list[Any], other: list[Any]) -> None:
    """Two queries have one hash only if each name has the same values, in whatever order."""
    same = sorted(one) == sorted(other)
    spelled = (urlencode(one), urlencode(other))
    assert (qsh("GET", f"/p?{spelled[0]}") == qsh("GET", f"/p?{spelled[1]}")) == same


def _every_byte(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode())


async def test_a_request_is_signed_for_the_installation(time: Any) -> None:
    """Issuer is the app, subject the installation; the token is young, and for this request."""
    auth = ConnectAuth(APP, CLIENT, SECRET, clock=time)
    url = URL("https://api.bitbucket.org/2.0/addon")
    header = await auth.authorization_for("PUT", url)
    scheme, _, token = header.partition(" ")
    options: Any = {"verify_exp": False, "verify_iat": False}
    claims = jwt.decode(token, SECRET, algorithms=["HS256"], options=options)
    now = int(time.now)
    who = {"iss": APP, "sub": CLIENT}
    assert scheme == "JWT"
    assert claims == {**who, "iat": now, "exp": now + 180, "qsh": qsh("PUT", "/2.0/addon")}
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT"}
    verify_jwt(header, SECRET, method="PUT", url=url, clock=time)


async def test_what_is_signed_lives_as_long_as_was_said(time: Any) -> None:
    """The lifetime is an option."""
    auth = ConnectAuth(APP, CLIENT, SECRET, lifetime=30, clock=time)
    header = await auth.authorization_for("GET", URL(HOOK))
    ask = {"method": "GET", "url": HOOK, "clock": time, "leeway": 0}
    await time.sleep(29)
    verify_jwt(header, SECRET, **ask)
    await time.sleep(1)
    with pytest.raises(InvalidTokenError, match="expired"):
        verify_jwt(header, SECRET, **ask)


def test_an_installation_has_one_identity_and_keeps_its_secret() -> None:
    """It stays while headers change, and nothing that is printed has the secret."""
    auth = ConnectAuth(APP, CLIENT, SECRET)
    assert auth.identity == ConnectAuth(APP, CLIENT, OTHER).identity
    assert auth.identity != ConnectAuth(APP, "another", SECRET).identity
    assert SECRET not in f"{auth} {auth!r} {auth.identity}"
    with pytest.raises(TypeError, match="holds a secret"):
        pickle.dumps(auth)


@pytest.mark.parametrize(
    ("arguments", "options", "complaint"),
    [
        (("", CLIENT, SECRET), {}, "app's key is empty"),
        ((APP, None, SECRET), {}, "client key is empty"),
        ((APP, CLIENT, b"s3cret"), {}, "shared secret is empty"),
        ((APP, CLIENT, "s3cret\n"), {}, "shared secret has white space"),
        ((APP, CLIENT, SECRET), {"lifetime": 0}, "lifetime takes a whole number of at least 1"),
        ((APP, CLIENT, SECRET), {"lifetime": "180"}, "lifetime takes a whole number"),
    ],
)
def test_what_cannot_sign_is_refused_at_once(arguments: Any, options: Any, complaint: str) -> None:
    """The error shows no secret."""
    with pytest.raises(ConfigurationError, match=complaint) as caught:
        ConnectAuth(*arguments, **options)
    assert "s3cret" not in str(caught.value)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before any request, with the extra that brings it."""
    monkeypatch.setitem(sys.modules, "jwt", None)
    with pytest.raises(ConfigurationError, match=r"PyJWT: install bbasync\[connect\]"):
        ConnectAuth(APP, CLIENT, SECRET)


@pytest.fixture
async def fake() -> AsyncIterator[FakeBitbucket]:
    """A service with an installed app."""
    async with FakeBitbucket() as fake:
        yield fake


def installed(fake: FakeBitbucket, **changes: Any) -> ConnectAuth:
    """What signs for the app that is installed there."""
    app = fake.connect_app
    known = {"client_key": app.client_key, "shared_secret": app.shared_secret, **changes}
    return ConnectAuth(app.key, **known)


async def test_the_service_takes_what_is_signed(fake: FakeBitbucket) -> None:
    """Each request has a header of its own, bound to its address as it is sent."""
    async with Bitbucket(installed(fake), base_url=fake.url) as bb:
        await bb.request("PUT", "/addon", json={})
        query = {"q": 'name ~ "a+b, c"', "sort": "-name", "role": ["member", "admin"]}
        answer = await bb.request("GET", "/repositories/acme", query=query)
        assert answer.headers["X-Credential-Type"] == "connect_jwt"
        with pytest.raises(NotFoundError):
            await bb.request("GET", "/repositories/%7Bb%26c%7D/site/")
    assert [one.status for one in fake.requests] == [204, 200, 404]


@pytest.mark.parametrize("changes", [{"shared_secret": OTHER}, {"client_key": "another"}])
async def test_the_way_out_of_a_refused_signature_is_told(
    fake: FakeBitbucket, changes: Any
) -> None:
    """What it may be is in the error, with no secret; nothing is tried again."""
    async with Bitbucket(installed(fake, **changes), base_url=fake.url) as bb:
        with pytest.raises(UnauthorizedError, match="changes with each installation") as caught:
            await bb.request("PUT", "/addon", json={})
    assert len(fake.requests) == 1
    assert OTHER not in str(caught.value)
