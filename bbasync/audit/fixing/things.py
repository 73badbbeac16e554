"""What to do about repositories, deploy keys, webhooks and branches."""

from __future__ import annotations

from collections.abc import Callable

from ...wire.origin import segment
from ..address import host_of
from ..facts import Hook, Project, Repo
from ..findings import Finding
from .calls import Call, Expects
from .known import (
    Known,
    Remedy,
    by_hand,
    one_line,
    project_at,
    repository_at,
    thing_of,
    with_sources,
)


def public(known: Known, finding: Finding) -> list[Remedy]:
    """Make a repository private; its forks stay what they are, and are counted."""
    repository = finding.repository
    if repository is None:
        return []
    path = repository_at(repository)
    action = f"make {repository.full_name} private"
    forks = known.forks[repository.uuid]
    if forks:
        action += f" (not its {forks} {'fork' if forks == 1 else 'forks'} in this workspace)"
    expects = [Expects(path, {"uuid": repository.uuid, "is_private": False})]
    return [Remedy(action, Call("PUT", path, {"is_private": True}, expects))]


def stale_key(known: Known, finding: Finding) -> list[Remedy]:
    """Delete a deploy key, unless it may be in use."""
    key = known.deploy_keys.get(thing_of(finding.thing, finding.repository, finding.project))
    if key is None:
        return []
    if key.last_used is None and key.added_on is None:
        text = "neither its age nor its last use is known: ask who has it, then remove it"
        return by_hand(finding, text)
    name, place = _place(known, key.repository, key.project)
    used = None if key.last_used is None else key.last_used.isoformat()
    path = f"{place}/deploy-keys/{key.id}"
    action = f"delete the deploy key {one_line(key.label) or key.id} of {name}"
    return [Remedy(action, Call("DELETE", path, None, [Expects(path, {"last_used": used})]))]


def plain_hook(known: Known, finding: Finding) -> list[Remedy]:
    """Switch off a webhook that calls without encryption."""

    def made(hook: Hook, path: str, name: str) -> Remedy:
        url = host_of(hook.url)
        action = f"switch off the webhook of {name} that calls {url}"
        expects = [Expects(path, {"url": url, "active": True})]
        return Remedy(action, Call("PUT", path, {"active": False}, expects))

    return _on_hook(known, finding, made)


def unverified_hook(known: Known, finding: Finding) -> list[Remedy]:
    """Let a webhook verify certificates."""

    def made(hook: Hook, path: str, name: str) -> Remedy:
        url = host_of(hook.url)
        action = f"let the webhook of {name} verify the certificate of {url}"
        expects = [Expects(path, {"url": url, "skip_cert_verification": True})]
        return Remedy(action, Call("PUT", path, {"skip_cert_verification": False}, expects))

    return _on_hook(known, finding, made)


def _on_hook(
    known: Known, finding: Finding, made: Callable[[Hook, str, str], Remedy]
) -> list[Remedy]:
    hook = known.webhooks.get(thing_of(finding.thing, finding.repository))
    if hook is None:
        return []
    name, place = _place(known, hook.repository, None)
    return [made(hook, f"{place}/hooks/{segment('webhook', hook.uuid)}", name)]


def unprotected(_: Known, finding: Finding) -> list[Remedy]:
    """Forbid to rewrite or delete a main branch, to everybody."""
    kind, repository = finding.thing, finding.repository
    branch = repository and repository.main_branch
    if repository is None or not branch:
        return []
    if kind not in {"force", "delete"}:
        text = f"a restriction of the kind {kind} says who may, or how many: set it up by hand"
        return by_hand(finding, text)
    place = repository_at(repository)
    body = {"kind": kind, "branch_match_kind": "glob", "pattern": branch}
    what = "be rewritten" if kind == "force" else "be deleted"
    action = f"let nobody have {one_line(branch)} of {repository.full_name} {what}"
    expects = [Expects(place, {"mainbranch.name": branch})]
    return [Remedy(action, Call("POST", f"{place}/branch-restrictions", body, expects))]


def public_fork(known: Known, finding: Finding) -> list[Remedy]:
    """Leave the fork of something private to people."""
    uuid = finding.repository and finding.repository.uuid
    who = with_sources(known.administrators.get(uuid or "", ())) or "not known"
    text = "what it shows may be known already, and whether it is to be private or to go is"
    return by_hand(finding, f"{text} to be decided. Its administrators: {who}")


def _place(known: Known, repository: Repo | None, project: Project | None) -> tuple[str, str]:
    """What a thing is of: its name, and its path."""
    if repository is not None:
        return repository.full_name, repository_at(repository)
    if project is not None:
        return f"project {project.key}", project_at(project)
    workspace = known.audit.workspace
    return workspace, f"/workspaces/{segment('workspace', workspace)}"
