"""Stores of tokens: where they are kept between two runs, and for all processes together.

A store keeps secrets as they are: whoever may read it may act as the users. Rotation needs it: a
refresh token works once, so that the next one has to be kept before anything else is done.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final, Protocol, TypeGuard, TypeVar

from ..errors import ArgumentError, TokenStoreError
from .secret import Credential
from .token import OAuthToken

_T = TypeVar("_T")

_EVERY: Final = 0.05
"""Seconds between two tries to get a lock that somebody else has."""
_LONGEST: Final = 180.0
"""Seconds after which a lock is given up: a renewal may wait for the service's own "later"."""


class TokenStore(Protocol):
    """Keeps one token a key; a key is any text, such as a user's name.

    A store may have a method ``lock(key)`` as well, an asynchronous context manager that one
    process holds at a time: processes that share the store then renew a token once for all.
    """

    async def load(self, key: str) -> OAuthToken | None:
        """The token that was saved last; None where there is none."""
        ...

    async def save(self, key: str, token: OAuthToken) -> None:
        """Keep *token*; when this returns, a crash must not lose it."""
        ...

    async def delete(self, key: str) -> None:
        """Forget the token, if there is one."""
        ...


class Lockable(Protocol):
    """A store that processes can share."""

    def lock(self, key: str) -> AbstractAsyncContextManager[object]:
        """Be alone with the token of *key*; TokenStoreError where that can't be had."""
        ...


def is_lockable(store: object) -> TypeGuard[Lockable]:
    """Whether processes can share *store*: an attribute that is no method is its own affair."""
    return callable(getattr(store, "lock", None))


class MemoryTokenStore(Credential):
    """Keeps tokens while the process lives; *tokens* to begin with."""

    __slots__ = ("__weakref__", "_tokens")

    def __init__(self, tokens: Mapping[str, OAuthToken] | None = None) -> None:
        self._tokens = dict(tokens or {})

    def __repr__(self) -> str:
        return f"<MemoryTokenStore of {len(self._tokens)}>"

    async def load(self, key: str) -> OAuthToken | None:
        """The token that was saved last; None where there is none."""
        return self._tokens.get(checked_key(key))

    async def save(self, key: str, token: OAuthToken) -> None:
        """Keep *token*."""
        self._tokens[checked_key(key)] = token

    async def delete(self, key: str) -> None:
        """Forget the token, if there is one."""
        self._tokens.pop(checked_key(key), None)


def checked_key(key: str) -> str:
    """*key*, if it is one; ArgumentError where it is empty or no text."""
    if not isinstance(key, str) or not key:
        raise ArgumentError("the key of a token is a text that is not empty")
    return key


@asynccontextmanager
async def polled(
    what: str, take: Callable[[], Awaitable[bool]], give: Callable[[], Awaitable[object]]
) -> AsyncGenerator[None, None]:
    """Hold a lock that can only be tried: with *take* until that is True, until *give*.

    Whoever is cancelled meanwhile does not keep what a try under way may still get.
    TokenStoreError, which names *what*, where somebody else does not let go of it.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + _LONGEST
    while not await _tried(take, give):
        if loop.time() >= until:
            raise TokenStoreError(f"{what} is held by somebody else for more than {_LONGEST:.0f} s")
        await asyncio.sleep(_EVERY)
    held = True
    try:
        yield
    except GeneratorExit:  # thrown away with its event loop: there is nothing to await with
        held = False
        raise
    finally:
        if held:
            await finished(asyncio.ensure_future(give()))


async def finished(work: asyncio.Future[_T]) -> _T:
    """The result of *work*, which is let end however often whoever waits is cancelled."""
    cancelled: asyncio.CancelledError | None = None
    while not work.done():
        try:
            await asyncio.wait([work])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is None:
        return work.result()
    if not work.cancelled():
        work.exception()  # looked at, so that nobody is told of it
    raise cancelled


async def _tried(take: Callable[[], Awaitable[bool]], give: Callable[[], Awaitable[Any]]) -> bool:
    trying = asyncio.ensure_future(take())
    try:
        return await finished(trying)
    except asyncio.CancelledError:
        if not trying.cancelled() and trying.exception() is None and trying.result():
            await finished(asyncio.ensure_future(give()))
        raise
