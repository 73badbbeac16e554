"""Rights, and findings, as CSV: what a spreadsheet opens."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TextIO

from ..facts import Right, Source
from ..findings import Finding
from ..found import WorkspaceAudit
from .flat import fact_row, finding_row
from .keys import Things
from .made import Report
from .text import whole

COLUMNS: Final = (
    "workspace",
    "repository",
    "repository_uuid",
    "visibility",
    "user",
    "user_uuid",
    "account_id",
    "standing",
    "permission",
    "sources",
    "explained",
)
"""The columns of the CSV of rights, in order; new ones come behind them."""

FINDING_COLUMNS: Final = (
    "severity",
    "rule",
    "workspace",
    "repository",
    "project",
    "user",
    "user_uuid",
    "group",
    "thing",
    "permission",
    "message",
    "allowed_because",
    "allowed_until",
    "fingerprint",
)
"""The columns of the CSV of findings, in order."""

_FORMULA: Final = (*"=+-@\t\r\n", *"\uff1d\uff0b\uff0d\uff20")
"""Signs of any width, as some spreadsheets take the wide ones for the others."""
_EXPLAINED: Final = {True: "yes", False: "no", None: "unknown"}


def write_csv(report: Report, out: TextIO) -> None:
    """Write one line a right to *out*, under a line of ``COLUMNS``.

    ``explained`` is empty where the audit does not explain. A name that a spreadsheet would take
    for a formula gets an apostrophe before it.
    """
    _write(COLUMNS, (_right(audit, one) for audit in report.audits for one in in_order(audit)), out)


def write_findings_csv(report: Report, out: TextIO) -> None:
    """Write one line a finding to *out*, allowed ones too, under ``FINDING_COLUMNS``."""
    _write(FINDING_COLUMNS, map(_finding, report.findings), out)


def in_order(audit: WorkspaceAudit) -> list[Right]:
    """The rights by repository and person."""
    return sorted(
        audit.rights, key=lambda one: (one.repository.full_name, one.person.name, one.person.uuid)
    )


def _finding(finding: Finding) -> dict[str, Any]:
    allowed = finding.allowed
    return finding_row(finding, Things()) | {
        "allowed_because": allowed and allowed.reason,
        "allowed_until": allowed and allowed.until.isoformat(),
    }


def _right(audit: WorkspaceAudit, right: Right) -> dict[str, Any]:
    explains = audit.level != "effective"
    return fact_row(right, audit, Things()) | {
        "sources": "; ".join(map(_said, right.sources)),
        "explained": _EXPLAINED[right.explained] if explains else "",
    }


def _said(source: Source) -> str:
    place = f" of {source.project}" if source.project else ""
    group = f" {source.group}" if source.group else ""
    return f"{source.kind}{group}{place}: {source.permission}"


def _write(columns: Sequence[str], rows: Iterable[Mapping[str, Any]], out: TextIO) -> None:
    plain = csv.writer(out, lineterminator="\n")
    quoted = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    plain.writerow(columns)
    for row in rows:
        cells = [_cell(row[column]) for column in columns]
        # Older Pythons do not quote what would end the line elsewhere.
        unsafe = any("\r" in one for one in cells)
        (quoted if unsafe else plain).writerow(cells)


def _cell(value: str | None) -> str:
    text = whole(value or "")
    return f"'{text}" if text.startswith(_FORMULA) else text
