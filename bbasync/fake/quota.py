"""Counting calls: a rolling hour for each credential."""

from collections import deque

from attrs import define, field

from .exchange import Call, RefusalError
from .replies import too_many

HOUR = 3600.0
ANONYMOUS = 60


@define
class Quota:
    """Who called how often within the last hour. Calls that were refused count as well."""

    _calls: dict[str, deque[float]] = field(factory=dict)

    def spend(self, call: Call) -> dict[str, str]:
        """Count a call; gives the headers that tell about the quota, or refuses the call."""
        limit = _limit(call)
        if limit is None:
            return {}
        now = call.store.clock()
        window = self._window(_who(call), now)
        window.append(now)
        if len(window) > limit:
            raise RefusalError(too_many())
        return _headers(call, limit, limit - len(window), window[0] + HOUR - now)

    def _window(self, who: str, now: float) -> deque[float]:
        window = self._calls.setdefault(who, deque())
        while window and window[0] <= now - HOUR:
            window.popleft()
        return window


def _limit(call: Call) -> int | None:
    if call.store.quota is None:
        return None
    return call.store.quota if call.credential else ANONYMOUS


def _who(call: Call) -> str:
    """Name who is counted.

    That is a person with all their API tokens, a consumer whoever has authorised it, an app, and
    an access token by itself.
    """
    credential = call.credential
    if credential is None:
        return "anonymous"
    if credential.issuer is not None:
        return credential.issuer.key
    return credential.account.uuid if credential.account else credential.token


def _headers(call: Call, limit: int, left: int, reset: float) -> dict[str, str]:
    """Tell what the service tells: nothing to people, each kind of caller its own headers."""
    if call.credential is None:
        return {
            "x-ratelimit-limit": f"{limit}, {limit};w=3600",
            "x-ratelimit-remaining": str(left),
            "x-ratelimit-reset": str(int(reset)),
        }
    by_itself = call.account is None and call.credential.issuer is None
    if by_itself and call.path.startswith("/repositories/"):
        return {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Resource": "api",
            "X-RateLimit-NearLimit": "true" if left < limit / 5 else "false",
        }
    return {}
