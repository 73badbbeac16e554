"""Tokens of OAuth 2.0: read from answers, kept as dictionaries, never shown."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bbasync.auth.token import OAuthToken
from bbasync.errors import ConfigurationError, DecodingError, TokenStoreError

NOW = 1_800_000_000.0
SECRET = "s3cret-token"
WHOLE = {"access_token": SECRET, "token_type": "bearer", "expires_in": 7200}

times = st.none() | st.floats(0, 4e9) | st.integers(0, 4_000_000_000)
texts = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)


@pytest.mark.parametrize("show", [repr, str, "{}".format])
def test_a_token_is_never_shown(show: Any) -> None:
    """Neither of its two secrets; the name of its grant is none."""
    text = show(OAuthToken("s3cret-a", "s3cret-b", NOW, grant="my-grant"))
    assert "s3cret" not in text
    assert "my-grant" in text


@pytest.mark.parametrize("pack", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_token_does_not_leave_its_process_by_chance(pack: Any) -> None:
    """Pickling and copying are refused; *to_dict* is the way into a store."""
    with pytest.raises(TypeError, match="holds a secret"):
        pack(OAuthToken(SECRET))


@given(texts, st.none() | texts, times, times, st.sets(texts), texts)
def test_a_token_comes_out_of_a_store_as_it_went_in(
    access: str,
    refresh: str | None,
    expires_at: float | None,
    issued_at: float | None,
    scopes: set[str],
    grant: str,
) -> None:
    """Through JSON, whatever it has."""
    token = OAuthToken(access, refresh, expires_at, scopes, grant=grant, issued_at=issued_at)
    assert OAuthToken.from_dict(json.loads(json.dumps(token.to_dict()))) == token


def test_what_a_later_version_adds_is_passed_over() -> None:
    """As long as it calls itself version 1."""
    kept = {**OAuthToken(SECRET).to_dict(), "colour": "blue"}
    assert OAuthToken.from_dict(kept).access_token == SECRET


@pytest.mark.parametrize(
    ("kept", "complaint"),
    [
        (None, "an object, not NoneType"),
        ([], "an object, not list"),
        ({}, "not of version 1"),
        ({"version": 2, "access_token": SECRET}, "not of version 1"),
        ({"access_token": ""}, "access token is empty"),
        ({"access_token": 7}, "access token is empty"),
        ({"access_token": f"{SECRET}\n"}, "white space"),
        ({"refresh_token": ["s3cret"]}, "refresh token is empty"),
        ({"expires_at": "soon"}, "expires_at takes seconds"),
        ({"expires_at": True}, "expires_at takes seconds"),
        ({"expires_at": float("nan")}, "expires_at takes seconds"),
        ({"scopes": "account"}, "scopes"),
        ({"scopes": [7]}, "scopes"),
        ({"grant": None}, "grant is empty"),
    ],
)
def test_a_malformed_token_in_a_store_is_an_error_that_shows_nothing(
    kept: Any, complaint: str
) -> None:
    """It says what is wrong, and no value."""
    if isinstance(kept, dict) and kept and "version" not in kept:
        kept = {**OAuthToken(SECRET).to_dict(), **kept}
    with pytest.raises(TokenStoreError, match=complaint) as caught:
        OAuthToken.from_dict(kept)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("bad", ["", None, 7, "a b\n", "a\x00b"])
def test_what_cannot_stand_in_a_header_is_no_token(bad: Any) -> None:
    """Neither as access token nor, unless it is None, as refresh token."""
    with pytest.raises(ConfigurationError, match="access token"):
        OAuthToken(bad)
    if bad is not None:
        with pytest.raises(ConfigurationError, match="refresh token"):
            OAuthToken("a", bad)


@pytest.mark.parametrize("scopes", ["account email", b"account", 7, None, [7]])
def test_scopes_are_a_list_of_texts(scopes: Any) -> None:
    """One text would be taken for its letters."""
    with pytest.raises(ConfigurationError, match="scopes takes several texts"):
        OAuthToken("a", scopes=scopes)


@pytest.mark.parametrize(
    ("told", "lasts"),
    [
        (7200, 7200),
        ("3600", 3600),
        (0.5, 0.5),
        (None, None),
        ("soon", None),
        (0, None),
        (-5, None),
        (True, None),
        ("nan", None),
        ("inf", None),
        ([], None),
        (10**400, None),
    ],
)
def test_how_long_it_lasts_is_what_the_answer_says(answer: Any, told: Any, lasts: Any) -> None:
    """From when it was asked for; what is no time means that its end is not known."""
    token = OAuthToken.of_answer(answer({**WHOLE, "expires_in": told}), NOW)
    assert token.expires_at == (None if lasts is None else NOW + lasts)
    assert token.issued_at == NOW


@pytest.mark.parametrize(
    ("told", "scopes"),
    [
        ({"scope": "account repository:write"}, {"account", "repository:write"}),
        ({"scopes": "account repository:write"}, {"account", "repository:write"}),
        ({"scope": "account, email"}, {"account", "email"}),
        ({"scope": ["account", "email"]}, {"account", "email"}),
        ({"scope": ""}, set()),
        ({}, set()),
        ({"scope": 7}, set()),
    ],
)
def test_scopes_are_read_under_their_old_and_new_name(
    answer: Any, told: Any, scopes: set[str]
) -> None:
    """It was ``scopes`` before May 2026."""
    assert OAuthToken.of_answer(answer({**WHOLE, **told}), NOW).scopes == scopes


@pytest.mark.parametrize("kind", ["bearer", "Bearer", "BEARER", "", None])
def test_bearer_is_spelled_in_any_case(answer: Any, kind: str | None) -> None:
    """As RFC 6749 has it; what is not told is no reason to lose the token."""
    token = OAuthToken.of_answer(answer({**WHOLE, "token_type": kind}), NOW)
    assert token.header == f"Bearer {SECRET}"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"access_token=s3cret-token&token_type=bearer",
        b'{"access_token": "s3cret-token"',
        b'["s3cret-token"]',
        b'{"token": "s3cret-token"}',
        b'{"access_token": "s3cret-token\\n"}',
        b'{"access_token": 7}',
        b'{"access_token": "s3cret-token", "token_type": "mac"}',
        b'{"access_token": "s3cret-token", "token_type": 7}',
        b'{"access_token": "s3cret-token", "refresh_token": 7}',
    ],
)
def test_an_answer_without_a_token_is_an_error_that_shows_nothing(answer: Any, body: bytes) -> None:
    """Not even its beginning, which may be the token; nor does what it was raised from."""
    with pytest.raises(DecodingError) as caught:
        OAuthToken.of_answer(answer(body=body), NOW)
    error: BaseException | None = caught.value
    assert "answered 200" in str(error)
    while error is not None:
        assert "s3cret" not in str(error)
        error = error.__cause__ or error.__context__


def test_what_a_successor_is_not_told_stays(answer: Any, token: OAuthToken) -> None:
    """The grant's name always; refresh token and scopes where the answer has none."""
    same = OAuthToken.of_answer(answer(WHOLE), NOW, token)
    assert (same.grant, same.refresh_token) == ("the-grant", "refresh-0")
    assert same.scopes == {"account"}
    told = {**WHOLE, "refresh_token": "refresh-1", "scope": ""}
    other = OAuthToken.of_answer(answer(told), NOW, token)
    assert (other.grant, other.refresh_token) == ("the-grant", "refresh-1")
    assert other.scopes == frozenset()


def test_every_login_has_a_name_of_its_own(answer: Any) -> None:
    """A random one."""
    names = {OAuthToken.of_answer(answer(WHOLE), NOW).grant for _ in range(100)}
    assert len(names) == 100


@pytest.mark.parametrize(
    ("life", "left", "due"),
    [(7200, 61, False), (7200, 60, True), (100, 11, False), (100, 10, True), (None, 60, True)],
)
def test_a_token_is_due_some_time_before_its_end(life: float | None, left: float, due: Any) -> None:
    """A minute, but a tenth of its life at most where that is known."""
    issued_at = None if life is None else NOW + left - life
    assert OAuthToken("a", None, NOW + left, issued_at=issued_at).due(NOW, 60) is due


@pytest.mark.parametrize(
    ("at", "ends"),
    [(0.0, datetime(1970, 1, 1, tzinfo=UTC)), (None, None), (1e15, None), (1e300, None)],
)
def test_the_end_is_told_as_a_time(at: float | None, ends: datetime | None) -> None:
    """An aware one; beyond what a datetime can say there is none."""
    assert OAuthToken("a", None, at).ends == ends


def test_a_token_whose_end_is_not_known_is_never_due() -> None:
    """It is used until it is refused."""
    token = OAuthToken("a", "b")
    assert not token.due(NOW, 60)
    assert not token.expired(NOW)
