"""The credential that the environment names."""

from __future__ import annotations

import pytest

from bbasync import BasicAuth, BearerAuth, Bitbucket
from bbasync.auth.environment import auth_from
from bbasync.errors import ConfigurationError

EMAIL, API, ACCESS = "BITBUCKET_EMAIL", "BITBUCKET_API_TOKEN", "BITBUCKET_ACCESS_TOKEN"
OTHER_EMAIL, OTHER_API = "ATLASSIAN_USER_EMAIL", "ATLASSIAN_API_TOKEN"


@pytest.mark.parametrize(
    ("environ", "email", "token"),
    [
        ({EMAIL: "a@b", API: "t"}, "a@b", "t"),
        ({OTHER_EMAIL: "a@b", OTHER_API: "t"}, "a@b", "t"),
        ({EMAIL: "a@b", OTHER_API: "t"}, "a@b", "t"),
        ({OTHER_EMAIL: "a@b", API: "t"}, "a@b", "t"),
        ({EMAIL: "a@b", OTHER_EMAIL: "a@b", API: "t", OTHER_API: "t"}, "a@b", "t"),
        ({EMAIL: "a@b", OTHER_EMAIL: "", API: "t", ACCESS: ""}, "a@b", "t"),
    ],
)
def test_a_pair_is_an_api_token(environ: dict[str, str], email: str, token: str) -> None:
    """Either name of each half will do, the same value twice is no conflict, empty is unset."""
    auth = auth_from(environ)
    assert isinstance(auth, BasicAuth)
    assert (auth.email, auth.token) == (email, token)


def test_an_access_token_stands_alone() -> None:
    """It needs no e-mail address."""
    auth = auth_from({ACCESS: "t"})
    assert isinstance(auth, BearerAuth)
    assert auth.token == "t"


@pytest.mark.parametrize("environ", [{}, {EMAIL: "", API: ""}, {"PATH": "/bin"}])
def test_nothing_is_anonymous(environ: dict[str, str]) -> None:
    """Without a credential there is none."""
    assert auth_from(environ) is None


@pytest.mark.parametrize(
    ("environ", "complaint"),
    [
        ({EMAIL: "a@b"}, f"{EMAIL} is set, but no token for it: set {API}"),
        ({OTHER_EMAIL: "a@b"}, f"{OTHER_EMAIL} is set, but no token"),
        ({API: "s3cret"}, f"{API} is set, but no e-mail address for it: set {EMAIL}"),
        ({OTHER_API: "s3cret"}, f"{OTHER_API} is set, but no e-mail address"),
        ({ACCESS: "s3cret", API: "s3cret2"}, f"two credentials, {ACCESS} and {API}"),
        ({ACCESS: "s3cret", OTHER_API: "s3cret2"}, f"two credentials, {ACCESS} and {OTHER_API}"),
        ({ACCESS: "s3cret", EMAIL: "a@b"}, f"two credentials, {ACCESS} and {EMAIL}"),
        ({ACCESS: "s3cret", EMAIL: "a@b", API: "s3cret2"}, "two credentials"),
        ({EMAIL: "a@b", OTHER_EMAIL: "c@d", API: "s3cret"}, f"{EMAIL} and {OTHER_EMAIL} differ"),
        ({EMAIL: "a@b", API: "s3cret", OTHER_API: "s3cret2"}, f"{API} and {OTHER_API} differ"),
        ({EMAIL: "a@b", API: "s3cret "}, "white space"),
    ],
)
def test_which_credential_is_meant_is_not_guessed(environ: dict[str, str], complaint: str) -> None:
    """Half a pair, two credentials and two values are errors that name the variables only."""
    with pytest.raises(ConfigurationError, match=complaint) as caught:
        auth_from(environ)
    assert "s3cret" not in str(caught.value)


def test_a_client_is_made_from_the_environment() -> None:
    """Credential and base URL are read, and printing the client shows no secret."""
    environ = {EMAIL: "a@b", API: "s3cret", "BITBUCKET_BASE_URL": "http://127.0.0.1:1/2.0/"}
    bb = Bitbucket.from_env(environ)
    assert bb.authenticated
    assert repr(bb) == "<Bitbucket http://127.0.0.1:1/2.0 BasicAuth>"


def test_an_empty_environment_makes_an_anonymous_client() -> None:
    """It talks to Bitbucket itself."""
    assert repr(Bitbucket.from_env({})) == "<Bitbucket https://api.bitbucket.org/2.0 anonymous>"


def test_options_come_before_the_environment() -> None:
    """What the caller says wins, a wish to be anonymous too."""
    environ = {EMAIL: "a@b", "BITBUCKET_BASE_URL": "http://127.0.0.1:1/2.0"}
    bb = Bitbucket.from_env(environ, auth=None, base_url="http://127.0.0.1:2/2.0")
    assert repr(bb) == "<Bitbucket http://127.0.0.1:2/2.0 anonymous>"


def test_the_real_environment_is_read_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bitbucket.from_env() needs no argument."""
    for name in (EMAIL, API, OTHER_EMAIL, OTHER_API):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(ACCESS, "s3cret")
    assert Bitbucket.from_env().authenticated
