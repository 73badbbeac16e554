"""Repositories, and the rights on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Self, Unpack

from ..model.link import link
from ..model.resource import Resource, resource
from ..paging import ListQuery, Pager
from ..query import with_states

if TYPE_CHECKING:
    from .account import Account
    from .commit import Commit
    from .download import Download
    from .group import Group
    from .issue import Issue
    from .project import Project
    from .pullrequest import PullRequest
    from .ref import Branch, Tag
    from .source import TreeEntry
    from .webhook import Webhook
    from .workspace import Workspace

__all__ = [
    "InheritanceState",
    "Repository",
    "RepositoryGroupPermission",
    "RepositoryPermission",
    "RepositoryUserPermission",
]

PullRequestState = Literal["OPEN", "MERGED", "DECLINED", "SUPERSEDED", "DRAFT", "QUEUED"]
"""The states that can be asked for; an answer may hold another."""


@resource("repository")
class Repository(Resource):
    """A git repository; in other objects, only its names, uuid and links."""

    type: str | None = None
    uuid: str | None = None
    full_name: str | None = None
    """``workspace/slug``."""
    name: str | None = None
    slug: str | None = None
    """The last part of its address; it follows the name when that changes."""
    description: str | None = None
    is_private: bool | None = None
    scm: str | None = None
    website: str | None = None
    language: str | None = None
    size: int | None = None
    """Bytes."""
    fork_policy: str | None = None
    """``allow_forks``, ``no_public_forks`` or ``no_forks``."""
    has_issues: bool | None = None
    has_wiki: bool | None = None
    created_on: datetime | None = None
    updated_on: datetime | None = None
    owner: Account | None = None
    workspace: Workspace | None = None
    project: Project | None = None
    parent: Repository | None = None
    """What it was forked from."""
    mainbranch: Branch | None = None
    """None while it is empty."""
    override_settings: Mapping[str, Any] | None = None
    enforced_signed_commits: Any = None

    @link("self")
    async def self_(self) -> Self:
        """Fetch this repository in full."""

    @link("pullrequests", max_pagelen=50, amend=with_states)
    def pullrequests(
        self,
        *,
        state: PullRequestState | Sequence[PullRequestState] = "OPEN",
        **query: Unpack[ListQuery],
    ) -> Pager[PullRequest]:
        """Walk the pull requests in *state*, or in one of several states."""

    @link("commits")
    def commits(
        self,
        *,
        include: str | Sequence[str] = (),
        exclude: str | Sequence[str] = (),
        path: str = "",
        **query: Unpack[ListQuery],
    ) -> Pager[Commit]:
        """Walk the commits, newest first: those of *include* without those of *exclude*."""

    @link("forks")
    def forks(self, **query: Unpack[ListQuery]) -> Pager[Repository]:
        """Walk the forks."""

    @link("watchers")
    def watchers(self, **query: Unpack[ListQuery]) -> Pager[Account]:
        """Walk the people who watch it."""

    @link("branches")
    def branches(self, **query: Unpack[ListQuery]) -> Pager[Branch]:
        """Walk the branches."""

    @link("tags")
    def tags(self, **query: Unpack[ListQuery]) -> Pager[Tag]:
        """Walk the tags."""

    @link("downloads")
    def downloads(self, **query: Unpack[ListQuery]) -> Pager[Download]:
        """Walk the files of the downloads section."""

    @link("source")
    def source(self, **query: Unpack[ListQuery]) -> Pager[TreeEntry]:
        """Walk the root directory of the main branch."""

    @link("hooks")
    def hooks(self, **query: Unpack[ListQuery]) -> Pager[Webhook]:
        """Walk the repository's webhooks."""

    @link("issues")
    def issues(self, **query: Unpack[ListQuery]) -> Pager[Issue]:
        """Walk the issues; removed from the service on 2026-08-20, so a GoneError."""


@resource("repository_permission")
class RepositoryPermission(Resource):
    """A user's effective right on a repository: the highest of all that he was given."""

    type: str | None = None
    permission: str | None = None
    """``read``, ``write`` or ``admin``."""
    user: Account | None = None
    repository: Repository | None = None


@resource("repository_user_permission")
class RepositoryUserPermission(Resource):
    """A right given to a user on a repository, by hand."""

    type: str | None = None
    permission: str | None = None
    """``none``, ``read``, ``write`` or ``admin``."""
    user: Account | None = None
    repository: Repository | None = None

    @link("self")
    async def self_(self) -> Self:
        """Fetch this permission again."""


@resource("repository_group_permission")
class RepositoryGroupPermission(Resource):
    """A right given to a group on a repository."""

    type: str | None = None
    permission: str | None = None
    """``none``, ``read``, ``write`` or ``admin``."""
    group: Group | None = None
    repository: Repository | None = None

    @link("self")
    async def self_(self) -> Self:
        """Fetch this permission again."""


@resource("repository_inheritance_state")
class InheritanceState(Resource):
    """Which settings a repository has of its own, instead of its project's."""

    type: str | None = None
    override_settings: Mapping[str, Any] | None = None
