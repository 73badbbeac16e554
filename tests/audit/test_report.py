"""Facts as rows."""

from __future__ import annotations

import csv
import io
import json

import pytest

from bbasync.audit import Person, Problem, Repo, Right, WorkspaceAudit, write_csv, write_json
from bbasync.audit.report import COLUMNS, public_repositories, reach

ANN = Person("{a}", "Ann", "557058:a")
BOB = Person("{b}", "=cmd()")
SITE = Repo("{s}", "acme/site", is_private=False)
SHOP = Repo("{t}", "acme/shop", is_private=True)


@pytest.fixture
def audits() -> list[WorkspaceAudit]:
    """One workspace: Ann owns it, Bob comes from elsewhere."""
    rights = [Right(ANN, SITE, "admin"), Right(ANN, SHOP, "admin"), Right(BOB, SITE, "write")]
    problem = Problem("acme", "acme/old", "404")
    return [WorkspaceAudit("acme", {"{a}": "owner"}, rights, [problem])]


def test_csv_has_a_line_a_right_and_defuses_formulas(audits: list[WorkspaceAudit]) -> None:
    """A name that starts like a formula gets an apostrophe; everything else is as it was."""
    out = io.StringIO()
    write_csv(audits, out)
    lines = list(csv.DictReader(io.StringIO(out.getvalue())))
    assert tuple(lines[0]) == COLUMNS
    assert [(line["repository"], line["user"]) for line in lines] == [
        ("acme/shop", "Ann"),
        ("acme/site", "'=cmd()"),
        ("acme/site", "Ann"),
    ]
    assert [line["standing"] for line in lines] == ["owner", "outside", "owner"]
    assert [line["visibility"] for line in lines] == ["private", "public", "public"]


def test_json_has_everything_and_says_that_it_is_incomplete(audits: list[WorkspaceAudit]) -> None:
    """A reader sees rights, problems, and that something is unknown."""
    out = io.StringIO()
    write_json(audits, out, requests=7)
    data = json.loads(out.getvalue())
    assert (data["version"], data["requests"], data["complete"]) == (1, 7, False)
    workspace = data["workspaces"][0]
    assert workspace["problems"] == [{"repository": "acme/old", "message": "404"}]
    assert {row["user"] for row in workspace["rights"]} == {"Ann", "=cmd()"}


def test_reach_counts_rights_by_person_widest_first(audits: list[WorkspaceAudit]) -> None:
    """Whoever administers most comes first."""
    assert [(one.person.name, dict(one.counts)) for one in reach(audits)] == [
        ("Ann", {"admin": 2}),
        ("=cmd()", {"write": 1}),
    ]
    assert [one.person for one in reach(audits, outside=True)] == [BOB]


def test_only_what_is_known_to_be_public_is_listed_as_public(audits: list[WorkspaceAudit]) -> None:
    """An unknown visibility is neither public nor private."""
    audits[0].rights.append(Right(ANN, Repo("{u}", "acme/odd"), "read"))
    assert public_repositories(audits) == [SITE]


def test_without_the_members_nobody_is_called_an_outsider(audits: list[WorkspaceAudit]) -> None:
    """Unknown is not the same as outside."""
    audits[0].levels = None
    assert audits[0].standing(BOB) == "unknown"
    assert reach(audits, outside=True) == []
