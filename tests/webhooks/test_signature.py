"""The signature of a delivery."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bbasync.errors import ArgumentError
from bbasync.webhooks import sign, verify

SECRET = "It's a Secret to Everybody"
BODY = b"Hello World!"
HEADER = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"


def test_the_published_example_fits() -> None:
    """Body, secret and header as the service's documentation has them."""
    assert sign(BODY, SECRET) == HEADER
    assert verify(BODY, HEADER, SECRET)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "sha256=",
        HEADER.removeprefix("sha256="),
        HEADER.replace("sha256", "sha1"),
        HEADER.upper(),
        HEADER[:-1],
        HEADER + "0",
        f" {HEADER}",
        HEADER.replace("a", "ä"),
        "sha256=\udcff",
        "\x00",
    ],
)
def test_no_other_header_fits(header: str | None) -> None:
    """Missing, short, of another method, or of bytes that are no text: False, never an error."""
    assert verify(BODY, header, SECRET) is False


@pytest.mark.parametrize("body", [b"", b"Hello World", b"Hello World! ", b"\xff\x00"])
def test_no_other_body_fits(body: bytes) -> None:
    """One changed byte is enough."""
    assert not verify(body, HEADER, SECRET)


def test_several_secrets_are_valid_while_one_replaces_another() -> None:
    """Old and new, in any order."""
    assert verify(BODY, HEADER, ["new", SECRET])
    assert verify(BODY, HEADER, (SECRET, "old"))
    assert not verify(BODY, HEADER, iter(["new", "old"]))


@pytest.mark.parametrize("secrets", ["", [], ["good", ""]])
def test_an_empty_secret_is_an_error(secrets: Any) -> None:
    """It would accept what anybody can sign."""
    with pytest.raises(ArgumentError):
        verify(BODY, HEADER, secrets)


@given(st.binary(), st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_what_is_signed_is_verified(body: bytes, secret: str) -> None:
    """For any bytes and any secret, and for no other secret."""
    assert verify(body, sign(body, secret), secret)
    assert not verify(body, sign(body, secret), secret + "x")
