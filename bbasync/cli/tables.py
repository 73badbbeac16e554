"""An audit as tables for people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from attrs import frozen
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..audit import WorkspaceAudit
from ..audit.report import Reach, administrators, public_repositories, reach
from .screen import Screen

_FEW = 10
_NUMBERS = frozenset({"Repos", "Public", "Members", "Outside", "Rights", "Admin", "Write", "Read"})


@frozen
class _Listing:
    """One table: its title, what its columns are called, and its rows."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def show(
    audits: Sequence[WorkspaceAudit], *, requests: int, seconds: float, everything: bool
) -> None:
    """Print the summary, who administers what, who comes from outside, and what is public."""
    console = Screen(highlight=False)
    most = None if everything else _FEW
    console.print(_table(_summary(audits), None))
    for listing in (
        _people("Owners, who administer everything", audits, _is_owner),
        _people("Other administrators, by reach", audits, _is_other_administrator),
        _people("Outside collaborators", audits, _is_outside),
        _Listing("Public repositories", ("Repository",), _public(audits)),
    ):
        _print(console, listing, most)
    for audit in audits:
        for problem in audit.problems:
            where = problem.repository or problem.workspace
            console.print(f"[red]could not read[/] {escape(where)}: {escape(problem.message)}")
    repositories = sum(len(audit.repositories) for audit in audits)
    rights = sum(len(audit.rights) for audit in audits)
    counts = ((len(audits), "workspace"), (repositories, "repository"), (rights, "right"))
    console.print(
        f"{', '.join(_counted(*one) for one in counts)}, "
        f"read with {_counted(requests, 'request')} in {seconds:.1f} s"
    )


def _counted(count: int, noun: str) -> str:
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{count:,} {noun if count == 1 else plural}"


def _summary(audits: Iterable[WorkspaceAudit]) -> _Listing:
    rows = []
    for audit in audits:
        outside = {one.person.uuid for one in reach([audit], outside=True)}
        known = audit.levels is not None
        rows.append(
            (
                audit.workspace,
                f"{len(audit.repositories):,}",
                f"{len(public_repositories([audit])):,}",
                f"{len(audit.levels or ()):,}" if known else "?",
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


def _table(listing: _Listing, most: int | None) -> Table:
    table = Table(
        title=f"[bold]{listing.title}[/]",
        title_justify="left",
        title_style="",
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    for column in listing.columns:
        table.add_column(column, justify="right" if column in _NUMBERS else "left", no_wrap=True)
    for row in listing.rows[:most]:
        table.add_row(*(escape(cell) for cell in row))
    return table


def _print(console: Console, listing: _Listing, most: int | None) -> None:
    count = len(listing.rows)
    if not count:
        console.print(f"[bold]{listing.title}[/]: none")
        return
    titled = _Listing(f"{listing.title} ({count:,})", listing.columns, listing.rows)
    console.print(_table(titled, most))
    if most is not None and count > most:
        console.print(f"  and {count - most:,} more: --all, --csv or --json has them\n")
