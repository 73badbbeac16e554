"""The operations on groups of a workspace and their members, by API 1.0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..resources import V1Account, V1Group
from ..wire.body import Body
from ..wire.message import Safety
from .operation import DELETE, GET, POST, PUT, Group
from .version1 import Version1


class Groups(Version1, Group, name="groups"):
    """Groups of a workspace and their members, by API 1.0, for the workspace's administrators.

    The workspace is its slug: a uuid is refused with 403 or 405. An API token can't write here,
    since it can't have the scope.
    """

    @GET("/1.0/groups", only="person")
    async def find(self, *, group: str | Sequence[str]) -> Sequence[V1Group]:
        """Get the groups called ``workspace/group``, as far as the caller is in them."""

    @GET("/1.0/groups/{workspace}", only="person")
    async def list(self, workspace: str) -> Sequence[V1Group]:
        """Get all groups of a workspace, with their members."""

    @POST("/1.0/groups/{workspace}", scope="account:write", only="person", form=("name",))
    async def create(self, workspace: str, *, name: str) -> V1Group:
        """Create a group; its slug is made of its name."""

    @GET("/1.0/groups/{workspace}/{group_slug}", only="person")
    async def get(self, workspace: str, group_slug: str) -> V1Group:
        """Get a group, with its members."""

    @PUT(
        "/1.0/groups/{workspace}/{group_slug}/",
        scope="account:write",
        only="person",
        safety=Safety.NEVER,
    )
    async def update(
        self, workspace: str, group_slug: str, body: V1Group | Mapping[str, Any]
    ) -> V1Group:
        """Change a group's name, default permission, or whether new repositories are opened to it.

        A new name may be a new slug: never repeated.
        """

    @DELETE("/1.0/groups/{workspace}/{group_slug}", scope="account:write", only="person")
    async def delete(self, workspace: str, group_slug: str) -> None:
        """Delete a group; its members stay in the workspace."""

    @GET("/1.0/groups/{workspace}/{group_slug}/members", only="person")
    async def list_members(self, workspace: str, group_slug: str) -> Sequence[V1Account]:
        """Get who is in a group."""

    @PUT(
        "/1.0/groups/{workspace}/{group_slug}/members/{member}",
        scope="account:write",
        only="person",
        constant=Body.of_json({}),
    )
    async def add_member(self, workspace: str, group_slug: str, member: str) -> V1Account:
        """Put a person, by ``{uuid}``, in a group."""

    @DELETE(
        "/1.0/groups/{workspace}/{group_slug}/members/{member}",
        scope="account:write",
        only="person",
    )
    async def remove_member(self, workspace: str, group_slug: str, member: str) -> None:
        """Take a person out of a group."""
