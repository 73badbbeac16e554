"""What a test builds in a fake: as if clients had made it, and with nothing invented beside it."""

from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from bbasync.fake import FakeBitbucket, WorkspaceBuilder
from bbasync.fake.access import granted
from bbasync.fake.state.history import branches
from bbasync.fake.state.tree import tree_of
from tests.fake.conftest import Asker, basic


@pytest.fixture
def empty() -> FakeBitbucket:
    """A fake with one person and nothing else."""
    return FakeBitbucket.empty()


@pytest.fixture
def acme(empty: FakeBitbucket) -> WorkspaceBuilder:
    """A workspace in it."""
    return empty.workspace("acme")


def test_an_empty_fake_has_its_owner_and_nothing_else(empty: FakeBitbucket) -> None:
    """There is somebody to make things, and no workspace yet."""
    assert [one.email for one in empty.accounts] == [empty.email]
    assert empty.store.workspaces == {}
    with pytest.raises(LookupError, match="credential"):
        _ = empty.access_token


def test_a_first_workspace_brings_the_credentials(empty: FakeBitbucket) -> None:
    """Access token, consumer and apps are of the first workspace, as in any other fake."""
    empty.workspace("acme", name="Acme Works", private=False)
    made = empty.workspace("second")
    assert empty.access_token
    assert empty.consumer.workspace.slug == "acme"
    assert empty.connect_app.token
    assert empty.store.workspaces["acme"].name == "Acme Works"
    assert not empty.store.workspaces["acme"].is_private
    assert made.stored.is_private
    assert empty.account("owner", "second").email == empty.email


async def test_what_is_built_is_what_the_api_tells(empty: FakeBitbucket) -> None:
    """A chain of builders gives a repository and a pull request that a client finds."""
    opened = empty.workspace("acme").repository("site", private=False).pullrequest("Fix it")
    async with empty, aiohttp.ClientSession() as session:
        ask = Asker(empty, session)
        site = (await ask("/repositories/acme/site")).json
        assert (site["is_private"], site["mainbranch"]["name"]) == (False, "main")
        assert site["project"]["key"] == "PROJ"
        found = (await ask(opened.path)).json
        assert (found["id"], found["title"], found["state"]) == (opened.id, "Fix it", "OPEN")
        commits = (await ask(f"{opened.path}/commits")).json["values"]
        assert [one["hash"][:12] for one in commits] == [opened.stored.source.hash]


NOTHING = (
    "/repositories/acme/site/deploy-keys",
    "/repositories/acme/site/hooks",
    "/repositories/acme/site/branch-restrictions",
    "/repositories/acme/site/pipelines",
    "/repositories/acme/site/pipelines_config/variables",
    "/repositories/acme/site/pipelines_config/schedules",
    "/repositories/acme/site/pipelines-config/caches",
    "/repositories/acme/site/pipelines-config/runners",
    "/repositories/acme/site/deployments",
    "/repositories/acme/site/default-reviewers",
    "/repositories/acme/site/downloads",
    "/repositories/acme/site/refs/tags",
    "/repositories/acme/site/pullrequests",
    "/repositories/acme/site/commit/main/comments",
    "/repositories/acme/site/commit/main/statuses",
    "/repositories/acme/site/commit/main/reports",
    "/repositories/acme/site/permissions-config/users",
    "/repositories/acme/site/permissions-config/groups",
    "/workspaces/acme/projects/PROJ/deploy-keys",
    "/workspaces/acme/hooks",
    "/workspaces/acme/pipelines-config/variables",
    "/workspaces/acme/pipelines-config/runners",
    "/snippets/acme",
    "/users/{owner}/ssh-keys",
    "/users/{owner}/gpg-keys",
)


async def test_nothing_is_invented_for_what_was_made(
    empty: FakeBitbucket, acme: WorkspaceBuilder
) -> None:
    """A new repository has no keys, variables, rules or runs before somebody makes them."""
    acme.repository("site")
    owner = empty.account("owner").uuid
    async with empty, aiohttp.ClientSession() as session:
        ask = Asker(empty, session)
        for path in NOTHING:
            answer = await ask(path.format(owner=owner))
            assert (path, answer.status, answer.json.get("values")) == (path, 200, [])


async def test_a_new_repository_of_a_full_fake_is_new(ask: Asker, fake: FakeBitbucket) -> None:
    """Beside invented ones it has one commit and no keys; the others keep what they have."""
    fake.workspace("acme").repository("brand-new")
    assert (await ask("/repositories/acme/brand-new/deploy-keys")).json["values"] == []
    assert len((await ask("/repositories/acme/brand-new/commits")).json["values"]) == 1
    assert (await ask("/repositories/acme/site/deploy-keys")).json["values"]


def test_what_is_there_is_taken_and_changed_as_asked(fake: FakeBitbucket) -> None:
    """Builders get or make: what is not asked for stays as it is."""
    before = fake.store.workspaces["acme"].repositories["site"]
    commits, private = before.commits, before.is_private
    site = fake.workspace("ACME").repository("Site", description="Said anew", project="DATA")
    assert site.stored is before
    assert (before.description, before.project.key) == ("Said anew", "DATA")
    assert (before.commits, before.is_private) == (commits, private)
    project = fake.workspace("acme").project("web", name="Webs")
    assert project.stored is fake.store.workspaces["acme"].projects["WEB"]
    assert project.stored.name == "Webs"
    site.branch("next")
    assert fake.workspace("acme").repository("site", mainbranch="next").stored.mainbranch == "next"


def test_people_are_made_and_found(empty: FakeBitbucket, acme: WorkspaceBuilder) -> None:
    """By any of their names; each can log in; a level can change; guests are in no workspace."""
    ann = acme.member("Ann Other")
    for name in ("ann other", ann.uuid, ann.email, ann.nickname, ann.account_id, ann):
        assert acme.member(name, level="create-project") is ann
    assert acme.stored.members[ann.uuid] == "create-project"
    assert ann.api_token in empty.store.credentials
    bob = empty.person("Bob", email="Bob@elsewhere.example")
    assert empty.person("bob@elsewhere.example") is bob
    assert bob.uuid not in acme.stored.members


def test_looking_a_member_up_changes_nothing(acme: WorkspaceBuilder) -> None:
    """Only a level that is given is set; who is new and has none given is a plain member."""
    levels = {"Ann": "create-project", "Bob": "owner", "Cid": "member"}
    for name, level in levels.items():
        acme.member(name, level=None if level == "member" else level)
    for name, level in levels.items():
        assert acme.stored.members[acme.member(name).uuid] == level
    acme.member("Ann", level="member")
    assert acme.stored.members[acme.member("Ann").uuid] == "member"


def test_rights_are_given(empty: FakeBitbucket, acme: WorkspaceBuilder) -> None:
    """To members, guests and groups, on repositories and projects, and by a group's own right."""
    site, other = acme.repository("site", project="WEB"), acme.repository("other", project="OTHER")
    ann, bob, guest = acme.member("Ann"), acme.member("Bob"), empty.person("Guest")
    developers = acme.group("Developers", ["Ann"])
    acme.group("Readers", [bob], permission="read")
    site.grant("developers", "write").grant("Guest", "read")
    acme.project("WEB").grant(ann, "admin").grant(developers, "create-repo")
    assert granted(site.stored, ann.uuid) == "admin"
    assert granted(site.stored, bob.uuid) == "read"
    assert granted(site.stored, guest.uuid) == "read"
    assert granted(other.stored, ann.uuid) == "none"
    assert acme.group("developers", [bob]) is developers
    assert developers.members == {ann.uuid, bob.uuid}


async def test_a_member_sees_what_the_api_lets_them(
    empty: FakeBitbucket, acme: WorkspaceBuilder
) -> None:
    """Somebody who was made calls with their own token, and is told of what was granted."""
    ann = acme.member("Ann")
    acme.repository("site").grant(ann, "read")
    acme.repository("secret")
    async with empty, aiohttp.ClientSession() as session:
        ask = Asker(empty, session)
        header = basic(ann.email, ann.api_token)
        seen = (await ask("/repositories/acme", auth=header)).json["values"]
    assert [one["slug"] for one in seen] == ["site"]


def test_a_pull_request_is_brought_to_a_state(acme: WorkspaceBuilder) -> None:
    """Merged ones have a merge commit, others do not; reviewers, approvals and words stay."""
    site = acme.repository("site")
    acme.member("Ann")
    site.grant("Ann", "write")
    states = {s: site.pullrequest(s, state=s) for s in ("MERGED", "DECLINED", "SUPERSEDED")}
    assert {s: one.state for s, one in states.items()} == {s: s for s in states}
    assert states["MERGED"].stored.merge_commit is not None
    assert states["DECLINED"].stored.merge_commit is None
    opened = site.pullrequest("Open", author="Ann", reviewers=[], draft=True, description="Why")
    said = opened.approve().comment("Here?", "Ann", path="README.md", line=1)
    answer = opened.comment("There.", parent=said)
    assert answer.parent == said.id
    assert said.inline is not None
    assert opened.stored.draft
    assert [one.state for one in opened.stored.participants.values()] == ["approved", None]
    before = opened.stored.source.hash
    made = opened.commit({"README.md": "else"}, "Mended")
    assert opened.stored.source.hash == made.hash[:12] != before
    assert opened.request_changes("Ann").merge("Ann").state == "MERGED"


def test_code_is_written(acme: WorkspaceBuilder) -> None:
    """Commits with files, deletions, branches and tags; each gives what names it."""
    site = acme.repository("site", mainbranch="trunk")
    first = site.commit({"a.txt": "a", "b.bin": b"\0"}, "Two files")
    second = site.commit({"a.txt": None}, branch="next", author=None)
    assert site.stored.mainbranch == "trunk"
    assert set(first.made.tree if first.made else ()) == {"README.md", "a.txt", "b.bin"}
    assert set(second.made.tree if second.made else ()) == {"README.md", "b.bin"}
    assert site.branch("next").commit.hash == second.hash
    assert site.branch("old", first).commit.hash == first.hash
    assert site.tag("v1", "next", "Now").commit.hash == second.hash
    with pytest.raises(ValueError, match="at another commit"):
        site.branch("old", "next")


def test_the_rest_is_made(acme: WorkspaceBuilder) -> None:
    """Pipelines, statuses, comments, keys, hooks and forks, each as the store has it."""
    site = acme.repository("site")
    run = site.pipeline(state="FAILED")
    assert (run.number, run.phase, run.ahead) == (1, "FAILED", [])
    assert run.completed_on
    assert site.pipeline(state="PENDING").number == 2
    status = site.status(state="FAILED", key="lint")
    assert (status.key, status.state) == ("lint", "FAILED")
    assert site.comment("Why?").text == "Why?"
    keys = [site.deploy_key(), site.deploy_key(label="Other"), acme.project("PROJ").deploy_key()]
    assert len({one.key for one in keys}) == 3
    hook = site.hook("https://hooks.example.com", ["repo:push", "repo:fork"], secret="s")
    assert site.stored.hooks[hook.uuid] is hook
    assert acme.hook("https://hooks.example.com", "repo:fork").events == ["repo:fork"]
    fork = site.fork("mine")
    assert fork.full_name == "acme/mine"
    assert fork.stored.parent is site.stored


Wrong = Callable[[FakeBitbucket, WorkspaceBuilder], object]


@pytest.mark.parametrize(
    ("wrong", "kind", "words"),
    [
        (lambda f, _: f.workspace("No Slug"), ValueError, "lower-case letters"),
        (lambda _, w: w.member("Ann", level="king"), ValueError, "owner, create-project, member"),
        (lambda _, w: w.member("..."), ValueError, "a name with letters"),
        (lambda f, _: f.person("Bo", email=f.email.upper()), None, ""),
        (lambda _, w: w.group("Team", ["An"]), LookupError, r"Nobody.*'An'.*'Ann'.*member\('An'\)"),
        (lambda _, w: w.group("Team", permission="all"), ValueError, "read, write, admin"),
        (lambda _, w: w.repository("."), ValueError, "gives no address"),
        (lambda _, w: w.repository("site", fork_policy="all"), ValueError, "fork policy"),
        (lambda _, w: w.repository("site", mainbranch="none"), ValueError, "no branch 'none'"),
        (lambda _, w: w.repository("site", empty=True), ValueError, "not empty"),
        (lambda _, w: w.project("1x"), ValueError, "A key is letters"),
        (lambda _, w: _site(w).grant("Nobody", "read"), LookupError, "no group 'Nobody'"),
        (lambda _, w: _site(w).grant("Ann", "create-repo"), ValueError, "read, write, admin"),
        (lambda f, w: _site(w).grant(f.email, "read"), ValueError, "owns 'acme'"),
        (lambda f, w: _site(w).grant(f.workspace("b").group("G"), "read"), LookupError, "not one"),
        (lambda _, w: _site(w).pullrequest(""), ValueError, "title"),
        (lambda _, w: _site(w).pullrequest("A", author="Ann"), ValueError, r"\.grant\('Ann'"),
        (lambda _, w: _site(w).pullrequest("A", reviewers=["Bob"]), LookupError, "'Bob'"),
        (lambda _, w: _site(w).pullrequest("A", state="open"), ValueError, "OPEN, MERGED"),
        (lambda _, w: _site(w).pullrequest("A", destination="x"), ValueError, "branch not found"),
        (lambda _, w: _site(w).pullrequest("A").merge().merge(), ValueError, "already closed"),
        (lambda _, w: _site(w).tag("v1", "nowhere"), LookupError, "branch or tag 'nowhere'"),
        (lambda _, w: _site(w).branch("a b"), ValueError, "not a valid name"),
        (lambda _, w: _site(w).commit({"a": 1}), ValueError, "'a' holds text or bytes"),
        (lambda _, w: _site(w).pipeline(state="GREEN"), ValueError, "SUCCESSFUL"),
        (lambda _, w: _site(w).pipeline("nowhere"), LookupError, "nowhere"),
        (lambda _, w: _site(w).status(state="GREEN"), ValueError, "SUCCESSFUL"),
        (lambda _, w: _site(w).hook("ftp://x"), ValueError, "valid URL"),
        (lambda _, w: _site(w).hook("http://x", ["repo:pushed"]), ValueError, "'repo:pushed'"),
        (lambda _, w: _site(w).deploy_key("no key"), ValueError, "valid SSH key"),
        (lambda _, w: w.repository("bare", empty=True).tag("v"), LookupError, "no commit yet"),
        (lambda _, w: w.repository("b", empty=True, mainbranch="m"), ValueError, "no main branch"),
        (lambda _, w: w.repository(" / "), ValueError, "gives no address"),
        (lambda _, w: w.member("Ann", email="b@example.com"), ValueError, "ann@example.com"),
        (lambda f, w: _demote(w, f), ValueError, "only owner of 'acme'"),
        (lambda _, w: w.member("Ann", level=""), ValueError, "No level ''"),
        (lambda _, w: _site(w).commit({"no.txt": None}), ValueError, "no file 'no.txt' there"),
        (lambda _, w: _site(w).commit({"a": "1", "a/b": "2"}), ValueError, "'a' can't .*'a/b'"),
        (lambda _, w: _site(w).commit({"a/b/c": "1", "a": "2"}), ValueError, "'a' can't .*'a/b/c'"),
        (lambda _, w: _site(w).commit({"a": "1", "/a": "2"}), ValueError, "the same file"),
        (lambda _, w: _site(w).pullrequest("A", source="main"), ValueError, "to another branch"),
        (lambda _, w: _site(w).commit({"/": "a"}), ValueError, "'/' is no path"),
        (lambda _, w: _site(w).commit({"../a": "a"}), ValueError, "'../a' is no path"),
        (lambda _, w: _site(w).pullrequest("A").comment("x", line=1), ValueError, "path="),
        (lambda f, _: f.faults.add("/x", 503), TypeError, r"Fault\.status\(503\)"),
        (lambda _, w: w.repository("bare", empty=True).pullrequest("A"), LookupError, "no commit"),
    ],
)
def test_what_cannot_be_is_said(
    empty: FakeBitbucket,
    acme: WorkspaceBuilder,
    wrong: Wrong,
    kind: type[Exception] | None,
    words: str,
) -> None:
    """Unknown names and impossible states are errors that say what to write instead."""
    acme.member("Ann")
    acme.repository("site")
    if kind is None:
        kind, words = ValueError, "Somebody else has the address"
    with pytest.raises(kind, match=words):
        wrong(empty, acme)


def _site(acme: WorkspaceBuilder) -> Any:
    return acme.repository("site")


def _demote(acme: WorkspaceBuilder, fake: FakeBitbucket) -> Any:
    return acme.member(fake.accounts[0], level="member")


def test_files_are_deleted_where_they_are(acme: WorkspaceBuilder) -> None:
    """On the branch of the commit, in place of a directory too, and of a new branch on the main."""
    site = acme.repository("site")
    site.commit({"a": "1", "d/e": "1"})
    site.commit({"b": "1"}, branch="develop")
    with pytest.raises(ValueError, match="'b'"):
        site.commit({"b": None})
    site.commit({"b": None}, branch="develop")
    site.commit({"a": None, "a/b": "2", "d": "2", "d/e": None}, branch="new")
    assert set(tree_of(branches(site.stored)[-1].commit)) == {"README.md", "a/b", "d"}


def test_one_name_is_one_person(acme: WorkspaceBuilder) -> None:
    """Where several may be given, a text that stands alone is not taken for its letters."""
    ann = acme.member("Ann")
    site = acme.repository("site").grant(ann, "write")
    assert acme.group("developers", "Ann").members == {ann.uuid}
    assert acme.group("testers", ann).members == {ann.uuid}
    assert site.pullrequest("Fix it", reviewers="Ann").stored.reviewers == [ann.uuid]


def test_names_are_of_any_script(acme: WorkspaceBuilder) -> None:
    """What an address can't spell is numbered there."""
    assert acme.member("李小龍").email == "person.1@example.com"
    assert acme.member("李小龍") is acme.member("person.1")


def test_a_file_is_where_it_would_be_by_a_call(acme: WorkspaceBuilder) -> None:
    """A slash before a path or behind it is none of its names."""
    made = acme.repository("site").commit({"/docs/a.md": "a"})
    assert set(tree_of(made)) == {"README.md", "docs/a.md"}


async def test_building_costs_no_quota_and_leaves_no_request() -> None:
    """What a test sets up is not what its program did."""
    fake = FakeBitbucket.empty(quota=1)
    fake.workspace("acme").repository("site").pullrequest("Fix it")
    async with fake, aiohttp.ClientSession() as session:
        assert (await Asker(fake, session)("/repositories/acme/site")).status == 200
    assert [one.path for one in fake.requests] == ["/2.0/repositories/acme/site"]


def test_the_same_seed_builds_the_same() -> None:
    """Identifiers and tokens depend on the seed and on what was built before."""

    def build(seed: int) -> tuple[str, ...]:
        fake = FakeBitbucket.empty(seed=seed)
        ann = fake.workspace("acme").member("Ann")
        site = fake.workspace("acme").repository("site")
        return ann.uuid, ann.api_token, site.uuid, fake.access_token

    assert build(1) == build(1)
    assert not set(build(1)) & set(build(2))
