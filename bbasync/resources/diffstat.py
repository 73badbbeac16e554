"""What differs between two commits, file by file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model.resource import Resource, resource

if TYPE_CHECKING:
    from .source import CommitFile

__all__ = ["DiffStat", "FileConflict"]


@resource("diffstat")
class DiffStat(Resource):
    """How much of a file changed; *old* or *new* is None where that side lacks the file."""

    type: str | None = None
    status: str | None = None
    """``added``, ``removed``, ``modified``, ``renamed``, or one of the conflicts, such as
    ``merge conflict`` and ``local deleted``."""
    lines_added: int | None = None
    lines_removed: int | None = None
    old: CommitFile | None = None
    new: CommitFile | None = None


@resource()
class FileConflict(Resource):
    """A file that both sides changed, and that git can't merge."""

    type: str | None = None
    path: str | None = None
    scenario: str | None = None
    """In what way they do not fit, such as ``content``."""
    message: str | None = None
