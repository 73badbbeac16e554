"""Variables that pipelines see: of a repository, a workspace, or a deployment environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Unpack

from ..paging import ItemQuery, ListQuery, Pager
from ..resources import DeploymentVariable, PipelineVariable
from .operation import DELETE, GET, POST, PUT, Group

_REPOSITORY: Final = "/repositories/{workspace}/{repo_slug}"
_OF_REPOSITORY: Final = f"{_REPOSITORY}/pipelines_config/variables"
_OF_WORKSPACE: Final = "/workspaces/{workspace}/pipelines-config/variables"
_OF_ENVIRONMENT: Final = (
    f"{_REPOSITORY}/deployments_config/environments/{{environment_uuid}}/variables"
)


class Variables(Group):
    """Variables; the value of a secured one is taken, and never given back."""

    @GET(_OF_REPOSITORY, scope="pipeline", granular="read:pipeline")
    def list_variables(
        self, workspace: str, repo_slug: str, **query: Unpack[ListQuery]
    ) -> Pager[PipelineVariable]:
        """Walk the variables of a repository."""

    @POST(_OF_REPOSITORY, scope="pipeline:variable", granular="admin:pipeline")
    async def create_variable(
        self, workspace: str, repo_slug: str, body: PipelineVariable | Mapping[str, Any]
    ) -> PipelineVariable:
        """Add a variable to a repository; ConflictError where it has one of that key."""

    @GET(f"{_OF_REPOSITORY}/{{variable_uuid}}", scope="pipeline", granular="read:pipeline")
    async def get_variable(
        self, workspace: str, repo_slug: str, variable_uuid: str, **query: Unpack[ItemQuery]
    ) -> PipelineVariable:
        """Get a variable of a repository."""

    @PUT(
        f"{_OF_REPOSITORY}/{{variable_uuid}}", scope="pipeline:variable", granular="admin:pipeline"
    )
    async def update_variable(
        self,
        workspace: str,
        repo_slug: str,
        variable_uuid: str,
        body: PipelineVariable | Mapping[str, Any],
    ) -> PipelineVariable:
        """Change a variable of a repository."""

    @DELETE(
        f"{_OF_REPOSITORY}/{{variable_uuid}}", scope="pipeline:variable", granular="admin:pipeline"
    )
    async def delete_variable(self, workspace: str, repo_slug: str, variable_uuid: str) -> None:
        """Delete a variable of a repository."""

    @GET(_OF_WORKSPACE, scope="pipeline", granular="read:pipeline")
    def list_workspace_variables(
        self, workspace: str, **query: Unpack[ListQuery]
    ) -> Pager[PipelineVariable]:
        """Walk the variables of a workspace."""

    @POST(_OF_WORKSPACE, scope="pipeline:variable", granular="admin:pipeline")
    async def create_workspace_variable(
        self, workspace: str, body: PipelineVariable | Mapping[str, Any]
    ) -> PipelineVariable:
        """Add a variable to a workspace; ConflictError where it has one of that key."""

    @GET(f"{_OF_WORKSPACE}/{{variable_uuid}}", scope="pipeline", granular="read:pipeline")
    async def get_workspace_variable(
        self, workspace: str, variable_uuid: str, **query: Unpack[ItemQuery]
    ) -> PipelineVariable:
        """Get a variable of a workspace."""

    @PUT(f"{_OF_WORKSPACE}/{{variable_uuid}}", scope="pipeline:variable", granular="admin:pipeline")
    async def update_workspace_variable(
        self, workspace: str, variable_uuid: str, body: PipelineVariable | Mapping[str, Any]
    ) -> PipelineVariable:
        """Change a variable of a workspace."""

    @DELETE(
        f"{_OF_WORKSPACE}/{{variable_uuid}}", scope="pipeline:variable", granular="admin:pipeline"
    )
    async def delete_workspace_variable(self, workspace: str, variable_uuid: str) -> None:
        """Delete a variable of a workspace."""

    @GET(_OF_ENVIRONMENT, scope="pipeline", granular="read:pipeline")
    def list_deployment_variables(
        self, workspace: str, repo_slug: str, environment_uuid: str, **query: Unpack[ListQuery]
    ) -> Pager[DeploymentVariable]:
        """Walk the variables of a deployment environment."""

    @POST(_OF_ENVIRONMENT, scope="pipeline:variable", granular="admin:pipeline")
    async def create_deployment_variable(
        self,
        workspace: str,
        repo_slug: str,
        environment_uuid: str,
        body: DeploymentVariable | Mapping[str, Any],
    ) -> DeploymentVariable:
        """Add a variable to an environment; ConflictError where it has one of that key."""

    @PUT(
        f"{_OF_ENVIRONMENT}/{{variable_uuid}}", scope="pipeline:variable", granular="admin:pipeline"
    )
    async def update_deployment_variable(
        self,
        workspace: str,
        repo_slug: str,
        environment_uuid: str,
        variable_uuid: str,
        body: DeploymentVariable | Mapping[str, Any],
    ) -> DeploymentVariable:
        """Change a variable of a deployment environment."""

    @DELETE(
        f"{_OF_ENVIRONMENT}/{{variable_uuid}}", scope="pipeline:variable", granular="admin:pipeline"
    )
    async def delete_deployment_variable(
        self, workspace: str, repo_slug: str, environment_uuid: str, variable_uuid: str
    ) -> None:
        """Delete a variable of a deployment environment."""
