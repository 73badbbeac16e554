"""The operations on what groups may do with repositories, by API 1.0."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ..resources import GroupPrivilege
from .operation import DELETE, GET, PUT, Group
from .version1 import Version1

Privilege = Literal["read", "write", "admin"]


class GroupPrivileges(Version1, Group, name="group_privileges"):
    """What groups may do with repositories, by API 1.0, for the workspace's administrators.

    *group_owner* is the workspace whose group it is. API 2.0 has ``list_group_permissions`` of a
    repository or a project for it, and nothing that lists what one group may do.
    """

    @GET("/1.0/group-privileges/{workspace}", only="person")
    async def list(
        self,
        workspace: str,
        *,
        filter: Privilege | None = None,
        private: bool | None = None,
    ) -> Sequence[GroupPrivilege]:
        """Get every privilege on every repository of a workspace, or those of one kind.

        *private* keeps to private repositories, or to public ones.
        """

    @GET("/1.0/group-privileges/{workspace}/{repo_slug}", only="person")
    async def list_of_repository(
        self,
        workspace: str,
        repo_slug: str,
        *,
        filter: Privilege | None = None,
        private: bool | None = None,
    ) -> Sequence[GroupPrivilege]:
        """Get the privileges on a repository."""

    @GET("/1.0/group-privileges/{workspace}/{group_owner}/{group_slug}", only="person")
    async def list_of_group(
        self, workspace: str, group_owner: str, group_slug: str
    ) -> Sequence[GroupPrivilege]:
        """Get a group's privileges on all repositories of a workspace."""

    @GET("/1.0/group-privileges/{workspace}/{repo_slug}/{group_owner}/{group_slug}", only="person")
    async def get(
        self, workspace: str, repo_slug: str, group_owner: str, group_slug: str
    ) -> Sequence[GroupPrivilege]:
        """Get a group's privilege on a repository: a list of it alone."""

    @PUT("/1.0/group-privileges/{workspace}/{repo_slug}/{group_owner}/{group_slug}", only="person")
    async def update(
        self, workspace: str, repo_slug: str, group_owner: str, group_slug: str, body: str
    ) -> Sequence[GroupPrivilege]:
        """Give a group the privilege *body* on a repository: ``read``, ``write`` or ``admin``."""

    @DELETE(
        "/1.0/group-privileges/{workspace}/{repo_slug}/{group_owner}/{group_slug}", only="person"
    )
    async def delete(
        self, workspace: str, repo_slug: str, group_owner: str, group_slug: str
    ) -> None:
        """Take a group's privilege on a repository away."""

    @DELETE("/1.0/group-privileges/{workspace}/{group_owner}/{group_slug}", only="person")
    async def delete_of_group(self, workspace: str, group_owner: str, group_slug: str) -> None:
        """Take a group's privileges on all repositories of a workspace away."""
