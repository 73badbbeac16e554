"""Commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self, Unpack

from ..model.link import link
from ..model.resource import Resource, resource
from ..paging import ListQuery, Pager
from ..wire.stream import Stream

if TYPE_CHECKING:
    from .account import Account
    from .comment import CommitComment
    from .content import Content
    from .pullrequest import Participant
    from .repository import Repository
    from .status import CommitStatus

__all__ = ["Author", "Commit", "CommitTexts"]


@resource("author")
class Author(Resource):
    """Whom a commit names; *user* only where the address is an account's."""

    type: str | None = None
    raw: str | None = None  # the wire's key; to_dict() has the whole object
    """``Name <address>``, as in git."""
    user: Account | None = None


@resource()
class CommitTexts(Resource):
    """The texts of a commit, as they are shown."""

    message: Content | None = None


@resource("commit")
class Commit(Resource):
    """A commit; a stub of *hash* and links where another object names it."""

    type: str | None = None
    hash: str | None = None
    """40 digits, 12 in pull requests."""
    date: datetime | None = None
    """With the author's own offset."""
    author: Author | None = None
    committer: Author | None = None
    message: str | None = None
    summary: Content | None = None
    """The message, as it is shown."""
    rendered: CommitTexts | None = None
    parents: Sequence[Commit] | None = None
    """Stubs; the first one is what its diff is made against."""
    repository: Repository | None = None
    participants: Sequence[Participant] | None = None
    """Who approved of it or commented on it; lists leave them out."""
    properties: Mapping[str, Any] | None = None

    @link("self")
    async def self_(self) -> Self:
        """Fetch this commit in full."""

    @link("comments")
    def comments(self, **query: Unpack[ListQuery]) -> Pager[CommitComment]:
        """Walk the comments, oldest first."""

    @link("statuses")
    def statuses(self, **query: Unpack[ListQuery]) -> Pager[CommitStatus]:
        """Walk the build statuses."""

    @link("diff")
    def diff(self) -> Stream:
        """Read what it changed, against its first parent, in the files' own encoding."""

    @link("patch")
    def patch(self) -> Stream:
        """Read it as git sends it by mail, in the files' own encoding."""

    @link("approve")
    async def approve(self) -> Participant:
        """Approve of it."""
