"""The tables of what stands around the rights: groups, keys, webhooks, branches, reviewers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from ..address import host_of
from ..facts import LEVELS, DeployKey, Group, Hook, Level, Part, Restriction, Reviewer
from ..found import WorkspaceAudit
from .columns import Column, Table
from .made import Report
from .packed import Packed
from .shown import shown

FULL: Final = ("keys", "hooks", "restrictions", "reviewers")
"""The tables that an audit at level ``full`` has, by id."""

_SAID: Final = {True: "yes", False: "no", None: "unknown"}
_VERIFIED: Final = {True: "not verified", False: "verified", None: "unknown"}
_STEP: Final = 20
_Rows = Sequence[tuple[WorkspaceAudit, Any]]


def around(report: Report, found: Packed) -> list[Table]:
    """Those of what the audits have looked for; nothing is called none that was not read."""
    made = []
    for id_, noun, level, name, columns, parts in _TABLES:
        read = [audit for audit in report.audits if _reads(audit, level)]
        if not read:
            continue
        rows = [(audit, one) for audit in read for one in getattr(audit, name) or ()]
        listed = columns(rows, found, report.made_at)
        if len(report.audits) > 1:
            spaces = [shown(audit.workspace) for audit, _ in rows]
            listed.insert(1, Column("Workspace", "text", spaces, choice=True))
        note = _note(report, level, parts)
        empty = "None was read." if note else f"There are no {noun}."
        made.append(Table(id_, noun, listed, empty, note, _STEP))
    return made


def _reads(audit: WorkspaceAudit, level: Level) -> bool:
    return LEVELS.index(audit.level) >= LEVELS.index(level)


def _note(report: Report, level: Level, parts: Sequence[Part]) -> str:
    """What is not in a table; empty where nothing is missing."""
    lists = sum(one.part in {*parts, "workspaces"} for one in report.unknown)
    below = sum(not _reads(audit, level) for audit in report.audits)
    told = []
    if lists:
        told.append(f"not read in full ({_counted(lists, 'list')} unknown)")
    if below:
        told.append(f"not asked for in {_counted(below, 'workspace')}")
    text = ", and ".join(told)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _groups(rows: _Rows, found: Packed, _: datetime) -> list[Column]:
    groups: list[Group] = [one for _, one in rows]
    given = {
        audit.workspace: Counter(
            (one.group, one.repository is None) for one in audit.grants if one.group is not None
        )
        for audit, _ in rows
    }
    members = ["unknown" if one.members is None else _names(one.members, found) for one in groups]
    return [
        Column("Group", "person", [shown(one.name) for one in groups]),
        Column("Every repository", "level", [shown(one.permission or "none") for one in groups]),
        Column("Repositories", "count", [given[a.workspace][one.slug, False] for a, one in rows]),
        Column("Projects", "count", [given[a.workspace][one.slug, True] for a, one in rows]),
        Column("Members", "count", [len(one.members or ()) for one in groups]),
        Column("Who", "message", members),
    ]


def _keys(rows: _Rows, found: Packed, now: datetime) -> list[Column]:
    keys: list[DeployKey] = [one for _, one in rows]
    return [
        Column("Deploy key", "person", [shown(one.label) for one in keys]),
        Column("Reads", "repository", _wheres(rows, found)),
        Column("Added", "text", [_ago(one.added_on, now, "unknown") for one in keys]),
        Column("Last used", "text", [_ago(one.last_used, now, "never") for one in keys]),
        Column("Id", "code", [str(one.id) for one in keys]),
    ]


def _hooks(rows: _Rows, found: Packed, _: datetime) -> list[Column]:
    hooks: list[Hook] = [one for _, one in rows]
    states = ["active" if one.active else "off" for one in hooks]
    unverified = [_VERIFIED[one.skip_cert_verification] for one in hooks]
    return [
        Column("Calls", "message", [shown(host_of(one.url)) for one in hooks]),
        Column("On", "repository", _wheres(rows, found)),
        Column("Active", "text", states, choice=True),
        Column("Secret", "text", [_SAID[one.secret_set] for one in hooks], choice=True),
        Column("Certificate", "text", unverified, choice=True),
        Column("Events", "message", [shown(", ".join(one.events)) for one in hooks]),
        Column("Id", "code", [shown(one.uuid) for one in hooks]),
    ]


def _restrictions(rows: _Rows, found: Packed, _: datetime) -> list[Column]:
    rules: list[Restriction] = [one for _, one in rows]
    values = ["" if one.value is None else f": {one.value}" for one in rules]
    whats = [shown(one.what) + value for one, value in zip(rules, values, strict=True)]
    exempt = [
        ", ".join(filter(None, [_names(one.people, found), _slugs(one.groups)])) for one in rules
    ]
    return [
        Column("Repository", "repository", _wheres(rows, found)),
        Column("Branches", "text", [_branches(one) for one in rules]),
        Column("Restricts", "code", whats, choice=True),
        Column("Exempt", "message", exempt),
    ]


def _branches(one: Restriction) -> str:
    if one.match == "branching_model":
        return shown(f"{one.branch_type or 'unknown'} branches")
    return shown(one.pattern)


def _reviewers(rows: _Rows, found: Packed, _: datetime) -> list[Column]:
    reviewers: list[Reviewer] = [one for _, one in rows]
    return [
        Column("Reviewer", "person", [found.person(one.person) for one in reviewers]),
        Column("On", "repository", _wheres(rows, found)),
    ]


def _wheres(rows: _Rows, found: Packed) -> list[int | str | None]:
    """Where things are: the number of a repository, or a name."""
    return [
        found.repository(audit.workspace, one.repository)
        if one.repository is not None
        else shown(_beside(audit, getattr(one, "project", None)))
        for audit, one in rows
    ]


def _beside(audit: WorkspaceAudit, project: Any) -> str:
    return f"project {project.key}" if project is not None else f"workspace {audit.workspace}"


def _names(uuids: Iterable[str], found: Packed) -> str:
    """People by name, and by uuid where nothing else is known of them."""
    numbers = [(uuid, found.person_of.get(uuid)) for uuid in uuids]
    names = [uuid if number is None else found.people[number].name for uuid, number in numbers]
    return ", ".join(sorted(map(shown, names), key=str.casefold))


def _slugs(groups: Iterable[str]) -> str:
    return ", ".join(shown(f"group {one}") for one in groups)


def _ago(moment: datetime | None, now: datetime, never: str) -> str:
    """A day, and how long that was before *now*; days sort as texts."""
    if moment is None:
        return never
    days = (now.date() - moment.date()).days
    return f"{moment.date().isoformat()} ({_counted(days, 'day')} ago)"


_PLACES: Final = ("repositories", "projects")
_TABLES: Final[Sequence[tuple[str, str, Level, str, Any, Sequence[Part]]]] = (
    (
        "groups",
        "groups",
        "explain",
        "groups",
        _groups,
        ("groups", "project-groups", "repository-groups"),
    ),
    ("keys", "deploy keys", "full", "deploy_keys", _keys, ("deploy-keys", *_PLACES)),
    ("hooks", "webhooks", "full", "webhooks", _hooks, ("webhooks", *_PLACES)),
    (
        "restrictions",
        "branch restrictions",
        "full",
        "restrictions",
        _restrictions,
        ("branch-restrictions", *_PLACES),
    ),
    (
        "reviewers",
        "default reviewers",
        "full",
        "reviewers",
        _reviewers,
        ("default-reviewers", *_PLACES),
    ),
)
"""Id, noun, level from which on there is one, attribute of audits, columns, and what to read."""
