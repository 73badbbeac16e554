"""Pull requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self, Unpack

from ..model.body import encoded
from ..model.link import follows, link
from ..model.merge import merged
from ..model.poll import USUAL, Polling
from ..model.resource import Resource, resource
from ..paging import ListQuery, Pager
from ..wire.message import Request, Safety
from ..wire.stream import Stream

if TYPE_CHECKING:
    from .account import Account
    from .comment import PullRequestComment
    from .commit import Commit
    from .content import Content
    from .diffstat import DiffStat
    from .ref import Branch
    from .repository import Repository
    from .status import CommitStatus

__all__ = [
    "MergeParameters",
    "MergeTask",
    "Participant",
    "PullRequest",
    "PullRequestActivity",
    "PullRequestEndpoint",
    "PullRequestOpinion",
    "PullRequestTask",
    "PullRequestTexts",
    "PullRequestUpdate",
]


@resource()
class PullRequestEndpoint(Resource):
    """One side of a pull request; None in all three where it was deleted."""

    branch: Branch | None = None
    """Of a destination, its merge strategies come when ``fields`` asks for them."""
    commit: Commit | None = None
    repository: Repository | None = None


@resource("participant")
class Participant(Resource):
    """Someone who took part in a pull request."""

    type: str | None = None
    user: Account | None = None
    role: str | None = None
    """``REVIEWER`` or ``PARTICIPANT``."""
    approved: bool | None = None
    state: str | None = None
    """``approved``, ``changes_requested`` or None."""
    participated_on: datetime | None = None
    """None for a reviewer who has not said anything yet."""


@resource()
class PullRequestTexts(Resource):
    """The texts of a pull request, as they are shown."""

    title: Content | None = None
    description: Content | None = None
    reason: Content | None = None


@resource("pullrequest")
class PullRequest(Resource):
    """A request to merge one branch into another; lists leave out reviewers and participants."""

    type: str | None = None
    id: int | None = None
    """Counted per repository."""
    title: str | None = None
    description: str | None = None
    summary: Content | None = None
    """The description, as it is shown."""
    rendered: PullRequestTexts | None = None
    state: str | None = None
    """``OPEN``, ``MERGED``, ``DECLINED``, ``SUPERSEDED``, ``DRAFT`` or ``QUEUED``."""
    draft: bool | None = None
    queued: bool | None = None
    """Whether it waits in a merge queue."""
    author: Account | None = None
    source: PullRequestEndpoint | None = None
    destination: PullRequestEndpoint | None = None
    merge_commit: Commit | None = None
    closed_by: Account | None = None
    close_source_branch: bool | None = None
    comment_count: int | None = None
    task_count: int | None = None
    """How many tasks are not resolved."""
    reason: str | None = None
    """Why it was declined."""
    reviewers: Sequence[Account] | None = None
    participants: Sequence[Participant] | None = None
    created_on: datetime | None = None
    updated_on: datetime | None = None

    @link("self")
    async def self_(self) -> Self:
        """Fetch this pull request in full."""

    @link("commits")
    def commits(self, **query: Unpack[ListQuery]) -> Pager[Commit]:
        """Walk the commits that would be merged."""

    @link("comments")
    def comments(self, **query: Unpack[ListQuery]) -> Pager[PullRequestComment]:
        """Walk the comments, oldest first: on the whole, on lines, and replies."""

    @link("activity", max_pagelen=50)
    def activity(self, **query: Unpack[ListQuery]) -> Pager[PullRequestActivity]:
        """Walk what happened, newest first; filters have no effect here."""

    @link("statuses")
    def statuses(self, **query: Unpack[ListQuery]) -> Pager[CommitStatus]:
        """Walk the build statuses of its commits."""

    @link("diff")
    def diff(self) -> Stream:
        """Read what it changes, as a unified diff in whatever encodings the files are in."""

    @link("diffstat", max_pagelen=500)
    def diffstat(self, **query: Unpack[ListQuery]) -> Pager[DiffStat]:
        """Walk the files that it changes, with the numbers of lines."""

    @link("approve")
    async def approve(self) -> Participant:
        """Approve it."""

    @link("request-changes")
    async def request_changes(self) -> Participant:
        """Ask for changes."""

    @link("decline")
    async def decline(self, body: PullRequest | Mapping[str, Any] | None = None) -> PullRequest:
        """Close it without merging, for good; the body may give a ``reason``."""

    @follows("merge")
    async def merge(
        self,
        body: MergeParameters | Mapping[str, Any] | None = None,
        *,
        async_: bool = False,
        timeout: float | None = None,  # noqa: ASYNC109 - it is of the polling, not of one call
        polling: Polling = USUAL,
    ) -> PullRequest:
        """Merge it, and return it as it is then; ``pullrequests.merge`` says how this can end."""
        sent = None if body is None else encoded(body, MergeParameters, "application/json")
        query = (("async", "true"),) if async_ else ()
        request = Request("POST", self.links["merge"].href, query, sent, safety=Safety.NEVER)
        sender, settings = self.sender, polling.within(timeout)
        return await merged(lambda: sender.send(request), self.self_, PullRequest, sender, settings)


@resource("pullrequest_merge_parameters")
class MergeParameters(Resource):
    """How to merge; what is not set is as the pull request and the branch have it."""

    type: str | None = None
    message: str | None = None
    """Of the commit; 128 KiB at the most."""
    close_source_branch: bool | None = None
    merge_strategy: str | None = None
    """``merge_commit``, ``squash``, ``fast_forward``, ``squash_fast_forward``,
    ``rebase_fast_forward`` or ``rebase_merge``, as far as the branch allows it."""


@resource()
class MergeTask(Resource):
    """How far a merge is; one that failed is not told by this, but by an error."""

    task_status: str | None = None
    """``PENDING`` or ``SUCCESS``."""
    merge_result: PullRequest | None = None

    @link("self")
    async def self_(self) -> Self:
        """Look at it again."""


@resource()
class PullRequestTask(Resource):
    """Something to be done before merging; to write one, set ``content``."""

    id: int | None = None
    state: str | None = None
    """``RESOLVED`` or ``UNRESOLVED``."""
    content: Content | None = None
    creator: Account | None = None
    created_on: datetime | None = None
    updated_on: datetime | None = None
    resolved_on: datetime | None = None
    resolved_by: Account | None = None
    comment: PullRequestComment | None = None
    """The comment that it stands under."""
    pending: bool | None = None
    """Whether it is part of a review that is not yet published."""

    @link("self")
    async def self_(self) -> Self:
        """Fetch this task again."""


@resource()
class PullRequestUpdate(Resource):
    """How a pull request was after it was opened, changed or closed."""

    title: str | None = None
    description: str | None = None
    state: str | None = None
    draft: bool | None = None
    reason: str | None = None
    author: Account | None = None
    """Who did it."""
    date: datetime | None = None
    source: PullRequestEndpoint | None = None
    destination: PullRequestEndpoint | None = None
    reviewers: Sequence[Account] | None = None
    changes: Mapping[str, Any] | None = None


@resource()
class PullRequestOpinion(Resource):
    """Who approved a pull request, or asked for changes, and when."""

    date: datetime | None = None
    user: Account | None = None
    pullrequest: PullRequest | None = None


@resource()
class PullRequestActivity(Resource):
    """Something that happened to a pull request: one of the fields beside it tells what."""

    pull_request: PullRequest | None = None
    update: PullRequestUpdate | None = None
    approval: PullRequestOpinion | None = None
    changes_requested: PullRequestOpinion | None = None
    comment: PullRequestComment | None = None
