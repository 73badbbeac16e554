"""Which fixes a plan has for what was found, and how its file is written and read."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from bbasync.audit.explain import explain
from bbasync.audit.facts import (
    DeployKey,
    Grant,
    Group,
    Hook,
    Member,
    Person,
    Repo,
    Restriction,
    Right,
    Unknown,
)
from bbasync.audit.findings import Allowance, Finding
from bbasync.audit.fix import Call, Expects, Fix, Reason, fix_plan, read_fixes, write_fixes
from bbasync.audit.fix import together as joined
from bbasync.audit.policy import Policy
from bbasync.errors import ArgumentError, ConfigurationError
from tests.audit.ruled import (
    ANN,
    BOB,
    CID,
    EVE,
    OWNER,
    SHOP,
    SITE,
    TODAY,
    WEB,
    audited,
    found,
    rights,
)

BASE = "https://api.bitbucket.org/2.0"
AT_SITE = "/repositories/acme/%7Bsite%7D"
AT_WEB = "/workspaces/acme/projects/WEB"
DEVS = Group("acme", "devs", "Devs", None, (BOB.uuid,))
WHEN = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)


def given(permission: str, person: Person, on: Repo | None = SITE) -> Grant:
    """What a person was given by hand, on a repository or else on the project."""
    return Grant("acme", permission, person, None, on, None if on else WEB)


def to_group(permission: str, on: Repo | None = SITE) -> Grant:
    """What the group was given."""
    return Grant("acme", permission, None, "devs", on, None if on else WEB)


def planned(rule: str, **facts: Any) -> list[Fix]:
    """The plan for what one rule finds in an audit with *facts*, which is explained."""
    audit = audited(**facts)
    explain(audit)
    return fix_plan([audit], found(rule, audit))


def asked(fixes: Sequence[Fix]) -> list[tuple[str, str, Any]]:
    """The calls, without what they expect."""
    calls = [one.call for one in fixes if one.call is not None]
    assert len(calls) == len(fixes)
    return [(one.method, one.path, one.body) for one in calls]


def manual(fixes: Sequence[Fix]) -> str:
    """What a person has to do, of a plan that has nothing else."""
    (fix,) = fixes
    assert fix.call is None
    return fix.manual


def test_a_grant_to_somebody_outside_is_taken_away() -> None:
    """The service gives non-members nothing, so that it can't be lowered; the line says so."""
    fixes = planned(
        "outsiders-with-write", rights=rights("write", EVE), grants=[given("write", EVE)]
    )
    path = f"{AT_SITE}/permissions-config/users/%7Beve%7D"
    assert asked(fixes) == [("DELETE", path, None)]
    assert fixes[0].call is not None
    assert fixes[0].call.expects == (Expects(path, {"permission": "write"}),)
    assert fixes[0].action.startswith("take away Eve's write on acme/site, given by hand")
    assert "can't be lowered" in fixes[0].action
    (reason,) = fixes[0].reasons
    assert reason.rule == "outsiders-with-write"
    assert reason.why.startswith("Eve is outside")


def test_a_grant_on_a_project_is_one_fix_for_all_its_repositories() -> None:
    """It names each finding, counts what it affects, and expects the project still to be it."""
    fixes = planned(
        "outsiders-with-write",
        rights=[*rights("write", EVE), *rights("write", EVE, on=SHOP)],
        grants=[given("create-repo", EVE, None)],
    )
    path = f"{AT_WEB}/permissions-config/users/%7Beve%7D"
    assert asked(fixes) == [("DELETE", path, None)]
    assert len({one.fingerprint for one in fixes[0].reasons}) == 2
    assert "its 2 repositories" in fixes[0].action
    assert fixes[0].call is not None
    assert fixes[0].call.expects == (
        Expects(path, {"permission": "create-repo"}),
        Expects(AT_WEB, {"uuid": "{web}"}),
    )


def test_a_grant_on_a_project_stays_where_it_gives_what_is_allowed_too() -> None:
    """What is wrong on one repository is allowed on another: a call would take away both."""
    audit = audited(
        rights=[*rights("write", EVE), *rights("write", EVE, on=SHOP)],
        grants=[given("write", EVE, None)],
    )
    explain(audit)
    policy = evolve(
        Policy.of("outsiders-with-write"),
        allowances=[Allowance("outsiders-with-write", "x", TODAY, repository="acme/shop")],
    )
    text = manual(fix_plan([audit], policy.check(audit, today=TODAY), policy=policy))
    assert "a grant on project WEB" in text
    assert "gives what the policy allows on other repositories" in text


def test_repositories_that_were_not_all_read_are_not_counted_as_all() -> None:
    """Where the list is incomplete, the count is a least one."""
    fixes = planned(
        "outsiders-with-write",
        rights=rights("write", EVE),
        grants=[given("write", EVE, None)],
        unknown=[Unknown("acme", "repositories", "500")],
    )
    assert "at least 2 repositories" in fixes[0].action


def test_every_grant_that_alone_is_too_much_is_taken_away() -> None:
    """A right that has two sources by hand goes with both, and a weaker one stays."""
    grants = [given("admin", EVE), given("write", EVE, None)]
    fixes = planned("outsiders-with-write", rights=rights("admin", EVE), grants=grants)
    assert len(asked(fixes)) == 2
    grants = [given("admin", EVE), given("read", EVE, None)]
    fixes = planned("outsiders-with-write", rights=rights("admin", EVE), grants=grants)
    assert [path for _, path, _ in asked(fixes)] == [
        f"{AT_SITE}/permissions-config/users/%7Beve%7D"
    ]


def test_what_the_policy_puts_up_with_stays() -> None:
    """Where only admin outside is minded, a grant of write beside it is left alone."""
    audit = audited(
        rights=rights("admin", EVE), grants=[given("admin", EVE), given("write", EVE, None)]
    )
    explain(audit)
    policy = Policy.of("outsiders-with-write")
    setting = policy.settings["outsiders-with-write"]
    strict = evolve(setting, options={"permission": "admin"})
    policy = evolve(policy, settings={**policy.settings, "outsiders-with-write": strict})
    fixes = fix_plan([audit], policy.check(audit), policy=policy)
    assert len(asked(fixes)) == 1


def test_what_comes_through_a_group_is_left_to_a_person() -> None:
    """No credential that changes grants can change groups."""
    group = evolve(DEVS, members=(EVE.uuid,))
    text = manual(
        planned(
            "outsiders-with-write",
            groups=[group],
            rights=rights("write", EVE),
            grants=[to_group("write")],
        )
    )
    assert "group devs" in text
    assert "API tokens can't change groups" in text


def test_without_sources_a_deeper_audit_is_asked_for() -> None:
    """At `effective` nobody knows where a right comes from, and nothing is taken away."""
    text = manual(planned("outsiders-with-write", level="effective", rights=rights("admin", EVE)))
    assert "--level explain" in text


def test_a_right_without_any_source_is_looked_at_by_a_person() -> None:
    """The audit has looked, and found no grant."""
    text = manual(planned("outsiders-with-write", rights=rights("admin", EVE)))
    assert "no grant was found" in text


def test_a_right_that_its_sources_do_not_explain_is_looked_at_again() -> None:
    """Taking the grant away may not be enough, which is said beside it."""
    fixes = planned(
        "outsiders-with-write", rights=rights("admin", EVE), grants=[given("write", EVE)]
    )
    assert [fix.call is None for fix in fixes] == [False, True]
    assert "does not add up to admin" in fixes[1].manual


def test_a_grant_beside_a_group_that_gives_as_much_is_taken_away() -> None:
    """Before, the group's own grant must be as it was: the person would lose the right with it."""
    fixes = planned(
        "grants-beside-groups",
        groups=[DEVS],
        rights=rights("write", BOB),
        grants=[given("write", BOB), to_group("write", None)],
    )
    path = f"{AT_SITE}/permissions-config/users/%7Bbob%7D"
    assert asked(fixes) == [("DELETE", path, None)]
    assert fixes[0].call is not None
    assert fixes[0].call.expects == (
        Expects(path, {"permission": "write"}),
        Expects(f"{AT_WEB}/permissions-config/groups/devs", {"permission": "write"}),
        Expects(AT_WEB, {"uuid": "{web}"}),
    )
    assert "group devs on project WEB gives as much" in fixes[0].action


@pytest.mark.parametrize(
    ("mine", "theirs", "default", "calls"),
    [
        ("write", "write", None, 1),
        ("write", "admin", None, 1),
        ("create-repo", "write", None, 0),
        ("write", None, "admin", 1),
        ("admin", None, "admin", 0),
        ("write", None, None, 0),
        ("godlike", "admin", None, 0),
    ],
)
def test_a_grant_on_a_project_is_redundant_only_beside_as_much_there(
    mine: str, theirs: str | None, default: str | None, calls: int
) -> None:
    """A default of a group administers no project, and nothing unheard-of is taken for little."""
    grants = [given(mine, BOB, None)] + ([to_group(theirs, None)] if theirs else [])
    audit = audited(groups=[evolve(DEVS, permission=default)], grants=grants)
    explain(audit)
    finding = Finding("acme", "grants-beside-groups", "note", "by hand", project=WEB, person=BOB)
    fixes = fix_plan([audit], [finding])
    assert sum(fix.call is not None for fix in fixes) == calls
    assert calls or "into one first" in manual(fixes)


def test_a_grant_that_no_group_backs_is_left_to_a_person() -> None:
    """To delete it would take the right away; so would a group that gives less."""
    grants = [given("write", BOB), to_group("read")]
    facts = {"groups": [DEVS], "rights": rights("write", BOB), "grants": grants}
    assert "put the person into one first" in manual(planned("grants-beside-groups", **facts))


def test_a_group_is_not_relied_on_where_the_right_does_not_add_up() -> None:
    """Sources that come to more than the service lists are not understood."""
    grants = [given("read", BOB), to_group("write")]
    facts = {"groups": [DEVS], "rights": rights("read", BOB), "grants": grants}
    assert manual(planned("grants-beside-groups", **facts))


def test_a_repository_that_is_made_private_is_told_with_its_forks() -> None:
    """They stay what they are, and whoever reads the plan may mind."""
    forks = [evolve(SHOP, uuid=f"{{{name}}}", parent=SITE.uuid) for name in "ab"]
    site = evolve(SITE, is_private=False)
    fixes = planned("public-repositories", repositories=[site, *forks])
    assert fixes[0].action == "make acme/site private (not its 2 forks in this workspace)"


def test_a_public_repository_is_made_private() -> None:
    """By its uuid: a repository that has its name by then is another one."""
    fixes = planned("public-repositories", repositories=[evolve(SITE, is_private=False)])
    assert asked(fixes) == [("PUT", AT_SITE, {"is_private": True})]
    assert fixes[0].call is not None
    assert fixes[0].call.expects == (Expects(AT_SITE, {"uuid": "{site}", "is_private": False}),)


def test_a_stale_deploy_key_is_deleted_if_it_was_not_used_since() -> None:
    """Keys of repositories and of projects; the time of the last use has to be the same."""
    keys = [
        DeployKey("acme", 7, "ci", SITE, None, WHEN, WHEN),
        DeployKey("acme", 8, "old", None, WEB, WHEN, None),
    ]
    fixes = planned("stale-deploy-keys", deploy_keys=keys)
    here, there = f"{AT_SITE}/deploy-keys/7", f"{AT_WEB}/deploy-keys/8"
    assert sorted(asked(fixes)) == [("DELETE", here, None), ("DELETE", there, None)]
    expects = {fix.call.path: fix.call.expects for fix in fixes if fix.call is not None}
    assert expects[here] == (Expects(here, {"last_used": WHEN.isoformat()}),)
    assert expects[there] == (Expects(there, {"last_used": None}),)


def test_a_deploy_key_of_which_nothing_is_known_is_not_deleted() -> None:
    """It may be in use; the service just does not say so."""
    text = manual(planned("stale-deploy-keys", deploy_keys=[DeployKey("acme", 7, "ci", SITE)]))
    assert "neither its age nor its last use is known" in text


@pytest.mark.parametrize("repository", [SITE, None])
def test_a_webhook_is_switched_off_and_its_address_is_not_told(repository: Repo | None) -> None:
    """What stands behind the host is often a token, and a plan is shown around."""
    hook = Hook(
        "acme",
        "{hook}",
        "http://u:p@CI.test:81/T0K3N?key=s3cret",
        active=True,
        repository=repository,
    )
    fixes = planned("plain-http-webhooks", webhooks=[hook])
    path = f"{AT_SITE if repository else '/workspaces/acme'}/hooks/%7Bhook%7D"
    assert asked(fixes) == [("PUT", path, {"active": False})]
    assert fixes[0].call is not None
    (expects,) = fixes[0].call.expects
    assert expects.fields == {"url": "http://ci.test:81", "active": True}
    assert "T0K3N" not in str(fixes)
    assert "s3cret" not in str(fixes)


def test_a_webhook_is_let_verify_certificates() -> None:
    """Nothing else of it is changed."""
    hook = Hook(
        "acme", "{hook}", "https://ci", active=True, repository=SITE, skip_cert_verification=True
    )
    fixes = planned("unverified-webhooks", webhooks=[hook])
    path = f"{AT_SITE}/hooks/%7Bhook%7D"
    assert asked(fixes) == [("PUT", path, {"skip_cert_verification": False})]


def test_two_changes_of_one_webhook_are_one_call() -> None:
    """The body has both, and the fix names both findings."""
    hook = Hook(
        "acme", "{hook}", "http://ci", active=True, repository=SITE, skip_cert_verification=True
    )
    audit = audited(webhooks=[hook])
    policy = Policy.of("plain-http-webhooks", "unverified-webhooks")
    fixes = fix_plan([audit], policy.check(audit))
    path = f"{AT_SITE}/hooks/%7Bhook%7D"
    assert asked(fixes) == [("PUT", path, {"active": False, "skip_cert_verification": False})]
    assert [one.rule for one in fixes[0].reasons] == ["plain-http-webhooks", "unverified-webhooks"]


def test_a_main_branch_gets_the_restrictions_that_it_lacks() -> None:
    """What is there already is not added again; nobody is exempt from what is added."""
    there = Restriction("acme", SITE, 1, "delete", "glob", "main")
    fixes = planned("unprotected-main-branches", repositories=[SITE], restrictions=[there])
    body = {"kind": "force", "branch_match_kind": "glob", "pattern": "main"}
    assert asked(fixes) == [("POST", f"{AT_SITE}/branch-restrictions", body)]
    assert fixes[0].call is not None
    assert fixes[0].call.expects == (Expects(AT_SITE, {"mainbranch.name": "main"}),)
    both = planned("unprotected-main-branches", repositories=[SITE])
    assert sorted(body["kind"] for *_, body in asked(both)) == ["delete", "force"]


def test_who_may_push_is_left_to_a_person() -> None:
    """A restriction of that kind names people."""
    finding = Finding("acme", "unprotected-main-branches", "note", "m", SITE, thing="push")
    assert "says who may" in manual(fix_plan([audited()], [finding]))


def test_administrators_are_named_with_where_their_rights_come_from() -> None:
    """Who decides sees what to change, and of a great many how many more there are."""
    people = [Person(f"{{{number}}}", f"P{number}") for number in range(30)]
    text = manual(
        planned(
            "too-many-admins",
            groups=[DEVS],
            members=[Member("acme", one, "member") for one in (BOB, *people)],
            rights=rights("admin", BOB, *people),
            grants=[to_group("admin"), *(given("admin", one) for one in people)],
        )
    )
    assert "Bob (admin: group devs)" in text
    assert "P3 (admin: a grant)" in text
    assert "and 11 more" in text


def test_owners_are_named() -> None:
    """No call makes an owner a member."""
    owners = [Member("acme", one, "owner") for one in (OWNER, ANN, BOB, CID)]
    text = manual(planned("too-many-owners", members=owners))
    assert "Ann; Bob; Cid" in text


def test_what_is_not_understood_is_left_to_a_person() -> None:
    """The sources that are known are told."""
    members = [Member("acme", BOB, "member")]
    facts = {"members": members, "rights": rights("admin", BOB), "grants": [given("read", BOB)]}
    assert "Bob (admin: a grant)" in manual(planned("unexplained-rights", **facts))


def test_a_public_fork_of_something_private_is_left_to_a_person() -> None:
    """Its administrators are told."""
    fork = evolve(SITE, is_private=False, parent=SHOP.uuid)
    facts = {"repositories": [SHOP, fork], "rights": rights("admin", BOB, on=fork)}
    assert "Bob (admin" in manual(planned("public-forks-of-private", **facts))


def test_a_rule_of_ones_own_is_left_to_a_person() -> None:
    """The plan leaves nothing out in silence."""
    finding = Finding("acme", "my-rule", "error", "too blue", SITE)
    fixes = fix_plan([audited()], [finding])
    assert "my-rule" in manual(fixes)
    assert fixes[0].reasons == (Reason("my-rule", finding.fingerprint, "too blue"),)


@pytest.mark.parametrize(
    "rule",
    [
        "outsiders-with-write",
        "too-many-admins",
        "too-many-owners",
        "public-repositories",
        "grants-beside-groups",
        "unexplained-rights",
        "public-forks-of-private",
        "stale-deploy-keys",
        "plain-http-webhooks",
        "unverified-webhooks",
        "unprotected-main-branches",
        "unused-allowances",
    ],
)
def test_a_finding_whose_things_are_not_in_the_audit_is_left_to_a_person(rule: str) -> None:
    """Each rule says something, whatever it is given."""
    finding = Finding("acme", rule, "note", "m", person=EVE, thing="9")
    assert manual(fix_plan([audited()], [finding]))


def test_a_name_that_no_address_can_have_is_left_to_a_person() -> None:
    """The rest of the plan is made all the same."""
    odd = Repo("{a/b}", "acme/odd", is_private=False)
    fixes = planned("public-repositories", repositories=[odd, evolve(SITE, is_private=False)])
    assert sorted(fix.call is None for fix in fixes) == [False, True]


def test_what_is_allowed_is_not_mended() -> None:
    """An allowance holds for plans too."""
    audit = audited(repositories=[evolve(SITE, is_private=False)])
    (finding,) = found("public-repositories", audit)
    allowed = Allowance("public-repositories", "ours", date(2027, 1, 1))
    assert fix_plan([audit], [evolve(finding, allowed=allowed)]) == []


def test_a_finding_of_another_workspace_is_refused() -> None:
    """Without its audit nobody can tell what to do."""
    finding = Finding("other", "public-repositories", "note", "m", SITE)
    with pytest.raises(ArgumentError, match="'other'"):
        fix_plan([audited()], [finding])


def _fix(method: str, body: dict[str, Any] | None, name: str, path: str | None = None) -> Fix:
    path = path or f"{AT_SITE}/permissions-config/users/%7Beve%7D"
    call = Call(method, path, body, [Expects(path, {"permission": "admin"})])
    return Fix("acme", f"{name} it", [Reason(name, name, name)], call)


@pytest.mark.parametrize("turned", [False, True])
def test_of_two_calls_for_one_grant_the_stronger_wins(*, turned: bool) -> None:
    """To delete it settles that it was to be lowered, and the line says so."""
    both = [_fix("DELETE", None, "delete"), _fix("PUT", {"permission": "read"}, "lower")]
    (fix,) = joined(both[::-1] if turned else both)
    assert asked([fix]) == asked(both[:1])
    assert fix.action == "delete it; it settles what else was asked for: lower it"
    assert {one.rule for one in fix.reasons} == {"delete", "lower"}


def test_of_two_lower_permissions_the_lower_one_wins() -> None:
    """What each finding asks for holds then."""
    both = [_fix("PUT", {"permission": "read"}, "a"), _fix("PUT", {"permission": "write"}, "b")]
    assert [body for *_, body in asked(joined(both))] == [{"permission": "read"}]


def _written(fixes: Sequence[Fix], path: Path) -> Path:
    out = io.StringIO()
    write_fixes(fixes, out, base_url=f"{BASE}/", made_at=WHEN)
    path.write_text(out.getvalue(), encoding="utf-8")
    return path


def _plan() -> list[Fix]:
    audit = audited(
        repositories=[evolve(SITE, is_private=False)],
        webhooks=[Hook("acme", "{hook}", "http://ci", active=True)],
        deploy_keys=[DeployKey("acme", 7, "ci", SITE, None, WHEN)],
        rights=[Right(evolve(EVE, name="Eve \u202e\U0001f600 É"), SITE, "write")],
        grants=[given("write", EVE)],
    )
    explain(audit)
    return fix_plan([audit], Policy().check(audit))


def test_a_plan_that_is_read_back_is_the_same(tmp_path: Path) -> None:
    """Calls and what is left to people, each with its reasons."""
    fixes = _plan()
    assert {fix.call is None for fix in fixes} == {True, False}
    path = _written(fixes, tmp_path / "plan.jsonl")
    assert read_fixes(path, base_url=BASE) == fixes
    assert read_fixes(str(path), base_url=f"{BASE}/") == fixes


def test_a_line_can_be_struck_out_and_an_empty_one_left(tmp_path: Path) -> None:
    """What is left is the plan; an editor's byte order mark does no harm."""
    fixes = _plan()
    path = _written(fixes, tmp_path / "plan.jsonl")
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([lines[0], "", *lines[2:], ""]), encoding="utf-8-sig")
    assert read_fixes(path, base_url=BASE) == fixes[1:]


def test_nobody_is_misled_by_a_name(tmp_path: Path) -> None:
    """What turns the direction of text or can't be seen is written as an escape; É is not."""
    text = _written(_plan(), tmp_path / "plan.jsonl").read_text(encoding="utf-8")
    assert "\u202e" not in text
    assert "\\u202e" in text
    assert "\U0001f600 É" in text


Damage = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda row: row["call"].update(method="PATCH"), "method"),
        (lambda row: row["call"].update(method=["PUT"]), "method"),
        (lambda row: row["call"].update(method="DELETE"), "no fix may DELETE there"),
        (lambda row: row["call"].update(path="https://evil.test/repositories/a/b"), "path"),
        (lambda row: row["call"].update(path="//evil.test/repositories/a/b"), "path"),
        (lambda row: row["call"].update(path="/repositories/acme/.."), "path"),
        (lambda row: row["call"].update(path="/repositories/acme/%2E%2e"), "path"),
        (lambda row: row["call"].update(path="/repositories/acme/a%2Fb"), "path"),
        (lambda row: row["call"].update(path="/repositories/acme/{site}"), "%7B0b5c"),
        (lambda row: row["call"].update(path="/repositories/acme/a?x=/y"), "path"),
        (lambda row: row["call"].update(path="/repositories/acme/a\n"), "path"),
        (lambda row: row["call"].update(path="/repositories/acme/a/src"), "path"),
        (lambda row: row["call"].update(path="/workspaces/acme"), "path"),
        (lambda row: row["call"].update(path=AT_WEB), "no fix may PUT there"),
        (lambda row: row["call"].update(path=7), "path takes text"),
        (lambda row: row["call"].update(body={"is_private": False}), "body"),
        (lambda row: row["call"].update(body={"is_private": 1}), "body"),
        (lambda row: row["call"].update(body={"is_private": "yes"}), "body"),
        (lambda row: row["call"].update(body={"is_private": True, "name": "x"}), "body"),
        (lambda row: row["call"].update(body=None), "body"),
        (lambda row: row["call"].update(body=[1]), "body"),
        (lambda row: row["call"].update(expects=[]), "expects is empty"),
        (lambda row: row["call"].update(expects={}), "expects takes a list"),
        (lambda row: row["call"].update(expects=[{"path": AT_SITE}]), "lacks fields"),
        (lambda row: row["call"]["expects"][0].update(path="/user"), "path"),
        (lambda row: row["call"]["expects"][0].update(fields={}), "fields"),
        (lambda row: row["call"]["expects"][0].update(fields={"a": [1]}), "fields"),
        (lambda row: row["call"].update(boddy={}), "no boddy"),
        (lambda row: row["call"].pop("body"), "lacks body"),
        (lambda row: row.update(call=3), "call is an object"),
        (lambda row: row.update(manual="and by hand"), "either"),
        (lambda row: row.pop("call"), "either"),
        (lambda row: row.update(kind="finding"), "kind"),
        (lambda row: row.update(workspace=1), "workspace takes text"),
        (lambda row: row.update(action=None), "action takes text"),
        (lambda row: row.update(reasons="r"), "reasons takes a list"),
        (lambda row: row.update(reasons=[{"rule": "r"}]), "lacks fingerprint, why"),
    ],
)
def test_a_damaged_line_is_refused_with_its_place(
    tmp_path: Path, damage: Damage, said: str
) -> None:
    """Whatever a plan asks for that no fix may do, the error names the file and the line."""
    fixes = planned("public-repositories", repositories=[evolve(SITE, is_private=False)])
    path = _written(fixes * 2, tmp_path / "plan.jsonl")
    lines = path.read_text().splitlines()
    row = json.loads(lines[2])
    damage(row)
    path.write_text("\n".join([*lines[:2], json.dumps(row)]))
    with pytest.raises(ConfigurationError, match=r"plan\.jsonl, line 3: ") as caught:
        read_fixes(path, base_url=BASE)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ({"kind": "report"}, "line 1: a plan of fixes begins with"),
        ({"version": 2}, "line 1: version 2"),
        ({"version": True}, "line 1: version True"),
        ({"made_at": "yesterday"}, "line 1: made_at"),
        ({"made_at": 7}, "line 1: made_at"),
        ({"base_url": "https://other.test/2.0"}, "line 1: the plan is for https://other.test"),
        ({"base_url": None}, "line 1: base_url"),
        ({"more": 1}, "line 1: the header has no more"),
    ],
)
def test_the_header_says_what_it_is_and_for_which_service(
    tmp_path: Path, header: dict[str, Any], said: str
) -> None:
    """A plan for another service, or of another version, is not carried out."""
    path = _written([], tmp_path / "plan.jsonl")
    path.write_text(json.dumps(json.loads(path.read_text()) | header))
    with pytest.raises(ConfigurationError) as caught:
        read_fixes(path, base_url=BASE)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "line 1: a plan of fixes begins with"),
        (b"[]\n", "line 1: a plan of fixes begins with"),
        (b'{"kind": "fix-plan", "ver', "line 1: it is no JSON"),
        (b'{"kind": "fix-plan", "kind": "x"}', "line 1: a name stands twice"),
        (b'{"kind": NaN}', "line 1: NaN"),
        (b"\xff\xfe", "it is not UTF-8"),
        (b"[" * 100_000, "line 1: it is no JSON"),
    ],
)
def test_what_is_no_plan_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    """Cut off, of another kind, or no text at all."""
    path = tmp_path / "plan.jsonl"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        read_fixes(path, base_url=BASE)
    assert said in str(caught.value)
    assert "plan.jsonl" in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The error says which, and why."""
    with pytest.raises(ConfigurationError, match=r"none\.jsonl can't be read: No such file"):
        read_fixes(tmp_path / "none.jsonl", base_url=BASE)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", f"{AT_SITE}/permissions-config/users/%7Beve%7D", {"permission": "admin"}),
        ("PUT", f"{AT_SITE}/permissions-config/users/%7Beve%7D", {"permission": "create-repo"}),
        ("PUT", f"{AT_SITE}/permissions-config/users/%7Beve%7D", {"permission": ["read"]}),
        ("DELETE", f"{AT_SITE}/permissions-config/users/%7Beve%7D", {"permission": "read"}),
        ("DELETE", f"{AT_SITE}/permissions-config/groups/devs", None),
        ("DELETE", AT_SITE, None),
        ("DELETE", f"{AT_SITE}/hooks/%7Bhook%7D", None),
        ("PUT", f"{AT_SITE}/hooks/%7Bhook%7D", {"secret": None, "active": False}),
        ("PUT", f"{AT_SITE}/hooks/%7Bhook%7D", {"active": True}),
        ("PUT", f"{AT_SITE}/hooks/%7Bhook%7D", {"url": "http://x"}),
        ("PUT", f"{AT_SITE}/hooks/%7Bhook%7D", {}),
        ("PUT", f"{AT_SITE}/deploy-keys/7", {}),
        ("POST", f"{AT_SITE}/branch-restrictions", {"kind": "push"}),
        (
            "POST",
            f"{AT_SITE}/branch-restrictions",
            {"kind": "push", "branch_match_kind": "glob", "pattern": "main"},
        ),
    ],
)
def test_no_call_can_be_made_that_a_fix_may_not_send(
    method: str, path: str, body: dict[str, Any] | None
) -> None:
    """In memory neither: nothing is raised, opened, or deleted that is not for that."""
    with pytest.raises(ArgumentError):
        Call(method, path, body, [Expects(path, {"permission": "read"})])


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", f"{AT_SITE}/permissions-config/users/557058%3Aeve", {"permission": "read"}),
        ("PUT", f"{AT_WEB}/permissions-config/users/%7Beve%7D", {"permission": "create-repo"}),
        ("PUT", f"{AT_SITE}/hooks/%7Bhook%7D", {"url": "https://x/y"}),
        (
            "POST",
            f"{AT_SITE}/branch-restrictions",
            {"kind": "force", "branch_match_kind": "branching_model", "branch_type": "production"},
        ),
    ],
)
def test_a_person_may_ask_for_something_milder(
    method: str, path: str, body: dict[str, Any]
) -> None:
    """Who reviews a plan may lower a grant instead, or give a webhook a better address."""
    assert Call(method, path, body, [Expects(AT_SITE, {"uuid": "{site}"})]).body == body


def test_the_audits_are_left_as_they_are() -> None:
    """A plan is made without changing what it is made of."""
    audit = audited(rights=rights("write", EVE), grants=[given("write", EVE)])
    explain(audit)
    before = list(audit.facts())
    fix_plan([audit], Policy().check(audit))
    assert list(audit.facts()) == before
