"""The operations on repositories, their forks, webhooks, settings and permissions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, Unpack

from ..model.poll import USUAL, Polling, poll
from ..paging import ItemQuery, ListQuery, Pager
from ..resources import (
    Account,
    InheritanceState,
    Repository,
    RepositoryGroupPermission,
    RepositoryPermission,
    RepositoryUserPermission,
    Webhook,
)
from ..wire.message import Safety
from .operation import DELETE, GET, POST, PUT, Group

_HOOKS: Final = "/repositories/{workspace}/{repo_slug}/hooks"
_GROUPS: Final = "/repositories/{workspace}/{repo_slug}/permissions-config/groups"
_USERS: Final = "/repositories/{workspace}/{repo_slug}/permissions-config/users"

Role = Literal["admin", "contributor", "member", "owner"]
"""The caller's explicit right: admin, write, read, or ownership."""


class Repositories(Group, name="repositories"):
    """Repositories, by workspace and slug; by uuid too, and then the workspace may be ``{}``."""

    @GET(
        "/repositories",
        scope="repository",
        granular="read:repository",
        deprecated="removed by CHANGE-2770; walk users.list_workspaces(), then list() each",
    )
    def list_public(
        self, *, after: str | None = None, role: Role = "member", **query: Unpack[ListQuery]
    ) -> Pager[Repository]:
        """Walk all public repositories."""

    @GET("/repositories/{workspace}", scope="repository", granular="read:repository")
    def list(
        self, workspace: str, *, role: Role = "member", **query: Unpack[ListQuery]
    ) -> Pager[Repository]:
        """Walk the workspace's repositories that the caller may see."""

    @GET("/repositories/{workspace}/{repo_slug}", scope="repository", granular="read:repository")
    async def get(self, workspace: str, repo_slug: str, **query: Unpack[ItemQuery]) -> Repository:
        """Get a repository."""

    @POST(
        "/repositories/{workspace}/{repo_slug}",
        scope="repository:admin",
        granular="admin:repository",
    )
    async def create(
        self, workspace: str, repo_slug: str, body: Repository | Mapping[str, Any] | None = None
    ) -> Repository:
        """Create a repository."""

    @PUT(
        "/repositories/{workspace}/{repo_slug}",
        scope="repository:admin",
        granular="admin:repository",
        safety=Safety.NEVER,
    )
    async def update(
        self, workspace: str, repo_slug: str, body: Repository | Mapping[str, Any]
    ) -> Repository:
        """Change a repository, or create it where there is none.

        A new name is a new slug, so that the old address stops working: never repeated.
        """

    @DELETE(
        "/repositories/{workspace}/{repo_slug}",
        scope="repository:delete",
        granular="delete:repository",
    )
    async def delete(
        self, workspace: str, repo_slug: str, *, redirect_to: str | None = None
    ) -> None:
        """Delete a repository, at once and for good.

        *redirect_to* is shown to people who open its old address.
        """

    @GET(
        "/repositories/{workspace}/{repo_slug}/forks",
        scope="repository",
        granular="read:repository",
    )
    def list_forks(
        self, workspace: str, repo_slug: str, *, role: Role = "member", **query: Unpack[ListQuery]
    ) -> Pager[Repository]:
        """Walk the forks of a repository."""

    @POST(
        "/repositories/{workspace}/{repo_slug}/forks",
        scope="repository:write",
        granular="read:repository write:repository",
    )
    async def fork(
        self, workspace: str, repo_slug: str, body: Repository | Mapping[str, Any]
    ) -> Repository:
        """Fork a repository into the workspace that *body* names."""

    async def fork_and_wait(
        self,
        workspace: str,
        repo_slug: str,
        body: Repository | Mapping[str, Any],
        *,
        polling: Polling = USUAL,
    ) -> Repository:
        """Fork a repository, and wait until its content was copied.

        The service answers at once, and a new fork may be empty for a while. TimedOutError where
        it still is when *polling* ends; the fork exists all the same.
        """
        parent = await self.get(workspace, repo_slug, fields="mainbranch.name")
        made = await self.fork(workspace, repo_slug, body)
        if parent.mainbranch is None:
            return made

        async def look() -> Repository | None:
            found = await made.self_()
            return found if found.mainbranch is not None else None

        return await poll(look, polling, what=f"the copy to {made.full_name}")

    @GET(_HOOKS, scope="webhook", granular="read:webhook")
    def list_webhooks(
        self, workspace: str, repo_slug: str, **query: Unpack[ListQuery]
    ) -> Pager[Webhook]:
        """Walk the webhooks of a repository."""

    @POST(_HOOKS, scope="webhook", granular="read:webhook write:webhook")
    async def create_webhook(
        self, workspace: str, repo_slug: str, body: Webhook | Mapping[str, Any]
    ) -> Webhook:
        """Add a webhook; it needs the scope of every event that it names too."""

    @GET(f"{_HOOKS}/{{uid}}", scope="webhook", granular="read:webhook")
    async def get_webhook(
        self, workspace: str, repo_slug: str, uid: str, **query: Unpack[ItemQuery]
    ) -> Webhook:
        """Get a webhook."""

    @PUT(f"{_HOOKS}/{{uid}}", scope="webhook", granular="read:webhook write:webhook")
    async def update_webhook(
        self, workspace: str, repo_slug: str, uid: str, body: Webhook | Mapping[str, Any]
    ) -> Webhook:
        """Change a webhook; a secret that is not sent stays."""

    @DELETE(f"{_HOOKS}/{{uid}}", scope="webhook", granular="delete:webhook")
    async def delete_webhook(self, workspace: str, repo_slug: str, uid: str) -> None:
        """Delete a webhook."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/override-settings",
        scope="repository:admin",
        granular="admin:repository",
    )
    async def get_override_settings(
        self, workspace: str, repo_slug: str, **query: Unpack[ItemQuery]
    ) -> InheritanceState:
        """Get which settings the repository has of its own."""

    @PUT(
        "/repositories/{workspace}/{repo_slug}/override-settings",
        scope="repository:admin",
        granular="admin:repository",
    )
    async def update_override_settings(
        self, workspace: str, repo_slug: str, body: InheritanceState | Mapping[str, Any]
    ) -> None:
        """Set which settings the repository has of its own."""

    @GET(_GROUPS, scope="repository:admin", granular="read:repository", only="person")
    def list_group_permissions(
        self, workspace: str, repo_slug: str, **query: Unpack[ListQuery]
    ) -> Pager[RepositoryGroupPermission]:
        """Walk the rights given to groups on a repository; filters have no effect here."""

    @GET(
        f"{_GROUPS}/{{group_slug}}",
        scope="repository:admin",
        granular="read:repository",
        only="person",
    )
    async def get_group_permission(
        self, workspace: str, repo_slug: str, group_slug: str, **query: Unpack[ItemQuery]
    ) -> RepositoryGroupPermission:
        """Get the right given to a group, which may be ``none``."""

    @PUT(
        f"{_GROUPS}/{{group_slug}}",
        scope="repository:admin",
        granular="admin:repository write:permission",
        only="api_token",
    )
    async def update_group_permission(
        self,
        workspace: str,
        repo_slug: str,
        group_slug: str,
        body: RepositoryGroupPermission | Mapping[str, Any],
    ) -> RepositoryGroupPermission:
        """Give a group a right; takes a user's API token, no other credential."""

    @DELETE(
        f"{_GROUPS}/{{group_slug}}",
        scope="repository:admin",
        granular="admin:repository delete:permission",
        only="api_token",
    )
    async def delete_group_permission(
        self, workspace: str, repo_slug: str, group_slug: str
    ) -> None:
        """Take the right given to a group away; what its members have otherwise stays."""

    @GET(_USERS, scope="repository:admin", granular="read:repository", only="person")
    def list_user_permissions(
        self, workspace: str, repo_slug: str, **query: Unpack[ListQuery]
    ) -> Pager[RepositoryUserPermission]:
        """Walk the rights given to users by hand on a repository; filters have no effect here."""

    @GET(
        f"{_USERS}/{{selected_user_id}}",
        scope="repository:admin",
        granular="read:repository",
        only="person",
    )
    async def get_user_permission(
        self, workspace: str, repo_slug: str, selected_user_id: str, **query: Unpack[ItemQuery]
    ) -> RepositoryUserPermission:
        """Get the right given to a user by hand, which may be ``none``."""

    @PUT(
        f"{_USERS}/{{selected_user_id}}",
        scope="repository:admin",
        granular="admin:repository write:permission",
        only="api_token",
    )
    async def update_user_permission(
        self,
        workspace: str,
        repo_slug: str,
        selected_user_id: str,
        body: RepositoryUserPermission | Mapping[str, Any],
    ) -> RepositoryUserPermission:
        """Give a member of the workspace a right; takes a user's API token only."""

    @DELETE(
        f"{_USERS}/{{selected_user_id}}",
        scope="repository:admin",
        granular="admin:repository delete:permission",
        only="api_token",
    )
    async def delete_user_permission(
        self, workspace: str, repo_slug: str, selected_user_id: str
    ) -> None:
        """Take the right given to a user away; what he has through groups or projects stays."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/watchers",
        scope="repository",
        granular="read:repository",
    )
    def list_watchers(
        self, workspace: str, repo_slug: str, **query: Unpack[ListQuery]
    ) -> Pager[Account]:
        """Walk the people who watch a repository."""

    @GET(
        "/user/workspaces/{workspace}/permissions/repositories",
        scope="account repository",
        granular="read:repository",
        only="person",
    )
    def list_own_permissions(
        self, workspace: str, **query: Unpack[ListQuery]
    ) -> Pager[RepositoryPermission]:
        """Walk the caller's own effective rights in a workspace."""

    @GET(
        "/user/permissions/repositories",
        scope="account repository",
        granular="read:repository",
        only="person",
        deprecated="removed by CHANGE-2770; walk users.list_workspaces(), then "
        "list_own_permissions() of each",
    )
    def list_all_own_permissions(self, **query: Unpack[ListQuery]) -> Pager[RepositoryPermission]:
        """Walk the caller's own effective rights in all workspaces."""
