"""The tables of a page, column by column: the template draws them, and scripts sort them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal

from attrs import frozen

from ..findings import Finding
from ..found import WorkspaceAudit
from .figures import LEVELS
from .made import Report
from .packed import Packed, visibility
from .shown import shown

Kind = Literal[
    "text",
    "message",
    "count",
    "severity",
    "state",
    "person",
    "repository",
    "visibility",
    "level",
    "code",
]
"""How a cell is drawn and sorted; people and repositories are numbers, or names of what is none."""

BOUND: Final = 1_000
"""How many rows are written into the page itself; scripts show all."""


@frozen
class Column:
    """A title, and a value for each row."""

    title: str
    kind: Kind
    values: Sequence[Any]
    choice: bool = False
    """Whether rows can be chosen by it."""


@frozen
class Table:
    """Rows that can be sorted and searched."""

    id: str
    noun: str
    columns: Sequence[Column]
    empty: str
    note: str = ""
    """What is not in it."""
    step: int = 100
    """How many rows scripts show at once."""

    @property
    def size(self) -> int:
        """How many rows it has."""
        return len(self.columns[0].values)

    @property
    def rows(self) -> Iterator[tuple[Any, ...]]:
        """The first rows, up to ``BOUND``."""
        columns = (column.values[:BOUND] for column in self.columns)
        return zip(*columns, strict=True)


def tables(report: Report, found: Packed) -> list[Table]:
    """Those of a page, in their order; that of changes only where there was a comparison."""
    made = [_findings(report, found)]
    if report.changes is not None:
        made.append(_changes(report, found))
    return [*made, _people(report.audits, found), _repositories(report.audits, found)]


def _findings(report: Report, found: Packed) -> Table:
    rows = report.findings
    columns = [
        Column("Severity", "severity", [one.severity for one in rows], choice=True),
        Column("Rule", "code", [shown(one.rule) for one in rows], choice=True),
    ]
    if len(report.audits) > 1:
        spaces = [shown(one.workspace) for one in rows]
        columns.append(Column("Workspace", "text", spaces, choice=True))
    wheres: list[int | str | None] = []
    whos: list[int | str | None] = []
    for one in rows:
        where = found.repository(one.workspace, one.repository)
        if where is None:
            project = one.project and f"project {one.project.key}"
            where = shown(project or f"workspace {one.workspace}")
        wheres.append(where)
        group = one.group and shown(f"group {one.group}")
        whos.append(group if one.person is None else found.person(one.person))
    columns += [
        Column("Where", "repository", wheres),
        Column("Who", "person", whos),
        Column("Finding", "message", [_message(one) for one in rows]),
    ]
    if report.allowed:
        allowed = [one.allowed for one in rows]
        states = ["allowed" if one else "open" for one in allowed]
        columns += [
            Column("State", "state", states, choice=True),
            Column(
                "Allowed",
                "message",
                [f"until {one.until}: {shown(one.reason)}" if one else "" for one in allowed],
            ),
        ]
    empty = "No rule is broken." if report.rules else "There is nothing that breaks a rule."
    return Table("findings", "findings", columns, empty)


def _message(finding: Finding) -> str:
    """What is found, and what thing it is about where that is not in it."""
    thing = finding.thing
    named = thing is None or thing in finding.message
    return shown(finding.message if named else f"{finding.message} ({thing})")


def _changes(report: Report, found: Packed) -> Table:
    rows = report.changes or ()
    columns = [Column("What", "code", [shown(one.what) for one in rows], choice=True)]
    if len(report.audits) > 1:
        spaces = [shown(one.workspace) for one in rows]
        columns.append(Column("Workspace", "text", spaces, choice=True))
    columns += [
        Column("Who", "person", [found.person(one.person) for one in rows]),
        Column("Where", "repository", [found.repository(o.workspace, o.repository) for o in rows]),
        Column("Change", "message", [shown(one.describe()) for one in rows]),
    ]
    return Table("changes", "changes", columns, "Nothing has changed since the earlier audit.")


def _people(audits: Sequence[WorkspaceAudit], found: Packed) -> Table:
    standing, people = _standing(audits, found), range(len(found.people))
    columns = [
        Column("Person", "person", list(people)),
        Column("Standing", "text", standing, choice=len(audits) == 1),
        *_counts(found.reach),
        Column("Account", "code", [shown(one.account_id or one.uuid) for one in found.people]),
    ]
    return Table("people", "people", columns, "Nobody is a member or has a right.")


def _standing(audits: Sequence[WorkspaceAudit], found: Packed) -> list[str]:
    """Everybody's standing; where there are several workspaces, in how many he has which."""
    if len(audits) == 1:
        return [audits[0].standing(one) for one in found.people]
    of: list[Counter[str]] = [Counter() for _ in found.people]
    for audit in audits:
        for person in audit.people:
            of[found.person_of[person.uuid]][audit.standing(person)] += 1
    order = ("owner", "member", "outside", "unknown")
    return [", ".join(f"{name} in {one[name]:,}" for name in order if one[name]) for one in of]


def _repositories(audits: Sequence[WorkspaceAudit], found: Packed) -> Table:
    places = found.places
    columns = [Column("Repository", "repository", list(range(len(places))))]
    if len(audits) > 1:
        spaces = [shown(one.audit.workspace) for one in places]
        columns.append(Column("Workspace", "text", spaces, choice=True))
    if any(audit.level != "effective" for audit in audits):
        projects = [shown(one.repository.project or "") for one in places]
        columns.append(Column("Project", "code", projects, choice=len(audits) == 1))
    seen = [visibility(one.repository) for one in places]
    columns += [
        Column("Visibility", "visibility", seen, choice=True),
        *_counts([one.counts for one in places]),
    ]
    if not all(one.known for one in places):
        read = ["in full" if one.known else "not read in full" for one in places]
        columns.append(Column("Rights read", "text", read, choice=True))
    return Table("repositories", "repositories", columns, "No repository was found.")


def _counts(counts: Sequence[Counter[str]]) -> list[Column]:
    """How many rights of each level, and of all."""
    return [
        *(Column(name.capitalize(), "count", [one[name] for one in counts]) for name in LEVELS),
        Column("All", "count", [one.total() for one in counts]),
    ]
