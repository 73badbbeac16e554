"""What is left of a budget, what holds a call back, and what a client wants of budgets: data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from attrs import frozen


@frozen
class Budget:
    """What is left of one budget, as far as this client knows; see ``Bitbucket.quota``."""

    group: str
    limit: int | None
    """Calls within *window* seconds; None where neither told nor published."""
    window: int
    used: int
    """Calls within the last *window* seconds, with those of others as far as known."""
    remaining: int | None
    reset_at: datetime | None
    """When the oldest call that is counted leaves the window, and more remain."""
    paused_until: datetime | None
    """Until when nothing is sent, since the service answered 429."""
    source: Literal["told", "assumed"]
    """Whether the limit is the service's own word, or what is published."""


def in_all(budgets: Sequence[Budget]) -> Budget:
    """The budgets of several credentials for the same group, as one."""
    limits = [one.limit for one in budgets]
    remaining = [one.remaining for one in budgets]
    resets = [one.reset_at for one in budgets if one.reset_at is not None]
    pauses = [one.paused_until for one in budgets]
    return Budget(
        budgets[0].group,
        None if None in limits else sum(filter(None, limits)),
        max(one.window for one in budgets),
        sum(one.used for one in budgets),
        None if None in remaining else sum(filter(None, remaining)),
        min(resets, default=None),
        None if None in pauses else min(filter(None, pauses)),
        "told" if all(one.source == "told" for one in budgets) else "assumed",
    )


@frozen
class Hold:
    """Why a call can't be made yet; *seconds* may be infinite: until something changes."""

    seconds: float
    reason: str = ""
    """Empty where it is no matter of the budget, and so none of patience."""
    own: bool = False
    """Whether it is this client's own affair, so that another's call may go."""


@frozen(eq=False)
class Terms:
    """What one client wants of the budgets; those of another are others, even if they are alike."""

    max_wait: float = 120.0
    reserve: float = 0.0
    """The share of each budget that only interactive calls may use."""
    strict: bool = True
    """Whether limits that are only assumed hold calls back."""
    most: int = 20
    """How many calls are under way at a time, so that few are caught by a 429."""
