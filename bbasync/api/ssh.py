"""The operations on people's SSH keys."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Unpack

from ..paging import ItemQuery, ListQuery, Pager
from ..resources import SSHKey
from .operation import DELETE, GET, POST, PUT, Group


class SSH(Group, name="ssh"):
    """SSH keys of accounts; only the caller's own can be seen and changed."""

    @GET("/users/{selected_user}/ssh-keys", scope="account", granular="read:ssh-key")
    def list(self, selected_user: str, **query: Unpack[ListQuery]) -> Pager[SSHKey]:
        """Walk the SSH keys of an account."""

    @POST(
        "/users/{selected_user}/ssh-keys",
        scope="account:write",
        granular="read:ssh-key write:ssh-key",
    )
    async def create(
        self,
        selected_user: str,
        body: SSHKey | Mapping[str, Any],
        *,
        expires_on: date | str | None = None,
    ) -> SSHKey:
        """Add an SSH key, which stops working at *expires_on* if that is given."""

    @GET("/users/{selected_user}/ssh-keys/{key_id}", scope="account", granular="read:ssh-key")
    async def get(self, selected_user: str, key_id: str, **query: Unpack[ItemQuery]) -> SSHKey:
        """Get an SSH key by its uuid."""

    @PUT(
        "/users/{selected_user}/ssh-keys/{key_id}",
        scope="account:write",
        granular="read:ssh-key write:ssh-key",
    )
    async def update(
        self, selected_user: str, key_id: str, body: SSHKey | Mapping[str, Any]
    ) -> SSHKey:
        """Change what an SSH key is called; for another key, delete it and add that."""

    @DELETE(
        "/users/{selected_user}/ssh-keys/{key_id}", scope="account:write", granular="delete:ssh-key"
    )
    async def delete(self, selected_user: str, key_id: str) -> None:
        """Delete an SSH key."""
