"""What an audit finds beyond effective rights, and what becomes of it where something fails."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from bbasync import BasicAuth, Bitbucket
from bbasync.audit.facts import Level
from bbasync.audit.found import WorkspaceAudit
from bbasync.audit.gather import Progress, gather
from bbasync.errors import AnswerError, ArgumentError, ForbiddenError, NotFoundError
from bbasync.fake import FakeBitbucket, Fault
from bbasync.fake.store import Hook


@pytest.fixture
async def service() -> AsyncIterator[FakeBitbucket]:
    """A workspace with grants of all kinds, hooks and reviewers."""
    async with FakeBitbucket(repositories=4, members=8, outsiders=2, projects=2) as fake:
        place = fake.store.workspaces["acme"]
        people = [uuid for uuid, level in place.members.items() if level == "member"]
        place.hooks["{h}"] = Hook(
            "{h}",
            "https://ci.example.com/",
            "CI",
            ["repo:push"],
            active=True,
            created_at="2026-01-01T00:00:00+00:00",
        )
        for project in place.projects.values():
            project.users[people[0]] = "write"
            project.groups[next(iter(place.groups))] = "read"
            project.default_reviewers.append(people[1])
        for repository in place.repositories.values():
            repository.users[people[2]] = "write"
            repository.groups[next(iter(place.groups))] = "admin"
        yield fake


def facts(audit: WorkspaceAudit) -> list[Any]:
    """All of an audit that can be compared."""
    return [*audit.facts(), *audit.unlisted]


async def test_what_was_given_is_what_each_list_says(
    bb: Bitbucket, gathered: Any, rows: Any
) -> None:
    """Grants on repositories and projects, groups with their members, and the places themselves."""
    one = (await gathered(bb, "acme", level="explain"))["acme"]
    assert one.complete
    repositories = await rows("/repositories/acme")
    projects = await rows("/workspaces/acme/projects")
    expected = set()
    for what, paths in (
        ("repository", [f"/repositories/{row['full_name']}" for row in repositories]),
        ("project", [f"/workspaces/acme/projects/{row['key']}" for row in projects]),
    ):
        for path in paths:
            for row in await rows(f"{path}/permissions-config/users"):
                expected.add((row[what]["uuid"], row["user"]["uuid"], row["permission"]))
            for row in await rows(f"{path}/permissions-config/groups"):
                expected.add((row[what]["uuid"], row["group"]["slug"], row["permission"]))
    got = {
        (
            (grant.repository or grant.project).uuid,
            grant.person.uuid if grant.person else grant.group,
            grant.permission,
        )
        for grant in one.grants
    }
    assert got == expected
    assert len(one.grants) == len(expected)
    assert [each.full_name for each in one.repositories] == sorted(
        row["full_name"] for row in repositories
    )
    by_name = {row["full_name"]: row for row in repositories}
    for each in one.repositories:
        row = by_name[each.full_name]
        assert each.uuid == row["uuid"]
        assert each.is_private == row["is_private"]
        assert each.project == row["project"]["key"]
        assert each.main_branch == row["mainbranch"]["name"]
        assert each.parent == (row.get("parent") or {}).get("uuid")
    assert [(each.key, each.uuid) for each in one.projects] == sorted(
        (row["key"], row["uuid"]) for row in projects
    )
    assert {each.slug: set(each.members) for each in one.groups} == {
        row.slug: {member.uuid for member in row.members} for row in await bb.groups.list("acme")
    }
    assert {right.explained for right in one.rights} == {True}


async def test_what_else_grants_power_is_what_each_list_says(
    bb: Bitbucket, gathered: Any, rows: Any
) -> None:
    """Deploy keys, webhooks, branch restrictions and default reviewers, wherever they are of."""
    one = (await gathered(bb, "acme", level="full"))["acme"]
    assert one.complete
    places = {each.full_name: f"/repositories/{each.full_name}" for each in one.repositories}
    places |= {each.key: f"/workspaces/acme/projects/{each.key}" for each in one.projects}

    def place(fact: Any) -> str:
        where = fact.repository or getattr(fact, "project", None)
        return getattr(where, "full_name", None) or getattr(where, "key", "acme")

    keys, reviewers, hooks, rules = set(), set(), set(), set()
    for name, path in places.items():
        keys |= {(name, row["id"], row["label"]) for row in await rows(f"{path}/deploy-keys")}
        for row in await rows(f"{path}/default-reviewers"):
            reviewers.add((name, row.get("user", row)["uuid"]))
        if "/" in name:
            hooks |= {(name, row["uuid"], row["url"]) for row in await rows(f"{path}/hooks")}
            rules |= {
                (name, row["id"], row["kind"], row["pattern"], len(row.get("users", ())))
                for row in await rows(f"{path}/branch-restrictions")
            }
    hooks |= {("acme", row["uuid"], row["url"]) for row in await rows("/workspaces/acme/hooks")}
    assert {(place(key), key.id, key.label) for key in one.deploy_keys} == keys
    assert {(place(each), each.person.uuid) for each in one.reviewers} == reviewers
    assert {(place(hook), hook.uuid, hook.url) for hook in one.webhooks} == hooks
    assert {
        (place(rule), rule.id, rule.what, rule.pattern, len(rule.people))
        for rule in one.restrictions
    } == rules
    assert all((keys, reviewers, hooks))
    assert any(key.last_used for key in one.deploy_keys)
    assert {key.added_on is not None for key in one.deploy_keys} == {True}


async def test_rights_share_their_people_and_repositories(bb: Bitbucket, gathered: Any) -> None:
    """Hundreds of thousands of rights would otherwise each have their own."""
    one = (await gathered(bb, "acme", level="explain"))["acme"]
    for things in (
        [right.repository for right in one.rights] + one.repositories,
        [right.person for right in one.rights] + [member.person for member in one.members],
    ):
        assert len({id(each) for each in things}) == len({each.uuid for each in things})


async def test_a_repository_of_owners_alone_is_not_asked_whom_it_gives_something(
    service: FakeBitbucket, bb: Bitbucket, gathered: Any
) -> None:
    """Owners can't be given anything, and whatever is given shows in the effective rights."""
    place = service.store.workspaces["acme"]
    for project in place.projects.values():
        project.users.clear()
        project.groups.clear()
    site, *others = place.repositories.values()
    site.users.clear()
    site.groups.clear()
    for group in place.groups.values():
        group.permission = None
    one = (await gathered(bb, "acme", level="explain"))["acme"]
    asked = [
        each.path for each in service.requests if each.path.endswith("/permissions-config/users")
    ]
    asked = [path for path in asked if path.startswith("/2.0/repositories")]
    assert len(asked) == len(others)
    assert not any(f"/{site.slug}/" in path for path in asked)
    assert one.complete
    assert {right.explained for right in one.rights} == {True}


@pytest.mark.parametrize("status", [403, 404, 405, 410])
@pytest.mark.parametrize("part", ["groups", "group-privileges"])
async def test_where_version_one_is_closed_each_repository_is_asked_for_its_groups(
    service: FakeBitbucket, bb: Bitbucket, gathered: Any, status: int, part: str
) -> None:
    """The grants are the same; who is in a group is unknown where the groups are closed."""
    whole = (await gathered(bb, "acme", level="explain"))["acme"]
    service.requests.clear()
    service.faults.add(f"/1.0/{part}/acme", Fault.status(status))
    one = (await gathered(bb, "acme", level="explain"))["acme"]
    assert one.grants == whole.grants
    closed = 1 if part == "groups" else 2
    assert len(service.requests) == 4 + closed + 2 * len(one.projects) + 2 * len(one.repositories)
    if part == "groups":
        assert one.groups is None
        (unknown,) = one.unknown
        assert unknown.part == "groups"
        assert isinstance(unknown.cause, AnswerError)
        assert {right.explained for right in one.rights} <= {True, None}
    else:
        assert one.complete


FAILING = {
    "members": "/workspaces/acme/permissions",
    "repositories": "/repositories/acme",
    "projects": "/workspaces/acme/projects",
    "rights": "/workspaces/acme/permissions/repositories",
    "project-users": "/workspaces/acme/projects/*/permissions-config/users",
    "project-groups": "/workspaces/acme/projects/*/permissions-config/groups",
    "repository-users": "/repositories/acme/*/permissions-config/users",
    "deploy-keys": "*/deploy-keys",
    "webhooks": "*/hooks",
    "branch-restrictions": "*/branch-restrictions",
    "default-reviewers": "*/default-reviewers",
}
HELD = {
    "members": "members",
    "repositories": "repositories",
    "projects": "projects",
    "rights": "rights",
    "deploy-keys": "deploy_keys",
    "webhooks": "webhooks",
    "branch-restrictions": "restrictions",
    "default-reviewers": "reviewers",
}


@pytest.mark.parametrize("status", [403, 404, 500])
@pytest.mark.parametrize("part", FAILING)
async def test_a_part_that_fails_is_unknown_and_loses_nothing_else(
    service: FakeBitbucket, gathered: Any, part: str, status: int
) -> None:
    """What does not hang on it is as it would be."""
    if (part, status) == ("members", 404):
        return  # there is no such workspace then
    auth = BasicAuth(service.email, service.api_token)
    async with Bitbucket(auth, base_url=service.url, attempts=1) as bb:
        whole = (await gathered(bb, "acme", level="full"))["acme"]
        service.faults.add(FAILING[part], Fault.status(status))
        one = (await gathered(bb, "acme", level="full"))["acme"]
    parts = {each.part for each in one.unknown}
    assert part in parts
    assert not one.knows(part) or all(each.repository or each.project for each in one.unknown)
    assert not one.complete
    assert not any(each.left_out for each in one.unknown)
    for name, held in HELD.items():
        hangs_on = {"repositories": ("projects",), "projects": ("deploy-keys", "default-reviewers")}
        if name == part or name in hangs_on.get(part, ()):
            continue
        got, expected = getattr(one, held), getattr(whole, held)
        if name == "rights":
            key = [(r.person.uuid, r.repository.uuid, r.permission) for r in expected]
            assert [(r.person.uuid, r.repository.uuid, r.permission) for r in got] == key
        elif name == "repositories" or part == "repositories":
            assert len(got) == len(expected)
        else:
            assert got == expected
    if status == 403 and part not in {"members", "rights", "repositories", "projects"}:
        some = [each for each in one.unknown if each.part == part]
        if part != "default-reviewers":
            assert all("reading it takes admin" in each.message for each in some)


async def test_a_list_of_one_repository_that_fails_is_unknown_of_that_one_alone(
    service: FakeBitbucket, bb: Bitbucket, gathered: Any
) -> None:
    """It was deleted or renamed just now: that is not "no rights"."""
    service.faults.add("/repositories/acme/site/deploy-keys", Fault.status(404))
    one = (await gathered(bb, "acme", level="full"))["acme"]
    (unknown,) = one.unknown
    assert (unknown.part, unknown.repository) == ("deploy-keys", "acme/site")
    assert isinstance(unknown.cause, NotFoundError)
    others = [each.full_name for each in one.repositories if each.full_name != "acme/site"]
    assert not one.knows("deploy-keys", repository="acme/site")
    assert all(one.knows("deploy-keys", repository=name) for name in others)
    assert {key.repository.full_name for key in one.deploy_keys if key.repository} == set(others)


async def test_a_member_reads_what_he_may_and_the_rest_says_what_it_takes(
    service: FakeBitbucket, client_of: Any, gathered: Any
) -> None:
    """Nothing that takes an administrator is asked for where he is none; nothing is left out."""
    member = service.account("member")
    site = next(iter(service.store.workspaces["acme"].repositories.values()))
    for other in service.store.workspaces["acme"].repositories.values():
        other.users[member.uuid] = "read"
        other.groups.clear()
    for project in service.store.workspaces["acme"].projects.values():
        project.users.clear()
        project.groups.clear()
    site.users[member.uuid] = "admin"
    async with client_of(member) as client:
        one = (await gathered(client, "acme", level="full"))["acme"]
    assert {right.repository.full_name for right in one.rights} == {site.full_name}
    assert {grant.repository.full_name for grant in one.grants} == {site.full_name}
    others = {each.full_name for each in one.repositories} - {site.full_name}
    assert len(others) == 3
    for part in ("rights", "repository-users", "deploy-keys", "webhooks", "branch-restrictions"):
        told = {each.repository for each in one.unknown if each.part == part}
        assert told - {None} == others
        assert all("takes" in u.message or "audited" in u.message for u in one.unknown)
    assert {each.repository.full_name for each in one.deploy_keys if each.repository} == {
        site.full_name
    }
    refused = [each.path for each in service.requests if each.status == 403]
    assert not any(name in path for path in refused for name in others)
    (groups,) = [each for each in one.unknown if each.part == "groups"]
    assert isinstance(groups.cause, ForbiddenError)
    assert "takes an administrator of the workspace" in groups.message


@pytest.mark.parametrize("level", ["explain", "full"])
async def test_a_named_repository_brings_its_project_and_nothing_of_others(
    service: FakeBitbucket, bb: Bitbucket, gathered: Any, level: Level
) -> None:
    """Its facts are those that the audit of the whole workspace has of it."""
    whole = (await gathered(bb, "acme", level=level))["acme"]
    service.requests.clear()
    one = (await gathered(bb, "acme/site", level=level))["acme"]
    assert one.complete
    assert one.only == ["acme/site"]
    (site,) = one.repositories
    (project,) = one.projects
    assert site == next(each for each in whole.repositories if each.full_name == "acme/site")
    assert project in whole.projects

    def of_it(rows: Any) -> list[Any]:
        return [
            row
            for row in rows
            if row.repository == site or (getattr(row, "project", None) == project)
        ]

    assert one.rights == of_it(whole.rights)
    assert one.grants == of_it(whole.grants)
    assert one.deploy_keys == of_it(whole.deploy_keys)
    assert one.webhooks == of_it(whole.webhooks)
    assert one.restrictions == of_it(whole.restrictions)
    assert one.reviewers == of_it(whole.reviewers)
    assert one.groups == whole.groups
    assert len(service.requests) == (8 if level == "explain" else 14)


async def test_a_workspace_by_its_uuid_is_asked_by_its_slug_where_that_is_needed(
    service: FakeBitbucket, bb: Bitbucket, gathered: Any
) -> None:
    """API 1.0 knows no uuids; and what was found has the slug's name."""
    uuid = service.store.workspaces["acme"].uuid
    one = (await gathered(bb, uuid, level="explain"))["acme"]
    assert one.complete
    assert one.groups


async def test_everything_comes_in_the_same_order_whoever_answers_first(
    service: FakeBitbucket, bb: Bitbucket, gathered: Any
) -> None:
    """One request at a time, or many."""
    plain = (await gathered(bb, "acme", level="full", concurrency=1))["acme"]
    service.latency = 0.001
    one = (await gathered(bb, "acme", level="full", concurrency=16))["acme"]
    assert facts(one) == facts(plain)


async def test_many_small_lists_are_one_progress(bb: Bitbucket) -> None:
    """It counts the lists that are read, of all that there are."""
    steps: list[Progress] = []
    found = [one async for one in gather(bb, "acme", level="full", watcher=steps.append)]
    last = {step.what: step for step in steps}
    assert all(step.done == step.total for step in last.values())
    assert last["repository-users"].total == len(found[0].repositories)
    assert last["deploy-keys"].total == len(found[0].repositories) + len(found[0].projects or ())
    assert [step.done for step in steps if step.what == "branch-restrictions"] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "wrong",
    [
        {"level": "deep"},
        {"concurrency": 0},
        {"max_requests": -1},
        {"max_requests": True},
        {"checkpoint": 7},
    ],
)
async def test_what_cannot_be_meant_is_refused_before_any_request(
    service: FakeBitbucket, bb: Bitbucket, wrong: dict[str, Any]
) -> None:
    """With the name of the argument."""
    with pytest.raises(ArgumentError, match=next(iter(wrong))):
        _ = [one async for one in gather(bb, "acme", **wrong)]
    with pytest.raises(ArgumentError):
        _ = [one async for one in gather(bb, ["acme", ".."])]
    assert not service.requests


async def test_unknown_rows_of_a_privilege_are_told(
    tampered: Callable[..., Bitbucket], gathered: Any
) -> None:
    """A group's right on a repository that is not listed is not dropped in silence."""

    def rename(request: Any, body: bytes) -> bytes:
        if request.address.startswith("/1.0/group-privileges"):
            return body.replace(b"acme/site", b"acme/elsewhere")
        return body

    async with tampered(rename) as client:
        one = (await gathered(client, "acme", level="explain"))["acme"]
    assert one.unknown
    assert {unknown.part for unknown in one.unknown} == {"repository-groups"}
    assert all("acme/elsewhere" in unknown.message for unknown in one.unknown)


async def test_a_repository_that_goes_in_the_middle_takes_no_rights_from_anybody(
    service: FakeBitbucket, bb: Bitbucket
) -> None:
    """It was listed before, and then no right on it is: that is unknown, and not unexplained."""
    repositories = service.store.workspaces["acme"].repositories

    def delete(step: Progress) -> None:
        if step.what == "projects":  # what comes after the repositories
            repositories.pop("site", None)

    (one,) = [one async for one in gather(bb, "acme", level="explain", watcher=delete)]
    assert "acme/site" in {each.full_name for each in one.repositories}
    assert not one.knows("rights", repository="acme/site")
    assert one.unlisted == []
