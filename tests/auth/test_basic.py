"""An e-mail address with an API token."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from bbasync import BasicAuth
from bbasync.errors import ConfigurationError


async def test_the_header_is_http_basic() -> None:
    """E-mail address and token are joined and encoded as UTF-8."""
    header = await BasicAuth("ä@example.com", "to:ken").authorization()
    assert header == "Basic w6RAZXhhbXBsZS5jb206dG86a2Vu"


@pytest.mark.parametrize("show", [repr, str, "{}".format, "{!r}".format])
def test_the_token_is_never_shown(show: Any) -> None:
    """Printing the credential names its owner and nothing more."""
    text = show(BasicAuth("me@example.com", "s3cret"))
    assert "s3cret" not in text
    assert "me@example.com" in text


@pytest.mark.parametrize("pack", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_credential_does_not_leave_its_process(pack: Any) -> None:
    """Pickling and copying are refused, with an error that shows nothing."""
    with pytest.raises(TypeError, match="holds a secret") as caught:
        pack(BasicAuth("me@example.com", "s3cret"))
    assert "s3cret" not in str(caught.value)


def test_a_credential_cannot_be_changed() -> None:
    """Who holds a client holds one credential."""
    with pytest.raises(AttributeError):
        BasicAuth("me@example.com", "s3cret").token = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("email", "token", "complaint"),
    [
        ("", "s3cret", "e-mail address is empty"),
        (None, "s3cret", "e-mail address is empty"),
        ("a:b", "s3cret", "no ':'"),
        (" a@b", "s3cret", "white space"),
        ("a@b", "", "API token is empty"),
        ("a@b", None, "API token is empty"),
        ("a@b", b"s3cret", "API token is empty"),
        ("a@b", "s3cret\n", "white space"),
        ("a@b", "s3\r\ncret", "control character"),
        ("a@b", "s3\x00cret", "control character"),
    ],
)
def test_what_cannot_be_a_credential_is_refused_at_once(
    email: Any, token: Any, complaint: str
) -> None:
    """The error says what is wrong, and never shows the token."""
    with pytest.raises(ConfigurationError, match=complaint) as caught:
        BasicAuth(email, token)
    assert "s3" not in str(caught.value)


def test_a_token_may_have_any_length() -> None:
    """API tokens are longer than a shell's prompt takes; no length is assumed."""
    assert BasicAuth("a@b", "x" * 10_000).token == "x" * 10_000
