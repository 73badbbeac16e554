"""A consumer of OAuth 2.0: the application that a workspace has registered, and what it asks for.

The three forms are ours. authlib's asynchronous client comes with a transport of its own (httpx),
past the retries, proxies and certificates of this one; oauthlib refuses http even for a server on
the same machine, as tests have one. Neither knows what a lost answer means here.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from attrs import field, frozen

from ..errors import ArgumentError, ConfigurationError, ReauthorizationRequired
from ..wire.caller import Wire
from ..wire.message import Safety
from .endpoint import SITE, Clock, Endpoint, Given, site_of
from .hints import UNKNOWN_APP
from .secret import Credential, checked
from .token import OAuthToken

_JWT: Final = "urn:bitbucket:oauth2:jwt"
_LONGEST: Final = 200
"""Characters that are shown of what came in an address."""


def new_state() -> str:
    """A text that nobody can guess: give it out with the address, keep it in the session."""
    return secrets.token_urlsafe(32)


def check_state(expected: str | None, got: str | None) -> bool:
    """Whether *got* is the state that was given out; it takes the same time whatever differs."""
    if not isinstance(expected, str) or not isinstance(got, str) or not expected:
        return False
    return hmac.compare_digest(expected.encode(errors="replace"), got.encode(errors="replace"))


def _key(_: object, __: object, value: str) -> None:
    if ":" in checked("consumer's key", value):
        raise ConfigurationError("a consumer's key has no ':' in it")


def _secret(_: object, __: object, value: str) -> None:
    checked("consumer's secret", value)


def _redirect(_: object, __: object, value: str | None) -> None:
    if value is None:
        return
    try:
        parts = urlsplit(checked("redirect_uri", value))
        fits = bool(parts.scheme) and bool(parts.netloc or parts.path) and not parts.fragment
    except ValueError as error:
        if isinstance(error, ConfigurationError):
            raise
        fits = False
    if not fits or " " in value:
        raise ConfigurationError(
            "redirect_uri must be an absolute address without a fragment, below the callback that "
            "the consumer is registered with"
        )


@frozen(eq=False)
class OAuthConsumer(Credential):
    """The consumer *key* with its *secret*; users come back from the consent to *redirect_uri*.

    Without *redirect_uri* that is the callback that the consumer is registered with. *via* is the
    client whose connections are used: ``Bitbucket`` is one.
    """

    key: str = field(validator=_key)
    secret: str = field(validator=_secret, repr=False)
    redirect_uri: str | None = field(default=None, validator=_redirect, kw_only=True)
    site: str = field(default=SITE, converter=site_of, kw_only=True)

    @property
    def budget(self) -> str:
        """The name of whom the service counts calls against: the consumer, for all its users."""
        return f"oauth2-consumer {self.site} {self.key}"

    def authorize_url(self, state: str) -> str:
        """The address to send the user to, who comes back with *state* (see ``new_state``)."""
        if not isinstance(state, str) or not state:
            raise ArgumentError("state is empty: it is what tells this user's way back from others")
        query = {"client_id": self.key, "response_type": "code", "state": state}
        if self.redirect_uri is not None:
            query["redirect_uri"] = self.redirect_uri
        return f"{self.site}/site/oauth2/authorize?{urlencode(query, quote_via=quote)}"

    async def callback(
        self, query: Mapping[str, Any], *, state: str | None, via: Wire, clock: Clock = time.time
    ) -> OAuthToken:
        """The token for a user who came back with *query*, *state* having been given out.

        ArgumentError where *state* is another one, before anything is sent: somebody may have sent
        the user here with a code of their own. ReauthorizationRequired where the user said no.
        """
        if not check_state(state, query.get("state")):
            raise ArgumentError(
                "the callback's state is not the one that was given out to this user: begin anew; "
                "nothing was sent"
            )
        refused = query.get("error")
        if refused:
            raise ReauthorizationRequired(self.key, _told(refused, query))
        return await self.exchange(query.get("code", ""), via, clock=clock)

    async def exchange(self, code: str, via: Wire, *, clock: Clock = time.time) -> OAuthToken:
        """The token for *code*, which works once: it is never sent a second time."""
        if not isinstance(code, str) or not code:
            raise ArgumentError("there is no code to exchange: did the user come from the consent?")
        form = [("grant_type", "authorization_code"), ("code", code)]
        if self.redirect_uri is not None:
            form.append(("redirect_uri", self.redirect_uri))
        return await self._endpoint.token(form, Safety.NEVER, via, clock=clock)

    async def client_credentials(self, via: Wire, *, clock: Clock = time.time) -> OAuthToken:
        """A token for the consumer itself, which acts as an app of its workspace."""
        form = [("grant_type", "client_credentials")]
        return await self._endpoint.token(form, Safety.REPEATABLE, via, clock=clock)

    async def refresh(
        self, token: OAuthToken, via: Wire, *, clock: Clock = time.time
    ) -> OAuthToken:
        """The successor of *token*, whose refresh token is dead from then on: save it first.

        ReauthorizationRequired where there is none, or where it is not accepted.
        """
        if token.refresh_token is None:
            raise ReauthorizationRequired(self.key, "the token came without a refresh token")
        form = [("grant_type", "refresh_token"), ("refresh_token", token.refresh_token)]
        # A lost answer may have had the new token in it. To try again is all that is left then.
        return await self._endpoint.token(form, Safety.REPEATABLE, via, old=token, clock=clock)

    @property
    def _endpoint(self) -> Endpoint:
        return Endpoint(self.site, self.key, Given.pair(self.key, self.secret), (self.secret,))


async def jwt_grant(
    site: str, authorization: str, via: Wire, *, clock: Clock = time.time
) -> OAuthToken:
    """The token for the account that a Connect app is installed in.

    *authorization* is the header's whole value, ``JWT`` and the signed text.
    """
    asking = Given(authorization)
    endpoint = Endpoint(site_of(site), "the Connect app", asking, way_out=UNKNOWN_APP)
    return await endpoint.token([("grant_type", _JWT)], Safety.REPEATABLE, via, clock=clock)


def _told(refused: object, query: Mapping[str, Any]) -> str:
    """Why the user came back without a code; anybody may have written it."""
    if refused == "access_denied":
        return "the user has not granted access (access_denied)"
    shown = f"{refused}: {query.get('error_description') or 'no description'}"[:_LONGEST]
    plain = "".join(one if one.isprintable() else " " for one in shown)
    return f"the authorization came back with an error ({plain})"
