"""Why a signature does not fit: what is commonly done wrong, tried out one by one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final

from ..webhooks import verify
from ..webhooks.signature import HEADER

_METHOD: Final = "sha256="
_HEX: Final = re.compile(r"[0-9A-Fa-f]{64}")
_SHA1: Final = re.compile(r"(sha1=)?[0-9A-Fa-f]{40}")
_BASE64: Final = re.compile(r"(sha256=)?[A-Za-z0-9+/]{43}=")
_UNKNOWN: Final = (
    "the secret is another than the webhook's, or the body is not the bytes that were sent"
)


def mistakes(body: bytes, header: str, secret: str) -> list[str]:
    """What is wrong with a *header* that does not sign *body*; never empty."""
    signature, notes = _form(header)
    if signature is None:
        return notes
    if verify(body, signature, secret):
        return [*notes, "with that mended, it fits"]
    found = next(_reasons(body, signature, secret), None)
    if found is not None:
        return [*notes, found]
    return [*notes, "the body is empty: was it read before?" if not body else _UNKNOWN]


def _form(header: str) -> tuple[str | None, list[str]]:
    """The signature that *header* means, None where it is of another kind, and what is odd."""
    notes: list[str] = []
    text = header.strip().strip("\"'")
    if text.lower().startswith(f"{HEADER.lower()}:"):
        text = text.partition(":")[2].strip()
    if text != header:
        notes.append("it has more around it than sha256= and 64 digits")
    if not text:
        return None, [*notes, "it is empty: has the webhook a secret in Bitbucket?"]
    if _SHA1.fullmatch(text):
        return None, [
            *notes,
            "that is SHA-1, as GitHub's old signatures are; Bitbucket's begin with sha256=",
        ]
    if _BASE64.fullmatch(text):
        return None, [*notes, "that is Base64; Bitbucket writes 64 digits of lower-case hex"]
    if _HEX.fullmatch(text):
        notes.append("sha256= is missing before its digits")
        text = f"{_METHOD}{text}"
    digits = text[len(_METHOD) :]
    if not text.lower().startswith(_METHOD) or not _HEX.fullmatch(digits):
        return None, [*notes, "it is not sha256= with 64 digits of hex"]
    if text != text.lower():
        notes.append("its letters must be lower-case")
    return text.lower(), notes


def _reasons(body: bytes, signature: str, secret: str) -> Iterator[str]:
    for other, what in _secrets(secret):
        if other and verify(body, signature, other):
            yield f"the secret is another: {what}"
    for sent, what in _bodies(body):
        if sent != body and verify(sent, signature, secret):
            yield f"the body was changed: {what}"


def _secrets(secret: str) -> Iterator[tuple[str, str]]:
    """Secrets that may have been signed with, and what differs in the one given here."""
    webhook = "the webhook's"
    yield f"{secret}\n", f"{webhook} has a newline at its end, so set it again without one"
    yield f"{secret}\r\n", f"{webhook} has a newline at its end, so set it again without one"
    yield secret.rstrip("\r\n"), f"the one given here has a newline at its end that {webhook} lacks"
    yield secret.strip(), f"the one given here has white space around it that {webhook} lacks"
    yield secret.strip("\"'"), f"the one given here has quotes around it that {webhook} lacks"


def _bodies(body: bytes) -> Iterator[tuple[bytes, str]]:
    """Bodies that may have been sent, and what was done to them."""
    yield body.removesuffix(b"\n"), "a trailing newline was added"
    yield body.removesuffix(b"\r\n"), "a trailing newline was added"
    yield body + b"\n", "a trailing newline was taken away"
    yield body.removeprefix(b"\xef\xbb\xbf"), "a byte order mark was added"
    yield body.replace(b"\r\n", b"\n"), "its line ends are CRLF now"
    yield body.replace(b"\n", b"\r\n"), "its line ends were CRLF"
    with suppress(UnicodeError):
        yield body.decode().encode("latin-1"), "UTF-8 was read as Latin-1, and encoded again"
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return
    for write, how in _WRITERS:
        try:
            text = write(data)
            yield text.encode(), f"it was decoded and encoded again, and had {how} before"
            yield f"{text}\n".encode(), f"it was decoded and encoded again, and had {how} before"
        except (ValueError, RecursionError):  # half a surrogate pair, which no UTF-8 has
            continue


def _writer(**options: Any) -> Callable[[Any], str]:
    return lambda data: json.dumps(data, **options)


_COMPACT: Final = (",", ":")
_WRITERS: Final = [
    (_writer(separators=_COMPACT, ensure_ascii=False), "no spaces between its parts"),
    (_writer(separators=_COMPACT), "no spaces between its parts, and letters escaped as \\u..."),
    (_writer(ensure_ascii=False), "a space behind commas and colons"),
    (_writer(), "a space behind commas and colons, and letters escaped as \\u..."),
    (_writer(indent=2, ensure_ascii=False), "a line for each part"),
]
