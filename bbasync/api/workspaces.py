"""The operations on workspaces, their members, webhooks and effective permissions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Unpack

from ..paging import ItemQuery, ListQuery, Pager
from ..resources import RepositoryPermission, Webhook, Workspace, WorkspaceMembership
from .operation import DELETE, GET, POST, PUT, Group

Role = Literal["owner", "collaborator", "member"]


class Workspaces(Group, name="workspaces"):
    """Workspaces, by slug or ``{uuid}``; users.list_workspaces() names the caller's."""

    @GET(
        "/workspaces",
        scope="account",
        granular="read:user read:workspace",
        deprecated="removed by CHANGE-2770; call users.list_workspaces()",
    )
    def list(self, *, role: Role = "member", **query: Unpack[ListQuery]) -> Pager[Workspace]:
        """Walk the caller's workspaces."""

    @GET(
        "/user/permissions/workspaces",
        scope="account",
        granular="read:user read:workspace",
        only="person",
        deprecated="removed by CHANGE-2770; call users.list_workspaces() and "
        "users.get_workspace_permission()",
    )
    def list_own_permissions(self, **query: Unpack[ListQuery]) -> Pager[WorkspaceMembership]:
        """Walk the caller's levels in all workspaces."""

    @GET("/workspaces/{workspace}", granular="read:workspace")
    async def get(self, workspace: str, **query: Unpack[ItemQuery]) -> Workspace:
        """Get a workspace."""

    @GET("/workspaces/{workspace}/members", scope="account", granular="read:workspace")
    def list_members(
        self, workspace: str, **query: Unpack[ListQuery]
    ) -> Pager[WorkspaceMembership]:
        """Walk the members, without their levels.

        An administrator may filter by up to 90 e-mail addresses, ``F.user.email.is_in(...)``, and
        is told those with ``fields="+values.user.email"``.
        """

    @GET("/workspaces/{workspace}/members/{member}", scope="account", granular="read:workspace")
    async def get_member(
        self, workspace: str, member: str, **query: Unpack[ItemQuery]
    ) -> WorkspaceMembership:
        """Get the membership of a user, by ``{uuid}`` or account id."""

    @GET(
        "/workspaces/{workspace}/permissions",
        scope="account",
        granular="read:workspace",
        only="person",
    )
    def list_permissions(
        self, workspace: str, **query: Unpack[ListQuery]
    ) -> Pager[WorkspaceMembership]:
        """Walk the members with their levels."""

    @GET(
        "/workspaces/{workspace}/permissions/repositories",
        scope="account",
        granular="read:repository",
        only="person",
    )
    def list_repository_permissions(
        self, workspace: str, **query: Unpack[ListQuery]
    ) -> Pager[RepositoryPermission]:
        """Walk who may do what on every repository of the workspace; for its administrators.

        The rights are effective ones: the highest of ownership, and of what was given to the user
        or his groups on the repository or its project. Public access, access tokens and apps are
        not listed.
        """

    @GET(
        "/workspaces/{workspace}/permissions/repositories/{repo_slug}",
        scope="repository",
        granular="read:repository",
        only="person",
    )
    def list_permissions_on_repository(
        self, workspace: str, repo_slug: str, **query: Unpack[ListQuery]
    ) -> Pager[RepositoryPermission]:
        """Walk who may do what on one repository; for its administrators."""

    @GET("/workspaces/{workspace}/hooks", scope="webhook", granular="read:webhook")
    def list_webhooks(self, workspace: str, **query: Unpack[ListQuery]) -> Pager[Webhook]:
        """Walk the webhooks of the workspace itself."""

    @POST("/workspaces/{workspace}/hooks", scope="webhook", granular="read:webhook write:webhook")
    async def create_webhook(self, workspace: str, body: Webhook | Mapping[str, Any]) -> Webhook:
        """Add a webhook that is called for all the workspace's repositories."""

    @GET("/workspaces/{workspace}/hooks/{uid}", scope="webhook", granular="read:webhook")
    async def get_webhook(self, workspace: str, uid: str, **query: Unpack[ItemQuery]) -> Webhook:
        """Get a webhook."""

    @PUT(
        "/workspaces/{workspace}/hooks/{uid}",
        scope="webhook",
        granular="read:webhook write:webhook",
    )
    async def update_webhook(
        self, workspace: str, uid: str, body: Webhook | Mapping[str, Any]
    ) -> Webhook:
        """Change a webhook; a secret that is not sent stays."""

    @DELETE("/workspaces/{workspace}/hooks/{uid}", scope="webhook", granular="delete:webhook")
    async def delete_webhook(self, workspace: str, uid: str) -> None:
        """Delete a webhook."""
