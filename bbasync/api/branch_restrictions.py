"""The operations on who may do what to which branches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from ..paging import ItemQuery, ListQuery, Pager
from ..resources import BranchRestriction
from .operation import DELETE, GET, POST, PUT, Group


class BranchRestrictions(Group, name="branch_restrictions"):
    """Who may do what to which branches."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/branch-restrictions",
        scope="repository:admin",
        granular="admin:repository",
    )
    def list(
        self,
        workspace: str,
        repo_slug: str,
        *,
        kind: str | None = None,
        pattern: str | None = None,
        **query: Unpack[ListQuery],
    ) -> Pager[BranchRestriction]:
        """Walk the rules of a repository, of one *kind* or for one *pattern*."""

    @POST(
        "/repositories/{workspace}/{repo_slug}/branch-restrictions",
        scope="repository:admin",
        granular="admin:repository",
    )
    async def create(
        self, workspace: str, repo_slug: str, body: BranchRestriction | Mapping[str, Any]
    ) -> BranchRestriction:
        """Add a rule; there can be one of a kind for each pattern or branch type.

        ``push`` and ``restrict_merges`` need ``users`` and ``groups``, be they empty: then nobody
        may. A group is named by ``slug`` and the workspace that owns it.
        """

    @GET(
        "/repositories/{workspace}/{repo_slug}/branch-restrictions/{id}",
        scope="repository:admin",
        granular="admin:repository",
    )
    async def get(
        self, workspace: str, repo_slug: str, id: int | str, **query: Unpack[ItemQuery]
    ) -> BranchRestriction:
        """Get a rule."""

    @PUT(
        "/repositories/{workspace}/{repo_slug}/branch-restrictions/{id}",
        scope="repository:admin",
        granular="admin:repository",
    )
    async def update(
        self,
        workspace: str,
        repo_slug: str,
        id: int | str,
        body: BranchRestriction | Mapping[str, Any],
    ) -> BranchRestriction:
        """Change a rule; what *body* leaves out stays."""

    @DELETE(
        "/repositories/{workspace}/{repo_slug}/branch-restrictions/{id}",
        scope="repository:admin",
        granular="admin:repository",
    )
    async def delete(self, workspace: str, repo_slug: str, id: int | str) -> None:
        """Delete a rule."""
