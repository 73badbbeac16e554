"""Which pull requests there are, and what is in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from ..errors import NotReadyError
from ..model.poll import USUAL, Polling, poll
from ..paging import ItemQuery, ListQuery, Pager
from ..query import with_states
from ..resources import Commit, DiffStat, FileConflict, PullRequest, PullRequestActivity
from ..resources.repository import PullRequestState
from ..wire.stream import Stream
from .operation import GET, Group
from .reference import by_name


class Reading(Group):
    """Which pull requests there are, and what is in them."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/pullrequests",
        scope="pullrequest",
        granular="read:pullrequest",
        max_pagelen=50,
        amend=with_states,
    )
    def list(
        self,
        workspace: str,
        repo_slug: str,
        *,
        state: PullRequestState | Sequence[PullRequestState] = "OPEN",
        **query: Unpack[ListQuery],
    ) -> Pager[PullRequest]:
        """Walk the pull requests in *state*, or in one of several states.

        Given a filter, the service heeds no ``state``, so the states are put into the filter too;
        a filter alone finds pull requests in every state. Reviewers and participants come along
        where they are asked for, ``fields="+values.reviewers,+values.participants"``; without,
        each pull request is another call for them.
        """

    @GET(
        "/workspaces/{workspace}/pullrequests/{selected_user}",
        scope="pullrequest",
        granular="read:pullrequest",
        max_pagelen=50,
        amend=with_states,
    )
    def list_by_author(
        self,
        workspace: str,
        selected_user: str,
        *,
        state: PullRequestState | Sequence[PullRequestState] = "OPEN",
        **query: Unpack[ListQuery],
    ) -> Pager[PullRequest]:
        """Walk what a user opened in all of a workspace's repositories; states as in ``list``."""

    @by_name
    @GET(
        "/repositories/{workspace}/{repo_slug}/commit/{commit}/pullrequests",
        scope="pullrequest",
        granular="read:pullrequest",
        max_pagelen=50,
    )
    def list_by_commit(
        self, workspace: str, repo_slug: str, commit: str, **query: Unpack[ListQuery]
    ) -> Pager[PullRequest]:
        """Walk the pull requests that a commit was reviewed in.

        NotReadyError while the service still builds the index; NotFoundError where the app
        "Pull Request Commit Links" is not installed on the repository.
        """

    async def wait_for_commit(
        self, workspace: str, repo_slug: str, commit: str, *, polling: Polling = USUAL
    ) -> Sequence[PullRequest]:
        """Give the pull requests that a commit was reviewed in, once the index is built."""

        async def look() -> Sequence[PullRequest] | None:
            try:
                return await self.list_by_commit(workspace, repo_slug, commit).all()
            except NotReadyError:
                return None

        what = f"the index of pull requests of {workspace}/{repo_slug}"
        return await poll(look, polling, what=what)

    @GET(
        "/repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}",
        scope="pullrequest",
        granular="read:pullrequest",
    )
    async def get(
        self, workspace: str, repo_slug: str, pull_request_id: int | str, **query: Unpack[ItemQuery]
    ) -> PullRequest:
        """Get a pull request, with its reviewers and participants."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/commits",
        scope="pullrequest",
        granular="read:pullrequest",
    )
    def list_commits(
        self, workspace: str, repo_slug: str, pull_request_id: int | str, **query: Unpack[ListQuery]
    ) -> Pager[Commit]:
        """Walk the commits that would be merged; none where the source branch was deleted."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/diff",
        scope="pullrequest",
        granular="read:pullrequest",
    )
    def diff(self, workspace: str, repo_slug: str, pull_request_id: int | str) -> Stream:
        """Read what it changes, as a unified diff; following its ``diff`` link saves a redirect."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/patch",
        scope="pullrequest",
        granular="read:pullrequest",
    )
    def patch(self, workspace: str, repo_slug: str, pull_request_id: int | str) -> Stream:
        """Read its commits as patches, as git sends them by mail."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/diffstat",
        scope="pullrequest",
        granular="read:pullrequest",
        max_pagelen=500,
    )
    def diffstat(
        self, workspace: str, repo_slug: str, pull_request_id: int | str, **query: Unpack[ListQuery]
    ) -> Pager[DiffStat]:
        """Walk the files that it changes, with the numbers of lines."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/conflicts",
        scope="pullrequest",
        granular="read:pullrequest",
    )
    def list_conflicts(
        self, workspace: str, repo_slug: str, pull_request_id: int | str, **query: Unpack[ListQuery]
    ) -> Pager[FileConflict]:
        """Walk the files that stand in the way of merging; none where nothing does."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/activity",
        scope="pullrequest",
        granular="read:pullrequest",
        max_pagelen=50,
    )
    def list_activity(
        self, workspace: str, repo_slug: str, pull_request_id: int | str, **query: Unpack[ListQuery]
    ) -> Pager[PullRequestActivity]:
        """Walk what happened to a pull request, newest first; filters have no effect here."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/pullrequests/activity",
        scope="pullrequest",
        granular="read:pullrequest",
        max_pagelen=50,
    )
    def list_all_activity(
        self, workspace: str, repo_slug: str, **query: Unpack[ListQuery]
    ) -> Pager[PullRequestActivity]:
        """Walk what happened to all pull requests of a repository."""
