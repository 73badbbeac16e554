"""OAuth 2.0 as a credential: for users who have logged in, and for the consumer itself."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from datetime import datetime
from functools import partial

from attrs import define, field

from ..errors import AnswerError
from ..wire.caller import Wire
from .consumer import OAuthConsumer
from .endpoint import Clock
from .grant import Grant, Means
from .hints import oauth_hint
from .renewal import AHEAD, Renewal, checked_ahead, held
from .secret import Credential
from .store import TokenStore, checked_key
from .token import OAuthToken


def _ahead(_: object, __: object, value: float) -> None:
    checked_ahead(value)


def _named(_: object, __: object, value: str) -> None:
    checked_key(value)


@define(eq=False, kw_only=True)
class Renewed(Credential, ABC):
    """A bearer token in memory, asked for anew when it is due: another can be had at any time.

    Subclasses say how (``_asked``) and whose it is (``identity``).
    """

    ahead: float = field(default=AHEAD, validator=_ahead)
    """Seconds before its end at which the token is renewed; at most a tenth of its life."""
    clock: Clock = field(default=time.time, repr=False)
    _renewal: Renewal = field(factory=Renewal, init=False, repr=False)

    @property
    def expires_at(self) -> datetime | None:
        """When the token ends, as far as it is known; before that it is renewed."""
        token = self._renewal.token
        return None if token is None else token.ends

    async def authorization_over(self, wire: Wire) -> str:
        """The value of the Authorization header, renewed before where it is due."""
        fetch = partial(self._fetch, wire)
        return (await self._renewal.current(fetch, wire, self.clock, self.ahead)).header

    async def renew(self, refused: str, wire: Wire) -> bool:
        """Whether there is another header to try, where the service has *refused* that one."""
        return await self._renewal.renew(refused, partial(self._fetch, wire), wire, self.clock)

    async def _fetch(self, wire: Wire, _refused: str | None) -> OAuthToken:
        return await held(self._asked(wire), self._renewal)

    @abstractmethod
    async def _asked(self, wire: Wire) -> OAuthToken:
        """A new token."""


@define(eq=False)
class ClientCredentialsAuth(Renewed):
    """The *consumer* itself, which acts as an app of the workspace that it belongs to."""

    consumer: OAuthConsumer

    @property
    def identity(self) -> str:
        """A name that stays while the header changes."""
        return f"oauth2-client {self.consumer.site} {self.consumer.key}"

    @property
    def budget(self) -> str:
        """The name of whom the service counts the calls against."""
        return self.consumer.budget

    def hint(self, error: AnswerError) -> str:
        """The way out of *error*, a 401 or 403, in one clause; "" where none is known."""
        return oauth_hint(error, again="try again")

    async def _asked(self, wire: Wire) -> OAuthToken:
        return await self.consumer.client_credentials(wire, clock=self.clock)


@define(eq=False)
class OAuth2Auth(Credential):
    """The user whose token *store* keeps under *key*, since they have consented to *consumer*.

    The token is renewed *ahead* seconds before its end, at most a tenth of its life, and when it
    is refused: once for all tasks and all objects of this process with the same store and key, and
    once for all processes where the store has a lock. What is renewed is saved before it is used,
    even where whoever asked for it is cancelled.

    What is in the store is read when it is first needed, when the token is due and when it is
    refused; *save* puts the token of a new login into use at once.

    ReauthorizationRequired where the user has to log in again, TokenStoreError where a renewed
    token could not be saved: it is kept here, and saved with the next call.
    """

    consumer: OAuthConsumer
    store: TokenStore = field(repr=False)
    key: str = field(validator=_named)
    ahead: float = field(default=AHEAD, validator=_ahead, kw_only=True)
    clock: Clock = field(default=time.time, repr=False, kw_only=True)
    _grant: Grant = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._grant = Grant.of(self.store, self.key)

    @property
    def identity(self) -> str:
        """A name that stays while the header changes; another one once the token is known."""
        token = self._grant.token
        return f"oauth2 {self._grant.name if token is None else token.grant}"

    @property
    def budget(self) -> str:
        """The name of whom the service counts the calls against: the consumer, for all users."""
        return self.consumer.budget

    @property
    def expires_at(self) -> datetime | None:
        """When the access token ends, as far as it is known; before that it is renewed."""
        token = self._grant.token
        return None if token is None else token.ends

    async def authorization_over(self, wire: Wire) -> str:
        """The value of the Authorization header, renewed before where it is due."""
        fetch = partial(self._grant.fetch, self._means(wire))
        return (await self._grant.current(fetch, wire, self.clock, self.ahead)).header

    async def renew(self, refused: str, wire: Wire) -> bool:
        """Whether there is another header to try, where the service has *refused* that one."""
        fetch = partial(self._grant.fetch, self._means(wire))
        return await self._grant.renew(refused, fetch, wire, self.clock)

    async def save(self, token: OAuthToken) -> None:
        """Keep *token* of a new login, and use it from now on."""
        await self._grant.save(token)

    async def delete(self) -> None:
        """Forget the token, here and in the store: the user has logged out."""
        await self._grant.delete()

    def hint(self, error: AnswerError) -> str:
        """The way out of *error*, a 401 or 403, in one clause; "" where none is known."""
        return oauth_hint(error, again="let the user log in again")

    def _means(self, wire: Wire) -> Means:
        return Means(self.consumer, wire, self.clock, self.ahead)
