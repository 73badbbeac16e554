"""A token of OAuth 2.0: what the token endpoint answers, and what a store keeps."""

from __future__ import annotations

import math
import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Self

from attrs import evolve, field, frozen

from ..errors import ConfigurationError, DecodingError, TokenStoreError
from ..wire.message import Answer, loads
from .secret import Credential, checked

_VERSION: Final = 1


def _secret(_: object, attribute: Any, value: str | None) -> None:
    if value is not None:
        checked(attribute.name.replace("_", " "), value)


def _required(_: object, __: object, value: str) -> None:
    checked("access token", value)


def _time(_: object, attribute: Any, value: float | None) -> None:
    if value is not None and not _is_number(value):
        raise ConfigurationError(f"{attribute.name} takes seconds since 1970 or None")


def _grant(_: object, __: object, value: str) -> None:
    checked("name of a grant", value)


def _set(value: Iterable[str]) -> frozenset[str]:
    several = isinstance(value, Iterable) and not isinstance(value, str | bytes)
    found = frozenset(value) if several else None
    if found is None or not all(isinstance(one, str) for one in found):
        raise ConfigurationError("scopes takes several texts, such as a set of them")
    return found


@frozen
class OAuthToken(Credential):
    """An access token with what belongs to it: one user's consent to one consumer.

    Times are seconds since 1970; without *expires_at* it is not known ever to expire.
    """

    access_token: str = field(validator=_required, repr=False)
    refresh_token: str | None = field(default=None, validator=_secret, repr=False)
    """What the next token is asked for with, once: None where there is no way without the user."""
    expires_at: float | None = field(default=None, validator=_time)
    scopes: frozenset[str] = field(default=frozenset(), converter=_set)
    grant: str = field(factory=lambda: secrets.token_hex(8), validator=_grant)
    """A random name of the consent, given at login and kept whenever the token is renewed; no
    secret."""
    issued_at: float | None = field(default=None, validator=_time)

    @property
    def header(self) -> str:
        """The value of the Authorization header."""
        return f"Bearer {self.access_token}"

    @property
    def ends(self) -> datetime | None:
        """When it expires, as far as that is known."""
        try:
            return None if self.expires_at is None else datetime.fromtimestamp(self.expires_at, UTC)
        except (OSError, OverflowError, ValueError):  # in the year 10,000, or later
            return None

    def expired(self, now: float) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and now >= self.expires_at

    def due(self, now: float, ahead: float) -> bool:
        """Whether less than *ahead* seconds are left, or less than a tenth of its life."""
        if self.expires_at is None:
            return False
        if self.issued_at is not None:
            ahead = min(ahead, max(self.expires_at - self.issued_at, 0.0) / 10)
        return self.expires_at - now <= ahead

    def to_dict(self) -> dict[str, Any]:
        """What a store keeps, as JSON can say it: with the secrets."""
        return {
            "version": _VERSION,
            "access_token": self.access_token,
            "refresh_token": self.refresh_token,
            "expires_at": self.expires_at,
            "issued_at": self.issued_at,
            "scopes": sorted(self.scopes),
            "grant": self.grant,
        }

    @classmethod
    def from_dict(cls, kept: Any) -> Self:
        """The token that *to_dict* made *kept* of; keys that nobody knows are passed over.

        TokenStoreError where it is none, or of a later version.
        """
        if not isinstance(kept, Mapping):
            raise TokenStoreError(f"a stored token is an object, not {type(kept).__name__}")
        if kept.get("version") != _VERSION:
            raise TokenStoreError(
                f"a stored token is not of version {_VERSION}: a later bbasync may have saved it"
            )
        scopes = kept.get("scopes") or ()
        if not isinstance(scopes, list | tuple) or not all(isinstance(one, str) for one in scopes):
            raise TokenStoreError("the scopes of a stored token are no list of texts")
        names = ("access_token", "refresh_token", "expires_at", "issued_at", "grant")
        given: dict[str, Any] = {name: kept.get(name) for name in names}
        try:
            return cls(scopes=frozenset(scopes), **given)
        except ConfigurationError as error:  # which shows no secret
            reason = str(error)
        raise TokenStoreError(f"a stored token is malformed: {reason}")

    @classmethod
    def of_answer(cls, answer: Answer, now: float, old: OAuthToken | None = None) -> OAuthToken:
        """The token in *answer*, which was asked for at *now* in place of *old*.

        DecodingError where there is none; it shows nothing of the body.
        """
        where = f"{answer.method} {answer.url} answered {answer.status}"
        told = _object(answer)
        if told is None:
            raise DecodingError(f"{where}, but with no JSON object: that is no token endpoint")
        kind = told.get("token_type") or "bearer"
        if not isinstance(kind, str) or kind.lower() != "bearer":
            raise DecodingError(f"{where} with a token that is no bearer token")
        lasts = _seconds(told.get("expires_in"))
        scopes = _scopes(told)
        access: Any = told.get("access_token")
        refresh = told.get("refresh_token") or None
        try:
            fresh = cls(
                access,
                refresh,
                None if lasts is None else now + lasts,
                issued_at=now,
                scopes=scopes or frozenset(),
            )
        except ConfigurationError as error:
            reason = str(error)
        else:
            return fresh if old is None else fresh._after(old, scopes=scopes)
        raise DecodingError(f"{where}, but not with a token: {reason}")

    def _after(self, old: OAuthToken, scopes: frozenset[str] | None) -> OAuthToken:
        """The same as the successor of *old*; what was not told stays."""
        return evolve(
            self,
            grant=old.grant,
            refresh_token=self.refresh_token or old.refresh_token,
            scopes=old.scopes if scopes is None else scopes,
        )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _object(answer: Answer) -> Mapping[str, Any] | None:
    try:
        found = loads(answer.body)
    except (ValueError, RecursionError):  # whose text may have the token in it
        return None
    return found if isinstance(found, dict) else None


def _seconds(value: Any) -> float | None:
    """How long a token lasts; None where that is not told in a way that can be believed."""
    try:
        seconds = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return seconds if math.isfinite(seconds) and seconds > 0 else None


def _scopes(told: Mapping[str, Any]) -> frozenset[str] | None:
    """The scopes: ``scope`` is its name since 2026, ``scopes`` was before; None where untold."""
    found = told.get("scope", told.get("scopes"))
    if isinstance(found, str):
        return frozenset(found.replace(",", " ").split())
    if isinstance(found, list):
        return frozenset(one for one in found if isinstance(one, str))
    return None
