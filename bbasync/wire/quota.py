"""What the headers of an answer say about when to call again; pure functions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_EPOCH_FROM = 1e6
"""A reset below this is seconds from now, as the service sends it; above, seconds since 1970."""


def told_wait(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds to wait before the next call, as told; None where nothing usable is told.

    Reads ``Retry-After`` (seconds or a date) and ``X-RateLimit-Reset``. No input raises.
    """
    wait = _seconds(headers.get("Retry-After"), now)
    return wait if wait is not None else _reset(headers.get("X-RateLimit-Reset"), now)


def _seconds(value: str | None, now: float) -> float | None:
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
