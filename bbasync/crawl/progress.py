"""Progress: how far a crawl is, and when it may be done, as far as that is known."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from attrs import define, field, frozen

from ..wire.budget import Budget
from ..wire.groups import ANONYMOUS, API
from .engine import Engine
from .gate import Gate
from .record import Batch, Found

_log = logging.getLogger("bbasync")

INTERVAL: Final = 0.3
"""Seconds between two tellings, at least."""
_ENOUGH: Final = 8
"""From so many repositories on that were read, the rest is thought to be like them."""
_PAGE: Final = 100


@frozen
class WorkspaceProgress:
    """How far a workspace is. Of a crawl that was resumed, it is what was left of it."""

    known: int | None
    """How many repositories it has, as its list tells now; None until it did."""
    listed: int
    done: int
    """How many of those that are listed have been read."""
    running: int
    waiting: int
    """Lists that are being read, and that are to be."""


@frozen
class Progress:
    """How far a crawl is, in facts: what is listed, done, found, missed or sent only ever grows.

    *eta* alone is an estimate.
    """

    workspaces: Mapping[str, WorkspaceProgress]
    running: int
    waiting: int
    found: Mapping[str, int]
    """Items by kind, as far as they are handed out, or written and committed."""
    missed: int
    requests: int
    left: int | None
    """Calls that are left of the credential's budget; None where nobody knows."""
    seconds: float
    """Since the run began."""
    eta: float | None
    """Seconds that it may still take; None while too little is known for that."""


@define(eq=False)
class Tally:
    """Counts what one run finds, and tells it."""

    engine: Engine
    gate: Gate
    listener: Callable[[Progress], object] | None
    clock: Callable[[], float]
    found: Counter[str] = field(factory=Counter)
    missed: int = 0
    _began: float | None = None
    _told: float | None = None
    _done_before: int = 0
    """Repositories that an earlier run has read."""
    _failed: bool = False

    def add(self, batches: Sequence[Batch]) -> None:
        """Count what has been handed on."""
        for batch in batches:
            for record in batch.records:
                if isinstance(record, Found):
                    self.found[record.kind] += 1
                else:
                    self.missed += 1

    def tell(self, *, last: bool = False) -> None:
        """Tell the listener, unless it was told just before; the *last* time always."""
        now = self.clock()
        if self._began is None:
            self._began, self._done_before = now, self._done()
        if self.listener is None:
            return
        if not last and self._told is not None and now - self._told < INTERVAL:
            return
        self._told = now
        try:
            self.listener(self.now(now - self._began))
        except Exception:  # noqa: BLE001 - whatever it is, it is not the crawl's fault
            if not self._failed:
                self._failed = True
                _log.exception("a listener failed on the progress of a crawl")

    def now(self, seconds: float) -> Progress:
        """How far the crawl is after so many *seconds*."""
        engine, budget = self.engine, budget_of(self.gate.bb.quota)
        return Progress(
            {
                one.name: WorkspaceProgress(
                    None if one.known is None else max(one.known, one.listed),
                    one.listed,
                    one.done,
                    one.running,
                    len(one.waiting),
                )
                for one in engine.places.values()
                if one.name
            },
            engine.running,
            engine.waiting,
            dict(self.found),
            self.missed,
            self.gate.sent,
            None if budget is None else budget.remaining,
            seconds,
            self._eta(seconds, budget),
        )

    def _eta(self, seconds: float, budget: Budget | None) -> float | None:
        if not self.engine.unread:
            return 0.0
        requests = self._requests_left()
        sent = self.gate.sent
        if requests is None or not sent or seconds <= 0:
            return None
        return max(requests * seconds / sent, seconds_by_quota(requests, budget))

    def _requests_left(self) -> float | None:
        """How many requests are still to be sent, if the rest is like what was read."""
        places = self.engine.places.values()
        if any(one.open and one.known is None for one in places):
            return None
        rest = sum(max(one.known or 0, one.listed) - one.done for one in places)
        done = self._done() - self._done_before
        if done < min(_ENOUGH, rest):
            return None
        return rest * self.gate.sent / max(1, done)

    def _done(self) -> int:
        return sum(one.done for one in self.engine.places.values())


def budget_of(quota: Mapping[str, Budget]) -> Budget | None:
    """The budget that lists of repositories and of what is in them count against."""
    return quota.get(API) or quota.get(ANONYMOUS)


def seconds_by_quota(
    requests: float, budget: Budget | None, now: Callable[[], datetime] | None = None
) -> float:
    """How long so many *requests* take at the least, as the budget gives them out."""
    if budget is None:
        return 0.0
    moment = now() if now is not None else datetime.now(UTC)
    paused = budget.paused_until
    pause = 0.0 if paused is None else max(0.0, (paused - moment).total_seconds())
    if budget.limit is None or budget.remaining is None:
        return pause
    beyond = max(0.0, requests - budget.remaining)
    return max(pause, beyond * budget.window / max(1, budget.limit))
