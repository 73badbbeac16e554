"""Several credentials for one client, each with a budget of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from math import inf
from secrets import token_hex
from types import MappingProxyType
from typing import Any, TypeAlias, cast

from attrs import define, field

from ..errors import ConfigurationError
from ..wire.caller import Single
from .given import is_single
from .secret import Credential

_log = logging.getLogger("bbasync")

_Given: TypeAlias = Single | Credential
"""All of ours are one of Single, but those of different kinds together are Credentials to a type
checker."""


@define(eq=False)
class _Member:
    name: str
    auth: Single = field(repr=False)
    calls: int = 0
    """Calls that it was chosen for, that are not over, and that nobody else counts."""
    chosen: int = 0
    """How often it was chosen."""
    failed: str = ""
    """Why it is out."""

    def room(self, left: Callable[[Single], float]) -> float:
        """What it has *left* beside those calls, which don't change it where it is a time."""
        found = left(self.auth)
        return max(0.0, found - self.calls) if found > 0 else found


@define(eq=False, init=False)
class CredentialPool(Credential):
    """Spreads a client's calls over several *credentials*, any of which may make any call.

    Access tokens have a budget each, so that three of them read three times as much in an hour
    (all API tokens of one person share one budget). A call is made with the credential that has
    most calls left; where one has to wait, for its budget or after a 429, calls go to the others.
    The pages of a walk whose cursor only the service understands stay with the credential that was
    given it. One that is refused (401), or that can't be renewed, is taken out: the log warns,
    ``failed`` says why, and its calls are made with the others; the last one stays in, so that its
    error is the call's. Where all are refused for the same call, it is the call that is refused,
    and none is out for it. ``restore()`` takes in again whoever is out.

    What several tasks read together, and what is cached, is of the pool as a whole.

    *credentials* has names, for the log and `failed`, or they are numbered from 1.
    """

    _members: dict[str, _Member] = field(repr=False)
    _identity: str = field(repr=False)

    def __init__(self, credentials: Mapping[str, _Given] | Iterable[_Given]) -> None:
        if not isinstance(credentials, Mapping):
            credentials = {str(number): one for number, one in enumerate(credentials, 1)}
        if not credentials:
            raise ConfigurationError("a CredentialPool takes at least one credential")
        for name, auth in credentials.items():
            _check(name, auth)
        if len({id(auth) for auth in credentials.values()}) < len(credentials):
            raise ConfigurationError("a CredentialPool has the same credential twice")
        checked = cast(Mapping[str, Single], credentials)
        self._members = {name: _Member(name, auth) for name, auth in checked.items()}
        self._identity = f"pool {token_hex(16)}"

    def __repr__(self) -> str:
        out = len(self.failed)
        return f"<CredentialPool of {len(self._members)}{f', {out} of them out' if out else ''}>"

    @property
    def identity(self) -> str:
        """The name of all together; another pool of the same credentials has another."""
        return self._identity

    @property
    def failed(self) -> Mapping[str, str]:
        """The credentials that are out, by their names, each with the reason."""
        found = {one.name: one.failed for one in self._members.values() if one.failed}
        return MappingProxyType(found)

    def restore(self, name: str | None = None) -> None:
        """Take the credential *name* in again, or all; ConfigurationError where there is none."""
        if name is not None and name not in self._members:
            known = ", ".join(self._members)
            raise ConfigurationError(f"the pool has no credential {name!r}, but {known}")
        for one in self._members.values():
            if name in {None, one.name}:
                one.failed = ""

    def choose(self, left: Callable[[Single], float], held: object = None) -> Single:
        """The credential for a call: *held*, or the one that has most *left*, less those chosen."""
        inside = self._inside()
        found = next((one for one in inside if one.auth is held), None)
        if found is None:
            found = max(inside, key=lambda one: (one.room(left), -one.calls, -one.chosen))
        found.calls += 1
        found.chosen += 1
        return found.auth

    def most_left(self, left: Callable[[Single], float], than: Single) -> float:
        """What the best of the others *than* that has *left*; -inf where there is no other."""
        return max((one.room(left) for one in self._inside() if one.auth is not than), default=-inf)

    def release(self, chosen: Single) -> None:
        """The call that *chosen* was for is counted elsewhere from now on, or over."""
        self._member(chosen).calls -= 1

    def drop(self, chosen: Single, reason: str) -> bool:
        """Choose it no more, for *reason*; whether there are others, without which it stays."""
        member = self._member(chosen)
        others = [one for one in self._inside() if one is not member]
        if others and not member.failed:
            member.failed = reason
            _log.warning(
                "the credential %s of a pool is out, %d left: %s", member.name, len(others), reason
            )
        return bool(others)

    def take_back(self, chosen: Single) -> None:
        """Take it in again: another one is refused the same."""
        member = self._member(chosen)
        if member.failed:
            member.failed = ""
            _log.warning("the credential %s of a pool is in again: all are refused", member.name)

    def _inside(self) -> list[_Member]:
        return [one for one in self._members.values() if not one.failed]

    def _member(self, auth: Single) -> _Member:
        return next(one for one in self._members.values() if one.auth is auth)


def _check(name: Any, auth: Any) -> None:
    if not isinstance(name, str) or not name:
        raise ConfigurationError(f"a CredentialPool's names are texts, not {name!r}")
    if not is_single(auth):
        kind = auth.__name__ if isinstance(auth, type) else type(auth).__name__
        raise ConfigurationError(
            f"a CredentialPool takes credentials such as BearerAuth; {name} is a {kind}"
        )
