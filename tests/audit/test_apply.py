"""What becomes of a plan at the service: what is asked for, and nothing else."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from bbasync import BasicAuth, BearerAuth, Bitbucket
from bbasync.audit.apply import Applied, apply
from bbasync.audit.explain import explain
from bbasync.audit.facts import DeployKey as Key
from bbasync.audit.facts import (
    Grant,
    Group,
    Hook,
    Member,
    Person,
    Project,
    Repo,
    Right,
)
from bbasync.audit.findings import Finding
from bbasync.audit.fix import Call, Expects, Fix, Reason, fix_plan, read_fixes, write_fixes
from bbasync.audit.found import WorkspaceAudit
from bbasync.audit.policy import Policy
from bbasync.fake import FakeBitbucket
from bbasync.fake.faults import Fault
from bbasync.fake.state.branching import Restrictions
from bbasync.fake.state.deploykeys import DeployKeys
from bbasync.fake.store import Account, Repository, Workspace
from bbasync.fake.store import Hook as StoredHook

REASON = Reason("rule", "print", "why")


@pytest.fixture
async def fake() -> AsyncIterator[FakeBitbucket]:
    """A workspace of four repositories."""
    async with FakeBitbucket(repositories=4, members=5, outsiders=1) as one:
        yield one


@pytest.fixture
async def bb(fake: FakeBitbucket) -> AsyncIterator[Bitbucket]:
    """The owner's client."""
    auth = BasicAuth(fake.email, fake.api_token)
    async with Bitbucket(auth, base_url=fake.url) as client:
        yield client


@pytest.fixture
def place(fake: FakeBitbucket) -> Workspace:
    """The workspace."""
    return fake.store.workspaces["acme"]


@pytest.fixture
def site(place: Workspace) -> Repository:
    """A private repository of it, on which only owners have a right."""
    found = place.repositories.get("site")
    assert found is not None
    found.users.clear()
    found.groups.clear()
    found.project.users.clear()
    found.project.groups.clear()
    found.hooks.clear()
    found.is_private = True
    return found


def state(fake: FakeBitbucket) -> dict[tuple[str, ...], Any]:
    """All that a fix might touch, and what it must not, by what it is of."""
    found: dict[tuple[str, ...], Any] = {}
    for place in fake.store.workspaces.values():
        found[place.slug, "members"] = dict(place.members)
        for group in place.groups.values():
            found[place.slug, "group", group.slug] = sorted(group.members)
        for hook in place.hooks.values():
            found[place.slug, hook.uuid] = _hook(hook)
        for project in place.projects.values():
            found[place.slug, project.key, "users"] = dict(project.users)
            found[place.slug, project.key, "groups"] = dict(project.groups)
            keys = fake.store.part(project, DeployKeys).known
            found[place.slug, project.key, "keys"] = sorted(keys)
        for one in place.repositories.values():
            where = (place.slug, one.slug)
            found[(*where, "users")] = dict(one.users)
            found[(*where, "groups")] = dict(one.groups)
            found[(*where, "settings")] = (
                one.name,
                one.is_private,
                one.fork_policy,
                one.mainbranch,
            )
            found[(*where, "text")] = (one.description, one.language, one.project.key)
            found[(*where, "keys")] = sorted(fake.store.part(one, DeployKeys).known)
            for hook in one.hooks.values():
                found[(*where, hook.uuid)] = _hook(hook)
            for rule in fake.store.part(one, Restrictions).known.values():
                found[(*where, "rule", str(rule.id))] = (*rule.subject, rule.users, rule.groups)
    return found


def _hook(hook: StoredHook) -> dict[str, Any]:
    names = ("url", "description", "active", "secret", "skip_cert_verification", "history_enabled")
    return {"events": list(hook.events)} | {name: getattr(hook, name) for name in names}


def changed(before: dict[Any, Any], after: dict[Any, Any]) -> dict[Any, tuple[Any, Any]]:
    """What is not as it was: before and after."""
    keys = before.keys() | after.keys()
    return {
        key: (before.get(key), after.get(key)) for key in keys if before.get(key) != after.get(key)
    }


def person(account: Account) -> Person:
    """An account as an audit has it."""
    return Person(account.uuid, account.display_name, account.account_id)


def project_of(one: Repository) -> Project:
    """Its project, as an audit has it."""
    return Project(one.workspace.slug, one.project.uuid, one.project.key, one.project.name)


def repo(one: Repository) -> Repo:
    """A repository as an audit has it."""
    return Repo(
        one.uuid, one.full_name, one.is_private, one.project.key, main_branch=one.mainbranch
    )


def audit_of(one: Repository, **facts: Any) -> WorkspaceAudit:
    """An audit of *one* as it is in the store, with *facts* beside its grants, explained."""
    place, here = one.workspace, repo(one)
    names = {uuid: Person(uuid, uuid) for uuid in (*one.users, *one.project.users)}
    audit = WorkspaceAudit(
        place.slug,
        "full",
        members=[Member(place.slug, Person(uuid, uuid), at) for uuid, at in place.members.items()],
        groups=[
            Group(place.slug, each.slug, each.name, None, tuple(each.members))
            for each in place.groups.values()
        ],
        projects=[project_of(one)],
        repositories=[here],
        **facts,
    )
    for on, owner in ((here, one), (project_of(one), one.project)):
        where = {"repository": on} if isinstance(on, Repo) else {"project": on}
        for uuid, level in owner.users.items():
            audit.grants.append(Grant(place.slug, level, names[uuid], **where))
        for slug, level in owner.groups.items():
            audit.grants.append(Grant(place.slug, level, None, slug, **where))
    explain(audit)
    return audit


def plan(rule: str, audit: WorkspaceAudit) -> list[Fix]:
    """What is to be done about the findings of one rule."""
    policy = Policy.of(rule)
    return fix_plan([audit], policy.check(audit), policy=policy)


async def results(client: Bitbucket, fixes: Sequence[Fix], **options: Any) -> list[Applied]:
    """All that has become of them."""
    return [one async for one in apply(client, fixes, **options)]


async def states(client: Bitbucket, fixes: Sequence[Fix], **options: Any) -> list[str]:
    """In a word each."""
    return [one.state for one in await results(client, fixes, **options)]


def writes(fake: FakeBitbucket) -> list[str]:
    """The methods of the requests that would change something."""
    return [one.method for one in fake.requests if one.method != "GET"]


def outside(fake: FakeBitbucket, site: Repository, permission: str = "write") -> list[Fix]:
    """The plan for an outsider with a grant on the repository."""
    who = fake.account("outsider")
    site.users[who.uuid] = permission
    rights = [Right(person(who), repo(site), permission)]
    return plan("outsiders-with-write", audit_of(site, rights=rights))


def at(one: Repository, tail: str = "") -> str:
    """The path of a repository, or of something of it."""
    return f"/repositories/acme/%7B{one.uuid.strip('{}')}%7D{tail}"


def lowered(site: Repository, account: Account, permission: str = "read") -> Fix:
    """What a reviewer may have made of a fix: lower the grant of write to *permission*."""
    path = at(site, f"/permissions-config/users/%7B{account.uuid.strip('{}')}%7D")
    call = Call("PUT", path, {"permission": permission}, [Expects(path, {"permission": "write"})])
    return Fix("acme", "lower it", [REASON], call)


async def test_a_plan_takes_the_way_through_its_file_and_does_just_what_it_says(
    fake: FakeBitbucket, bb: Bitbucket, site: Repository, tmp_path: Path
) -> None:
    """The outsider's grant goes, and everything else is as it was."""
    fixes = outside(fake, site)
    out = io.StringIO()
    write_fixes(fixes, out, base_url=fake.url)
    path = tmp_path / "plan.jsonl"
    path.write_text(out.getvalue(), encoding="utf-8")
    before = state(fake)
    assert await states(bb, read_fixes(path, base_url=fake.url)) == ["sent"]
    uuid = fake.account("outsider").uuid
    assert changed(before, state(fake)) == {("acme", "site", "users"): ({uuid: "write"}, {})}
    assert writes(fake) == ["DELETE"]


async def test_applied_again_everything_is_done_already(
    fake: FakeBitbucket, bb: Bitbucket, site: Repository
) -> None:
    """Nothing is sent twice."""
    fixes = outside(fake, site)
    assert await states(bb, fixes) == ["sent"]
    assert await states(bb, fixes) == ["done already"]
    assert writes(fake) == ["DELETE"]


async def test_a_dry_run_only_reads(fake: FakeBitbucket, bb: Bitbucket, site: Repository) -> None:
    """It tells what would be sent, and what is done already."""
    fixes = outside(fake, site)
    assert await states(bb, fixes, dry_run=True) == ["would be sent"]
    site.users.clear()
    assert await states(bb, fixes, dry_run=True) == ["done already"]
    assert writes(fake) == []


async def test_what_was_changed_meanwhile_is_left_alone(
    fake: FakeBitbucket, bb: Bitbucket, site: Repository
) -> None:
    """Somebody has given another permission since: that is looked at by a person."""
    fixes = outside(fake, site)
    site.users[fake.account("outsider").uuid] = "admin"
    (one,) = await results(bb, fixes)
    assert one.state == "changed"
    assert "permission is 'admin', not 'write'" in one.message
    assert writes(fake) == []


async def test_a_repository_that_has_the_name_by_now_is_not_touched(
    fake: FakeBitbucket, bb: Bitbucket, site: Repository, place: Workspace
) -> None:
    """A renamed repository is still the one that is mended."""
    fixes = outside(fake, site)
    other = next(one for one in place.repositories.values() if one is not site)
    who = fake.account("outsider").uuid
    place.repositories.rename(site, "elsewhere")
    site.slug = "elsewhere"
    place.repositories.rename(other, "site")
    other.slug, other.users[who] = "site", "write"
    assert await states(bb, fixes) == ["sent"]
    assert who not in site.users
    assert other.users[who] == "write"


async def test_a_repository_that_is_gone_is_not_made_anew(
    fake: FakeBitbucket, bb: Bitbucket, site: Repository, place: Workspace
) -> None:
    """A PUT would make one; a DELETE is not called done where nothing can be seen."""
    site.is_private = False
    fixes = plan("public-repositories", audit_of(site)) + outside(fake, site)
    del place.repositories["site"]
    before = state(fake)
    found = await results(bb, fixes)
    assert [one.state for one in found] == ["changed", "changed"]
    assert all("gone, or not to be seen" in one.message for one in found)
    assert changed(before, state(fake)) == {}
    assert writes(fake) == []


async def test_a_project_grant_is_taken_away_unless_its_key_is_another_projects(
    fake: FakeBitbucket, bb: Bitbucket, site: Repository
) -> None:
    """Keys can be given away, uuids can't."""
    who = fake.account("outsider")
    site.project.users[who.uuid] = "write"
    rights = [Right(person(who), repo(site), "write")]
    audit = audit_of(site, rights=rights)
    fixes = plan("outsiders-with-write", audit)
    uuid, site.project.uuid = site.project.uuid, "{other}"
    assert await states(bb, fixes) == ["changed"]
    site.project.uuid = uuid
    before = state(fake)
    assert await states(bb, fixes) == ["sent"]
    assert changed(before, state(fake)) == {
        ("acme", site.project.key, "users"): ({who.uuid: "write"}, {})
    }


async def test_a_grant_beside_a_group_stays_where_the_group_gives_less_by_now(
    fake: FakeBitbucket, bb: Bitbucket, site: Repository, place: Workspace
) -> None:
    """The person would be left with less than the audit saw."""
    who = fake.account("member")
    place.groups["developers"].members.add(who.uuid)
    site.users[who.uuid], site.groups["developers"] = "write", "write"
    rights = [Right(person(who), repo(site), "write")]
    fixes = plan("grants-beside-groups", audit_of(site, rights=rights))
    site.groups["developers"] = "read"
    assert await states(bb, fixes) == ["changed"]
    site.groups["developers"] = "write"
    before = state(fake)
    assert await states(bb, fixes) == ["sent"]
    assert changed(before, state(fake)) == {("acme", "site", "users"): ({who.uuid: "write"}, {})}


async def test_a_repository_is_made_private_and_nothing_else(
    fake: FakeBitbucket, bb: Bitbucket, site: Repository
) -> None:
    """Its name, its project and how it may be forked stay."""
    site.is_private, site.fork_policy = False, "allow_forks"
    fixes = plan("public-repositories", audit_of(site))
    before = state(fake)
    assert await states(bb, fixes) == ["sent"]
    key = ("acme", "site", "settings")
    was = before[key]
    assert changed(before, state(fake)) == {key: (was, (was[0], True, *was[2:]))}


@pytest.mark.parametrize("of_workspace", [False, True])
async def test_a_webhook_keeps_its_secret_and_all_else(
    fake: FakeBitbucket, bb: Bitbucket, site: Repository, place: Workspace, *, of_workspace: bool
) -> None:
    """Two findings change two switches of it with one call, which never has a secret in it."""
    owner = place if of_workspace else site
    hook = StoredHook(
        "{0b5c0000-0000-4000-8000-000000000000}",
        "http://ci.test/T0K3N",
        "deploys",
        ["repo:push", "repo:fork"],
        active=True,
        created_at="2026-01-01T00:00:00Z",
        secret="s3cret",
        skip_cert_verification=True,
        history_enabled=True,
    )
    owner.hooks[hook.uuid] = hook
    fact = Hook(
        "acme",
        hook.uuid,
        hook.url,
        active=True,
        repository=None if of_workspace else repo(site),
        skip_cert_verification=True,
    )
    audit = audit_of(site, webhooks=[fact])
    policy = Policy.of("plain-http-webhooks", "unverified-webhooks")
    fixes = fix_plan([audit], policy.check(audit))
    before = state(fake)
    assert await states(bb, fixes) == ["sent"]
    ((was, now),) = changed(before, state(fake)).values()
    assert now == was | {"active": False, "skip_cert_verification": False}
    assert now["secret"] == "s3cret"
    (sent,) = [one for one in fake.requests if one.method == "PUT"]
    assert b"secret" not in sent.body
    assert b"deploys" in sent.body


async def test_a_webhook_with_another_host_by_now_is_left_alone(
    bb: Bitbucket, site: Repository
) -> None:
    """What is behind the host may be another path: it still goes unencrypted."""
    uuid = "{0b5c0000-0000-4000-8000-000000000000}"
    made = StoredHook(uuid, "http://a.test/1", "", ["repo:push"], active=True, created_at="")
    site.hooks[uuid] = made
    fact = Hook("acme", uuid, made.url, active=True, repository=repo(site))
    fixes = plan("plain-http-webhooks", audit_of(site, webhooks=[fact]))
    made.url = "https://a.test/1"
    assert await states(bb, fixes) == ["changed"]
    made.url = "http://b.test/1"
    assert await states(bb, fixes) == ["changed"]
    made.url = "http://a.test/2"
    assert await states(bb, fixes) == ["sent"]
    assert made.url == "http://a.test/2"


async def test_a_webhook_that_is_gone_is_left_so_whatever_is_expected(
    fake: FakeBitbucket, bb: Bitbucket, site: Repository
) -> None:
    """Somebody may have struck out what the plan expected of the webhook itself."""
    path = at(site, "/hooks/%7B0b5c0000-0000-4000-8000-000000000000%7D")
    call = Call("PUT", path, {"active": False}, [Expects(at(site), {"uuid": site.uuid})])
    assert await states(bb, [Fix("acme", "x", [REASON], call)]) == ["changed"]
    assert writes(fake) == []


@pytest.mark.parametrize("of_project", [False, True])
async def test_a_deploy_key_is_deleted_unless_it_was_used_since(
    fake: FakeBitbucket, bb: Bitbucket, site: Repository, *, of_project: bool
) -> None:
    """The time of its last use has to be the one of the audit, however it is written."""
    keys = fake.store.part(site.project if of_project else site, DeployKeys).known
    key = next(one for one in keys.values() if one.last_used is not None)
    used = "2025-03-04T05:06:07.123456+00:00"
    key.last_used = used
    fact = Key(
        "acme",
        key.id,
        key.label,
        None if of_project else repo(site),
        project_of(site) if of_project else None,
        last_used=datetime.fromisoformat(used),
    )
    fixes = plan("stale-deploy-keys", audit_of(site, deploy_keys=[fact]))
    key.last_used = "2026-03-04T05:06:07+00:00"
    assert await states(bb, fixes) == ["changed"]
    key.last_used = used.replace("+00:00", "Z")
    before = state(fake)
    assert await states(bb, fixes) == ["sent"]
    assert len(changed(before, state(fake))) == 1
    assert key.id not in keys
    assert await states(bb, fixes) == ["done already"]


async def test_a_main_branch_is_protected_once(
    fake: FakeBitbucket, bb: Bitbucket, site: Repository
) -> None:
    """Both restrictions are added, exempt nobody, and are not added again."""
    fixes = plan("unprotected-main-branches", audit_of(site))
    before = state(fake)
    assert await states(bb, fixes) == ["sent", "sent"]
    new = [after for was, after in changed(before, state(fake)).values() if was is None]
    assert sorted(new) == [
        ("delete", site.mainbranch, None, [], []),
        ("force", site.mainbranch, None, [], []),
    ]
    assert await states(bb, fixes) == ["done already", "done already"]
    assert writes(fake) == ["POST", "POST"]


async def test_another_main_branch_by_now_is_not_protected_unseen(
    fake: FakeBitbucket, bb: Bitbucket, site: Repository
) -> None:
    """The plan names a branch, and that is not the main one any more."""
    fixes = plan("unprotected-main-branches", audit_of(site))
    site.mainbranch = "trunk"
    (first, _) = await results(bb, fixes)
    assert first.state == "changed"
    assert "mainbranch.name is 'trunk'" in first.message
    assert writes(fake) == []


async def test_what_is_left_to_a_person_is_told(bb: Bitbucket, fake: FakeBitbucket) -> None:
    """Without a request, and with the sentence of the plan."""
    fixes = fix_plan([WorkspaceAudit("acme")], [Finding("acme", "mine", "note", "m")])
    (one,) = await results(bb, fixes)
    assert (one.state, one.message) == ("manual", fixes[0].manual)
    assert fake.requests == []


async def test_a_grant_that_a_reviewer_wants_lowered_is_lowered(
    fake: FakeBitbucket, bb: Bitbucket, site: Repository
) -> None:
    """That works for members; and an outsider's grant is refused, which is told."""
    member, outsider = fake.account("member"), fake.account("outsider")
    site.users |= {member.uuid: "write", outsider.uuid: "write"}
    before = state(fake)
    first, second = await results(bb, [lowered(site, member), lowered(site, outsider)])
    assert (first.state, second.state) == ("sent", "refused")
    assert "Only members" in second.message
    now = {member.uuid: "read", outsider.uuid: "write"}
    assert changed(before, state(fake)) == {
        ("acme", "site", "users"): (before["acme", "site", "users"], now)
    }


async def test_nothing_is_ever_raised(fake: FakeBitbucket, bb: Bitbucket, site: Repository) -> None:
    """Whatever the plan says it expects, a permission that is lower by now stays so."""
    member = fake.account("member")
    site.users[member.uuid] = "read"
    fix = lowered(site, member, "write")
    assert fix.call is not None
    expects = [Expects(fix.call.path, {"permission": "read"})]
    fixes = [evolve(fix, call=evolve(fix.call, expects=expects))]
    assert await states(bb, fixes) == ["changed"]
    assert site.users[member.uuid] == "read"


async def test_without_seats_a_grant_is_refused_and_the_rest_goes_on(
    fake: FakeBitbucket, bb: Bitbucket, site: Repository
) -> None:
    """A 402 is the problem of one call."""
    member = fake.account("member")
    site.users[member.uuid] = "write"
    fake.faults.add("*/permissions-config/users/*", Fault.status(402), method="PUT")
    fixes = [lowered(site, member), *outside(fake, site)]
    first, second = await results(bb, fixes)
    assert first.state == "refused"
    assert "402" in first.message
    assert second.state == "sent"


async def test_a_credential_that_changes_no_grants_is_told_what_does(
    fake: FakeBitbucket, site: Repository
) -> None:
    """OAuth tokens read grants, and are refused to change them."""
    fixes = outside(fake, site)
    async with Bitbucket(BearerAuth(fake.oauth_token), base_url=fake.url) as client:
        (one,) = await results(client, fixes)
    assert one.state == "refused"
    assert "403" in one.message
    assert "API token" in one.message
    assert site.users


async def test_who_may_not_look_does_not_send(fake: FakeBitbucket, site: Repository) -> None:
    """A member without administration is refused at the first look."""
    fixes = outside(fake, site)
    member = fake.account("member")
    site.users[member.uuid] = "read"
    auth = BasicAuth(member.email, member.api_token)
    async with Bitbucket(auth, base_url=fake.url) as client:
        (one,) = await results(client, fixes)
    assert one.state == "refused"
    assert "nothing was sent" in one.message
    assert writes(fake) == []


async def test_a_refused_credential_ends_it(fake: FakeBitbucket, site: Repository) -> None:
    """The rest is not tried, and what people have to do is told all the same."""
    fixes = outside(fake, site)
    by_hand = Fix("acme", "x", [REASON], manual="by hand")
    async with Bitbucket(BearerAuth("wrong"), base_url=fake.url) as client:
        found = await results(client, [*fixes, by_hand, *fixes])
    assert [one.state for one in found] == ["not sent", "manual", "not sent"]
    assert "401" in found[0].message
    assert "not tried any more" in found[2].message
    assert len(fake.requests) == 1


async def test_a_credential_that_is_refused_on_the_way_ends_it(
    fake: FakeBitbucket, bb: Bitbucket, site: Repository
) -> None:
    """What was refused was not carried out."""
    fixes = outside(fake, site)
    fake.faults.add("*", Fault.status(401), method="DELETE")
    assert await states(bb, fixes * 2) == ["refused", "not sent"]
    assert site.users


async def test_a_dead_service_ends_it(
    fake: FakeBitbucket, site: Repository, unused_tcp_port: int
) -> None:
    """Nothing was sent, and nothing more is tried."""
    fixes = outside(fake, site)
    url = f"http://127.0.0.1:{unused_tcp_port}/2.0"
    async with Bitbucket(BearerAuth("x"), base_url=url, attempts=1) as client:
        found = await results(client, fixes * 3)
    assert [one.state for one in found] == ["not sent"] * 3
    assert "127.0.0.1" in found[0].message


async def test_a_spent_quota_ends_it(fake: FakeBitbucket, site: Repository) -> None:
    """A refusal for now was not carried out, and would be the same for the next call."""
    fixes = outside(fake, site)
    fake.faults.add("*", Fault.too_many(retry_after=3000), method="DELETE")
    auth = BasicAuth(fake.email, fake.api_token)
    async with Bitbucket(auth, base_url=fake.url, max_wait=1) as client:
        assert await states(client, fixes * 2) == ["not sent", "not sent"]
    assert site.users


LOST: list[tuple[Callable[[], Fault], str]] = [
    (lambda: Fault.reset("handled"), "sent"),
    (lambda: Fault.status(502, after="handled"), "sent"),
    (lambda: Fault.status(555, after="handled"), "sent"),
    (lambda: Fault.reset("read"), "ambiguous"),
    (lambda: Fault.status(500), "ambiguous"),
]


@pytest.mark.parametrize(("fault", "expected"), LOST)
async def test_where_the_answer_is_lost_what_is_there_now_decides(
    fake: FakeBitbucket,
    bb: Bitbucket,
    site: Repository,
    fault: Callable[[], Fault],
    expected: str,
) -> None:
    """It is looked at, and not sent a second time."""
    fixes = outside(fake, site)
    fake.faults.add("*", fault(), method="DELETE", times=1)
    (one,) = await results(bb, fixes)
    assert one.state == expected
    assert bool(site.users) == (expected == "ambiguous")
    assert one.message
    assert writes(fake) == ["DELETE"]


@pytest.mark.parametrize(("fault", "expected"), LOST)
async def test_a_lost_answer_makes_no_second_restriction(
    fake: FakeBitbucket,
    bb: Bitbucket,
    site: Repository,
    fault: Callable[[], Fault],
    expected: str,
) -> None:
    """A POST that was carried out is found in the list."""
    fixes = plan("unprotected-main-branches", audit_of(site))[:1]
    fake.faults.add("*", fault(), method="POST", times=1)
    assert await states(bb, fixes) == [expected]
    again = ["done already"] if expected == "sent" else ["sent"]
    assert await states(bb, fixes) == again


async def test_what_cannot_be_looked_at_after_a_lost_answer_is_ambiguous(
    fake: FakeBitbucket, site: Repository
) -> None:
    """Nobody knows, and that is said; after it nothing more is sent to a service that is gone."""
    fixes = outside(fake, site)
    fake.faults.add("*", Fault.reset("handled"), method="DELETE")
    fake.faults.add("*/users/*", Fault.reset("read"), method="GET", first=2)
    auth = BasicAuth(fake.email, fake.api_token)
    async with Bitbucket(auth, base_url=fake.url, attempts=1) as client:
        found = await results(client, fixes * 2)
    assert [one.state for one in found] == ["ambiguous", "not sent"]
    assert "may or may not have been carried out" in found[0].message


async def test_a_look_that_fails_is_one_fix_alone(fake: FakeBitbucket, site: Repository) -> None:
    """A 500 or an answer that is none sends nothing, and the next one is tried."""
    site.is_private = False
    fixes = [*outside(fake, site), *plan("public-repositories", audit_of(site))]
    fake.faults.add("*/users/*", Fault.status(500), method="GET", times=1)
    auth = BasicAuth(fake.email, fake.api_token)
    async with Bitbucket(auth, base_url=fake.url, attempts=1) as client:
        assert await states(client, fixes) == ["not sent", "sent"]
        fake.faults.add("*/users/*", Fault.wrong_json("list"), method="GET", times=1)
        assert await states(client, fixes[:1]) == ["not sent"]
    assert site.users


async def test_an_answer_that_says_it_changed_nothing_is_no_success(
    fake: FakeBitbucket, site: Repository
) -> None:
    """A service that takes a field and does not know it answers 200."""
    site.is_private = False
    fixes = plan("public-repositories", audit_of(site))

    class Deaf(Bitbucket):
        async def send(self, request: Any) -> Any:
            answer = await super().send(request)
            if request.method != "PUT":
                return answer
            return evolve(answer, body=answer.body.replace(b"true", b"false"))

    auth = BasicAuth(fake.email, fake.api_token)
    async with Deaf(auth, base_url=fake.url) as client:
        (one,) = await results(client, fixes)
    assert one.state == "refused"
    assert "is_private is False" in one.message


async def test_calls_go_one_after_the_other_in_the_order_of_the_plan(
    fake: FakeBitbucket, bb: Bitbucket, site: Repository
) -> None:
    """Each outcome is told before the next thing is looked at."""
    site.is_private = False
    fixes = [*outside(fake, site), *plan("public-repositories", audit_of(site))]
    async with aclosing(apply(bb, fixes)) as outcomes:
        assert (await anext(outcomes)).fix == fixes[0]
        assert writes(fake) == ["DELETE"]
        assert not site.is_private
    assert writes(fake) == ["DELETE"]


async def test_a_cancelled_plan_can_be_applied_again(
    fake: FakeBitbucket, bb: Bitbucket, site: Repository
) -> None:
    """What was told is done, and of what was on its way the next run tells."""
    site.is_private = False
    fixes = [*outside(fake, site), *plan("public-repositories", audit_of(site))]
    done: list[Applied] = []
    rule = fake.faults.add("*", Fault.silence(after="handled"), method="PUT", times=1)

    async def run() -> None:
        async with aclosing(apply(bb, fixes)) as outcomes:
            async for one in outcomes:
                done.append(one)  # noqa: PERF401 - what was told before the end counts

    task = asyncio.create_task(run())
    await rule.struck.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [one.state for one in done] == ["sent"]
    assert await states(bb, fixes) == ["done already", "done already"]


@pytest.mark.parametrize(
    ("url", "state"),
    [
        ("https://ci.test/T0K3N", "sent"),
        ("https://CI.test:8443/other?a=b", "sent"),
        ("https://evil.test/T0K3N", "changed"),
        ("https://ci.test.evil.test/", "changed"),
        ("https://ci.test@evil.test/", "changed"),
        ("https://evil.test\\@ci.test/", "changed"),
    ],
)
async def test_a_webhook_is_led_to_no_other_host(
    fake: FakeBitbucket, bb: Bitbucket, site: Repository, url: str, state: str
) -> None:
    """Whatever the plan expects: what the service sends there is for whom it was sent to before."""
    uuid = "{0b5c0000-0000-4000-8000-000000000000}"
    made = StoredHook(uuid, "http://ci.test/T0K3N", "", ["repo:push"], active=True, created_at="")
    site.hooks[uuid] = made
    path = at(site, "/hooks/%7B0b5c0000-0000-4000-8000-000000000000%7D")
    call = Call("PUT", path, {"url": url}, [Expects(at(site), {"uuid": site.uuid})])
    (one,) = await results(bb, [Fix("acme", "x", [REASON], call)])
    assert one.state == state
    assert made.url == (url if state == "sent" else "http://ci.test/T0K3N")
    assert len(writes(fake)) == (state == "sent")


async def test_the_address_of_a_webhook_is_not_told_where_it_differs(
    bb: Bitbucket, site: Repository
) -> None:
    """Not even if the plan has one in full: there may be another token in what is there now."""
    uuid = "{0b5c0000-0000-4000-8000-000000000000}"
    site.hooks[uuid] = StoredHook(
        uuid, "https://ci.test/T0K3N", "", ["repo:push"], active=True, created_at=""
    )
    path = at(site, "/hooks/%7B0b5c0000-0000-4000-8000-000000000000%7D")
    expects = [Expects(path, {"url": "https://ci.test/guessed"})]
    (one,) = await results(
        bb, [Fix("acme", "x", [REASON], Call("PUT", path, {"active": False}, expects))]
    )
    assert (one.state, one.message) == ("changed", f"{path}: url is another, to https://ci.test")
