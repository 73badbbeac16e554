"""One exchange's way through the limiter: wait, be counted, and pass on what the answer says."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Final

from attrs import define, field
from yarl import URL

from ..errors import (
    AmbiguousWriteError,
    BitbucketError,
    RateLimitedError,
    ReauthorizationRequired,
)
from .budget import Budget, Hold, Terms, in_all
from .caller import Caller, Callers
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
_CURSORS: Final = frozenset({"ctx", "after"})
"""What lists have in an address beside a page's number, or for one."""
_UNAUTHORIZED: Final = 401


@define(eq=False)
class Gate:
    """One client's way through the limiter."""

    limiter: Limiter
    terms: Terms
    callers: Callers | None = None
    who: str | None = None
    """Whose budget the latest call used."""
    _named: tuple[str | None, str | None] = field(default=(None, None), repr=False)

    def whose(self, authorization: str | None, budget: str | None = None) -> str:
        """Name whom calls with that header are counted against, or with the name of a *budget*."""
        named = authorization, budget
        if self.who is None or named != self._named:
            self.who, self._named = whose(*named), named
        return self.who

    def budgets(self) -> dict[str, Budget]:
        """The budgets of the credential that was used last; of a choice, of all that were used."""
        if self.callers is None or self.callers.choice is None:
            return {} if self.who is None else self.limiter.budgets(self.who)
        by_group: dict[str, list[Budget]] = {}
        for who in self.callers.counted():
            for group, budget in self.limiter.budgets(who).items():
                by_group.setdefault(group, []).append(budget)
        return {group: in_all(budgets) for group, budgets in by_group.items()}

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
    is_elsewhere: bool = False
    """Whether the call is to be made with another credential, which has calls left."""
    _heard: tuple[Lane, ...] = ()
    """The budgets that the answer spoke of."""
    _caller: Caller | None = None
    """Who is chosen for the call."""

    @property
    def _group(self) -> str:
        return group_of(self._hop.method, self._hop.url.raw_path)

    async def header(self) -> str | None:
        """The value of the Authorization header, of the credential that is chosen for the call."""
        callers, call = self._gate.callers, self._call
        if callers is None or not self._hop.credential:
            return None
        while True:
            caller = callers.only if callers.choice is None else self._chosen(callers)
            if call.asked and call.caller is caller:
                call.asked = False
                return call.header
            call.caller = caller
            try:
                return await caller.header(self._hop.method, self._hop.url)
            except ReauthorizationRequired as error:
                if not callers.drop(caller, str(error)):
                    raise
                self._release(callers)

    def _chosen(self, callers: Callers) -> Caller:
        if self._caller is not None and not self.is_elsewhere:
            return self._caller
        self._release(callers)
        self.is_elsewhere = False
        affinity = self._call.request.affinity
        held = affinity.caller if affinity is not None and _is_opaque(self._hop.url) else None
        self._caller = callers.choose(self._left, held)
        if affinity is not None:
            affinity.caller = self._caller.auth
        return self._caller

    def _release(self, callers: Callers) -> None:
        caller, self._caller = self._caller, None
        if caller is not None:
            callers.release(caller)

    def _left(self, caller: Caller) -> float:
        """How many calls *caller* may make now; those who wait already are taken off."""
        limiter = self._gate.limiter
        if caller.who is None or not limiter.quota.counts:
            return inf
        lane = limiter.lane(caller.who, self._group)
        budget = lane.snapshot()
        if budget.paused_until is not None:
            return -inf
        return (inf if budget.remaining is None else budget.remaining) - lane.line.count

    def has_other(self) -> bool:
        """Whether the call could be made at once with another credential."""
        callers, call = self._gate.callers, self._call
        if callers is None or call.caller is None or callers.choice is None:
            return False
        if call.request.affinity is not None and _is_opaque(self._hop.url):
            return False
        return callers.has_other(self._left, call.caller)

    async def take(self, authorization: str | None) -> bool:
        """Wait until the call may be made, and count it; gives whether it had to wait.

        RateLimitedError where that would take longer than the client waits.
        """
        if not self._counted:
            return False
        gate, call = self._gate, self._call
        budget = call.caller.budget() if call.caller is not None else None
        who = gate.whose(authorization, budget)
        if call.caller is not None:
            call.caller.who = who
        lane = gate.limiter.lane(who, self._group)
        urgent = is_interactive()
        owed, before = call.paused or 0.0, call.waited
        waited = False
        if lane.line.count or await lane.admit(gate.terms, urgent=urgent) is not None:
            waited = True
            await self._in_line(lane, urgent=urgent)
            if self.is_elsewhere:
                return True
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
                    if hold.reason and self.has_other():
                        self.is_elsewhere = True
                        return
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
            if self.has_other():
                self.is_elsewhere = True
                return
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
        if self._gate.callers is not None:
            self._release(self._gate.callers)
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
            self._call.paused = 0.0 if self.has_other() else meant.paused(meant.clock())


def _is_opaque(url: URL) -> bool:
    """Whether it is a page that nobody but who was told of it may know."""
    page = url.query.get("page", "1")
    return not page.isdecimal() or not _CURSORS.isdisjoint(url.query)


def _slice(seconds: float) -> float:
    """How long to sleep before looking again: while a computer sleeps, its timers do as well."""
    return min(seconds, _LOOK_AGAIN) if seconds < inf else seconds
