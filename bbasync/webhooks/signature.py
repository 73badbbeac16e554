"""The signature of a webhook's delivery: HMAC-SHA-256 over the raw body."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from typing import Any, Final

from ..errors import ArgumentError, SignatureError

HEADER: Final = "X-Hub-Signature"
"""Named like GitHub's old SHA-1 header, but always ``sha256=`` and lower-case hex."""

_METHOD = "sha256="
_FORM: Final = re.compile(r"sha256=[0-9a-f]{64}")


def sign(body: bytes, secret: str) -> str:
    """The header's value for *body*: what the service sends, and a test can."""
    known_secrets(secret)
    return _METHOD + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def verify(body: bytes, header: str | None, secrets: str | Iterable[str]) -> bool:
    """Whether *header* signs *body*, the bytes as received, with one of *secrets*.

    Several secrets are valid while one replaces another. False where the header is missing or of
    another method; the comparison takes the same time whatever it finds.
    """
    known = known_secrets(secrets)
    if not known:
        raise ArgumentError("verify needs at least one secret")
    given = (header or "").encode(errors="replace")  # no text raises
    fits = [hmac.compare_digest(sign(body, secret).encode(), given) for secret in known]
    return any(fits)


def check_signature(body: bytes, header: str | None, secrets: str | Iterable[str]) -> None:
    """Do nothing where *verify* says True; SignatureError, which says why, where it does not."""
    fits = verify(body, header, secrets)
    if fits:
        return
    if not header:
        raise SignatureError(
            f"{HEADER} is missing: set the secret of the webhook in Bitbucket too", "missing"
        )
    if not _FORM.fullmatch(header):
        raise SignatureError(
            f"{HEADER} is not sha256= with 64 digits of lower-case hex", "malformed"
        )
    raise SignatureError(
        f"{HEADER} does not fit: the secret is another, or the body is not as it was sent", "wrong"
    )


def known_secrets(secrets: str | Iterable[str]) -> tuple[str, ...]:
    """*secrets* as a tuple; ArgumentError where one of them can't be a secret."""
    several = isinstance(secrets, Iterable) and not isinstance(secrets, str)
    known: tuple[Any, ...] = tuple(secrets) if several else (secrets,)
    for secret in known:
        if not isinstance(secret, str) or not secret:
            raise ArgumentError("a webhook's secret is a text that is not empty")
        try:
            secret.encode()
        except UnicodeEncodeError:
            fits = False
        else:
            fits = True
        if not fits:  # the cause would have the secret in it
            raise ArgumentError("a webhook's secret is not valid Unicode")
    return known
