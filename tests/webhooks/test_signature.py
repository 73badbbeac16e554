"""The signature of a delivery."""

from __future__ import annotations

import hmac
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bbasync.errors import ArgumentError, SignatureError
from bbasync.webhooks import check_signature, sign, verify

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


@pytest.mark.parametrize("secret", ["hush\udcff", b"hush", None, 7, ["hush\udcff"], [b"hush"]])
def test_what_can_not_be_a_secret_is_an_error(secret: Any) -> None:
    """Which does not show it, nor its cause."""
    for call in (lambda: verify(BODY, HEADER, secret), lambda: sign(BODY, secret)):
        with pytest.raises(ArgumentError, match="secret") as caught:
            call()
        assert "hush" not in f"{caught.value!r}{caught.value.__context__!r}"


@given(st.binary(), st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_what_is_signed_is_verified(body: bytes, secret: str) -> None:
    """For any bytes and any secret, and for no other secret."""
    assert verify(body, sign(body, secret), secret)
    assert not verify(body, sign(body, secret), secret + "x")


def test_the_check_says_why() -> None:
    """What fits is silence; missing, malformed and wrong are told apart, and no secret is shown."""
    check_signature(BODY, HEADER, [SECRET, "old"])
    for header, reason in (
        (None, "missing"),
        ("", "missing"),
        (HEADER.upper(), "malformed"),
        (HEADER.replace("sha256", "sha1"), "malformed"),
        (HEADER + "\n", "malformed"),
        (sign(BODY, "other"), "wrong"),
    ):
        with pytest.raises(SignatureError) as caught:
            check_signature(BODY, header, SECRET)
        assert caught.value.reason == reason
        assert SECRET not in str(caught.value)
        assert pickle.loads(pickle.dumps(caught.value)).reason == reason


def test_every_secret_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first that fits does not end it, and nothing else compares."""
    seen = []
    compare = hmac.compare_digest

    def watched(one: bytes, other: bytes) -> bool:
        seen.append(one)
        return compare(one, other)

    monkeypatch.setattr("bbasync.webhooks.signature.hmac.compare_digest", watched)
    check_signature(BODY, HEADER, [SECRET, "old", "older"])
    assert len(seen) == 3
