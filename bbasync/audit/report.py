"""Facts as rows for people and programs: summaries, JSON and CSV."""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final, TextIO

from attrs import frozen

from .facts import Person, Repo, Right, WorkspaceAudit

JSON_VERSION: Final = 1
"""Of the layout that ``as_json`` makes; it grows with each change that a reader must know of."""

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
)
"""The columns of the CSV, in order."""


@frozen
class Reach:
    """How far one person reaches in one workspace: repositories by right."""

    workspace: str
    person: Person
    counts: Counter[str]


def reach(audits: Iterable[WorkspaceAudit], *, outside: bool = False) -> list[Reach]:
    """Everybody's reach, widest first; only of those outside the workspace with *outside*."""
    found = []
    for audit in audits:
        counts: defaultdict[Person, Counter[str]] = defaultdict(Counter)
        for right in audit.rights:
            if not outside or audit.standing(right.person) == "outside":
                counts[right.person][right.permission] += 1
        found += [Reach(audit.workspace, person, count) for person, count in counts.items()]
    return sorted(
        found,
        key=lambda one: (-one.counts["admin"], -one.counts["write"], one.person.name.casefold()),
    )


def public_repositories(audits: Iterable[WorkspaceAudit]) -> list[Repo]:
    """Every repository that anybody on the internet may read."""
    return [one for audit in audits for one in audit.repositories if one.is_private is False]


def administrators(audit: WorkspaceAudit) -> list[Right]:
    """The rights of ``admin``."""
    return [right for right in audit.rights if right.permission == "admin"]


def as_json(audits: Sequence[WorkspaceAudit], *, requests: int) -> dict[str, Any]:
    """The whole audit as JSON can say it; *requests* is what it took."""
    return {
        "version": JSON_VERSION,
        "requests": requests,
        "complete": all(audit.complete for audit in audits),
        "workspaces": [
            {
                "workspace": audit.workspace,
                "complete": audit.complete,
                "members": audit.levels,
                "rights": [_row(audit, right) for right in _sorted(audit)],
                "problems": [
                    {"repository": one.repository, "message": one.message} for one in audit.problems
                ],
            }
            for audit in audits
        ],
    }


def write_json(audits: Sequence[WorkspaceAudit], out: TextIO, *, requests: int) -> None:
    """Write ``as_json`` to *out*."""
    json.dump(as_json(audits, requests=requests), out, ensure_ascii=False, indent=1)
    out.write("\n")


def write_csv(audits: Iterable[WorkspaceAudit], out: TextIO) -> None:
    """Write one line a right to *out*, under a line of ``COLUMNS``.

    A name that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    rows = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    rows.writeheader()
    for audit in audits:
        for right in _sorted(audit):
            rows.writerow({key: _cell(value) for key, value in _row(audit, right).items()})


def _sorted(audit: WorkspaceAudit) -> list[Right]:
    return sorted(
        audit.rights, key=lambda one: (one.repository.full_name, one.person.name, one.person.uuid)
    )


def _row(audit: WorkspaceAudit, right: Right) -> dict[str, str | None]:
    private = right.repository.is_private
    return {
        "workspace": audit.workspace,
        "repository": right.repository.full_name,
        "repository_uuid": right.repository.uuid,
        "visibility": "unknown" if private is None else "private" if private else "public",
        "user": right.person.name,
        "user_uuid": right.person.uuid,
        "account_id": right.person.account_id,
        "standing": audit.standing(right.person),
        "permission": right.permission,
    }


def _cell(value: str | None) -> str | None:
    return f"'{value}" if value and value[0] in "=+-@\t\r" else value
