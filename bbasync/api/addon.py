"""The operations on the installed Connect app itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..wire.body import Body
from .operation import DELETE, GET, PUT, Group


class Addon(Group, name="addon"):
    """The installed Connect app itself.

    Only the app's own JWT may change or delete it; every other credential is refused.
    """

    @PUT("/addon", only="connect_jwt", constant=Body.of_json({}))
    async def update(self, body: Mapping[str, Any] | None = None) -> None:
        """Install the app's descriptor anew: from its present address unless *body* says more.

        *body* is ``{"descriptor": {...}}`` or ``{"descriptor_url": "..."}``. Scopes can't be
        added that way, nor all of them taken away: BadRequestError.
        """

    @DELETE("/addon", only="connect_jwt")
    async def delete(self) -> None:
        """Uninstall the app, for the account whose installation signs the call."""

    @GET("/addon/{addon_key}/client-key", granular="admin:workspace", only="forge")
    async def get_client_key(self, addon_key: str) -> str:
        """Get the client key of the Connect app that a Forge app follows.

        Only for that Forge app, in the workspace where both are installed.
        """
