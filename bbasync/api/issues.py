"""The operations on the issue tracker, which the service has removed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from ..paging import ItemQuery, ListQuery, Pager
from ..resources import Issue, IssueAttachment
from ..wire.body import Body
from ..wire.stream import Stream
from .issue_parts import REMOVED, Changes, Comments, Jobs, Names
from .operation import DELETE, GET, POST, PUT, Group


class Issues(Changes, Comments, Names, Jobs, Group, name="issues"):
    """The issue tracker, which the service removed on 2026-08-20: GoneError, whatever is called."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/issues",
        scope="issue",
        granular="read:issue",
        deprecated=REMOVED,
    )
    def list(self, workspace: str, repo_slug: str, **query: Unpack[ListQuery]) -> Pager[Issue]:
        """Walk the issues of a repository."""

    @POST(
        "/repositories/{workspace}/{repo_slug}/issues",
        scope="issue:write",
        granular="read:issue write:issue",
        deprecated=REMOVED,
    )
    async def create(
        self, workspace: str, repo_slug: str, body: Issue | Mapping[str, Any]
    ) -> Issue:
        """Open an issue."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/issues/{issue_id}",
        scope="issue",
        granular="read:issue",
        deprecated=REMOVED,
    )
    async def get(
        self, workspace: str, repo_slug: str, issue_id: int, **query: Unpack[ItemQuery]
    ) -> Issue:
        """Get an issue."""

    @PUT(
        "/repositories/{workspace}/{repo_slug}/issues/{issue_id}",
        scope="issue:write",
        granular="read:issue write:issue",
        deprecated=REMOVED,
    )
    async def update(
        self, workspace: str, repo_slug: str, issue_id: int, body: Issue | Mapping[str, Any]
    ) -> Issue:
        """Change an issue; what is not sent stays."""

    @DELETE(
        "/repositories/{workspace}/{repo_slug}/issues/{issue_id}",
        scope="issue:write",
        granular="delete:issue",
        deprecated=REMOVED,
    )
    async def delete(self, workspace: str, repo_slug: str, issue_id: int) -> None:
        """Delete an issue."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/issues/{issue_id}/attachments",
        scope="issue",
        granular="read:issue",
        deprecated=REMOVED,
    )
    def list_attachments(
        self, workspace: str, repo_slug: str, issue_id: int, **query: Unpack[ListQuery]
    ) -> Pager[IssueAttachment]:
        """Walk the files attached to an issue."""

    @POST(
        "/repositories/{workspace}/{repo_slug}/issues/{issue_id}/attachments",
        scope="issue:write",
        granular="write:issue",
        deprecated=REMOVED,
    )
    async def create_attachments(
        self, workspace: str, repo_slug: str, issue_id: int, body: Body
    ) -> None:
        """Attach files, which a form has under any names; the same file name replaces a file."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/issues/{issue_id}/attachments/{path}",
        scope="issue",
        granular="read:issue",
        deprecated=REMOVED,
    )
    def get_attachment(self, workspace: str, repo_slug: str, issue_id: int, path: str) -> Stream:
        """Read an attached file."""

    @DELETE(
        "/repositories/{workspace}/{repo_slug}/issues/{issue_id}/attachments/{path}",
        scope="issue:write",
        granular="write:issue",
        deprecated=REMOVED,
    )
    async def delete_attachment(
        self, workspace: str, repo_slug: str, issue_id: int, path: str
    ) -> None:
        """Take an attached file away."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/issues/{issue_id}/vote",
        scope="account issue",
        granular="read:issue read:user",
        deprecated=REMOVED,
    )
    async def check_vote(self, workspace: str, repo_slug: str, issue_id: int) -> None:
        """Check that the caller has voted for an issue; NotFoundError where not."""

    @PUT(
        "/repositories/{workspace}/{repo_slug}/issues/{issue_id}/vote",
        scope="account:write issue",
        granular="write:issue write:user",
        deprecated=REMOVED,
    )
    async def vote(self, workspace: str, repo_slug: str, issue_id: int) -> None:
        """Vote for an issue."""

    @DELETE(
        "/repositories/{workspace}/{repo_slug}/issues/{issue_id}/vote",
        scope="account:write issue:write",
        granular="write:issue write:user",
        deprecated=REMOVED,
    )
    async def unvote(self, workspace: str, repo_slug: str, issue_id: int) -> None:
        """Take the vote for an issue back."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/issues/{issue_id}/watch",
        scope="account issue",
        granular="read:issue read:user",
        deprecated=REMOVED,
    )
    async def check_watch(self, workspace: str, repo_slug: str, issue_id: int) -> None:
        """Check that the caller watches an issue; NotFoundError where not."""

    @PUT(
        "/repositories/{workspace}/{repo_slug}/issues/{issue_id}/watch",
        scope="account:write issue",
        granular="write:issue write:user",
        deprecated=REMOVED,
    )
    async def watch(self, workspace: str, repo_slug: str, issue_id: int) -> None:
        """Watch an issue."""

    @DELETE(
        "/repositories/{workspace}/{repo_slug}/issues/{issue_id}/watch",
        scope="account:write issue:write",
        granular="write:issue write:user",
        deprecated=REMOVED,
    )
    async def unwatch(self, workspace: str, repo_slug: str, issue_id: int) -> None:
        """Stop watching an issue."""
