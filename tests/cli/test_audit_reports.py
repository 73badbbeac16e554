"""`bbasync audit`: levels, policies, comparisons, files and plans, as a person meets them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from bbasync.fake import FakeBitbucket

Do = Callable[..., Any]
Place = dict[str, str]


def names_in(place: Path) -> set[str]:
    """What is in a directory."""
    return {one.name for one in place.iterdir()}


@pytest.fixture
def audit(bbasync: Do, credentials: Place, tmp_path: Path) -> Do:
    """Audit one workspace of the fake; what can be gone on with is kept below the test's path."""

    async def run(*arguments: str, place: tuple[str, ...] = ("acme",)) -> Any:
        kept = {"BBASYNC_CONFIG_DIR": str(tmp_path / "config")}
        ran = await bbasync("audit", *place, *arguments, **credentials, **kept)
        assert "Traceback" not in ran.err
        assert credentials["BITBUCKET_API_TOKEN"] not in ran.out + ran.err
        return ran

    return run


async def test_explain_shows_where_rights_come_from(audit: Do) -> None:
    """The table of sources is there at `explain`, and not at `effective`."""
    assert "Where rights come from" not in (await audit()).out
    ran = await audit("--level", "explain")
    assert ran.code == 0
    assert "Where rights come from" in ran.out
    for source in ("owner", "project-group", "user"):
        assert source in ran.out


async def test_each_file_is_of_the_form_that_its_end_names(audit: Do, tmp_path: Path) -> None:
    """Six reports of one audit, and the tables beside them."""
    names = [f"report.{end}" for end in ("html", "jsonl", "json", "csv", "sarif", "xml")]
    wanted = [part for name in names for part in ("--to", str(tmp_path / name))]
    ran = await audit(*wanted)
    assert ran.code == 0
    assert "Who may do what" in ran.out
    assert all(name in ran.err for name in names)
    text = {name: (tmp_path / name).read_text() for name in names}
    assert text["report.html"].startswith("<!doctype html>")
    rows = [json.loads(line) for line in text["report.jsonl"].splitlines()]
    assert rows[0]["kind"] == "audit"
    rights = [row for row in rows if row["kind"] == "right"]
    assert json.loads(text["report.json"])["complete"] is True
    assert len(list(csv.DictReader(io.StringIO(text["report.csv"])))) == len(rights) > 50
    assert json.loads(text["report.sarif"])["version"] == "2.1.0"
    assert ET.fromstring(text["report.xml"]).tag == "testsuites"
    assert names_in(tmp_path) == {*names, "config"}  # no draft is left


async def test_a_file_that_is_there_is_replaced_only_when_asked_for(
    audit: Do, service: FakeBitbucket, tmp_path: Path
) -> None:
    """It is seen before anything is asked, and stays as it was."""
    place = tmp_path / "report.csv"
    place.write_text("dear")
    ran = await audit("--to", str(place))
    assert ran.code == 2
    assert "--overwrite" in ran.err
    assert place.read_text() == "dear"
    assert not service.requests
    assert (await audit("--to", str(place), "--overwrite")).code == 0
    assert place.read_text().startswith("workspace,repository,")


MISTAKES = {
    "a level with a typo": (["--level", "explian"], "did you mean explain"),
    "a severity with a typo": (["--fail-on", "eror"], "did you mean error"),
    "a form that is none": (["--to", "report.pdf"], "its end tells what to write"),
    "no such directory": (["--to", "nowhere/report.csv"], "there is no directory"),
    "two options with one file": (["--to", "a.csv", "--to", "a.csv"], "another option has that"),
    "a plan with a file": (["--plan", "--to", "a.csv"], "--plan does not go with --to"),
    "nothing to apply": (["--apply"], "--fix-plan"),
    "a plan that is not there": (["--fix-plan", "none.jsonl", "--apply"], "is not there"),
    "nothing to answer": (["--yes"], "nothing to apply"),
    "a policy that is not there": (["--policy", "none.toml"], "none.toml"),
    "an earlier report that is not there": (["--diff", "none.jsonl"], "none.jsonl"),
    "a plan for its own checkpoint": (
        ["--fix-plan", "x.jsonl", "--checkpoint", "x.jsonl"],
        "another option has that",
    ),
    "a level of what was read": (["--from", "none.jsonl", "--level", "full"], "--level"),
    "a checkpoint of the demo": (["--demo", "--checkpoint", "x"], "--demo"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
async def test_a_mistake_is_one_line_before_anything_is_asked(
    audit: Do, service: FakeBitbucket, mistake: str
) -> None:
    """It names the option, ends with 2, and leaves no file."""
    arguments, text = MISTAKES[mistake]
    ran = await audit(*arguments, place=())
    assert ran.code == 2
    assert text in ran.err
    assert ran.err.count("\n") == 1
    assert ran.out == ""
    assert not service.requests


async def test_a_broken_policy_has_an_exit_code_of_its_own(audit: Do, tmp_path: Path) -> None:
    """6 where a finding is bad enough, 0 where nobody asks, or where it is allowed."""
    policy = tmp_path / "policy.toml"
    policy.write_text("version = 1\n")
    assert (await audit("--level", "effective")).code == 0
    ran = await audit("--level", "effective", "--policy", str(policy))
    assert ran.code == 6
    assert "the policy is broken" in ran.err
    assert (await audit("--level", "effective", "--fail-on", "error")).code == 6
    relaxed = await audit("--level", "effective", "--policy", str(policy), "--fail-on", "never")
    assert relaxed.code == 0
    allowing = [
        f'[[allow]]\nrule = "{rule}"\nreason = "as agreed"\nuntil = 2999-01-01\n'
        for rule in ("outsiders-with-write", "public-repositories", "too-many-owners")
    ]
    policy.write_text("version = 1\n" + "".join(allowing))
    ran = await audit("--level", "effective", "--policy", str(policy))
    assert ran.code == 0
    assert "allowed" in ran.out


async def test_a_policy_is_read_at_the_level_that_it_needs(audit: Do, tmp_path: Path) -> None:
    """Without --level a policy of one rule of webhooks has webhooks read, and finds by it."""
    example = (await audit("--example-policy", place=())).out
    policy = tmp_path / "policy.toml"
    policy.write_text(example.replace("enabled = true", "enabled = false"))
    ran = await audit("--policy", str(policy), "--json")
    assert json.loads(ran.out)["level"] == "effective"
    assert json.loads(ran.out)["findings"] == []
    policy.write_text(example)
    assert json.loads((await audit("--policy", str(policy), "--json")).out)["level"] == "full"


async def test_a_comparison_tells_who_gained_and_lost_what(
    audit: Do, service: FakeBitbucket, tmp_path: Path
) -> None:
    """A grant, a removal and a new name of a repository between two audits are told as such."""
    earlier = str(tmp_path / "earlier.jsonl")
    assert (await audit("--to", earlier)).code == 0
    place = service.store.workspaces["acme"]
    guest = service.account("outsider")
    granted, taken = (
        next(one for one in place.repositories.values() if guest.uuid not in one.users),
        next(one for one in place.repositories.values() if guest.uuid in one.users),
    )
    granted.users[guest.uuid] = "admin"
    del taken.users[guest.uuid]
    taken.slug = taken.name = "renamed"
    ran = await audit("--diff", earlier, "--json")
    assert ran.code == 0
    found = {(one["what"], one["repository"]) for one in json.loads(ran.out)["changes"]}
    assert ("gained", granted.full_name) in found
    assert ("lost", "acme/renamed") in found
    assert any(what == "renamed" for what, _ in found)
    assert len(found) == 3
    shown = await audit("--diff", earlier)
    assert "Changes since the earlier audit (3)" in shown.out


async def test_an_earlier_report_stands_for_the_service(
    audit: Do, service: FakeBitbucket, tmp_path: Path
) -> None:
    """--from makes the same tables and files, and asks nobody."""
    lines, first = str(tmp_path / "a.jsonl"), str(tmp_path / "a.csv")
    told = await audit("--level", "explain", "--to", lines, "--to", first)
    service.requests.clear()
    again = await audit("--from", lines, "--to", str(tmp_path / "b.csv"), place=())
    assert again.code == 0
    assert not service.requests
    assert again.out.splitlines()[:-1] == told.out.splitlines()[:-1]
    assert (tmp_path / "b.csv").read_text() == (tmp_path / "a.csv").read_text()


@pytest.mark.parametrize("level", ["effective", "explain", "full"])
async def test_the_plan_says_what_the_audit_will_send(
    audit: Do, service: FakeBitbucket, level: str
) -> None:
    """The total of --plan is what the audit is counted with at the service."""
    plan = json.loads((await audit("--level", level, "--plan", "--json")).out)
    service.requests.clear()
    assert (await audit("--level", level)).code == 0
    sent = len(service.requests)
    assert sent <= plan["total"]
    if not plan["at_most"]:
        assert sent == plan["total"]
    shown = (await audit("--level", level, "--plan")).out
    assert f"{plan['total']:,}" in shown
    assert "repository-users" in shown if level != "effective" else "rights" in shown
