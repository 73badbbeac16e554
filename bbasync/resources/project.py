"""Projects, and the rights given on them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self, Unpack

from ..model.link import link
from ..model.resource import Resource, resource
from ..paging import ListQuery, Pager

if TYPE_CHECKING:
    from .account import Account
    from .group import Group
    from .repository import Repository
    from .workspace import Workspace

__all__ = ["DefaultReviewer", "Project", "ProjectGroupPermission", "ProjectUserPermission"]


@resource("project")
class Project(Resource):
    """A set of repositories in a workspace."""

    type: str | None = None
    uuid: str | None = None
    key: str | None = None
    """In capitals, unique in the workspace."""
    name: str | None = None
    description: str | None = None
    is_private: bool | None = None
    has_publicly_visible_repos: bool | None = None
    owner: Account | None = None
    workspace: Workspace | None = None
    created_on: datetime | None = None
    updated_on: datetime | None = None

    @link("self")
    async def self_(self) -> Self:
        """Fetch this project in full."""

    @link("repositories")
    def repositories(self, **query: Unpack[ListQuery]) -> Pager[Repository]:
        """Walk the project's repositories."""


@resource("project_user_permission")
class ProjectUserPermission(Resource):
    """A right given to a user on a project, by hand."""

    type: str | None = None
    permission: str | None = None
    """``none``, ``read``, ``write``, ``create-repo`` or ``admin``."""
    user: Account | None = None
    project: Project | None = None

    @link("self")
    async def self_(self) -> Self:
        """Fetch this permission again."""


@resource("project_group_permission")
class ProjectGroupPermission(Resource):
    """A right given to a group on a project."""

    type: str | None = None
    permission: str | None = None
    """``none``, ``read``, ``write``, ``create-repo`` or ``admin``."""
    group: Group | None = None
    project: Project | None = None

    @link("self")
    async def self_(self) -> Self:
        """Fetch this permission again."""


@resource("default_reviewer")
class DefaultReviewer(Resource):
    """Who reviews every new pull request, and where that was set."""

    type: str | None = None
    reviewer_type: str | None = None
    """``project`` or ``repository``."""
    user: Account | None = None
