"""The board: what the units of a crawl on many machines tell, as the progress of one."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from attrs import define, evolve, field

from .progress import INTERVAL, Progress, WorkspaceProgress

_log = logging.getLogger("bbasync")


@define(eq=False)
class Board:
    """Hears what each attempt at a unit tells, and tells the *listener*, if any."""

    listener: Callable[[Progress], object] | None
    clock: Callable[[], float] = time.monotonic
    units: set[str] = field(factory=set)
    """The workspaces that are not done."""
    _latest: dict[tuple[str, str], Progress] = field(factory=dict)
    """What each attempt at a workspace told last."""
    _began: float = field(init=False)
    _told: float | None = None

    def __attrs_post_init__(self) -> None:
        self._began = self.clock()

    def hear(self, said: Mapping[str, Any]) -> None:
        """Take in what an attempt tells."""
        workspace = said["workspace"]
        if said.get("waits"):
            _log.warning("%s: another worker has it; waiting until that lets go", workspace)
            return
        progress = dict(said["progress"])
        places = progress.pop("workspaces")
        known = {name: WorkspaceProgress(**one) for name, one in places.items()}
        self._latest[workspace, said["attempt"]] = Progress(known, **progress)
        self.tell()

    def end(self, workspace: str, attempt: str, requests: int) -> None:
        """Note that a unit is done, or left as it is."""
        self.units.discard(workspace)
        latest = self._latest.get((workspace, attempt))
        if latest is not None:
            still = {
                name: evolve(one, running=0, waiting=0) for name, one in latest.workspaces.items()
            }
            sent = max(latest.requests, requests)
            self._latest[workspace, attempt] = evolve(
                latest, workspaces=still, running=0, waiting=0, requests=sent, eta=0.0
            )
        elif requests:
            self._latest[workspace, attempt] = Progress({}, 0, 0, {}, 0, requests, None, 0, 0.0)
        self.tell()

    @property
    def requests(self) -> int:
        """What all attempts have sent, as far as they have told it."""
        return sum(one.requests for one in self._latest.values())

    def tell(self, *, last: bool = False) -> None:
        """Tell the listener, unless it was told just before; the *last* time always."""
        if self.listener is None:
            return
        now = self.clock()
        if not last and self._told is not None and now - self._told < INTERVAL:
            return
        self._told = now
        self.listener(self.now(now - self._began))

    def now(self, seconds: float) -> Progress:
        """How far the whole crawl is after so many *seconds*."""
        # Of several attempts at a unit, the latest knows what is left of it.
        current = {workspace: one for (workspace, _), one in self._latest.items()}
        every, under_way = self._latest.values(), current.values()
        found: Counter[str] = Counter()
        for one in every:
            found.update(one.found)
        places: dict[str, WorkspaceProgress] = {}
        for one in every:
            for name, place in one.workspaces.items():
                places[name] = _joined(places.get(name), place)
        budgets = [one.left for one in under_way if one.left is not None]
        return Progress(
            places,
            sum(one.running for one in under_way),
            sum(one.waiting for one in under_way),
            dict(found),
            sum(one.missed for one in every),
            self.requests,
            min(budgets, default=None),
            seconds,
            self._eta(current),
        )

    def _eta(self, current: Mapping[str, Progress]) -> float | None:
        """The longest that a unit may still take; None while any has not begun to tell."""
        ends = [current[name].eta if name in current else None for name in self.units]
        known = [one for one in ends if one is not None]
        return None if len(known) < len(ends) else max(known, default=0.0)


def _joined(before: WorkspaceProgress | None, now: WorkspaceProgress) -> WorkspaceProgress:
    """How far a workspace is *now*; who goes on with it does not know all that was *before*."""
    if before is None:
        return now
    known = [one for one in (before.known, now.known) if one is not None]
    return evolve(
        now,
        known=max(known, default=None),
        listed=max(before.listed, now.listed),
        done=max(before.done, now.done),
    )
