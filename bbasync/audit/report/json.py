"""A report as one JSON document."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, TextIO, TypeAlias

from ..found import WorkspaceAudit
from .csv import in_order
from .flat import LISTS, UNLISTED, change_row, fact_row, finding_row, rule_row, unlisted_rows
from .keys import Things
from .made import Report
from .text import MADE_BY, json_lines

JSON_VERSION: Final = 2
"""Of the layout that ``as_json`` makes; it grows with each change that a reader must know of."""


Many: TypeAlias = Callable[[Iterable[dict[str, Any]]], Any]
"""Makes a list of rows, or leaves them to be made one at a time."""


def as_json(report: Report) -> dict[str, Any]:
    """The whole report as JSON can say it: the rows are those of the JSON Lines.

    What was not read is null, such as a workspace's ``groups``; ``changes`` are null where there
    was nothing to compare with.
    """
    return _document(report, list)


def write_json(report: Report, out: TextIO) -> None:
    """Write ``as_json`` to *out*, a row at a time."""
    out.writelines(json_lines(_document(report, iter)))
    out.write("\n")


def _document(report: Report, many: Many) -> dict[str, Any]:
    """Rows are made in the order of the document: what repositories are stands before them."""
    things = Things()
    changes = report.changes
    return {
        "version": JSON_VERSION,
        "made_at": report.made_at.isoformat(),
        "made_by": MADE_BY,
        "level": report.level,
        "requests": report.requests,
        "complete": report.complete,
        "rules": many(rule_row(one, things) for one in report.rules),
        "workspaces": many(_workspace(audit, things, many) for audit in report.audits),
        "findings": many(finding_row(one, things) for one in report.findings),
        "changes": None if changes is None else many(change_row(one, things) for one in changes),
    }


def _workspace(audit: WorkspaceAudit, things: Things, many: Many) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for kind, (_, name) in LISTS.items():
        facts = in_order(audit) if name == "rights" else getattr(audit, name)
        if facts is None:
            found[name] = None
        elif kind == UNLISTED:
            found[name] = many(unlisted_rows(audit, things))
        else:
            found[name] = many(fact_row(one, audit, things) for one in facts)
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
