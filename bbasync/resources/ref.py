"""Branches and tags."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final, Self, Unpack, cast
from urllib.parse import unquote

from attrs import evolve

from ..model.link import follows, link
from ..model.resource import Resource, resource
from ..paging import ListQuery, Pager

if TYPE_CHECKING:
    from .commit import Author, Commit
    from .repository import Repository

__all__ = ["Branch", "Ref", "Tag"]

_PLACE: Final = re.compile(r".*?/repositories/[^/]+/[^/]+/commits/")


@resource("ref")
class Ref(Resource):
    """A name for a commit."""

    type: str | None = None
    name: str | None = None
    target: Commit | None = None

    @link("self")
    async def self_(self) -> Self:
        """Fetch this ref in full."""

    @follows("commits")
    def commits(self, **query: Unpack[ListQuery]) -> Pager[Commit]:
        """Walk the commits that it reaches.

        Where its name has a slash, the service gives a link under which it finds nothing: then
        the hash of *target* stands in for the name.
        """
        found = self.rel("commits")
        place = _PLACE.match(found.link.href)
        target = self.target.hash if self.target else None
        if place and target and "/" in unquote(found.link.href[place.end() :]):
            link = evolve(found.link, href=f"{place[0]}{target}")
            found = evolve(found, link=link)
        return cast("Pager[Commit]", found.list(**query))


@resource("branch")
class Branch(Ref):
    """A branch; to make one, set ``name``, and the hash of ``target``."""

    merge_strategies: Sequence[str] | None = None
    """How pull requests may be merged into it: ``merge_commit``, ``squash``, ``fast_forward``,
    ``squash_fast_forward``, ``rebase_fast_forward``, ``rebase_merge``."""
    default_merge_strategy: str | None = None
    sync_strategies: Sequence[str] | None = None
    """How it may catch up with another: ``merge_commit``, ``rebase``."""
    repository: Repository | None = None


@resource("tag")
class Tag(Ref):
    """A tag; to make one, set ``name``, the hash of ``target``, and ``message`` if you like."""

    message: str | None = None
    """None in all three where it is only a name."""
    date: datetime | None = None
    tagger: Author | None = None
