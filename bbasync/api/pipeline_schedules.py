"""Schedules of pipelines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Unpack

from ..paging import ItemQuery, ListQuery, Pager
from ..resources import PipelineSchedule, PipelineScheduleExecution
from .operation import DELETE, GET, POST, PUT, Group

_SCHEDULES: Final = "/repositories/{workspace}/{repo_slug}/pipelines_config/schedules"
_SCHEDULE: Final = f"{_SCHEDULES}/{{schedule_uuid}}"


class Schedules(Group):
    """When pipelines run by themselves."""

    @GET(_SCHEDULES, scope="pipeline", granular="read:pipeline")
    def list_schedules(
        self, workspace: str, repo_slug: str, **query: Unpack[ListQuery]
    ) -> Pager[PipelineSchedule]:
        """Walk the schedules of a repository."""

    @POST(_SCHEDULES, scope="pipeline:write", granular="read:pipeline write:pipeline")
    async def create_schedule(
        self, workspace: str, repo_slug: str, body: PipelineSchedule | Mapping[str, Any]
    ) -> PipelineSchedule:
        """Add a schedule; UnauthorizedError where the repository has as many as it may."""

    @GET(_SCHEDULE, scope="pipeline", granular="read:pipeline")
    async def get_schedule(
        self, workspace: str, repo_slug: str, schedule_uuid: str, **query: Unpack[ItemQuery]
    ) -> PipelineSchedule:
        """Get a schedule."""

    @PUT(_SCHEDULE, scope="pipeline:write", granular="read:pipeline write:pipeline")
    async def update_schedule(
        self,
        workspace: str,
        repo_slug: str,
        schedule_uuid: str,
        body: PipelineSchedule | Mapping[str, Any],
    ) -> PipelineSchedule:
        """Switch a schedule on or off: only ``enabled`` can be changed."""

    @DELETE(_SCHEDULE, scope="pipeline:write", granular="write:pipeline")
    async def delete_schedule(self, workspace: str, repo_slug: str, schedule_uuid: str) -> None:
        """Delete a schedule."""

    @GET(f"{_SCHEDULE}/executions", scope="pipeline", granular="read:pipeline")
    def list_schedule_executions(
        self, workspace: str, repo_slug: str, schedule_uuid: str, **query: Unpack[ListQuery]
    ) -> Pager[PipelineScheduleExecution]:
        """Walk the times that a schedule was due, with what became of each."""
