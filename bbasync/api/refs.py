"""The operations on branches and tags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from ..paging import ItemQuery, ListQuery, Pager
from ..resources import Branch, Ref, Tag
from .operation import DELETE, GET, POST, Group


class Refs(Group, name="refs"):
    """Branches and tags, by names without ``refs/heads/``; slashes in names are fine.

    Sorting by ``name`` counts as people do: v9 comes before v10.
    """

    @GET(
        "/repositories/{workspace}/{repo_slug}/refs", scope="repository", granular="read:repository"
    )
    def list(self, workspace: str, repo_slug: str, **query: Unpack[ListQuery]) -> Pager[Ref]:
        """Walk branches and tags together."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/refs/branches",
        scope="repository",
        granular="read:repository",
    )
    def list_branches(
        self, workspace: str, repo_slug: str, **query: Unpack[ListQuery]
    ) -> Pager[Branch]:
        """Walk the branches."""

    @POST(
        "/repositories/{workspace}/{repo_slug}/refs/branches",
        scope="repository:write",
        granular="read:repository write:repository",
    )
    async def create_branch(
        self, workspace: str, repo_slug: str, body: Branch | Mapping[str, Any]
    ) -> Branch:
        """Make a branch called ``name`` at the hash of ``target``, best given in full."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/refs/branches/{name}",
        scope="repository",
        granular="read:repository",
    )
    async def get_branch(
        self, workspace: str, repo_slug: str, name: str, **query: Unpack[ItemQuery]
    ) -> Branch:
        """Get a branch."""

    @DELETE(
        "/repositories/{workspace}/{repo_slug}/refs/branches/{name}",
        scope="repository:write",
        granular="write:repository",
    )
    async def delete_branch(self, workspace: str, repo_slug: str, name: str) -> None:
        """Delete a branch; the main one is refused with 400."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/refs/tags",
        scope="repository",
        granular="read:repository",
    )
    def list_tags(self, workspace: str, repo_slug: str, **query: Unpack[ListQuery]) -> Pager[Tag]:
        """Walk the tags."""

    @POST(
        "/repositories/{workspace}/{repo_slug}/refs/tags",
        scope="repository:write",
        granular="read:repository write:repository",
    )
    async def create_tag(
        self, workspace: str, repo_slug: str, body: Tag | Mapping[str, Any]
    ) -> Tag:
        """Make a tag called ``name`` at the hash of ``target``; without ``message`` it gets one."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/refs/tags/{name}",
        scope="repository",
        granular="read:repository",
    )
    async def get_tag(
        self, workspace: str, repo_slug: str, name: str, **query: Unpack[ItemQuery]
    ) -> Tag:
        """Get a tag."""

    @DELETE(
        "/repositories/{workspace}/{repo_slug}/refs/tags/{name}",
        scope="repository:write",
        granular="write:repository",
    )
    async def delete_tag(self, workspace: str, repo_slug: str, name: str) -> None:
        """Delete a tag."""
