"""A report as JSON Lines: nothing that was found is lost, and `read_report` has it again.

The first line is about the report, the last says how many lines there are before it, so that a
file that was cut off is known as one. ``schema.json`` describes each kind of line.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any, Final, TextIO

from .flat import change_row, fact_row, finding_row, rule_row, unlisted_rows, workspace_row
from .keys import Things
from .made import Report
from .text import MADE_BY, json_text

LINES_VERSION: Final = 1
"""Of the lines; it grows when an older reader would misunderstand them."""


def rows(report: Report) -> Iterator[dict[str, Any]]:
    """The lines of *report*, as JSON has them."""
    count = 0
    for row in _rows(report):
        yield row
        count += 1
    yield {"kind": "end", "rows": count}


def write_jsonl(report: Report, out: TextIO) -> None:
    """Write *report* to *out*, a line at a time."""
    out.writelines(f"{json_text(row)}\n" for row in rows(report))


def _rows(report: Report) -> Iterator[dict[str, Any]]:
    yield {
        "kind": "audit",
        "version": LINES_VERSION,
        "made_at": report.made_at.isoformat(),
        "made_by": MADE_BY,
        "level": report.level,
        "complete": report.complete,
        "requests": report.requests,
        "compared": report.changes is not None,
    }
    things = Things()
    for rule in report.rules:
        yield rule_row(rule, things)
    for audit in report.audits:
        yield workspace_row(audit)
        for fact in audit.facts():
            yield fact_row(fact, audit, things)
        yield from unlisted_rows(audit, things)
    for finding in report.findings:
        yield finding_row(finding, things)
    for change in report.changes or ():
        yield change_row(change, things)


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a line: with a definition, and a description, of each kind."""
    text = files(__package__).joinpath("schema.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found
