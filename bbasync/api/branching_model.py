"""The operations on how branches are named, in repositories and projects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from ..paging import ItemQuery
from ..resources import (
    BranchingModel as Model,
)
from ..resources import (
    BranchingModelSettings,
    EffectiveBranchingModel,
    ProjectBranchingModel,
)
from .operation import GET, PUT, Group


class BranchingModel(Group, name="branching_model"):
    """How branches are named, in repositories and projects.

    A repository has its project's model as long as its override settings say so.
    """

    @GET(
        "/repositories/{workspace}/{repo_slug}/branching-model",
        scope="repository",
        granular="read:repository",
    )
    async def get(self, workspace: str, repo_slug: str, **query: Unpack[ItemQuery]) -> Model:
        """Get the repository's own model: what is enabled, with the branches that exist."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/effective-branching-model",
        scope="repository",
        granular="read:repository",
    )
    async def get_effective(
        self, workspace: str, repo_slug: str, **query: Unpack[ItemQuery]
    ) -> EffectiveBranchingModel:
        """Get the model that holds in a repository, be it its own or its project's."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/branching-model/settings",
        scope="repository:admin",
        granular="admin:repository",
    )
    async def get_settings(
        self, workspace: str, repo_slug: str, **query: Unpack[ItemQuery]
    ) -> BranchingModelSettings:
        """Get what the repository's model is made of, disabled parts too."""

    @PUT(
        "/repositories/{workspace}/{repo_slug}/branching-model/settings",
        scope="repository:admin",
        granular="admin:repository",
    )
    async def update_settings(
        self, workspace: str, repo_slug: str, body: BranchingModelSettings | Mapping[str, Any]
    ) -> BranchingModelSettings:
        """Change the repository's model; what *body* leaves out stays.

        That goes for what is inside, too, and branch types are told apart by their ``kind``. A
        branch must exist, and its ``name`` be None where ``use_mainbranch`` is set; two enabled
        types can't begin alike: else BadRequestError.
        """

    @GET(
        "/workspaces/{workspace}/projects/{project_key}/branching-model",
        scope="project:admin",
        granular="read:repository",
    )
    async def get_project_model(
        self, workspace: str, project_key: str, **query: Unpack[ItemQuery]
    ) -> ProjectBranchingModel:
        """Get the model that a project's repositories inherit."""

    @GET(
        "/workspaces/{workspace}/projects/{project_key}/branching-model/settings",
        scope="project:admin",
        granular="admin:project",
    )
    async def get_project_settings(
        self, workspace: str, project_key: str, **query: Unpack[ItemQuery]
    ) -> BranchingModelSettings:
        """Get what a project's model is made of, disabled parts too."""

    @PUT(
        "/workspaces/{workspace}/projects/{project_key}/branching-model/settings",
        scope="project:admin",
        granular="admin:project",
    )
    async def update_project_settings(
        self, workspace: str, project_key: str, body: BranchingModelSettings | Mapping[str, Any]
    ) -> BranchingModelSettings:
        """Change a project's model; what *body* leaves out stays.

        Any branch can be named: where a repository lacks it, its main branch takes its place.
        """
