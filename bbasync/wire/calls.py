"""The calls under way: what each has come to, its deadline, and the end of all at closing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from typing import Any, Final, Protocol

from attrs import define, field
from yarl import URL

from ..errors import (
    AmbiguousWriteError,
    AnswerError,
    BitbucketError,
    ClientClosedError,
    ConnectionFailedError,
    TimedOutError,
)
from .caller import Caller
from .events import next_number
from .message import Request, Safety
from .origin import printable

_log = logging.getLogger("bbasync")

_TO_UNWIND: Final = 5.0
"""Seconds that calls get to end once they are told to."""
_TO_SETTLE: Final = 10.0
"""Seconds that a renewal gets to end: what it was given by the service is given only once."""


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
    elsewhere: bool = False
    """The write was carried out, and its answer is read from another address."""
    measured: bool = False
    """A 411 has been answered with a length that nobody can overlook."""
    caller: Caller | None = field(default=None, repr=False)
    """Whom it is made for, when that has been chosen."""
    header: str | None = field(default=None, repr=False)
    """The value of the Authorization header that it was sent with, or is about to be."""
    asked: bool = False
    """Whether *header* has just been asked for, and is not sent yet."""
    renewed: tuple[Caller, ...] = field(default=(), repr=False)
    """Those that were asked for another header after a 401: each is so once."""
    dropped: tuple[Caller, ...] = field(default=(), repr=False)
    """Those that are out since this call was answered 401."""

    @property
    def where(self) -> str:
        """The address as it may be shown."""
        return printable(str(self.url))

    def hint(self, error: AnswerError) -> str:
        """The way out of *error*, a 401 or 403, as its credential knows it."""
        caller = self.caller
        if caller is None or (self.header is None and caller.auth is not None):  # not the API's
            return ""
        return caller.hint(error)

    @property
    def in_doubt(self) -> bool:
        """Whether it is a write of which nobody knows if it was carried out."""
        safe = self.request.safety is Safety.READ
        return not safe and (self.out or self.lost or self.doubtful or self.elsewhere)

    def too_late(self, deadline: float) -> BitbucketError:
        """The error of a call that was not done within *deadline* seconds."""
        if self.in_doubt:
            reason = f"no answer within the deadline of {deadline:g} s"
            return AmbiguousWriteError(self.request.method, self.where, reason)
        return TimedOutError(
            f"{self.request.method} {self.where.partition('?')[0]} failed: not done within the "
            f"deadline of {deadline:g} s (in attempt {max(1, self.attempt)}, {self.phase})"
        )

    def broken_off(self, reason: str, *, late: bool) -> BitbucketError:
        """The error of a call that got no answer, and is not tried again; *late* is for silence."""
        if self.in_doubt:
            return AmbiguousWriteError(self.request.method, self.where, reason)
        times = "once" if self.attempt == 1 else f"{self.attempt} times"
        where = self.where.partition("?")[0]
        text = f"{self.request.method} {where} failed: {reason} (tried {times})"
        return TimedOutError(text) if late else ConnectionFailedError(text)

    def cut_short(self) -> ClientClosedError:
        """The error of a call that was under way when its client was closed."""
        text = "the client was closed while a call was under way"
        doubt = ": it may or may not have been carried out" if self.in_doubt else ""
        return ClientClosedError(
            f"{text} ({self.request.method} {self.where.partition('?')[0]}){doubt}"
        )


@define(eq=False)
class Stay:
    """The time that a call is under way in its task, which the end of the client cuts short.

    As asyncio.timeout does, which takes several times as long to begin and to end.
    """

    task: asyncio.Task[Any]
    asked: int
    """How often the task had been asked to end when the call began."""
    is_cut: bool = False

    def cut(self) -> None:
        """Let the call fail."""
        if not self.is_cut:
            self.is_cut = True
            self.task.cancel()

    def explains(self, error: BaseException) -> bool:
        """Whether *error* comes of the cut, and nobody else has cancelled the task."""
        if not self.is_cut or not isinstance(error, asyncio.CancelledError):
            return False
        return self.task.cancelling() <= self.asked + 1

    def end(self) -> None:
        """Take back what the task was asked."""
        if self.is_cut:
            self.task.uncancel()


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
    _running: dict[Stay | Body, asyncio.Task[Any] | None] = field(factory=dict)
    _changed: asyncio.Event = field(factory=asyncio.Event)
    _guarded: set[asyncio.Task[Any]] = field(factory=set)

    def begin(self) -> Stay:
        """Let a call in, which ends with its client."""
        if self.closed:
            raise ClientClosedError("the client is closed: make the call inside its async with")
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a call is made in a task")
        stay = Stay(task, task.cancelling())
        self._running[stay] = task
        return stay

    def reading(self, body: Body) -> None:
        """A stream's *body* is being read, which has no deadline."""
        self._running[body] = asyncio.current_task()

    def end(self, one: Stay | Body) -> None:
        """A call, or the reading of a body, is over."""
        self._running.pop(one, None)
        if isinstance(one, Stay):
            one.end()
        if self.closed:  # and so somebody may wait for it
            self._changed.set()

    async def close(self, grace: float) -> None:
        """Let no call in any more, wait *grace* seconds for the others, then end them."""
        self.closed = True
        me = asyncio.current_task()
        try:
            await self._alone(lambda: self._others(me), grace)
        finally:
            self._end_others(me, grace)

    def guard(self, task: asyncio.Task[Any]) -> None:
        """*task* is not to be ended by the end of the client."""
        self._guarded.add(task)
        task.add_done_callback(self._guarded.discard)

    async def settle(self) -> None:
        """Wait until the guarded tasks are done, for a while."""
        if self._guarded:
            _, late = await asyncio.wait(self._guarded, timeout=_TO_SETTLE)
            if late:
                _log.warning("the client was closed while a credential was renewed")

    async def unwound(self) -> None:
        """Wait until the calls that were ended are gone."""
        me = asyncio.current_task()
        await self._alone(lambda: self._others(me, Stay), _TO_UNWIND)

    def _end_others(self, me: asyncio.Task[Any] | None, grace: float) -> None:
        late = self._others(me)
        self.cut = True
        for one in self._running:
            if one in late or not isinstance(one, Stay):
                one.cut()
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
        self, me: asyncio.Task[Any] | None, kind: type[object] = object
    ) -> set[Stay | Body]:
        """What is under way in other tasks than *me*."""
        running = self._running.items()
        return {one for one, task in running if task is not me and isinstance(one, kind)}
