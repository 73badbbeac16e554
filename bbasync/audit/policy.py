"""The policy: which rules hold, how strictly, and what is allowed for a while.

What the rules look for lives in `rules`; how a policy is written down in `policyfile`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from os import PathLike

from attrs import evolve, field, frozen

from ..errors import ArgumentError
from .allowances import Allowances, answered, scope
from .facts import LEVELS, Level, Repo
from .findings import Allowance, Finding, RuleInfo, Severity
from .found import WorkspaceAudit
from .policyfile import example, read
from .rules import RULES, Case, Hit, Rule
from .rules.table import suggest, written
from .settings import UNUSED, Setting, defaults


@frozen
class Policy:
    """Rules, and what is allowed although it breaks them.

    ``Policy()`` has every rule with its defaults, and allows nothing.
    """

    settings: Mapping[str, Setting] = field(factory=defaults)
    """By the name of the rule."""
    allowances: Sequence[Allowance] = ()

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Policy:
        """The policy in a TOML file; ConfigurationError that tells every mistake in it."""
        return cls(*read(path))

    @classmethod
    def of(cls, *names: str) -> Policy:
        """Only the rules that are named, with their defaults."""
        if not names:
            raise ArgumentError("Policy.of takes the name of one rule or more; Policy() has all")
        for name in names:
            if name not in RULES:
                raise ArgumentError(f"there is no rule {name!r}{suggest(name, RULES)}")
        return cls(
            {name: evolve(setting, enabled=name in names) for name, setting in defaults().items()}
        )

    @staticmethod
    def example() -> str:
        """A policy file with every rule as it is by default, and what it means."""
        return example()

    @property
    def rules(self) -> list[RuleInfo]:
        """The rules that are switched on, in the order of their findings."""
        return [
            RuleInfo(one.rule.name, one.rule.title, one.rule.help, one.severity, one.rule.level)
            for one in self._enabled
        ]

    @property
    def needs(self) -> Level:
        """The level of an audit that all rules which are switched on can be checked with."""
        levels = [one.rule.level for one in self._enabled]
        return max(levels, key=LEVELS.index, default="effective")

    def unchecked(self, level: Level) -> list[str]:
        """The rules that are switched on, and that an audit of *level* can't answer."""
        return [one.rule.name for one in self._enabled if not _reaches(level, one.rule)]

    def check(self, audit: WorkspaceAudit, *, today: date | None = None) -> list[Finding]:
        """What breaks the policy in one workspace, by rule, then by repository and person.

        What an allowance holds for carries it. Of rules that the audit's level is too low for,
        see `unchecked`, and where something could not be read, nothing is said. *today* decides
        which allowances hold: by default, the day in UTC.
        """
        return self._check(audit, today or _today(), {})

    def check_all(
        self, audits: Sequence[WorkspaceAudit], *, today: date | None = None
    ) -> list[Finding]:
        """What breaks it in all *audits*, and the allowances that none of them uses.

        Forks are told whose parents are in another workspace.
        """
        day = today or _today()
        repositories = {one.uuid: one for audit in audits for one in audit.repositories}
        found = [one for audit in audits for one in self._check(audit, day, repositories)]
        return found + self.unused(found, audits)

    def unused(
        self, findings: Sequence[Finding], audits: Sequence[WorkspaceAudit]
    ) -> list[Finding]:
        """A finding for each allowance that is meant for none of the *findings* of *audits*.

        Nothing is said of those that the audits can't answer: of other workspaces, or of what was
        not read.
        """
        setting = self.settings[UNUSED]
        if not setting.enabled or not self.allowances:
            return []
        known = Allowances(self.allowances)
        used = {id(one) for finding in findings for one in known.matching(finding)}
        return [
            self._unused(one, workspace, setting.severity)
            for one in self.allowances
            if id(one) not in used
            and (workspace := answered(one, self.settings[one.rule].rule.level, audits))
        ]

    def _unused(self, one: Allowance, workspace: str, severity: Severity) -> Finding:
        off = "" if self.settings[one.rule].enabled else f"; {one.rule} is switched off"
        what = ", ".join(f"{name} {value}" for name, value in scope(one).items())
        return Finding(
            workspace,
            UNUSED,
            severity,
            f"the allowance {one.place or what or 'of everything'} of {one.rule} "
            f"({written(one.reason)}) allows nothing of what was audited{off}",
            thing=f"{one.rule}: {what or 'everything'}",
        )

    @property
    def _enabled(self) -> list[Setting]:
        return [one for one in self.settings.values() if one.enabled]

    def _check(
        self, audit: WorkspaceAudit, today: date, elsewhere: Mapping[str, Repo]
    ) -> list[Finding]:
        case, allowances = Case(audit, today, elsewhere), Allowances(self.allowances)
        found = []
        for setting in self._enabled:
            if _reaches(audit.level, setting.rule):
                found += sorted(_findings(setting, case, allowances), key=_order)
        return found


def _findings(setting: Setting, case: Case, allowances: Allowances) -> Iterator[Finding]:
    for hit in setting.rule.find(case, **setting.options):
        finding = _finding(setting, case, hit)
        holds, ended = allowances.apply(finding, case.today)
        if holds is not None:
            finding = evolve(finding, allowed=holds)
        elif ended is not None:
            told = f"; its allowance ({written(ended.reason)}) ended on {ended.until}"
            finding = evolve(finding, message=finding.message + told)
        yield finding


def _finding(setting: Setting, case: Case, hit: Hit) -> Finding:
    repository = hit.repository
    if repository is not None:
        # Where it was found it may stand with less than is known of it, as without its project.
        repository = case.repositories.get(repository.uuid, repository)
    return Finding(
        case.audit.workspace,
        setting.rule.name,
        setting.severity,
        " ".join(hit.message.splitlines()),  # names may hold anything
        repository,
        hit.project,
        hit.person,
        hit.group,
        hit.thing,
        hit.permission,
    )


def _order(one: Finding) -> tuple[str, ...]:
    return (
        one.repository.full_name if one.repository else "",
        one.project.key if one.project else "",
        one.person.name.casefold() if one.person else "",
        one.person.uuid if one.person else "",
        one.group or "",
        one.thing or "",
        one.message,
    )


def _reaches(level: Level, rule: Rule) -> bool:
    return LEVELS.index(level) >= LEVELS.index(rule.level)


def _today() -> date:
    return datetime.now(UTC).date()
