"""Builds, reports, deployments, rules for branches, properties, code search, the app itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from attrs import frozen

from bbasync import BasicAuth, BearerAuth, Bitbucket
from bbasync.api.commit_statuses import CommitStatuses
from bbasync.api.reports import Reports
from bbasync.errors import (
    ArgumentError,
    BadRequestError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    UnauthorizedError,
)
from bbasync.fake import FakeBitbucket
from bbasync.fake.state import history
from bbasync.model.make import from_wire
from bbasync.resources import (
    BranchingModelSettings,
    BranchRestriction,
    BranchType,
    CommitStatus,
    DeployKey,
    DeploymentStateCompleted,
    DeploymentStateInProgress,
    DeploymentStateUndeployed,
    Environment,
    EnvironmentChange,
    EnvironmentRestrictions,
    EnvironmentType,
    ModelBranch,
    ReportAnnotation,
)

SITE = ("acme", "site")
APP = ("example-app", "ticket")


@frozen
class Signed:
    """Sends an Authorization header as it is."""

    header: str

    async def authorization(self) -> str:
        """The value of the header."""
        return self.header


def newest(fake: FakeBitbucket) -> str:
    """The hash of the newest commit of ``acme/site``."""
    return history.commit_at(fake.store.workspaces["acme"].repositories["site"], 0).hash


def findings(count: int) -> list[ReportAnnotation]:
    """So many annotations, each with an id of its own."""
    return [
        ReportAnnotation(external_id=f"a-{n}", annotation_type="BUG", summary=f"Number {n}")
        for n in range(count)
    ]


async def test_annotations_go_out_as_an_array_of_at_most_a_hundred(recorder: Any) -> None:
    """A body of many annotations is a JSON array, and the 101st is refused before it is sent."""
    sender = recorder([])
    reports = Reports(sender)
    await reports.create_annotations("acme", "site", "c0ffee1", "r", findings(100))
    assert sender.requests[0].body.content.startswith(b'[{"')
    with pytest.raises(ArgumentError, match="100 at the most, not 101"):
        await reports.create_annotations("acme", "site", "c0ffee1", "r", findings(101))
    assert len(sender.requests) == 1


async def test_many_annotations_are_written_a_hundred_at_a_time(
    fake: FakeBitbucket, bb: Bitbucket
) -> None:
    """250 take three calls, come back in their order, and can be written again."""
    where = (*SITE, newest(fake), "scanner-001")
    for _ in range(2):
        made = await bb.reports.write_annotations(*where, findings(250))
        assert [one.external_id for one in made] == [f"a-{n}" for n in range(250)]
    assert [one.method for one in fake.requests] == ["POST"] * 6
    kept = await bb.reports.list_annotations(*where).all()
    assert len(kept) == 252


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (findings(1001), "at most 1000"),
        ([{"summary": "x"}], r"annotations\[0\] has no external_id"),
        ([*findings(2), *findings(1)], r"annotations\[2\] .* a-0"),
        ([*findings(1), "a"], r"annotations\[1\] is no annotation but 'a'"),
        (iter(findings(1)), "annotations takes a list"),
    ],
)
async def test_annotations_that_cannot_all_be_written_are_refused(
    recorder: Any, given: Any, said: str
) -> None:
    """Too many, or one without an id of its own: nothing is sent."""
    sender = recorder()
    with pytest.raises(ArgumentError, match=said):
        await Reports(sender).write_annotations("acme", "site", "c0ffee1", "r", given)
    assert sender.requests == []


async def test_a_report_without_details_is_refused_by_name(
    fake: FakeBitbucket, bb: Bitbucket
) -> None:
    """The error names what is missing."""
    with pytest.raises(BadRequestError, match=r"\[details\]"):
        await bb.reports.update(*SITE, newest(fake), "mine", {"title": "Mine"})


async def test_a_status_is_sent_again_when_its_answer_is_lost(
    client: Callable[..., Awaitable[Bitbucket]], serve: Any, say: Any, raw: Any
) -> None:
    """Setting a status under its key twice is setting it once, so that it is repeated."""
    server = await serve(raw(b"", "cut"), say(201, {"type": "build", "key": "tests"}))
    bb = await client(server.url)
    body = CommitStatus(key="tests", state="SUCCESSFUL")
    made = await CommitStatuses(bb).create("acme", "site", "c0ffee1", body)
    assert made.key == "tests"
    assert [one.method for one in server.heard] == ["POST", "POST"]


async def test_a_status_leads_to_its_commit(fake: FakeBitbucket, bb: Bitbucket) -> None:
    """What was said about a pull request's commit leads to the commit."""
    status = await bb.commit_statuses.list_of_pullrequest(*SITE, 1).first()
    assert status is not None
    assert status.commit is not None
    assert (await status.get_commit()).hash == status.commit.hash
    with pytest.raises(NotFoundError):
        await bb.commit_statuses.get(*SITE, newest(fake), "unheard of")


async def test_a_property_may_be_null(fake: FakeBitbucket) -> None:
    """None is sent as JSON's null, kept and read as None; whoever deletes it finds it no more."""
    async with Bitbucket(BearerAuth(fake.oauth_token), base_url=fake.url) as bb:
        await bb.properties.update_repository_property(*SITE, *APP, None)
        assert fake.requests[-1].body == b"null"
        await bb.properties.delete_repository_property(*SITE, *APP)
        with pytest.raises(NotFoundError):
            await bb.properties.delete_repository_property(*SITE, *APP)
        for value in (None, [1, {"a": "b"}], "text", 0.5, {"_attributes": ["public"]}):
            await bb.properties.update_repository_property(*SITE, *APP, value)
            async with Bitbucket(
                BasicAuth(fake.email, fake.api_token), base_url=fake.url
            ) as reader:
                assert await reader.properties.get_repository_property(*SITE, *APP) == value


async def test_an_api_token_cannot_write_properties(bb: Bitbucket) -> None:
    """There is no scope for it, and the service says that the token does not do."""
    with pytest.raises(ForbiddenError, match="provided token"):
        await bb.properties.update_repository_property(*SITE, *APP, 1)


async def test_an_app_may_write_properties(fake: FakeBitbucket) -> None:
    """An app's own token can do what an API token can't."""
    async with Bitbucket(Signed(fake.connect_authorization), base_url=fake.url) as app:
        await app.properties.update_repository_property(*SITE, *APP, "by the app")


async def test_only_the_app_itself_changes_the_app(fake: FakeBitbucket, bb: Bitbucket) -> None:
    """Others are refused; after it has deleted itself, its token is worth nothing."""
    with pytest.raises(ForbiddenError):
        await bb.addon.update()
    async with Bitbucket(base_url=fake.url) as nobody:
        with pytest.raises(UnauthorizedError):
            await nobody.addon.delete()
    async with Bitbucket(Signed(fake.connect_authorization), base_url=fake.url) as app:
        await app.addon.update()
        assert fake.requests[-1].body == b"{}"
        with pytest.raises(BadRequestError, match="Scopes"):
            await app.addon.update({"descriptor": {"scopes": ["account", "team:write"]}})
        await app.addon.delete()
        with pytest.raises(UnauthorizedError):
            await app.addon.update()


async def test_the_client_key_is_text_for_the_forge_app_only(
    fake: FakeBitbucket, bb: Bitbucket
) -> None:
    """It is handed out as the text that was sent, to nobody else."""
    with pytest.raises(ForbiddenError):
        await bb.addon.get_client_key("example-app")
    async with Bitbucket(BearerAuth(fake.forge_token), base_url=fake.url) as forge:
        assert (await forge.addon.get_client_key("example-app")).startswith("ari:cloud:bitbucket")
        with pytest.raises(NotFoundError):
            await forge.addon.get_client_key("another-app")


async def test_code_search_marks_what_it_found(bb: Bitbucket) -> None:
    """It warns of its end once; pieces of a line make up the line, and the marked ones match."""
    with pytest.warns(DeprecationWarning, match="2026-11-01"):
        walk = bb.search.search_workspace("acme", search_query="LINE repo:site ext:md")
    found = await walk.all()
    assert found
    for one in found:
        assert one.file is not None
        assert str(one.file.path).endswith(".md")
        for block in one.content_matches or ():
            for line in block.lines or ():
                text = "".join(str(piece.text) for piece in line.segments or ())
                assert text == f"{one.file.path}, line {line.line}"
                marked = [piece.text for piece in line.segments or () if piece.match]
                assert marked == ["line"]


async def test_a_rule_with_links_of_the_old_layout_is_followed(recorder: Any) -> None:
    """Rules have had their links as a list of rel and href."""
    sender = recorder({"id": 18, "kind": "delete"})
    base = "https://api.bitbucket.org/2.0/repositories/a/b/branch-restrictions"
    links = [{"rel": "self", "href": f"{base}/18"}, {"rel": "parent", "href": base}]
    rule = from_wire({"id": 18, "users": [], "links": links}, BranchRestriction, sender)
    assert (await rule.self_()).kind == "delete"
    assert sender.requests[0].address == f"{base}/18"


async def test_a_rule_keeps_what_is_not_sent(bb: Bitbucket) -> None:
    """Only what was set changes; a second rule of a kind for the same branches is refused."""
    rule = await bb.branch_restrictions.list(*SITE, kind="push").first()
    assert rule is not None
    assert rule.users
    changed = await bb.branch_restrictions.update(*SITE, rule.id or 0, {"pattern": "prod/*"})
    assert (changed.kind, changed.pattern) == ("push", "prod/*")
    assert [one.uuid for one in changed.users or ()] == [one.uuid for one in rule.users]
    with pytest.raises(ConflictError):
        await bb.branch_restrictions.create(
            *SITE, BranchRestriction(kind="push", pattern="prod/*", users=[], groups=[])
        )
    assert await bb.branch_restrictions.list(*SITE, pattern="prod/*", kind="force").all() == []


async def test_a_branching_model_changes_in_part(bb: Bitbucket) -> None:
    """What is left out of a change stays, inside too; branches that are not there are refused."""
    changed = await bb.branching_model.update_settings(
        *SITE,
        BranchingModelSettings(
            development=ModelBranch(use_mainbranch=False, name="develop"),
            branch_types=[BranchType(kind="bugfix", enabled=False)],
        ),
    )
    assert changed.development is not None
    assert changed.development.name == "develop"
    assert changed.production is not None
    assert changed.production.enabled
    kinds = {one.kind: (one.prefix, one.enabled) for one in changed.branch_types or ()}
    assert kinds["bugfix"] == ("bugfix/", False)
    assert kinds["feature"] == ("feature/", True)
    model = await bb.branching_model.get(*SITE)
    assert "bugfix" not in {one.kind for one in model.branch_types or ()}
    assert model.development is not None
    assert model.development.branch is not None
    assert model.development.branch.name == "develop"
    for wrong in (
        {"development": {"use_mainbranch": False, "name": "nowhere"}},
        {"branch_types": [{"kind": "hotfix", "prefix": "feature/hot/"}]},
        {"production": {"use_mainbranch": True, "name": "main"}},
    ):
        with pytest.raises(BadRequestError):
            await bb.branching_model.update_settings(*SITE, wrong)


async def test_a_repository_without_a_model_of_its_own_has_its_projects(bb: Bitbucket) -> None:
    """The effective model changes with the override settings."""
    own = {"branch_types": [{"kind": "release", "prefix": "rel/"}]}
    await bb.branching_model.update_settings(*SITE, own)
    prefixes = []
    for overridden in (True, False):
        settings = {"override_settings": {"branching_model": overridden}}
        await bb.repositories.update_override_settings(*SITE, settings)
        model = await bb.branching_model.get_effective(*SITE)
        prefixes += [one.prefix for one in model.branch_types or () if one.kind == "release"]
        assert model.development is not None
        assert model.development.name == "main"
    assert prefixes == ["rel/", "release/"]


async def test_deployments_are_told_apart_by_their_state(bb: Bitbucket) -> None:
    """Each state has its class, and a completed one says how it ended."""
    found = await bb.deployments.list(*SITE).all()
    states = {type(one.state) for one in found}
    assert states == {
        DeploymentStateCompleted,
        DeploymentStateInProgress,
        DeploymentStateUndeployed,
    }
    ended = {one.state.status.name for one in found if one.state and one.state.status}
    assert ended == {"SUCCESSFUL", "FAILED", "STOPPED"}


async def test_an_environment_changes_in_two_things_only(bb: Bitbucket) -> None:
    """Name and restrictions change; the error for others says so, and its key tells why."""
    first = await bb.deployments.list_environments(*SITE).first()
    assert first is not None
    where = (*SITE, str(first.uuid))
    change = Environment(name="Lab", restrictions=EnvironmentRestrictions(admin_only=True))
    await bb.deployments.update_environment(*where, EnvironmentChange(change=change))
    after = await bb.deployments.get_environment(*where)
    assert after.restrictions is not None
    assert (after.name, after.restrictions.admin_only) == ("Lab", True)
    for body, key in (
        ({"change": {"rank": 3}}, "deploy-service.environment.change-not-supported"),
        ({"name": "Lab"}, "deploy-service.request.validation-error"),
    ):
        with pytest.raises(BadRequestError) as caught:
            await bb.deployments.update_environment(*where, body)
        assert caught.value.data["key"] == key


async def test_a_change_of_an_environment_is_asked_for_again_when_its_answer_is_lost(
    client: Callable[..., Awaitable[Bitbucket]], serve: Any, say: Any, raw: Any
) -> None:
    """Asking twice for the same change is asking for it once."""
    server = await serve(raw(b"", "cut"), say(202, body=b""))
    bb = await client(server.url)
    change = EnvironmentChange(change=Environment(name="Lab"))
    await bb.deployments.update_environment(*SITE, "{e}", change)
    assert [one.body for one in server.heard] == [b'{"change":{"name":"Lab"}}'] * 2


async def test_an_environments_name_is_its_own(bb: Bitbucket) -> None:
    """A name that is taken is a conflict; without a type there is no environment."""
    kind = EnvironmentType(name="Staging")
    made = await bb.deployments.create_environment(
        *SITE, Environment(name="Preview", environment_type=kind)
    )
    assert made.rank == 1
    with pytest.raises(ConflictError):
        await bb.deployments.create_environment(
            *SITE, Environment(name="preview", environment_type=kind)
        )
    with pytest.raises(BadRequestError, match="environment_type"):
        await bb.deployments.create_environment(*SITE, Environment(name="Another"))


async def test_a_deploy_key_is_added_once(fake: FakeBitbucket, bb: Bitbucket) -> None:
    """The comment is taken off the key; again it is refused, and access tokens can't at all."""
    body = DeployKey(key="ssh-ed25519 AAAAC3Nza me@here", label="Mine")
    made = await bb.deployments.create_deploy_key(*SITE, body)
    assert (made.key, made.comment, made.last_used) == ("ssh-ed25519 AAAAC3Nza", "me@here", None)
    with pytest.raises(BadRequestError) as caught:
        await bb.deployments.create_deploy_key(*SITE, body)
    assert "key" in caught.value.fields
    with pytest.raises(BadRequestError):
        await bb.deployments.update_deploy_key(
            *SITE, made.id or 0, DeployKey(key="ssh-ed25519 AAAAother", label="x")
        )
    async with Bitbucket(BearerAuth(fake.access_token), base_url=fake.url) as token:
        assert await token.deployments.list_deploy_keys(*SITE).first() is not None
        with pytest.raises(ForbiddenError):
            await token.deployments.create_deploy_key(*SITE, body)
