"""One exchange's way through the limiter: wait, be counted, and pass on what the answer says."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Final

from attrs import define, field

from ..errors import BitbucketError, OAuthError, ReauthorizationRequired
from .budget import Budget, Hold, Terms, in_all
from .caller import Caller, Callers
from .calls import Call
from .choosing import Choosing, is_opaque, left_in
from .groups import group_of
from .interactive import is_interactive
from .lane import Lane
from .limiter import Limiter, whose
from .message import Answer
from .quota import NOTHING, told
from .redirect import Hop
from .refusal import refusal
from .retry import TOO_MANY

_LOOK_AGAIN: Final = 300.0
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
    _choosing: Choosing | None = None
    """Who is chosen for the call, where there are several."""

    @property
    def _group(self) -> str:
        return group_of(self._hop.method, self._hop.url.raw_path)

    async def header(self) -> str | None:
        """The value of the Authorization header, of the credential that is chosen for the call."""
        callers, call = self._gate.callers, self._call
        if callers is None or not self._hop.credential:
            call.caller = None
            return None
        while True:
            caller = callers.only if callers.choice is None else self._chosen(callers)
            if call.asked and call.caller is not None and call.caller.first is caller:
                call.asked = False
                return call.header
            call.caller = caller
            try:
                if caller.gives:
                    call.caller = caller = await caller.now()
                return await caller.header(self._hop.method, self._hop.url)
            except (ReauthorizationRequired, OAuthError) as error:
                if not callers.drop(caller, str(error)):
                    raise
                self._choose_again()
                if self._undone():  # it was counted for the one that is out
                    self.is_elsewhere = True
                    return None

    def _chosen(self, callers: Callers) -> Caller:
        if self._choosing is None:
            affinity, url = self._call.request.affinity, self._hop.url
            is_bound = affinity is not None and is_opaque(url)
            self._choosing = Choosing(callers, self._left, affinity, is_bound)
        if self.is_elsewhere:
            self._choose_again()
            self.is_elsewhere = False
        return self._choosing.chosen()

    def _choose_again(self) -> None:
        if self._choosing is not None:
            self._choosing.end()

    def _left(self, caller: Caller) -> float:
        """How many calls *caller* may make now, or minus the seconds until it may."""
        gate = self._gate
        if caller.who is None or not gate.limiter.quota.counts:
            return inf
        lane = gate.limiter.lane(caller.who, self._group)
        return left_in(lane, gate.terms, urgent=is_interactive())

    def _has_other(self) -> bool:
        """Whether the call could be made at once with another credential."""
        return self._choosing is not None and self._choosing.others() > 0

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
            call.caller.first.who = who
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
        if self._choosing is not None:
            self._choosing.counted()
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
                    if hold.reason and self._has_other():
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
            if self._has_other():
                self.is_elsewhere = True
                return
            raise self._refusal(ticket.refused)
        finally:
            call.waited += line.blocked(ticket)
            line.leave(ticket)

    def _refusal(self, hold: Hold) -> BitbucketError:
        gate, method = self._gate, self._hop.method
        now, most = gate.limiter.clock(), gate.terms.max_wait
        return refusal(self._call, method, hold, now=now, most=most)

    def recalled(self) -> bool:
        """Whether all pause since the call was let go; it then has to ask again."""
        lane = self._lane
        if lane is None:
            return False
        self._sent_at = lane.clock()
        return lane.paused(self._sent_at) > 0 and self._undone()

    def _undone(self) -> bool:
        """Take back that the call was counted; whether it was."""
        lane, self._lane = self._lane, None
        if lane is None:
            return False
        lane.store.undo(lane.key, self._taken_at)
        lane.returned(self._gate.terms)
        return True

    def end(self, answer: Answer | None) -> None:
        """The exchange is over: learn from *answer*, None where there is none."""
        if self._choosing is not None:
            self._choosing.counted()
        if answer is None and not self._call.out:
            self._undone()  # it never went out, and so the service counts nothing
        lane, self._lane = self._lane, None
        if lane is None:
            return
        if answer is not None:
            self._learn(lane, answer)
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
            others = -inf if self._choosing is None else self._choosing.others()
            self._call.paused = max(0.0, min(meant.paused(meant.clock()), -others))


def _slice(seconds: float) -> float:
    """How long to sleep before looking again: while a computer sleeps, its timers do as well."""
    return min(seconds, _LOOK_AGAIN) if seconds < inf else seconds
