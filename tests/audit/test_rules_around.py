"""What the rules about deploy keys, webhooks and branches find, and what they must not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from attrs import evolve

from bbasync.audit.facts import DeployKey, Hook, Restriction
from tests.audit.ruled import SHOP, SITE, TODAY, WEB, audited, found, told, unread

NOW = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)
KEY = DeployKey("acme", 7, "build", SITE, added_on=NOW - timedelta(days=400))
HOOK = Hook("acme", "{hook}", "https://ci.example.com/hook?token=geheim", True, repository=SITE)  # noqa: FBT003 - active
GLOB = Restriction("acme", SITE, 1, "force", "glob", "main")


def ago(days: int) -> datetime:
    """So many days before today."""
    return NOW - timedelta(days=days)


@pytest.mark.parametrize(("days", "stale"), [(0, False), (90, False), (91, True), (-1, False)])
def test_a_key_is_stale_after_the_days_since_its_last_use(days: int, stale: bool) -> None:  # noqa: FBT001 - an expectation
    """The ninetieth day is not yet too long ago; when it was added does not matter."""
    findings = found("stale-deploy-keys", audited(deploy_keys=[evolve(KEY, last_used=ago(days))]))
    assert bool(findings) == stale
    if stale:
        assert told(findings) == [
            "the deploy key build of acme/site was last used on 2026-08-29, more than 90 days ago"
        ]
        assert (findings[0].repository, findings[0].thing) == (SITE, "7")


@pytest.mark.parametrize(("days", "stale"), [(90, False), (91, True)])
def test_a_key_that_was_never_used_is_stale_the_days_after_it_was_added(
    days: int,
    stale: bool,  # noqa: FBT001 - an expectation
) -> None:
    """A new key has time to be used."""
    findings = found("stale-deploy-keys", audited(deploy_keys=[evolve(KEY, added_on=ago(days))]))
    assert [("never used since it was added on 2026" in one) for one in told(findings)] == (
        [True] if stale else []
    )


def test_a_key_of_unknown_age_that_was_never_used_is_told_as_such() -> None:
    """Nothing is guessed of when it was added."""
    key = evolve(KEY, added_on=None, repository=None, project=WEB)
    findings = found("stale-deploy-keys", audited(deploy_keys=[key]))
    assert told(findings) == [
        (
            "the deploy key build of the project WEB was never used, and the service does not tell "
            "when it was added"
        )
    ]
    assert (findings[0].project, findings[0].repository) == (WEB, None)


@pytest.mark.parametrize(
    ("moment", "stale"),
    [
        (datetime(2026, 8, 30, 0, 0), False),  # noqa: DTZ001 - as it may come
        (datetime(2026, 8, 29, 23, 59), True),  # noqa: DTZ001 - as it may come
        (datetime(2026, 8, 30, 1, 0, tzinfo=timezone(timedelta(hours=2))), True),
    ],
    ids=["without a zone", "without a zone, before", "another zone"],
)
def test_days_are_counted_in_utc(moment: datetime, stale: bool) -> None:  # noqa: FBT001 - an expectation
    """A moment without its zone is in UTC; another zone's is brought there."""
    audit = audited(deploy_keys=[evolve(KEY, last_used=moment)])
    assert bool(found("stale-deploy-keys", audit)) == stale


def test_the_days_are_an_option() -> None:
    """With 0, what was used today is still no finding."""
    keys = [evolve(KEY, last_used=ago(0)), evolve(KEY, id=8, last_used=ago(1))]
    findings = found("stale-deploy-keys", audited(deploy_keys=keys), days=0)
    assert [one.thing for one in findings] == ["8"]


@pytest.mark.parametrize(
    "url", ["http://user:geheim@ci.example.com/x?t=geheim", "HTTP://CI.example.com"]
)
def test_a_webhook_over_plain_http_is_found_without_what_is_secret_in_it(url: str) -> None:
    """The host is told and no more of the address."""
    findings = found("plain-http-webhooks", audited(webhooks=[evolve(HOOK, url=url)]))
    assert told(findings) == ["a webhook of acme/site calls ci.example.com without encryption"]
    assert findings[0].thing == "{hook}"


@pytest.mark.parametrize(
    "changed",
    [{}, {"url": "http://ci.example.com", "active": False}, {"url": "httpx://x"}, {"url": ""}],
    ids=["https", "inactive", "something else", "nothing"],
)
def test_other_webhooks_are_no_plain_http(changed: dict[str, Any]) -> None:
    """Neither over TLS, nor one that sends nothing."""
    assert found("plain-http-webhooks", audited(webhooks=[evolve(HOOK, **changed)])) == []


def test_an_address_that_makes_no_sense_is_told_without_its_host() -> None:
    """The rule goes on."""
    hook = evolve(HOOK, url="http://[geheim", repository=None)
    assert told(found("plain-http-webhooks", audited(webhooks=[hook]))) == [
        "a webhook of the workspace acme calls its receiver without encryption"
    ]


@pytest.mark.parametrize(
    ("changed", "hits"),
    [
        ({"skip_cert_verification": True}, 1),
        ({"skip_cert_verification": True, "active": False}, 0),
        ({"skip_cert_verification": False}, 0),
        ({"skip_cert_verification": None}, 0),
    ],
    ids=["skips", "inactive", "verifies", "unknown"],
)
def test_a_webhook_that_does_not_verify_is_found(changed: dict[str, Any], hits: int) -> None:
    """Only if it is known not to, and sends anything."""
    findings = found("unverified-webhooks", audited(webhooks=[evolve(HOOK, **changed)]))
    assert len(findings) == hits
    assert (
        told(findings)[:1]
        == ["a webhook of acme/site calls ci.example.com without verifying its certificate"] * hits
    )


def lacking(*restrictions: Restriction, branch: str = "main", **options: Any) -> list[str | None]:
    """The kinds that lack on the main branch."""
    site = evolve(SITE, main_branch=branch)
    audit = audited(repositories=[site], restrictions=list(restrictions))
    return [one.thing for one in found("unprotected-main-branches", audit, **options)]


def test_each_kind_that_lacks_is_a_finding() -> None:
    """Rewriting and deletion by default; the kinds are an option."""
    audit = audited(repositories=[SITE], restrictions=[GLOB])
    findings = found("unprotected-main-branches", audit)
    assert told(findings) == [
        "no branch restriction of the kind delete covers main, the main branch of acme/site"
    ]
    assert (findings[0].repository, findings[0].thing) == (SITE, "delete")
    assert lacking() == ["delete", "force"]
    assert lacking(GLOB, evolve(GLOB, what="delete")) == []
    assert lacking(GLOB, kinds=("force", "push")) == ["push"]


@pytest.mark.parametrize(
    ("pattern", "branch", "covers"),
    [
        ("main", "main", True),
        ("main", "maintenance", False),
        ("*", "main", True),
        ("ma*", "main", True),
        ("rel*", "release/1/x", True),
        ("*/x", "release/1/x", True),
        ("m**n", "main", True),
        ("ma?n", "main", False),
        ("ma[i]n", "main", False),
        ("ma[i]n", "ma[i]n", True),
        ("Main", "main", False),
        ("", "main", False),
        ("m.in", "main", False),
        ("*a" * 40 + "b", "a" * 200, False),
    ],
)
def test_a_glob_covers_as_the_service_has_it(pattern: str, branch: str, covers: bool) -> None:  # noqa: FBT001 - an expectation
    """``*`` is any number of characters, slashes too; nothing else is special, or slow."""
    kept = evolve(GLOB, pattern=pattern)
    assert (lacking(kept, branch=branch, kinds=("force",)) == []) == covers


@pytest.mark.parametrize(
    ("kind", "types", "covers"),
    [
        ("development", ("development",), True),
        ("production", ("development",), False),
        ("production", ("development", "production"), True),
        (None, ("development",), False),
    ],
)
def test_the_branching_model_covers_by_type(
    kind: str | None,
    types: tuple[str, ...],
    covers: bool,  # noqa: FBT001 - an expectation
) -> None:
    """The main branch is the development branch unless the policy says more."""
    kept = evolve(GLOB, match="branching_model", pattern="main", branch_type=kind)
    assert (lacking(kept, kinds=("force",), branch_types=types) == []) == covers


def test_a_restriction_of_another_repository_covers_nothing() -> None:
    """Each repository has its own."""
    assert lacking(evolve(GLOB, repository=SHOP), kinds=("force",)) == ["force"]


@pytest.mark.parametrize("where", [{}, {"repository": "acme/site"}], ids=["all", "this"])
def test_a_branch_whose_restrictions_were_not_read_is_not_unprotected(
    where: dict[str, Any],
) -> None:
    """What is unknown is not none; another repository's is told nonetheless."""
    unknown = [unread("branch-restrictions", **where)]
    audit = audited(unknown=unknown)
    names = {
        one.repository.full_name
        for one in found("unprotected-main-branches", audit)
        if one.repository
    }
    assert names == ({"acme/shop"} if where else set())


def test_an_empty_repository_has_nothing_to_protect() -> None:
    """It has no main branch."""
    audit = audited(repositories=[evolve(SITE, main_branch=None)])
    assert found("unprotected-main-branches", audit) == []
