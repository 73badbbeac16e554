"""Pipelines, their steps and what tests said as JSON."""

from typing import Any

from ..exchange import Call
from ..node import Node
from ..state.pulls import PullRequests
from ..state.runs import BUILD_SECONDS, COMPLETED, Run, Step
from ..store import Repository
from .code import stub
from .people import link, quoted
from .pullrequest import pullrequest_stub, whoever
from .repository import home, repository

COMMITS = ("commit", "destination_commit")
FAILURE = {
    "key": "result-service.plan.invalid-yml",
    "message": "The configuration file can't be read: line 3",
    "arguments": {"line": 3},
}


def address(call: Call, one: Repository, run: Run) -> str:
    """Give a pipeline's address."""
    return f"{home(call, one)}/pipelines/{quoted(run.uuid)}"


def pipeline(call: Call, one: Repository, run: Run) -> Node:
    """Render a pipeline."""
    here = address(call, one, run)
    done = run.completed_on is not None
    shown: dict[str, Any] = {
        "type": "pipeline",
        "uuid": run.uuid,
        "repository": repository(call, one),
        "state": _state(call, "pipeline", run.phase, run.terminator),
        "build_number": run.number,
        "creator": whoever(call, run.creator),
        "created_on": run.created_on,
        "target": _target(call, one, run.target),
        "trigger": {
            "name": run.trigger,
            "type": f"pipeline_trigger_{run.trigger.lower()}",
        },
        "run_number": 1,
        "duration_in_seconds": BUILD_SECONDS if done else 0,
        "build_seconds_used": BUILD_SECONDS if done else 0,
        "first_successful": False,
        "expired": False,
        "has_variables": run.variables > 0,
        "configuration_sources": [{"source": "repo", "uri": f"{home(call, one)}/src/HEAD/ci.yml"}],
        "links": {"self": link(here), "steps": link(f"{here}/steps")},
    }
    if done:
        shown["completed_on"] = run.completed_on
    return Node(shown)


def step(call: Call, run: Run, made: Step) -> Node:
    """Render a step; of one that has not begun there is little to tell."""
    phase = run.phase_of(made)
    started = phase in {*COMPLETED, "RUNNING"}
    how = "manual" if made.manual else "automatic"
    command = {"commandType": "user", "command": f"make {made.name.lower()}"}
    shown: dict[str, Any] = {
        "type": "pipeline_step",
        "uuid": made.uuid,
        "name": made.name,
        "pipeline": {"type": "pipeline", "uuid": run.uuid},
        "state": _state(call, "pipeline_step", phase, run.terminator),
        "trigger": {"type": f"pipeline_step_trigger_{how}"},
        "run_number": 1,
        "image": {"name": "atlassian/default-image:4"},
        "setup_commands": [{"commandType": "user", "command": "umask 000", "name": "umask 000"}],
        "script_commands": [{**command, "name": command["command"]}],
        "teardown_commands": [
            {
                "commandType": "system",
                "action": "PROCESS_TEST_REPORTS",
                "command": "echo",
                "name": "Process Test Reports",
            }
        ],
        "maxTime": 120,
        "max_time": 120,
        "build_seconds_used": BUILD_SECONDS if phase in COMPLETED else 0,
    }
    if started:
        shown["started_on"] = run.created_on
    if phase in COMPLETED:
        shown |= {"completed_on": run.completed_on, "duration_in_seconds": BUILD_SECONDS}
    return Node(shown)


def _state(call: Call, kind: str, phase: str, terminator: str | None) -> dict[str, Any]:
    """Render a state: its stage and its result have types of their own, with its in them."""
    if phase in COMPLETED or phase == "NOT_RUN":
        return _result(call, f"{kind}_state_completed", phase, terminator)
    if phase == "PENDING" and kind == "pipeline":
        return {"name": "PENDING", "type": "pipeline_state_pending"}
    waits = kind == "pipeline_step" and phase != "RUNNING"
    name = "PENDING" if waits else "IN_PROGRESS"
    wire_type = f"{kind}_state_{name.lower()}"
    stage = {"name": phase, "type": f"{wire_type}_{phase.lower()}"}
    return {"name": name, "type": wire_type, "stage": stage}


def _result(call: Call, wire_type: str, phase: str, terminator: str | None) -> dict[str, Any]:
    result: dict[str, Any] = {"name": phase, "type": f"{wire_type}_{phase.lower()}"}
    if phase == "STOPPED" and terminator:
        result["terminator"] = whoever(call, terminator)
    if phase == "ERROR":
        result["error"] = {"type": "pipeline_error", **FAILURE}
    return {"name": "COMPLETED", "type": wire_type, "result": result}


def _target(call: Call, one: Repository, target: dict[str, Any]) -> dict[str, Any]:
    commits = {name: stub(call, one, target[name]) for name in COMMITS if target.get(name)}
    shown = target | commits
    number = target.get("pullrequest")
    if number is not None:
        request = call.store.part(one, PullRequests).find(number)
        shown["pullrequest"] = pullrequest_stub(call, one, request)
    return shown


def test_report(run: Run, made: Step) -> Node:
    """Render how many tests a step ran."""
    failed = len(failed_cases(run, made))
    shown = {
        "step_uuid": made.uuid,
        "number_of_test_cases": 12,
        "number_of_successful_test_cases": 11 - failed,
        "number_of_failed_test_cases": failed,
        "number_of_error_test_cases": 0,
        "number_of_skipped_test_cases": 1,
    }
    return Node(shown)


def failed_cases(run: Run, made: Step) -> list[Node]:
    """Render the tests that failed; of the others nothing is told."""
    if run.phase_of(made) != "FAILED":
        return []
    return [_case(made, name) for name in ("test_adds_up", "test_keeps_order")]


def _case(made: Step, name: str) -> Node:
    shown = {
        "uuid": f"{{{made.uuid[1:-2]}{len(name) % 10}}}",
        "name": name,
        "class_name": "tests.test_sums",
        "package_name": "tests",
        "fully_qualified_name": f"tests.test_sums.{name}",
        "status": "FAILED",
        "duration": "PT0.9589264S",
        "reason": {"message": "assert 4 == 5"},
    }
    return Node(shown)


def case_reason() -> Node:
    """Render what a failed test said."""
    return Node({"message": "assert 4 == 5"})
