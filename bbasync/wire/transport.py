"""The transport: sends a request as often as is right, and hands back its answer or its error."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from math import inf
from typing import Any, Final

from attrs import define, evolve, field

from ..errors import AmbiguousWriteError, BitbucketError, ConnectionFailedError, TimedOutError
from .budget import Hold, Terms
from .calls import Call, Calls
from .events import Event, Kind, Listeners
from .exchange import Broken, Kept, Line
from .limiter import Quota
from .message import Answer, Request, Safety
from .opened import Opened
from .origin import Origins, printable
from .quota import moment
from .redirect import MOST_HOPS, REDIRECTS, Hop, follow
from .retry import TOO_MANY, UNTOUCHED, Failure, RetryBudget, RetryPolicy
from .status import error_of
from .turn import Gate

_NOT_FOUND: Final = 404
_LENGTH_REQUIRED: Final = 411
_FIRST_ERROR: Final = 400
_FIRST_SERVER_ERROR: Final = 500
_NO_MORE: Final = "it was not tried again: this client has repeated too much lately"


@define(eq=False)
class Transport:
    """Sends requests over one line; *clock*, *ticks*, *sleep* and *jitter* are for tests.

    *deadline* is how many seconds a call may take in all, with everything it waits for.
    """

    line: Line
    origins: Origins
    policy: RetryPolicy = field(factory=RetryPolicy)
    budget: RetryBudget = field(factory=RetryBudget)
    deadline: float | None = None
    quota: Quota = field(factory=Quota.local)
    reserve: float = 0.0
    listeners: Listeners = field(factory=Listeners)
    calls: Calls = field(factory=Calls)
    clock: Callable[[], float] = time.time
    ticks: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    jitter: Callable[[], float] = random.random
    sent: int = 0
    """Requests sent so far, with repetitions and redirects."""
    _gate: Gate | None = field(default=None, init=False)

    @property
    def gate(self) -> Gate:
        """The way through the limiter."""
        if self._gate is None:
            places = self.line.queues.places
            terms = Terms(self.policy.max_wait, self.reserve, self.origins.official, places)
            limiter = self.quota.limiter(self.clock, self.sleep, self.jitter)
            limiter.begin(self)
            self._gate = Gate(limiter, terms)
        return self._gate

    async def send(self, request: Request) -> Answer:
        """Send *request*; raises the error that the final answer is.

        Addresses outside the API are refused before anything is sent.
        """
        call = self._call(request)
        answer = await self._send(call, None)
        self._tell("done", call, status=answer.status, received=len(answer.body))
        return answer

    @asynccontextmanager
    async def open(self, request: Request) -> AsyncGenerator[Opened, None]:
        """Send *request* the same way, and leave the body of its answer to be read."""
        call = self._call(request)
        kept: list[Kept] = []
        answer = await self._send(call, kept)
        if not kept:  # 304, say, which nobody asked for
            self._tell("done", call, status=answer.status)
            raise error_of(answer)
        body = Opened(answer, kept[-1].response, self.calls)
        self.calls.reading(body)
        try:
            yield body
        finally:
            self.calls.end(body)
            kept[-1].close()
            self._tell("done", call, status=answer.status, received=body.received)

    async def close(self, grace: float) -> None:
        """Let those calls that are under way end within *grace* seconds, or end them."""
        try:
            await self.calls.close(grace)
        finally:
            await self.line.session.close()
            await self.calls.unwound()
            await self.gate.limiter.end(self)

    def _call(self, request: Request) -> Call:
        return Call(request, self.origins.resolve(request.target), self.ticks())

    async def _send(self, call: Call, kept: list[Kept] | None) -> Answer:
        limit = self.calls.begin(self.deadline)
        try:
            async with limit:
                self._tell("queued", call)
                return await self._final(call, kept)
        except BaseException as error:
            ended = isinstance(error, TimeoutError) and limit.expired()
            found = self._overtaken(call) if ended else error
            self._tell("done", call, status=_status_of(found), reason=type(found).__name__)
            if found is error:
                raise
            raise found from None
        finally:
            self.calls.end(limit)

    def _overtaken(self, call: Call) -> BitbucketError:
        """The error of a call that was ended from outside: by its deadline, or by its client."""
        return call.cut_short() if self.calls.cut else call.too_late(self.deadline or 0.0)

    async def _final(self, call: Call, kept: list[Kept] | None) -> Answer:
        self.budget.called()
        while True:
            call.attempt += 1
            outcome = await self._attempt(call, kept)
            call.refused += _throttles(outcome)
            wait, note = self._wait(call, outcome), ""
            if wait and not _throttles(outcome) and not self.budget.allows(self.ticks()):
                wait, note = None, _NO_MORE
            call.lost = call.lost or _was_lost(outcome)
            if wait is None:
                return self._finish(call, outcome, note)
            call.doubtful = call.doubtful or _may_have_happened(outcome)
            kind: Kind = "throttled" if _throttles(outcome) else "retry"
            self._tell(kind, call, wait=wait, **_facts_of(outcome))
            call.phase = "waiting to try again"
            if wait and not call.paused:
                await self.sleep(wait)
                call.waited += wait

    def _wait(self, call: Call, outcome: Answer | Broken) -> float | None:
        if isinstance(outcome, Answer) and outcome.status < _FIRST_ERROR:
            return None
        if isinstance(outcome, Answer) and outcome.status == _LENGTH_REQUIRED and not call.measured:
            call.measured = True
            return 0.0
        left = inf if self.deadline is None else self.deadline - (self.ticks() - call.started)
        return self.policy.wait(
            call.request.safety,
            outcome.status if isinstance(outcome, Answer) else outcome.failure,
            call.refused if _throttles(outcome) else call.attempt - call.refused,
            headers=outcome.headers if isinstance(outcome, Answer) else {},
            now=self.clock(),
            random=self.jitter(),
            waited=call.waited,
            left=left,
            paused=call.paused,
        )

    def _finish(self, call: Call, outcome: Answer | Broken, note: str) -> Answer:
        """The answer, or its error; what *call* has of doubts speaks of all tries."""
        if isinstance(outcome, Broken):
            raise _noted(_error_of(call, outcome), note) from outcome.cause
        answer = outcome if call.attempt == 1 else evolve(outcome, attempts=call.attempt)
        if answer.status < _FIRST_ERROR and answer.status not in REDIRECTS:
            return answer
        if answer.status == _NOT_FOUND and call.request.safety is Safety.VERIFY and call.doubtful:
            # The first try of the deletion was carried out; only its answer was lost.
            return evolve(answer, status=204, body=b"")
        error = _noted(error_of(answer, reset_at=self._reset_at(answer)), note)
        doubtful = call.lost or (call.doubtful and answer.status < _FIRST_SERVER_ERROR)
        if doubtful and call.request.safety is not Safety.READ:
            reason = f"and its repetition was answered {answer.status}"
            raise AmbiguousWriteError(call.request.method, call.where, reason) from error
        raise error

    def _reset_at(self, answer: Answer) -> datetime | None:
        if answer.status != TOO_MANY:
            return None
        now = self.clock()
        return moment(now + self.policy.throttled(1, answer.headers, now, 0.0))

    async def _attempt(self, call: Call, kept: list[Kept] | None) -> Answer | Broken:
        hop = Hop(call.request.method, call.url, credential=True)
        hops = 0
        while True:
            answer = await self._exchange(call, hop, kept)
            if isinstance(answer, Broken) or hops == MOST_HOPS:
                return answer
            target = follow(self.origins, hop, answer.status, answer.headers.get("Location"))
            if target is None:
                return answer
            to = printable(str(target.url))
            self._tell("redirect", call, hop, status=answer.status, location=to)
            hop, hops = target, hops + 1

    async def _exchange(self, call: Call, hop: Hop, kept: list[Kept] | None) -> Answer | Broken:
        def began() -> None:
            self.sent += 1
            call.out, call.phase = True, "waiting for the answer"
            self._tell("sent", call, hop)

        def held(hold: Hold) -> None:
            call.phase = "waiting for the quota"
            self._tell("throttled", call, hop, wait=hold.seconds, reason=hold.reason)

        call.phase = "waiting for a connection"
        turn = self.gate.turn(call, hop, held)
        outcome: Answer | Broken | None = None
        try:
            outcome = await self.line.exchange(
                call.request, hop, began, turn, kept=kept, measured=call.measured
            )
        finally:
            turn.end(outcome if isinstance(outcome, Answer) else None)
        call.out = False
        await turn.share()
        return outcome

    def _tell(self, kind: Kind, call: Call, hop: Hop | None = None, **facts: Any) -> None:
        if not self.listeners.wants(kind):
            return
        self.listeners.tell(
            Event(
                kind,
                call.number,
                hop.method if hop else call.request.method,
                printable(str(hop.url)) if hop else call.where,
                call.request.operation,
                call.attempt,
                seconds=self.ticks() - call.started,
                **facts,
            )
        )


def _throttles(outcome: Answer | Broken) -> bool:
    return isinstance(outcome, Answer) and outcome.status == TOO_MANY


def _may_have_happened(outcome: Answer | Broken) -> bool:
    if isinstance(outcome, Answer):
        return outcome.status not in UNTOUCHED
    return outcome.failure is not Failure.UNSENT


def _was_lost(outcome: Answer | Broken) -> bool:
    return isinstance(outcome, Broken) and outcome.failure in {Failure.LOST, Failure.TIMED_OUT}


def _facts_of(outcome: Answer | Broken) -> dict[str, Any]:
    if isinstance(outcome, Broken):
        return {"reason": outcome.reason}
    return {"status": outcome.status}


def _status_of(error: BaseException) -> int | None:
    found = getattr(error, "status", None)
    return found if isinstance(found, int) else None


def _noted(error: BitbucketError, note: str) -> BitbucketError:
    if note:
        error.add_note(note)
    return error


def _error_of(call: Call, broken: Broken) -> BitbucketError:
    if call.in_doubt:
        return AmbiguousWriteError(call.request.method, call.where, broken.reason)
    times = "once" if call.attempt == 1 else f"{call.attempt} times"
    where = call.where.partition("?")[0]
    text = f"{call.request.method} {where} failed: {broken.reason} (tried {times})"
    kind = TimedOutError if broken.failure is Failure.TIMED_OUT else ConnectionFailedError
    return kind(text)
