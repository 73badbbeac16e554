"""Whether, and after how many seconds, a request is sent once more: a pure function."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

from attrs import frozen

from .message import Safety
from .quota import told_wait


class Failure(Enum):
    """How an attempt can end without an answer."""

    UNSENT = "not connected"
    """No connection, so nothing was sent: any request may try again."""
    LOST = "connection lost"
    """Something was sent, and the connection broke before the answer was complete."""
    TIMED_OUT = "no answer in time"
    """Something was sent, and no answer came in time."""
    REFUSED = "not acceptable"
    """It would fail again: a certificate that doesn't fit, say."""


TRANSIENT: Final = frozenset({408, 500, 502, 503, 504, 520, 521, 522, 523, 524, 555})
"""Answers that may be another one the next time."""

TOO_MANY: Final = 429
SILENT_WAIT: Final = 30.0
"""First wait after a 429 that tells nothing, as the service's 429s do: quick retries count as
calls, and so prolong the block."""


@frozen
class RetryPolicy:
    """How often and how long to try; times in seconds."""

    attempts: int = 4
    """How often a request is sent at most."""
    backoff: float = 0.5
    """Bound of the first random wait; it doubles each time."""
    longest_backoff: float = 20.0
    max_wait: float = 120.0
    """The most that one call waits, all its waits together, because the service says "later"."""

    def wait(
        self,
        safety: Safety,
        outcome: int | Failure,
        attempt: int,
        *,
        headers: Mapping[str, str],
        now: float,
        random: float,
        waited: float = 0.0,
    ) -> float | None:
        """Seconds to wait before attempt number *attempt* + 1, or None to give up.

        *random* is a number from 0 up to 1 (full jitter), *now* is seconds since 1970, *waited*
        what this call has waited already.
        """
        if attempt >= self.attempts or outcome is Failure.REFUSED:
            return None
        if isinstance(outcome, int) and outcome == TOO_MANY:
            # Refused before it was carried out, so that a write may be sent again too.
            return self._within(self.throttled(attempt, headers, now, random), waited)
        harmless = outcome is Failure.UNSENT or safety is not Safety.NEVER
        if not harmless or (isinstance(outcome, int) and outcome not in TRANSIENT):
            return None
        told = told_wait(headers, now) if isinstance(outcome, int) else None
        if told is not None:
            return self._within(told, waited)
        return random * min(self.longest_backoff, self.backoff * _doubled(attempt))

    def throttled(
        self, attempt: int, headers: Mapping[str, str], now: float, random: float
    ) -> float:
        """Seconds until the service is expected to answer again after a 429.

        What it tells, and up to a tenth more so that waiting tasks don't come back all at once;
        a doubling guess where it tells nothing.
        """
        told = told_wait(headers, now)
        base = told if told is not None else SILENT_WAIT * _doubled(attempt)
        return base * (1 + random / 10)

    def _within(self, wait: float, waited: float) -> float | None:
        return wait if waited + wait <= self.max_wait else None


def _doubled(attempt: int) -> float:
    return 2.0 ** min(attempt - 1, 64)
