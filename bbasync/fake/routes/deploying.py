"""Environments of a repository, and what was deployed to them."""

from typing import Any

from .. import access
from ..bodies import flag, json_object, text
from ..exchange import Call, Reply
from ..pages import Limits, numbered
from ..render.deploying import deployment, environment
from ..render.repository import home
from ..replies import error, not_found
from ..routing import Group
from ..state.deploying import TYPES, Deploying, Environment
from ..store import Repository, braced
from .repositories import ONE

READ = ("read:pipeline:bitbucket", "pipeline")
ADMIN = ("admin:pipeline:bitbucket", "pipeline")
ENVIRONMENTS = f"{ONE}/environments"
ENVIRONMENT = f"{ENVIRONMENTS}/{{environment_uuid}}"
CHANGEABLE = {"name", "restrictions"}
UNFILTERED = Limits(filters=False)

group = Group()


@group.on("GET", f"{ONE}/deployments", *READ)
def list_deployments(call: Call) -> Reply:
    """List deployments, newest first."""
    one, state = _state(call)
    return numbered(call, state.deployments, lambda each: deployment(call, one, each))


@group.on("GET", f"{ONE}/deployments/{{deployment_uuid}}", *READ)
def get_deployment(call: Call) -> Reply:
    """Read a deployment."""
    one, state = _state(call)
    uuid = braced(call.params["deployment_uuid"])
    found = next((each for each in state.deployments if each.uuid == uuid), None)
    if found is None:
        raise not_found(f"No deployment with the UUID '{uuid}' exists.")
    return Reply(body=deployment(call, one, found))


@group.on("GET", ENVIRONMENTS, *READ)
def list_environments(call: Call) -> Reply:
    """List environments; filters are ignored here."""
    _, state = _state(call)
    return numbered(call, list(state.environments.values()), environment, UNFILTERED)


@group.on("POST", ENVIRONMENTS, *ADMIN, login=True)
def create_environment(call: Call) -> Reply:
    """Add an environment; nobody else's name will do."""
    one, state = _state(call, "admin")
    body = json_object(call)
    kind = body.get("environment_type")
    for name in ("environment_type", "name"):
        if not body.get(name):
            raise error(400, f"Property {name} is required.")
    if not isinstance(kind, dict) or kind.get("name") not in TYPES:
        raise error(400, f"Property environment_type.name is one of {', '.join(TYPES)}.")
    name = text(body, "name", "")
    _require_free(state, name, None)
    of_kind = [each for each in state.environments.values() if each.kind == kind["name"]]
    made = Environment(
        call.store.new_uuid(),
        name,
        kind["name"],
        rank=len(of_kind),
        hidden=flag(body, "hidden", current=False),
        lock_enabled=flag(body, "environment_lock_enabled", current=True),
    )
    _restrict(made, body)
    state.environments[made.uuid] = made
    place = f"{home(call, one)}/environments/{made.uuid.replace('{', '%7B').replace('}', '%7D')}"
    return Reply(201, environment(made), {"Location": place})


@group.on("GET", ENVIRONMENT, *READ)
def get_environment(call: Call) -> Reply:
    """Read an environment."""
    return Reply(body=environment(_environment(call)))


@group.on("DELETE", ENVIRONMENT, *ADMIN, login=True)
def delete_environment(call: Call) -> Reply:
    """Delete an environment."""
    del _state(call, "admin")[1].environments[_environment(call).uuid]
    return Reply(204)


@group.on("POST", f"{ENVIRONMENT}/changes", *ADMIN, login=True)
def change_environment(call: Call) -> Reply:
    """Accept a change of an environment: what is in the envelope, and only two things."""
    _, state = _state(call, "admin")
    one, body = _environment(call), json_object(call)
    change = body.get("change")
    if not isinstance(change, dict) or not change:
        raise _refused("deploy-service.request.validation-error", "The request is not valid.")
    if set(change) - CHANGEABLE:
        key = "deploy-service.environment.change-not-supported"
        raise _refused(key, "The requested change is not allowed.")
    name = text(change, "name", one.name)
    _require_free(state, name, one)
    _restrict(one, change)
    one.name = name
    return Reply(202)


def _state(call: Call, need: str = "read") -> tuple[Repository, Deploying]:
    one = access.repository(call, need)
    return one, call.store.part(one, Deploying)


def _environment(call: Call) -> Environment:
    uuid = braced(call.params["environment_uuid"])
    found = _state(call)[1].environments.get(uuid)
    if found is None:
        raise not_found(f"No environment with the UUID '{uuid}' exists.")
    return found


def _require_free(state: Deploying, name: str, one: Environment | None) -> None:
    others = [each for each in state.environments.values() if each is not one]
    if any(each.name.lower() == name.lower() for each in others):
        raise error(409, "An environment with the provided name already exists.")


def _restrict(one: Environment, body: dict[str, Any]) -> None:
    restrictions = body.get("restrictions")
    if isinstance(restrictions, dict):
        one.admin_only = flag(restrictions, "admin_only", current=one.admin_only)


def _refused(key: str, message: str) -> Exception:
    return error(400, message, data={"key": key, "message": message, "arguments": {}})
