"""OAuth 2.0 as a credential: for users who have logged in, and for the consumer itself."""

from __future__ import annotations

import time
from datetime import datetime
from functools import partial
from typing import Any

from attrs import field, frozen

from ..errors import AnswerError, ArgumentError, ConfigurationError
from ..wire.caller import Wire
from .consumer import OAuthConsumer
from .endpoint import Clock
from .grant import Grant, Means
from .hints import oauth_hint
from .renewal import AHEAD, Renewed, check_ahead
from .secret import Credential
from .store import TokenStore, checked_key
from .token import OAuthToken


def _asks(_: object, __: object, value: Any) -> None:
    if not isinstance(value, OAuthConsumer):
        raise ConfigurationError(f"consumer takes an OAuthConsumer, not {_kind(value)}")


def _keeps(_: object, __: object, value: Any) -> None:
    able = all(callable(getattr(value, name, None)) for name in ("load", "save", "delete"))
    if isinstance(value, type) or not able:
        raise ConfigurationError(f"store takes a TokenStore, not {_kind(value)}")


def _named(_: object, __: object, value: str) -> None:
    checked_key(value)


def _kind(value: Any) -> str:
    is_class = isinstance(value, type)
    return f"the class {value.__name__}" if is_class else f"a {type(value).__name__}"


@frozen(eq=False)
class ClientCredentialsAuth(Renewed):
    """The *consumer* itself, which acts as an app of the workspace that it belongs to."""

    consumer: OAuthConsumer = field(validator=_asks)
    clock: Clock = field(default=time.time, repr=False, kw_only=True)

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

    @property
    def _now(self) -> Clock:
        return self.clock

    async def _asked(self, wire: Wire) -> OAuthToken:
        return await self.consumer.client_credentials(wire, clock=self.clock)


@frozen(eq=False)
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

    consumer: OAuthConsumer = field(validator=_asks)
    store: TokenStore = field(validator=_keeps, repr=False)
    key: str = field(validator=_named)
    ahead: float = field(default=AHEAD, validator=check_ahead, kw_only=True)
    clock: Clock = field(default=time.time, repr=False, kw_only=True)
    _grant: Grant = field(init=False, repr=False)

    @_grant.default
    def _of_this_process(self) -> Grant:
        return Grant.of(self.store, self.key)

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
        if not isinstance(token, OAuthToken):
            raise ArgumentError(f"save takes an OAuthToken, not {_kind(token)}")
        await self._grant.save(token)

    async def delete(self) -> None:
        """Forget the token, here and in the store: the user has logged out."""
        await self._grant.delete()

    def hint(self, error: AnswerError) -> str:
        """The way out of *error*, a 401 or 403, in one clause; "" where none is known."""
        return oauth_hint(error, again="let the user log in again")

    def _means(self, wire: Wire) -> Means:
        return Means(self.consumer, wire, self.clock, self.ahead)
