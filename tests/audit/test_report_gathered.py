"""Reports of what is gathered from a service, and checked by the default policy."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest
from attrs import evolve, fields
from jsonschema import Draft202012Validator

from bbasync import Bitbucket
from bbasync.audit.address import host_of
from bbasync.audit.facts import LEVELS, Level
from bbasync.audit.found import WorkspaceAudit
from bbasync.audit.gather import gather
from bbasync.audit.policy import Policy
from bbasync.audit.report import (
    Report,
    read_report,
    schema,
    write_jsonl,
    write_junit,
    write_sarif,
)
from tests.audit.reported import written


async def reported(bb: Bitbucket, level: Level, most: int | None = None) -> Report:
    """A report of all workspaces, with at most that many requests."""
    audits = [one async for one in gather(bb, level=level, max_requests=most)]
    audits.sort(key=lambda one: one.workspace)
    policy = Policy()
    findings = [finding for audit in audits for finding in policy.check(audit)]
    return Report(audits, findings, requests=bb.requests_sent, rules=list(policy.rules))


@pytest.mark.parametrize("level", LEVELS)
async def test_what_was_gathered_comes_back(bb: Bitbucket, level: Level, tmp_path: Path) -> None:
    """All but whole addresses of webhooks is equal to what is read; every line is as described."""
    report = await reported(bb, level)
    text = written(write_jsonl, report)
    path = tmp_path / "report.jsonl"
    path.write_text(text, "utf-8", newline="")
    found = read_report(path)
    assert (found.findings, found.rules) == (report.findings, report.rules)
    for one, other in zip(found.audits, report.audits, strict=True):
        other.webhooks = [evolve(hook, url=host_of(hook.url)) for hook in other.webhooks]
        for attribute in fields(WorkspaceAudit):
            assert getattr(one, attribute.name) == getattr(other, attribute.name), attribute.name
    described = Draft202012Validator(schema())
    for line in text.splitlines()[::7]:
        described.validate(json.loads(line))


async def test_all_forms_agree_on_what_was_found(bb: Bitbucket) -> None:
    """Each finding is a result; what could not be read is told everywhere."""
    report = await reported(bb, "full", 20)
    assert report.findings
    assert not report.complete
    (run,) = json.loads(written(write_sarif, report))["runs"]
    assert len(run["results"]) == len(report.findings)
    notified = run["invocations"][0]["toolExecutionNotifications"]
    assert len(notified) == len(list(report.unknown))
    root = fromstring(written(write_junit, report).encode())
    failing = {(one.workspace, one.rule) for one in report.broken if one.severity == "error"}
    assert root.get("failures") == str(len(failing))
    assert root.get("errors") == str(sum(not one.complete for one in report.audits))
