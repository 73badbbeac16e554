"""What code search finds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..model.resource import Resource, resource

if TYPE_CHECKING:
    from .source import CommitFile

__all__ = ["CodeSearchResult", "ContentMatch", "SearchLine", "SearchSegment"]


@resource()
class SearchSegment(Resource):
    """A piece of a line or of a path; *match* is only sent where it is what was sought."""

    text: str | None = None
    match: bool | None = None


@resource()
class SearchLine(Resource):
    """A line of a file: its number, and its text in pieces."""

    line: int | None = None
    segments: Sequence[SearchSegment] | None = None


@resource()
class ContentMatch(Resource):
    """Lines of a file that stand together, around what was sought."""

    lines: Sequence[SearchLine] | None = None


@resource("code_search_result")
class CodeSearchResult(Resource):
    """A file that matches, in its text, in its path, or in both."""

    type: str | None = None
    content_match_count: int | None = None
    content_matches: Sequence[ContentMatch] | None = None
    path_matches: Sequence[SearchSegment] | None = None
    file: CommitFile | None = None
