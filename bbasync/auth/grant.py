"""A grant: the token that a store keeps under a key, renewed once for all who use it.

Refresh tokens rotate: each works once. So one task of one process refreshes, alone with the key; it
saves what it gets before anybody uses it; and whoever comes later takes what was saved.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from traceback import extract_tb
from typing import TypeVar
from weakref import WeakValueDictionary

from attrs import define, field, frozen

from ..errors import BitbucketError, ReauthorizationRequired, TokenStoreError
from ..wire.caller import Wire
from .consumer import OAuthConsumer
from .endpoint import Clock
from .renewal import Renewal
from .store import TokenStore, is_lockable, polled
from .token import OAuthToken

_T = TypeVar("_T")
_log = logging.getLogger("bbasync")


@frozen(eq=False)
class Means:
    """What a refresh is done with."""

    consumer: OAuthConsumer
    wire: Wire
    clock: Clock
    ahead: float


@define(eq=False)
class Grant(Renewal):
    """What this process knows of the token that *store* keeps under *key*."""

    store: TokenStore = field(repr=False)
    key: str
    name: str = field(factory=lambda: secrets.token_hex(8), init=False)
    """A name for as long as no token is known."""
    _unsaved: tuple[OAuthToken, OAuthToken] | None = field(default=None, init=False, repr=False)
    """A token that could not be saved, and the one that it was refreshed from."""
    _dead: tuple[str, str] | None = field(default=None, init=False, repr=False)
    """A refresh token that is known not to work, and why."""
    _inside: asyncio.AbstractEventLoop | None = field(default=None, init=False, repr=False)
    """The event loop whose task is alone with the key."""

    @classmethod
    def of(cls, store: TokenStore, key: str) -> Grant:
        """The one of this process for *store* and *key*."""
        with _opening:
            # It holds its store, so that no other one can have the same id meanwhile.
            found = _grants.get((id(store), key))
            if found is None:
                found = _grants[id(store), key] = cls(store, key)
            return found

    async def fetch(self, means: Means, refused: str | None) -> OAuthToken:
        """The token that was saved, where that will do; its successor otherwise, saved."""
        async with self._alone():
            self.token = stored = await self._settled()
            while not self._will_do(stored, means, refused):
                # What was saved goes on while it lasts, where it can't be renewed now.
                fresh = await self._refreshed(stored, means)
                if fresh is not None:
                    self._unsaved, self.stranded = (fresh, stored), True
                    _stranded.add(self)
                    self.token = await self._kept()
                    return self.token
                # Without a lock, somebody else was a step ahead: each turn is one step of theirs.
                self.token = stored = await self._loaded()
            return stored

    async def save(self, token: OAuthToken) -> None:
        """Keep *token*, of a new login, in place of what was known."""
        async with self._alone():
            await self._storing("save", lambda: self.store.save(self.key, token))
            self._forget()
            self.token = token

    async def delete(self) -> None:
        """Forget the token, here and in the store."""
        async with self._alone():
            await self._storing("delete", lambda: self.store.delete(self.key))
            self._forget()

    def _due(self, token: OAuthToken, now: float, ahead: float) -> bool:
        # Without a refresh token there is nothing to be done ahead of its end.
        return super()._due(token, now, 0.0 if token.refresh_token is None else ahead)

    def _forget(self) -> None:
        self.token = self._unsaved = self._dead = None
        self.stranded = False
        _stranded.discard(self)

    def _will_do(self, stored: OAuthToken, means: Means, refused: str | None) -> bool:
        now = means.clock()
        if stored.refresh_token is None:
            if stored.expired(now):
                self.token = None
                reason = "the token has expired and came without a refresh token"
                raise ReauthorizationRequired(self.key, reason)
            return True
        return stored.header != refused and not stored.due(now, means.ahead)

    async def _refreshed(self, stored: OAuthToken, means: Means) -> OAuthToken | None:
        """The successor of *stored*; None where its refresh token is used up by somebody else."""
        if self._dead is None or self._dead[0] != stored.refresh_token:
            try:
                return await means.consumer.refresh(stored, means.wire, clock=means.clock)
            except ReauthorizationRequired as error:
                reason = error.reason
            if (await self._loaded()).refresh_token != stored.refresh_token:
                return None
            self._dead = stored.refresh_token or "", reason
        self.token = None
        raise ReauthorizationRequired(self.key, self._dead[1])

    async def _kept(self) -> OAuthToken:
        """What was just refreshed, saved: once more where that is broken off.

        An event loop that ends does so, as with Ctrl-C. It lets a task end in its own time, and
        what the service has rotated would be lost with it.
        """
        try:
            return await self._settled()
        except asyncio.CancelledError:
            self.token = await self._settled()
            raise

    async def _settled(self) -> OAuthToken:
        """The token in the store, after what could not be saved before has been."""
        stored = await self._loaded()
        if self._unsaved is not None:
            fresh, replaced = self._unsaved
            if stored.refresh_token == replaced.refresh_token:
                await self._storing("save", lambda: self.store.save(self.key, fresh))
                stored = fresh
            self._unsaved, self.stranded = None, False
            _stranded.discard(self)
        return stored

    async def _loaded(self) -> OAuthToken:
        found = await self._storing("load", lambda: self.store.load(self.key))
        if found is None:
            self._forget()
            raise ReauthorizationRequired(self.key, "no token is stored under this key")
        if not isinstance(found, OAuthToken):
            raise TokenStoreError(
                f"{self._kind}.load gave no OAuthToken but {type(found).__name__}"
            )
        return found

    @asynccontextmanager
    async def _alone(self) -> AsyncGenerator[None, None]:
        """Be alone with the key: in this process, and among all where the store can do that."""
        loop = asyncio.get_running_loop()

        async def take() -> bool:
            with _opening:
                # A loop that was closed has dropped its task, which lets go of nothing any more.
                free = self._inside is None or self._inside.is_closed()
                self._inside = loop if free else self._inside
            return free

        async def give() -> None:
            if self._inside is loop:
                self._inside = None

        # It may be held in another thread, whose event loop can't wake this one.
        async with polled(f"the token of {self.key}", take, give), self._locked():
            yield

    @asynccontextmanager
    async def _locked(self) -> AsyncGenerator[None, None]:
        store, stack = self.store, AsyncExitStack()
        if is_lockable(store):
            lock = store.lock
            await self._storing("lock", lambda: stack.enter_async_context(lock(self.key)))
        try:
            yield
        finally:
            try:
                await self._storing("unlock", stack.aclose)
            except TokenStoreError as error:  # the work is done, or its own error is told
                _log.warning("%s", error)

    async def _storing(self, what: str, do: Callable[[], Awaitable[_T]]) -> _T:
        """What the store does; any error of it is one of the tree.

        The text of a foreign error stays behind: that of a database has the values in it.
        """
        try:
            return await do()
        except BitbucketError:
            raise
        except Exception as error:  # noqa: BLE001 - a store is anybody's code
            last = extract_tb(error.__traceback__)[-1]
            where = f"{type(error).__name__} in {Path(last.filename).name}, line {last.lineno}"
        raise TokenStoreError(f"{self._kind} could not {what} the token of {self.key}: {where}")

    @property
    def _kind(self) -> str:
        return type(self.store).__name__


_opening = threading.Lock()
_grants: WeakValueDictionary[tuple[int, str], Grant] = WeakValueDictionary()
_stranded: set[Grant] = set()
"""Those that know a token which no store has: nothing else may hold them between two calls."""
