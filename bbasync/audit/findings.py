"""What breaks the policy: findings, and the allowances that excuse some of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import date
from typing import ClassVar, Final, Literal

from attrs import frozen

from .facts import Level, Person, Project, Repo

Severity = Literal["error", "warning", "note"]
"""How bad a finding is."""
SEVERITIES: Final[Sequence[Severity]] = ("error", "warning", "note")
"""The worst first."""


@frozen
class RuleInfo:
    """What a report says of a rule that a policy has switched on."""

    id: str
    title: str
    help: str
    severity: Severity
    """As the policy has it."""
    level: Level
    """The lowest at which an audit reads what the rule looks at."""


@frozen
class Allowance:
    """What a policy puts up with, why, and until which day (that day is the last).

    Each key that is not None narrows it; one with no more than its rule allows all its findings.
    """

    rule: str
    reason: str
    until: date
    workspace: str | None = None
    """The slug."""
    repository: str | None = None
    """The full name, the uuid, or a glob over full names."""
    project: str | None = None
    """The key; it allows what is found on the project's repositories too, from `explain` on."""
    person: str | None = None
    """The uuid or the account id."""
    group: str | None = None
    """The slug."""
    thing: str | None = None
    """See `Finding.thing`."""
    place: str = ""
    """Where it stands in the policy file, such as ``allow[2]``."""


@frozen
class Finding:
    """One thing that breaks one rule; what is None has no part in it."""

    kind: ClassVar = "finding"

    workspace: str
    rule: str
    severity: Severity
    message: str
    """One line for people."""
    repository: Repo | None = None
    project: Project | None = None
    person: Person | None = None
    group: str | None = None
    """The slug."""
    thing: str | None = None
    """What it is about beside these: the uuid of a webhook, the id of a deploy key, the kind of
    branch restriction that is missing, or what an unused allowance allows."""
    permission: str | None = None
    """What is had, or was given."""
    allowed: Allowance | None = None
    """The allowance that holds for it today."""

    @property
    def fingerprint(self) -> str:
        """The same for the same finding of a later audit, whatever was renamed in between.

        The workspace has no uuid here: its slug counts only where nothing else tells findings of
        two workspaces apart.
        """
        repository = self.repository and self.repository.uuid
        project = self.project and self.project.uuid
        person = self.person and self.person.uuid
        workspace = None if repository or project or self.thing else self.workspace
        parts = [self.rule, workspace, repository, project, person, self.group, self.thing]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
