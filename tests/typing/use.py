"""What users write, and what a type checker must know about it: mypy and pyright read this file.

Nothing in here runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, assert_type

from redis.asyncio import Redis

from bbasync import (
    OPERATIONS,
    Answer,
    BasicAuth,
    BearerAuth,
    Bitbucket,
    BitbucketError,
    Body,
    Budget,
    Cache,
    ClientCredentialsAuth,
    ConnectAuth,
    CredentialPool,
    Event,
    F,
    FileTokenStore,
    Link,
    Links,
    ListQuery,
    MemoryCache,
    MemoryTokenStore,
    OAuth2Auth,
    OAuthConsumer,
    OAuthToken,
    Page,
    Pager,
    Part,
    Polling,
    Quota,
    Resource,
    Stream,
    TokenStore,
    Uploads,
    errors,
)
from bbasync.api import Operation
from bbasync.auth import netrc_auth, new_state, verify_jwt
from bbasync.crawl import Crawl, Found, JSONLines, Missed, Progress, SQLite, Summary
from bbasync.query import Condition
from bbasync.resources import (
    Account,
    Branch,
    BranchRestriction,
    Commit,
    DefaultReviewer,
    Participant,
    Pipeline,
    Project,
    PullRequest,
    ReportAnnotation,
    Repository,
    RepositoryPermission,
    RepositoryUserPermission,
    Snippet,
    TreeEntry,
    V1Group,
    Webhook,
    Workspace,
    WorkspaceAccess,
    WorkspaceMembership,
)


async def clients() -> None:
    """Open a client in each of the ways there are."""
    async with Bitbucket() as anonymous:
        assert_type(anonymous, Bitbucket)
    async with Bitbucket.from_env() as told:
        assert_type(told, Bitbucket)
    async with Bitbucket(BasicAuth("ann@example.com", "token")) as person:
        assert_type(person.authenticated, bool)
        assert_type(person.base_url, str)
    options = {"connections": 50, "timeout": 30.0, "max_wait": 0.0, "attempts": 2}
    assert_type(Bitbucket.from_env({}, **options), Bitbucket)
    Bitbucket(
        auth=BearerAuth("token"),
        base_url="http://127.0.0.1:8080/2.0",
        connections=50,
        timeout=30,
        max_wait=0,
        attempts=2,
    )


async def left_alone(bb: Bitbucket, path: Path) -> None:
    """Share budgets, keep to a deadline, listen, and go through a proxy."""
    seen: list[Event] = []
    quota = Quota.redis("redis://localhost:6379/0")
    many = Bitbucket(quota=quota, deadline=300, grace=0, on_event=[seen.append, print])
    assert_type(await many.aclose(grace=1), None)
    Bitbucket(proxy="http://localhost:3128", ca=path, trust_env=False, on_event=seen.append)
    assert_type(bb.quota, Mapping[str, Budget])
    budget = bb.quota["api"]
    assert_type((budget.used, budget.remaining), tuple[int, int | None])
    assert_type((budget.reset_at, budget.paused_until), tuple[datetime | None, datetime | None])
    with bb.interactive():
        assert_type(await bb.users.me(), Account)
    assert_type((seen[0].call, seen[0].status, seen[0].wait), tuple[int, int | None, float])


async def lists(bb: Bitbucket) -> None:
    """Walk lists, filtered and sorted, in each of the ways that a pager has."""
    private = F.is_private == False  # noqa: E712 - so are filters written
    assert_type(private, Condition)
    recent = (F.updated_on > datetime(2026, 1, 1, tzinfo=UTC)) & F.name.contains("site") | private
    assert_type(recent, Condition)
    pager = bb.repositories.list("acme", q=recent, sort="-updated_on", pagelen=50, unique=True)
    assert_type(pager, Pager[Repository])
    async for repo in pager:
        assert_type(repo, Repository)
    async for page in pager.pages():
        assert_type(page, Page[Repository])
        assert_type(page.values, Sequence[Repository])
        assert_type((page.size, page.next), tuple[int | None, str | None])
    assert_type(await pager.first(), Repository | None)
    assert_type(await pager.all(), list[Repository])
    assert_type(pager.cursor, str)
    assert_type(pager.resume(pager.cursor), Pager[Repository])
    many = bb.repositories.list("acme", concurrency=8, unique=True)
    assert_type(many, Pager[Repository])
    assert_type(await many.size(), int | None)
    query: ListQuery = {"q": 'name~"site"', "fields": ["values.slug", "values.uuid"]}
    assert_type(bb.repositories.list("acme", role="admin", **query), Pager[Repository])


async def operations(bb: Bitbucket) -> None:
    """Call operations that fetch, create, change and delete."""
    repo = await bb.repositories.get("acme", "site", fields="-links")
    assert_type(repo, Repository)
    assert_type(await bb.repositories.create("acme", "new"), Repository)
    body = Repository(is_private=True, project=Project(key="WEB"), description=None)
    assert_type(await bb.repositories.create("acme", "new", body), Repository)
    assert_type(await bb.repositories.update("acme", "new", {"name": "newer"}), Repository)
    repo.description = "Changed"
    assert_type(await bb.repositories.update("acme", "site", repo), Repository)
    await bb.repositories.delete("acme", "new", redirect_to="https://example.com")
    hook = Webhook(url="https://example.com", events=["repo:push"], active=True, secret=None)
    assert_type(await bb.workspaces.create_webhook("acme", hook), Webhook)
    assert_type(await bb.users.me(), Account)
    assert_type(bb.users.list_workspaces(administrator=True), Pager[WorkspaceAccess])
    assert_type(bb.projects.list_default_reviewers("acme", "WEB"), Pager[DefaultReviewer])
    assert_type(bb.workspaces.list_permissions("acme"), Pager[WorkspaceMembership])
    rights = bb.workspaces.list_repository_permissions("acme", q=F.permission == "admin")
    assert_type(rights, Pager[RepositoryPermission])
    async for right in rights:
        if right.user and right.repository:
            assert_type(right.user.display_name, str | None)
    given = RepositoryUserPermission(permission="write")
    assert_type(
        await bb.repositories.update_user_permission("acme", "site", "{uuid}", given),
        RepositoryUserPermission,
    )
    for one in OPERATIONS:
        assert_type(one, Operation)
        assert_type((one.method, one.path, one.group, one.name), tuple[str, str, str, str])
        assert_type((one.scopes, one.deprecated), tuple[tuple[str, ...], bool])


async def resources(repo: Repository, pr: PullRequest, workspace: Workspace) -> None:
    """Read fields and follow links."""
    assert_type((repo.full_name, repo.size), tuple[str | None, int | None])
    assert_type(repo.updated_on, datetime | None)
    assert_type(repo.mainbranch.name if repo.mainbranch else None, str | None)
    assert_type(repo.parent, Repository | None)
    assert_type(repo.override_settings, Mapping[str, Any] | None)
    assert_type(pr.reviewers, Sequence[Account] | None)
    if pr.source and pr.source.commit and pr.source.branch:
        assert_type(pr.source.commit.hash, str | None)
    assert_type(await repo.self_(), Repository)
    assert_type(repo.pullrequests(state="OPEN"), Pager[PullRequest])
    assert_type(repo.pullrequests(state=["MERGED", "DECLINED"], sort="id"), Pager[PullRequest])
    assert_type(repo.commits(include="main", exclude=["v1"], path="src"), Pager[Commit])
    assert_type(repo.branches(q=F.name.contains("main")), Pager[Branch])
    assert_type(repo.source(), Pager[TreeEntry])
    async for commit in pr.commits():
        assert_type(commit.date, datetime | None)
    assert_type(workspace.members(), Pager[WorkspaceMembership])
    links = repo.links
    assert_type(links, Links)
    assert_type((links["html"], links["html"].href), tuple[Link, str])
    assert_type([one.name for one in links.all("clone")], list[str | None])
    assert_type(await repo.rel("self"), Resource)
    assert_type(await workspace.rel("repository", repo_slug="site"), Resource)
    async for watcher in repo.rel("watchers"):
        assert_type(watcher, Resource)
    assert_type(repo.rel("forks").list(pagelen=10), Pager[Resource])


async def bytes_and_files(bb: Bitbucket, pr: PullRequest, commit: Commit) -> None:
    """Read and write what is bytes."""
    diff = bb.commits.diff("acme", "site", "a..b", context=5)
    assert_type([diff], list[Stream])
    assert_type(await diff, bytes)
    async for piece in diff.starting_at(100):
        assert_type(piece, bytes)
    assert_type(await bb.downloads.get("acme", "site", "a.zip").save("a.zip"), int)
    other = [bb.stream("/repositories/acme/site/diff/a..b"), pr.diff(), commit.patch()]
    assert_type(other, list[Stream])
    made = await bb.source.commit(
        "acme",
        "site",
        {"a.txt": "text", "b.bin": b"bytes", "c.bin": Path("c.bin")},
        deletions=["d"],
        branch="main",
    )
    assert_type(made, Commit)
    assert_type(made.hash, str | None)
    async with Uploads() as uploads:
        part = Part("files", await uploads.take(Path("c.bin")), filename="c.bin")
        await bb.downloads.create("acme", "site", Body.of_parts([part]))
    await bb.request("POST", "/snippets/acme", body=Body.of_form([("title", "a")]))


async def work(bb: Bitbucket, pr: PullRequest) -> None:
    """Do what takes more than one request."""
    polling = Polling(timeout=60, first=2)
    merged = await bb.pullrequests.merge("acme", "site", 7, {"merge_strategy": "squash"})
    assert_type(merged, PullRequest)
    assert_type(await pr.merge(), PullRequest)
    assert_type(await pr.approve(), Participant)
    assert_type(await bb.pullrequests.edit("acme", "site", 7, PullRequest(title="b")), PullRequest)
    assert_type(bb.pullrequests.list("acme", "site", state=["OPEN", "MERGED"]), Pager[PullRequest])
    assert_type(await bb.pipelines.run("acme", "site", branch="main"), Pipeline)
    done = await bb.pipelines.wait("acme", "site", "{uuid}", polling=polling)
    if done.state and done.state.result:
        assert_type(done.state.result.name, str | None)
    async for chunk in bb.pipelines.tail_log("acme", "site", "{uuid}", "{uuid}"):
        assert_type(chunk, bytes)
    copy = Repository(name="copy", workspace=Workspace(slug="acme"))
    assert_type(await bb.repositories.fork_and_wait("acme", "site", copy), Repository)


async def shapes(bb: Bitbucket) -> None:
    """Call what sends and answers more than objects."""
    notes = [ReportAnnotation(external_id="1", summary="a", annotation_type="BUG")]
    written = await bb.reports.write_annotations("acme", "site", "abc", "mine", notes)
    assert_type(written, Sequence[ReportAnnotation])
    await bb.properties.update_repository_property(
        "acme", "site", "app", "name", {"any": [1, None]}
    )
    groups = await bb.groups.list("acme")
    assert_type(groups, Sequence[V1Group])
    assert_type(await bb.groups.as_text("yaml", bb.groups.list, "acme"), str)
    assert_type(await bb.gpg.get_public_key("acme"), str)
    assert_type(bb.branch_restrictions.list("acme", "site", kind="push"), Pager[BranchRestriction])
    assert_type(bb.refs.list_branches("acme", "site", sort="-name"), Pager[Branch])
    assert_type(bb.snippets.list("acme"), Pager[Snippet])


class InADatabase:
    """A token store of the program's own."""

    async def load(self, key: str) -> OAuthToken | None:
        """Look."""
        return OAuthToken.from_dict({"version": 1, "access_token": key})

    async def save(self, key: str, token: OAuthToken) -> None:
        """Keep."""

    async def delete(self, key: str) -> None:
        """Forget."""


async def credentials(bb: Bitbucket) -> None:
    """Log users in, and call for many."""
    consumer = OAuthConsumer("key", "secret", redirect_uri="https://example.com/back")
    assert_type(consumer.authorize_url(new_state()), str)
    token = await consumer.callback({"code": "1"}, state="2", via=bb)
    assert_type(token, OAuthToken)
    mine: TokenStore = InADatabase()
    for store in (MemoryTokenStore(), FileTokenStore(Path("tokens")), mine):
        tenant = bb.as_(OAuth2Auth(consumer, store, "ada"))
        assert_type(tenant, Bitbucket)
    bb.as_(None)
    bb.as_(ClientCredentialsAuth(consumer))
    bb.as_(ConnectAuth("app", "client", "secret"))
    bb.as_(CredentialPool({"one": BearerAuth("1"), "two": BasicAuth("a@example.com", "2")}))
    bb.as_(CredentialPool([BearerAuth("1")]))
    bb.as_(netrc_auth())
    bb.as_(lambda: "a-token")

    async def from_a_vault() -> BearerAuth:
        return BearerAuth("3")

    bb.as_(from_a_vault)
    who = await bb.whoami()
    assert_type(
        (who.kind, who.scopes, who.expires_at), tuple[str, frozenset[str] | None, datetime | None]
    )
    can = await bb.can(bb.repositories.list)
    assert_type((bool(can), can.allowed, can.missing), tuple[bool, bool | None, tuple[str, ...]])
    assert_type(verify_jwt("a.b.c", "secret", method="GET", url="/x"), dict[str, Any])


async def crawls(bb: Bitbucket) -> None:
    """Read whole workspaces."""

    def branches(repository: Repository) -> Pager[Branch]:
        return repository.branches()

    def show(progress: Progress) -> None:
        assert_type(progress.eta, float | None)

    plan = Crawl("acme").repositories(q=F.size > 0).each("commits").each(branches)
    async for record in plan.run(bb, since=datetime(2026, 11, 1, tzinfo=UTC), on_progress=show):
        assert_type(record, Found | Missed)
        if isinstance(record, Missed):
            assert_type(record.error, BitbucketError)
        else:
            assert_type(record.item, Resource)
    summary = await plan.into(bb, JSONLines("a.jsonl"), SQLite("a.db"), checkpoint="a.crawl")
    assert_type(summary, Summary)


class InRedis:
    """A cache that others share, and that forgets after a day."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def get(self, key: str) -> bytes | None:
        """Look."""
        found = await self._redis.get(key)
        return found if isinstance(found, bytes) else None

    async def set(self, key: str, value: bytes) -> None:
        """Keep."""
        await self._redis.set(key, value, ex=86_400)


async def caches(redis: Redis) -> None:
    """Keep answers, and ask whether they still are so."""
    mine: Cache = InRedis(redis)
    for cache in (MemoryCache(), MemoryCache(2**20), mine, None):
        async with Bitbucket(cache=cache) as bb:
            answer = await bb.request("GET", "/user")
            assert_type(answer.unchanged, bool)


async def mistakes(bb: Bitbucket) -> None:
    """Catch errors, the narrow ones and all."""
    try:
        answer = await bb.request("GET", "/repositories/acme", query={"pagelen": 1})
        assert_type(answer, Answer)
        assert_type((answer.status, answer.body), tuple[int, bytes])
        assert_type(answer.headers.get("ETag"), str | None)
    except errors.RateLimitedError as error:
        assert_type(error.reset_at, datetime | None)
    except errors.ForbiddenError as error:
        assert_type(error.required_scopes, tuple[str, ...])
        assert_type(error.granted_scopes, tuple[str, ...])
    except errors.GoneError as error:
        assert_type(error.announcement_url, str | None)
    except errors.AnswerError as error:
        assert_type((error.status, error.message, error.id), tuple[int, str, str | None])
        assert_type(error.fields, Mapping[str, Any])
    except errors.AmbiguousWriteError as error:
        assert_type((error.method, error.url), tuple[str, str])
    except BitbucketError as error:
        assert_type(error, BitbucketError)
