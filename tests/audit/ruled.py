"""People, repositories and audits by hand, for the tests of rules and policies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from bbasync.audit.facts import Member, Part, Person, Project, Repo, Right, Unknown
from bbasync.audit.findings import Finding
from bbasync.audit.found import WorkspaceAudit
from bbasync.audit.policy import Policy

TODAY: Final = date(2026, 11, 28)

OWNER, ANN, BOB, CID, EVE = (
    Person(f"{{{name.lower()}}}", name, f"557058:{name.lower()}")
    for name in ("Owner", "Ann", "Bob", "Cid", "Eve")
)
"""Eve is no member."""
WEB: Final = Project("acme", "{web}", "WEB", "Web")
SITE: Final = Repo("{site}", "acme/site", is_private=True, project="WEB", main_branch="main")
SHOP: Final = Repo("{shop}", "acme/shop", is_private=True, project="WEB", main_branch="main")


def audited(**facts: Any) -> WorkspaceAudit:
    """A workspace that was read in full and has nothing to find, but for *facts*."""
    everything: dict[str, Any] = {
        "level": "full",
        "members": [Member("acme", OWNER, "owner")]
        + [Member("acme", one, "member") for one in (ANN, BOB, CID)],
        "groups": [],
        "projects": [WEB],
        "repositories": [SHOP, SITE],
    }
    return WorkspaceAudit("acme", **(everything | facts))


def unread(part: Part, **where: Any) -> Unknown:
    """A list that could not be read."""
    return Unknown("acme", part, "403", **where)


def rights(permission: str, *people: Person, on: Repo = SITE) -> list[Right]:
    """A right for each."""
    return [Right(one, on, permission) for one in people]


def found(rule: str, audit: WorkspaceAudit, /, **options: Any) -> list[Finding]:
    """What one rule finds, with *options* of its own."""
    policy = Policy.of(rule)
    policy.settings[rule].options.update(options)  # type: ignore[attr-defined] - a test's own dict
    return policy.check(audit, today=TODAY)


def told(findings: Sequence[Finding]) -> list[str]:
    """What people read."""
    return [one.message for one in findings]
