"""Schedules of pipelines."""

from typing import Any

from .. import access
from ..bodies import flag, json_object
from ..exchange import Call, Reply
from ..node import Node
from ..pages import numbered
from ..render.pipeline import FAILURE
from ..replies import bad_request, error, not_found
from ..routing import Group
from ..state import history
from ..state.pipeline_settings import Setup
from ..state.runs import Runs
from ..store import Repository, braced
from .repositories import ONE

READ = ("read:pipeline:bitbucket", "pipeline")
WRITE = ("read:pipeline:bitbucket write:pipeline:bitbucket", "pipeline:write")
DELETE = ("write:pipeline:bitbucket", "pipeline:write")
SCHEDULES = f"{ONE}/pipelines_config/schedules"
SCHEDULE = f"{SCHEDULES}/{{schedule_uuid}}"
CRON_FIELDS = 7

group = Group()


@group.on("GET", SCHEDULES, *READ)
def list_schedules(call: Call) -> Reply:
    """List schedules."""
    found = _setup(call, "read").schedules.values()
    return numbered(call, list(found), _render)


@group.on("POST", SCHEDULES, *WRITE, login=True)
def create_schedule(call: Call) -> Reply:
    """Add a schedule, for a branch."""
    setup, body = _setup(call, "write"), json_object(call)
    if len(setup.schedules) >= setup.most_schedules:
        raise error(401, "The repository has as many schedules as it may.")
    uuid, now = call.store.new_uuid(), call.store.now().replace("+00:00", "Z")
    cron = body.get("cron_pattern")
    if not isinstance(cron, str) or len(cron.split()) != CRON_FIELDS:
        raise bad_request("Bad request", {"cron_pattern": ["expected seven fields"]})
    made = {
        "uuid": uuid,
        "enabled": flag(body, "enabled", current=True),
        "cron_pattern": cron,
        **_target(setup.repository, body.get("target")),
        "created_on": now,
        "updated_on": now,
    }
    setup.schedules[uuid] = made
    return Reply(201, _render(made), {"Location": f"{call.base}{call.path}/%7B{uuid[1:-1]}%7D"})


@group.on("GET", SCHEDULE, *READ)
def get_schedule(call: Call) -> Reply:
    """Read a schedule."""
    return Reply(body=_render(_one(call, _setup(call, "read"))))


@group.on("PUT", SCHEDULE, *WRITE, login=True)
def update_schedule(call: Call) -> Reply:
    """Switch a schedule on or off."""
    one = _one(call, _setup(call, "write"))
    one["enabled"] = flag(json_object(call), "enabled", current=one["enabled"])
    one["updated_on"] = call.store.now().replace("+00:00", "Z")
    return Reply(body=_render(one))


@group.on("DELETE", SCHEDULE, *DELETE, login=True)
def delete_schedule(call: Call) -> Reply:
    """Delete a schedule."""
    setup = _setup(call, "write")
    del setup.schedules[_one(call, setup)["uuid"]]
    return Reply(204)


@group.on("GET", f"{SCHEDULE}/executions", *READ)
def list_executions(call: Call) -> Reply:
    """List what became of a schedule: one pipeline, and one failure to start it."""
    setup = _setup(call, "read")
    _one(call, setup)
    runs = call.store.part(setup.repository, Runs).runs
    found: list[dict[str, Any]] = [
        {
            "type": "pipeline_schedule_execution_executed",
            "pipeline": {"type": "pipeline", "uuid": uuid},
        }
        for uuid in list(runs)[:1]
    ]
    failure = {"type": "pipeline_error", **FAILURE}
    found.append({"type": "pipeline_schedule_execution_errored", "error": failure})
    return numbered(call, found, Node)


def _setup(call: Call, need: str) -> Setup:
    return call.store.part(access.repository(call, need), Setup)


def _one(call: Call, setup: Setup) -> dict[str, Any]:
    found = setup.schedules.get(braced(call.params["schedule_uuid"]))
    if found is None:
        raise not_found("The schedule was not found.")
    return found


def _target(one: Repository, target: Any) -> dict[str, Any]:
    known = target if isinstance(target, dict) else {}
    name = known.get("ref_name")
    if known.get("ref_type") != "branch" or all(ref.name != name for ref in history.branches(one)):
        raise bad_request("Bad request", {"target": ["A schedule is for a branch."]})
    return {"ref_name": name, "selector": known.get("selector", {"type": "default"})}


def _render(one: dict[str, Any]) -> Node:
    target = {
        "type": "pipeline_ref_target",
        "ref_type": "branch",
        "ref_name": one["ref_name"],
        "selector": one["selector"],
    }
    shown = {name: value for name, value in one.items() if name not in {"ref_name", "selector"}}
    return Node({"type": "pipeline_schedule", **shown, "target": target})
