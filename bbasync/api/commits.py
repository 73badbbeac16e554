"""The operations on commits, their comments and approvals, and what differs between them."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection, Sequence
from typing import Any, Final, TypeVar, Unpack, cast
from urllib.parse import quote

from ..paging import ItemQuery, ListQuery, Pager
from ..resources import Commit, Participant
from ..wire.message import Safety
from .commit_comments import CommitComments
from .differences import Differences
from .operation import DELETE, GET, POST, Group
from .reference import by_name

F = TypeVar("F", bound=Callable[..., Any])

_LONGEST: Final = 4000
"""Characters of a selection that an address holds without fear."""


def _by_form_if_long(other: str) -> Callable[[F], F]:
    """Call the operation *other* where the selection makes an address too long."""

    def declare(function: F) -> F:
        @functools.wraps(function)
        def walk(self: Group, *args: Any, **kwargs: Any) -> Any:
            length = sum(_length(kwargs.get(name)) for name in ("include", "exclude"))
            chosen = function if length <= _LONGEST else getattr(type(self), other)
            return chosen(self, *args, **kwargs)

        return cast(F, walk)

    return declare


def _length(names: Any) -> int:
    every = [names] if isinstance(names, str) else names
    if not isinstance(every, Collection):
        return 0
    texts = [one for one in every if isinstance(one, str)]
    return sum(len(f"&include={quote(one, errors='replace')}") for one in texts)


def _by_list_if_slashed(function: F) -> F:
    """Call ``list`` where the service would not find the revision in a path."""

    @functools.wraps(function)
    def walk(self: Commits, *args: Any, **kwargs: Any) -> Any:
        given = inspect.signature(function).bind(self, *args, **kwargs).arguments
        revision, include = given["revision"], given.get("include", ())
        if not isinstance(revision, str) or "/" not in revision:
            return function(self, *args, **kwargs)
        others = (include,) if isinstance(include, str) else tuple(include or ())
        kept = {name: given[name] for name in ("exclude", "path") if name in given}
        return self.list(
            given["workspace"],
            given["repo_slug"],
            include=(revision, *others),
            **kept,
            **given.get("query", {}),
        )

    return cast(F, walk)


class Commits(Differences, CommitComments, Group, name="commits"):
    """Commits, their comments and approvals, and what differs between them.

    A commit is named by its hash, by enough digits of it, or by a branch or a tag.
    """

    @_by_form_if_long("list_by_form")
    @GET(
        "/repositories/{workspace}/{repo_slug}/commits",
        scope="repository",
        granular="read:repository",
    )
    def list(
        self,
        workspace: str,
        repo_slug: str,
        *,
        include: str | Sequence[str] = (),
        exclude: str | Sequence[str] = (),
        path: str = "",
        **query: Unpack[ListQuery],
    ) -> Pager[Commit]:
        """Walk the commits of *include* without those of *exclude*, newest first.

        Without *include*: those of all branches and tags. *path* keeps what changed a file, or
        anything in a directory; filters and sorting have no effect. Selections too long for an
        address are sent as list_by_form() does.
        """

    @POST(
        "/repositories/{workspace}/{repo_slug}/commits",
        scope="repository",
        granular="read:repository",
        safety=Safety.READ,
        form=("include", "exclude"),
    )
    def list_by_form(
        self,
        workspace: str,
        repo_slug: str,
        *,
        include: str | Sequence[str] = (),
        exclude: str | Sequence[str] = (),
        path: str = "",
        **query: Unpack[ListQuery],
    ) -> Pager[Commit]:
        """Walk what list() does, for any number of names."""

    @_by_list_if_slashed
    @_by_form_if_long("list_from_by_form")
    @GET(
        "/repositories/{workspace}/{repo_slug}/commits/{revision}",
        scope="repository",
        granular="read:repository",
    )
    def list_from(
        self,
        workspace: str,
        repo_slug: str,
        revision: str,
        *,
        include: str | Sequence[str] = (),
        exclude: str | Sequence[str] = (),
        path: str = "",
        **query: Unpack[ListQuery],
    ) -> Pager[Commit]:
        """Walk the commits of *revision* too, otherwise as list() does."""

    @_by_list_if_slashed
    @POST(
        "/repositories/{workspace}/{repo_slug}/commits/{revision}",
        scope="repository",
        granular="read:repository",
        safety=Safety.READ,
        form=("include", "exclude"),
    )
    def list_from_by_form(
        self,
        workspace: str,
        repo_slug: str,
        revision: str,
        *,
        include: str | Sequence[str] = (),
        exclude: str | Sequence[str] = (),
        path: str = "",
        **query: Unpack[ListQuery],
    ) -> Pager[Commit]:
        """Walk what list_from() does, for any number of names."""

    @by_name
    @GET(
        "/repositories/{workspace}/{repo_slug}/commit/{commit}",
        scope="repository",
        granular="read:repository",
    )
    async def get(
        self, workspace: str, repo_slug: str, commit: str, **query: Unpack[ItemQuery]
    ) -> Commit:
        """Get a commit, with who took part in it."""

    @by_name
    @POST(
        "/repositories/{workspace}/{repo_slug}/commit/{commit}/approve",
        scope="repository:write",
        granular="read:repository write:repository",
    )
    async def approve(self, workspace: str, repo_slug: str, commit: str) -> Participant:
        """Approve of a commit; takes explicit access, being public is not enough."""

    @by_name
    @DELETE(
        "/repositories/{workspace}/{repo_slug}/commit/{commit}/approve",
        scope="repository:write",
        granular="write:repository",
    )
    async def unapprove(self, workspace: str, repo_slug: str, commit: str) -> None:
        """Take the caller's approval back."""
