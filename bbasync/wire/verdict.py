"""The verdict on an attempt: wait and try again, or take its outcome for the call's."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from attrs import evolve

from ..errors import AmbiguousWriteError
from .calls import Call
from .exchange import Broken
from .message import Answer, Safety
from .outcome import Outcome, noted, throttles
from .quota import moment
from .redirect import REDIRECTS
from .retry import TOO_MANY, Failure, RetryPolicy
from .status import error_of

_ABOUT_CREDENTIALS: Final = frozenset({401, 403})
_NOT_FOUND: Final = 404
_LENGTH_REQUIRED: Final = 411
_FIRST_ERROR: Final = 400
_FIRST_SERVER_ERROR: Final = 500


def wait_after(
    call: Call, outcome: Outcome, policy: RetryPolicy, *, now: float, random: float, left: float
) -> float | None:
    """Seconds to wait before *call* is tried again, or None where it is not.

    *left* is how many seconds its deadline leaves it.
    """
    if isinstance(outcome, Answer) and outcome.status < _FIRST_ERROR:
        return None
    if call.elsewhere and call.request.safety is Safety.NEVER:
        return None
    if isinstance(outcome, Answer) and outcome.status == _LENGTH_REQUIRED and not call.measured:
        call.measured = True
        return 0.0
    return policy.wait(
        call.request.safety,
        outcome.status if isinstance(outcome, Answer) else outcome.failure,
        call.refused if throttles(outcome) else call.attempt - call.refused,
        headers=outcome.headers if isinstance(outcome, Answer) else {},
        now=now,
        random=random,
        waited=call.waited,
        left=left,
        paused=call.paused,
    )


def finished(call: Call, outcome: Outcome, policy: RetryPolicy, now: float, note: str) -> Answer:
    """The answer, or its error; what *call* has of doubts speaks of all tries."""
    if isinstance(outcome, Broken):
        late = outcome.failure is Failure.TIMED_OUT
        raise noted(call.broken_off(outcome.reason, late=late), note) from outcome.cause
    answer = outcome if call.attempt == 1 else evolve(outcome, attempts=call.attempt)
    if answer.status < _FIRST_ERROR and answer.status not in REDIRECTS:
        return answer
    if answer.status == _NOT_FOUND and call.request.safety is Safety.VERIFY and call.doubtful:
        # The first try of the deletion was carried out; only its answer was lost.
        return evolve(answer, status=204, body=b"")
    error = error_of(answer, reset_at=_reset_at(call, answer, policy, now))
    if answer.status in _ABOUT_CREDENTIALS:
        error.advise(call.hint(error))
    noted(error, note)
    doubtful = call.lost or (call.doubtful and answer.status < _FIRST_SERVER_ERROR)
    if (doubtful or call.elsewhere) and call.request.safety is not Safety.READ:
        which = "its other address" if call.elsewhere else "its repetition"
        reason = f"and {which} was answered {answer.status}"
        raise AmbiguousWriteError(call.request.method, call.where, reason) from error
    raise error


def _reset_at(call: Call, answer: Answer, policy: RetryPolicy, now: float) -> datetime | None:
    if answer.status != TOO_MANY:
        return None
    told = policy.throttled(1, answer.headers, now, 0.0)
    return moment(now + max(told, call.paused or 0.0))  # it may not be the first in a row
