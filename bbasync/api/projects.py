"""The operations on projects, their default reviewers and permissions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from ..paging import ItemQuery, ListQuery, Pager
from ..resources import (
    Account,
    DefaultReviewer,
    Project,
    ProjectGroupPermission,
    ProjectUserPermission,
)
from ..wire.message import Safety
from .operation import DELETE, GET, POST, PUT, Group


class Projects(Group, name="projects"):
    """Projects of a workspace, by key."""

    @GET("/workspaces/{workspace}/projects", scope="project", granular="read:project")
    def list(self, workspace: str, **query: Unpack[ListQuery]) -> Pager[Project]:
        """Walk the projects of a workspace."""

    @POST("/workspaces/{workspace}/projects", scope="project:admin", granular="admin:project")
    async def create(self, workspace: str, body: Project | Mapping[str, Any]) -> Project:
        """Create a project."""

    @GET("/workspaces/{workspace}/projects/{project_key}", scope="project", granular="read:project")
    async def get(self, workspace: str, project_key: str, **query: Unpack[ItemQuery]) -> Project:
        """Get a project."""

    @PUT(
        "/workspaces/{workspace}/projects/{project_key}",
        scope="project:admin",
        granular="admin:project",
        safety=Safety.NEVER,
    )
    async def update(
        self, workspace: str, project_key: str, body: Project | Mapping[str, Any]
    ) -> Project:
        """Change a project, or create it where there is none.

        A new key is a new address: never repeated.
        """

    @DELETE(
        "/workspaces/{workspace}/projects/{project_key}",
        scope="project:admin",
        granular="admin:project",
    )
    async def delete(self, workspace: str, project_key: str) -> None:
        """Delete a project that has no repositories."""

    @GET(
        "/workspaces/{workspace}/projects/{project_key}/default-reviewers",
        scope="project:admin",
        granular="read:pullrequest",
    )
    def list_default_reviewers(
        self, workspace: str, project_key: str, **query: Unpack[ListQuery]
    ) -> Pager[DefaultReviewer]:
        """Walk who reviews every new pull request of the project's repositories."""

    @GET(
        "/workspaces/{workspace}/projects/{project_key}/default-reviewers/{selected_user}",
        scope="project:admin",
        granular="read:pullrequest",
    )
    async def get_default_reviewer(
        self, workspace: str, project_key: str, selected_user: str, **query: Unpack[ItemQuery]
    ) -> Account:
        """Get a default reviewer; a NotFoundError says that the user is none."""

    @PUT(
        "/workspaces/{workspace}/projects/{project_key}/default-reviewers/{selected_user}",
        scope="project:admin",
        granular="admin:project",
    )
    async def add_default_reviewer(
        self, workspace: str, project_key: str, selected_user: str
    ) -> Account:
        """Make a user a default reviewer."""

    @DELETE(
        "/workspaces/{workspace}/projects/{project_key}/default-reviewers/{selected_user}",
        scope="project:admin",
        granular="admin:project",
    )
    async def remove_default_reviewer(
        self, workspace: str, project_key: str, selected_user: str
    ) -> None:
        """Make a user no default reviewer any more."""

    @GET(
        "/workspaces/{workspace}/projects/{project_key}/permissions-config/groups",
        scope="project:admin",
        granular="read:project",
        only="person",
    )
    def list_group_permissions(
        self, workspace: str, project_key: str, **query: Unpack[ListQuery]
    ) -> Pager[ProjectGroupPermission]:
        """Walk the rights given to groups on a project; filters have no effect here."""

    @GET(
        "/workspaces/{workspace}/projects/{project_key}/permissions-config/groups/{group_slug}",
        scope="project:admin",
        granular="read:project",
        only="person",
    )
    async def get_group_permission(
        self, workspace: str, project_key: str, group_slug: str, **query: Unpack[ItemQuery]
    ) -> ProjectGroupPermission:
        """Get the right given to a group, which may be ``none``."""

    @PUT(
        "/workspaces/{workspace}/projects/{project_key}/permissions-config/groups/{group_slug}",
        scope="project:admin",
        granular="admin:project write:permission",
        only="api_token",
    )
    async def update_group_permission(
        self,
        workspace: str,
        project_key: str,
        group_slug: str,
        body: ProjectGroupPermission | Mapping[str, Any],
    ) -> ProjectGroupPermission:
        """Give a group a right; takes a user's API token, no other credential."""

    @DELETE(
        "/workspaces/{workspace}/projects/{project_key}/permissions-config/groups/{group_slug}",
        scope="project:admin",
        granular="admin:project delete:permission",
        only="api_token",
    )
    async def delete_group_permission(
        self, workspace: str, project_key: str, group_slug: str
    ) -> None:
        """Take the right given to a group away."""

    @GET(
        "/workspaces/{workspace}/projects/{project_key}/permissions-config/users",
        scope="project:admin",
        granular="read:project",
        only="person",
    )
    def list_user_permissions(
        self, workspace: str, project_key: str, **query: Unpack[ListQuery]
    ) -> Pager[ProjectUserPermission]:
        """Walk the rights given to users by hand on a project; filters have no effect here."""

    @GET(
        "/workspaces/{workspace}/projects/{project_key}/permissions-config/users/{selected_user_id}",
        scope="project:admin",
        granular="read:project",
        only="person",
    )
    async def get_user_permission(
        self, workspace: str, project_key: str, selected_user_id: str, **query: Unpack[ItemQuery]
    ) -> ProjectUserPermission:
        """Get the right given to a user by hand, which may be ``none``."""

    @PUT(
        "/workspaces/{workspace}/projects/{project_key}/permissions-config/users/{selected_user_id}",
        scope="project:admin",
        granular="admin:project write:permission",
        only="api_token",
    )
    async def update_user_permission(
        self,
        workspace: str,
        project_key: str,
        selected_user_id: str,
        body: ProjectUserPermission | Mapping[str, Any],
    ) -> ProjectUserPermission:
        """Give a member of the workspace a right; takes a user's API token only."""

    @DELETE(
        "/workspaces/{workspace}/projects/{project_key}/permissions-config/users/{selected_user_id}",
        scope="project:admin",
        granular="admin:project delete:permission",
        only="api_token",
    )
    async def delete_user_permission(
        self, workspace: str, project_key: str, selected_user_id: str
    ) -> None:
        """Take the right given to a user on a project away."""
