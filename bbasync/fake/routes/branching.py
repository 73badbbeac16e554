"""The model of how branches are named, in repositories and projects."""

from typing import Any

from .. import access
from ..bodies import flag, json_object, text
from ..exchange import Call, Reply
from ..node import Node
from ..render import branching
from ..render.code import branch
from ..render.repository import home
from ..replies import bad_request
from ..routing import Group
from ..state import history
from ..state.branching import Model, Target
from ..state.history import Ref
from ..store import Project, Repository
from .commits import render as render_commit
from .projects import ADMIN as PROJECT_ADMIN
from .projects import ONE as PROJECT
from .projects import find_project
from .repositories import ADMIN, ONE, READ

group = Group()


@group.on("GET", f"{ONE}/branching-model", *READ)
def get_model(call: Call) -> Reply:
    """Read a repository's own model."""
    one = access.repository(call)
    return Reply(body=_model(call, one, one, "branching_model", "branching-model"))


@group.on("GET", f"{ONE}/effective-branching-model", *READ)
def get_effective_model(call: Call) -> Reply:
    """Read the model that holds: the repository's own, or else its project's."""
    one = access.repository(call)
    owner = one if one.override_settings["branching_model"] else one.project
    name = "effective-branching-model"
    return Reply(body=_model(call, one, owner, "effective_repo_branching_model", name))


@group.on("GET", f"{ONE}/branching-model/settings", *ADMIN, login=True)
def get_settings(call: Call) -> Reply:
    """Read what a repository's model is made of."""
    return Reply(body=_settings(call, access.repository(call, "admin")))


@group.on("PUT", f"{ONE}/branching-model/settings", *ADMIN, login=True)
def put_settings(call: Call) -> Reply:
    """Change what a repository's model is made of."""
    one = access.repository(call, "admin")
    _apply(call.store.part(one, Model), json_object(call), set(_branches(one)))
    return Reply(body=_settings(call, one))


@group.on("GET", f"{PROJECT}/branching-model", "read:repository:bitbucket", "project:admin")
def get_project_model(call: Call) -> Reply:
    """Read the model that the repositories of a project inherit."""
    _, owner = find_project(call, "read")
    here, state = _home(call, owner, "branching-model"), call.store.part(owner, Model)
    return Reply(body=branching.model("project_branching_model", state, here, _as_said))


@group.on("GET", f"{PROJECT}/branching-model/settings", *PROJECT_ADMIN, login=True)
def get_project_settings(call: Call) -> Reply:
    """Read what a project's model is made of."""
    return Reply(body=_settings(call, find_project(call, "admin")[1]))


@group.on("PUT", f"{PROJECT}/branching-model/settings", *PROJECT_ADMIN, login=True)
def put_project_settings(call: Call) -> Reply:
    """Change what a project's model is made of; any branch will do."""
    _, owner = find_project(call, "admin")
    _apply(call.store.part(owner, Model), json_object(call), None)
    return Reply(body=_settings(call, owner))


def _branches(one: Repository | Project) -> dict[str, Ref]:
    found = history.branches(one) if isinstance(one, Repository) else []
    return {ref.name: ref for ref in found}


def _home(call: Call, owner: Repository | Project, path: str) -> str:
    if isinstance(owner, Repository):
        return f"{home(call, owner)}/{path}"
    place = call.params["workspace"]
    return f"{call.url('workspaces', place, 'projects', owner.key)}/{path}"


def _model(call: Call, one: Repository, owner: Repository | Project, kind: str, path: str) -> Node:
    """Render a model as it holds in a repository: with those of the branches that exist."""
    known = _branches(one)

    def shown(said: Target) -> dict[str, Any]:
        name = one.mainbranch if said.use_mainbranch else said.name
        if owner is not one and name not in known:
            name = one.mainbranch
        there: dict[str, Any] = {"name": name, "use_mainbranch": said.use_mainbranch}
        if name in known:
            there["branch"] = branch(call, known[name], render_commit(call, known[name].commit))
        return there

    here, state = _home(call, one, path), call.store.part(owner, Model)
    return branching.model(kind, state, here, shown)


def _as_said(said: Target) -> dict[str, Any]:
    return {"name": said.name, "use_mainbranch": said.use_mainbranch}


def _settings(call: Call, owner: Repository | Project) -> Node:
    here = _home(call, owner, "branching-model/settings")
    return branching.settings(call.store.part(owner, Model), _branches(owner), here)


def _apply(state: Model, body: dict[str, Any], branches: set[str] | None) -> None:
    """Check a body as a whole, then take it over; `branches` are those that can be named."""
    targets = {
        name: _target(name, getattr(state, name), body.get(name), branches)
        for name in ("development", "production")
    }
    kinds = {name: (one.prefix, one.enabled) for name, one in state.kinds.items()}
    for said in body.get("branch_types") or ():
        name = said.get("kind") if isinstance(said, dict) else None
        if name not in kinds:
            raise bad_request("Bad request", {"branch_types": [f"'{name}' is not a branch type."]})
        prefix, enabled = kinds[name]
        kinds[name] = text(said, "prefix", prefix), flag(said, "enabled", current=enabled)
    _require_sound([prefix for prefix, enabled in kinds.values() if enabled])
    state.development, state.production = targets["development"], targets["production"]
    for name, (prefix, enabled) in kinds.items():
        state.kinds[name].prefix, state.kinds[name].enabled = prefix, enabled
    wanted = body.get("default_branch_deletion", state.deletes_branches)
    state.deletes_branches = str(wanted).lower() == "true"


def _target(name: str, old: Target, said: Any, branches: set[str] | None) -> Target:
    if said is None:
        return old
    if not isinstance(said, dict):
        raise bad_request("Bad request", {name: "expected a dictionary"})
    use_main = flag(said, "use_mainbranch", current=old.use_mainbranch)
    enabled = flag(said, "enabled", current=old.enabled)
    wanted = said.get("name", None if use_main else old.name)
    if use_main and wanted is not None:
        raise bad_request("Bad request", {name: ["No name where the main branch is used."]})
    if not use_main and not wanted:
        raise bad_request("Bad request", {name: ["This needs the name of a branch."]})
    if enabled and not use_main and branches is not None and wanted not in branches:
        raise bad_request("Bad request", {name: [f"There is no branch '{wanted}'."]})
    return Target(wanted, use_main, enabled)


def _require_sound(prefixes: list[str]) -> None:
    """Refuse prefixes that are empty, or that begin alike."""
    for number, one in enumerate(prefixes):
        others = prefixes[:number] + prefixes[number + 1 :]
        if not one or any(other.startswith(one) for other in others):
            raise bad_request("Bad request", {"branch_types": [f"'{one}' is not a valid prefix."]})
