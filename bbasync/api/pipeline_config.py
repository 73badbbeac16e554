"""What pipelines are configured with: numbers, SSH, caches, OpenID Connect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Unpack

from ..paging import ItemQuery, ListQuery, Pager
from ..resources import (
    PipelineBuildNumber,
    PipelineCache,
    PipelineCacheContentUri,
    PipelineKnownHost,
    PipelinesConfig,
    PipelineSshKeyPair,
)
from .operation import DELETE, GET, POST, PUT, Group

_CONFIG: Final = "/repositories/{workspace}/{repo_slug}/pipelines_config"
_KEY_PAIR: Final = f"{_CONFIG}/ssh/key_pair"
_KNOWN_HOSTS: Final = f"{_CONFIG}/ssh/known_hosts"
_CACHES: Final = "/repositories/{workspace}/{repo_slug}/pipelines-config/caches"
_OIDC: Final = "/workspaces/{workspace}/pipelines-config/identity/oidc"


class Configuration(Group):
    """The settings of pipelines."""

    @GET(_CONFIG, scope="repository:admin", granular="admin:repository")
    async def get_config(
        self, workspace: str, repo_slug: str, **query: Unpack[ItemQuery]
    ) -> PipelinesConfig:
        """Get whether pipelines run for a repository."""

    @PUT(_CONFIG, scope="repository:admin", granular="admin:repository")
    async def update_config(
        self, workspace: str, repo_slug: str, body: PipelinesConfig | Mapping[str, Any]
    ) -> PipelinesConfig:
        """Switch pipelines on or off for a repository."""

    @PUT(f"{_CONFIG}/build_number", scope="pipeline:variable", granular="admin:pipeline")
    async def update_build_number(
        self, workspace: str, repo_slug: str, body: PipelineBuildNumber | Mapping[str, Any]
    ) -> PipelineBuildNumber:
        """Set the next build number; BadRequestError where it is not above the latest."""

    @GET(_KEY_PAIR, scope="pipeline", granular="read:pipeline")
    async def get_ssh_key_pair(
        self, workspace: str, repo_slug: str, **query: Unpack[ItemQuery]
    ) -> PipelineSshKeyPair:
        """Get the public one of the SSH keys; NotFoundError where there are none."""

    @PUT(_KEY_PAIR, scope="pipeline:variable", granular="admin:pipeline")
    async def update_ssh_key_pair(
        self, workspace: str, repo_slug: str, body: PipelineSshKeyPair | Mapping[str, Any]
    ) -> PipelineSshKeyPair:
        """Set both SSH keys, whether there were some or not."""

    @DELETE(_KEY_PAIR, scope="pipeline:variable", granular="admin:pipeline")
    async def delete_ssh_key_pair(self, workspace: str, repo_slug: str) -> None:
        """Delete both SSH keys."""

    @GET(_KNOWN_HOSTS, scope="pipeline", granular="read:pipeline")
    def list_known_hosts(
        self, workspace: str, repo_slug: str, **query: Unpack[ListQuery]
    ) -> Pager[PipelineKnownHost]:
        """Walk the hosts that pipelines may reach by SSH, beside the service's own."""

    @POST(_KNOWN_HOSTS, scope="pipeline:variable", granular="admin:pipeline")
    async def create_known_host(
        self, workspace: str, repo_slug: str, body: PipelineKnownHost | Mapping[str, Any]
    ) -> PipelineKnownHost:
        """Add a known host; ConflictError where it is one already."""

    @GET(f"{_KNOWN_HOSTS}/{{known_host_uuid}}", scope="pipeline", granular="read:pipeline")
    async def get_known_host(
        self, workspace: str, repo_slug: str, known_host_uuid: str, **query: Unpack[ItemQuery]
    ) -> PipelineKnownHost:
        """Get a known host."""

    @PUT(
        f"{_KNOWN_HOSTS}/{{known_host_uuid}}", scope="pipeline:variable", granular="admin:pipeline"
    )
    async def update_known_host(
        self,
        workspace: str,
        repo_slug: str,
        known_host_uuid: str,
        body: PipelineKnownHost | Mapping[str, Any],
    ) -> PipelineKnownHost:
        """Change a known host."""

    @DELETE(
        f"{_KNOWN_HOSTS}/{{known_host_uuid}}", scope="pipeline:variable", granular="admin:pipeline"
    )
    async def delete_known_host(self, workspace: str, repo_slug: str, known_host_uuid: str) -> None:
        """Delete a known host."""

    @GET(_CACHES, scope="pipeline", granular="read:pipeline")
    def list_caches(
        self, workspace: str, repo_slug: str, **query: Unpack[ListQuery]
    ) -> Pager[PipelineCache]:
        """Walk the caches of a repository, each version of each."""

    @DELETE(_CACHES, scope="pipeline:write", granular="write:pipeline")
    async def delete_caches(self, workspace: str, repo_slug: str, *, name: str) -> None:
        """Delete every version of the cache *name*; NotFoundError where there is none."""

    @DELETE(f"{_CACHES}/{{cache_uuid}}", scope="pipeline:write", granular="write:pipeline")
    async def delete_cache(self, workspace: str, repo_slug: str, cache_uuid: str) -> None:
        """Delete one version of a cache."""

    @GET(f"{_CACHES}/{{cache_uuid}}/content-uri", scope="pipeline", granular="read:pipeline")
    async def get_cache_content_uri(
        self, workspace: str, repo_slug: str, cache_uuid: str, **query: Unpack[ItemQuery]
    ) -> PipelineCacheContentUri:
        """Get where the content of a cache can be fetched, for a short time."""

    @GET(f"{_OIDC}/.well-known/openid-configuration")
    async def get_oidc_configuration(self, workspace: str) -> Mapping[str, Any]:
        """Get the OpenID Connect metadata of the tokens that steps are given."""

    @GET(f"{_OIDC}/keys.json")
    async def get_oidc_keys(self, workspace: str) -> Mapping[str, Any]:
        """Get the JSON Web Keys that these tokens are signed with."""
