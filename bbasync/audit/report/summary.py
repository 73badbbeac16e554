"""What the facts add up to, for people."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from attrs import frozen

from ..facts import Person, Repo, Right
from ..found import WorkspaceAudit


@frozen
class Reach:
    """How far one person reaches in one workspace: repositories by right."""

    workspace: str
    person: Person
    counts: Counter[str]


def reach(audits: Iterable[WorkspaceAudit], *, outside: bool = False) -> list[Reach]:
    """Everybody's reach, widest first; only of those outside the workspace with *outside*."""
    found = []
    for audit in audits:
        counts: defaultdict[Person, Counter[str]] = defaultdict(Counter)
        for right in audit.rights:
            if not outside or audit.standing(right.person) == "outside":
                counts[right.person][right.permission] += 1
        found += [Reach(audit.workspace, person, count) for person, count in counts.items()]
    return sorted(
        found,
        key=lambda one: (-one.counts["admin"], -one.counts["write"], one.person.name.casefold()),
    )


def public_repositories(audits: Iterable[WorkspaceAudit]) -> list[Repo]:
    """Every repository that anybody on the internet may read."""
    return [one for audit in audits for one in audit.repositories if one.is_private is False]


def administrators(audit: WorkspaceAudit) -> list[Right]:
    """The rights of ``admin``."""
    return [right for right in audit.rights if right.permission == "admin"]
