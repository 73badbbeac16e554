"""Environments of a repository, and what was deployed to them."""

from typing import Any

from attrs import Factory, define, field

from ..store import Repository, uuid_of
from . import runs
from .history import Commit, commit_at

TYPES = ("Test", "Staging", "Production")
COUNT = 7
"""Deployments from the beginning: the newest waits, the one before it runs."""


@define(eq=False)
class Environment:
    """What can be deployed to."""

    uuid: str
    name: str
    kind: str
    rank: int = 0
    admin_only: bool = False
    hidden: bool = False
    lock_enabled: bool = True
    gate_enabled: bool = False

    @property
    def slug(self) -> str:
        """Its name as addresses have it."""
        return self.name.lower().replace(" ", "-")


@define(eq=False)
class Deployment:
    """A commit brought to an environment; `state` is without its type."""

    uuid: str
    number: int
    environment: Environment
    commit: Commit
    state: dict[str, Any]
    when: str
    run: int
    """The number of the pipeline that did it, in its last step."""


@define(eq=False)
class Deploying:
    """The environments of one repository by uuid, and its deployments, newest first."""

    repository: Repository = field(repr=False)
    environments: dict[str, Environment] = Factory(dict)
    deployments: list[Deployment] = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Start with an environment of each type, and with deployments if there are commits."""
        for kind in TYPES:
            uuid = uuid_of(f"{self.repository.uuid}:environment:{kind}")
            only = kind == "Production"
            self.environments[uuid] = Environment(uuid, kind, kind, admin_only=only)
        places = list(self.environments.values())
        self.deployments = [
            _deployment(self.repository, number, places[number % len(places)])
            for number in range(min(COUNT, self.repository.commits), 0, -1)
        ]


def _deployment(repository: Repository, number: int, place: Environment) -> Deployment:
    commit = commit_at(repository, min(COUNT - number, repository.commits - 1))
    run = runs.COUNT - COUNT + number  # the newest one is by the newest, and so on
    when = commit.date.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    page = f"https://bitbucket.org/{repository.full_name}/addon/pipelines/home#!/results/{run}"
    ends = ("SUCCESSFUL", "SUCCESSFUL", "FAILED", "STOPPED")
    state: dict[str, Any] = {
        "name": "COMPLETED",
        "url": page,
        "started_on": when,
        "completed_on": when,
        "status": ends[number % len(ends)],
    }
    if number == COUNT:
        state = {"name": "UNDEPLOYED", "trigger_url": page}
    elif number == COUNT - 1:
        state = {"name": "IN_PROGRESS", "url": page, "started_on": when}
    uuid = uuid_of(f"{repository.uuid}:deployment:{number}")
    return Deployment(uuid, number, place, commit, state, when, run)
