"""Variables of pipelines: of a repository, a workspace, an account, an environment."""

from __future__ import annotations

from ..model.resource import Resource, resource

__all__ = ["DeploymentVariable", "PipelineVariable"]


@resource("pipeline_variable")
class PipelineVariable(Resource):
    """A variable; the *value* of a secured one is never sent back, and a repr shows none."""

    type: str | None = None
    uuid: str | None = None
    key: str | None = None
    value: str | None = None
    """None where it is secured."""
    secured: bool | None = None


@resource("deployment_variable")
class DeploymentVariable(Resource):
    """A variable of one deployment environment, in place of the repository's of that name."""

    type: str | None = None
    uuid: str | None = None
    key: str | None = None
    value: str | None = None
    """None where it is secured."""
    secured: bool | None = None
