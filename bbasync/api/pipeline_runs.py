"""Pipelines, their steps, and what these wrote: logs and test reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypedDict, Unpack

from ..paging import ItemQuery, ListQuery, Pager
from ..resources import (
    Pipeline,
    PipelineStep,
    PipelineTestCase,
    PipelineTestCaseReason,
    PipelineTestReport,
)
from ..wire.stream import Stream
from .operation import GET, POST, Group

RefType = Literal["BRANCH", "TAG", "ANNOTATED_TAG"]
SelectorType = Literal["BRANCH", "TAG", "CUSTOM", "PULLREQUESTS", "DEFAULT"]
Trigger = Literal["PUSH", "MANUAL", "SCHEDULED", "PARENT_STEP"]
Status = Literal[
    "PARSING",
    "PENDING",
    "PAUSED",
    "HALTED",
    "BUILDING",
    "ERROR",
    "PASSED",
    "FAILED",
    "STOPPED",
    "UNKNOWN",
]
"""What can be asked for; answers have other words for it."""
Sort = Literal[
    "created_on",
    "-created_on",
    "run_creation_date",
    "-run_creation_date",
    "creator.uuid",
    "-creator.uuid",
]


class PipelineQuery(TypedDict, total=False):
    """What the list of pipelines takes beside its own filters: no ``q``, which it ignores."""

    sort: Sort
    """The oldest come first without it."""
    fields: str | Sequence[str]
    """Partial answers; what a walk needs is kept."""
    pagelen: int
    """Items a page; the largest that the list allows when not given."""
    page: int
    """The page to start at."""
    unique: bool
    """Leave out items seen before in this walk: pipelines come while it lasts. Not sent."""
    concurrency: int
    """Pages to fetch at once, in order all the same. Not sent."""


class Runs(Group):
    """Pipelines, their steps, logs and test reports."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/pipelines",
        scope="pipeline",
        granular="read:pipeline",
    )
    def list(
        self,
        workspace: str,
        repo_slug: str,
        *,
        status: Status | Sequence[Status] | None = None,
        target__branch: str | None = None,
        target__ref_name: str | None = None,
        target__ref_type: RefType | None = None,
        target__commit__hash: str | None = None,
        target__selector__type: SelectorType | None = None,
        target__selector__pattern: str | None = None,
        trigger_type: Trigger | None = None,
        creator__uuid: str | None = None,
        created_on: datetime | str | None = None,
        **query: Unpack[PipelineQuery],
    ) -> Pager[Pipeline]:
        """Walk the pipelines of a repository, in one of several states if several are given.

        A commit is named by all 40 digits.
        """

    @POST(
        "/repositories/{workspace}/{repo_slug}/pipelines",
        scope="pipeline",
        granular="read:pipeline write:pipeline",
    )
    async def create(
        self, workspace: str, repo_slug: str, body: Pipeline | Mapping[str, Any]
    ) -> Pipeline:
        """Start a pipeline on the target that *body* names; ``run`` puts one together."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/pipelines/{pipeline_uuid}",
        scope="pipeline",
        granular="read:pipeline",
    )
    async def get(
        self, workspace: str, repo_slug: str, pipeline_uuid: str, **query: Unpack[ItemQuery]
    ) -> Pipeline:
        """Get a pipeline, by its uuid or its build number."""

    @POST(
        "/repositories/{workspace}/{repo_slug}/pipelines/{pipeline_uuid}/stopPipeline",
        scope="pipeline:write",
        granular="write:pipeline",
    )
    async def stop(self, workspace: str, repo_slug: str, pipeline_uuid: str) -> None:
        """Stop a pipeline; BadRequestError where it has ended."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/pipelines/{pipeline_uuid}/steps",
        scope="pipeline",
        granular="read:pipeline",
    )
    def list_steps(
        self, workspace: str, repo_slug: str, pipeline_uuid: str, **query: Unpack[ListQuery]
    ) -> Pager[PipelineStep]:
        """Walk the steps of a pipeline."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/pipelines/{pipeline_uuid}/steps/{step_uuid}",
        scope="pipeline",
        granular="read:pipeline",
    )
    async def get_step(
        self,
        workspace: str,
        repo_slug: str,
        pipeline_uuid: str,
        step_uuid: str,
        **query: Unpack[ItemQuery],
    ) -> PipelineStep:
        """Get a step of a pipeline."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/pipelines/{pipeline_uuid}/steps/{step_uuid}/log",
        scope="pipeline",
        granular="read:pipeline",
    )
    def get_step_log(
        self, workspace: str, repo_slug: str, pipeline_uuid: str, step_uuid: str
    ) -> Stream:
        """Read the log of a step, as far as there is one; ``tail_log`` follows it.

        NotFoundError before the step has begun.
        """

    @GET(
        "/repositories/{workspace}/{repo_slug}/pipelines/{pipeline_uuid}/steps/{step_uuid}"
        "/logs/{log_uuid}",
        scope="pipeline",
        granular="read:pipeline",
    )
    def get_container_log(
        self, workspace: str, repo_slug: str, pipeline_uuid: str, step_uuid: str, log_uuid: str
    ) -> Stream:
        """Read the log of one container of a step: of the build, or of a service beside it."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/pipelines/{pipeline_uuid}/steps/{step_uuid}"
        "/test_reports",
        scope="pipeline",
        granular="read:pipeline",
    )
    async def get_test_report(
        self,
        workspace: str,
        repo_slug: str,
        pipeline_uuid: str,
        step_uuid: str,
        **query: Unpack[ItemQuery],
    ) -> PipelineTestReport:
        """Get the numbers of tests that a step ran; NotFoundError where it reported none."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/pipelines/{pipeline_uuid}/steps/{step_uuid}"
        "/test_reports/test_cases",
        scope="pipeline",
        granular="read:pipeline",
    )
    def list_test_cases(
        self,
        workspace: str,
        repo_slug: str,
        pipeline_uuid: str,
        step_uuid: str,
        **query: Unpack[ListQuery],
    ) -> Pager[PipelineTestCase]:
        """Walk the tests of a step that failed; the others are only counted, in the report."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/pipelines/{pipeline_uuid}/steps/{step_uuid}"
        "/test_reports/test_cases/{test_case_uuid}/test_case_reasons",
        scope="pipeline",
        granular="read:pipeline",
    )
    def list_test_case_reasons(
        self,
        workspace: str,
        repo_slug: str,
        pipeline_uuid: str,
        step_uuid: str,
        test_case_uuid: str,
        **query: Unpack[ListQuery],
    ) -> Pager[PipelineTestCaseReason]:
        """Walk what a failed test said."""
