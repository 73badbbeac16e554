"""The operations on code search."""

from __future__ import annotations

from typing import Final, Unpack

from ..paging import ListQuery, Pager
from ..resources import CodeSearchResult
from .operation import GET, Group

_NOTICE: Final = (
    "the service announced the end of code search for 2026-11-01, without a change number or a "
    "replacement; a clone can be searched"
)


class Search(Group, name="search"):
    """Code search; NotFoundError where it is not switched on."""

    @GET(
        "/workspaces/{workspace}/search/code",
        scope="repository",
        granular="read:repository",
        deprecated=_NOTICE,
    )
    def search_workspace(
        self, workspace: str, *, search_query: str, **query: Unpack[ListQuery]
    ) -> Pager[CodeSearchResult]:
        """Walk the files of a workspace that match, as the search page would show them.

        *search_query* takes what the page does, such as ``foo repo:demo``.
        """

    @GET(
        "/users/{selected_user}/search/code",
        scope="repository",
        granular="read:repository",
        deprecated=_NOTICE,
    )
    def search_user(
        self, selected_user: str, *, search_query: str, **query: Unpack[ListQuery]
    ) -> Pager[CodeSearchResult]:
        """Walk the files that match in a person's repositories."""

    @GET(
        "/teams/{username}/search/code",
        scope="repository",
        granular="read:repository",
        deprecated=_NOTICE,
    )
    def search_team(
        self, username: str, *, search_query: str, **query: Unpack[ListQuery]
    ) -> Pager[CodeSearchResult]:
        """Walk the files that match in a workspace, by its address from before workspaces."""
