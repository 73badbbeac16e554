"""Workspaces, and who belongs to them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self, Unpack

from ..model.link import link
from ..model.resource import Resource, resource
from ..paging import ListQuery, Pager

if TYPE_CHECKING:
    from .account import Account
    from .project import Project
    from .repository import Repository
    from .snippet import Snippet
    from .webhook import Webhook

__all__ = ["Workspace", "WorkspaceAccess", "WorkspaceMembership"]


@resource("workspace")
class Workspace(Resource):
    """Where projects and repositories live; in other objects, only its slug, name and uuid."""

    type: str | None = None
    uuid: str | None = None
    slug: str | None = None
    name: str | None = None
    is_private: bool | None = None
    is_personal: bool | None = None
    is_privacy_enforced: bool | None = None
    forking_mode: str | None = None
    """``allow_forks`` or ``internal_only``."""
    created_on: datetime | None = None
    updated_on: datetime | None = None

    @link("self")
    async def self_(self) -> Self:
        """Fetch this workspace in full."""

    @link("members")
    def members(self, **query: Unpack[ListQuery]) -> Pager[WorkspaceMembership]:
        """Walk the workspace's members."""

    @link("owners")
    def owners(self, **query: Unpack[ListQuery]) -> Pager[WorkspaceMembership]:
        """Walk the members who own the workspace."""

    @link("projects")
    def projects(self, **query: Unpack[ListQuery]) -> Pager[Project]:
        """Walk the workspace's projects."""

    @link("repositories")
    def repositories(self, **query: Unpack[ListQuery]) -> Pager[Repository]:
        """Walk the workspace's repositories."""

    @link("snippets")
    def snippets(self, **query: Unpack[ListQuery]) -> Pager[Snippet]:
        """Walk the workspace's snippets."""

    @link("hooks")
    def hooks(self, **query: Unpack[ListQuery]) -> Pager[Webhook]:
        """Walk the workspace's own webhooks."""


@resource("workspace_access")
class WorkspaceAccess(Resource):
    """One of the caller's workspaces, without its name."""

    type: str | None = None
    administrator: bool | None = None
    workspace: Workspace | None = None


@resource("workspace_membership")
class WorkspaceMembership(Resource):
    """A user's place in a workspace; *permission* only where permissions are listed."""

    type: str | None = None
    permission: str | None = None
    """``owner``, ``create-project`` or ``member``; ``collaborator`` in old answers."""
    user: Account | None = None
    workspace: Workspace | None = None
    added_on: datetime | None = None
    """Naive: it comes without a zone."""
    last_accessed: datetime | None = None

    @link("self")
    async def self_(self) -> Self:
        """Fetch this membership again."""
