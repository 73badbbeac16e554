"""Facts and findings as flat rows, and back; ``schema.json`` describes them to others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, get_args

from ..change import Change, What
from ..facts import (
    LEVELS,
    DeployKey,
    Grant,
    Group,
    Hook,
    Member,
    Project,
    Repo,
    Restriction,
    Reviewer,
    Right,
    Unknown,
)
from ..findings import SEVERITIES, Finding, RuleInfo
from ..found import WorkspaceAudit
from .keys import (
    Keyed,
    Row,
    Things,
    address,
    allowed,
    choice,
    may,
    moment,
    must,
    needed,
    person,
    plain,
    private,
    project,
    repository,
    sources,
    texts,
)

_WORKSPACE: Final = needed("workspace", str)
_ONLY: Final = texts("only", default=None)
LEVEL: Final = choice("level", LEVELS)

KEYS_OF: Final[Mapping[type, Sequence[Keyed]]] = {
    Member: (_WORKSPACE, person(), needed("level", str)),
    Group: (
        _WORKSPACE,
        needed("slug", str, "group"),
        needed("name", str),
        plain("permission", str),
        texts("members", default=None),
    ),
    Project: (
        _WORKSPACE,
        needed("uuid", str, "project_uuid"),
        needed("key", str, "project"),
        needed("name", str, "project_name"),
        private("project_visibility"),
    ),
    Repo: (
        needed("uuid", str, "repository_uuid"),
        needed("full_name", str, "repository"),
        private("visibility"),
        plain("project", str),
        plain("main_branch", str),
        plain("parent", str),
        plain("parent_name", str),
    ),
    Grant: (
        _WORKSPACE,
        needed("permission", str),
        person(optional=True),
        plain("group", str),
        repository(optional=True),
        project(),
    ),
    Right: (
        person(),
        repository(),
        needed("permission", str),
        sources(),
        plain("explained", bool),
    ),
    DeployKey: (
        _WORKSPACE,
        needed("id", int),
        needed("label", str),
        repository(optional=True),
        project(),
        moment("added_on"),
        moment("last_used"),
    ),
    Hook: (
        _WORKSPACE,
        needed("uuid", str),
        address("url"),
        needed("active", bool),
        texts("events"),
        repository(optional=True),
        plain("secret_set", bool),
        plain("skip_cert_verification", bool),
    ),
    Restriction: (
        _WORKSPACE,
        repository(),
        needed("id", int),
        needed("what", str),
        needed("match", str),
        plain("pattern", str, default=""),
        plain("branch_type", str),
        plain("value", int),
        texts("people"),
        texts("groups"),
    ),
    Reviewer: (_WORKSPACE, person(), repository(optional=True), project()),
    Unknown: (
        _WORKSPACE,
        needed("part", str),
        needed("message", str),
        plain("repository", str),
        plain("project", str),
        plain("left_out", bool, default=False),
    ),
    Finding: (
        _WORKSPACE,
        needed("rule", str),
        choice("severity", SEVERITIES),
        needed("message", str),
        repository(optional=True),
        project(),
        person(optional=True),
        plain("group", str),
        plain("thing", str),
        plain("permission", str),
        allowed(),
    ),
    Change: (
        _WORKSPACE,
        choice("what", get_args(What)),
        person(optional=True),
        repository(optional=True),
        plain("project", str),
        plain("before", str),
        plain("after", str),
        sources("before_sources"),
        sources("after_sources"),
        plain("thing", str),
        texts("parts"),
        plain("left_out", int, default=0),
        plain("reason", str),
    ),
    RuleInfo: (
        needed("id", str, "rule"),
        needed("title", str),
        needed("help", str),
        choice("severity", SEVERITIES),
        choice("level", LEVELS),
    ),
}
"""All that a line of a kind says, but for what is derived (see ``row_of`` and ``right_row``)."""


def row_of(thing: Any, things: Things, **more: Any) -> dict[str, Any]:
    """*thing* as a row, with *more* in front."""
    row = dict(more)
    for column in KEYS_OF[type(thing)]:
        row.update(column.write(getattr(thing, column.attribute), things))
    return row


def read_row(kind: type, row: Row, things: Things) -> Any:
    """The thing of *kind* that *row* says; DecodingError where it can't."""
    return kind(**{one.attribute: one.read(row, things) for one in KEYS_OF[kind]})


def fact_row(fact: Any, audit: WorkspaceAudit, things: Things) -> dict[str, Any]:
    """The row of one of *audit*'s facts."""
    row = row_of(fact, things, kind=fact.kind, workspace=audit.workspace)
    match fact:
        case Right():
            row["standing"] = audit.standing(fact.person)
        case Repo():
            things.repositories[fact.uuid] = fact
        case Unknown():
            row["error"] = None if fact.cause is None else type(fact.cause).__name__
    return row


def unlisted_rows(audit: WorkspaceAudit, things: Things) -> Iterator[dict[str, Any]]:
    """The rows of what the sources give and the service does not list."""
    for right in audit.unlisted:
        yield fact_row(right, audit, things) | {"kind": UNLISTED}


def finding_row(finding: Finding, things: Things) -> dict[str, Any]:
    """The row of *finding*."""
    row = row_of(finding, things, kind=finding.kind)
    return row | {"fingerprint": finding.fingerprint}


def change_row(change: Change, things: Things) -> dict[str, Any]:
    """The row of *change*."""
    row = row_of(change, things, kind=change.kind)
    return row | {"message": change.describe()}


def rule_row(rule: RuleInfo, things: Things) -> dict[str, Any]:
    """The row of *rule*."""
    return row_of(rule, things, kind="rule")


UNLISTED: Final = "unlisted-right"
"""The kind of the rows of ``WorkspaceAudit.unlisted``."""

LISTS: Final[Mapping[str, tuple[type, str]]] = {
    Member.kind: (Member, "members"),
    Group.kind: (Group, "groups"),
    Project.kind: (Project, "projects"),
    Repo.kind: (Repo, "repositories"),
    Grant.kind: (Grant, "grants"),
    Right.kind: (Right, "rights"),
    UNLISTED: (Right, "unlisted"),
    DeployKey.kind: (DeployKey, "deploy_keys"),
    Hook.kind: (Hook, "webhooks"),
    Restriction.kind: (Restriction, "restrictions"),
    Reviewer.kind: (Reviewer, "reviewers"),
    Unknown.kind: (Unknown, "unknown"),
}
"""The kinds of facts: their class, and which list of a ``WorkspaceAudit`` they are in."""

MAYBE: Final = ("members", "groups", "projects")
"""The lists that are None where they were not read."""


def workspace_row(audit: WorkspaceAudit) -> dict[str, Any]:
    """The row that stands before those of *audit*: how many of each there are."""
    row = {
        "kind": "workspace",
        "workspace": audit.workspace,
        "level": audit.level,
        "complete": audit.complete,
        **_ONLY.write(audit.only, Things()),
    }
    for _, name in LISTS.values():
        listed = getattr(audit, name)
        row[name] = None if listed is None else len(listed)
    return row


def read_workspace(row: Row) -> WorkspaceAudit:
    """The audit, without its facts, that *row* begins."""
    begun: dict[str, Any] = {name: [] for name in MAYBE if may(row, name, int) is not None}
    level: Any = LEVEL.read(row, Things())
    only = _ONLY.read(row, Things())
    return WorkspaceAudit(must(row, "workspace", str), level, **begun, only=only)
