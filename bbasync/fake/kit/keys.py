"""Webhooks and deploy keys, which repositories, projects and workspaces have alike."""

import hashlib
from collections.abc import Iterable
from urllib.parse import quote

from ..state.deploykeys import DeployKey, DeployKeys
from ..store import Hook, Project, Repository, Workspace
from .inside import Inside


def hook_on(
    inside: Inside,
    owner: Repository | Workspace,
    url: str,
    events: Iterable[str],
    secret: str | None,
    *,
    active: bool,
) -> Hook:
    """Subscribe to events."""
    place = owner.workspace if isinstance(owner, Repository) else owner
    body = {
        "url": url,
        "description": "Made for a test",
        "events": [events] if isinstance(events, str) else list(events),
        "secret": secret,
        "active": active,
    }
    made = inside.ask("POST", f"{path_of(owner)}/hooks", body, place=place)
    return owner.hooks[made["uuid"]]


def key_of(
    inside: Inside, place: Workspace, owner: Repository | Project, key: str | None, label: str
) -> DeployKey:
    """Add a deploy key; without a *key* one is made up."""
    state = inside.store.part(owner, DeployKeys)
    if key is None:
        digest = hashlib.sha256(f"{owner.uuid}:{state.new_id()}".encode()).hexdigest()
        key = f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{digest}"
    path = path_of(owner) if isinstance(owner, Repository) else project_path(place, owner)
    made = inside.ask("POST", f"{path}/deploy-keys", {"key": key, "label": label}, place=place)
    return state.known[made["id"]]


def path_of(owner: Repository | Workspace) -> str:
    """Give an address, without the version before it."""
    if isinstance(owner, Repository):
        return f"/repositories/{owner.full_name}"
    return f"/workspaces/{owner.slug}"


def project_path(place: Workspace, one: Project) -> str:
    """Give a project's address."""
    return f"/workspaces/{place.slug}/projects/{quote(one.key)}"
