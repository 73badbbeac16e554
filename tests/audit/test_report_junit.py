"""Findings as JUnit XML: what is green there is known to be fine."""

from __future__ import annotations

from xml.etree.ElementTree import Element, fromstring

import pytest
from attrs import evolve

from bbasync.audit.facts import Member
from bbasync.audit.findings import Finding, Severity
from bbasync.audit.found import WorkspaceAudit
from bbasync.audit.report import Report, write_junit
from tests.audit.reported import ANN, FORK, LEFT, MOMENT, OUTSIDER, STALE, full, written


def xml_of(report: Report) -> Element:
    """The file, read by a parser."""
    return fromstring(written(write_junit, report).encode())


def whole(*findings: Finding) -> Report:
    """A complete audit, and *findings* in it."""
    audit = WorkspaceAudit("acme", "effective", members=[Member("acme", ANN, "owner")])
    return Report([audit], list(findings), made_at=MOMENT, rules=[OUTSIDER])


def found(severity: Severity, message: str = "Bob writes") -> Finding:
    """A finding of the rule."""
    return Finding("acme", OUTSIDER.id, severity, message, FORK)


def case_of(root: Element, name: str) -> Element:
    """The test whose name begins with *name*."""
    (case,) = (one for one in root.iter("testcase") if one.get("name", "").startswith(name))
    return case


def totals(element: Element) -> list[int]:
    """How many tests, failures, errors and skipped ones it says that it has."""
    return [int(element.get(name, "-1")) for name in ("tests", "failures", "errors", "skipped")]


def test_a_suite_is_a_workspace_and_a_test_is_a_rule() -> None:
    """A rule that found nothing passes, by its name and title."""
    root = xml_of(whole())
    (suite,) = root
    assert (suite.get("name"), suite.get("timestamp")) == ("acme", "2027-01-02T03:04:05")
    assert [(one.get("classname"), one.get("name")) for one in suite] == [
        ("bbasync.audit.acme", "everything could be read"),
        ("bbasync.audit.acme", "outsiders-with-write: Outsiders write"),
    ]
    assert not any(len(one) for one in suite)
    assert totals(root) == totals(suite) == [2, 0, 0, 0]


def test_errors_fail_their_rule_and_are_all_listed() -> None:
    """The message says how many, the text which."""
    root = xml_of(whole(found("error"), found("error", "Cat\nwrites"), found("warning", "Dan")))
    case = case_of(root, OUTSIDER.id)
    (failure, output) = case
    assert (failure.tag, failure.get("message")) == ("failure", "2 findings")
    assert failure.text == "error: Bob writes\nerror: Cat writes"
    assert (output.tag, output.text) == ("system-out", "warning: Dan")
    assert totals(root) == [2, 1, 0, 0]


@pytest.mark.parametrize("severity", ["warning", "note"])
def test_what_is_less_than_an_error_fails_nothing(severity: Severity) -> None:
    """It is told in the output."""
    root = xml_of(whole(found(severity)))
    (output,) = case_of(root, OUTSIDER.id)
    assert (output.tag, output.text) == ("system-out", f"{severity}: Bob writes")
    assert totals(root) == [2, 0, 0, 0]


def test_what_is_allowed_is_skipped_with_its_reason() -> None:
    """Where there is an error beside it the rule fails all the same."""
    allowed = evolve(found("error"), allowed=LEFT)
    root = xml_of(whole(allowed))
    (skipped, output) = case_of(root, OUTSIDER.id)
    assert (skipped.tag, skipped.get("message")) == ("skipped", "1 finding allowed")
    assert output.text == "allowed until 2027-03-31 (it is our site): error: Bob writes"
    assert totals(root) == [2, 0, 0, 1]
    (output,) = case_of(xml_of(whole(allowed, found("note"))), OUTSIDER.id)
    assert output.tag == "system-out"
    (failure, _) = case_of(xml_of(whole(allowed, found("error"))), OUTSIDER.id)
    assert (failure.tag, failure.get("message")) == ("failure", "1 finding")


def test_an_audit_that_is_not_complete_is_not_green() -> None:
    """What was not read is an error, thing by thing."""
    root = xml_of(full())
    case = root[0][0]
    (error,) = case
    assert (case.get("name"), error.tag) == ("everything could be read", "error")
    assert error.get("message") == "2 things not read"
    assert error.text == (
        "acme/shop: webhooks: 403 Forbidden\nacme, project WEB: project-users: beyond max_requests"
    )
    assert root[1][0][0].get("message") == "1 thing not read"
    assert totals(root)[2] == 2


def test_a_rule_that_was_not_checked_is_skipped() -> None:
    """It says which level it needs."""
    root = xml_of(evolve(whole(), rules=[OUTSIDER, STALE]))
    (skipped,) = case_of(root, STALE.id)
    assert (skipped.tag, skipped.get("message")) == ("skipped", "it needs an audit of level full")


def test_an_audit_of_nothing_is_not_green() -> None:
    """A credential whose owner is in no workspace has nothing audited."""
    root = xml_of(Report([], rules=[OUTSIDER]))
    assert totals(root) == [1, 0, 1, 0]
    assert root[0][0][0].get("message") == "there was nothing to audit"


def test_a_finding_elsewhere_is_not_lost() -> None:
    """One of a workspace that is not in the report, and one of a rule that no policy describes."""
    odd = Finding("gamma", "odd", "error", "who knows")
    root = xml_of(Report([], [odd], rules=[OUTSIDER]))
    assert [(one.get("name"), totals(one)) for one in root] == [("gamma", [1, 1, 0, 0])]
    assert case_of(root, "odd")[0].text == "error: who knows"


def test_what_xml_can_not_hold_is_replaced() -> None:
    """Or spelled out: control characters, halves of surrogate pairs; markup is text."""
    (failure,) = case_of(
        xml_of(whole(found("error", 'a\0\x1b\u202e\ud800\ufffe<b>]]>&"\N{SNAKE}'))), "out"
    )
    spelled = "[U+0000][U+001B][U+202E][U+D800]\N{REPLACEMENT CHARACTER}"
    assert failure.text == f'error: a{spelled}<b>]]>&"\N{SNAKE}'


def test_a_test_that_fails_a_thousand_times_tells_how_often() -> None:
    """The first thousand are listed, and the others counted: servers refuse files without end."""
    many = [Finding("acme", OUTSIDER.id, "error", f"number {n}") for n in range(1_002)]
    failure = case_of(xml_of(whole(*many)), OUTSIDER.id).find("failure")
    assert failure is not None
    lines = (failure.text or "").splitlines()
    assert failure.get("message") == "1,002 findings"
    assert len(lines) == 1_001
    assert lines[-1] == "and 2 more, which the report as JSON Lines has"
