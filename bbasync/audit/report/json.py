"""A report as one JSON document."""

from __future__ import annotations

from typing import Any, Final, TextIO

from ..found import WorkspaceAudit
from .csv import in_order
from .flat import LISTS, MAYBE, change_row, fact_row, finding_row, rule_row, unlisted_rows
from .keys import Things
from .made import Report
from .text import MADE_BY, json_lines

JSON_VERSION: Final = 2
"""Of the layout that ``as_json`` makes; it grows with each change that a reader must know of."""


def as_json(report: Report) -> dict[str, Any]:
    """The whole report as JSON can say it: the rows are those of the JSON Lines.

    What was not read is null, such as a workspace's ``groups``; ``changes`` are null where there
    was nothing to compare with.
    """
    things = Things()
    workspaces = [_workspace(audit, things) for audit in report.audits]
    changes = report.changes
    return {
        "version": JSON_VERSION,
        "made_at": report.made_at.isoformat(),
        "made_by": MADE_BY,
        "level": report.level,
        "requests": report.requests,
        "complete": report.complete,
        "rules": [rule_row(one, things) for one in report.rules],
        "workspaces": workspaces,
        "findings": [finding_row(one, things) for one in report.findings],
        "changes": None if changes is None else [change_row(one, things) for one in changes],
    }


def write_json(report: Report, out: TextIO) -> None:
    """Write ``as_json`` to *out*."""
    out.writelines(json_lines(as_json(report)))
    out.write("\n")


def _workspace(audit: WorkspaceAudit, things: Things) -> dict[str, Any]:
    rows: dict[str, list[dict[str, Any]]] = {name: [] for _, name in LISTS.values()}
    for fact in audit.facts():
        if fact.kind != "right":
            rows[LISTS[fact.kind][1]].append(fact_row(fact, audit, things))
    rows["rights"] = [fact_row(one, audit, things) for one in in_order(audit)]
    rows["unlisted"] = list(unlisted_rows(audit, things))
    found: dict[str, Any] = dict(rows)
    for name in MAYBE:
        if getattr(audit, name) is None:
            found[name] = None
    return {
        "workspace": audit.workspace,
        "level": audit.level,
        "complete": audit.complete,
        "only": None if audit.only is None else list(audit.only),
        **found,
        "memberships": found["members"],
        "members": audit.levels,
        "problems": [
            {"repository": one.repository, "message": one.message} for one in audit.unknown
        ],
    }
