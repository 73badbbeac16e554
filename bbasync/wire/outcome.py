"""What an attempt came to, an answer or none: pure questions about it."""

from __future__ import annotations

from typing import Any, TypeAlias

from ..errors import BitbucketError
from .exchange import Broken
from .message import Answer
from .retry import TOO_MANY, UNTOUCHED, Failure

Outcome: TypeAlias = Answer | Broken


def throttles(outcome: Outcome) -> bool:
    """Whether it is a 429."""
    return isinstance(outcome, Answer) and outcome.status == TOO_MANY


def may_have_happened(outcome: Outcome) -> bool:
    """Whether the service may have carried out what it was sent."""
    if isinstance(outcome, Answer):
        return outcome.status not in UNTOUCHED
    return outcome.failure is not Failure.UNSENT


def was_lost(outcome: Outcome) -> bool:
    """Whether it was sent, and the answer did not come."""
    return isinstance(outcome, Broken) and outcome.failure in {Failure.LOST, Failure.TIMED_OUT}


def facts_of(outcome: Outcome) -> dict[str, Any]:
    """What an event says of it."""
    if isinstance(outcome, Broken):
        return {"reason": outcome.reason}
    return {"status": outcome.status}


def status_of(error: BaseException) -> int | None:
    """The status of the answer that *error* is, where it is one."""
    found = getattr(error, "status", None)
    return found if isinstance(found, int) else None


def noted(error: BitbucketError, note: str) -> BitbucketError:
    """*error* with *note*, where there is something to say."""
    if note:
        error.add_note(note)
    return error
