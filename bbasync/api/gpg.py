"""The operations on GPG keys: people's, and the service's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from ..paging import ItemQuery, ListQuery, Pager
from ..resources import GPGKey
from .operation import DELETE, GET, POST, Group


class GPG(Group, name="gpg"):
    """GPG keys of accounts, by fingerprint; only the caller's own can be seen and changed."""

    @GET("/users/{selected_user}/gpg-keys", scope="account", granular="read:gpg-key")
    def list(self, selected_user: str, **query: Unpack[ListQuery]) -> Pager[GPGKey]:
        """Walk the GPG keys of an account; ``key`` and ``subkeys`` come if ``fields`` asks."""

    @POST(
        "/users/{selected_user}/gpg-keys",
        scope="account:write",
        granular="read:gpg-key write:gpg-key",
    )
    async def create(self, selected_user: str, body: GPGKey | Mapping[str, Any]) -> GPGKey:
        """Add a GPG key."""

    @GET("/users/{selected_user}/gpg-keys/{fingerprint}", scope="account", granular="read:gpg-key")
    async def get(self, selected_user: str, fingerprint: str, **query: Unpack[ItemQuery]) -> GPGKey:
        """Get a GPG key; ``key`` and ``subkeys`` come if ``fields`` asks."""

    @DELETE(
        "/users/{selected_user}/gpg-keys/{fingerprint}",
        scope="account:write",
        granular="delete:gpg-key",
    )
    async def delete(self, selected_user: str, fingerprint: str) -> None:
        """Delete a GPG key; of a subkey, ForbiddenError."""

    @GET(
        "/workspaces/{workspace}/settings/gpg/public-key",
        scope="account",
        granular="read:workspace",
    )
    async def get_public_key(self, workspace: str) -> str:
        """Get the key that the service signs with, in ASCII armour; two while it is changed."""
