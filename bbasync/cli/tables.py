"""An audit as tables for people."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from attrs import frozen
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..audit.facts import Unknown
from ..audit.findings import SEVERITIES, Finding
from ..audit.found import WorkspaceAudit
from ..audit.report import Report
from ..audit.report.summary import Reach, administrators, public_repositories, reach
from .exits import plain
from .screen import Screen

_FEW: Final = 10
_NUMBERS: Final = frozenset(
    {"Repos", "Public", "Members", "Outside", "Rights", "Admin", "Write", "Read", "Findings"}
)
_SHORT: Final = frozenset({"Complete", "Severity", "Rule", "Source"})
_OF_A_REQUEST: Final = re.compile(r" from [A-Z]+ \S+(?=:)| \[request [^]]*\]")
_COLOURS: Final = {"error": "red", "warning": "yellow", "note": "cyan"}


@frozen
class _Listing:
    """One table: its title, what its columns are called, and its rows."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def show(report: Report, *, seconds: float | None, everything: bool) -> None:
    """Print the summary, what is to be looked at, and what could not be read.

    *seconds* is what it took; None for a report of earlier.
    """
    console = Screen(highlight=False)
    most = None if everything else _FEW
    audits = report.audits
    console.print(_table(_summary(audits), None))
    for listing in (
        _people("Owners, who administer everything", audits, _is_owner),
        _people("Other administrators, by reach", audits, _is_other_administrator),
        _people("Outside collaborators", audits, _is_outside),
        _Listing("Public repositories", ("Repository",), _public(audits)),
        *(() if report.level == "effective" else (_sources(audits),)),
    ):
        _print(console, listing, most)
    _print_findings(console, report, most)
    if report.changes is not None:
        told = [(one.describe(),) for one in report.changes]
        _print(console, _Listing("Changes since the earlier audit", ("Change",), told), most)
    _print_unknown(console, report.unknown, most)
    console.print(_end(report, seconds))


def _end(report: Report, seconds: float | None) -> str:
    audits = report.audits
    repositories = sum(len(audit.repositories) for audit in audits)
    rights = sum(len(audit.rights) for audit in audits)
    counts = ((len(audits), "workspace"), (repositories, "repository"), (rights, "right"))
    requests = _counted(report.requests, "request")
    took = (
        f"read with {requests} at {report.made_at:%Y-%m-%d %H:%M %Z}"
        if seconds is None
        else f"read with {requests} in {seconds:.1f} s"
    )
    return f"{', '.join(_counted(*one) for one in counts)}, {took}"


def _counted(count: int, noun: str) -> str:
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{count:,} {noun if count == 1 else plural}"


def _summary(audits: Iterable[WorkspaceAudit]) -> _Listing:
    rows = []
    for audit in audits:
        outside = {one.person.uuid for one in reach([audit], outside=True)}
        known = audit.members is not None
        rows.append(
            (
                audit.workspace,
                f"{len(audit.repositories):,}",
                f"{len(public_repositories([audit])):,}",
                f"{len(audit.members or ()):,}" if known else "?",
                f"{len(outside):,}" if known else "?",
                f"{len(audit.rights):,}",
                f"{len(administrators(audit)):,}",
                "yes" if audit.complete else "no",
            )
        )
    columns = (
        "Workspace",
        "Repos",
        "Public",
        "Members",
        "Outside",
        "Rights",
        "Admin",
        "Complete",
    )
    return _Listing("Who may do what", columns, rows)


def _is_owner(audit: WorkspaceAudit, one: Reach) -> bool:
    return audit.standing(one.person) == "owner"


def _is_other_administrator(audit: WorkspaceAudit, one: Reach) -> bool:
    return bool(one.counts["admin"]) and audit.standing(one.person) != "owner"


def _is_outside(audit: WorkspaceAudit, one: Reach) -> bool:
    return audit.standing(one.person) == "outside"


def _people(
    title: str, audits: Sequence[WorkspaceAudit], wanted: Callable[[WorkspaceAudit, Reach], bool]
) -> _Listing:
    by_name = {audit.workspace: audit for audit in audits}
    rows = []
    for one in reach(audits):
        audit = by_name[one.workspace]
        if wanted(audit, one):
            counts = (f"{one.counts[name] or '-'}" for name in ("admin", "write", "read"))
            rows.append((one.person.name, one.workspace, *counts, f"{len(audit.repositories)}"))
    return _Listing(title, ("Person", "Workspace", "Admin", "Write", "Read", "Repos"), rows)


def _public(audits: Sequence[WorkspaceAudit]) -> Sequence[Sequence[str]]:
    return [(one.full_name,) for one in public_repositories(audits)]


def _sources(audits: Sequence[WorkspaceAudit]) -> _Listing:
    """How many rights have their permission from each kind of source."""
    found: Counter[tuple[str, str]] = Counter()
    for right in (one for audit in audits for one in audit.rights):
        kinds = {one.kind for one in right.sources if one.permission == right.permission}
        if right.explained:
            found.update((kind, right.permission) for kind in kinds)
        else:
            why = "no source explains it" if right.explained is False else "not known"
            found[why, right.permission] += 1
    named = sorted({kind for kind, _ in found}, key=lambda one: (-_sum(found, one), one))
    levels = ("admin", "write", "read")
    rows = [
        (one, *(f"{found[one, level]:,}" if found[one, level] else "-" for level in levels))
        for one in named
    ]
    return _Listing("Where rights come from", ("Source", "Admin", "Write", "Read"), rows)


def _sum(found: Counter[tuple[str, str]], wanted: str) -> int:
    return sum(count for (kind, _), count in found.items() if kind == wanted)


def _print_findings(console: Console, report: Report, most: int | None) -> None:
    """The findings that nothing allows, the worst first; then how many are allowed or unchecked."""
    found = report.broken
    if most is not None and len(found) > most:
        _print(console, _by_rule(report), None)
    if report.rules:
        rows = [(one.severity, one.rule, one.message) for one in _worst_first(found)]
        _print(console, _Listing("Findings", ("Severity", "Rule", "What"), rows), most)
    if report.allowed:
        count = _counted(len(report.allowed), "more finding")
        console.print(f"{count} {'is' if len(report.allowed) == 1 else 'are'} allowed\n")
    if report.unchecked:
        names = ", ".join(one.id for one in report.unchecked)
        console.print(f"Not checked at --level {report.level}: {names}\n", style="dim")


def _worst_first(findings: Sequence[Finding]) -> list[Finding]:
    """The worst first; of those that are as bad, one of each rule before the second of any."""
    count: Counter[str] = Counter()
    places: list[tuple[int, int, Finding]] = []
    for one in findings:
        places.append((SEVERITIES.index(one.severity), count[one.rule], one))
        count[one.rule] += 1
    return [one for _, _, one in sorted(places, key=lambda place: place[:2])]


def _by_rule(report: Report) -> _Listing:
    """How many findings there are of each rule, the worst first."""
    counts = Counter((one.severity, one.rule) for one in report.broken)
    titles = {one.id: one.title for one in report.rules}
    found = sorted(counts, key=lambda one: (SEVERITIES.index(one[0]), -counts[one], one[1]))
    rows = [(*one, f"{counts[one]:,}", titles.get(one[1], "")) for one in found]
    return _Listing("Rules that are broken", ("Severity", "Rule", "Findings", "What"), rows)


def _print_unknown(console: Console, unknown: Iterable[Unknown], most: int | None) -> None:
    lines = unread(unknown, each=most is None)
    for left_out, text in lines[:most]:
        what = "left out" if left_out else "could not read"
        console.print(f"[red]{what}[/] {escape(text)}")
    if most is not None and len(lines) > most:
        console.print(f"[red]and {len(lines) - most:,} more: --all shows them")


def unread(unknown: Iterable[Unknown], *, each: bool = False) -> list[tuple[bool, str]]:
    """What is unknown, and why, and whether it was left out.

    Lists that are unknown for the same reason are one line, unless *each* is wanted.
    """
    groups: dict[object, list[Unknown]] = {}
    for number, one in enumerate(unknown):
        why = (one.workspace, one.left_out, one.part, _without_address(one.message))
        groups.setdefault(number if each else why, []).append(one)
    return [(group[0].left_out, _reason(group)) for group in groups.values()]


def _without_address(message: str) -> str:
    """What a refusal says, but for which request it was of."""
    return _OF_A_REQUEST.sub("", message)


def _reason(group: Sequence[Unknown]) -> str:
    one = group[0]
    message = one.message if len(group) == 1 else _without_address(one.message)
    part = "" if one.part in {"rights", "workspaces"} else f"{one.part} of "
    where = one.repository or one.project or one.workspace
    more = f" and {len(group) - 1:,} more" if len(group) > 1 else ""
    return plain(f"{part}{where}{more}: {message}")


def _table(listing: _Listing, most: int | None) -> Table:
    table = Table(
        title=f"[bold]{listing.title}[/]",
        title_justify="left",
        title_style="",
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    for column in listing.columns:
        number = column in _NUMBERS
        table.add_column(
            column,
            justify="right" if number else "left",
            overflow="fold",  # long names are not cut off
            no_wrap=number or column in _SHORT,
        )
    for row in listing.rows[:most]:
        table.add_row(*(_coloured(escape(plain(cell))) for cell in row))
    return table


def _coloured(cell: str) -> str:
    colour = _COLOURS.get(cell)
    return f"[{colour}]{cell}[/]" if colour else cell


def _print(console: Console, listing: _Listing, most: int | None) -> None:
    count = len(listing.rows)
    if not count:
        console.print(f"[bold]{listing.title}[/]: none")
        return
    titled = _Listing(f"{listing.title} ({count:,})", listing.columns, listing.rows)
    console.print(_table(titled, most))
    if most is not None and count > most:
        console.print(f"  and {count - most:,} more: --all or --json has them\n")
