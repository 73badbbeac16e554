"""`bbasync audit`: reads, judges, compares, and writes what came of it."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from attrs import evolve, frozen

from ..audit.changes import changes
from ..audit.facts import Level
from ..audit.findings import SEVERITIES, Finding, Severity
from ..audit.fix import fix_plan, write_fixes
from ..audit.policy import Policy
from ..audit.report import Report, read_report
from ..errors import BitbucketError
from .audit_asked import (
    Wanted,
    check,
    command_to_go_on,
    level_of,
    policy_of,
    threshold_of,
)
from .audit_gather import Gathered, Keeping, keeping, read
from .audit_outputs import Output, check_place, outputs_of, replaced, to_stdout
from .exits import Code, code_of, let_go, reason, say, told
from .session import base_url
from .signals import ended_by_signals
from .tables import show, unread

_FEW: Final = 10


@frozen
class _Job:
    """What is done with what is read."""

    wanted: Wanted
    policy: Policy
    level: Level
    threshold: Severity | None
    earlier: Report | None
    outputs: Sequence[Output]


def start_audit(wanted: Wanted) -> Coroutine[Any, Any, Code]:
    """The audit, once nothing is wrong with what is *wanted*."""
    check(wanted)
    if wanted.example_policy:
        return _example()
    if wanted.apply:
        from .audit_apply import start_apply  # noqa: PLC0415 - few commands change anything

        return start_apply(wanted)
    policy = policy_of(wanted)
    job = _Job(
        wanted,
        policy,
        level_of(wanted, policy),
        threshold_of(wanted),
        None if wanted.diff is None else read_report(wanted.diff),
        _outputs(wanted),
    )
    if wanted.plan:
        from .audit_plan import show_plan  # noqa: PLC0415 - as above

        return show_plan(wanted, job.level)
    return _audit(job) if wanted.read_from is None else _again(job, wanted.read_from)


def _outputs(wanted: Wanted) -> list[Output]:
    kept = [wanted.diff, wanted.read_from, wanted.policy, wanted.checkpoint]
    if wanted.fix_plan is not None:
        place = Path(wanted.fix_plan)
        check_place(place, f"--fix-plan {place}", kept=kept, overwrite=wanted.overwrite)
        kept.append(wanted.fix_plan)
    return outputs_of(wanted.to, kept=kept, overwrite=wanted.overwrite)


async def _example() -> Code:
    sys.stdout.write(Policy.example())
    return Code.DONE


async def _audit(job: _Job) -> Code:
    started = time.monotonic()
    with keeping(job.wanted) as kept:
        try:
            with ended_by_signals():
                found = await read(job.wanted, job.level, kept.journal)
        except asyncio.CancelledError:  # once more, before the report was made
            if kept.journal.pages_kept:
                _say_kept(kept.place)
            raise
        return _tell(job, _judged(job, found), found, time.monotonic() - started, kept)


def _judged(job: _Job, found: Gathered) -> Report:
    audits = sorted(found.audits, key=lambda one: one.workspace)
    return _compared(
        job,
        Report(
            audits,
            job.policy.check_all(audits),
            requests=found.requests,
            level=job.level,
            rules=job.policy.rules,
        ),
    )


async def _again(job: _Job, name: str) -> Code:
    """Take the report at *name*; its own findings stand unless there is a policy."""
    report = read_report(name)
    if job.wanted.policy is not None or not report.rules:
        findings = job.policy.check_all(report.audits)
        report = evolve(report, findings=findings, rules=job.policy.rules)
    found = Gathered(report.audits, report.requests, base_url())
    return _tell(job, _compared(job, report), found, None)


def _compared(job: _Job, report: Report) -> Report:
    if job.earlier is None:
        return report
    return evolve(report, changes=changes(job.earlier.audits, report.audits))


def _tell(
    job: _Job, report: Report, found: Gathered, seconds: float | None, kept: Keeping | None = None
) -> Code:
    """Write *report* everywhere; the exit code for it.

    The files come first: whoever reads stdout may have seen enough before it ends.
    """
    lost = not _write_files(job, report, found)
    shown = False
    try:
        shown = _show(job, report, seconds)
        sys.stdout.flush()
    except BrokenPipeError:
        let_go()
    except OSError as error:  # a full disk under stdout, say
        say(reason(error))
        let_go()
        lost = True
    if not shown:
        _say_unknown(report)
    if job.wanted.policy is not None and report.unchecked and not shown:
        say(f"not checked at --level {report.level}: {', '.join(_names(report))}")
    code = _code(job, report, found)
    _say_kept(None if kept is None else kept.settle(job.wanted, found, lost=lost))
    return (code or Code.INCOMPLETE) if lost else code


def _say_kept(place: Path | None) -> None:
    if place is not None:
        say(f"what was read is kept: go on with: {command_to_go_on(place)}")


def _show(job: _Job, report: Report, seconds: float | None) -> bool:
    """Write *report* to stdout; whether that is tables, which tell everything."""
    if job.wanted.forms:
        to_stdout(job.wanted.forms[0], report)
        return False
    if any(report.unknown) and not any(audit.rights for audit in report.audits):
        return False  # a table of nothing would hide why
    if not report.audits:
        return False
    show(report, seconds=seconds, everything=job.wanted.everything)
    return True


def _write_files(job: _Job, report: Report, found: Gathered) -> bool:
    """Write the files that were asked for; whether all of them could be."""
    written = [
        str(output.path)
        for output in job.outputs
        if _tried(output.path, partial(output.put, report))
    ]
    if written:
        say(f"written: {', '.join(written)}")
    path = job.wanted.fix_plan
    planned = path is None or _tried(Path(path), lambda: _write_fixes(job, report, found))
    return planned and len(written) == len(job.outputs)


def _names(report: Report) -> list[str]:
    return [one.id for one in report.unchecked]


def _write_fixes(job: _Job, report: Report, found: Gathered) -> None:
    fixes = fix_plan(report.audits, report.findings, policy=job.policy)
    path = Path(job.wanted.fix_plan or "")
    with replaced(path) as out:
        write_fixes(fixes, out, base_url=found.base_url)
    calls = sum(one.call is not None for one in fixes)
    say(
        f"{path}: {calls:,} calls, none of them sent, and {len(fixes) - calls:,} things for a "
        "person to do; read it, strike out what is not to happen, then: "
        f"bbasync audit --fix-plan {path} --apply"
    )


def _say_unknown(report: Report) -> None:
    unknown = unread(report.unknown)
    for _, text in unknown[:_FEW]:
        say(text)
    if len(unknown) > _FEW:
        say(f"and {len(unknown) - _FEW:,} more that is unknown: every report has it")


def _tried(path: Path, write: Callable[[], None]) -> bool:
    try:
        write()
    except OSError as error:  # a full disk, say
        say(f"{path} is not written: {error.strerror or error}")
        return False
    return True


def _code(job: _Job, report: Report, found: Gathered) -> Code:
    code = _of_findings(report.broken, job.threshold) or _of_reading(report)
    stopped = found.stopped
    if isinstance(stopped, asyncio.CancelledError):
        say("interrupted")
        code = Code.INTERRUPTED
    elif isinstance(stopped, BitbucketError):
        say(told(stopped))
        code = code_of(stopped)
    elif isinstance(stopped, OSError):
        say(reason(stopped))
        code = Code.INCOMPLETE
    return code


def _of_findings(broken: Sequence[Finding], threshold: Severity | None) -> Code | None:
    if threshold is None:
        return None
    bad = SEVERITIES[: SEVERITIES.index(threshold) + 1]
    count = sum(one.severity in bad for one in broken)
    if not count:
        return None
    say(f"the policy is broken: {count:,} finding{'' if count == 1 else 's'} of {' or '.join(bad)}")
    return Code.BROKEN


def _code_of(cause: BitbucketError | None) -> Code:
    """The code for what is unknown; what was only left out is nobody's failure."""
    if cause is None or type(cause) is BitbucketError:
        return Code.INCOMPLETE
    return code_of(cause)


def _of_reading(report: Report) -> Code:
    if not report.audits:
        say("the credential's owner belongs to no workspace: there is nothing to audit")
        return Code.INCOMPLETE
    unknown = list(report.unknown)
    codes = {_code_of(one.cause) for one in unknown}
    if len(codes) == 1 and not any(audit.rights for audit in report.audits):
        return codes.pop()  # nothing could be read, and all for the same kind of reason
    return Code.INCOMPLETE if unknown else Code.DONE
