"""Snippets: a few files with a title, their comments aside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Self, Unpack

from ..model.link import link
from ..model.resource import Resource, resource
from ..paging import ListQuery, Pager
from ..wire.stream import Stream

if TYPE_CHECKING:
    from .account import Account
    from .comment import SnippetComment
    from .commit import Author
    from .content import Content
    from .workspace import Workspace

__all__ = ["Snippet", "SnippetCommit", "SnippetFile"]


@resource()
class SnippetFile(Resource):
    """Where a file of a snippet is, as of one revision; its name is the key that it has there."""

    @link("self")
    def content(self) -> Stream:
        """Read the file, as bytes."""


@resource("snippet")
class Snippet(Resource):
    """A snippet; in lists without its *files*."""

    type: str | None = None
    id: str | None = None
    """A few letters and digits, whatever the service's description says."""
    title: str | None = None
    """Empty where it has none."""
    scm: str | None = None
    """``git``."""
    created_on: datetime | None = None
    updated_on: datetime | None = None
    owner: Account | None = None
    """A team where a workspace owns it."""
    creator: Account | None = None
    workspace: Workspace | None = None
    is_private: bool | None = None
    """Only members of the workspace see it."""
    is_unlisted: bool | None = None
    files: Mapping[str, SnippetFile] | None = None
    """By file name."""

    @link("self")
    async def self_(self) -> Self:
        """Fetch this snippet in full."""

    @link("comments")
    def comments(self, **query: Unpack[ListQuery]) -> Pager[SnippetComment]:
        """Walk the comments, oldest first."""

    @link("commits")
    def commits(self, **query: Unpack[ListQuery]) -> Pager[SnippetCommit]:
        """Walk the changes, newest first."""

    @link("watchers")
    def watchers(self, **query: Unpack[ListQuery]) -> Pager[Account]:
        """Walk who watches it; deprecated by the service, without a date."""

    @link("diff")
    def diff(self, *, path: str | None = None) -> Stream:
        """Read what the newest change did, or what it did to the file *path*."""

    @link("patch")
    def patch(self) -> Stream:
        """Read the newest change as a patch, with its author and message."""


@resource("snippet_commit")
class SnippetCommit(Resource):
    """A change of a snippet's files."""

    type: str | None = None
    hash: str | None = None
    date: datetime | None = None
    author: Author | None = None
    committer: Author | None = None
    message: str | None = None
    summary: Content | None = None
    parents: Sequence[SnippetCommit] | None = None
    snippet: Snippet | None = None

    @link("self")
    async def self_(self) -> Self:
        """Fetch this change in full."""

    @link("diff")
    def diff(self, *, path: str | None = None) -> Stream:
        """Read what the change did, or what it did to the file *path*."""
