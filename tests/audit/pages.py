"""Reports to make pages of: one full of names that are meant to do harm, and a large one."""

from __future__ import annotations

import io
import random
from datetime import UTC, date, datetime
from functools import cache

from bbasync.audit.change import Change
from bbasync.audit.facts import Member, Person, Project, Repo, Right, Source, Unknown
from bbasync.audit.findings import Allowance, Finding, RuleInfo
from bbasync.audit.found import WorkspaceAudit
from bbasync.audit.report import Report
from bbasync.audit.report.html import write_html

MADE = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)

ENDS = "</script></noscript><img src=x onerror=alert(1)>"
TURNS = "Ada \u202egnp.exe\u202c"
HALF = "half \ud800"
LONG = "Long" * 2500
EMOJI = "\U0001f469\u200d\U0001f469\u200d\U0001f467 Family"
NAMES = (
    "Ann Owner",
    ENDS,
    TURNS,
    LONG,
    EMOJI,
    HALF,
    "{{ 7 * 7 }}{% raw %}",
    "\u05e9\u05dc\u05d5\u05dd",
    "lines\u2028and\u2029\"quotes' & <!-- <b>",
    "nul\0",
)
PEOPLE = [
    Person(f"{{{number:08d}}}", name, f"557058:{number}") for number, name in enumerate(NAMES)
]

OWNS = (Source("owner", "admin"),)
BY_GROUP = (Source("group", "write", group="devs"), Source("public", "read"))


@cache
def page_of(report: Report) -> str:
    """The page as a text."""
    out = io.StringIO()
    write_html(report, out)
    return out.getvalue()


def workspace(name: str) -> WorkspaceAudit:
    """Five repositories, one of which could not be read, one public; and everybody above.

    The first owns all, the sixth has what nothing explains, the tenth one right that is not listed.
    """
    audit = WorkspaceAudit(name, "full")
    audit.members = [
        Member(name, one, "owner" if number == 0 else "member")
        for number, one in enumerate(PEOPLE[:8])
    ]
    slugs = ("site", "open", '"><svg onload=alert(2)>', "r" * 300, "closed")
    audit.repositories = [
        Repo(f"{{{name}-{number}}}", f"{name}/{slug}", number != 1, "P1")
        for number, slug in enumerate(slugs)
    ]
    for repository in audit.repositories[:4]:
        audit.rights.append(Right(PEOPLE[0], repository, "admin", OWNS, explained=True))
        audit.rights += [
            Right(one, repository, "write", BY_GROUP, explained=True)
            for one in (*PEOPLE[1:5], PEOPLE[8])
        ]
        audit.rights.append(Right(PEOPLE[5], repository, "read", (), explained=False))
    first, *_, last = audit.repositories
    given = (Source("user", "write"),)
    audit.unlisted.append(Right(PEOPLE[9], first, "write", given, explained=False))
    audit.unknown.append(Unknown(name, "rights", f"403 Forbidden {ENDS}", last.full_name))
    return audit


def hostile() -> Report:
    """Two workspaces with findings and changes, in which each text is somebody's attack."""
    acme, globex = workspace("acme"), workspace("globex")
    site, opened, *_ = acme.repositories
    until = Allowance("public-repositories", f"open source {ENDS}", date(2027, 3, 31))
    findings = [
        Finding(
            "acme", "outsiders-with-write", "error", f"{ENDS} may write", site, person=PEOPLE[8]
        ),
        Finding("acme", "public-repositories", "warning", "it is public", opened, allowed=until),
        Finding("globex", "too-many-owners", "note", "globex has 5 owners"),
        Finding("acme", "stale-deploy-keys", "warning", "never used", site, thing="12"),
        Finding(
            "acme",
            "grants-beside-groups",
            "note",
            "given by hand",
            project=Project("acme", "{p}", "P1", "One"),
            person=Person("{gone}", f"Gone {ENDS}"),
        ),
    ]
    rules = [
        RuleInfo("outsiders-with-write", "Outsiders write", "Take it away.", "error", "effective"),
        RuleInfo("public-repositories", "Public", "Make them private.", "warning", "effective"),
    ]
    changes = [
        Change("acme", "gained", person=PEOPLE[1], repository=site, after="write"),
        Change("acme", "left", person=PEOPLE[4], before="member"),
    ]
    return Report([acme, globex], findings, changes, 1234, MADE, rules=rules)


@cache
def large(*, repositories: int = 1_000, people: int = 500, share: float = 0.4) -> Report:
    """One workspace in which everybody has a right on *share* of all repositories."""
    chance = random.Random(1)
    everybody = [
        Person(f"{{{number:036d}}}", f"Person {number:03d}", f"557058:{number:032d}")
        for number in range(people)
    ]
    audit = WorkspaceAudit("acme", "explain")
    audit.members = [Member("acme", one, "member") for one in everybody[: people * 9 // 10]]
    audit.repositories = [
        Repo(
            f"{{{number:036d}}}", f"acme/repository-{number:04d}", number % 20 > 0, f"P{number % 9}"
        )
        for number in range(repositories)
    ]
    reasons = [
        (permission, (Source("group", permission, group=f"group-{number}"), *more))
        for permission in ("read", "read", "write", "admin")
        for number in range(25)
        for more in ((), (Source("default", "read", group="everybody"),))
    ]
    for repository in audit.repositories:
        for one in chance.sample(everybody, int(people * share)):
            permission, sources = chance.choice(reasons)
            audit.rights.append(Right(one, repository, permission, sources, explained=True))
    return Report([audit], made_at=MADE)
