"""Files and directories of a commit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self, Unpack

from ..model.link import link
from ..model.resource import Resource, resource
from ..paging import ListQuery, Pager
from ..wire.stream import Stream

if TYPE_CHECKING:
    from .commit import Commit

__all__ = ["CommitDirectory", "CommitFile", "TreeEntry"]


@resource("treeentry")
class TreeEntry(Resource):
    """An entry of a directory."""

    type: str | None = None
    path: str | None = None
    """From the repository's root."""
    commit: Commit | None = None
    """The commit that was asked for, not the one that last changed the entry."""

    @link("meta")
    async def meta(self) -> Self:
        """Fetch this entry as JSON, whatever it is."""

    @link("history")
    def history(self, **query: Unpack[ListQuery]) -> Pager[TreeEntry]:
        """Walk what it was at each commit that changed it, newest first."""


@resource("commit_file")
class CommitFile(TreeEntry):
    """A file at a commit."""

    size: int | None = None
    """Bytes."""
    mimetype: str | None = None
    """By its name; None where that tells nothing."""
    attributes: Sequence[str] | None = None
    """``binary``, ``executable``, ``link``, ``lfs`` or ``subrepository``."""
    escaped_path: str | None = None
    """The path as diffs have it."""

    @link("self")
    def read(self) -> Stream:
        """Read its bytes; of a link those of the path it leads to."""


@resource("commit_directory")
class CommitDirectory(TreeEntry):
    """A directory at a commit."""

    @link("self")
    def entries(self, **query: Unpack[ListQuery]) -> Pager[TreeEntry]:
        """Walk what is in it."""
