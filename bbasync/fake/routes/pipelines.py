"""Pipelines: what ran, starting and stopping, steps, logs, test reports."""

import hashlib
from collections.abc import Callable
from typing import Any

from .. import access, storage
from ..exchange import Call, Reply
from ..pages import Limits, address, numbered
from ..render import pipeline as render
from ..replies import bad_request, not_found
from ..routing import Group
from ..state.runs import COMPLETED, Run, Runs, Step
from ..state.starting import start
from ..store import Repository, braced, uuid_of
from ..webhook.spans import run_ended
from .repositories import ONE

READ = ("read:pipeline:bitbucket", "pipeline")
RUN = ("read:pipeline:bitbucket write:pipeline:bitbucket", "pipeline")
STOP = ("write:pipeline:bitbucket", "pipeline:write")
UNFILTERED = Limits(filters=False)
STEPS = f"{ONE}/pipelines/{{pipeline_uuid}}/steps"
STEP = f"{STEPS}/{{step_uuid}}"
STATUSES = {
    "PENDING": "PENDING",
    "RUNNING": "BUILDING",
    "PAUSED": "PAUSED",
    "HALTED": "HALTED",
    "SUCCESSFUL": "PASSED",
    "FAILED": "FAILED",
    "STOPPED": "STOPPED",
    "ERROR": "ERROR",
}
"""What the filter calls the phases."""
SELECTORS = {"BRANCH": "branches", "TAG": "tags", "CUSTOM": "custom", "DEFAULT": "default",
             "PULLREQUESTS": "pull-requests"}  # fmt: skip
SORTS: dict[str, Callable[[Run], str]] = {
    "created_on": lambda run: run.created_on,
    "run_creation_date": lambda run: run.created_on,
    "creator.uuid": lambda run: run.creator,
}

group = Group()


@group.on("GET", f"{ONE}/pipelines", *READ, tagged=True)
def list_pipelines(call: Call) -> Reply:
    """List pipelines, oldest first; `q` is ignored, and `next` forgets the order."""
    one = access.repository(call)
    found = [run for run in _runs(call, one).runs.values() if _fits(call, run)]
    sort = call.arg("sort") or "created_on"
    key = SORTS.get(sort.removeprefix("-"))
    if key is None:
        raise bad_request(f"'{sort}' is not a valid sort field")
    found.sort(key=key, reverse=sort.startswith("-"))
    reply = numbered(call, found, lambda run: render.pipeline(call, one, run), UNFILTERED)
    for rel, step in (("next", 1), ("previous", -1)):
        if rel in reply.body:
            there = address(call, page=str(reply.body["page"] + step))
            base, _, query = there.partition("?")
            kept = [pair for pair in query.split("&") if not pair.startswith("sort=")]
            reply.body[rel] = f"{base}?{'&'.join(kept)}"
    return reply


@group.on("POST", f"{ONE}/pipelines", *RUN, login=True)
def create_pipeline(call: Call) -> Reply:
    """Start a pipeline."""
    one = access.repository(call, "write")
    made = start(call, one, _runs(call, one))
    here = render.address(call, one, made)
    return Reply(201, render.pipeline(call, one, made), {"Location": here})


@group.on("GET", f"{ONE}/pipelines/{{pipeline_uuid}}", *READ)
def get_pipeline(call: Call) -> Reply:
    """Read a pipeline, which is further when somebody looks again."""
    one = access.repository(call)
    run = _run(call, one)
    reply = Reply(body=render.pipeline(call, one, run))
    _look(call, one, run)
    return reply


@group.on("POST", f"{ONE}/pipelines/{{pipeline_uuid}}/stopPipeline", *STOP, login=True)
def stop_pipeline(call: Call) -> Reply:
    """Stop a pipeline, unless it has ended."""
    one = access.repository(call, "write")
    run = _run(call, one)
    if run.phase in COMPLETED:
        raise bad_request("The pipeline has already completed.")
    run.terminator = call.account.uuid if call.account else one.workspace.app.uuid
    run.enter("STOPPED", _now(call))
    run_ended(call, one, run)
    return Reply(204)


@group.on("GET", STEPS, *READ)
def list_steps(call: Call) -> Reply:
    """List the steps of a pipeline."""
    run = _run(call, access.repository(call))
    return numbered(call, run.steps, lambda step: render.step(call, run, step), UNFILTERED)


@group.on("GET", STEP, *READ)
def get_step(call: Call) -> Reply:
    """Read a step; its pipeline is further when somebody looks again."""
    run, step = _step(call)
    reply = Reply(body=render.step(call, run, step))
    _look(call, access.repository(call), run)
    return reply


@group.on("GET", f"{STEP}/log", *READ)
def get_step_log(call: Call) -> Reply:
    """Read a log, which grows while the step runs, and is moved to the storage when it has."""
    run, step = _step(call)
    phase, whole = run.phase_of(step), run.log_of(step)
    if phase == "RUNNING":
        written = b"".join(whole.splitlines(keepends=True)[: step.lines])
        step.lines += 1
        return _bytes(call, written)
    if phase not in COMPLETED:
        raise not_found("The step has no log.")
    return _archived(call, whole, run, step, "log")


@group.on("GET", f"{STEP}/logs/{{log_uuid}}", *READ)
def get_container_log(call: Call) -> Reply:
    """Read the log of a container: that of the build has the step's uuid, a service has another."""
    run, step = _step(call)
    name = braced(call.params["log_uuid"])
    if run.phase_of(step) not in COMPLETED:
        raise not_found("There is no such log.")
    if name == step.uuid:
        return _archived(call, run.log_of(step), run, step, name)
    if name != uuid_of(f"{step.uuid}:service"):
        raise not_found("There is no such log.")
    return _archived(call, b"docker: ready\n", run, step, name)


@group.on("GET", f"{STEP}/test_reports", *READ)
def get_test_report(call: Call) -> Reply:
    """Tell how many tests a step ran."""
    return Reply(body=render.test_report(*_tested(call)))


@group.on("GET", f"{STEP}/test_reports/test_cases", *READ)
def list_test_cases(call: Call) -> Reply:
    """List the tests that failed."""
    return numbered(call, render.failed_cases(*_tested(call)), lambda node: node, UNFILTERED)


@group.on("GET", f"{STEP}/test_reports/test_cases/{{test_case_uuid}}/test_case_reasons", *READ)
def list_test_case_reasons(call: Call) -> Reply:
    """List what a failed test said."""
    name = braced(call.params["test_case_uuid"])
    if all(node["uuid"] != name for node in render.failed_cases(*_tested(call))):
        raise not_found("There is no such test case.")
    return numbered(call, [render.case_reason()], lambda node: node, UNFILTERED)


def _look(call: Call, one: Repository, run: Run) -> None:
    """Bring a pipeline a step further, and tell of its end."""
    before = run.phase
    run.look(_now(call))
    if run.phase != before:
        run_ended(call, one, run)


def _now(call: Call) -> str:
    return call.store.now().replace("+00:00", "Z")


def _runs(call: Call, one: Repository) -> Runs:
    return call.store.part(one, Runs)


def _run(call: Call, one: Repository) -> Run:
    """Find a pipeline, by its uuid or its build number."""
    name, runs = call.params["pipeline_uuid"], _runs(call, one).runs
    found = runs.get(braced(name))
    if found is None:
        found = next((run for run in runs.values() if str(run.number) == name), None)
    if found is None:
        raise not_found(f"There is no pipeline {name}.")
    return found


def _step(call: Call) -> tuple[Run, Step]:
    run, name = _run(call, access.repository(call)), call.params["step_uuid"]
    for step in run.steps:
        if step.uuid == braced(name):
            return run, step
    raise not_found(f"There is no step {name}.")


def _tested(call: Call) -> tuple[Run, Step]:
    run, step = _step(call)
    if step is not run.steps[-1] or run.phase_of(step) not in COMPLETED:
        raise not_found("There is no test report.")
    return run, step


def _archived(call: Call, whole: bytes, run: Run, step: Step, name: str) -> Reply:
    path = ("logs", run.uuid.strip("{}"), step.uuid.strip("{}"), name.strip("{}"))
    storage.keep(call.store, whole, *path)
    return Reply(307, headers={"Location": storage.address(call.base, *path)}, text=b"")


def _bytes(call: Call, content: bytes) -> Reply:
    tag = f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'
    kind = "application/octet-stream"
    if call.headers.get("if-none-match") == tag:
        return Reply(304, headers={"ETag": tag}, text=b"", content_type=kind)
    told = {"Accept-Ranges": "bytes", "ETag": tag}
    return Reply(headers=told, text=content, content_type=kind)


def _fits(call: Call, run: Run) -> bool:
    """Tell whether a pipeline is among those asked for."""
    target: dict[str, Any] = run.target
    selector = target.get("selector", {})
    kind = {"branch": {"BRANCH"}, "tag": {"TAG", "ANNOTATED_TAG"}}.get(target.get("ref_type", ""))
    have = {
        "target.branch": target.get("ref_name") if target.get("ref_type") == "branch" else None,
        "target.ref_name": target.get("ref_name"),
        "target.commit.hash": target.get("commit"),
        "target.selector.pattern": selector.get("pattern"),
        "trigger_type": {"SCHEDULE": "SCHEDULED"}.get(run.trigger, run.trigger),
        "creator.uuid": run.creator,
        "created_on": run.created_on,
    }
    asked = {name: call.arg(name) for name in have}
    statuses, ref_type = call.all_args("status"), call.arg("target.ref_type")
    chosen = call.arg("target.selector.type")
    return (
        all(value is None or have[name] == value for name, value in asked.items())
        and (not statuses or STATUSES.get(run.phase, "UNKNOWN") in statuses)
        and (ref_type is None or ref_type in (kind or ()))
        and (chosen is None or SELECTORS.get(chosen) == selector.get("type"))
    )
