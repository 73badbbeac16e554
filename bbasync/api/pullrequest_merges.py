"""Merging pull requests, what stands in its way, and merge queues."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from ..model.merge import merged
from ..model.poll import USUAL, Polling
from ..model.resource import Resource
from ..paging import ItemQuery, ListQuery, Pager
from ..resources import MergeParameters, MergeTask, PullRequest
from ..wire.message import Answer
from .operation import DELETE, GET, POST
from .pullrequest_reading import Reading


class Merges(Reading):
    """Merging pull requests."""

    async def merge(
        self,
        workspace: str,
        repo_slug: str,
        pull_request_id: int | str,
        body: MergeParameters | Mapping[str, Any] | None = None,
        *,
        async_: bool = False,
        timeout: float | None = None,  # noqa: ASYNC109 - it is of the polling, not of one call
        polling: Polling = USUAL,
    ) -> PullRequest:
        """Merge a pull request, and return it as it is then.

        A merge that takes long goes on as a task, which is followed to its end; *async_* asks for
        that from the start. Where the branch has a merge queue, the pull request comes back
        ``queued`` and still open.

        ConflictError: one of the branches changed meanwhile, try again. BadRequestError: a merge
        check stands in the way, or the task failed. ServerTookTooLongError or AmbiguousWriteError:
        nobody knows, and the pull request was not merged when it was read again, though it may be
        soon. TimedOutError: the task is not done after *timeout* seconds, ten minutes if not given.
        """
        asked = {"async_": True} if async_ else {}
        return await merged(
            lambda: self.start_merge(workspace, repo_slug, pull_request_id, body, **asked),
            lambda: self.get(workspace, repo_slug, pull_request_id),
            PullRequest,
            self._sender,
            polling.within(timeout),
        )

    @POST(
        "/repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/merge",
        scope="pullrequest:write",
        granular="read:pullrequest write:pullrequest",
    )
    async def start_merge(
        self,
        workspace: str,
        repo_slug: str,
        pull_request_id: int | str,
        body: MergeParameters | Mapping[str, Any] | None = None,
        *,
        async_: bool = False,
    ) -> Answer:
        """Merge a pull request, or begin to: ``merge`` does what comes after, too.

        Status 200: the body is the merged pull request. Status 202: the Location header is the
        address of the task.
        """

    @GET(
        "/repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/merge/task-status"
        "/{task_id}",
        scope="pullrequest",
        granular="read:pullrequest",
    )
    async def get_merge_task(
        self,
        workspace: str,
        repo_slug: str,
        pull_request_id: int | str,
        task_id: str,
        **query: Unpack[ItemQuery],
    ) -> MergeTask:
        """Look at a merge that the caller began.

        One that failed is an error: ConflictError where a branch changed meanwhile, otherwise
        BadRequestError, as for a task of another pull request.
        """

    @GET(
        "/repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/mergeability/checks",
        scope="pullrequest",
        granular="read:pullrequest",
    )
    def list_merge_checks(
        self, workspace: str, repo_slug: str, pull_request_id: int | str, **query: Unpack[ListQuery]
    ) -> Pager[Resource]:
        """Walk what a merge depends on: each with its ``type``, ``status`` and ``blocking``.

        The specification lacks this operation.
        """

    @GET(
        "/repositories/{workspace}/{repo_slug}/merge-queues",
        scope="repository",
        granular="read:repository",
    )
    def list_merge_queues(
        self,
        workspace: str,
        repo_slug: str,
        *,
        target_branch: str | None = None,
        **query: Unpack[ListQuery],
    ) -> Pager[Resource]:
        """Walk the merge queues of a repository, or that of one branch.

        The specification lacks this operation; the documentation has it.
        """

    @GET(
        "/repositories/{workspace}/{repo_slug}/merge-queues/{merge_queue_uuid}",
        scope="repository",
        granular="read:repository",
    )
    async def get_merge_queue(
        self, workspace: str, repo_slug: str, merge_queue_uuid: str, **query: Unpack[ItemQuery]
    ) -> Resource:
        """Get a merge queue.

        The specification lacks this operation, so that its address is inferred from the list's.
        """

    @DELETE(
        "/repositories/{workspace}/{repo_slug}/merge-queues/{merge_queue_uuid}/pullrequests"
        "/{pull_request_id}",
        scope="pullrequest:write",
        granular="read:pullrequest write:pullrequest",
    )
    async def leave_merge_queue(
        self, workspace: str, repo_slug: str, merge_queue_uuid: str, pull_request_id: int | str
    ) -> None:
        """Take a pull request out of a merge queue.

        The specification lacks this operation, so that its address is inferred from the list's.
        """
