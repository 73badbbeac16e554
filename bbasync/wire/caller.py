"""The caller: whoever a call is made for, and what the transport asks of the credential.

A credential is one of four things: it gives a header (BasicAuth), one for each request (a signed
one), one that is renewed over the wire from time to time, or it is several credentials of which
one is chosen for each call. What it tells of itself beside that is optional:

- ``identity``, a name that stays while the header changes: whose answers they are, for the cache
  and for what tasks read together;
- ``budget``, a name of whom the service counts its calls against, where that is another one;
- ``hint(error)``, the way out of a 401 or 403.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from inspect import isawaitable
from math import inf
from secrets import token_hex
from typing import Any, Protocol, Self, TypeAlias, TypeGuard, cast, runtime_checkable

from attrs import define, field
from yarl import URL

from ..errors import AnswerError, ConfigurationError
from .message import Authorizer, Sender


class Wire(Protocol):
    """The way to the service that a credential takes for its own business, as a client has one."""

    def sender_to(self, base_url: str, auth: Authorizer | None) -> Sender:
        """What sends requests to *base_url* with *auth*, over the client's own connections."""
        ...

    def guard(self, task: asyncio.Task[Any]) -> None:
        """Let the client be closed only when *task* is done, or has had a while to be."""
        ...


@runtime_checkable
class Signer(Protocol):
    """A credential whose header is another one for each request."""

    async def authorization_for(self, method: str, url: URL) -> str | None:
        """The header's value for that request, or None to send none."""
        ...


@runtime_checkable
class Renewable(Protocol):
    """A credential that is renewed over the wire."""

    async def authorization_over(self, wire: Wire) -> str | None:
        """The header's value, renewed before where it is due."""
        ...

    async def renew(self, refused: str, wire: Wire) -> bool:
        """Whether there is another header to try, where the service has *refused* that one."""
        ...


@runtime_checkable
class Delegate(Protocol):
    """A credential that another one stands behind, of whatever kind; which may change."""

    async def given(self) -> Single | None:
        """The other one; None where the call is to be made without."""
        ...


@runtime_checkable
class Choice(Protocol):
    """Several credentials, any of which may be used for any call."""

    @property
    def identity(self) -> str:
        """The name of all together."""
        ...

    def choose(self, left: Callable[[Single], float], held: object = None) -> Single:
        """The credential for a call; *left* tells how many calls one has left.

        Where that is none, it tells minus the seconds until there is one again. It is *held* where
        that can still be chosen.
        """
        ...

    def most_left(self, left: Callable[[Single], float], than: Single) -> float:
        """What the best of the others *than* that has *left*; -inf where there is no other."""
        ...

    def release(self, chosen: Single) -> None:
        """The call that *chosen* was for is counted elsewhere from now on, or over."""
        ...

    def drop(self, chosen: Single, reason: str) -> bool:
        """Choose it no more, for *reason*; whether there are others."""
        ...

    def take_back(self, chosen: Single) -> None:
        """Choose it again: it was dropped for what was not its fault."""
        ...


Single: TypeAlias = Authorizer | Signer | Renewable
"""One credential."""
Credentials: TypeAlias = Single | Choice
"""What a client may be given."""


@define(eq=False)
class Caller:
    """One credential, or none, as the transport uses it."""

    auth: Single | None
    _wire: Wire = field(repr=False)
    who: str | None = None
    """The name under which its calls are counted, once it has made one."""
    by: Caller | None = field(default=None, repr=False)
    """The one whose credential has given this one's, for one call."""
    gives: bool = field(init=False)
    """Whether another one stands behind it."""
    signs: bool = field(init=False)
    """Whether each request has a header of its own, which is made without a call."""
    _name: str | None = field(default=None, init=False)
    _ask: Callable[[str, URL], Awaitable[str | None]] | None = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self.gives = _gives(self.auth)
        self.signs = _signs(self.auth) and not _renews(self.auth)
        if self.signs:  # no two of its headers are alike
            self._name = f"signer {token_hex(8)}"
        self._ask = _asking(self.auth, self._wire)

    @property
    def first(self) -> Caller:
        """The one that was chosen: itself, or the one that it is given by."""
        return self if self.by is None else self.by

    async def now(self) -> Caller:
        """Whoever stands behind it for a call that begins: itself, where it gives no other."""
        found = self
        while _gives(found.auth):
            found = Caller(await found.auth.given(), self._wire, by=self)
        return found

    async def header(self, method: str, url: URL) -> str | None:
        """The value of the Authorization header; None where there is none to send."""
        if self._ask is None:
            return None
        making = self._ask(method, url)
        if not isawaitable(making):
            raise ConfigurationError(f"authorization() of {self._kind} must be awaitable")
        value = await making
        if value is None or (isinstance(value, str) and value.isprintable()):
            return value
        raise ConfigurationError(f"authorization() of {self._kind} gives no header's value")

    def identity(self, header: str | None) -> str | None:
        """Whose answers those to a call with *header* are."""
        return self._named or header

    def budget(self) -> str | None:
        """The name of whom the service counts the calls against, where it is not the header."""
        return getattr(self.auth, "budget", None) or self._named

    async def renew(self, refused: str) -> bool:
        """Whether there is another header to try than the *refused* one."""
        auth = self.first.auth
        return isinstance(auth, Renewable) and await auth.renew(refused, self._wire)

    def hint(self, error: AnswerError) -> str:
        """The way out of *error*, a 401 or 403, as far as the credential knows one."""
        if self.auth is None:
            return "no credential was sent: give the client auth=, or set the environment's"
        telling = getattr(self.auth, "hint", None)
        return telling(error) if callable(telling) else ""

    @property
    def _named(self) -> str | None:
        return getattr(self.auth, "identity", None) or self._name

    @property
    def _kind(self) -> str:
        return type(self.auth).__name__


# To ask whether an object has a protocol takes long, unless it is known to lack a name of it.


def _gives(auth: object) -> TypeGuard[Delegate]:
    return hasattr(auth, "given") and isinstance(auth, Delegate)


def _renews(auth: object) -> TypeGuard[Renewable]:
    return hasattr(auth, "renew") and isinstance(auth, Renewable)


def _signs(auth: object) -> TypeGuard[Signer]:
    return hasattr(auth, "authorization_for") and isinstance(auth, Signer)


def _chooses(auth: object) -> TypeGuard[Choice]:
    return hasattr(auth, "choose") and isinstance(auth, Choice)


def _asking(auth: Single | None, wire: Wire) -> Callable[[str, URL], Awaitable[str | None]] | None:
    """How *auth* is asked; found out once, since each call asks."""
    if auth is None or _gives(auth):
        return None
    if _renews(auth):
        return lambda *_: auth.authorization_over(wire)
    if _signs(auth):
        return auth.authorization_for
    plain = cast("Authorizer", auth)
    return lambda *_: plain.authorization()


@define(eq=False)
class Callers:
    """Whom a client's calls are made for: always the same, or one of several for each call."""

    only: Caller
    choice: Choice | None
    _wire: Wire = field(repr=False)
    _known: dict[int, Caller] = field(factory=dict, repr=False)

    @classmethod
    def of(cls, auth: Credentials | None, wire: Wire) -> Self:
        """Those of *auth*."""
        if _chooses(auth):
            return cls(Caller(None, wire), auth, wire)
        return cls(Caller(cast("Single | None", auth), wire), None, wire)

    def choose(self, left: Callable[[Caller], float], held: object = None) -> Caller:
        """Whom a call is made for: *held*, or whoever has most calls left."""
        if self.choice is None:
            return self.only
        return self._caller(self.choice.choose(lambda one: left(self._caller(one)), held))

    def most_left(self, left: Callable[[Caller], float], than: Caller) -> float:
        """What the best of the others *than* that has *left*; -inf where there is no other."""
        auth = than.first.auth
        if self.choice is None or auth is None:
            return -inf
        return self.choice.most_left(lambda one: left(self._caller(one)), auth)

    def release(self, caller: Caller) -> None:
        """The call is counted, or over."""
        if self.choice is not None and caller.auth is not None:
            self.choice.release(caller.auth)

    def drop(self, caller: Caller, reason: str) -> bool:
        """Make no call for *caller* any more, for *reason*; whether there are others."""
        auth = caller.first.auth
        return self.choice is not None and auth is not None and self.choice.drop(auth, reason)

    def take_back(self, callers: Iterable[Caller]) -> None:
        """Make calls for *callers* again."""
        for auth in (one.first.auth for one in callers):
            if self.choice is not None and auth is not None:
                self.choice.take_back(auth)

    def counted(self) -> set[str]:
        """The names under which the calls of those that have been chosen are counted."""
        return {one.who for one in self._known.values() if one.who is not None}

    def _caller(self, auth: Single) -> Caller:
        found = self._known.get(id(auth))
        if found is None or found.auth is not auth:
            found = self._known[id(auth)] = Caller(auth, self._wire)
        return found
