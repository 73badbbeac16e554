"""Which credential a request shows, and what headers tell about it."""

import base64
import hashlib

from .access import CONNECT
from .exchange import Call
from .jwt import ForgedError, signer
from .replies import bad_credential, expired
from .store import Consumer, Credential, Store

API_TOKEN, OAUTH = "api_token", "oauth2"
WITHOUT_ID = {CONNECT}
"""Credentials that nobody keeps, and that have no name therefore."""


def identify(call: Call) -> Credential | None:
    """Find the credential in the Authorization header; none at all is an anonymous caller.

    An expired one is found as well: `refuse_expired` comes after its headers have been told.
    """
    authorization = call.headers.get("authorization")
    if authorization is None:
        return None
    scheme, _, value = authorization.partition(" ")
    value = value.strip()
    found = None
    if scheme == "JWT":
        found = _signed(call, value)
    elif scheme.lower() == "bearer":
        found = call.store.credentials.get(value)
        found = None if found and found.kind == CONNECT else found
    elif scheme.lower() == "basic":
        found = _basic(call.store, value)
    if found is None:
        raise bad_credential()
    return found


def _basic(store: Store, value: str) -> Credential | None:
    """Accept an e-mail address with its owner's API token, and nothing else."""
    name, token = name_and_secret(value)
    found = store.credentials.get(token)
    if found is None or found.kind != API_TOKEN or found.account is None:
        return None
    return found if found.account.email == name.lower() else None


def name_and_secret(value: str) -> tuple[str, str]:
    """Decode what stands behind `Basic`; what can't be decoded is two empty texts."""
    try:
        name, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return name, secret


def _signed(call: Call, value: str) -> Credential | None:
    """Accept a Connect app's fixed token, or one that it has signed for this very request."""
    fixed = call.store.credentials.get(value)
    if fixed is not None:
        return fixed if fixed.kind == CONNECT else None
    paths = call.sent_path, call.path
    try:
        app = signer(call.store, value, call.method, paths, call.raw_query)
    except ForgedError as why:
        raise bad_credential(str(why)) from None
    return call.store.credentials.get(app.token)


def refuse_expired(store: Store, credential: Credential | None) -> None:
    """Refuse a credential whose time is over."""
    if credential is None or credential.expires_at is None:
        return
    if store.clock() >= credential.expires_at:
        raise expired() if credential.kind == OAUTH else bad_credential()


def described(credential: Credential | None) -> dict[str, str]:
    """Describe a credential in headers, the way every answer does."""
    if credential is None:
        return {"X-Credential-Type": "unauthenticated_identity"}
    told = {
        "X-Credential-Type": credential.kind,
        "X-OAuth-Scopes": ", ".join(sorted(credential.scopes)),
    }
    if credential.kind not in WITHOUT_ID:
        told["X-Token-Id"] = hashlib.sha256(credential.token.encode()).hexdigest()[:24]
    if isinstance(credential.issuer, Consumer):
        told["X-Consumer-Client-Id"] = credential.issuer.key
    return told
