"""Pull requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self, Unpack

from ..model.link import link
from ..model.resource import Resource, resource
from ..paging import ListQuery, Pager

if TYPE_CHECKING:
    from .account import Account
    from .commit import Commit
    from .ref import Branch
    from .repository import Repository

__all__ = ["Participant", "PullRequest", "PullRequestEndpoint"]


@resource()
class PullRequestEndpoint(Resource):
    """One side of a pull request; None in all three where it was deleted."""

    branch: Branch | None = None
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


@resource("pullrequest")
class PullRequest(Resource):
    """A request to merge one branch into another; lists leave out reviewers and participants."""

    type: str | None = None
    id: int | None = None
    """Counted per repository."""
    title: str | None = None
    description: str | None = None
    summary: Mapping[str, Any] | None = None
    rendered: Mapping[str, Any] | None = None
    state: str | None = None
    draft: bool | None = None
    queued: bool | None = None
    author: Account | None = None
    source: PullRequestEndpoint | None = None
    destination: PullRequestEndpoint | None = None
    merge_commit: Commit | None = None
    closed_by: Account | None = None
    close_source_branch: bool | None = None
    comment_count: int | None = None
    task_count: int | None = None
    reason: str | None = None
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
    def comments(self, **query: Unpack[ListQuery]) -> Pager[Resource]:
        """Walk the comments."""

    @link("activity", max_pagelen=50)
    def activity(self, **query: Unpack[ListQuery]) -> Pager[Resource]:
        """Walk what happened, newest first."""

    @link("statuses")
    def statuses(self, **query: Unpack[ListQuery]) -> Pager[Resource]:
        """Walk the build statuses of its commits."""
