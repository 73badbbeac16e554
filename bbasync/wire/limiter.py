"""The limiter: no call is sent beyond what the service allows its credential in a while.

Each credential has a budget for each resource group, a rolling window (see lane and groups). All
calls are counted; they are held back

- at the limit that the service has told, wherever the client is connected to;
- at the limit that is published, where the client is connected to Bitbucket itself, which tells
  people nothing. A fake, a proxy or a test server has limits of its own, or none;
- while a pause lasts: what a 429 tells, or 30 s, and twice as long each time it comes again. Then
  one call is sent, and when its answer is good the others follow, a few at a time.

Whoever must wait stands in line (see waiting), and a wait beyond ``max_wait`` is an error before
anything is sent (see turn).
"""

from __future__ import annotations

import binascii
import math
from base64 import b64decode
from collections.abc import Awaitable, Callable
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from attrs import define, field

from .budget import Budget
from .counting import Quota
from .groups import ANONYMOUS, DOCUMENTED, HOUR
from .lane import Lane

if TYPE_CHECKING:
    from .window import Store

_MANY_LANES: Final = 256
"""Budgets beyond this are forgotten when they were not used for a window."""
_SWEEP_EVERY: Final = 60.0
"""Seconds between two searches for them: there may be 100,000."""
_PERSON: Final = b"bbasync-quota"


def whose(authorization: str | None, budget: str | None = None) -> str:
    """Name whom calls are counted against, as a one-way hash of the Authorization header.

    All API tokens of one person share a budget, and so only the e-mail address of Basic counts;
    where the credential names a *budget*, that counts.
    """
    if budget is not None:
        return _hashed(f"budget {budget}")
    if authorization is None:
        return ANONYMOUS
    scheme, _, value = authorization.partition(" ")
    text = authorization
    if scheme.lower() == "basic":
        try:
            name = b64decode(value, validate=True).partition(b":")[0].decode()
        except (binascii.Error, ValueError):
            name = ""
        text = f"basic {name.lower()}" if name else authorization
    return _hashed(text)


def _hashed(text: str) -> str:
    return blake2b(text.encode(errors="replace"), digest_size=16, person=_PERSON).hexdigest()


@define(eq=False)
class Limiter:
    """The budgets of all credentials; *clock*, *sleep* and *jitter* are for tests."""

    quota: Quota
    clock: Callable[[], float]
    sleep: Callable[[float], Awaitable[object]]
    jitter: Callable[[], float]
    _kept: Store | None = None
    _lanes: dict[str, Lane] = field(factory=dict)
    _names: dict[str, str] = field(factory=dict)
    """By lane: the service's own name of the group, where it is another one."""
    _users: set[object] = field(factory=set)
    _swept_at: float = -math.inf

    def lane(self, who: str, group: str) -> Lane:
        """The budget of *group* and the credential *who*."""
        group = ANONYMOUS if who == ANONYMOUS else group
        key = f"{who}/{group}"
        key = self._names.get(key, key)
        found = self._lanes.get(key)
        return found if found is not None else self._new(key)

    def _new(self, key: str) -> Lane:
        now = self.clock()
        if len(self._lanes) >= _MANY_LANES and not 0 <= now - self._swept_at < _SWEEP_EVERY:
            self._swept_at = now
            self._sweep(now)
        if self._kept is None:
            self._kept = self.quota._store(self.clock)  # noqa: SLF001 - they are one thing
        group = key.rpartition("/")[2]
        limit, window = DOCUMENTED.get(group, (None, HOUR))
        lane = Lane(key, group, self._kept, self.clock, self.jitter, limit, window, used_at=now)
        self._lanes[key] = lane
        return lane

    def _sweep(self, now: float) -> None:
        """Forget what nobody has used for as long as it counts."""
        for key, lane in list(self._lanes.items()):
            if lane.idle and lane.used_at < now - max(HOUR, lane.window):
                lane.store.forget(key)
                del self._lanes[key]
        self._names = {key: name for key, name in self._names.items() if name in self._lanes}

    def named(self, lane: Lane, name: str) -> Lane:
        """The budget that the service calls *name*, where *lane* was thought to be meant."""
        who, _, group = lane.key.rpartition("/")
        if name == group or who == ANONYMOUS or "/" in name:
            return lane
        self._names[lane.key] = f"{who}/{name}"
        return self.lane(who, name)

    def budgets(self, who: str) -> dict[str, Budget]:
        """The budgets of one credential by group, of those groups that were called."""
        found = [lane for lane in self._lanes.values() if lane.key.rpartition("/")[0] == who]
        return {lane.group: lane.snapshot() for lane in found}

    def begin(self, user: object) -> None:
        """A client begins to use it."""
        self._users.add(user)

    async def end(self, user: object) -> None:
        """A client is done; the last one closes the connections to Redis."""
        self._users.discard(user)
        if not self._users and self._kept is not None:
            await self._kept.close()
