"""Build statuses of commits."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from ..model.link import link
from ..model.resource import Resource, resource

if TYPE_CHECKING:
    from .commit import Commit
    from .repository import Repository

__all__ = ["CommitStatus"]


@resource("build")
class CommitStatus(Resource):
    """What a build system says about a commit; ``key`` and ``state`` are needed to write one."""

    type: str | None = None
    uuid: str | None = None
    key: str | None = None
    """Names the status on its commit; it can't be changed."""
    state: str | None = None
    """``SUCCESSFUL``, ``FAILED``, ``INPROGRESS`` or ``STOPPED``."""
    name: str | None = None
    description: str | None = None
    url: str | None = None
    """The build system's page; ``{repository.full_name}`` and the like in it are filled in."""
    refname: str | None = None
    """The branch that was built. A pull request shows only statuses of its source branch."""
    commit: Commit | None = None
    repository: Repository | None = None
    created_on: datetime | None = None
    updated_on: datetime | None = None

    @link("self")
    async def self_(self) -> Self:
        """Fetch this status again."""

    @link("commit")
    async def get_commit(self) -> Commit:
        """Fetch the commit that it is about."""
