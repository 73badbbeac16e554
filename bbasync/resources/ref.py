"""Branches and tags."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Self, Unpack

from ..model.link import link
from ..model.resource import Resource, resource
from ..paging import ListQuery, Pager

if TYPE_CHECKING:
    from .commit import Author, Commit

__all__ = ["Branch", "Ref", "Tag"]


@resource("ref")
class Ref(Resource):
    """A name for a commit."""

    type: str | None = None
    name: str | None = None
    target: Commit | None = None

    @link("self")
    async def self_(self) -> Self:
        """Fetch this ref in full."""

    @link("commits")
    def commits(self, **query: Unpack[ListQuery]) -> Pager[Commit]:
        """Walk the commits that it reaches."""


@resource("branch")
class Branch(Ref):
    """A branch."""

    merge_strategies: Sequence[str] | None = None
    default_merge_strategy: str | None = None
    sync_strategies: Sequence[str] | None = None


@resource("tag")
class Tag(Ref):
    """A tag."""

    message: str | None = None
    date: datetime | None = None
    tagger: Author | None = None
