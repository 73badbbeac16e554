"""A report by hand that has a line of every kind, with each attribute set somewhere."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, TextIO

from bbasync.audit.change import Change
from bbasync.audit.facts import (
    DeployKey,
    Grant,
    Group,
    Hook,
    Member,
    Person,
    Project,
    Repo,
    Restriction,
    Reviewer,
    Right,
    Source,
    Unknown,
)
from bbasync.audit.findings import Allowance, Finding, RuleInfo
from bbasync.audit.found import WorkspaceAudit
from bbasync.audit.report import Report
from bbasync.errors import DecodingError

ANN = Person("{a}", "Ann", "557058:a")
BOB = Person("{b}", "=cmd()")
WEB = Project("acme", "{w}", "WEB", "Web", is_private=True)
FORK = Repo("{s}", "acme/site", False, "WEB", "main", "{p}", "other/site")  # noqa: FBT003 - is_private
SHOP = Repo("{t}", "acme/shop", is_private=True)
MOMENT = datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)
OUTSIDER = RuleInfo(
    "outsiders-with-write", "Outsiders write", "Ask them {0}.", "error", "effective"
)
STALE = RuleInfo("stale-deploy-keys", "Old keys", "Remove them.", "warning", "full")
LEFT = Allowance(
    "public-repositories",
    "it is our site",
    date(2027, 3, 31),
    workspace="acme",
    repository="acme/site",
    project="WEB",
    person="{a}",
    group="devs",
    thing="x",
    place="allow[0]",
)
GRANTED = Source("project-group", "write", "devs", "WEB")


def acme() -> WorkspaceAudit:
    """A workspace in which everything was read, but for one list."""
    owner = (Source("owner", "admin"), GRANTED, Source("public", "read"))
    return WorkspaceAudit(
        "acme",
        "full",
        members=[Member("acme", ANN, "owner")],
        groups=[Group("acme", "devs", "Devs", "read", ("{a}",)), Group("acme", "ops", "Ops")],
        projects=[WEB],
        repositories=[SHOP, FORK],
        rights=[
            Right(ANN, FORK, "admin", owner, explained=True),
            Right(BOB, FORK, "write", (), explained=False),
            Right(ANN, SHOP, "admin", (Source("owner", "admin"),)),
        ],
        unlisted=[Right(BOB, SHOP, "read", (Source("user", "read"),), explained=False)],
        grants=[
            Grant("acme", "write", group="devs", project=WEB),
            Grant("acme", "read", person=BOB, repository=SHOP),
        ],
        deploy_keys=[
            DeployKey("acme", 7, "ci", SHOP, added_on=MOMENT, last_used=MOMENT),
            DeployKey("acme", 8, "old", project=WEB),
        ],
        webhooks=[
            Hook("acme", "{h}", "http://ci.example/", True, ("repo:push",), FORK, False, True),  # noqa: FBT003 - active, secret_set, skip_cert_verification
            Hook("acme", "{i}", "https://ci.example/", active=False),
        ],
        restrictions=[
            Restriction("acme", FORK, 3, "push", "glob", "main", None, 2, ("{a}",), ("devs",)),
            Restriction("acme", SHOP, 4, "force", "branching_model", branch_type="development"),
        ],
        reviewers=[Reviewer("acme", ANN, FORK), Reviewer("acme", BOB, project=WEB)],
        unknown=[
            Unknown("acme", "webhooks", "403 Forbidden", "acme/shop", cause=DecodingError("no")),
            Unknown("acme", "project-users", "beyond max_requests", None, "WEB", left_out=True),
        ],
    )


def full() -> Report:
    """A report of `acme` and of a workspace that could not be read."""
    nothing = WorkspaceAudit("beta", unknown=[Unknown("beta", "members", "404 Not Found")])
    return Report(
        [acme(), nothing],
        [
            Finding(
                "acme",
                OUTSIDER.id,
                "error",
                "=cmd() {b} writes",
                FORK,
                WEB,
                BOB,
                "devs",
                "x",
                "write",
            ),
            Finding("acme", "public-repositories", "warning", "public", FORK, allowed=LEFT),
            Finding("beta", "too-many-owners", "note", "[many](http://x) {0}"),
        ],
        [
            Change("acme", "gained", BOB, FORK, None, None, "write", (), (GRANTED,)),
            Change("acme", "deploy-key-added", None, None, "WEB", None, "old", thing="8"),
            Change("acme", "unknown", parts=("members",), left_out=3, reason="403", before="x"),
            Change("acme", "lost", BOB, SHOP, before="read", before_sources=(GRANTED,)),
        ],
        12,
        MOMENT,
        "effective",
        [OUTSIDER, STALE],
    )


def written(write: Callable[[Report, TextIO], Any], report: Report) -> str:
    """What *write* makes of *report*; it is UTF-8, ends its last line, and is the same again."""
    texts = []
    for _ in range(2):
        out = io.StringIO()
        write(report, out)
        texts.append(out.getvalue())
    assert texts[0] == texts[1]
    assert texts[0].encode().endswith(b"\n")
    return texts[0]
