"""Runners of repositories and of workspaces."""

from typing import Any

from .. import access
from ..bodies import flag, json_object, text
from ..exchange import Call, Reply
from ..node import Node
from ..pages import numbered
from ..replies import bad_request, error, not_found
from ..routing import Group
from ..state.pipeline_settings import Runners, Things
from ..store import Repository, Workspace, braced
from .repositories import ONE

READ = ("read:runner:bitbucket", "runner")
WRITE = ("read:runner:bitbucket write:runner:bitbucket", "runner:write")
DELETE = ("write:runner:bitbucket", "runner:write")
PLACES = (f"{ONE}/pipelines-config/runners", "/workspaces/{workspace}/pipelines-config/runners")
LATEST = "4.1.0"

group = Group()


def list_runners(call: Call) -> Reply:
    """List runners."""
    return numbered(call, list(_things(call).values()), _render)


def create_runner(call: Call) -> Reply:
    """Make a runner; only now its secret is told."""
    things, body = _things(call), json_object(call)
    uuid = braced(text(body, "uuid", "") or call.store.new_uuid())
    if uuid in things:
        raise error(409, "A runner with this UUID already exists.")
    blank: dict[str, Any] = {"uuid": uuid, "name": "", "labels": [], "status": "UNREGISTERED"}
    made = things[uuid] = _changed(call, blank, body)
    rendered = _render(made)
    return Reply(body=rendered | {"oauth_client": {**_client(made), "secret": "told-once"}})


def get_runner(call: Call) -> Reply:
    """Read a runner."""
    return Reply(body=_render(_one(call, _things(call))))


def update_runner(call: Call) -> Reply:
    """Change a runner."""
    things = _things(call)
    one = _one(call, things)
    one |= _changed(call, one, json_object(call))
    return Reply(body=_render(one))


def delete_runner(call: Call) -> Reply:
    """Delete a runner."""
    things = _things(call)
    del things[_one(call, things)["uuid"]]
    return Reply(204)


for _place in PLACES:
    group.on("GET", _place, *READ, login=True)(list_runners)
    group.on("POST", _place, *WRITE, login=True)(create_runner)
    group.on("GET", f"{_place}/{{runner_uuid}}", *READ, login=True)(get_runner)
    group.on("PUT", f"{_place}/{{runner_uuid}}", *WRITE, login=True)(update_runner)
    group.on("DELETE", f"{_place}/{{runner_uuid}}", *DELETE, login=True)(delete_runner)


def _things(call: Call) -> Things:
    owner: Repository | Workspace
    if "repo_slug" in call.params:
        owner = access.repository(call, "admin")
    else:
        owner = access.owned_workspace(call)
    return call.store.part(owner, Runners).things


def _one(call: Call, things: Things) -> dict[str, Any]:
    found = things.get(braced(call.params["runner_uuid"]))
    if found is None:
        raise not_found("The runner was not found.")
    return found


def _changed(call: Call, one: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    name, labels = text(body, "name", one["name"]), body.get("labels", one["labels"])
    if not name:
        raise bad_request("Bad request", {"name": ["A runner needs a name."]})
    if not isinstance(labels, list) or not all(isinstance(each, str) for each in labels):
        raise bad_request("Bad request", {"labels": ["expected a list of strings"]})
    state = body.get("state") if isinstance(body.get("state"), dict) else {}
    cordoned = flag(state or {}, "cordoned", current=bool(one.get("cordoned")))
    now = call.store.now().replace("+00:00", "Z")
    told = {"name": name, "labels": labels, "cordoned": cordoned, "updated_on": now}
    return {"created_on": now, **one, **told}


def _client(one: dict[str, Any]) -> dict[str, str]:
    return {
        "id": f"client-{one['uuid'][1:9]}",
        "token_endpoint": "https://auth.example.com/oauth/token",
        "audience": "api.example.com",
    }


def _render(one: dict[str, Any]) -> Node:
    shown = {
        "type": "pipeline_runner",
        "uuid": one["uuid"],
        "name": one["name"],
        "labels": list(one["labels"]),
        "state": {
            "status": one["status"],
            "cordoned": bool(one.get("cordoned")),
            "updated_on": one["updated_on"],
            "version": {"version": LATEST, "current": LATEST},
        },
        "created_on": one["created_on"],
        "updated_on": one["updated_on"],
        "oauth_client": _client(one),
    }
    return Node(shown)
