"""Comments on pull requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from ..paging import ItemQuery, ListQuery, Pager
from ..resources import CommentResolution, PullRequestComment
from .operation import DELETE, GET, POST, PUT, Group


class Comments(Group):
    """Comments on pull requests.

    To write one, set its ``content.raw``; ``inline`` puts it on a line, ``parent`` under another
    comment. The service refuses a ``type``.
    """

    @GET(
        "/repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/comments",
        scope="pullrequest",
        granular="read:pullrequest",
    )
    def list_comments(
        self, workspace: str, repo_slug: str, pull_request_id: int | str, **query: Unpack[ListQuery]
    ) -> Pager[PullRequestComment]:
        """Walk the comments, oldest first: on the whole, on lines, and replies."""

    @POST(
        "/repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/comments",
        scope="pullrequest",
        granular="read:pullrequest",
    )
    async def create_comment(
        self,
        workspace: str,
        repo_slug: str,
        pull_request_id: int | str,
        body: PullRequestComment | Mapping[str, Any],
    ) -> PullRequestComment:
        """Comment on a pull request."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/comments/{comment_id}",
        scope="pullrequest",
        granular="read:pullrequest",
    )
    async def get_comment(
        self,
        workspace: str,
        repo_slug: str,
        pull_request_id: int | str,
        comment_id: int | str,
        **query: Unpack[ItemQuery],
    ) -> PullRequestComment:
        """Get a comment."""

    @PUT(
        "/repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/comments/{comment_id}",
        scope="pullrequest",
        granular="read:pullrequest",
    )
    async def update_comment(
        self,
        workspace: str,
        repo_slug: str,
        pull_request_id: int | str,
        comment_id: int | str,
        body: PullRequestComment | Mapping[str, Any],
    ) -> PullRequestComment:
        """Change a comment's text."""

    @DELETE(
        "/repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/comments/{comment_id}",
        scope="pullrequest",
        granular="read:pullrequest",
    )
    async def delete_comment(
        self, workspace: str, repo_slug: str, pull_request_id: int | str, comment_id: int | str
    ) -> None:
        """Delete a comment."""

    @POST(
        "/repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/comments/{comment_id}"
        "/resolve",
        scope="pullrequest",
        granular="read:pullrequest",
    )
    async def resolve_comment(
        self, workspace: str, repo_slug: str, pull_request_id: int | str, comment_id: int | str
    ) -> CommentResolution:
        """Settle the thread under a comment that is no reply; ConflictError where it is settled."""

    @DELETE(
        "/repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/comments/{comment_id}"
        "/resolve",
        scope="pullrequest",
        granular="read:pullrequest",
    )
    async def reopen_comment(
        self, workspace: str, repo_slug: str, pull_request_id: int | str, comment_id: int | str
    ) -> None:
        """Open a thread again; NotFoundError where it is open."""
