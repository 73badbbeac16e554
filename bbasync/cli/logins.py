"""What a login leaves in the vault, and the credential that is made of it again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Final
from urllib.parse import urlsplit

from ..auth import BasicAuth, BearerAuth, OAuth2Auth, OAuthConsumer, OAuthToken
from ..auth.endpoint import SITE
from ..errors import ConfigurationError, TokenStoreError
from .vault import Vault

API_TOKEN: Final = "api_token"  # noqa: S105 - the name of a kind
ACCESS_TOKEN: Final = "access_token"  # noqa: S105 - the same
OAUTH: Final = "oauth"

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_REVOKED_AT: Final = {
    API_TOKEN: "id.atlassian.com/manage-profile/security/api-tokens",
    ACCESS_TOKEN: "the settings of its repository, project or workspace",
    OAUTH: "App authorizations in the personal settings",
}


def of_token(auth: BasicAuth | BearerAuth) -> dict[str, Any]:
    """What is kept of a login with a token."""
    if isinstance(auth, BasicAuth):
        return {"kind": API_TOKEN, "email": auth.email, "token": auth.token}
    return {"kind": ACCESS_TOKEN, "token": auth.token}


def of_consent(consumer: OAuthConsumer, token: OAuthToken) -> dict[str, Any]:
    """What is kept of a login with OAuth: the secret too, for without it nothing is renewed."""
    return {
        "kind": OAUTH,
        "key": consumer.key,
        "secret": consumer.secret,
        "site": consumer.site,
        "oauth": token.to_dict(),
    }


def auth_of(vault: Vault, base_url: str) -> BasicAuth | BearerAuth | OAuth2Auth | None:
    """The credential of the login for *base_url*; None where there is none.

    TokenStoreError where what is kept is none.
    """
    kept = vault.load(base_url)
    if kept is None:
        return None
    try:
        auth = _made(kept, vault, base_url)
    except ConfigurationError as error:  # which shows no secret
        raise _broken(base_url, str(error)) from error
    if auth is None:
        raise _broken(base_url, "of no kind that is known")
    return auth


def _made(
    kept: Mapping[str, Any], vault: Vault, base_url: str
) -> BasicAuth | BearerAuth | OAuth2Auth | None:
    kind, get = kept.get("kind"), kept.get
    if kind == API_TOKEN:
        return BasicAuth(get("email", ""), get("token", ""))
    if kind == ACCESS_TOKEN:
        return BearerAuth(get("token", ""))
    if kind == OAUTH:
        consumer = OAuthConsumer(get("key", ""), get("secret", ""), site=get("site", SITE))
        return OAuth2Auth(consumer, VaultTokenStore(vault, consumer.key), base_url)
    return None


def _broken(base_url: str, why: str) -> TokenStoreError:
    return TokenStoreError(f"the login for {base_url} is broken ({why}): run `bbasync login`")


def described(kept: Mapping[str, Any]) -> str:
    """What a login is, in a few words without a secret."""
    kind, get = kept.get("kind"), kept.get
    named = {
        API_TOKEN: f"the API token of {get('email')}",
        ACCESS_TOKEN: "an access token",
        OAUTH: f"the tokens of the OAuth consumer {get('key')}",
    }
    return named.get(str(kind), "a login that is broken")


def revoked_at(kept: Mapping[str, Any]) -> str:
    """Where a person ends what is kept for good."""
    return _REVOKED_AT.get(str(kept.get("kind")), "Bitbucket")


def site_of(base_url: str) -> str:
    """The web side that belongs to *base_url*, which gets the consumer's secret.

    A server on this machine is its own; any other address is a way to Bitbucket's API.
    """
    parts = urlsplit(base_url)
    return f"{parts.scheme}://{parts.netloc}" if parts.hostname in _LOOPBACK else SITE


class VaultTokenStore:
    """The tokens of the OAuth consumer *key* in *vault*; their names are base URLs."""

    def __init__(self, vault: Vault, key: str) -> None:
        self._vault, self._key = vault, key

    async def load(self, key: str) -> OAuthToken | None:
        """The token; None where somebody has logged out, or in with something else."""
        kept = await asyncio.to_thread(self._kept, key)
        return None if kept is None else OAuthToken.from_dict(kept.get("oauth"))

    async def save(self, key: str, token: OAuthToken) -> None:
        """Keep *token* where the login is kept."""
        await asyncio.to_thread(self._save, key, token)

    async def delete(self, key: str) -> None:
        """Forget the whole login."""
        await asyncio.to_thread(self._vault.forget, key)

    def lock(self, key: str) -> AbstractAsyncContextManager[object]:
        """Be the one process that changes the login."""
        return self._vault.lock(key)

    def _kept(self, base_url: str) -> dict[str, Any] | None:
        kept = self._vault.load(base_url)
        fits = kept is not None and kept.get("kind") == OAUTH and kept.get("key") == self._key
        return kept if fits else None

    def _save(self, base_url: str, token: OAuthToken) -> None:
        kept, place = self._kept(base_url), self._vault.place(base_url)
        if kept is None or place is None:
            raise TokenStoreError(f"the login for {base_url} is gone: run `bbasync login`")
        self._vault.save(base_url, {**kept, "oauth": token.to_dict()}, place)
