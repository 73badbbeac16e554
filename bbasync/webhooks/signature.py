"""The signature of a webhook's delivery: HMAC-SHA-256 over the raw body."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from typing import Final

from ..errors import ArgumentError

HEADER: Final = "X-Hub-Signature"
"""Named like GitHub's old SHA-1 header, but always ``sha256=`` and lower-case hex."""

_METHOD = "sha256="


def sign(body: bytes, secret: str) -> str:
    """The header's value for *body*: what the service sends, and a test can."""
    if not secret:
        raise ArgumentError("a signature needs a secret that is not empty")
    return _METHOD + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def verify(body: bytes, header: str | None, secrets: str | Iterable[str]) -> bool:
    """Whether *header* signs *body*, the bytes as received, with one of *secrets*.

    Several secrets are valid while one replaces another. False where the header is missing or of
    another method; the comparison takes the same time whatever it finds.
    """
    known = [secrets] if isinstance(secrets, str) else list(secrets)
    if not known:
        raise ArgumentError("verify needs at least one secret")
    given = (header or "").encode(errors="replace")  # no text raises
    fits = [hmac.compare_digest(sign(body, secret).encode(), given) for secret in known]
    return any(fits)
