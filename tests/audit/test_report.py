"""Reports as JSON and CSV, and what they add up to."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime

import pytest
from attrs import evolve

from bbasync.audit.facts import Member, Person, Repo, Right
from bbasync.audit.found import WorkspaceAudit
from bbasync.audit.report import (
    COLUMNS,
    FINDING_COLUMNS,
    Report,
    as_json,
    public_repositories,
    reach,
    write_csv,
    write_findings_csv,
    write_json,
)
from bbasync.errors import ArgumentError
from tests.audit.reported import ANN, BOB, FORK, SHOP, STALE, acme, full, written

OLD_COLUMNS = (
    "workspace",
    "repository",
    "repository_uuid",
    "visibility",
    "user",
    "user_uuid",
    "account_id",
    "standing",
    "permission",
)


def lines_of(text: str) -> list[dict[str, str]]:
    """The lines of a CSV."""
    return list(csv.DictReader(io.StringIO(text, newline="")))


def alone(*rights: Right) -> Report:
    """A report of *rights*, at the lowest level."""
    return Report([WorkspaceAudit("acme", rights=list(rights))])


def test_csv_has_a_line_a_right_and_defuses_formulas() -> None:
    """A name that starts like a formula gets an apostrophe; everything else is as it was."""
    lines = lines_of(written(write_csv, full()))
    assert [(one["repository"], one["user"]) for one in lines] == [
        ("acme/shop", "Ann"),
        ("acme/site", "'=cmd()"),
        ("acme/site", "Ann"),
    ]
    assert [one["standing"] for one in lines] == ["owner", "outside", "owner"]
    assert [one["visibility"] for one in lines] == ["private", "public", "public"]


def test_csv_tells_the_sources_behind_the_columns_that_there_always_were() -> None:
    """The strongest first, with the group and the project; and whether that is all."""
    lines = lines_of(written(write_csv, full()))
    assert tuple(lines[0]) == COLUMNS == (*OLD_COLUMNS, "sources", "explained")
    assert [one["sources"] for one in lines] == [
        "owner: admin",
        "",
        "owner: admin; project-group devs of WEB: write; public: read",
    ]
    assert [one["explained"] for one in lines] == ["unknown", "no", "yes"]


def test_csv_of_an_audit_that_does_not_explain_says_nothing_of_sources() -> None:
    """That is empty, and not "unknown"."""
    (line,) = lines_of(written(write_csv, alone(Right(ANN, SHOP, "read"))))
    assert (line["sources"], line["explained"], line["permission"]) == ("", "", "read")


@pytest.mark.parametrize("name", ["a\rb", 'say "hi"', "a,b", "a\nb", "\0", "\u2028", "\N{SNAKE}"])
def test_csv_holds_any_name(name: str) -> None:
    """It comes back as it was."""
    report = alone(Right(Person("{x}", name), SHOP, "read"), Right(ANN, SHOP, "read"))
    lines = lines_of(written(write_csv, report))
    assert {one["user"] for one in lines} == {name, "Ann"}


@pytest.mark.parametrize("sign", [*"=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"])
def test_csv_defuses_every_sign_that_begins_a_formula(sign: str) -> None:
    """Wide ones too, and line ends that a spreadsheet may pass over."""
    (line,) = lines_of(written(write_csv, alone(Right(Person("{x}", f"{sign}1"), SHOP, "read"))))
    assert line["user"] == f"'{sign}1"


def test_csv_replaces_what_no_file_can_hold() -> None:
    """Half a surrogate pair is told by a mark in its place."""
    (line,) = lines_of(written(write_csv, alone(Right(Person("{x}", "a\ud800"), SHOP, "read"))))
    assert line["user"] == "a\N{REPLACEMENT CHARACTER}"


def test_findings_as_csv_have_their_allowance() -> None:
    """Who, where, how bad, and why it is allowed until when."""
    lines = lines_of(written(write_findings_csv, full()))
    assert tuple(lines[0]) == FINDING_COLUMNS
    assert [one["severity"] for one in lines] == ["error", "warning", "note"]
    assert (lines[0]["user"], lines[0]["message"]) == ("'=cmd()", "'=cmd() {b} writes")
    assert lines[1]["allowed_because"] == "it is our site"
    assert [one["allowed_until"] for one in lines] == ["", "2027-03-31", ""]


def test_json_has_everything_and_says_that_it_is_incomplete() -> None:
    """A reader of version 1 finds what he knows; all rows, findings and changes are there."""
    data = json.loads(written(write_json, full()))
    assert (data["version"], data["requests"], data["complete"]) == (2, 12, False)
    assert (data["level"], data["made_at"]) == ("effective", "2027-01-02T03:04:05+00:00")
    workspace, unread = data["workspaces"]
    assert workspace["problems"][0] == {"repository": "acme/shop", "message": "403 Forbidden"}
    assert workspace["members"] == {"{a}": "owner"}
    assert [row["user"] for row in workspace["rights"]] == ["Ann", "=cmd()", "Ann"]
    assert set(OLD_COLUMNS) <= workspace["rights"][0].keys()
    counts = {name: len(rows) for name, rows in workspace.items() if isinstance(rows, list)}
    assert counts == {
        "memberships": 1,
        "groups": 2,
        "projects": 1,
        "repositories": 2,
        "grants": 2,
        "rights": 3,
        "unlisted": 1,
        "deploy_keys": 2,
        "webhooks": 2,
        "restrictions": 2,
        "reviewers": 2,
        "unknown": 2,
        "problems": 2,
    }
    assert (len(data["findings"]), len(data["changes"]), len(data["rules"])) == (3, 4, 2)
    assert [unread[name] for name in ("members", "memberships", "groups", "projects")] == [None] * 4


def test_json_tells_no_changes_from_nothing_to_compare_with() -> None:
    """Changes are null without an earlier report, and none where nothing has changed."""
    assert json.loads(written(write_json, Report([acme()])))["changes"] is None
    assert json.loads(written(write_json, Report([acme()], changes=[])))["changes"] == []


def test_json_holds_any_name() -> None:
    """Control characters, quotes, and halves of surrogate pairs."""
    name = 'a\ud800\0\u2028"\\\N{SNAKE}'
    data = json.loads(written(write_json, alone(Right(Person("{x}", name), SHOP, "read"))))
    assert data["workspaces"][0]["rights"][0]["user"] == name


def test_json_is_written_as_it_is_made() -> None:
    """A row at a time, and the same as the whole."""
    for report in (full(), Report([])):
        assert json.loads(written(write_json, report)) == as_json(report)
    nothing = as_json(Report([]))
    assert (nothing["workspaces"], nothing["findings"]) == ([], [])


def test_reach_counts_rights_by_person_widest_first() -> None:
    """Whoever administers most comes first."""
    audits = [acme()]
    assert [(one.person.name, dict(one.counts)) for one in reach(audits)] == [
        ("Ann", {"admin": 2}),
        ("=cmd()", {"write": 1}),
    ]
    assert [one.person for one in reach(audits, outside=True)] == [BOB]


def test_only_what_is_known_to_be_public_is_listed_as_public() -> None:
    """An unknown visibility is neither public nor private."""
    audit = acme()
    audit.repositories.append(Repo("{u}", "acme/odd"))
    assert public_repositories([audit]) == [FORK]


def test_without_the_members_nobody_is_called_an_outsider() -> None:
    """Unknown is not the same as outside."""
    audit = WorkspaceAudit("acme", rights=[Right(BOB, FORK, "write")])
    assert audit.standing(BOB) == "unknown"
    assert reach([audit], outside=True) == []


def test_a_report_counts_what_nothing_allows() -> None:
    """An allowed finding is there, and is none that breaks the policy."""
    report = full()
    assert dict(report.severities) == {"error": 1, "note": 1}
    assert [one.rule for one in report.allowed] == ["public-repositories"]
    assert len(report.broken) == 2


def test_a_report_is_complete_only_where_all_of_it_is() -> None:
    """One thing that was not read is enough."""
    report = full()
    assert not report.complete
    assert [one.workspace for one in report.unknown] == ["acme", "acme", "beta"]
    whole = WorkspaceAudit("acme", members=[Member("acme", ANN, "owner")])
    assert Report([whole]).complete


def test_a_report_is_of_the_level_that_all_its_audits_have() -> None:
    """Rules that need more were not checked."""
    assert Report([acme(), WorkspaceAudit("beta", "explain")]).level == "explain"
    assert Report([acme()], rules=[STALE]).unchecked == []
    assert full().unchecked == [STALE]


def test_a_report_is_made_at_a_moment_in_utc() -> None:
    """A time without its zone is refused."""
    summer = datetime.fromisoformat("2027-01-01T01:00+02:00")
    assert evolve(full(), made_at=summer).made_at.isoformat() == "2026-12-31T23:00:00+00:00"
    with pytest.raises(ArgumentError, match="made_at takes an aware datetime"):
        Report([], made_at=datetime(2027, 1, 1))  # noqa: DTZ001 - this is what is refused
