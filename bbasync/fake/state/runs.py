"""Pipelines of a repository, as they run: each look at one brings it a step further."""

from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import Factory, define, field

from ..store import Repository, uuid_of
from .history import commit_at
from .pulls import PullRequest, worked_out

COUNT = 12
"""Pipelines from the beginning; one page of the usual length does not hold them."""
ENDS = ("FAILED", "SUCCESSFUL", "STOPPED", "SUCCESSFUL", "ERROR", "SUCCESSFUL")
COMPLETED = frozenset({"SUCCESSFUL", "FAILED", "STOPPED", "ERROR", "EXPIRED"})
WAITING = frozenset({"PAUSED", "HALTED"})
STEPS = ("Build", "Test")
LAST = len(STEPS) - 1
BUILD_SECONDS = 47


@define(eq=False)
class Step:
    """A step, and how many lines of its log are written while it runs."""

    uuid: str
    name: str
    lines: int = 1
    manual: bool = False


@define(eq=False)
class Run:
    """One pipeline: its `phase` is its stage or its result, and `ahead` are those to come."""

    uuid: str
    number: int
    target: dict[str, Any]
    """As the service has it, but that commits are their hashes and a pull request is its number."""
    trigger: str
    creator: str
    created_on: str
    phase: str = "PENDING"
    ahead: list[str] = Factory(lambda: ["RUNNING", "SUCCESSFUL"])
    completed_on: str | None = None
    terminator: str | None = None
    variables: int = 0
    steps: list[Step] = field(init=False)

    @steps.default
    def _of_every_run(self) -> list[Step]:
        manual = self.phase in WAITING
        return [
            Step(step_uuid(self.uuid, n), name, manual=manual and n == LAST)
            for n, name in enumerate(STEPS)
        ]

    def look(self, now: str) -> None:
        """Go one phase further, if there is one ahead."""
        if self.ahead:
            self.enter(self.ahead.pop(0), now)

    def enter(self, phase: str, now: str) -> None:
        """Be in that phase; what is completed has nothing ahead."""
        self.phase = phase
        if phase in COMPLETED:
            self.ahead.clear()
            self.completed_on = now

    def phase_of(self, step: Step) -> str:
        """Tell how a step stands, in the same words; NOT_RUN where it will never run."""
        last = step is self.steps[-1]
        match self.phase:
            case "RUNNING":
                return "PENDING" if last else "RUNNING"
            case "PAUSED" | "HALTED":
                return self.phase if last else "SUCCESSFUL"
            case "FAILED":
                return "FAILED" if last else "SUCCESSFUL"
            case "STOPPED":
                return "NOT_RUN" if last else "STOPPED"
            case "ERROR":
                return "NOT_RUN"
        return self.phase

    def log_of(self, step: Step) -> bytes:
        """Give what a step has written in the end."""
        commands = ("umask 000", f"make {step.name.lower()}", "make report")
        lines = [line for one in commands for line in (f"+ {one}", f"{one}: done, ä")]
        return "".join(f"{line}\n" for line in lines).encode()


@define(eq=False)
class Runs:
    """The pipelines of one repository by uuid, oldest first. Tests may alter them."""

    repository: Repository = field(repr=False)
    enabled: bool = True
    runs: dict[str, Run] = field(init=False)
    next_number: int = field(init=False)

    @runs.default
    def _planted(self) -> dict[str, Run]:
        if not self.repository.commits:
            return {}
        made = [_planted(self.repository, number) for number in range(1, COUNT + 1)]
        return {one.uuid: one for one in made}

    @next_number.default
    def _after_all(self) -> int:
        return len(self.runs) + 1


def run_uuid(one: Repository, number: int) -> str:
    """Name a pipeline from the beginning."""
    return uuid_of(f"{one.uuid}:pipeline:{number}")


def step_uuid(run: str, number: int) -> str:
    """Name a step of a pipeline."""
    return uuid_of(f"{run}:step:{number}")


def _planted(one: Repository, number: int) -> Run:
    commit = commit_at(one, min(COUNT - number, one.commits - 1))
    start = commit.date.astimezone(UTC)
    phase = "PAUSED" if number == COUNT else ENDS[(number - 1) % len(ENDS)]
    done = (start + timedelta(seconds=BUILD_SECONDS)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    members = list(one.workspace.members)
    return Run(
        uuid=run_uuid(one, number),
        number=number,
        target=_target(one, number, commit.hash),
        trigger="MANUAL" if number % len(ENDS) == 0 else "PUSH",
        creator=members[number % len(members)] if members else one.workspace.app.uuid,
        created_on=_told(start),
        phase=phase,
        ahead=[],
        completed_on=done if phase in COMPLETED else None,
        terminator=next(iter(members), None),
        variables=1 if number % len(ENDS) == 0 else 0,
    )


def _told(when: datetime) -> str:
    """Write a time as this part of the service does: with nine digits, at times."""
    return when.strftime("%Y-%m-%dT%H:%M:%S.%f123Z")


def _target(one: Repository, number: int, name: str) -> dict[str, Any]:
    """Make a target of each kind, in turn."""
    ref = {"ref_type": "branch", "ref_name": one.mainbranch, "commit": name}
    kinds: list[dict[str, Any]] = [
        {"type": "pipeline_ref_target", **ref, "selector": {"type": "default"}},
        {
            "type": "pipeline_commit_target",
            "commit": name,
            "selector": {"type": "custom", "pattern": "deploy"},
        },
        {
            "type": "pipeline_ref_target",
            "ref_type": "tag",
            "ref_name": "v1.0.0",
            "commit": name,
            "selector": {"type": "tags", "pattern": "v*"},
        },
        {
            "type": "pipeline_merge_queue_ref_target",
            **ref,
            "ref_name": f"bitbucket-merge-queue-{number}",
            "target_branch": one.mainbranch,
            "pullrequest_ids": [1],
            "selector": {"type": "merge-queues", "pattern": "main"},
        },
    ]
    if one.pullrequests:
        kinds.append(of_pullrequest(worked_out(one, 1)))
    return kinds[number % len(kinds)]


def of_pullrequest(request: PullRequest) -> dict[str, Any]:
    """Make the target of a pull request."""
    return {
        "type": "pipeline_pullrequest_target",
        "source": request.source.branch,
        "destination": request.destination.branch,
        "destination_commit": request.destination.hash,
        "commit": request.source.hash,
        "pullrequest": request.number,
        "selector": {"type": "pull-requests", "pattern": "**"},
    }
