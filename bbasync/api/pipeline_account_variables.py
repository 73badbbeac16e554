"""Variables of accounts, from before there were workspaces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Unpack

from ..paging import ItemQuery, ListQuery, Pager
from ..resources import PipelineVariable
from .operation import DELETE, GET, POST, PUT, Group

_OF_TEAM: Final = "/teams/{username}/pipelines_config/variables"
_OF_USER: Final = "/users/{selected_user}/pipelines_config/variables"
_NOTICE: Final = (
    "deprecated as teams and personal accounts became workspaces; use the workspace's variables: "
    "pipelines.list_workspace_variables() and its like"
)


class AccountVariables(Group):
    """Variables of a team or a user; they still answer, and workspaces have taken their place."""

    @GET(_OF_TEAM, scope="pipeline", deprecated=_NOTICE)
    def list_team_variables(
        self, username: str, **query: Unpack[ListQuery]
    ) -> Pager[PipelineVariable]:
        """Walk the variables of a team."""

    @POST(_OF_TEAM, scope="pipeline:variable", deprecated=_NOTICE)
    async def create_team_variable(
        self, username: str, body: PipelineVariable | Mapping[str, Any]
    ) -> PipelineVariable:
        """Add a variable to a team; ConflictError where it has one of that key."""

    @GET(f"{_OF_TEAM}/{{variable_uuid}}", scope="pipeline", deprecated=_NOTICE)
    async def get_team_variable(
        self, username: str, variable_uuid: str, **query: Unpack[ItemQuery]
    ) -> PipelineVariable:
        """Get a variable of a team."""

    @PUT(f"{_OF_TEAM}/{{variable_uuid}}", scope="pipeline:variable", deprecated=_NOTICE)
    async def update_team_variable(
        self, username: str, variable_uuid: str, body: PipelineVariable | Mapping[str, Any]
    ) -> PipelineVariable:
        """Change a variable of a team."""

    @DELETE(f"{_OF_TEAM}/{{variable_uuid}}", scope="pipeline:variable", deprecated=_NOTICE)
    async def delete_team_variable(self, username: str, variable_uuid: str) -> None:
        """Delete a variable of a team."""

    @GET(_OF_USER, scope="pipeline", deprecated=_NOTICE)
    def list_user_variables(
        self, selected_user: str, **query: Unpack[ListQuery]
    ) -> Pager[PipelineVariable]:
        """Walk the variables of a user."""

    @POST(_OF_USER, scope="pipeline:variable", deprecated=_NOTICE)
    async def create_user_variable(
        self, selected_user: str, body: PipelineVariable | Mapping[str, Any]
    ) -> PipelineVariable:
        """Add a variable to a user; ConflictError where it has one of that key."""

    @GET(f"{_OF_USER}/{{variable_uuid}}", scope="pipeline", deprecated=_NOTICE)
    async def get_user_variable(
        self, selected_user: str, variable_uuid: str, **query: Unpack[ItemQuery]
    ) -> PipelineVariable:
        """Get a variable of a user."""

    @PUT(f"{_OF_USER}/{{variable_uuid}}", scope="pipeline:variable", deprecated=_NOTICE)
    async def update_user_variable(
        self, selected_user: str, variable_uuid: str, body: PipelineVariable | Mapping[str, Any]
    ) -> PipelineVariable:
        """Change a variable of a user."""

    @DELETE(f"{_OF_USER}/{{variable_uuid}}", scope="pipeline:variable", deprecated=_NOTICE)
    async def delete_user_variable(self, selected_user: str, variable_uuid: str) -> None:
        """Delete a variable of a user."""
