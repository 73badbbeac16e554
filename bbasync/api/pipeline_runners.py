"""Runners of a repository, and of a workspace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Unpack

from ..paging import ItemQuery, ListQuery, Pager
from ..resources import PipelineRunner
from .operation import DELETE, GET, POST, PUT, Group

_OF_REPOSITORY: Final = "/repositories/{workspace}/{repo_slug}/pipelines-config/runners"
_OF_WORKSPACE: Final = "/workspaces/{workspace}/pipelines-config/runners"


class Runners(Group):
    """Machines of one's own that steps run on."""

    @GET(_OF_REPOSITORY, scope="runner", granular="read:runner")
    def list_runners(
        self, workspace: str, repo_slug: str, **query: Unpack[ListQuery]
    ) -> Pager[PipelineRunner]:
        """Walk the runners of a repository."""

    @POST(_OF_REPOSITORY, scope="runner:write", granular="read:runner write:runner")
    async def create_runner(
        self, workspace: str, repo_slug: str, body: PipelineRunner | Mapping[str, Any]
    ) -> PipelineRunner:
        """Make a runner for a repository; its OAuth secret is told only in this answer."""

    @GET(f"{_OF_REPOSITORY}/{{runner_uuid}}", scope="runner", granular="read:runner")
    async def get_runner(
        self, workspace: str, repo_slug: str, runner_uuid: str, **query: Unpack[ItemQuery]
    ) -> PipelineRunner:
        """Get a runner of a repository."""

    @PUT(
        f"{_OF_REPOSITORY}/{{runner_uuid}}",
        scope="runner:write",
        granular="read:runner write:runner",
    )
    async def update_runner(
        self,
        workspace: str,
        repo_slug: str,
        runner_uuid: str,
        body: PipelineRunner | Mapping[str, Any],
    ) -> PipelineRunner:
        """Change a runner of a repository."""

    @DELETE(f"{_OF_REPOSITORY}/{{runner_uuid}}", scope="runner:write", granular="write:runner")
    async def delete_runner(self, workspace: str, repo_slug: str, runner_uuid: str) -> None:
        """Delete a runner of a repository."""

    @GET(_OF_WORKSPACE, scope="runner", granular="read:runner")
    def list_workspace_runners(
        self, workspace: str, **query: Unpack[ListQuery]
    ) -> Pager[PipelineRunner]:
        """Walk the runners of a workspace."""

    @POST(_OF_WORKSPACE, scope="runner:write", granular="read:runner write:runner")
    async def create_workspace_runner(
        self, workspace: str, body: PipelineRunner | Mapping[str, Any]
    ) -> PipelineRunner:
        """Make a runner for all repositories of a workspace; see ``create_runner``."""

    @GET(f"{_OF_WORKSPACE}/{{runner_uuid}}", scope="runner", granular="read:runner")
    async def get_workspace_runner(
        self, workspace: str, runner_uuid: str, **query: Unpack[ItemQuery]
    ) -> PipelineRunner:
        """Get a runner of a workspace."""

    @PUT(
        f"{_OF_WORKSPACE}/{{runner_uuid}}",
        scope="runner:write",
        granular="read:runner write:runner",
    )
    async def update_workspace_runner(
        self, workspace: str, runner_uuid: str, body: PipelineRunner | Mapping[str, Any]
    ) -> PipelineRunner:
        """Change a runner of a workspace."""

    @DELETE(f"{_OF_WORKSPACE}/{{runner_uuid}}", scope="runner:write", granular="write:runner")
    async def delete_workspace_runner(self, workspace: str, runner_uuid: str) -> None:
        """Delete a runner of a workspace."""
