"""Deployments, and the environments that they go to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..model.resource import Resource, resource

if TYPE_CHECKING:
    from .account import Account
    from .commit import Commit
    from .pipeline import Pipeline
    from .pipeline_step import PipelineStep

__all__ = [
    "Deployment",
    "DeploymentRelease",
    "DeploymentState",
    "DeploymentStateCompleted",
    "DeploymentStateInProgress",
    "DeploymentStateUndeployed",
    "DeploymentStatus",
    "Environment",
    "EnvironmentChange",
    "EnvironmentLock",
    "EnvironmentRestrictions",
    "EnvironmentType",
]


@resource("deployment_environment_type")
class EnvironmentType(Resource):
    """The kind of an environment."""

    type: str | None = None
    name: str | None = None
    """``Test``, ``Staging`` or ``Production``."""
    rank: int | None = None


@resource("deployment_restrictions_configuration")
class EnvironmentRestrictions(Resource):
    """Who may deploy to an environment."""

    type: str | None = None
    admin_only: bool | None = None


@resource("deployment_environment_lock")
class EnvironmentLock(Resource):
    """Whether a deployment holds an environment, and which; its ``type`` tells it too."""

    type: str | None = None
    name: str | None = None
    """``OPEN``, or ``LOCKED``."""
    lock_opener: Mapping[str, Any] | None = None
    """Which pipeline and step opened it last."""
    triggerer: Mapping[str, Any] | None = None


@resource("deployment_environment")
class Environment(Resource):
    """What can be deployed to; to make one, set ``name`` and ``environment_type``."""

    type: str | None = None
    uuid: str | None = None
    name: str | None = None
    slug: str | None = None
    rank: int | None = None
    """Its place among the environments of its type, from 0 on."""
    environment_type: EnvironmentType | None = None
    category: Mapping[str, Any] | None = None
    hidden: bool | None = None
    lock: EnvironmentLock | None = None
    environment_lock_enabled: bool | None = None
    deployment_gate_enabled: bool | None = None
    restrictions: EnvironmentRestrictions | None = None
    change_request_config: Mapping[str, Any] | None = None


@resource()
class EnvironmentChange(Resource):
    """A change of an environment, as it is asked for.

    Only ``name`` and ``restrictions`` of an environment can be changed.
    """

    change: Environment | None = None


@resource("deployment_release")
class DeploymentRelease(Resource):
    """What is deployed."""

    type: str | None = None
    uuid: str | None = None
    key: str | None = None
    name: str | None = None
    """The number of its pipeline, as ``#186``."""
    url: str | None = None
    """The page of its pipeline."""
    commit: Commit | None = None
    pipeline: Pipeline | None = None
    created_on: datetime | None = None


@resource("deployment_state_completed_status")
class DeploymentStatus(Resource):
    """How a deployment ended."""

    type: str | None = None
    name: str | None = None
    """``SUCCESSFUL``, ``FAILED`` or ``STOPPED``."""


@resource("deployment_state")
class DeploymentState(Resource):
    """How far a deployment is."""

    type: str | None = None
    name: str | None = None
    """``UNDEPLOYED``, ``IN_PROGRESS`` or ``COMPLETED``."""
    url: str | None = None
    """The page of its result."""
    deployer: Account | None = None
    started_on: datetime | None = None
    completed_on: datetime | None = None
    status: DeploymentStatus | None = None
    """Only where it is completed."""


@resource("deployment_state_undeployed")
class DeploymentStateUndeployed(DeploymentState):
    """It has not started."""

    trigger_url: str | None = None
    """The page to start it from."""


@resource("deployment_state_in_progress")
class DeploymentStateInProgress(DeploymentState):
    """It runs."""

    start_date: datetime | None = None


@resource("deployment_state_completed")
class DeploymentStateCompleted(DeploymentState):
    """It has ended, well or not: see ``status``."""

    start_date: datetime | None = None
    completion_date: datetime | None = None


@resource("deployment")
class Deployment(Resource):
    """A release brought to an environment, by a step of a pipeline."""

    type: str | None = None
    uuid: str | None = None
    key: str | None = None
    name: str | None = None
    version: int | None = None
    number: int | None = None
    state: DeploymentState | None = None
    environment: Environment | None = None
    release: DeploymentRelease | None = None
    deployable: DeploymentRelease | None = None
    """The same as *release*, under its older name."""
    step: PipelineStep | None = None
    """The step of the pipeline that deploys; its uuid."""
    last_update_time: datetime | None = None
