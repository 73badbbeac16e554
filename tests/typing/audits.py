"""The audit as its users type-check it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import assert_type

from bbasync import Bitbucket
from bbasync.audit import (
    Applied,
    Change,
    Finding,
    Fix,
    Level,
    Member,
    Plan,
    Policy,
    Report,
    Right,
    Row,
    Source,
    Unknown,
    WorkspaceAudit,
    apply,
    audit,
    changes,
    fix_plan,
    gather,
    plan,
    read_fixes,
    read_report,
    write_html,
    write_jsonl,
)


async def rows(bb: Bitbucket) -> None:
    """Read rows, and tell them apart by their class."""
    async for row in audit(bb, ["acme"], level="explain", rules=Policy.of("public-repositories")):
        assert_type(row, Row)
        if isinstance(row, Right):
            assert_type(row.sources, Sequence[Source])
            assert_type(row.explained, bool | None)
        elif isinstance(row, Finding):
            assert_type((row.rule, row.fingerprint), tuple[str, str])
        elif isinstance(row, Unknown):
            assert_type(row.left_out, bool)


async def workspaces(bb: Bitbucket, level: Level) -> None:
    """Plan, gather, judge, compare and write."""
    beforehand = await plan(bb, "acme", level=level)
    assert_type(beforehand, Plan)
    assert_type(beforehand.hours, float | None)
    walk = gather(bb, ("acme", "globex/site"), level=level, checkpoint=Path("acme.audit"))
    found = [one async for one in walk]
    assert_type(found, list[WorkspaceAudit])
    assert_type(found[0].members, list[Member] | None)
    policy = Policy.load("policy.toml")
    findings = policy.check_all(found)
    assert_type(findings, list[Finding])
    earlier = read_report("earlier.jsonl")
    assert_type(earlier.made_at, datetime)
    new = changes(earlier.audits, found)
    assert_type(new, list[Change])
    report = Report(found, findings, new, requests=bb.requests_sent, rules=policy.rules)
    out = StringIO()
    write_html(report, out)
    write_jsonl(report, out)
    assert_type(fix_plan(found, findings, policy=policy), list[Fix])


async def mend(bb: Bitbucket) -> None:
    """Send what somebody has reviewed."""
    reviewed = read_fixes("fixes.jsonl", base_url="https://api.bitbucket.org/2.0")
    async for one in apply(bb, reviewed, dry_run=True):
        assert_type(one, Applied)
        assert_type((one.fix.action, one.message), tuple[str, str])
