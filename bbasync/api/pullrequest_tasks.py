"""Tasks of pull requests: what is to be done before merging."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from ..paging import ItemQuery, ListQuery, Pager
from ..resources import PullRequestTask
from .operation import DELETE, GET, POST, PUT, Group


class Tasks(Group):
    """Tasks of pull requests."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/tasks",
        scope="pullrequest",
        granular="read:pullrequest",
    )
    def list_tasks(
        self, workspace: str, repo_slug: str, pull_request_id: int | str, **query: Unpack[ListQuery]
    ) -> Pager[PullRequestTask]:
        """Walk the tasks, oldest first."""

    @POST(
        "/repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/tasks",
        scope="pullrequest",
        granular="read:pullrequest",
    )
    async def create_task(
        self,
        workspace: str,
        repo_slug: str,
        pull_request_id: int | str,
        body: PullRequestTask | Mapping[str, Any],
    ) -> PullRequestTask:
        """Add a task: its ``content.raw``, and the ``comment`` by its id that it stands under."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/tasks/{task_id}",
        scope="pullrequest",
        granular="read:pullrequest",
    )
    async def get_task(
        self,
        workspace: str,
        repo_slug: str,
        pull_request_id: int | str,
        task_id: int | str,
        **query: Unpack[ItemQuery],
    ) -> PullRequestTask:
        """Get a task."""

    @PUT(
        "/repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/tasks/{task_id}",
        scope="pullrequest",
        granular="read:pullrequest",
    )
    async def update_task(
        self,
        workspace: str,
        repo_slug: str,
        pull_request_id: int | str,
        task_id: int | str,
        body: PullRequestTask | Mapping[str, Any],
    ) -> PullRequestTask:
        """Change a task's ``content``, or its ``state`` to ``RESOLVED`` or ``UNRESOLVED``."""

    @DELETE(
        "/repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/tasks/{task_id}",
        scope="pullrequest",
        granular="read:pullrequest",
    )
    async def delete_task(
        self, workspace: str, repo_slug: str, pull_request_id: int | str, task_id: int | str
    ) -> None:
        """Delete a task."""
