"""Which rules a policy checks, and the order of its findings."""

from __future__ import annotations

import random
from typing import Any

import pytest
from attrs import evolve

from bbasync.audit.facts import Grant, Group, Hook, Level, Person, Repo, Right
from bbasync.audit.found import WorkspaceAudit
from bbasync.audit.policy import Policy
from bbasync.audit.rules import RULES
from bbasync.errors import ArgumentError
from tests.audit.ruled import (
    ANN,
    EVE,
    SHOP,
    SITE,
    TODAY,
    audited,
    found,
    rights,
    told,
    unread,
)

OUTSIDE = "outsiders-with-write"
HOOK = Hook("acme", "{h}", "http://x", active=True)


def outside(*on: Repo) -> WorkspaceAudit:
    """Eve, who is no member, writes to the site, or to others."""
    return audited(rights=[Right(EVE, one, "write") for one in on or [SITE]])


def test_a_policy_without_a_file_has_every_rule() -> None:
    """What is told of each is what its function was declared with."""
    kept = Policy().rules
    assert [one.id for one in kept] == list(RULES)
    assert (kept[0].title, kept[0].severity, kept[0].level) == (
        "People outside the workspace who may write",
        "error",
        "effective",
    )
    assert all(one.help.endswith(".") and not one.title.endswith(".") for one in kept)


def test_a_policy_of_named_rules_checks_only_those() -> None:
    """All others are off, and not told."""
    policy = Policy.of("public-repositories", OUTSIDE)
    assert [one.id for one in policy.rules] == [OUTSIDE, "public-repositories"]
    audit = audited(rights=rights("admin", ANN, ANN, ANN, ANN))
    assert policy.check(audit, today=TODAY) == []


@pytest.mark.parametrize(
    ("names", "told_so"),
    [
        (["public-repos"], "there is no rule 'public-repos'; did you mean public-repositories?"),
        (["xyz"], "there is no rule 'xyz': there is outsiders-with-write, too-many-admins"),
        ([], "takes the name of one rule or more"),
    ],
    ids=["near", "far", "none"],
)
def test_a_rule_that_there_is_not_is_refused(names: list[str], told_so: str) -> None:
    """With what may have been meant."""
    with pytest.raises(ArgumentError) as caught:
        Policy.of(*names)
    assert told_so in str(caught.value)


@pytest.mark.parametrize(
    ("names", "level"),
    [
        ([OUTSIDE], "effective"),
        ([OUTSIDE, "unexplained-rights"], "explain"),
        (["stale-deploy-keys", "unexplained-rights", OUTSIDE], "full"),
    ],
)
def test_a_policy_needs_the_highest_level_of_its_rules(names: list[str], level: Level) -> None:
    """Below it, some are not checked, and are named."""
    policy = Policy.of(*names)
    assert policy.needs == level
    assert policy.unchecked(level) == []
    assert evolve(policy, settings={}).needs == "effective"


def test_rules_that_a_level_is_too_low_for_are_named_and_find_nothing() -> None:
    """A fact that happens to be there does not make a part of the answer the whole."""
    policy = Policy.of(OUTSIDE, "unexplained-rights", "plain-http-webhooks")
    assert policy.unchecked("effective") == ["unexplained-rights", "plain-http-webhooks"]
    assert policy.unchecked("explain") == ["plain-http-webhooks"]
    assert policy.check(audited(level="explain", webhooks=[HOOK]), today=TODAY) == []
    assert len(policy.check(audited(webhooks=[HOOK]), today=TODAY)) == 1


def test_a_severity_is_as_the_policy_has_it() -> None:
    """In the finding, and in what is told of the rule."""
    policy = Policy.of(OUTSIDE)
    setting = evolve(policy.settings[OUTSIDE], severity="note")
    policy = evolve(policy, settings={**policy.settings, OUTSIDE: setting})
    assert [one.severity for one in policy.check(outside(), today=TODAY)] == ["note"]
    assert [one.severity for one in policy.rules] == ["note"]


def test_findings_come_in_the_same_order_however_the_facts_came() -> None:
    """By rule, then repository, then person."""
    people = [Person(f"{{{number}}}", name) for number, name in enumerate(["ed", "Al", "al", "Bo"])]
    given = [Right(one, on, "write") for one in people for on in (SITE, SHOP)]
    public = [evolve(one, is_private=False) for one in (SITE, SHOP)]
    seen = []
    for seed in range(5):
        shuffled = random.Random(seed)
        shuffled.shuffle(given)
        shuffled.shuffle(public)
        audit = audited(rights=list(given), repositories=list(public))
        policy = Policy.of(OUTSIDE, "public-repositories")
        seen.append(policy.check(audit, today=TODAY))
    assert all(one == seen[0] for one in seen)
    assert [(one.repository and one.repository.full_name, one.person and one.person.uuid)
            for one in seen[0]] == [
        ("acme/shop", "{1}"), ("acme/shop", "{2}"), ("acme/shop", "{3}"), ("acme/shop", "{0}"),
        ("acme/site", "{1}"), ("acme/site", "{2}"), ("acme/site", "{3}"), ("acme/site", "{0}"),
        ("acme/shop", None), ("acme/site", None),
    ]  # fmt: skip


def test_a_message_is_one_line_whatever_a_name_holds() -> None:
    """Line breaks in names are none in messages."""
    odd = Person("{odd}", "O\nd\r\nd\u2028")
    (message,) = told(found(OUTSIDE, audited(rights=rights("write", odd))))
    assert message == "O d d  is outside the workspace and has write on acme/site"


def test_much_that_is_unknown_costs_no_more_than_what_is_known() -> None:
    """Each row is looked at once, not once for each repository."""

    class Counted(list[Any]):
        walks = 0

        def __iter__(self) -> Any:
            Counted.walks += 1
            return super().__iter__()

    many = [Repo(f"{{{one}}}", f"acme/{one}", main_branch="main") for one in range(50)]
    unknown = Counted(unread("branch-restrictions", repository=one.full_name) for one in many)
    grants = [Grant("acme", "read", ANN, repository=one) for one in many]
    audit = audited(
        repositories=many,
        grants=grants,
        unknown=unknown,
        groups=[Group("acme", "g", "G", members=())],
    )
    findings = Policy().check(audit, today=TODAY)
    assert len(findings) == 50
    assert Counted.walks <= 3
