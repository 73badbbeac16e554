"""Whether, and after how many seconds, a request is sent once more: pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from math import inf
from typing import Final

from attrs import define, field, frozen

from .message import Safety
from .quota import retry_after, told_wait


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


TRANSIENT: Final = frozenset({408, 425, 500, 502, 503, 504, 520, 521, 522, 523, 524, 555})
"""Answers that may be another one the next time."""

TOO_MANY: Final = 429
UNTOUCHED: Final = frozenset({TOO_MANY, 411, 425})
"""Refusals before anything was carried out."""
SILENT_WAIT: Final = 30.0
"""First wait after a 429 that tells nothing, as the service's 429s do: quick retries count as
calls, and so prolong the block."""

_LEAST_WAIT: Final = 1.0
"""Seconds for which a second 429 is believed at the least, whatever it tells."""


@frozen
class RetryPolicy:
    """How often and how long to try; times in seconds."""

    attempts: int = 4
    """How often a request is sent at most, beside those times that a 429 refused it: for these
    *max_wait* is the bound. With 1 nothing is ever sent twice."""
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
        left: float = inf,
        paused: float | None = None,
    ) -> float | None:
        """Seconds to wait before the next attempt, or None to give up.

        *attempt* counts the attempts so far: those that a 429 refused where it is the outcome, and
        all others where it is not. *random* is a number from 0 up to 1 (full jitter), *now* is
        seconds since 1970, *waited* what this call has waited already, *left* what its deadline
        leaves it; *paused* is how long a 429 stops all calls of its kind, where somebody keeps
        count of that.
        """
        status = outcome if isinstance(outcome, int) else None
        most = inf if status == TOO_MANY and self.attempts > 1 else self.attempts
        if attempt >= most or outcome is Failure.REFUSED:
            return None
        if status is not None and status != TOO_MANY and status not in TRANSIENT:
            return None
        untouched = outcome is Failure.UNSENT or status in UNTOUCHED
        if safety is Safety.NEVER and not untouched:
            return None
        wait = random * min(self.longest_backoff, self.backoff * _doubled(attempt))
        # Only a 429 means the quota, whose headers stand beside every other answer too.
        told = None if status is None else retry_after(headers, now)
        asked = None if told is None else _spread(told, random)
        if status == TOO_MANY:
            asked = self.throttled(attempt, headers, now, random) if paused is None else paused
        if asked is not None:
            if waited + asked > self.max_wait:
                return None
            wait = max(wait, asked)
        return wait if wait <= left else None

    def throttled(self, times: int, headers: Mapping[str, str], now: float, random: float) -> float:
        """Seconds until the service is expected to answer again after 429s, *times* in a row.

        Up to a tenth more than that, so that waiting tasks don't come back all at once.
        """
        return _spread(throttled(told_wait(headers, now), times), random)


@define
class RetryBudget:
    """Repetitions that a client may make: few beside its calls, so that it worsens no outage.

    A bucket that is full at first, and that each call and each second fill again a little. A 429
    takes nothing: how long to wait is the quota's business then.
    """

    most: float = 60.0
    """What the bucket holds, and so how many repetitions may come in a row."""
    share: float = 0.2
    """What a new call puts in."""
    a_second: float = 0.1
    """What each second puts in."""
    _held: float = field(init=False)
    _since: float | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self._held = self.most

    def called(self) -> None:
        """A new call is made."""
        self._held = min(self.most, self._held + self.share)

    def allows(self, now: float) -> bool:
        """Whether one more repetition may be made, which is then counted; *now* is in seconds."""
        passed = 0.0 if self._since is None else max(0.0, now - self._since)
        self._since = now
        self._held = min(self.most, self._held + passed * self.a_second)
        if self._held < 1:
            return False
        self._held -= 1
        return True


def throttled(told: float | None, times: int) -> float:
    """Seconds to wait after 429s, *times* in a row, the latest of which *told* how many.

    Twice as long each time: what was told has been wrong, and refused calls prolong the block.
    """
    if told is None:
        return SILENT_WAIT * _doubled(times)
    return told if times <= 1 else max(told, _LEAST_WAIT) * _doubled(times)


def _spread(wait: float, random: float) -> float:
    return wait * (1 + random / 10)


def _doubled(attempt: int) -> float:
    return 2.0 ** min(attempt - 1, 64)
