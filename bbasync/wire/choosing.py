"""Choosing: whom an exchange is made for, where a client has several credentials."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Final

from attrs import define
from yarl import URL

from .budget import Terms
from .caller import Caller, Callers
from .lane import Lane
from .message import Affinity

_CURSORS: Final = frozenset({"ctx", "after"})
"""What lists have in an address beside a page's number, or for one."""


def left_in(lane: Lane, terms: Terms, *, urgent: bool) -> float:
    """How many calls *lane* lets go now; where that is none, minus the seconds until it does.

    By the rules that hold calls back: whoever is told to go there must not be sent away again.
    """
    now = lane.clock()
    if (rest := lane.paused(now)) > 0:
        return -rest
    if lane.limit is None:
        return inf
    used, allowed = lane.counted()[1], lane.allowed(terms, now, urgent=urgent)
    if allowed is None:
        return max(1.0, lane.limit - used)
    if allowed > used:
        return allowed - used
    end = lane.snapshot().reset_at
    return 0.0 if end is None else min(0.0, now - end.timestamp())


def is_opaque(url: URL) -> bool:
    """Whether it is a page that nobody but who was told of it may know."""
    page = url.query.get("page", "1")
    return not page.isdecimal() or not _CURSORS.isdisjoint(url.query)


@define(eq=False)
class Choosing:
    """Who is chosen for one exchange, and for how long the choice has to count it."""

    _callers: Callers
    _left: Callable[[Caller], float]
    _affinity: Affinity | None
    is_bound: bool
    """Whether it can't be made for another one: its address was given to this one, say."""
    _caller: Caller | None = None
    _been: tuple[Caller, ...] = ()
    """Those that it was sent away from: whoever is chosen again is waited for."""
    _is_coming: bool = False
    """Whether no budget counts the call yet."""

    def chosen(self) -> Caller:
        """Whoever it is made for: the same until `end`."""
        if self._caller is None:
            affinity = self._affinity
            held = affinity.caller if affinity is not None and self.is_bound else None
            self._caller = self._callers.choose(self._left, held)
            self._is_coming = True
            self.is_bound = self.is_bound or self._caller in self._been
            self._been += (self._caller,)
            if affinity is not None:
                affinity.caller = self._caller.auth
        return self._caller

    def others(self) -> float:
        """What the best of the others has left; -inf where the call can't be theirs."""
        if self._caller is None or self.is_bound:
            return -inf
        return self._callers.most_left(self._left, self._caller)

    def counted(self) -> None:
        """A budget counts the call from now on."""
        if self._is_coming and self._caller is not None:
            self._callers.release(self._caller)
        self._is_coming = False

    def end(self) -> None:
        """The exchange is over, or is to be made for another one."""
        self.counted()
        self._caller = None
