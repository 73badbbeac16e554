"""Changes of and comments on issues, their components, milestones and versions, and jobs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Unpack

from ..errors import DecodingError, NotReadyError
from ..model.poll import USUAL, Polling, poll
from ..paging import ItemQuery, ListQuery, Pager
from ..resources import (
    Component,
    ExportOptions,
    IssueChange,
    IssueComment,
    IssueJobStatus,
    Milestone,
    Version,
)
from ..wire.body import Body
from ..wire.message import Answer, Request
from ..wire.stream import Stream
from .operation import DELETE, GET, POST, PUT, Group

REMOVED: Final = "removed by CHANGE-3401; Bitbucket has no issues any more, use Jira"


class Changes(Group):
    """What was changed on an issue, and when."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/issues/{issue_id}/changes",
        scope="issue",
        granular="read:issue",
        deprecated=REMOVED,
    )
    def list_changes(
        self, workspace: str, repo_slug: str, issue_id: int, **query: Unpack[ListQuery]
    ) -> Pager[IssueChange]:
        """Walk the changes of an issue."""

    @POST(
        "/repositories/{workspace}/{repo_slug}/issues/{issue_id}/changes",
        scope="issue:write",
        granular="read:issue write:issue",
        deprecated=REMOVED,
    )
    async def create_change(
        self,
        workspace: str,
        repo_slug: str,
        issue_id: int,
        body: IssueChange | Mapping[str, Any],
    ) -> IssueChange:
        """Change an issue: its *changes* hold a ``new`` for each field, and ``message`` why."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/issues/{issue_id}/changes/{change_id}",
        scope="issue",
        granular="read:issue",
        deprecated=REMOVED,
    )
    async def get_change(
        self,
        workspace: str,
        repo_slug: str,
        issue_id: int,
        change_id: int,
        **query: Unpack[ItemQuery],
    ) -> IssueChange:
        """Get one change of an issue."""


class Comments(Group):
    """What was said about an issue."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/issues/{issue_id}/comments",
        scope="issue",
        granular="read:issue",
        deprecated=REMOVED,
    )
    def list_comments(
        self, workspace: str, repo_slug: str, issue_id: int, **query: Unpack[ListQuery]
    ) -> Pager[IssueComment]:
        """Walk the comments on an issue."""

    @POST(
        "/repositories/{workspace}/{repo_slug}/issues/{issue_id}/comments",
        scope="issue:write",
        granular="read:issue write:issue",
        deprecated=REMOVED,
    )
    async def create_comment(
        self,
        workspace: str,
        repo_slug: str,
        issue_id: int,
        body: IssueComment | Mapping[str, Any],
    ) -> IssueComment:
        """Comment on an issue."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/issues/{issue_id}/comments/{comment_id}",
        scope="issue",
        granular="read:issue",
        deprecated=REMOVED,
    )
    async def get_comment(
        self,
        workspace: str,
        repo_slug: str,
        issue_id: int,
        comment_id: int,
        **query: Unpack[ItemQuery],
    ) -> IssueComment:
        """Get a comment on an issue."""

    @PUT(
        "/repositories/{workspace}/{repo_slug}/issues/{issue_id}/comments/{comment_id}",
        scope="issue:write",
        granular="read:issue write:issue",
        deprecated=REMOVED,
    )
    async def update_comment(
        self,
        workspace: str,
        repo_slug: str,
        issue_id: int,
        comment_id: int,
        body: IssueComment | Mapping[str, Any],
    ) -> IssueComment:
        """Change a comment on an issue."""

    @DELETE(
        "/repositories/{workspace}/{repo_slug}/issues/{issue_id}/comments/{comment_id}",
        scope="issue:write",
        granular="write:issue",
        deprecated=REMOVED,
    )
    async def delete_comment(
        self, workspace: str, repo_slug: str, issue_id: int, comment_id: int
    ) -> None:
        """Delete a comment on an issue."""


class Names(Group):
    """The names that a repository offers for its issues; they are made on its web pages."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/components",
        scope="issue",
        granular="read:issue",
        deprecated=REMOVED,
    )
    def list_components(
        self, workspace: str, repo_slug: str, **query: Unpack[ListQuery]
    ) -> Pager[Component]:
        """Walk the components that issues can be about."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/components/{component_id}",
        scope="issue",
        granular="read:issue",
        deprecated=REMOVED,
    )
    async def get_component(
        self, workspace: str, repo_slug: str, component_id: int, **query: Unpack[ItemQuery]
    ) -> Component:
        """Get a component."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/milestones",
        scope="issue",
        granular="read:issue",
        deprecated=REMOVED,
    )
    def list_milestones(
        self, workspace: str, repo_slug: str, **query: Unpack[ListQuery]
    ) -> Pager[Milestone]:
        """Walk the milestones by which issues can be due."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/milestones/{milestone_id}",
        scope="issue",
        granular="read:issue",
        deprecated=REMOVED,
    )
    async def get_milestone(
        self, workspace: str, repo_slug: str, milestone_id: int, **query: Unpack[ItemQuery]
    ) -> Milestone:
        """Get a milestone."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/versions",
        scope="issue",
        granular="read:issue",
        deprecated=REMOVED,
    )
    def list_versions(
        self, workspace: str, repo_slug: str, **query: Unpack[ListQuery]
    ) -> Pager[Version]:
        """Walk the versions that issues can be about."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/versions/{version_id}",
        scope="issue",
        granular="read:issue",
        deprecated=REMOVED,
    )
    async def get_version(
        self, workspace: str, repo_slug: str, version_id: int, **query: Unpack[ItemQuery]
    ) -> Version:
        """Get a version."""


class Jobs(Group):
    """All issues of a repository as a zip archive, out of it and into it."""

    @POST(
        "/repositories/{workspace}/{repo_slug}/issues/export",
        scope="issue repository:admin",
        granular="read:issue",
        deprecated=REMOVED,
    )
    async def export(
        self, workspace: str, repo_slug: str, body: ExportOptions | Mapping[str, Any] | None = None
    ) -> Answer:
        """Start an export; the 202 that answers names the archive's address as ``Location``."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/issues/export/{repo_name}-issues-{task_id}.zip",
        scope="issue repository:admin",
        granular="read:issue",
        deprecated=REMOVED,
    )
    def get_export(self, workspace: str, repo_slug: str, repo_name: str, task_id: str) -> Stream:
        """Read the archive that an export made; NotReadyError until it is there."""

    async def export_and_wait(
        self,
        workspace: str,
        repo_slug: str,
        body: ExportOptions | Mapping[str, Any] | None = None,
        *,
        polling: Polling = USUAL,
    ) -> bytes:
        """Export all issues, and wait for the archive: the bytes of a zip file.

        TimedOutError where it is not there when *polling* ends.
        """
        started = await self.export(workspace, repo_slug, body)
        address = started.headers.get("Location")
        if not address:
            raise DecodingError(f"{started.method} {started.url} answered without a Location")

        async def look() -> bytes | None:
            try:
                return await Stream(self._sender, Request("GET", address))
            except NotReadyError:
                return None

        return await poll(look, polling, what=f"the export of the issues of {repo_slug}")

    @GET(
        "/repositories/{workspace}/{repo_slug}/issues/import",
        scope="issue:write repository:admin",
        granular="admin:repository write:issue",
        deprecated=REMOVED,
    )
    async def get_import(
        self, workspace: str, repo_slug: str, **query: Unpack[ItemQuery]
    ) -> IssueJobStatus:
        """Get how the last import ended; NotReadyError while it runs."""

    @POST(
        "/repositories/{workspace}/{repo_slug}/issues/import",
        scope="issue:write repository:admin",
        granular="admin:repository write:issue",
        deprecated=REMOVED,
    )
    async def start_import(self, workspace: str, repo_slug: str, body: Body) -> Answer:
        """Replace all issues by those of a zip archive, which a form has as the file ``archive``.

        ConflictError while another import runs.
        """
