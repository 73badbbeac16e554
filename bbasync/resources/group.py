"""Groups of people, as permissions name them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from ..model.link import link
from ..model.resource import Resource, resource

if TYPE_CHECKING:
    from .account import Account
    from .workspace import Workspace

__all__ = ["Group"]


@resource("group")
class Group(Resource):
    """A group of people of a workspace; who is in it, only API 1.0 tells."""

    type: str | None = None
    name: str | None = None
    slug: str | None = None
    full_slug: str | None = None
    """``workspace:slug``."""
    owner: Account | None = None
    workspace: Workspace | None = None

    @link("self")
    async def self_(self) -> Self:
        """Fetch this group again."""
