"""What a push or an edit has changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from ...model.link import link
from ...model.resource import Resource, resource
from ...paging import ListQuery, Pager
from ...resources import Branch, Commit, Ref, Tag
from ...wire.stream import Stream


@resource("annotated_tag")
class AnnotatedTag(Tag):
    """A tag with a message of its own."""


@resource("named_branch")
class NamedBranch(Branch):
    """A branch of a Mercurial repository; there are none any more."""


@resource("bookmark")
class Bookmark(Ref):
    """A bookmark of a Mercurial repository; there are none any more."""


@resource()
class FieldChange(Resource):
    """What a field was, and what it is now: a text mostly, but links and people are objects."""

    old: Any = None
    new: Any = None


@resource()
class PushChange(Resource):
    """What a push did with one branch or tag."""

    old: Ref | None = None
    """What it was; None where it was made. ``Branch`` and ``Tag`` are refs, as ``type`` says."""
    new: Ref | None = None
    """What it is; None where it was deleted."""
    created: bool | None = None
    closed: bool | None = None
    """Whether it was deleted."""
    forced: bool | None = None
    """Whether commits that it had are no longer on it."""
    truncated: bool | None = None
    """Whether there are more commits than came along."""
    commits: Sequence[Commit] | None = None
    """The newest five at the most; see ``all_commits``."""

    @link("commits")
    def all_commits(  # type: ignore[empty-body] # the decorator walks
        self, **query: Unpack[ListQuery]
    ) -> Pager[Commit]:
        """Walk all commits that were pushed; a deletion has no such link."""

    @link("diff")
    def diff(self) -> Stream:  # type: ignore[empty-body] # the decorator reads
        """Read what they change, as a unified diff."""


@resource()
class Push(Resource):
    """A push, which may have changed many branches and tags, or none."""

    changes: Sequence[PushChange] | None = None
