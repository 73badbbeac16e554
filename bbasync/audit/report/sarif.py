"""A report's findings as SARIF 2.1.0, which platforms for code scanning read.

Each finding names the repository's address relative to bitbucket.org, as ``acme/site``: viewers
that want a file have a stable relative path then, and those that know ``originalUriBaseIds`` have
the https address. Who and what it is about is in its logical locations.

GitHub takes no run of more than ``MOST`` results, so that there may be several runs, each under an
id of its own. A run of an audit that is not complete says that it was not successful.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TextIO
from urllib.parse import quote

from ...client import VERSION
from ..facts import Unknown
from ..findings import Finding, RuleInfo
from .made import Report
from .shown import shown
from .text import json_lines

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_BASE: Final = "BITBUCKET"
MOST: Final = 25_000
"""How many results a run has at most."""


def as_sarif(report: Report) -> dict[str, Any]:
    """The log: its rules, a result a finding, and what could not be read."""
    starts = range(0, len(report.findings) or 1, MOST)
    runs = [
        _run(report, report.findings[at : at + MOST], number) for number, at in enumerate(starts)
    ]
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": runs}


def _run(report: Report, findings: Sequence[Finding], number: int) -> dict[str, Any]:
    rules = _rules(report, findings)
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    driver = {"name": "bbasync", "version": VERSION, "semanticVersion": VERSION, "rules": rules}
    return {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"bbasync/audit{f'-{number + 1}' if number else ''}/"},
        "originalUriBaseIds": {_BASE: {"uri": "https://bitbucket.org/"}},
        "invocations": [_invocation(report, index)],
        "results": [_result(one, index) for one in findings],
        "properties": {"level": report.level, "requests": report.requests},
    }


def write_sarif(report: Report, out: TextIO) -> None:
    """Write ``as_sarif`` to *out*."""
    out.writelines(json_lines(as_sarif(report)))
    out.write("\n")


def _rules(report: Report, findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Those of the policy, and those that only findings name."""
    found = {one.id: _rule(one) for one in report.rules}
    for finding in findings:
        found.setdefault(finding.rule, {"id": finding.rule})
    return list(found.values())


def _rule(rule: RuleInfo) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": _text(rule.title),
        "fullDescription": _text(rule.help),
        "help": _text(rule.help),
        "defaultConfiguration": {"level": rule.severity},
        "properties": {"tags": ["security", "permissions"], "needs": rule.level},
    }


def _invocation(report: Report, index: dict[str, int]) -> dict[str, Any]:
    """Not successful where something could not be read; a rule that was not checked is told."""
    moment = report.made_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "executionSuccessful": report.complete,
        "endTimeUtc": moment,
        "toolExecutionNotifications": [_not_read(one) for one in report.unknown],
        "toolConfigurationNotifications": [
            {
                "level": "warning",
                "message": _text(f"not checked: it needs an audit of level {rule.level}"),
                "associatedRule": {"id": rule.id, "index": index[rule.id]},
            }
            for rule in report.unchecked
        ],
    }


def _not_read(one: Unknown) -> dict[str, Any]:
    left = "not asked for" if one.left_out else "could not be read"
    path = one.repository or _project_path(one.workspace, one.project)
    logical = [_logical("workspace", one.workspace, one.workspace)]
    if one.project:
        logical.append(_logical("project", one.project, f"{one.workspace}/projects/{one.project}"))
    if one.repository:
        logical.append(_logical("repository", one.repository, one.repository))
    return {
        "level": "error",
        "descriptor": {"id": f"unknown/{one.part}"},
        "message": _text(f"{one.part} {left}: {one.message}"),
        "locations": [_location(path, logical)],
    }


def _result(finding: Finding, index: dict[str, int]) -> dict[str, Any]:
    allowed = finding.allowed
    suppressions = []
    if allowed is not None:
        why = f"{allowed.reason} (until {allowed.until.isoformat()})"
        suppressions = [{"kind": "external", "justification": why}]
    return {
        "ruleId": finding.rule,
        "ruleIndex": index[finding.rule],
        "level": finding.severity,
        "message": _text(finding.message),
        "locations": [_location(_path(finding), _logicals(finding))],
        # GitHub matches by the first name alone, and would look into a file for it.
        "partialFingerprints": {
            "primaryLocationLineHash": f"{finding.fingerprint}:1",
            "bbasyncFinding/v1": finding.fingerprint,
        },
        "suppressions": suppressions,  # SARIF wants them of all results, or of none
        "properties": _properties(finding),
    }


def _path(finding: Finding) -> str:
    """Where the finding is, below https://bitbucket.org/."""
    if finding.repository is not None:
        return finding.repository.full_name
    project = None if finding.project is None else finding.project.key
    return _project_path(finding.workspace, project)


def _project_path(workspace: str, project: str | None) -> str:
    return f"{workspace}/workspace/projects/{project}" if project else f"{workspace}/"


def _location(path: str, logical: list[dict[str, Any]]) -> dict[str, Any]:
    uri = quote(path, safe="/", errors="replace")
    return {
        "physicalLocation": {"artifactLocation": {"uri": uri, "uriBaseId": _BASE}},
        "logicalLocations": logical,
    }


def _logicals(finding: Finding) -> list[dict[str, Any]]:
    workspace, found = finding.workspace, []
    if finding.repository is not None:
        name = finding.repository.full_name
        found.append(_logical("repository", name, name))
    if finding.project is not None:
        key = finding.project.key
        found.append(_logical("project", finding.project.name, f"{workspace}/projects/{key}"))
    if finding.person is not None:
        person = finding.person
        found.append(_logical("person", person.name, f"{workspace}/people/{person.uuid}"))
    if finding.group is not None:
        found.append(_logical("group", finding.group, f"{workspace}/groups/{finding.group}"))
    return [*found, _logical("workspace", workspace, workspace)]


def _logical(kind: str, name: str, full: str) -> dict[str, Any]:
    return {"kind": kind, "name": name, "fullyQualifiedName": full}


def _properties(finding: Finding) -> dict[str, Any]:
    """What no location says."""
    said = {
        "repositoryUuid": finding.repository and finding.repository.uuid,
        "projectUuid": finding.project and finding.project.uuid,
        "userUuid": finding.person and finding.person.uuid,
        "accountId": finding.person and finding.person.account_id,
        "permission": finding.permission,
        "thing": finding.thing,
    }
    return {key: value for key, value in said.items() if value is not None}


def _text(words: str) -> dict[str, str]:
    """A message as people may see it; braces and brackets of its own mean nothing in it."""
    text = shown(words).replace("{", "{{").replace("}", "}}")
    return {"text": text.replace("[", "\\[") if "](" in text else text}
