"""Renewal: a token that is fetched anew when it is due, once for all who wait for it.

The fetching runs in a task of its own. Whoever asked may be cancelled; the token that is on its way
is not lost for that, for its predecessor may be dead already.
"""

from __future__ import annotations

import asyncio
import copy
import math
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Coroutine
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeAlias

from attrs import define, field, frozen

from ..errors import (
    AmbiguousWriteError,
    BitbucketError,
    ClientClosedError,
    ConfigurationError,
    ConnectionFailedError,
    RateLimitedError,
    ServerError,
    TimedOutError,
    TokenStoreError,
)
from ..wire.caller import Wire
from .endpoint import Clock
from .secret import Credential
from .token import OAuthToken

Fetch: TypeAlias = Callable[[str | None], Coroutine[Any, Any, OAuthToken]]
"""Gets a token; its argument is the header that was refused, or None where it is merely time."""

AHEAD: Final = 60.0
"""Seconds before its end at which a token is renewed; at most a tenth of its life."""
_AGAIN_AFTER: Final = 10.0
"""Seconds until the next try, where the one before failed and the old token is still good."""
_PASSING: Final = (
    AmbiguousWriteError,
    ConnectionFailedError,
    RateLimitedError,
    ServerError,
    TimedOutError,
    TokenStoreError,
)
_MOST_REFUSED: Final = 3
_REFUSED_WITHIN: Final = 60.0
"""Seconds in which at most so many tokens are fetched because one was refused: an address that
takes no token of this kind refuses them all, and must not have each call renew the token."""


def check_ahead(_: object, __: object, value: Any) -> None:
    """Refuse what is no number of seconds."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ConfigurationError(f"ahead takes seconds, 0 or more, not {value!r}")


@define(eq=False)
class Renewal(Credential):
    """A token, and when it is fetched anew."""

    token: OAuthToken | None = field(default=None, init=False, repr=False)
    stranded: bool = field(default=False, init=False)
    """Whether a new token was fetched that could not be saved: the old one is used no more."""
    _flight: asyncio.Task[OAuthToken] | None = field(default=None, init=False, repr=False)
    _refused: str | None = field(default=None, init=False, repr=False)
    """The header that the flight is to replace because it was refused."""
    _again_at: float = field(default=-math.inf, init=False)
    _refusals: deque[float] = field(factory=lambda: deque(maxlen=_MOST_REFUSED), init=False)

    async def current(self, fetch: Fetch, wire: Wire, clock: Clock, ahead: float) -> OAuthToken:
        """The token, fetched anew before where it is due."""
        token, now = self.token, clock()
        if token is not None and not self.stranded and not self._due(token, now, ahead):
            flight = self._flight
            if flight is None or flight.done() or token.header != self._refused:
                return token
        try:
            return await self._fetched(fetch, None, wire)
        except _PASSING:
            token = self.token
            if token is None or self.stranded or token.expired(clock()):
                raise
            self._again_at = now + _AGAIN_AFTER
            return token

    async def renew(self, refused: str, fetch: Fetch, wire: Wire, clock: Clock) -> bool:
        """Whether there is another header to try than *refused*; one is fetched if need be."""
        if self.token is not None and not self.stranded and self.token.header != refused:
            return True  # it was refused to others as well, and one of them has renewed it
        now, times = clock(), self._refusals
        begins = self._flight is None or self._flight.done()
        if begins and len(times) == _MOST_REFUSED and 0 <= now - times[0] < _REFUSED_WITHIN:
            return False
        fresh = await self._fetched(fetch, refused, wire)
        if begins:
            times.append(now)
        return fresh.header != refused

    def _due(self, token: OAuthToken, now: float, ahead: float) -> bool:
        if token.expired(now):
            return True
        return token.due(now, ahead) and not now < self._again_at <= now + _AGAIN_AFTER

    async def _fetched(self, fetch: Fetch, refused: str | None, wire: Wire) -> OAuthToken:
        loop = asyncio.get_running_loop()
        while True:
            flight, mine = self._flight, False
            if flight is None or flight.done() or flight.get_loop() is not loop:
                flight, mine = self._begun(loop.create_task(fetch(refused)), wire), True
                self._refused = refused
            await asyncio.wait([flight])  # which leaves it alone when it is cancelled itself
            if flight.cancelled():
                error: BaseException | None = ClientClosedError(
                    "the client was closed while its credential was renewed"
                )
            else:
                error = flight.exception()
            if error is None:
                return flight.result()
            if mine or not isinstance(error, ClientClosedError):
                raise _copied(error) from error.__cause__
            # The client that did it for all was closed: then this one does.

    def _begun(self, flight: asyncio.Task[OAuthToken], wire: Wire) -> asyncio.Task[OAuthToken]:
        try:
            wire.guard(flight)
        except BaseException:  # the client is closed: it has not begun yet
            flight.cancel()
            raise
        flight.add_done_callback(_looked_at)
        self._flight = flight
        return flight


@frozen(eq=False, kw_only=True)
class Renewed(Credential, ABC):
    """A bearer token in memory, asked for anew when it is due: another can be had at any time.

    Subclasses say how (``_asked``), by which clock (``_now``), and whose it is (``identity``).
    """

    ahead: float = field(default=AHEAD, validator=check_ahead)
    """Seconds before its end at which the token is renewed; at most a tenth of its life."""
    _renewal: Renewal = field(factory=Renewal, init=False, repr=False)

    @property
    def expires_at(self) -> datetime | None:
        """When the token ends, as far as it is known; before that it is renewed."""
        token = self._renewal.token
        return None if token is None else token.ends

    async def authorization_over(self, wire: Wire) -> str:
        """The value of the Authorization header, renewed before where it is due."""
        fetch = partial(self._fetch, wire)
        return (await self._renewal.current(fetch, wire, self._now, self.ahead)).header

    async def renew(self, refused: str, wire: Wire) -> bool:
        """Whether there is another header to try, where the service has *refused* that one."""
        return await self._renewal.renew(refused, partial(self._fetch, wire), wire, self._now)

    async def _fetch(self, wire: Wire, _refused: str | None) -> OAuthToken:
        self._renewal.token = fresh = await self._asked(wire)
        return fresh

    @property
    @abstractmethod
    def _now(self) -> Clock:
        """The clock."""

    @abstractmethod
    async def _asked(self, wire: Wire) -> OAuthToken:
        """A new token."""


def _looked_at(flight: asyncio.Task[OAuthToken]) -> None:
    """All who waited may be gone; the next call finds out for itself."""
    if not flight.cancelled():
        flight.exception()


def _copied(error: BaseException) -> BaseException:
    """*error* for one of many tasks: a traceback grows each time its error is raised."""
    if not isinstance(error, BitbucketError):
        return error
    twin = copy.copy(error)
    if hasattr(error, "__notes__"):
        twin.__notes__ = [*error.__notes__]
    return twin
