"""Branch restrictions and branching models as JSON."""

from collections.abc import Callable
from typing import Any

from ..exchange import Call
from ..node import Node
from ..state.branching import Model, Restriction, Target
from ..state.history import Ref
from ..store import Repository
from .people import group, link, user
from .repository import home


def restriction(call: Call, repo: Repository, one: Restriction) -> Node:
    """Render a rule."""
    groups = [repo.workspace.groups[slug] for slug in one.groups if slug in repo.workspace.groups]
    shown: dict[str, Any] = {
        "type": "branchrestriction",
        "id": one.id,
        "kind": one.kind,
        "branch_match_kind": one.match_kind,
        "pattern": one.pattern,
        "value": one.value,
        "users": [user(call, who) for who in call.people(one.users)],
        "groups": [group(call, repo.workspace, each) for each in groups],
        "links": {"self": link(f"{home(call, repo)}/branch-restrictions/{one.id}")},
    }
    if one.branch_type is not None:
        shown["branch_type"] = one.branch_type
    return Node(shown)


def model(kind: str, one: Model, here: str, shown: Callable[[Target], dict[str, Any]]) -> Node:
    """Render what is enabled of a model."""
    rendered: dict[str, Any] = {
        "type": kind,
        "development": shown(one.development),
        "branch_types": [
            {"kind": name, "prefix": said.prefix}
            for name, said in one.kinds.items()
            if said.enabled
        ],
        "links": {"self": link(here)},
    }
    if one.production.enabled:
        rendered["production"] = shown(one.production)
    return Node(rendered)


def settings(one: Model, branches: dict[str, Ref], here: str) -> Node:
    """Render what a model is made of; whether branches are deleted stands there as text."""

    def target(said: Target) -> dict[str, Any]:
        valid = said.use_mainbranch or said.name in branches
        return {
            "name": said.name,
            "use_mainbranch": said.use_mainbranch,
            "is_valid": valid or not isinstance(one.owner, Repository),
        }

    shown = {
        "type": "branching_model_settings",
        "development": target(one.development),
        "production": target(one.production) | {"enabled": one.production.enabled},
        "branch_types": [
            {"kind": name, "prefix": said.prefix, "enabled": said.enabled}
            for name, said in one.kinds.items()
        ],
        "default_branch_deletion": str(one.deletes_branches).lower(),
        "links": {"self": link(here)},
    }
    return Node(shown)
