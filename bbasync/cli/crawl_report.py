"""What `bbasync crawl` tells in the end: the plan, or what came of it."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from attrs import asdict, evolve, frozen
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from ..crawl import Estimate, Summary
from ..crawl.progress import budget_of
from ..crawl.walks import REPOSITORIES
from ..wire.budget import Budget
from .crawl_bars import duration
from .crawl_sinks import SHOWN, Misses
from .exits import Code, code_of, say
from .screen import Screen

_HOUR: Final = 3600
_PUBLISHED: Final = 1000
"""Calls an hour for one user, where the service has not said otherwise."""


@frozen
class Result:
    """What came of a run."""

    kinds: Sequence[str]
    """Those of the plan's steps."""
    summary: Summary
    misses: Misses
    seconds: float
    before: Mapping[str, int]
    """What earlier runs of the same crawl had found."""
    to: str | None
    """None: stdout."""
    resume: str | None
    """The command to go on with, where there is something left."""
    spared: bool = False
    """Whether *to* is as it was before, since nothing was found."""

    @property
    def found(self) -> dict[str, int]:
        """What all runs have found, by kind."""
        found = Counter(self.before) + Counter(self.summary.found)
        return {kind: found[kind] for kind in (REPOSITORIES, *self.kinds) if kind in found}


def tell(result: Result, *, as_json: bool) -> Code:
    """Write *result*: to stderr, or as JSON to stdout, with what was missed on stderr."""
    if as_json:
        sys.stdout.write(f"{json.dumps(_data(result), indent=2)}\n")
    else:
        say(_sentence(result))
    misses = result.misses
    for one in misses.first:
        where = one.repository or one.workspace
        say(f"missed {one.kind} of {where}: {one.message}")
    if misses.count > len(misses.first):
        say(f"missed {misses.count - len(misses.first):,} more lists")
    if result.resume is not None:
        what = "go on" if not result.summary.complete else "read some of them another time"
        say(f"{what} with: {result.resume}")
    return _code(result)


def _code(result: Result) -> Code:
    if not result.summary.complete:
        return Code.INCOMPLETE
    return _verdict(result.misses.codes, found=bool(result.found))


def _verdict(codes: Collection[Code], *, found: bool) -> Code:
    """What the exit code is, where *codes* are those of what was missed."""
    if len(codes) == 1 and not found:
        return next(iter(codes))  # nothing could be read, and all for one kind of reason
    return Code.INCOMPLETE if codes else Code.DONE


def _sentence(result: Result) -> str:
    summary = result.summary
    found = ", ".join(f"{count:,} {kind}" for kind, count in result.found.items()) or "nothing"
    state = "complete" if summary.complete else "not complete"
    when = (
        "" if summary.reset_at is None else f"; calls left from {summary.reset_at:%H:%M:%S %Z} on"
    )
    requests = "1 request" if summary.requests == 1 else f"{summary.requests:,} requests"
    return f"{state}: {found} {_where(result)}; {requests} in {result.seconds:.1f} s{when}"


def _where(result: Result) -> str:
    to = result.to
    if to is None or not result.spared:
        return f"in {to or 'stdout'}"
    return f"found, {to} is as it was" if Path(to).exists() else f"found, so there is no {to}"


def _data(result: Result) -> dict[str, Any]:
    summary, misses = result.summary, result.misses
    return {
        "complete": summary.complete,
        "found": result.found,
        "found_before": dict(result.before),
        "missed": misses.count,
        "first_missed": [
            {name: value for name, value in asdict(one).items() if name != "again"}
            for one in misses.first
        ],
        "requests": summary.requests,
        "seconds": round(result.seconds, 3),
        "reset_at": None if summary.reset_at is None else summary.reset_at.isoformat(),
        "to": None if result.spared else result.to,
        "resume": result.resume,
    }


def tell_unplanned(estimate: Estimate) -> Code:
    """Say what is not in *estimate*, for it could not be asked; the exit code for that."""
    missed = estimate.missed
    for workspace, error in list(missed.items())[:SHOWN]:
        say(f"missed repositories of {workspace}: {error}")
    if len(missed) > SHOWN:
        say(f"missed those of {len(missed) - SHOWN:,} more workspaces")
    if not estimate.repositories and not missed:
        say("there is no repository to read")
    return _verdict({code_of(one) for one in missed.values()}, found=bool(estimate.repositories))


def show_plan(estimate: Estimate, quota: Mapping[str, Budget], *, as_json: bool) -> None:
    """Write *estimate* to stdout, with the hours that it takes."""
    budget = budget_of(quota)
    hours = estimate.hours
    if hours is None:
        hours = max(0, estimate.total - _PUBLISHED) / _PUBLISHED
    estimate = evolve(estimate, hours=hours)
    if as_json:
        sys.stdout.write(f"{json.dumps(_plan_data(estimate, budget), indent=2)}\n")
        return
    console = Screen(highlight=False, soft_wrap=True)
    table = Table("Reads", "Items", "Requests", box=SIMPLE_HEAD)
    for column in table.columns[1:]:
        column.justify = "right"
    for kind, count in estimate.requests.items():
        least = "≥ " if kind in estimate.at_least else ""
        items = f"{estimate.repositories:,}" if kind == REPOSITORIES else ""
        table.add_row(escape(kind), items, f"{least}{count:,}")
    table.add_section()
    table.add_row("[bold]all", "", f"[bold]{'≥ ' if estimate.at_least else ''}{estimate.total:,}")
    console.print(table)
    console.print(_time(estimate, budget))
    console.print(
        f"Estimated by {estimate.sampled:,} of {estimate.repositories:,} repositories, with "
        f"{estimate.spent:,} requests."
    )


def _time(estimate: Estimate, budget: Budget | None) -> str:
    left = _budget(budget)
    hours = estimate.hours or 0.0
    if not hours:
        return f"The quota is enough: {left}."
    least = "At least" if estimate.at_least else "About"
    return f"{least} {duration(hours * _HOUR)} at this quota: {left}."


def _budget(budget: Budget | None) -> str:
    if budget is None or budget.limit is None or budget.remaining is None:
        return f"{_PUBLISHED:,} calls an hour, as published"
    told = "" if budget.source == "told" else ", as published"
    return f"{budget.remaining:,} of {budget.limit:,} calls an hour are left{told}"


def _plan_data(estimate: Estimate, budget: Budget | None) -> dict[str, Any]:
    known = budget is not None and budget.limit is not None
    return {
        "repositories": estimate.repositories,
        "requests": dict(estimate.requests),
        "total": estimate.total,
        "at_least": sorted(estimate.at_least),
        "hours": round(estimate.hours or 0.0, 3),
        "quota": {
            "limit": budget.limit if known and budget else _PUBLISHED,
            "remaining": budget.remaining if known and budget else None,
            "source": budget.source if known and budget else "assumed",
        },
        "sampled": estimate.sampled,
        "spent": estimate.spent,
        "missed": sorted(estimate.missed),
    }
