"""The calls under way: what each has come to, its deadline, and the end of all at closing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from typing import Final, Protocol

from attrs import define, field
from yarl import URL

from ..errors import AmbiguousWriteError, BitbucketError, ClientClosedError, TimedOutError
from .events import next_number
from .message import Request, Safety
from .origin import printable

_log = logging.getLogger("bbasync")

_TO_UNWIND: Final = 5.0
"""Seconds that calls get to end once they are told to."""


@define(eq=False)
class Call:
    """One call, and what has become of it so far."""

    request: Request
    url: URL
    started: float
    number: int = field(factory=next_number)
    attempt: int = 0
    refused: int = 0
    """Attempts that a 429 ended."""
    waited: float = 0.0
    paused: float | None = None
    """Seconds for which the 429 that it had just now stops all calls of its kind."""
    phase: str = "waiting for a connection"
    out: bool = False
    """The request is on its way, and may be carried out."""
    doubtful: bool = False
    """An earlier try may have been carried out."""
    lost: bool = False
    """The answer to an earlier try never came."""
    measured: bool = False
    """A 411 has been answered with a length that nobody can overlook."""

    @property
    def where(self) -> str:
        """The address as it may be shown."""
        return printable(str(self.url))

    @property
    def in_doubt(self) -> bool:
        """Whether it is a write of which nobody knows if it was carried out."""
        return (self.out or self.lost) and self.request.safety is not Safety.READ

    def too_late(self, deadline: float) -> BitbucketError:
        """The error of a call that was not done within *deadline* seconds."""
        if self.in_doubt:
            reason = f"no answer within the deadline of {deadline:g} s"
            return AmbiguousWriteError(self.request.method, self.where, reason)
        return TimedOutError(
            f"{self.request.method} {self.where.partition('?')[0]} failed: not done within the "
            f"deadline of {deadline:g} s (in attempt {max(1, self.attempt)}, {self.phase})"
        )

    def cut_short(self) -> ClientClosedError:
        """The error of a call that was under way when its client was closed."""
        text = "the client was closed while a call was under way"
        doubt = ": it may or may not have been carried out" if self.in_doubt else ""
        return ClientClosedError(
            f"{text} ({self.request.method} {self.where.partition('?')[0]}){doubt}"
        )


class Body(Protocol):
    """The body of an answer, which somebody reads."""

    def cut(self) -> None:
        """Let whoever reads it fail."""
        ...


@define(eq=False)
class Calls:
    """All calls of a client, so that none outlives it."""

    closed: bool = False
    """No new ones are let in; those under way may still go on for a while."""
    cut: bool = False
    """Those under way are ended."""
    _running: dict[asyncio.Timeout | Body, asyncio.Task[object] | None] = field(factory=dict)
    _changed: asyncio.Event = field(factory=asyncio.Event)

    def begin(self, deadline: float | None) -> asyncio.Timeout:
        """Let a call in; the block that it runs in ends with its deadline or its client."""
        if self.closed:
            raise ClientClosedError("the client is closed: make the call inside its async with")
        limit = asyncio.timeout(deadline)
        self._running[limit] = asyncio.current_task()
        return limit

    def reading(self, body: Body) -> None:
        """A stream's *body* is being read, which has no deadline."""
        self._running[body] = asyncio.current_task()

    def end(self, one: asyncio.Timeout | Body) -> None:
        """A call, or the reading of a body, is over."""
        self._running.pop(one, None)
        self._changed.set()

    async def close(self, grace: float) -> None:
        """Let no call in any more, wait *grace* seconds for the others, then end them."""
        self.closed = True
        me = asyncio.current_task()
        try:
            await self._alone(lambda: self._others(me), grace)
        finally:
            self._end_others(me, grace)

    async def unwound(self) -> None:
        """Wait until the calls that were ended are gone."""
        me = asyncio.current_task()
        await self._alone(lambda: self._others(me, asyncio.Timeout), _TO_UNWIND)

    def _end_others(self, me: asyncio.Task[object] | None, grace: float) -> None:
        late = self._others(me)
        self.cut = True
        now = asyncio.get_running_loop().time()
        for one in self._running:
            if not isinstance(one, asyncio.Timeout):
                one.cut()
            elif one in late and not one.expired():
                one.reschedule(now)
        if late:
            _log.warning(
                "the client was closed while %d %s under way: ended after %g s",
                len(late),
                "call was" if len(late) == 1 else "calls were",
                grace,
            )

    async def _alone(self, others: Callable[[], Collection[object]], seconds: float) -> None:
        """Wait until there are no *others* any more, *seconds* at the most."""
        if seconds <= 0 or not others():
            return
        try:
            async with asyncio.timeout(seconds):
                while others():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return

    def _others(
        self, me: asyncio.Task[object] | None, kind: type[object] = object
    ) -> set[asyncio.Timeout | Body]:
        """What is under way in other tasks than *me*."""
        running = self._running.items()
        return {one for one, task in running if task is not me and isinstance(one, kind)}
