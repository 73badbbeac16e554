"""Who is meant to review a repository's pull requests."""

from __future__ import annotations

from typing import Unpack

from ..paging import ItemQuery, ListQuery, Pager
from ..resources import Account, DefaultReviewer
from .operation import DELETE, GET, PUT, Group


class DefaultReviewers(Group):
    """Who is meant to review a repository's pull requests.

    The service adds them to what is opened in its pages, not to what the API opens.
    """

    @GET(
        "/repositories/{workspace}/{repo_slug}/default-reviewers",
        scope="pullrequest",
        granular="read:pullrequest",
    )
    def list_default_reviewers(
        self, workspace: str, repo_slug: str, **query: Unpack[ListQuery]
    ) -> Pager[Account]:
        """Walk the repository's own default reviewers, without those of its project."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/effective-default-reviewers",
        scope="pullrequest",
        granular="read:pullrequest",
    )
    def list_effective_default_reviewers(
        self, workspace: str, repo_slug: str, **query: Unpack[ListQuery]
    ) -> Pager[DefaultReviewer]:
        """Walk the default reviewers of the repository and of its project."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/default-reviewers/{target_username}",
        scope="pullrequest",
        granular="read:pullrequest",
    )
    async def get_default_reviewer(
        self, workspace: str, repo_slug: str, target_username: str, **query: Unpack[ItemQuery]
    ) -> Account:
        """Get a default reviewer by uuid; a NotFoundError says that the user is none."""

    @PUT(
        "/repositories/{workspace}/{repo_slug}/default-reviewers/{target_username}",
        scope="repository:admin",
        granular="admin:repository",
    )
    async def add_default_reviewer(
        self, workspace: str, repo_slug: str, target_username: str
    ) -> Account:
        """Make a user who may see the repository a default reviewer."""

    @DELETE(
        "/repositories/{workspace}/{repo_slug}/default-reviewers/{target_username}",
        scope="repository:admin",
        granular="admin:repository",
    )
    async def remove_default_reviewer(
        self, workspace: str, repo_slug: str, target_username: str
    ) -> None:
        """Make a user no default reviewer any more."""
