"""Deployments, environments and deploy keys as JSON."""

from typing import Any

from ..exchange import Call
from ..node import Node
from ..state.deploying import TYPES, Deployment, Environment
from ..state.deploykeys import DeployKey
from ..state.runs import LAST, run_uuid, step_uuid
from ..store import Project, Repository, Workspace, uuid_of
from .code import stub
from .people import SITE, link
from .repository import home, project, repository


def environment(one: Environment) -> Node:
    """Render an environment; it has no links."""
    lock = {
        "type": "deployment_environment_lock_open",
        "name": "OPEN",
        "lock_opener": {
            "type": "deployment_environment_lock_opener_deployment_group",
            "pipeline_uuid": uuid_of(f"{one.uuid}:pipeline"),
            "step_uuid": uuid_of(f"{one.uuid}:step"),
        },
    }
    shown = {
        "type": "deployment_environment",
        "uuid": one.uuid,
        "name": one.name,
        "slug": one.slug,
        "rank": one.rank,
        "environment_type": {
            "type": "deployment_environment_type",
            "name": one.kind,
            "rank": TYPES.index(one.kind),
        },
        "category": {"name": one.kind},
        "hidden": one.hidden,
        "lock": lock,
        "environment_lock_enabled": one.lock_enabled,
        "deployment_gate_enabled": one.gate_enabled,
        "restrictions": {
            "type": "deployment_restrictions_configuration",
            "admin_only": one.admin_only,
        },
    }
    return Node(shown)


def deployment(call: Call, repo: Repository, one: Deployment) -> Node:
    """Render a deployment; times in it end with Z, and its links lead to pages only."""
    kind = f"deployment_state_{one.state['name'].lower()}"
    state = {"type": kind, **one.state}
    if "status" in state:
        ended = state["status"]
        state["status"] = {"type": f"{kind}_{ended.lower()}", "name": ended}
    pipeline = run_uuid(repo, one.run)
    release = {
        "type": "deployment_release",
        "uuid": uuid_of(f"{one.uuid}:release"),
        "key": f"pipelines-{pipeline}",
        "name": f"#{one.run}",
        "url": f"{SITE}/{repo.full_name}/addon/pipelines/home#!/results/{one.run}",
        "commit": stub(call, repo, one.commit.hash),
        "pipeline": {"type": "pipeline", "uuid": pipeline},
        "created_on": one.when,
    }
    shown: dict[str, Any] = {
        "type": "deployment",
        "uuid": one.uuid,
        "key": f"{pipeline}-deployment",
        "version": one.number,
        "number": one.number,
        "state": state,
        "environment": environment(one.environment),
        "release": release,
        "deployable": release,
        "step": {"uuid": step_uuid(pipeline, LAST)},
        "last_update_time": one.when,
    }
    return Node(shown)


def repository_key(call: Call, repo: Repository, one: DeployKey) -> Node:
    """Render a repository's deploy key."""
    here = f"{home(call, repo)}/deploy-keys/{one.id}"
    shown = _key(one, here) | {"type": "deploy_key", "repository": repository(call, repo)}
    return Node(shown)


def project_key(call: Call, place: Workspace, owner: Project, one: DeployKey) -> Node:
    """Render a project's deploy key."""
    here = f"{call.url('workspaces', place.slug, 'projects', owner.key)}/deploy-keys/{one.id}"
    shown = _key(one, here) | {
        "type": "project_deploy_key",
        "project": project(call, place, owner),
    }
    return Node(shown)


def _key(one: DeployKey, here: str) -> dict[str, Any]:
    return {
        "id": one.id,
        "key": one.key,
        "comment": one.comment,
        "label": one.label,
        "created_on": one.created_on,
        "last_used": one.last_used,
        "links": {"self": link(here)},
    }
