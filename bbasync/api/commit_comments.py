"""The operations on comments on commits, a part of the group commits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from ..paging import ItemQuery, ListQuery, Pager
from ..resources import CommitComment
from .operation import DELETE, GET, POST, PUT, Group
from .reference import by_name


class CommitComments(Group):
    """Comments on commits."""

    @by_name
    @GET(
        "/repositories/{workspace}/{repo_slug}/commit/{commit}/comments",
        scope="repository",
        granular="read:repository",
    )
    def list_comments(
        self, workspace: str, repo_slug: str, commit: str, **query: Unpack[ListQuery]
    ) -> Pager[CommitComment]:
        """Walk the comments on a commit, oldest first."""

    @by_name
    @POST(
        "/repositories/{workspace}/{repo_slug}/commit/{commit}/comments",
        scope="repository",
        granular="read:repository",
    )
    async def create_comment(
        self, workspace: str, repo_slug: str, commit: str, body: CommitComment | Mapping[str, Any]
    ) -> CommitComment:
        """Comment on a commit, or answer a comment by the id of ``parent``."""

    @by_name
    @GET(
        "/repositories/{workspace}/{repo_slug}/commit/{commit}/comments/{comment_id}",
        scope="repository",
        granular="read:repository",
    )
    async def get_comment(
        self,
        workspace: str,
        repo_slug: str,
        commit: str,
        comment_id: int,
        **query: Unpack[ItemQuery],
    ) -> CommitComment:
        """Get a comment."""

    @by_name
    @PUT(
        "/repositories/{workspace}/{repo_slug}/commit/{commit}/comments/{comment_id}",
        scope="repository",
        granular="read:repository",
    )
    async def update_comment(
        self,
        workspace: str,
        repo_slug: str,
        commit: str,
        comment_id: int,
        body: CommitComment | Mapping[str, Any],
    ) -> CommitComment:
        """Change the ``content`` of a comment, the only thing that can be."""

    @by_name
    @DELETE(
        "/repositories/{workspace}/{repo_slug}/commit/{commit}/comments/{comment_id}",
        scope="repository",
        granular="read:repository",
    )
    async def delete_comment(
        self, workspace: str, repo_slug: str, commit: str, comment_id: int
    ) -> None:
        """Delete a comment; one that was answered stays, blank and ``deleted``."""
