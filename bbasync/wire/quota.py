"""What the headers of an answer say about budgets and when to call again; pure functions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from attrs import frozen

_EPOCH_FROM = 1e6
"""A reset below this is seconds from now, as the service sends it; above, seconds since 1970."""

_MOST: Final = 1_000_000_000
"""No budget is larger; a number beyond it tells nothing."""
_LONGEST_WINDOW: Final = 86_400
"""The same for seconds: one answer that tells nonsense must not stop a client for years."""
NEAR: Final = 5
"""A budget is near its end when less than one part in so many remains."""


@frozen
class Told:
    """The budget as an answer tells it; None for what it leaves open."""

    limit: int | None = None
    window: int | None = None
    """Seconds in which *limit* calls may be made."""
    remaining: int | None = None
    reset: float | None = None
    """Seconds until the budget, or a part of it, is there again."""
    resource: str | None = None
    """The service's own name of the resource group."""
    near: bool | None = None
    """Whether less than a fifth remains."""

    @property
    def most_left(self) -> int | None:
        """How many calls remain at the most, where that can be concluded."""
        if self.remaining is not None:
            return self.remaining
        return -(-self.limit // NEAR) - 1 if self.near and self.limit is not None else None


NOTHING: Final = Told()
_LIMIT: Final = "X-RateLimit-Limit"
_REMAINING: Final = "X-RateLimit-Remaining"
_RESET: Final = "X-RateLimit-Reset"
_RESOURCE: Final = "X-RateLimit-Resource"
_NEAR_LIMIT: Final = "X-RateLimit-NearLimit"
_TOLD_BY: Final = (_LIMIT, _REMAINING, _RESET, _RESOURCE, _NEAR_LIMIT)


def told(headers: Mapping[str, str], now: float) -> Told:
    """Read the ``X-RateLimit-`` headers in every shape that was seen; no input raises.

    The limit is ``1000`` or ``60, 60;w=3600``, the reset seconds from now or since 1970, and
    "near the limit" a word or a threshold.
    """
    if not any(map(headers.__contains__, _TOLD_BY)):  # as in most answers
        return NOTHING
    limit, window = _policy(headers.get(_LIMIT))
    remaining = _count(headers.get(_REMAINING))
    near = headers.get(_NEAR_LIMIT)
    resource = headers.get(_RESOURCE, "").strip()
    found = Told(
        limit,
        window,
        remaining,
        _reset(headers.get(_RESET), now),
        resource if resource.isascii() and resource.isprintable() and resource else None,
        _near(near, remaining) if near is not None else None,
    )
    return NOTHING if found == NOTHING else found


def _policy(value: str | None) -> tuple[int | None, int | None]:
    """The limit and its window: the first number, and the window of the item that repeats it."""
    if value is None:
        return None, None
    limit: int | None = None
    window: int | None = None
    for item in value.split(","):
        number, *parameters = item.split(";")
        quantity = _count(number)
        limit = quantity if limit is None else limit
        seconds = next((_window(one) for one in parameters if _window(one)), None)
        if seconds is not None and (window is None or quantity == limit):
            window = seconds
    return (limit, window) if limit else (None, None)


def _window(parameter: str) -> int | None:
    name, _, value = parameter.partition("=")
    seconds = _count(value) if name.strip().lower() == "w" else None
    return seconds if seconds and seconds <= _LONGEST_WINDOW else None


def _count(value: str | None) -> int | None:
    number = _finite(value) if value is not None else None
    if number is None or number > _MOST:
        return None
    return max(0, math.floor(number))


def _near(value: str, remaining: int | None) -> bool | None:
    word = value.strip().lower()
    if word in {"true", "false"}:
        return word == "true"
    threshold = _count(word)
    if threshold is None or remaining is None:
        return None
    return remaining <= threshold


def told_wait(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds to wait before the next call, as told; None where nothing usable is told.

    Reads ``Retry-After`` (seconds or a date) and ``X-RateLimit-Reset``. No input raises.
    """
    wait = retry_after(headers, now)
    return wait if wait is not None else _reset(headers.get(_RESET), now)


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds of ``Retry-After``, which may be a date; None where it is none. No input raises."""
    value = headers.get("Retry-After")
    if value is None:
        return None
    number = _finite(value)
    if number is not None:
        return max(0.0, number)
    try:
        when = parsedate_to_datetime(value)
    except (ValueError, IndexError, OverflowError):
        return None
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, aware.timestamp() - now)


def _reset(value: str | None, now: float) -> float | None:
    number = _finite(value) if value is not None else None
    if number is None:
        return None
    return max(0.0, number - now if number >= _EPOCH_FROM else number)


def _finite(value: str) -> float | None:
    try:
        number = float(value.strip())
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def moment(seconds: float) -> datetime | None:
    """An aware datetime for *seconds* since 1970; None where it is beyond the calendar."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
