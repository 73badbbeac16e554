"""One exchange's way through the limiter: wait, be counted, and pass on what the answer says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf

from attrs import define, field

from ..errors import AmbiguousWriteError, BitbucketError, RateLimitedError
from .budget import Budget, Hold, Terms
from .calls import Call
from .groups import group_of
from .lane import Lane
from .limiter import Limiter, whose
from .message import Answer, Safety
from .quota import NOTHING, moment, told
from .redirect import Hop
from .retry import TOO_MANY

_interactive: ContextVar[bool] = ContextVar("bbasync_interactive", default=False)


@contextmanager
def interactive() -> Iterator[None]:
    """Let the calls of the block, and of tasks begun in it, use the reserve and go first."""
    before = _interactive.set(True)
    try:
        yield
    finally:
        _interactive.reset(before)


@define(eq=False)
class Gate:
    """One client's way through the limiter."""

    limiter: Limiter
    terms: Terms
    who: str | None = None
    """Whose budget the latest call used."""
    _authorization: str | None = field(default=None, repr=False)

    def whose(self, authorization: str | None) -> str:
        """Name whom calls with that header are counted against."""
        if self.who is None or authorization != self._authorization:
            self.who, self._authorization = whose(authorization), authorization
        return self.who

    def budgets(self) -> dict[str, Budget]:
        """The budgets of the credential that was used last."""
        return {} if self.who is None else self.limiter.budgets(self.who)

    def turn(self, call: Call, hop: Hop, held: Callable[[Hold], object]) -> Turn:
        """What one exchange of *call* does with the budget; *held* is called when it must wait."""
        counted = self.limiter.quota.counts and hop.credential and call.request.counted
        return Turn(self, call, hop, held, counted)


@define(eq=False)
class Turn:
    """One exchange on its way through the limiter."""

    _gate: Gate
    _call: Call
    _hop: Hop
    _held: Callable[[Hold], object]
    _counted: bool
    _lane: Lane | None = None
    _sent_at: float = 0.0
    _stopped: Lane | None = None

    async def take(self, authorization: str | None) -> bool:
        """Wait until the call may be made, and count it; gives whether it had to wait.

        RateLimitedError where that would take longer than the client waits.
        """
        if not self._counted:
            return False
        gate, call = self._gate, self._call
        group = group_of(self._hop.method, self._hop.url.raw_path)
        lane = gate.limiter.lane(gate.whose(authorization), group)
        urgent = _interactive.get()
        waited = False
        if lane.line.first() is not None or await lane.admit(gate.terms, urgent=urgent) is not None:
            waited = True
            await self._in_line(lane, urgent=urgent)
        self._lane, self._sent_at = lane, lane.clock()
        call.paused = None
        return waited

    async def _in_line(self, lane: Lane, *, urgent: bool) -> None:
        gate, call = self._gate, self._call
        ticket = lane.line.join((not urgent, call.number))
        said = call.paused is not None  # a retry has been announced already
        call.paused = None
        try:
            while True:
                hold: Hold | None = Hold(inf)
                if lane.line.first() is ticket:
                    hold = await lane.admit(gate.terms, urgent=urgent)
                if hold is None:
                    return
                start = lane.clock()
                if hold.reason:
                    so_far = call.waited + lane.line.blocked(ticket)
                    if so_far + hold.seconds > gate.terms.max_wait:
                        raise self._refusal(hold)
                    if not said:
                        self._held(hold)
                        said = True
                try:
                    await ticket.pause(hold.seconds, gate.limiter.sleep)
                finally:
                    if hold.reason:
                        lane.line.waited(start)
        finally:
            call.waited += lane.line.blocked(ticket)
            lane.line.leave(ticket)

    def _refusal(self, hold: Hold) -> BitbucketError:
        call = self._call
        text = (
            f"not sent, but held back by this client's own limiter: {hold.reason} (to wait "
            f"{hold.seconds:.0f} s more is beyond max_wait, {self._gate.terms.max_wait:g} s)"
        )
        error = RateLimitedError(
            status=TOO_MANY,
            method=self._hop.method,
            url=call.where,
            message=text,
            attempts=call.attempt - 1,
            reset_at=moment(self._gate.limiter.clock() + hold.seconds),
        )
        if call.request.safety is Safety.READ or not (call.lost or call.doubtful):
            return error
        doubt = AmbiguousWriteError(
            call.request.method, call.where, f"and its repetition was {text}"
        )
        doubt.__cause__ = error
        return doubt

    def recalled(self) -> bool:
        """Whether all pause since the call was let go; it then has to ask again."""
        lane = self._lane
        if lane is None:
            return False
        self._sent_at = lane.clock()
        if lane.paused(self._sent_at) <= 0:
            return False
        lane.store.undo(lane.key)
        self._lane = None
        lane.returned()
        return True

    def end(self, answer: Answer | None) -> None:
        """The exchange is over: learn from *answer*, None where there is none."""
        lane, self._lane = self._lane, None
        if lane is None:
            return
        if answer is not None:
            self._learn(lane, answer)
        lane.returned()

    async def share(self) -> None:
        """Tell other processes of the pause, if the answer was a 429."""
        if self._stopped is not None:
            await self._stopped.share()

    def _learn(self, lane: Lane, answer: Answer) -> None:
        found = told(answer.headers, lane.clock())
        meant = lane
        if found.resource is not None:
            meant = self._gate.limiter.named(lane, found.resource)
        good = answer.status != TOO_MANY
        meant.heard(found, self._sent_at, good=good)
        if meant is not lane:
            lane.heard(NOTHING, self._sent_at, good=good)
        if not good:
            for one in {id(meant): meant, id(lane): lane}.values():
                one.stop(answer.headers, self._sent_at)
            self._call.paused = meant.paused(meant.clock())
            self._stopped = meant
