"""What pipelines are configured with: schedules, SSH, caches, numbers."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ..model.resource import Resource, resource

if TYPE_CHECKING:
    from .pipeline import Pipeline, PipelineError, PipelineTarget
    from .repository import Repository

__all__ = [
    "PipelineBuildNumber",
    "PipelineCache",
    "PipelineCacheContentUri",
    "PipelineKnownHost",
    "PipelineSchedule",
    "PipelineScheduleExecution",
    "PipelineSshKeyPair",
    "PipelineSshPublicKey",
    "PipelinesConfig",
]


@resource("repository_pipelines_configuration")
class PipelinesConfig(Resource):
    """Whether pipelines run for a repository."""

    type: str | None = None
    enabled: bool | None = None
    repository: Repository | None = None


@resource("pipeline_build_number")
class PipelineBuildNumber(Resource):
    """The number that the next pipeline gets; it can only be raised."""

    type: str | None = None
    next: int | None = None


@resource("pipeline_schedule")
class PipelineSchedule(Resource):
    """When a pipeline runs by itself."""

    type: str | None = None
    uuid: str | None = None
    enabled: bool | None = None
    """The only field that can be changed later."""
    target: PipelineTarget | None = None
    """A branch, and which definition runs on it."""
    cron_pattern: str | None = None
    """Seven fields, from seconds to years, in UTC: ``0 30 12 * * ? *``."""
    created_on: datetime | None = None
    updated_on: datetime | None = None


@resource("pipeline_schedule_execution")
class PipelineScheduleExecution(Resource):
    """One time that a schedule was due; its ``type`` says whether it was executed or errored."""

    type: str | None = None
    pipeline: Pipeline | None = None
    """What was started; None where that failed."""
    error: PipelineError | None = None


@resource("pipeline_ssh_key_pair")
class PipelineSshKeyPair(Resource):
    """The keys that pipelines use SSH with; the *private_key* is written, and never sent back."""

    type: str | None = None
    private_key: str | None = None
    public_key: str | None = None


@resource("pipeline_ssh_public_key")
class PipelineSshPublicKey(Resource):
    """The key by which a host is known."""

    type: str | None = None
    key_type: str | None = None
    """Such as ``ssh-rsa`` or ``ssh-ed25519``."""
    key: str | None = None
    """In base 64."""
    md5_fingerprint: str | None = None
    sha256_fingerprint: str | None = None


@resource("pipeline_known_host")
class PipelineKnownHost(Resource):
    """A host that pipelines may reach by SSH."""

    type: str | None = None
    uuid: str | None = None
    hostname: str | None = None
    public_key: PipelineSshPublicKey | None = None


@resource("pipeline_cache")
class PipelineCache(Resource):
    """One version of a cache; versions of one *name* differ in their *key_hash*."""

    type: str | None = None
    uuid: str | None = None
    name: str | None = None
    pipeline_uuid: str | None = None
    step_uuid: str | None = None
    key_hash: str | None = None
    path: str | None = None
    file_size_bytes: int | None = None
    created_on: datetime | None = None


@resource()
class PipelineCacheContentUri(Resource):
    """Where the content of a cache can be fetched, for a short time and without a credential."""

    uri: str | None = None
