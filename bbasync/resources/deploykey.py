"""Deploy keys: SSH keys that read one repository, or all of one project."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from ..model.link import link
from ..model.resource import Resource, resource

if TYPE_CHECKING:
    from .account import Account
    from .project import Project
    from .repository import Repository

__all__ = ["DeployKey", "ProjectDeployKey"]


@resource("deploy_key")
class DeployKey(Resource):
    """An SSH key that reads one repository; to add one, set ``key`` and ``label``."""

    type: str | None = None
    id: int | None = None
    key: str | None = None
    label: str | None = None
    comment: str | None = None
    """What stood behind the key when it was added."""
    repository: Repository | None = None
    owner: Account | None = None
    created_on: datetime | None = None
    added_on: datetime | None = None
    last_used: datetime | None = None
    """None where it never was."""

    @link("self")
    async def self_(self) -> Self:
        """Fetch this key again."""


@resource("project_deploy_key")
class ProjectDeployKey(Resource):
    """An SSH key that reads the repositories of a project."""

    type: str | None = None
    id: int | None = None
    key: str | None = None
    label: str | None = None
    comment: str | None = None
    """What stood behind the key when it was added."""
    project: Project | None = None
    created_by: Account | None = None
    created_on: datetime | None = None
    added_on: datetime | None = None
    last_used: datetime | None = None
    """None where it never was."""

    @link("self")
    async def self_(self) -> Self:
        """Fetch this key again."""
