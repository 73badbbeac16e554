"""The operations on pipelines, their steps and logs, and all that configures them."""

from __future__ import annotations

from .operation import Group
from .pipeline_account_variables import AccountVariables
from .pipeline_config import Configuration
from .pipeline_progress import Progress
from .pipeline_runners import Runners
from .pipeline_schedules import Schedules
from .pipeline_variables import Variables


class Pipelines(
    Progress,
    Variables,
    Configuration,
    Schedules,
    Runners,
    AccountVariables,
    Group,
    name="pipelines",
):
    """Pipelines, their steps and logs, and all that configures them."""
