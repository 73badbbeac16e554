"""Reading the tokens that Connect apps sign by themselves, and checking all that they claim."""

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import parse_qsl, quote

from .store import ConnectApp, Store

PARTS = 3
SKEW = 60.0
"""Seconds that an app's clock may be ahead."""


class ForgedError(Exception):
    """A token that is not what it should be; the text says why, without the token."""


def signer(store: Store, token: str, method: str, paths: tuple[str, ...], query: str) -> ConnectApp:
    """Find the app that signed *token* for a request; *paths* are the ways to write its path."""
    head, claims, signed, signature = _parts(token)
    if head.get("alg") != "HS256":
        raise ForgedError("The token must be signed with HS256.")
    issuer = claims.get("iss")
    app = store.connect_apps.get(issuer) if isinstance(issuer, str) else None
    if app is None:
        raise ForgedError("The token's iss is the key of no app here.")
    right = hmac.digest(app.shared_secret.encode(), signed, "sha256")
    if not hmac.compare_digest(right, signature):
        raise ForgedError("The token's signature is wrong.")
    _check(claims, app, store.clock())
    hashes = [qsh(method, path, query) for path in paths]
    if "qsh" in claims and claims["qsh"] not in hashes:
        raise ForgedError("The token's qsh is that of another request.")
    return app


def qsh(method: str, path: str, query: str) -> str:
    """Hash what is asked for: method, path and query in their canonical forms, SHA-256 in hex."""
    place = (path.rstrip("/") or "/").replace("&", "%26")
    whole = f"{method.upper()}&{place}&{_canonical_query(query)}"
    return hashlib.sha256(whole.encode()).hexdigest()


def _canonical_query(query: str) -> str:
    """Sort parameters by name, with all values of a name, sorted too, behind it."""
    values: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name != "jwt":
            values.setdefault(_encoded(name), []).append(_encoded(value))
    return "&".join(f"{name}={','.join(sorted(some))}" for name, some in sorted(values.items()))


def _encoded(text: str) -> str:
    return quote(text, safe="~")


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes, bytes]:
    """Take a token apart: its head, its claims, what is signed, and the signature."""
    parts = token.split(".")
    if len(parts) != PARTS:
        raise ForgedError("A token is three texts with points between them.")
    try:
        head, claims, signature = (_decoded(part) for part in parts)
        read = json.loads(head), json.loads(claims)
    except (ValueError, RecursionError):
        raise ForgedError("The token can't be decoded.") from None
    if not isinstance(read[0], dict) or not isinstance(read[1], dict):
        raise ForgedError("The token's head and claims must be objects.")
    return read[0], read[1], token.rpartition(".")[0].encode(), signature


def _decoded(part: str) -> bytes:
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)


def _check(claims: dict[str, Any], app: ConnectApp, now: float) -> None:
    """Check who the token is about, and when it holds."""
    if claims.get("sub") != app.client_key:
        raise ForgedError("The token's sub is not the client key.")
    moments = claims.get("iat"), claims.get("exp")
    if not all(type(one) in {int, float} for one in moments):
        raise ForgedError("The token's iat and exp must be numbers of seconds.")
    # Not the other way round: what is no number at all is neither more nor less.
    if not claims["iat"] <= now + SKEW:
        raise ForgedError("The token's iat lies ahead.")
    if not claims["exp"] > now:
        raise ForgedError("The token has expired.")
