"""Looking again and again, until something is done: seldom, and not for ever."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from attrs import evolve, field, frozen

from ..errors import ArgumentError, TimedOutError

T = TypeVar("T")


def _positive(_: object, one: object, value: float) -> None:
    if not value > 0:
        raise ArgumentError(f"{getattr(one, 'name', one)} takes seconds above 0, not {value!r}")


@frozen
class Polling:
    """How often to look, and for how long; all in seconds.

    The pause doubles from *first* to *longest*, since each look is a call that the quota counts.
    """

    timeout: float = field(default=600.0, validator=_positive)
    first: float = field(default=1.0, validator=_positive)
    longest: float = field(default=30.0, validator=_positive)
    sleep: Callable[[float], Awaitable[object]] = field(default=asyncio.sleep, repr=False)
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)

    def within(self, timeout: float | None) -> Polling:
        """The same with another *timeout*, where one is given."""
        return self if timeout is None else evolve(self, timeout=timeout)


USUAL: Final = Polling()
"""Ten minutes."""


async def poll(look: Callable[[], Awaitable[T | None]], polling: Polling, *, what: str) -> T:
    """Call *look* until it gives something that is not None.

    TimedOutError, which names *what* was waited for, past the timeout; a look that is under way
    then is cut short. The last one begins then; it has as long as the first pause.
    """
    deadline = polling.clock() + polling.timeout
    pause = polling.first
    shortest = min(polling.first, polling.timeout)
    late = TimedOutError(f"{what} is not done after {polling.timeout:g} s")
    while True:
        limit = asyncio.timeout(max(shortest, deadline - polling.clock()))
        try:
            async with limit:
                found = await look()
        except TimeoutError as error:
            if limit.expired():
                raise late from error
            raise
        if found is not None:
            return found
        left = deadline - polling.clock()
        if left <= 0:
            raise late
        await polling.sleep(min(pause, left))
        pause = min(pause * 2, polling.longest)
