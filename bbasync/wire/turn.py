"""One exchange's way through the limiter: wait, be counted, and pass on what the answer says."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Final

from attrs import define, field

from ..errors import AmbiguousWriteError, BitbucketError, RateLimitedError
from .budget import Budget, Hold, Terms
from .calls import Call
from .groups import group_of
from .interactive import is_interactive
from .lane import Lane
from .limiter import Limiter, whose
from .message import Answer, Safety
from .quota import NOTHING, moment, told
from .redirect import Hop
from .retry import TOO_MANY

_LOOK_AGAIN: Final = 300.0
_UNAUTHORIZED: Final = 401


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
    _taken_at: float = 0.0
    _sent_at: float = 0.0
    _heard: tuple[Lane, ...] = ()
    """The budgets that the answer spoke of."""

    async def take(self, authorization: str | None) -> bool:
        """Wait until the call may be made, and count it; gives whether it had to wait.

        RateLimitedError where that would take longer than the client waits.
        """
        if not self._counted:
            return False
        gate, call = self._gate, self._call
        group = group_of(self._hop.method, self._hop.url.raw_path)
        lane = gate.limiter.lane(gate.whose(authorization), group)
        urgent = is_interactive()
        owed, before = call.paused or 0.0, call.waited
        waited = False
        if lane.line.count or await lane.admit(gate.terms, urgent=urgent) is not None:
            waited = True
            await self._in_line(lane, urgent=urgent)
        self._lane, self._taken_at = lane, lane.clock()
        self._sent_at = self._taken_at
        call.paused = None
        # With a credential that is another one each time, nobody has waited, and nothing would
        # ever end it.
        call.waited = max(call.waited, before + owed)
        return waited

    async def _in_line(self, lane: Lane, *, urgent: bool) -> None:
        gate, call, line = self._gate, self._call, lane.line
        ticket = line.join((not urgent, call.number), gate.terms, call.waited)
        said = call.paused is not None  # a retry has been announced already
        call.paused = None
        try:
            while ticket.refused is None:
                hold = Hold(inf)
                if line.up(ticket):
                    found = await lane.admit(gate.terms, urgent=urgent)
                    if found is None:
                        return
                    hold = found
                    if hold.reason and line.too_long(ticket, hold):
                        raise self._refusal(hold)
                    line.held(ticket, hold)
                    if hold.reason and not said:
                        self._held(hold)
                        said = True
                start = lane.clock()
                try:
                    await ticket.pause(_slice(hold.seconds), gate.limiter.sleep)
                finally:
                    if hold.reason:
                        line.waited(ticket, start)
            raise self._refusal(ticket.refused)
        finally:
            call.waited += line.blocked(ticket)
            line.leave(ticket)

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
        lane.store.undo(lane.key, self._taken_at)
        self._lane = None
        lane.returned(self._gate.terms)
        return True

    def end(self, answer: Answer | None) -> None:
        """The exchange is over: learn from *answer*, None where there is none."""
        lane, self._lane = self._lane, None
        if lane is None:
            return
        if answer is not None:
            self._learn(lane, answer)
        elif not self._call.out:
            # It never went out, and so the service counts nothing.
            lane.store.undo(lane.key, self._taken_at)
        lane.returned(self._gate.terms)

    async def share(self) -> None:
        """Settle with other processes what the answer has told, and tell them of a pause."""
        for lane in self._heard:
            await lane.share()

    def _learn(self, lane: Lane, answer: Answer) -> None:
        # Whoever isn't known is counted as nobody, and told nobody's budget.
        unknown = answer.status == _UNAUTHORIZED
        found = NOTHING if unknown else told(answer.headers, lane.clock())
        meant = lane
        if found.resource is not None:
            meant = self._gate.limiter.named(lane, found.resource)
        good = answer.status != TOO_MANY
        meant.heard(found, self._sent_at, good=good)
        if found is not NOTHING or not good:
            self._heard = (lane,) if meant is lane else (lane, meant)
        if meant is not lane:
            lane.heard(NOTHING, self._sent_at, good=good)
            meant.line.wake()
        if not good:
            for one in self._heard:
                one.stop(answer.headers, self._sent_at)
            self._call.paused = meant.paused(meant.clock())


def _slice(seconds: float) -> float:
    """How long to sleep before looking again: while a computer sleeps, its timers do as well."""
    return min(seconds, _LOOK_AGAIN) if seconds < inf else seconds
