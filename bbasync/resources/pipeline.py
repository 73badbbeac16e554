"""Pipelines: what ran, on what, why, and how it went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self, Unpack

from ..model.link import link
from ..model.resource import Resource, resource
from ..paging import ListQuery, Pager

if TYPE_CHECKING:
    from .account import Account
    from .commit import Commit
    from .pipeline_step import PipelineStep
    from .pipeline_variable import PipelineVariable
    from .pullrequest import PullRequest
    from .repository import Repository

__all__ = [
    "Pipeline",
    "PipelineCommitTarget",
    "PipelineConfigurationSource",
    "PipelineError",
    "PipelineMergeQueueTarget",
    "PipelinePullRequestTarget",
    "PipelineRefTarget",
    "PipelineResult",
    "PipelineSelector",
    "PipelineStage",
    "PipelineState",
    "PipelineTarget",
    "PipelineTrigger",
]


@resource("pipeline_error")
class PipelineError(Resource):
    """What kept a pipeline, a step or a schedule from running; *message* has its *arguments* in."""

    type: str | None = None
    key: str | None = None
    """Such as ``plan-service.parse.invalid-yml``."""
    message: str | None = None
    arguments: Mapping[str, Any] | None = None


@resource()
class PipelineResult(Resource):
    """How a pipeline or a step ended; its ``type`` is the state's, with the result behind it."""

    type: str | None = None
    name: str | None = None
    """``SUCCESSFUL``, ``FAILED``, ``ERROR``, ``STOPPED``, ``EXPIRED``; ``NOT_RUN`` of a step."""
    error: PipelineError | None = None
    terminator: Account | None = None
    """Who stopped it."""


@resource()
class PipelineStage(Resource):
    """Where a pipeline or a step is that has not ended."""

    type: str | None = None
    name: str | None = None
    """``PENDING``, ``RUNNING``, ``PAUSED`` before a manual step, or ``HALTED``."""


@resource("pipeline_state")
class PipelineState(Resource):
    """The state of a pipeline or of a step.

    The names are told here, not the types: partial answers leave ``type`` out, and new types come.
    """

    type: str | None = None
    """``pipeline_state_completed``, ``pipeline_step_state_ready``: what it is of, and the name."""
    name: str | None = None
    """``PARSING``, ``PENDING``, ``IN_PROGRESS`` or ``COMPLETED``; of a step ``READY`` too."""
    stage: PipelineStage | None = None
    """Set until it has completed."""
    result: PipelineResult | None = None
    """Set when it has completed."""

    @property
    def completed(self) -> bool:
        """Whether it has ended, however; a name that nobody knows is no end."""
        return _says(self.name, self.type, "completed")

    @property
    def successful(self) -> bool:
        """Whether it has ended well."""
        return self.result is not None and _says(self.result.name, self.result.type, "successful")

    @property
    def paused(self) -> bool:
        """Whether it goes on only when somebody makes it: paused, or halted."""
        stage = self.stage or PipelineStage()
        return any(
            _says(one.name, one.type, word)
            for one in (self, stage)
            for word in ("paused", "halted")
        )


def _says(name: str | None, wire_type: str | None, word: str) -> bool:
    """Whether a name is *word*; without a name, whether its type ends so."""
    if name is not None:
        return name.upper() == word.upper()
    return wire_type is not None and wire_type.endswith(f"_{word}")


@resource("pipeline_selector")
class PipelineSelector(Resource):
    """Which of the definitions in the configuration file runs."""

    type: Any = None
    """``default``, ``branches``, ``tags``, ``custom``, ``pull-requests``, ``merge-queues``.

    A fact of its own, not the name of a class; some answers have an object with it inside.
    """
    pattern: str | None = None
    """The name under which the definition stands; None for the default."""
    imported_from: Mapping[str, Any] | None = None
    """The repository, revision and definition that it was taken from."""


@resource("pipeline_target")
class PipelineTarget(Resource):
    """What a pipeline runs on; which fields beside these there are, the class says.

    A partial answer has no ``type``, so that what most targets have stands here.
    """

    type: str | None = None
    commit: Commit | None = None
    selector: PipelineSelector | None = None
    ref_type: str | None = None
    """``branch`` or ``tag``; ``named_branch`` and ``bookmark`` are of the past."""
    ref_name: str | None = None


@resource("pipeline_ref_target")
class PipelineRefTarget(PipelineTarget):
    """A branch or a tag, at its commit or at another."""


@resource("pipeline_commit_target")
class PipelineCommitTarget(PipelineTarget):
    """A commit by itself."""


@resource("pipeline_pullrequest_target")
class PipelinePullRequestTarget(PipelineTarget):
    """A pull request."""

    pullrequest: PullRequest | None = None
    source: str | None = None
    """The name of the branch."""
    destination: str | None = None
    """The name of the branch."""
    destination_commit: Commit | None = None


@resource("pipeline_merge_queue_ref_target")
class PipelineMergeQueueTarget(PipelineTarget):
    """A branch that a merge queue made, to try pull requests on."""

    target_branch: str | None = None
    pullrequest_ids: Sequence[int] | None = None


@resource("pipeline_trigger")
class PipelineTrigger(Resource):
    """What started a pipeline; of a step, whether somebody has to start it."""

    type: str | None = None
    """``pipeline_trigger_push``, ``..._manual``, ``..._schedule``, ``..._parent_step``.

    Of a step ``pipeline_step_trigger_automatic``, ``..._manual`` or ``..._redeploy``.
    """
    name: str | None = None


@resource("pipeline_configuration_source")
class PipelineConfigurationSource(Resource):
    """Where the definition was read."""

    source: str | None = None
    uri: str | None = None


@resource("pipeline")
class Pipeline(Resource):
    """One run of a pipeline; to start one, set ``target``, and ``variables`` where it has some."""

    type: str | None = None
    uuid: str | None = None
    build_number: int | None = None
    """Counted per repository; addresses take it in place of the uuid."""
    run_number: int | None = None
    repository: Repository | None = None
    creator: Account | None = None
    target: PipelineTarget | None = None
    trigger: PipelineTrigger | None = None
    state: PipelineState | None = None
    variables: Sequence[PipelineVariable] | None = None
    """To be sent; answers have *has_variables*, and mostly not these."""
    has_variables: bool | None = None
    created_on: datetime | None = None
    completed_on: datetime | None = None
    """None until then."""
    build_seconds_used: int | None = None
    duration_in_seconds: int | None = None
    first_successful: bool | None = None
    expired: bool | None = None
    configuration_sources: Sequence[PipelineConfigurationSource] | None = None

    @property
    def successful(self) -> bool:
        """Whether it has ended well; ``state.result.name`` says how otherwise."""
        return self.state is not None and self.state.successful

    @link("self")
    async def self_(self) -> Self:
        """Fetch this pipeline in full.

        Some answers link an address of the service's inside, which is UntrustedAddressError.
        """

    @link("steps")
    def steps(self, **query: Unpack[ListQuery]) -> Pager[PipelineStep]:
        """Walk the steps; the address may be one of the service's inside, as with ``self_``."""
