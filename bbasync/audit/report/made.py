"""A report: what audits have found, what rules say of it, and what has changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from attrs import Factory, field, frozen

from ...errors import ArgumentError
from ..change import Change
from ..facts import LEVELS, Level, Unknown
from ..findings import Finding, RuleInfo, Severity
from ..found import WorkspaceAudit


def _moment(given: datetime) -> datetime:
    if given.tzinfo is None:
        raise ArgumentError(f"made_at takes an aware datetime, with its zone, not {given!r}")
    return given.astimezone(UTC)


def _lowest(report: Report) -> Level:
    """What all audits have read at least."""
    return min((one.level for one in report.audits), key=LEVELS.index, default="effective")


@frozen(eq=False)
class Report:
    """What is written as HTML, JSON, CSV, SARIF or JUnit XML."""

    audits: Sequence[WorkspaceAudit]
    findings: Sequence[Finding] = ()
    """Allowed ones too."""
    changes: Sequence[Change] | None = None
    """Since an earlier audit; None where it was not compared with one."""
    requests: int = 0
    """How many it took."""
    made_at: datetime = field(factory=lambda: datetime.now(UTC), converter=_moment)
    level: Level = Factory(_lowest, takes_self=True)
    rules: Sequence[RuleInfo] = ()
    """Those of the policy that are enabled; a rule without findings is here all the same."""

    @property
    def complete(self) -> bool:
        """Whether everything could be read."""
        return all(audit.complete for audit in self.audits)

    @property
    def unknown(self) -> Iterator[Unknown]:
        """What could not be read, one workspace after the other."""
        return (one for audit in self.audits for one in audit.unknown)

    @property
    def broken(self) -> list[Finding]:
        """The findings that nothing allows."""
        return [one for one in self.findings if one.allowed is None]

    @property
    def allowed(self) -> list[Finding]:
        """The findings that an allowance of the policy covers."""
        return [one for one in self.findings if one.allowed is not None]

    @property
    def severities(self) -> Counter[Severity]:
        """How many findings that nothing allows there are of each severity."""
        return Counter(one.severity for one in self.broken)

    @property
    def unchecked(self) -> list[RuleInfo]:
        """The rules that this report says nothing of: they need a higher level."""
        read = LEVELS.index(self.level)
        return [one for one in self.rules if LEVELS.index(one.level) > read]
