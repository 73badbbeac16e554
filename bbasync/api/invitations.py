"""The operations on invitations to repositories and groups, by API 1.0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from ..resources import Invitation
from ..wire.message import Safety
from .operation import DELETE, GET, POST, PUT, Group
from .version1 import Version1


class Invitations(Version1, Group, name="invitations"):
    """Invitations to repositories and to groups, by API 1.0.

    *account* is a workspace's slug or a ``{uuid}``.
    """

    @POST("/1.0/invitations/{workspace}/{repo_slug}", only="person", form=("permission", "email"))
    async def create(
        self,
        workspace: str,
        repo_slug: str,
        *,
        email: str,
        permission: Literal["read", "write", "admin"],
    ) -> Invitation:
        """Invite somebody to a repository."""

    @GET("/1.0/users/{account}/invitations", only="person")
    async def list(self, account: str) -> Sequence[Invitation]:
        """Get the invitations to groups that nobody has accepted yet."""

    @GET("/1.0/users/{account}/invitations/{email}", only="person")
    async def get(self, account: str, email: str) -> Invitation:
        """Get what an address is invited to."""

    @GET("/1.0/users/{account}/invitations/{email}/{group_owner}/{group_slug}", only="person")
    async def get_for_group(
        self, account: str, email: str, group_owner: str, group_slug: str
    ) -> Invitation:
        """Get an address's invitation to one group."""

    @PUT("/1.0/users/{account}/invitations", only="person", safety=Safety.NEVER)
    async def invite(self, account: str, body: Invitation | Mapping[str, Any]) -> None:
        """Invite an ``email`` to the group ``group_slug``; never repeated: it sends a mail."""

    @DELETE("/1.0/users/{account}/invitations", only="person")
    async def delete(self, account: str, body: Invitation | Mapping[str, Any]) -> None:
        """Take back the invitations of an ``email``, or only that to the group ``group_slug``."""
