"""Findings as SARIF, by what the specification (2.1.0) and GitHub's documentation want."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urljoin

from attrs import evolve

from bbasync.audit.facts import Member, Person, Repo
from bbasync.audit.findings import Finding
from bbasync.audit.found import WorkspaceAudit
from bbasync.audit.report import Report, as_sarif, write_sarif
from bbasync.audit.report.sarif import MOST
from tests.audit.reported import ANN, MOMENT, OUTSIDER, STALE, WEB, full, written


def run_of(report: Report) -> dict[str, Any]:
    """The one run of the log."""
    log = json.loads(written(write_sarif, report))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    found: dict[str, Any] = run
    return found


def test_every_rule_is_described_whether_it_found_anything_or_not() -> None:
    """A rule that only a finding names is there too."""
    rules = run_of(full())["tool"]["driver"]["rules"]
    assert [one["id"] for one in rules] == [
        "outsiders-with-write",
        "stale-deploy-keys",
        "public-repositories",
        "too-many-owners",
    ]
    first = rules[0]
    assert first["shortDescription"] == {"text": "Outsiders write"}
    assert first["help"] == {"text": "Ask them {{0}}."}
    assert first["defaultConfiguration"] == {"level": "error"}


def test_every_finding_is_a_result_of_its_rule() -> None:
    """With its severity, and the fingerprint by which later runs know it again."""
    run = run_of(full())
    rules = [one["id"] for one in run["tool"]["driver"]["rules"]]
    for result, finding in zip(run["results"], full().findings, strict=True):
        assert result["ruleId"] == rules[result["ruleIndex"]] == finding.rule
        assert result["level"] == finding.severity
        prints = result["partialFingerprints"]
        assert prints["bbasyncFinding/v1"] == finding.fingerprint
        assert prints["primaryLocationLineHash"] == f"{finding.fingerprint}:1"


def test_a_location_is_the_address_of_what_it_is_about() -> None:
    """Relative, as viewers of code want it; with its base it is the https address."""
    found = [
        Finding("acme", "x", "note", "m", Repo("{s}", "acme/site"), WEB),
        Finding("acme", "x", "note", "m", project=WEB),
        Finding("acme", "x", "note", "m"),
        Finding("acme", "x", "note", "m", Repo("{s}", "acme/a b:\ud800{c}")),
    ]
    run = run_of(Report([], found, made_at=MOMENT))
    base = run["originalUriBaseIds"]["BITBUCKET"]["uri"]
    addresses = []
    for result in run["results"]:
        place = result["locations"][0]["physicalLocation"]["artifactLocation"]
        assert place["uriBaseId"] == "BITBUCKET"
        addresses.append(urljoin(base, place["uri"]))
    assert addresses == [
        "https://bitbucket.org/acme/site",
        "https://bitbucket.org/acme/workspace/projects/WEB",
        "https://bitbucket.org/acme/",
        "https://bitbucket.org/acme/a%20b%3A%3F%7Bc%7D",
    ]


def test_logical_locations_say_who_and_what() -> None:
    """By name, and by a fully qualified name that two people of one name do not share."""
    (place,) = run_of(full())["results"][0]["locations"]
    assert [
        (one["kind"], one["name"], one["fullyQualifiedName"]) for one in place["logicalLocations"]
    ] == [
        ("repository", "acme/site", "acme/site"),
        ("project", "Web", "acme/projects/WEB"),
        ("person", "=cmd()", "acme/people/{b}"),
        ("group", "devs", "acme/groups/devs"),
        ("workspace", "acme", "acme"),
    ]


def test_an_allowed_finding_is_suppressed_with_its_reason() -> None:
    """And the others say that they are not, as all results of a run have to."""
    assert [one["suppressions"] for one in run_of(full())["results"]] == [
        [],
        [
            {
                "kind": "external",
                "justification": "it is our site (until 2027-03-31)",
            }
        ],
        [],
    ]


def test_what_was_not_read_makes_the_run_unsuccessful() -> None:
    """Each thing is a notification that says what it is, and where."""
    (invocation,) = run_of(full())["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["endTimeUtc"] == "2027-01-02T03:04:05.000Z"
    told = [
        (one["descriptor"]["id"], one["message"]["text"], uri_of(one))
        for one in invocation["toolExecutionNotifications"]
    ]
    assert told == [
        ("unknown/webhooks", "webhooks could not be read: 403 Forbidden", "acme/shop"),
        (
            "unknown/project-users",
            "project-users not asked for: beyond max_requests",
            "acme/workspace/projects/WEB",
        ),
        ("unknown/members", "members could not be read: 404 Not Found", "beta/"),
    ]


def uri_of(told: Any) -> str:
    """Where something is."""
    uri: str = told["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    return uri


def test_a_complete_run_is_successful() -> None:
    """It has no notification."""
    whole = WorkspaceAudit("acme", "full", members=[Member("acme", ANN, "owner")])
    (invocation,) = run_of(Report([whole], rules=[OUTSIDER, STALE]))["invocations"]
    assert invocation["executionSuccessful"] is True
    assert invocation["toolExecutionNotifications"] == []
    assert invocation["toolConfigurationNotifications"] == []


def test_a_rule_that_was_not_checked_is_told() -> None:
    """No result of it does not mean that there is nothing to find."""
    (told,) = run_of(full())["invocations"][0]["toolConfigurationNotifications"]
    assert told["associatedRule"] == {"id": "stale-deploy-keys", "index": 1}
    assert told["message"] == {"text": "not checked: it needs an audit of level full"}


def test_words_in_a_message_are_no_placeholders_and_no_links() -> None:
    """A viewer shows braces and brackets as they were given, and leads nobody elsewhere."""
    texts = [one["message"]["text"] for one in run_of(full())["results"]]
    assert texts[0] == "=cmd() {{b}} writes"
    assert texts[2] == r"\[many](http://x) {{0}}"


def test_any_name_can_be_in_there() -> None:
    """Control characters, quotes, and halves of surrogate pairs; spelled out for people."""
    name = 'a\0"\ud800\u2028'
    finding = evolve(full().findings[0], person=Person("{x}", name), message=name)
    (result,) = run_of(Report([], [finding]))["results"]
    assert result["message"]["text"] == 'a[U+0000]"[U+D800][U+2028]'
    assert result["locations"][0]["logicalLocations"][2]["name"] == name


def test_no_run_has_more_results_than_github_takes() -> None:
    """What is beyond that is in further runs, whose ids differ; nothing is lost."""
    findings = [Finding("acme", "too-many-owners", "note", str(n)) for n in range(2 * MOST + 1)]
    runs = as_sarif(Report([WorkspaceAudit("acme")], findings))["runs"]
    assert [len(one["results"]) for one in runs] == [MOST, MOST, 1]
    ids = [one["automationDetails"]["id"] for one in runs]
    assert ids == ["bbasync/audit/", "bbasync/audit-2/", "bbasync/audit-3/"]
    assert runs[2]["results"][0]["message"]["text"] == str(2 * MOST)
    assert len(as_sarif(Report([WorkspaceAudit("acme")], findings[:MOST]))["runs"]) == 1
