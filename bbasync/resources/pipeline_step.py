"""Steps of pipelines, and what their tests said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from ..model.resource import Resource, resource

if TYPE_CHECKING:
    from .pipeline import Pipeline, PipelineState, PipelineTrigger

__all__ = [
    "PipelineCommand",
    "PipelineImage",
    "PipelineStep",
    "PipelineTestCase",
    "PipelineTestCaseReason",
    "PipelineTestReport",
]


@resource()
class PipelineImage(Resource):
    """The container image that a step runs in, and what its registry asks for."""

    name: str | None = None
    username: str | None = None
    password: str | None = None
    email: str | None = None


@resource()
class PipelineCommand(Resource):
    """A command of a step."""

    name: str | None = None
    command: str | None = None
    commandType: str | None = None  # noqa: N815 - the wire's own spelling
    """``user`` or ``system``."""
    action: str | None = None
    """What a system command does, such as ``PROCESS_TEST_REPORTS``."""


@resource("pipeline_step")
class PipelineStep(Resource):
    """A step of a pipeline."""

    type: str | None = None
    uuid: str | None = None
    name: str | None = None
    pipeline: Pipeline | None = None
    state: PipelineState | None = None
    trigger: PipelineTrigger | None = None
    run_number: int | None = None
    image: PipelineImage | None = None
    setup_commands: Sequence[PipelineCommand] | None = None
    script_commands: Sequence[PipelineCommand] | None = None
    teardown_commands: Sequence[PipelineCommand] | None = None
    started_on: datetime | None = None
    completed_on: datetime | None = None
    duration_in_seconds: int | None = None
    build_seconds_used: int | None = None
    maxTime: int | None = None  # noqa: N815 - the wire's own spelling
    """Minutes; both spellings come."""
    max_time: int | None = None


@resource()
class PipelineTestReport(Resource):
    """How many tests a step ran, and how they went."""

    type: str | None = None
    step_uuid: str | None = None
    number_of_test_cases: int | None = None
    number_of_successful_test_cases: int | None = None
    number_of_failed_test_cases: int | None = None
    number_of_error_test_cases: int | None = None
    number_of_skipped_test_cases: int | None = None


@resource()
class PipelineTestCaseReason(Resource):
    """What a failed test said; no more of it is documented, and ``raw`` has all that comes."""

    type: str | None = None
    message: str | None = None


@resource()
class PipelineTestCase(Resource):
    """A test that a step ran."""

    type: str | None = None
    uuid: str | None = None
    name: str | None = None
    class_name: str | None = None
    package_name: str | None = None
    fully_qualified_name: str | None = None
    status: str | None = None
    """``FAILED``, ``ERROR``, ``SKIPPED`` or ``SUCCESSFUL``."""
    duration: str | None = None
    """As ISO 8601 writes it: ``PT0.95S``."""
    reason: PipelineTestCaseReason | None = None
