"""Runners: the machines of one's own that steps run on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ..model.resource import Resource, resource

__all__ = [
    "PipelineRunner",
    "PipelineRunnerOAuthClient",
    "PipelineRunnerState",
    "PipelineRunnerVersion",
]


@resource("pipeline_runner_version")
class PipelineRunnerVersion(Resource):
    """The version that a runner has, and the one that it should have."""

    type: str | None = None
    version: str | None = None
    current: str | None = None


@resource("pipeline_runner_state")
class PipelineRunnerState(Resource):
    """How a runner is."""

    type: str | None = None
    status: str | None = None
    """``UNREGISTERED``, ``ONLINE``, ``OFFLINE``, ``DISABLED``, ``ENABLED`` or ``UNHEALTHY``."""
    version: PipelineRunnerVersion | None = None
    updated_on: datetime | None = None
    cordoned: bool | None = None
    """Whether it is kept from taking further steps."""


@resource("pipeline_runner_oauth_client")
class PipelineRunnerOAuthClient(Resource):
    """What a runner logs in with."""

    type: str | None = None
    id: str | None = None
    secret: str | None = None
    """Only in the answer that makes the runner."""
    token_endpoint: str | None = None
    audience: str | None = None


@resource("pipeline_runner")
class PipelineRunner(Resource):
    """A runner of a repository or of a workspace; to make one, set *name* and *labels*."""

    type: str | None = None
    uuid: str | None = None
    name: str | None = None
    labels: Sequence[str] | None = None
    """``self.hosted``, its system, and more; steps ask for them."""
    state: PipelineRunnerState | None = None
    created_on: datetime | None = None
    updated_on: datetime | None = None
    oauth_client: PipelineRunnerOAuthClient | None = None
