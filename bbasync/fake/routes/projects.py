"""Projects of a workspace."""

from typing import Any

from .. import access
from ..bodies import flag, json_object, text
from ..exchange import Call, Reply
from ..pages import numbered
from ..render.repository import project_in_full
from ..replies import bad_request, forbidden, not_found
from ..routing import Group
from ..store import Project, Workspace
from ..webhook.telling import project_changed, watched

READ = ("read:project:bitbucket", "project")
ADMIN = ("admin:project:bitbucket", "project:admin")
ALL = "/workspaces/{workspace}/projects"
ONE = f"{ALL}/{{project_key}}"

group = Group()


def find_project(call: Call, need: str) -> tuple[Workspace, Project]:
    """Find the project of the address, for a caller who may do that much with it."""
    place = access.workspace(call)
    found = _by_name(place, call.params["project_key"])
    have = "none" if found is None else access.project_right(call, place, found)
    if found is None or have == "none":
        raise not_found(f"There is no project '{call.params['project_key']}' here.")
    if not access.allows(have, need):
        raise forbidden(f"This needs {need} permission on the project.")
    return place, found


def _by_name(place: Workspace, name: str) -> Project | None:
    found = place.projects.get(name.upper())
    return found or next((p for p in place.projects.values() if p.uuid == name), None)


@group.on("GET", ALL, *READ)
def list_projects(call: Call) -> Reply:
    """List the projects the caller may see."""
    place = access.workspace(call)
    seen = [p for p in place.projects.values() if access.project_right(call, place, p) != "none"]
    return numbered(call, seen, lambda one: project_in_full(call, place, one))


@group.on("POST", ALL, *ADMIN, login=True)
def create_project(call: Call) -> Reply:
    """Make a project."""
    return _make(call, access.joined_workspace(call), json_object(call))


@group.on("GET", ONE, *READ)
def get_project(call: Call) -> Reply:
    """Read one project."""
    place, one = find_project(call, "read")
    return Reply(body=project_in_full(call, place, one))


@group.on("PUT", ONE, *ADMIN, login=True)
def update_project(call: Call) -> Reply:
    """Change a project, or make it where there is none."""
    place = access.joined_workspace(call)
    body = json_object(call)
    key = call.params["project_key"]
    if _by_name(place, key) is None:
        return _make(call, place, {"key": key} | body)
    place, one = find_project(call, "admin")
    new_key = _free_key(place, text(body, "key", one.key), one)
    before = watched(one)
    _apply(one, body)
    place.projects = {(new_key if p is one else k): p for k, p in place.projects.items()}
    one.key, one.updated_on = new_key, call.store.now()
    project_changed(call, place, one, before)
    return Reply(body=project_in_full(call, place, one))


@group.on("DELETE", ONE, *ADMIN, login=True)
def delete_project(call: Call) -> Reply:
    """Delete a project that holds no repository."""
    place, one = find_project(call, "admin")
    if any(r.project is one for r in place.repositories.kinds()):
        raise bad_request("A project can only be deleted when no repository is left in it.")
    del place.projects[one.key]
    return Reply(204)


def _make(call: Call, place: Workspace, body: dict[str, Any]) -> Reply:
    if access.level(call, place) not in {"owner", "create-project"}:
        raise forbidden("This needs the right to make projects in the workspace.")
    missing = {name: ["required key not provided"] for name in ("key", "name") if name not in body}
    if missing:
        raise bad_request("Bad request", missing)
    now = call.store.now()
    one = Project(
        uuid=call.store.new_uuid(),
        key=_free_key(place, text(body, "key", ""), None),
        name="",
        description=None,
        is_private=True,
        created_on=now,
        updated_on=now,
    )
    _apply(one, body)
    if call.account is not None:
        one.users[call.account.uuid] = "admin"
    place.projects[one.key] = one
    rendered = project_in_full(call, place, one)
    return Reply(201, rendered, {"Location": rendered["links"]["self"]["href"]})


def _apply(one: Project, body: dict[str, Any]) -> None:
    one.name = text(body, "name", one.name)
    one.description = body.get("description", one.description)
    one.is_private = flag(body, "is_private", current=one.is_private)


def _free_key(place: Workspace, wanted: str, one: Project | None) -> str:
    key = wanted.upper()
    if not key.replace("_", "").isalnum() or not key[0].isalpha():
        raise bad_request("Bad request", {"key": ["A key is letters, digits and underscores."]})
    if place.projects.get(key, one) is not one:
        raise bad_request("Bad request", {"key": ["There is a project with this key already."]})
    return key
