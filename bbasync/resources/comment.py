"""Comments: on commits, pull requests, issues and snippets."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from ..model.link import link
from ..model.resource import Resource, resource
from ..wire.stream import Stream

if TYPE_CHECKING:
    from .account import Account
    from .commit import Commit
    from .content import Content
    from .issue import Issue
    from .pullrequest import PullRequest
    from .snippet import Snippet

__all__ = [
    "Comment",
    "CommentResolution",
    "CommitComment",
    "Inline",
    "IssueComment",
    "PullRequestComment",
    "SnippetComment",
]


@resource()
class Inline(Resource):
    """Where in a file a comment stands; lines of the old side are *from_*, of the new *to*."""

    path: str | None = None
    from_: int | None = None
    to: int | None = None
    start_from: int | None = None
    start_to: int | None = None
    outdated: bool | None = None
    context_lines: str | None = None
    base_rev: str | None = None
    src_rev: str | None = None


@resource("comment_resolution")
class CommentResolution(Resource):
    """Who settled a thread of comments, and when."""

    type: str | None = None
    user: Account | None = None
    created_on: datetime | None = None


@resource("comment")
class Comment(Resource):
    """A comment; to write one, set ``content``, and ``inline`` or ``parent`` where it belongs."""

    type: str | None = None
    id: int | None = None
    content: Content | None = None
    user: Account | None = None
    created_on: datetime | None = None
    updated_on: datetime | None = None
    deleted: bool | None = None
    inline: Inline | None = None
    parent: Comment | None = None
    """The comment that it answers."""

    @link("self")
    async def self_(self) -> Self:
        """Fetch this comment again."""


@resource("commit_comment")
class CommitComment(Comment):
    """A comment on a commit."""

    commit: Commit | None = None


@resource("pullrequest_comment")
class PullRequestComment(Comment):
    """A comment on a pull request, or on a line of it."""

    pullrequest: PullRequest | None = None
    parent: PullRequestComment | None = None
    """The comment that it answers."""
    pending: bool | None = None
    """Whether it is part of a review that is not yet published."""
    resolution: CommentResolution | None = None
    """None while the thread is open."""

    @link("code")
    def code(self) -> Stream:
        """Read the diff of the file that it stands in; only a comment on a line has this link."""


@resource("issue_comment")
class IssueComment(Comment):
    """A comment on an issue."""

    issue: Issue | None = None


@resource("snippet_comment")
class SnippetComment(Comment):
    """A comment on a snippet."""

    snippet: Snippet | None = None
