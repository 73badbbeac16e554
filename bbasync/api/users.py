"""The operations on the caller and on other accounts."""

from __future__ import annotations

from typing import Unpack

from ..paging import ItemQuery, ListQuery, Pager
from ..resources import Account, Email, WorkspaceAccess, WorkspaceMembership
from .operation import GET, Group


class Users(Group, name="users"):
    """Accounts: the caller's own, and others by ``{uuid}`` or account id."""

    @GET("/user", scope="account", granular="read:user", only="person")
    async def me(self, **query: Unpack[ItemQuery]) -> Account:
        """Get the caller; an access token, which is nobody's, gets a ForbiddenError."""

    @GET("/user/emails", scope="email", granular="read:user", only="person")
    def list_emails(self, **query: Unpack[ListQuery]) -> Pager[Email]:
        """Walk the caller's e-mail addresses."""

    @GET("/user/emails/{email}", scope="email", granular="read:user", only="person")
    async def get_email(self, email: str, **query: Unpack[ItemQuery]) -> Email:
        """Get one of the caller's e-mail addresses."""

    @GET("/users/{selected_user}", granular="read:user")
    async def get(self, selected_user: str, **query: Unpack[ItemQuery]) -> Account:
        """Get an account."""

    @GET("/user/workspaces", scope="account", granular="read:workspace", only="person")
    def list_workspaces(
        self, *, administrator: bool | None = None, **query: Unpack[ListQuery]
    ) -> Pager[WorkspaceAccess]:
        """Walk the caller's workspaces, or only those he does or doesn't administer."""

    @GET(
        "/user/workspaces/{workspace}/permission",
        scope="account",
        granular="read:workspace",
        only="person",
    )
    async def get_workspace_permission(
        self, workspace: str, **query: Unpack[ItemQuery]
    ) -> WorkspaceMembership:
        """Get the caller's own level in a workspace."""
