"""`bbasync audit --plan`: how many requests and hours an audit takes, before it begins."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..audit.facts import Level, Part
from ..audit.plan import Plan, plan
from ..wire.budget import Budget
from ..wire.groups import DOCUMENTED
from .audit_asked import Wanted
from .crawl_bars import duration
from .exits import Code, code_of, say
from .notices import noticed
from .screen import Screen
from .session import connect

_HOUR: Final = 3600


async def show_plan(wanted: Wanted, level: Level) -> Code:
    """Write what the audit would take to stdout."""
    with noticed(Console(stderr=True)):
        async with connect(demo=wanted.demo, max_wait=wanted.max_wait) as bb:
            found = await plan(bb, wanted.workspaces, level=level, concurrency=wanted.concurrency)
            quota = dict(bb.quota)
    for name, error in found.missed.items():
        say(f"not planned in full: {name}: {error}")
    if wanted.forms:
        sys.stdout.write(f"{json.dumps(_data(found), indent=2)}\n")
    else:
        _show(found, quota)
    codes = {code_of(error) for error in found.missed.values()}
    if codes and len(found.missed) == len(found.workspaces):
        return codes.pop() if len(codes) == 1 else Code.INCOMPLETE
    return Code.INCOMPLETE if codes else Code.DONE


def _show(found: Plan, quota: Mapping[str, Budget]) -> None:
    console = Screen(highlight=False, soft_wrap=True)
    table = Table("Reads", "Requests", box=SIMPLE_HEAD)
    table.columns[1].justify = "right"
    for part, count in found.requests.items():
        table.add_row(escape(part), f"{_bound(found, part)}{count:,}")
    table.add_section()
    table.add_row("[bold]all", f"[bold]{_bound(found)}{found.total:,}")
    console.print(table)
    console.print(_time(found, quota))
    asked = "1 request" if found.spent == 1 else f"{found.spent:,} requests"
    console.print(f"The plan took {asked}.")


def _bound(found: Plan, part: Part | None = None) -> str:
    """How exact a number is: of one part, or of all of them."""
    most = found.at_most if part is None else found.at_most & {part}
    least = found.at_least if part is None else found.at_least & {part}
    return "≈ " if most and least else "≤ " if most else "≥ " if least else ""


def _time(found: Plan, quota: Mapping[str, Budget]) -> str:
    limits = ", ".join(_limit(group, quota) for group in found.budgets if _known(group, quota))
    if found.hours is None:
        return "Of the budgets that it counts against no limit is known."
    if not found.hours:
        return f"The quota is enough: {limits}."
    return f"At least {duration(found.hours * _HOUR)} at this quota: {limits}."


def _known(group: str, quota: Mapping[str, Budget]) -> bool:
    budget = quota.get(group)
    return DOCUMENTED[group][0] is not None or (budget is not None and budget.limit is not None)


def _limit(group: str, quota: Mapping[str, Budget]) -> str:
    budget = quota.get(group)
    if budget is None or budget.limit is None or budget.remaining is None:
        limit = (budget and budget.limit) or DOCUMENTED[group][0]
        return f"{group}: {limit:,} an hour"
    return f"{group}: {budget.remaining:,} of {budget.limit:,} an hour are left"


def _data(found: Plan) -> dict[str, Any]:
    return {
        "level": found.level,
        "requests": dict(found.requests),
        "total": found.total,
        "workspaces": {name: dict(one) for name, one in found.workspaces.items()},
        "budgets": dict(found.budgets),
        "hours": None if found.hours is None else round(found.hours, 3),
        "at_most": sorted(found.at_most),
        "at_least": sorted(found.at_least),
        "spent": found.spent,
        "missed": {name: str(error) for name, error in found.missed.items()},
    }
