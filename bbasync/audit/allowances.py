"""Which allowance is meant for which finding."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from fnmatch import translate
from functools import lru_cache
from typing import Final, TypeAlias

from .facts import LEVELS, Level
from .findings import Allowance, Finding
from .found import WorkspaceAudit

SCOPES: Final = ("workspace", "repository", "project", "person", "group", "thing")
"""What may narrow an allowance."""

_Handle: TypeAlias = tuple[str, str]
_GLOB: Final = frozenset("*?[")


class Allowances:
    """The allowances of a policy, found by what they name rather than one by one."""

    def __init__(self, allowances: Iterable[Allowance]) -> None:
        self._found: defaultdict[_Handle, list[Allowance]] = defaultdict(list)
        for one in allowances:
            self._found[_handle(one)].append(one)

    def matching(self, finding: Finding) -> Iterator[Allowance]:
        """Those that are meant for *finding*, whether they hold still or not."""
        if not self._found:
            return
        for handle in _handles(finding):
            for one in self._found.get(handle, ()):
                if _matches(one, finding):
                    yield one

    def apply(self, finding: Finding, today: date) -> tuple[Allowance | None, Allowance | None]:
        """The one that holds, or the one that held last; of several, the one that ends last."""
        last = max(self.matching(finding), key=lambda one: one.until, default=None)
        if last is None:
            return None, None
        return (last, None) if today <= last.until else (None, last)


def scope(one: Allowance) -> dict[str, str]:
    """What *one* is narrowed to."""
    return {name: value for name in SCOPES if (value := getattr(one, name)) is not None}


def answered(one: Allowance, level: Level, audits: Sequence[WorkspaceAudit]) -> str | None:
    """The workspace that can tell that *one* is unused; None if none can.

    None can where the workspace was not audited, at a lower level than the rule takes, or not in
    full.
    """
    concerned = [audit for audit in audits if _concerns(one, audit)]
    if one.project is not None and level == "effective":
        level = "explain"
    for audit in concerned:
        if LEVELS.index(audit.level) < LEVELS.index(level) or not audit.complete:
            return None
        if audit.only is not None and not _names_one_of(one, audit.only):
            return None
    return concerned[0].workspace if concerned else None


def _names_one_of(one: Allowance, only: Sequence[str]) -> bool:
    return any(_same(one.repository or "", name) for name in only)


def _concerns(one: Allowance, audit: WorkspaceAudit) -> bool:
    named = {one.workspace}
    if one.repository is not None and "/" in one.repository:
        workspace = one.repository.partition("/")[0]
        named.add(None if _GLOB & set(workspace) else workspace)
    return all(name is None or _same(name, audit.workspace) for name in named)


def _handle(one: Allowance) -> _Handle:
    """The narrowest thing that it names, or else its rule."""
    if one.person is not None:
        return "person", one.person.casefold()
    if one.repository is not None and not _GLOB & set(one.repository):
        return "repository", one.repository.casefold()
    if one.thing is not None:
        return "thing", one.thing
    return "rule", one.rule


def _handles(finding: Finding) -> Iterator[_Handle]:
    if finding.person is not None:
        yield "person", finding.person.uuid.casefold()
        if finding.person.account_id is not None:
            yield "person", finding.person.account_id.casefold()
    if finding.repository is not None:
        yield "repository", finding.repository.uuid.casefold()
        yield "repository", finding.repository.full_name.casefold()
    if finding.thing is not None:
        yield "thing", finding.thing
    yield "rule", finding.rule


def _matches(one: Allowance, finding: Finding) -> bool:
    repository, project, person = finding.repository, finding.project, finding.person
    return (
        one.rule == finding.rule
        and (one.workspace is None or _same(one.workspace, finding.workspace))
        and (
            one.repository is None
            or (
                repository is not None
                and (
                    _same(one.repository, repository.uuid)
                    or _glob(one.repository).match(repository.full_name) is not None
                )
            )
        )
        and (
            one.project is None
            or (project is not None and _same(one.project, project.key))
            or (repository is not None and _same(one.project, repository.project or ""))
        )
        and (
            one.person is None
            or (
                person is not None
                and (_same(one.person, person.uuid) or _same(one.person, person.account_id or ""))
            )
        )
        and (one.group is None or _same(one.group, finding.group or ""))
        and (one.thing is None or one.thing == finding.thing)
    )


def _same(one: str, other: str) -> bool:
    """Slugs, keys and uuids are the same to the service however they are written."""
    return one.casefold() == other.casefold()


@lru_cache(maxsize=1024)
def _glob(pattern: str) -> re.Pattern[str]:
    return re.compile(translate(pattern), re.IGNORECASE)
