"""Commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self, Unpack

from ..model.link import link
from ..model.resource import Resource, resource
from ..paging import ListQuery, Pager

if TYPE_CHECKING:
    from .account import Account
    from .repository import Repository

__all__ = ["Author", "Commit"]


@resource("author")
class Author(Resource):
    """Whom a commit names; *user* only where the address is an account's."""

    type: str | None = None
    raw: str | None = None  # the wire's key; to_dict() has the whole object
    """``Name <address>``, as in git."""
    user: Account | None = None


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
    summary: Mapping[str, Any] | None = None
    rendered: Mapping[str, Any] | None = None
    parents: Sequence[Commit] | None = None
    repository: Repository | None = None
    participants: Sequence[Resource] | None = None

    @link("self")
    async def self_(self) -> Self:
        """Fetch this commit in full."""

    @link("comments")
    def comments(self, **query: Unpack[ListQuery]) -> Pager[Resource]:
        """Walk the comments."""

    @link("statuses")
    def statuses(self, **query: Unpack[ListQuery]) -> Pager[Resource]:
        """Walk the build statuses."""
