"""Stores of deliveries: which have been handled, and which somebody is at."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from math import inf
from typing import Any, Final, Protocol

from ..errors import ArgumentError
from ..wire.options import check_number

KEEP: Final = 24 * 3600.0
"""Seconds for which it is known that a delivery was handled: the service retries much sooner."""
LEASE: Final = 60.0
"""Seconds after which a delivery may be claimed again whose claimer is not heard of any more."""


class DeliveryStore(Protocol):
    """Remembers deliveries by their id, which is the same for every attempt.

    A store must decide two claims of one id at the same time for one of them. A claim whose holder
    has crashed must end by itself; what was handled must not be claimed again.
    What comes again before that claim has ended is answered as accepted, and the service does not
    send it a third time: keep leases short. Processes behind one address need one store together.
    """

    async def claim(self, id: str) -> bool:
        """Whether the caller shall handle it: nobody has, and nobody is at it."""
        ...

    async def done(self, id: str) -> None:
        """It was handled, well or not."""
        ...

    async def release(self, id: str) -> None:
        """It was not: the next attempt may be claimed."""
        ...


class MemoryDeliveryStore:
    """Remembers while the process lives: handled deliveries for *keep* seconds, *size* at the most.

    What is in work is never forgotten before it was *lease* seconds there; as long as a Receiver
    works on it, that one itself starts it no second time.
    """

    def __init__(
        self,
        *,
        keep: float = KEEP,
        lease: float = LEASE,
        size: int = 100_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        check_times(keep, lease)
        check_number("size", size, 1, whole=True)
        self._keep, self._lease, self._size, self._clock = keep, lease, size, clock
        self._working: dict[str, float] = {}
        self._done: OrderedDict[str, float] = OrderedDict()
        """Until when, in order: all are kept equally long."""

    def __repr__(self) -> str:
        return f"<MemoryDeliveryStore of {len(self._done)} handled, {len(self._working)} in work>"

    async def claim(self, id: str) -> bool:
        """Whether the caller shall handle it."""
        now = self._clock()
        self._forget(now)
        if id in self._done or self._working.get(id, now) > now:
            return False
        self._working[id] = now + self._lease
        return True

    async def done(self, id: str) -> None:
        """It was handled."""
        now = self._clock()
        self._working.pop(id, None)
        self._done[id] = now + self._keep
        self._done.move_to_end(id)
        self._forget(now)

    async def release(self, id: str) -> None:
        """It was not; what was handled stays so."""
        self._working.pop(id, None)

    def _forget(self, now: float) -> None:
        while self._done and (
            len(self._done) > self._size or next(iter(self._done.values())) <= now
        ):
            self._done.popitem(last=False)


def check_times(keep: float, lease: float) -> None:
    """ArgumentError where no store could work with them."""
    check_seconds("keep", keep)
    check_seconds("lease", lease)


def check_seconds(name: str, value: Any) -> None:
    """ArgumentError where *value* is no time that passes, and ends."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 0 < value < inf:
        raise ArgumentError(f"{name} takes seconds, more than none, not {value!r}")
