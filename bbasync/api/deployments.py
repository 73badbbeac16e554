"""The operations on deployments, environments, and deploy keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from ..paging import ItemQuery, ListQuery, Pager
from ..resources import (
    DeployKey,
    Deployment,
    Environment,
    EnvironmentChange,
    ProjectDeployKey,
)
from ..wire.message import Safety
from .operation import DELETE, GET, POST, PUT, Group


class DeployKeys(Group):
    """SSH keys that read a repository, or all repositories of a project."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/deploy-keys",
        scope="repository repository:admin",
        granular="admin:repository",
    )
    def list_deploy_keys(
        self, workspace: str, repo_slug: str, **query: Unpack[ListQuery]
    ) -> Pager[DeployKey]:
        """Walk the deploy keys of a repository."""

    @POST(
        "/repositories/{workspace}/{repo_slug}/deploy-keys",
        scope="repository repository:admin",
        granular="admin:repository write:ssh-key",
        only="person",
    )
    async def create_deploy_key(
        self, workspace: str, repo_slug: str, body: DeployKey | Mapping[str, Any]
    ) -> DeployKey:
        """Add a deploy key; access tokens can't, and a key that is there already is refused."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/deploy-keys/{key_id}",
        scope="repository repository:admin",
        granular="admin:repository",
    )
    async def get_deploy_key(
        self, workspace: str, repo_slug: str, key_id: int | str, **query: Unpack[ItemQuery]
    ) -> DeployKey:
        """Get a deploy key."""

    @PUT(
        "/repositories/{workspace}/{repo_slug}/deploy-keys/{key_id}",
        scope="repository repository:admin",
        granular="admin:repository write:ssh-key",
        only="person",
    )
    async def update_deploy_key(
        self,
        workspace: str,
        repo_slug: str,
        key_id: int | str,
        body: DeployKey | Mapping[str, Any],
    ) -> DeployKey:
        """Change the label or the comment of a deploy key; ``key`` must be sent, unchanged.

        It is reported to be refused even then: deleting the key and adding it again works.
        """

    @DELETE(
        "/repositories/{workspace}/{repo_slug}/deploy-keys/{key_id}",
        scope="repository repository:admin",
        granular="admin:repository delete:ssh-key",
        only="person",
    )
    async def delete_deploy_key(self, workspace: str, repo_slug: str, key_id: int | str) -> None:
        """Delete a deploy key."""

    @GET(
        "/workspaces/{workspace}/projects/{project_key}/deploy-keys",
        scope="project project:admin",
        granular="admin:project",
    )
    def list_project_deploy_keys(
        self, workspace: str, project_key: str, **query: Unpack[ListQuery]
    ) -> Pager[ProjectDeployKey]:
        """Walk the deploy keys of a project."""

    @POST(
        "/workspaces/{workspace}/projects/{project_key}/deploy-keys",
        scope="project project:admin",
        granular="admin:project write:ssh-key",
    )
    async def create_project_deploy_key(
        self, workspace: str, project_key: str, body: ProjectDeployKey | Mapping[str, Any]
    ) -> ProjectDeployKey:
        """Add a deploy key to a project; a key that is there already is refused."""

    @GET(
        "/workspaces/{workspace}/projects/{project_key}/deploy-keys/{key_id}",
        scope="project project:admin",
        granular="admin:project",
    )
    async def get_project_deploy_key(
        self, workspace: str, project_key: str, key_id: int | str, **query: Unpack[ItemQuery]
    ) -> ProjectDeployKey:
        """Get a deploy key of a project."""

    @DELETE(
        "/workspaces/{workspace}/projects/{project_key}/deploy-keys/{key_id}",
        scope="project project:admin",
        granular="admin:project delete:ssh-key",
    )
    async def delete_project_deploy_key(
        self, workspace: str, project_key: str, key_id: int | str
    ) -> None:
        """Delete a deploy key of a project."""


class Environments(Group):
    """What can be deployed to."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/environments",
        scope="pipeline",
        granular="read:pipeline",
    )
    def list_environments(
        self, workspace: str, repo_slug: str, **query: Unpack[ListQuery]
    ) -> Pager[Environment]:
        """Walk the environments of a repository."""

    @POST(
        "/repositories/{workspace}/{repo_slug}/environments",
        scope="pipeline",
        granular="admin:pipeline",
    )
    async def create_environment(
        self, workspace: str, repo_slug: str, body: Environment | Mapping[str, Any]
    ) -> Environment:
        """Add an environment; ConflictError where its name is taken."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/environments/{environment_uuid}",
        scope="pipeline",
        granular="read:pipeline",
    )
    async def get_environment(
        self, workspace: str, repo_slug: str, environment_uuid: str, **query: Unpack[ItemQuery]
    ) -> Environment:
        """Get an environment."""

    @POST(
        "/repositories/{workspace}/{repo_slug}/environments/{environment_uuid}/changes",
        scope="pipeline",
        granular="admin:pipeline",
        safety=Safety.REPEATABLE,
    )
    async def update_environment(
        self,
        workspace: str,
        repo_slug: str,
        environment_uuid: str,
        body: EnvironmentChange | Mapping[str, Any],
    ) -> None:
        """Ask for a change, as ``EnvironmentChange(change=Environment(name="..."))``.

        It is only accepted by then: whoever reads at once may find the environment as it was.
        BadRequestError for anything but ``name`` and ``restrictions``.
        """

    @DELETE(
        "/repositories/{workspace}/{repo_slug}/environments/{environment_uuid}",
        scope="pipeline",
        granular="admin:pipeline",
    )
    async def delete_environment(
        self, workspace: str, repo_slug: str, environment_uuid: str
    ) -> None:
        """Delete an environment."""


class Deployments(Environments, DeployKeys, Group, name="deployments"):
    """Deployments, environments, and deploy keys."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/deployments",
        scope="pipeline",
        granular="read:pipeline",
    )
    def list(self, workspace: str, repo_slug: str, **query: Unpack[ListQuery]) -> Pager[Deployment]:
        """Walk the deployments of a repository."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/deployments/{deployment_uuid}",
        scope="pipeline",
        granular="read:pipeline",
    )
    async def get(
        self, workspace: str, repo_slug: str, deployment_uuid: str, **query: Unpack[ItemQuery]
    ) -> Deployment:
        """Get a deployment."""
