"""A report's findings as JUnit XML, which Bitbucket Pipelines and others show beside a build.

A suite is a workspace, and a test is a rule: it fails where anything is an error. Warnings and
notes are in its output. What could not be read is an error of a test of its own, so that an audit
that saw half of it is not green.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, TextIO
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ..facts import LEVELS
from ..findings import Finding, RuleInfo
from ..found import WorkspaceAudit
from .made import Report
from .shown import shown

_ILLEGAL: Final = re.compile("[^\t\n -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML can't hold, and the carriage return, which its readers turn into another."""
_TOTALS: Final = ("tests", "failures", "errors", "skipped")
_READ: Final = "everything could be read"
_LINES: Final = 1_000
"""How many lines a test tells, as servers refuse or cut large files; of more it tells how many."""


def write_junit(report: Report, out: TextIO) -> None:
    """Write *report* to *out* as JUnit XML."""
    root = as_junit(report)
    indent(root)
    text = tostring(root, encoding="unicode")
    out.write(f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n')


def as_junit(report: Report) -> Element:
    """The suites: one a workspace."""
    root = Element("testsuites", name="bbasync audit")
    moment = report.made_at.strftime("%Y-%m-%dT%H:%M:%S")
    audits: dict[str, WorkspaceAudit | None] = {one.workspace: one for one in report.audits}
    audits |= dict.fromkeys(one.workspace for one in report.findings if one.workspace not in audits)
    for name, audit in audits.items():
        suite = SubElement(root, "testsuite", name=_legal(name), timestamp=moment, time="0")
        if audit is not None:
            _reading(suite, audit)
        _rules(suite, [one for one in report.findings if one.workspace == name], report, audit)
        _count(suite, suite.iter("testcase"))
    if not audits:
        suite = SubElement(root, "testsuite", name="bbasync audit", timestamp=moment, time="0")
        _tell(_case(suite, _READ), "error", "there was nothing to audit", [])
        _count(suite, suite.iter("testcase"))
    _count(root, root.iter("testcase"))
    return root


def _reading(suite: Element, audit: WorkspaceAudit) -> None:
    case = _case(suite, _READ)
    if audit.complete:
        return
    lines = []
    for one in audit.unknown:
        project = f"{one.workspace}, project {one.project}" if one.project else one.workspace
        lines.append(f"{one.repository or project}: {one.part}: {one.message}")
    _tell(case, "error", f"{_counted(len(lines), 'thing')} not read", lines)


def _rules(
    suite: Element, findings: Sequence[Finding], report: Report, audit: WorkspaceAudit | None
) -> None:
    by_rule: dict[str, list[Finding]] = {one.id: [] for one in report.rules if audit is not None}
    for finding in findings:
        by_rule.setdefault(finding.rule, []).append(finding)
    known = {one.id: one for one in report.rules}
    for name, found in by_rule.items():
        rule = known.get(name)
        case = _case(suite, name if rule is None else f"{name}: {rule.title}")
        if found:
            _outcome(case, found)
        elif rule is not None and audit is not None and _beyond(rule, audit):
            _tell(case, "skipped", f"it needs an audit of level {rule.level}", [])


def _beyond(rule: RuleInfo, audit: WorkspaceAudit) -> bool:
    return LEVELS.index(rule.level) > LEVELS.index(audit.level)


def _outcome(case: Element, findings: Sequence[Finding]) -> None:
    allowed = [one for one in findings if one.allowed is not None]
    failing = [one for one in findings if one.allowed is None and one.severity == "error"]
    others = [one for one in findings if one.allowed is None and one.severity != "error"]
    if failing:
        _tell(case, "failure", _counted(len(failing), "finding"), map(_line, failing))
    elif allowed and not others:
        _tell(case, "skipped", f"{_counted(len(allowed), 'finding')} allowed", [])
    said = [*map(_line, others), *map(_line, allowed)]
    if said:
        SubElement(case, "system-out").text = _lines(said)


def _line(finding: Finding) -> str:
    text = f"{finding.severity}: {finding.message}"
    if finding.allowed is not None:
        until = finding.allowed.until.isoformat()
        text = f"allowed until {until} ({finding.allowed.reason}): {text}"
    return text


def _case(suite: Element, name: str) -> Element:
    classname = f"bbasync.audit.{suite.get('name', '')}"
    return SubElement(suite, "testcase", classname=classname, name=_legal(name), time="0")


def _tell(case: Element, outcome: str, message: str, lines: Iterable[str]) -> None:
    told = SubElement(case, outcome, message=message)
    if outcome != "skipped":
        told.set("type", outcome)
    told.text = _lines(lines) or None


def _lines(lines: Iterable[str]) -> str:
    every = list(lines)
    if len(every) > _LINES:
        every[_LINES:] = [f"and {len(every) - _LINES:,} more, which the report as JSON Lines has"]
    return _legal("\n".join(shown(" ".join(one.split())) for one in every))


def _count(suite: Element, cases: Iterable[Element]) -> None:
    found = list(cases)
    counts = (
        len(found),
        *(
            sum(one.find(tag) is not None for one in found)
            for tag in ("failure", "error", "skipped")
        ),
    )
    for name, count in zip(_TOTALS, counts, strict=True):
        suite.set(name, str(count))


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _legal(text: str) -> str:
    return _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text)
