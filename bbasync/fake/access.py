"""Who is calling, and what they may see and do."""

from collections.abc import Callable, Sequence

from .compare import RANKS
from .exchange import Call
from .replies import (
    bad_credential,
    forbidden,
    no_repository,
    no_workspace,
    no_workspace_access,
)
from .store import Account, Credential, Group, Project, Repository, Workspace

CONNECT, FORGE = "connect_jwt", "forge_oauth2"
"""Credentials of apps: the one signs by itself, the other has the newer scopes."""


def strongest(*permissions: str | None) -> str:
    """Give the highest of some permissions."""
    best = "none"
    for each in permissions:
        if each and RANKS[each] > RANKS[best]:
            best = each
    return best


def granted(repository: Repository, uuid: str) -> str:
    """Work out a person's right on a repository from every source but its being public."""
    workspace, project = repository.workspace, repository.project
    if workspace.members.get(uuid) == "owner":
        return "admin"
    return strongest(
        repository.users.get(uuid),
        _inherited(project.users.get(uuid)),
        *(_by(group, repository) for group in workspace.groups.values() if uuid in group.members),
    )


def grants(repository: Repository) -> dict[str, str]:
    """Work out everybody's right on a repository; who has none is left out.

    Members of the workspace come first, then guests of the repository, of its project, and
    whoever is in a group that may do something without being a member.
    """
    workspace, project = repository.workspace, repository.project
    groups = [(one.members, _by(one, repository)) for one in workspace.groups.values()]
    rights = dict.fromkeys((*workspace.members, *repository.users, *project.users), "none")
    others = {uuid for members, _ in groups for uuid in members if uuid not in rights}
    rights |= dict.fromkeys(sorted(others), "none")
    given = [(uuid, "admin") for uuid, level in workspace.members.items() if level == "owner"]
    given += repository.users.items()
    given += [(uuid, _inherited(right)) for uuid, right in project.users.items()]
    given += [(uuid, right) for members, right in groups for uuid in members]
    for uuid, right in given:
        if RANKS[right] > RANKS[rights[uuid]]:
            rights[uuid] = right
    return {uuid: right for uuid, right in rights.items() if right != "none"}


def _by(group: Group, repository: Repository) -> str:
    """Tell what being in a group gives on a repository."""
    return strongest(
        group.permission,
        repository.groups.get(group.slug),
        _inherited(repository.project.groups.get(group.slug)),
    )


def _inherited(right: str | None) -> str:
    """Tell what a right on a project is on each of its repositories."""
    return "write" if right == "create-repo" else right or "none"


def right(call: Call, repository: Repository) -> str:
    """Work out what the caller may do with a repository."""
    public = "none" if repository.is_private else "read"
    if call.credential is not None and call.token_workspace is not None:
        return "admin" if _covers(call.credential, repository) else public
    if call.account is None:
        return public
    return strongest(granted(repository, call.account.uuid), public)


def _covers(credential: Credential, repository: Repository) -> bool:
    """Whether an app's or access token's reach takes in a repository."""
    if credential.repository is not None:
        return repository is credential.repository
    if credential.project is not None:
        return repository.project is credential.project
    return repository.workspace is credential.workspace


def visible(
    call: Call, workspace: Workspace, test: Callable[[Repository], bool] = lambda _: True
) -> Sequence[Repository]:
    """List the repositories of a workspace that the caller may see and that pass a test."""
    only = call.credential.repository if call.credential else None
    if only is not None:
        only.keep()  # no other one of its kind is seen like this

    def seen(one: Repository) -> list[Repository]:
        return [one] if right(call, one) != "none" and test(one) else []

    return workspace.repositories.spread(seen)


def allows(have: str, need: str) -> bool:
    """Tell whether one permission covers another."""
    return RANKS[have] >= RANKS[need]


def repository(call: Call, need: str = "read", slug: str = "repo_slug") -> Repository:
    """Find the repository of the address, for a caller who may do that much with it."""
    owner, name = call.params["workspace"], call.params[slug]
    if owner != "{}" and call.store.find_workspace(owner) is None:
        raise no_workspace(owner)
    found = call.store.find_repository(owner, name)
    if found is None:
        raise no_repository()
    have = right(call, found)
    if have == "none":
        raise no_repository()
    if not allows(have, need):
        raise forbidden(f"This needs {need} permission on the repository.")
    return found


def any_workspace(call: Call) -> Workspace:
    """Find the workspace of the address, whoever calls."""
    name = call.params["workspace"]
    found = call.store.find_workspace(name)
    if found is None:
        raise no_workspace(name)
    return found


def workspace(call: Call) -> Workspace:
    """Find the workspace of the address; strangers are kept out of private ones."""
    found = any_workspace(call)
    if found.is_private and level(call, found) is None:
        raise no_workspace_access()
    return found


def joined_workspace(call: Call) -> Workspace:
    """Find the workspace of the address, for its members only."""
    found = any_workspace(call)
    if level(call, found) is None:
        raise no_workspace_access()
    return found


def owned_workspace(call: Call) -> Workspace:
    """Find the workspace of the address, for its administrators only."""
    found = joined_workspace(call)
    if level(call, found) != "owner":
        raise forbidden("Only administrators of the workspace may do this.")
    return found


def level(call: Call, place: Workspace) -> str | None:
    """Tell the caller's level in a workspace.

    Its own access token counts as an administrator, that of a project in it as a member, and that
    of a repository in it as a stranger.
    """
    if call.credential is not None and call.token_workspace is not None:
        if call.token_workspace is not place or call.credential.repository is not None:
            return None
        return "owner" if call.credential.project is None else "member"
    return place.members.get(call.account.uuid) if call.account else None


def project_right(call: Call, place: Workspace, project: Project) -> str:
    """Work out what the caller may do with a project."""
    own = level(call, place)
    if own == "owner":
        return "admin"
    public = "none" if project.is_private else "read"
    if call.account is None:
        mine = call.credential.project if call.credential else None
        return "admin" if mine is project else public
    uuid = call.account.uuid
    groups = [g.slug for g in place.groups.values() if uuid in g.members]
    member = "read" if own else public
    return strongest(
        member, project.users.get(uuid), *(project.groups.get(slug) for slug in groups)
    )


def may_create(call: Call, place: Workspace, project: Project) -> bool:
    """Tell whether the caller may make a repository in a project."""
    if level(call, place) in {"owner", "create-project"}:
        return True
    return allows(project_right(call, place, project), "create-repo")


def person(call: Call) -> Account:
    """Name the caller, who is a person: routes for people are only reached by them."""
    if call.account is None:
        raise bad_credential()
    return call.account
