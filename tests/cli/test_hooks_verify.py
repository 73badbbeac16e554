"""`bbasync hooks verify`: what it says of signatures, and of what goes wrong with them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest

from bbasync.cli.hooks_mistakes import mistakes
from bbasync.webhooks import sign
from tests.cli.hook_places import PUSH, SECRET, SIGNED, listening, made

SENT = json.dumps({**PUSH, "word": "Zo\u00eb"}, separators=(",", ":"), ensure_ascii=False).encode()
GOOD = sign(SENT, SECRET)


@pytest.fixture
def body(tmp_path: Path) -> Path:
    """A body as it was sent."""
    path = tmp_path / "body.json"
    path.write_bytes(SENT)
    return path


@pytest.fixture
def longer(tmp_path: Path) -> Path:
    """The body as an editor has saved it."""
    path = tmp_path / "longer.json"
    path.write_bytes(SENT + b"\n")
    return path


async def test_a_signature_that_fits_is_valid(bbasync: Any, body: Path) -> None:
    """The exit code says so too."""
    ran = await bbasync("hooks", "verify", str(body), "--signature", GOOD, **SIGNED)
    assert (ran.code, ran.out, ran.err) == (0, "valid\n", "")


async def test_one_that_does_not_fit_is_refused_with_what_was_done(
    bbasync: Any, longer: Path
) -> None:
    """On one line, without the secret in it."""
    ran = await bbasync("hooks", "verify", str(longer), "--signature", GOOD, **SIGNED)
    assert ran.code == 3
    assert ran.out == "not valid: the body was changed: a trailing newline was added\n"
    assert SECRET not in ran.out + ran.err


async def test_a_body_may_come_by_standard_input(do: Any) -> None:
    """As from a pipe."""
    sent = json.dumps(PUSH)
    header = sign(sent.encode(), SECRET)
    ran = await do("hooks", "verify", "-", "--signature", header, typed=sent, **SIGNED)
    assert (ran.code, ran.out) == (0, "valid\n")


async def test_what_listen_has_kept_is_checked_by_its_own_signatures(
    bbasync: Any, tmp_path: Path
) -> None:
    """A line for each delivery; one that was not signed has none that fits."""
    kept = tmp_path / "kept.jsonl"
    sent = [made(), made(secret="another"), made(secret=None), made(b'{"huge":1.0}\n')]
    async with listening("--unsigned", "--to", str(kept)) as listener:
        await listener.sent(*sent)
        await listener.ended()
    ran = await bbasync("hooks", "verify", str(kept), **SIGNED)
    lines = ran.out.splitlines()
    assert ran.code == 3
    assert [one.id in line for one, line in zip(sent, lines, strict=True)] == [True] * 4
    assert lines[0].endswith("  valid")
    assert "the secret is another" in lines[1]
    assert "has the webhook a secret" in lines[2]
    assert lines[3].endswith("  valid")


def sha1(body: bytes) -> str:
    """A signature as GitHub's were."""
    return f"sha1={hmac.new(SECRET.encode(), body, hashlib.sha1).hexdigest()}"


def as_base64(body: bytes) -> str:
    """A signature in another spelling."""
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).digest()
    return f"sha256={base64.b64encode(digest).decode()}"


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (sha1(SENT), "GitHub's old"),
        (sha1(SENT).removeprefix("sha1="), "GitHub's old"),
        (as_base64(SENT), "Base64"),
        (GOOD.removeprefix("sha256="), "sha256= is missing before its digits; with that mended"),
        (GOOD.upper(), "must be lower-case; with that mended, it fits"),
        (f" {GOOD}\n", "more around it"),
        (f"X-Hub-Signature: {GOOD}", "more around it"),
        ("", "has the webhook a secret in Bitbucket?"),
        (GOOD[:-1], "not sha256= with 64 digits"),
        ("sha512=" + "a" * 128, "not sha256= with 64 digits"),
        ("\u00e9\ud800", "not sha256= with 64 digits"),
        (sign(SENT, "another"), "the secret is another than the webhook's, or"),
    ],
)
def test_what_is_wrong_with_a_header_is_told(header: str, told: str) -> None:
    """Of another kind or oddly spelled; where it would fit otherwise, that is said."""
    said = "; ".join(mistakes(SENT, header, SECRET))
    assert told in said
    assert SECRET not in said


@pytest.mark.parametrize(
    ("given", "real", "told"),
    [
        (SECRET, f"{SECRET}\n", "the webhook's has a newline at its end"),
        (f"{SECRET}\n", SECRET, "the one given here has a newline"),
        (f" {SECRET}", SECRET, "white space around"),
        (f'"{SECRET}"', SECRET, "quotes around"),
    ],
)
def test_what_is_wrong_with_a_secret_is_told(given: str, real: str, told: str) -> None:
    """Without its text."""
    said = "; ".join(mistakes(SENT, sign(SENT, real), given))
    assert told in said
    assert SECRET not in said


def again(**options: Any) -> bytes:
    """The body as a framework would write it that has decoded it."""
    return json.dumps(json.loads(SENT), **options).encode()


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (SENT + b"\n", "a trailing newline was added"),
        (SENT + b"\r\n", "a trailing newline was added"),
        (b"\xef\xbb\xbf" + SENT, "byte order mark"),
        (SENT.decode("latin-1").encode(), "Latin-1"),
        (again(), "had no spaces between its parts before"),
        (again(ensure_ascii=False), "had no spaces"),
        (again(indent=4), "had no spaces"),
        (again(separators=(",", ":")), "had no spaces"),
        (b"", "the body is empty"),
        (SENT.replace(b"main", b"mine"), "the secret is another than the webhook's, or"),
        (b"[" * 100_000, "the secret is another than the webhook's, or"),
    ],
)
def test_what_was_done_to_a_body_is_told(body: bytes, told: str) -> None:
    """Where it can be found out by trying."""
    assert told in "; ".join(mistakes(body, GOOD, SECRET))


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (SENT + b"\n", "a trailing newline was taken away"),
        (again(), "a space behind commas and colons, and letters escaped"),
        (again(ensure_ascii=False), "a space behind commas and colons before"),
        (again(indent=2, ensure_ascii=False), "a line for each part"),
        (again(separators=(",", ":")), "no spaces between its parts, and letters escaped"),
    ],
)
def test_how_a_body_was_before_is_told(sent: bytes, told: str) -> None:
    """Whatever the spelling is that it has now."""
    assert told in "; ".join(mistakes(SENT, sign(sent, SECRET), SECRET))


def test_line_ends_are_no_riddle() -> None:
    """Either way."""
    unix, dos = b'{\n"a": 1\n}', b'{\r\n"a": 1\r\n}'
    assert "are CRLF now" in mistakes(dos, sign(unix, SECRET), SECRET)[0]
    assert "were CRLF" in mistakes(unix, sign(dos, SECRET), SECRET)[0]
