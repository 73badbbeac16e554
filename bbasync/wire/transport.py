"""The transport: sends a request as often as is right, and hands back its answer or its error."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from math import inf
from typing import Any, Final

from attrs import define, evolve, field

from .budget import Hold, Terms
from .cache import NOT_MODIFIED, Revalidation
from .caller import Callers, Credentials
from .calls import Call, Calls
from .counting import Quota
from .entry import way_in
from .events import Event, Kind, Listeners
from .exchange import Broken, Kept, Line
from .message import Answer, Authorizer, Request, Safety, Sender
from .opened import Opened
from .origin import Origins, printable
from .outcome import Outcome, facts_of, may_have_happened, status_of, throttles, was_lost
from .redirect import MOST_HOPS, REDIRECTS, Hop, follow
from .retry import RetryBudget, RetryPolicy
from .status import error_of
from .together import Together, may_share
from .turn import Gate
from .verdict import finished, wait_after

_UNAUTHORIZED: Final = 401
_FIRST_OTHER: Final = 300
"""Below are the answers of which there is nothing more to say."""
_NO_MORE: Final = "it was not tried again: this client has repeated too much lately"


@define(eq=False)
class Transport:
    """Sends requests over one line; *clock*, *ticks*, *sleep* and *jitter* are for tests.

    *deadline* is how many seconds a call may take in all, with everything it waits for.
    """

    line: Line
    origins: Origins
    policy: RetryPolicy = field(factory=RetryPolicy)
    auth: Credentials | None = field(default=None, repr=False)
    budget: RetryBudget = field(factory=RetryBudget)
    deadline: float | None = None
    quota: Quota = field(factory=Quota.local)
    reserve: float = 0.0
    listeners: Listeners = field(factory=Listeners)
    calls: Calls = field(factory=Calls)
    aside: Calls = field(factory=Calls)
    """Those that credentials make for themselves."""
    together: Together = field(factory=Together)
    cache: Revalidation | None = None
    clock: Callable[[], float] = time.time
    ticks: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    jitter: Callable[[], float] = random.random
    sent: int = 0
    """Requests sent so far, with repetitions and redirects."""
    callers: Callers = field(init=False)
    _gate: Gate | None = None

    def __attrs_post_init__(self) -> None:
        self.callers = Callers.of(self.auth, self)

    @property
    def gate(self) -> Gate:
        """The way through the limiter."""
        if self._gate is None:
            places = self.line.queues.places
            terms = Terms(self.policy.max_wait, self.reserve, self.origins.official, places)
            limiter = self.quota.limiter(self.clock, self.sleep, self.jitter)
            limiter.begin(self)
            self._gate = Gate(limiter, terms, self.callers)
        return self._gate

    def of(self, auth: Credentials | None) -> Transport:
        """The same for another credential: over the same connections, closed together with it."""
        made = evolve(self, auth=auth, sent=0, gate=Gate(self.gate.limiter, self.gate.terms))
        made.gate.callers = made.callers
        return made

    def sender_to(self, base_url: str, auth: Authorizer | None) -> Sender:
        """What sends requests to *base_url* with *auth*, over the same connections."""
        made = self.of(auth)
        made.origins, made.calls, made.together = Origins(base_url), self.aside, Together()
        made.cache = made.deadline = None  # of what is cut off, a new token may be lost
        return made

    def guard(self, task: asyncio.Task[Any]) -> None:
        """Let *task*, which renews a credential, end before the connections are closed."""
        self.aside.guard(task)

    async def send(self, request: Request) -> Answer:
        """Send *request*; raises the error that the final answer is.

        Addresses outside the API are refused before anything is sent.
        """
        call = self._call(request)
        answer = await self._send(call, None)
        if answer.unchanged:
            self._tell("done", call, status=NOT_MODIFIED)
        else:
            self._tell("done", call, status=answer.status, received=len(answer.body))
        return answer

    @asynccontextmanager
    async def open(self, request: Request) -> AsyncGenerator[Opened, None]:
        """Send *request* the same way, and leave the body of its answer to be read."""
        call = self._call(request)
        kept: list[Kept] = []
        answer = await self._send(call, kept)
        if not kept:  # 304, say, which nobody asked for
            error = error_of(answer)
            self._tell("done", call, status=answer.status, reason=type(error).__name__)
            raise error
        body = Opened(answer, kept[-1].response, self.calls)
        self.calls.reading(body)
        try:
            yield body
        finally:
            self.calls.end(body)
            kept[-1].close()
            told: dict[str, Any] = {"received": body.received, "reason": body.failure}
            self._tell("done", call, status=answer.status, **told)

    async def close(self, grace: float) -> None:
        """Let those calls that are under way end within *grace* seconds, or end them."""
        try:
            await self.calls.close(grace)
            await self.aside.settle()
        finally:
            try:
                await self.aside.close(0)  # one may be about to try again, in a minute
                await self.line.session.close()
                await self.calls.unwound()
                await self.aside.unwound()
            finally:
                await self.gate.limiter.end(self)

    def _call(self, request: Request) -> Call:
        return Call(request, self.origins.resolve(request.target), self.ticks())

    async def _send(self, call: Call, kept: list[Kept] | None) -> Answer:
        stay = self.calls.begin()
        try:
            if self.listeners.listeners:  # the log says nothing of it
                self._tell("queued", call)
            if self.deadline is None:
                return await self._answer(call, kept)
            return await self._in_time(call, kept, self.deadline)
        except BaseException as error:
            found = call.cut_short() if stay.explains(error) else error
            self._tell("done", call, status=status_of(found), reason=type(found).__name__)
            if found is error:
                raise
            raise found from None
        finally:
            self.calls.end(stay)

    async def _in_time(self, call: Call, kept: list[Kept] | None, deadline: float) -> Answer:
        limit = asyncio.timeout(deadline)
        try:
            async with limit:
                return await self._answer(call, kept)
        except TimeoutError:
            if limit.expired():
                raise call.too_late(deadline) from None
            raise

    async def _answer(self, call: Call, kept: list[Kept] | None) -> Answer:
        if kept is None and may_share(call.request):
            who = await self._who(call)
            cache = self.cache
            ask = self._final if cache is None else partial(cache.answer, who, self._final)
            return await self.together.answer(call, who, ask)
        try:
            return await self._final(call, kept)
        finally:
            if call.request.safety is not Safety.READ:
                self.together.part()

    async def _who(self, call: Call) -> str | None:
        """Whose answer it will be."""
        callers = self.callers
        if callers.choice is not None:
            return callers.choice.identity
        caller = callers.only
        call.caller = caller = await caller.now() if caller.gives else caller
        call.header = await caller.header(call.request.method, call.url)
        call.asked = True
        return caller.identity(call.header)

    async def _final(self, call: Call, kept: list[Kept] | None = None) -> Answer:
        self.budget.called()
        while True:
            call.attempt += 1
            outcome = await self._attempt(call, kept)
            if call.attempt == 1 and isinstance(outcome, Answer) and outcome.status < _FIRST_OTHER:
                return outcome
            call.refused += throttles(outcome)
            wait, note = self._wait(call, outcome), ""
            if wait and not throttles(outcome) and not self.budget.allows(self.ticks()):
                wait, note = None, _NO_MORE
            call.lost = call.lost or was_lost(outcome)
            if wait is None:
                return finished(call, outcome, self.policy, self.clock(), note)
            call.doubtful = call.doubtful or may_have_happened(outcome)
            kind: Kind = "throttled" if throttles(outcome) else "retry"
            self._tell(kind, call, wait=wait, **facts_of(outcome))
            call.phase = "waiting to try again"
            if wait and not call.paused:
                await self.sleep(wait)
                call.waited += wait

    def _wait(self, call: Call, outcome: Outcome) -> float | None:
        left = inf if self.deadline is None else self.deadline - (self.ticks() - call.started)
        return wait_after(
            call, outcome, self.policy, now=self.clock(), random=self.jitter(), left=left
        )

    async def _attempt(self, call: Call, kept: list[Kept] | None) -> Outcome:
        hop = Hop(call.request.method, call.url, credential=True)
        hops, call.elsewhere = 0, False
        while True:
            answer = await self._exchange(call, hop, kept)
            if await self._may_enter(call, hop, answer):
                continue
            if isinstance(answer, Broken) or answer.status not in REDIRECTS or hops == MOST_HOPS:
                return answer
            target = follow(self.origins, hop, answer.status, answer.headers.get("Location"))
            if target is None:
                return answer
            call.elsewhere = target.method != call.request.method
            to = printable(str(target.url))
            self._tell("redirect", call, hop, status=answer.status, location=to)
            hop, hops = target, hops + 1

    async def _may_enter(self, call: Call, hop: Hop, outcome: Outcome) -> bool:
        """Whether a call that was turned away has another credential, or the same renewed."""
        if isinstance(outcome, Broken) or outcome.status != _UNAUTHORIZED or not hop.credential:
            return False
        way = await way_in(call, self.callers)
        if way:
            self._tell("retry", call, hop, status=_UNAUTHORIZED, reason=way)
        return bool(way)

    async def _exchange(self, call: Call, hop: Hop, kept: list[Kept] | None) -> Outcome:
        def began() -> None:
            self.sent += 1
            call.out, call.phase = True, "waiting for the answer"
            if self.listeners.listeners:
                self._tell("sent", call, hop)

        def held(hold: Hold) -> None:
            call.phase = "waiting for the quota"
            self._tell("throttled", call, hop, wait=hold.seconds, reason=hold.reason)

        call.phase = "waiting for a connection"
        turn = self.gate.turn(call, hop, held)
        outcome: Outcome | None = None
        try:
            outcome = await self.line.exchange(call, hop, began, turn, kept=kept)
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
