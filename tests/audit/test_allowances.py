"""What a policy allows, until when, and the allowances that nothing needs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve

from bbasync.audit.facts import Grant, Hook, Repo, Right
from bbasync.audit.findings import Allowance, Finding
from bbasync.audit.found import WorkspaceAudit
from bbasync.audit.policy import Policy
from bbasync.audit.rules import RULES
from tests.audit.ruled import (
    ANN,
    EVE,
    SITE,
    TODAY,
    WEB,
    audited,
    told,
    unread,
)

OUTSIDE = "outsiders-with-write"
HOOK = Hook("acme", "{h}", "http://x", active=True)
GRANT = Grant("acme", "read", ANN, project=WEB)
ALLOWED = Allowance(OUTSIDE, "she helps", TODAY, place="allow[1]")


def allowing(*allowances: Allowance) -> Policy:
    """All rules but the branches', with allowances."""
    policy = Policy.of(*(set(RULES) - {"unprotected-main-branches"}))
    return evolve(policy, allowances=allowances)


def outside(*on: Repo) -> WorkspaceAudit:
    """Eve, who is no member, writes to the site, or to others."""
    return audited(rights=[Right(EVE, one, "write") for one in on or [SITE]])


@pytest.mark.parametrize(
    "scope",
    [
        {},
        {"workspace": "acme"},
        {"workspace": "ACME"},
        {"repository": "acme/site"},
        {"repository": "Acme/Site"},
        {"repository": "{site}"},
        {"repository": "acme/s*e"},
        {"repository": "*"},
        {"repository": "acme/?ite"},
        {"person": "{eve}"},
        {"person": "{EVE}"},
        {"person": "557058:eve"},
        {"project": "WEB"},
        {"project": "web"},
        {"person": "{eve}", "repository": "acme/*", "project": "WEB", "workspace": "acme"},
    ],
    ids=str,
)
def test_an_allowance_holds_for_what_it_names(scope: dict[str, str]) -> None:
    """The finding is there nonetheless, and says which allowance holds for it."""
    allowance = evolve(ALLOWED, **scope)
    findings = allowing(allowance).check_all([outside()], today=TODAY)
    assert [one.allowed for one in findings] == [allowance]
    assert told(findings) == ["Eve is outside the workspace and has write on acme/site"]


@pytest.mark.parametrize(
    "scope",
    [
        {"rule": "public-repositories"},
        {"workspace": "acm"},
        {"repository": "acme/sit"},
        {"repository": "{shop}"},
        {"repository": "acme/sh*"},
        {"person": "{ann}"},
        {"person": "Eve"},
        {"project": "APP"},
        {"group": "devs"},
        {"thing": "7"},
        {"person": "{eve}", "repository": "acme/shop"},
    ],
    ids=str,
)
def test_an_allowance_of_something_else_does_not_hold(scope: dict[str, str]) -> None:
    """One key that does not fit is enough."""
    findings = allowing(evolve(ALLOWED, **scope)).check(outside(), today=TODAY)
    assert [one.allowed for one in findings] == [None]


@pytest.mark.parametrize(
    ("rule", "facts", "scope"),
    [
        ("plain-http-webhooks", {"webhooks": [HOOK]}, {"thing": "{h}"}),
        ("grants-beside-groups", {"grants": [GRANT]}, {"project": "WEB"}),
    ],
    ids=["thing", "project"],
)
def test_an_allowance_may_name_a_thing_or_a_project(
    rule: str, facts: dict[str, Any], scope: dict[str, str]
) -> None:
    """A webhook of the workspace is named by its uuid, a grant on a project by its key."""
    allowance = Allowance(rule, "it is so", TODAY, **scope)
    findings = allowing(allowance).check_all([audited(**facts)], today=TODAY)
    assert [one.allowed for one in findings] == [allowance]


def test_an_allowance_may_name_a_group() -> None:
    """No rule finds groups now; one of somebody's own may."""
    from bbasync.audit.allowances import Allowances

    finding = Finding("acme", OUTSIDE, "note", "it is so", group="devs")
    mine, other = evolve(ALLOWED, group="devs"), evolve(ALLOWED, group="ops")
    assert list(Allowances([other, mine]).matching(finding)) == [mine]


def test_a_project_counts_where_the_right_came_without_it() -> None:
    """The list of repositories has it, if that of rights has not."""
    bare = Repo(SITE.uuid, SITE.full_name)
    allowance = evolve(ALLOWED, project="WEB")
    (finding,) = allowing(allowance).check(outside(bare), today=TODAY)
    assert (finding.allowed, finding.repository) == (allowance, SITE)


def test_an_allowance_holds_on_its_last_day_and_no_longer() -> None:
    """Then the finding is back and says what had been allowed."""
    policy = allowing(ALLOWED)
    (finding,) = policy.check(outside(), today=ALLOWED.until)
    assert finding.allowed == ALLOWED
    (later,) = policy.check(outside(), today=ALLOWED.until + timedelta(days=1))
    assert later.allowed is None
    assert later.message == (
        "Eve is outside the workspace and has write on acme/site; its allowance "
        '("she helps") ended on 2026-11-28'
    )
    assert later.fingerprint == finding.fingerprint


def test_of_several_allowances_the_one_that_ends_last_counts() -> None:
    """Whatever their order."""
    earlier = evolve(ALLOWED, until=date(2026, 1, 1), person="{eve}")
    for order in ([ALLOWED, earlier], [earlier, ALLOWED]):
        (finding,) = allowing(*order).check(outside(), today=TODAY)
        assert finding.allowed == ALLOWED
    last = evolve(earlier, until=date(2026, 2, 1), repository="acme/site", reason="trial")
    (finding,) = allowing(earlier, last).check(outside(), today=TODAY)
    assert finding.message.endswith('; its allowance ("trial") ended on 2026-02-01')


def test_without_a_day_it_is_today_in_utc() -> None:
    """An allowance of yesterday is over, one of tomorrow is not."""
    today = datetime.now(UTC).date()
    over, on = (evolve(ALLOWED, until=today + timedelta(days=2 * step)) for step in (-1, 1))
    assert allowing(over).check(outside())[0].allowed is None
    assert allowing(on).check_all([outside()])[0].allowed == on


def test_an_allowance_that_nothing_needs_is_a_finding() -> None:
    """It is named by its place and its reason; one that is used, even if it has ended, is none."""
    unused = evolve(ALLOWED, person="{ann}", place="allow[2]")
    ended = evolve(ALLOWED, until=date(2020, 1, 1))
    findings = allowing(ended, unused).check_all([outside()], today=TODAY)
    assert [(one.rule, one.severity, one.workspace) for one in findings] == [
        (OUTSIDE, "error", "acme"),
        ("unused-allowances", "note", "acme"),
    ]
    assert findings[1].message == (
        'the allowance allow[2] of outsiders-with-write ("she helps") allows nothing of what was '
        "audited"
    )
    assert findings[1].thing == "outsiders-with-write: person {ann}"
    assert findings[1].fingerprint != evolve(findings[1], thing="x").fingerprint


def test_two_allowances_of_the_same_are_both_used() -> None:
    """Which of them counted does not make the other unused."""
    twice = [ALLOWED, evolve(ALLOWED, person="{eve}", place="allow[2]")]
    assert len(allowing(*twice).check_all([outside()], today=TODAY)) == 1


def test_an_allowance_of_a_rule_that_is_off_is_unused_because_of_it() -> None:
    """The message says so."""
    policy = evolve(Policy.of("unused-allowances"), allowances=(ALLOWED,))
    (finding,) = policy.check_all([outside()], today=TODAY)
    assert finding.message.endswith("of what was audited; outsiders-with-write is switched off")


@pytest.mark.parametrize(
    ("scope", "facts"),
    [
        ({}, {"unknown": [unread("rights", repository="acme/shop")]}),
        ({"rule": "unexplained-rights"}, {"level": "effective"}),
        ({"project": "WEB"}, {"level": "effective"}),
        ({"workspace": "other"}, {}),
        ({"repository": "other/site"}, {}),
        ({"repository": "other/*"}, {}),
        ({"repository": "acme/shop"}, {"only": ["acme/site"]}),
        ({"person": "{ann}"}, {"only": ["acme/site"]}),
    ],
    ids=[
        "not all read",
        "level",
        "project below explain",
        "workspace",
        "repository",
        "glob",
        "repository not asked for",
        "perhaps on a repository not asked for",
    ],
)
def test_nothing_is_said_of_an_allowance_that_the_audit_cannot_answer(
    scope: dict[str, str], facts: dict[str, Any]
) -> None:
    """What was not looked at may need it."""
    assert allowing(evolve(ALLOWED, **scope)).check_all([audited(**facts)], today=TODAY) == []


def test_the_allowance_of_a_repository_that_was_asked_for_may_be_unused() -> None:
    """However its name is written."""
    allowance = evolve(ALLOWED, repository="Acme/Site")
    (finding,) = allowing(allowance).check_all([audited(only=["acme/site"])], today=TODAY)
    assert finding.rule == "unused-allowances"


def test_an_allowance_is_looked_for_in_all_workspaces() -> None:
    """One of them uses it; and without any audit nothing is said."""
    other = WorkspaceAudit("other", "full", members=[])
    assert len(allowing(ALLOWED).check_all([other, outside()], today=TODAY)) == 1
    assert len(allowing(ALLOWED).check_all([other], today=TODAY)) == 1
    assert allowing(ALLOWED).check_all([], today=TODAY) == []
    unread_too = [other, audited(unknown=[unread("rights")])]
    assert allowing(ALLOWED).check_all(unread_too, today=TODAY) == []


def test_unused_allowances_can_be_switched_off() -> None:
    """As every rule can."""
    policy = evolve(Policy.of(OUTSIDE), allowances=(evolve(ALLOWED, person="{ann}"),))
    assert policy.check_all([outside()], today=TODAY) == policy.check(outside(), today=TODAY)
