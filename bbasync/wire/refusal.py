"""The error of a call that is not sent, since it would have to wait for longer than it does."""

from __future__ import annotations

from ..errors import AmbiguousWriteError, BitbucketError, RateLimitedError
from .budget import Hold
from .calls import Call
from .message import Safety
from .quota import moment
from .retry import TOO_MANY


def refusal(call: Call, method: str, hold: Hold, *, now: float, most: float) -> BitbucketError:
    """What *call* ends in where *hold* would make it wait for more than *most* seconds in all."""
    text = (
        f"not sent, but held back by this client's own limiter: {hold.reason} (to wait "
        f"{hold.seconds:.0f} s more is beyond max_wait, {most:g} s)"
    )
    error = RateLimitedError(
        status=TOO_MANY,
        method=method,
        url=call.where,
        message=text,
        attempts=call.attempt - 1,
        reset_at=moment(now + hold.seconds),
    )
    if call.request.safety is Safety.READ or not (call.lost or call.doubtful):
        return error
    doubt = AmbiguousWriteError(call.request.method, call.where, f"and its repetition was {text}")
    doubt.__cause__ = error
    return doubt
