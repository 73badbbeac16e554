"""The operations on build statuses of commits and pull requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from ..paging import ItemQuery, ListQuery, Pager
from ..resources import CommitStatus
from ..wire.message import Safety
from .operation import GET, POST, PUT, Group
from .reference import by_name


class CommitStatuses(Group, name="commit_statuses"):
    """Build statuses of commits and pull requests."""

    @by_name
    @GET(
        "/repositories/{workspace}/{repo_slug}/commit/{commit}/statuses",
        scope="repository",
        granular="read:repository",
    )
    def list(
        self,
        workspace: str,
        repo_slug: str,
        commit: str,
        *,
        refname: str | None = None,
        **query: Unpack[ListQuery],
    ) -> Pager[CommitStatus]:
        """Walk the statuses of a commit; with *refname*, those of one branch and of none."""

    @by_name
    @POST(
        "/repositories/{workspace}/{repo_slug}/commit/{commit}/statuses/build",
        scope="repository",
        granular="read:repository",
        safety=Safety.REPEATABLE,
    )
    async def create(
        self,
        workspace: str,
        repo_slug: str,
        commit: str,
        body: CommitStatus | Mapping[str, Any],
    ) -> CommitStatus:
        """Set the status of a commit under a ``key``, over the one that has it already.

        ``refname`` must be the source branch for the status to show on a pull request.
        """

    @by_name
    @GET(
        "/repositories/{workspace}/{repo_slug}/commit/{commit}/statuses/build/{key}",
        scope="repository",
        granular="read:repository",
    )
    async def get(
        self, workspace: str, repo_slug: str, commit: str, key: str, **query: Unpack[ItemQuery]
    ) -> CommitStatus:
        """Get the status of a commit that has this key."""

    @by_name
    @PUT(
        "/repositories/{workspace}/{repo_slug}/commit/{commit}/statuses/build/{key}",
        scope="repository",
        granular="read:repository",
    )
    async def update(
        self,
        workspace: str,
        repo_slug: str,
        commit: str,
        key: str,
        body: CommitStatus | Mapping[str, Any],
    ) -> CommitStatus:
        """Change a status; its key stays as it is."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/statuses",
        scope="pullrequest",
        granular="read:pullrequest",
    )
    def list_of_pullrequest(
        self,
        workspace: str,
        repo_slug: str,
        pull_request_id: int | str,
        **query: Unpack[ListQuery],
    ) -> Pager[CommitStatus]:
        """Walk the statuses of a pull request's commits."""
