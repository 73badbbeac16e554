"""Variables of pipelines, wherever they are kept."""

from attrs import frozen

from .. import access
from ..bodies import flag, json_object, text
from ..exchange import Call, Reply
from ..node import Node
from ..pages import numbered
from ..parts import Owner
from ..replies import bad_request, error, forbidden, not_found
from ..routing import Group, Handler
from ..state.deploying import Deploying
from ..state.pipeline_settings import Things, Variables
from ..store import braced
from .repositories import ONE

READ = ("read:pipeline:bitbucket", "pipeline")
WRITE = ("admin:pipeline:bitbucket", "pipeline:variable")
OLD_READ, OLD_WRITE = ("", "pipeline"), ("", "pipeline:variable")
"""Those of accounts are in no newer scope."""
ENVIRONMENT = f"{ONE}/deployments_config/environments/{{environment_uuid}}"

group = Group()


@frozen
class _Place:
    """Where variables are: their owner, what they are called, and whether one can be read alone."""

    pattern: str
    kind: str = "pipeline_variable"
    read: tuple[str, str] = READ
    write: tuple[str, str] = WRITE

    def owner(self, call: Call, need: str) -> Owner:
        """Find whom they belong to, for callers who may do that much."""
        if "repo_slug" in call.params:
            one = access.repository(call, need)
            uuid = call.params.get("environment_uuid")
            if uuid is None:
                return one
            found = call.store.part(one, Deploying).environments.get(braced(uuid))
            if found is None:
                raise not_found(f"There is no environment {uuid}.")
            return found
        if "selected_user" in call.params:
            return _account(call)
        call.params.setdefault("workspace", call.params.get("username", ""))
        return access.owned_workspace(call)

    def things(self, call: Call, need: str) -> Things:
        """Give the variables; changes here change the owner's."""
        return call.store.part(self.owner(call, need), Variables).things

    def render(self, uuid: str, things: Things) -> Node:
        """Render a variable; of a secured one no value."""
        one = things[uuid]
        hidden = {"value"} if one["secured"] else set()
        shown = {name: value for name, value in one.items() if name not in hidden}
        return Node({"type": self.kind, **shown})


def _account(call: Call) -> Owner:
    name = call.params["selected_user"]
    found = call.store.find_account(name)
    if found is None:
        raise not_found(f"There is no account {name}.")
    if found is not call.account:
        raise forbidden("Only the account itself may do this.")
    return found


PLACES = (
    _Place(f"{ONE}/pipelines_config/variables"),
    _Place("/workspaces/{workspace}/pipelines-config/variables"),
    _Place(f"{ENVIRONMENT}/variables", "deployment_variable"),
    _Place("/teams/{username}/pipelines_config/variables", read=OLD_READ, write=OLD_WRITE),
    _Place("/users/{selected_user}/pipelines_config/variables", read=OLD_READ, write=OLD_WRITE),
)


def _list(place: _Place) -> Handler:
    def list_variables(call: Call) -> Reply:
        things = place.things(call, "write")
        return numbered(call, list(things), lambda uuid: place.render(uuid, things))

    return list_variables


def _create(place: _Place) -> Handler:
    def create_variable(call: Call) -> Reply:
        things, uuid = place.things(call, "admin"), call.store.new_uuid()
        things[uuid] = _changed(call, things, {"uuid": uuid, "key": "", "value": ""})
        here = f"{call.base}{call.path}/%7B{uuid[1:-1]}%7D"
        return Reply(201, place.render(uuid, things), {"Location": here})

    return create_variable


def _get(place: _Place) -> Handler:
    def get_variable(call: Call) -> Reply:
        things = place.things(call, "write")
        return Reply(body=place.render(_one(call, things), things))

    return get_variable


def _update(place: _Place) -> Handler:
    def update_variable(call: Call) -> Reply:
        things = place.things(call, "admin")
        uuid = _one(call, things)
        things[uuid] = _changed(call, things, things[uuid])
        return Reply(body=place.render(uuid, things))

    return update_variable


def _delete(place: _Place) -> Handler:
    def delete_variable(call: Call) -> Reply:
        things = place.things(call, "admin")
        del things[_one(call, things)]
        return Reply(204)

    return delete_variable


def _one(call: Call, things: Things) -> str:
    uuid = braced(call.params["variable_uuid"])
    if uuid not in things:
        raise not_found(f"There is no variable {uuid}.")
    return uuid


def _changed(call: Call, things: Things, one: dict[str, object]) -> dict[str, object]:
    """Take over a body; a key stands only once."""
    body = json_object(call)
    key = text(body, "key", str(one["key"]))
    if not key.replace("_", "a").isalnum() or key[0].isdigit():
        raise bad_request("Bad request", {"key": ["Letters, digits and _ make a key."]})
    if any(each["key"] == key and each["uuid"] != one["uuid"] for each in things.values()):
        raise error(409, f"A variable '{key}' already exists.")
    secured = flag(body, "secured", current=bool(one.get("secured")))
    return {**one, "key": key, "value": text(body, "value", str(one["value"])), "secured": secured}


for _each in PLACES:
    group.on("GET", _each.pattern, *_each.read, login=True)(_list(_each))
    group.on("POST", _each.pattern, *_each.write, login=True)(_create(_each))
    _of_one = f"{_each.pattern}/{{variable_uuid}}"
    if _each.kind == "pipeline_variable":
        group.on("GET", _of_one, *_each.read, login=True)(_get(_each))
    group.on("PUT", _of_one, *_each.write, login=True)(_update(_each))
    group.on("DELETE", _of_one, *_each.write, login=True)(_delete(_each))
