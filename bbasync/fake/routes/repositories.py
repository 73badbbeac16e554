"""Repositories: listing, reading, making, changing and deleting them."""

from .. import access
from ..bodies import json_object
from ..exchange import Call, Reply
from ..node import Node
from ..pages import numbered
from ..render.people import user
from ..render.repository import repository_at_a_glance, repository_in_full
from ..replies import bad_request
from ..routing import Group
from ..state.changes import change, make
from ..state.pulls import PullRequests
from ..store import Repository, repository_in
from ..webhook.telling import happened, repository_changed, watched

READ = ("read:repository:bitbucket", "repository")
ADMIN = ("admin:repository:bitbucket", "repository:admin")
ROLES = {"admin": "admin", "contributor": "write", "member": "read", "owner": "admin"}
ONE = "/repositories/{workspace}/{repo_slug}"

group = Group()


@group.on("GET", "/repositories/{workspace}", *READ, tagged=True)
def list_repositories(call: Call) -> Reply:
    """List a workspace's repositories, as far as the caller may see them."""
    place = access.any_workspace(call)
    role = call.arg("role")
    found = access.visible(call, place, lambda one: role is None or _has_role(call, one, role))

    def glance(one: Repository) -> Node:
        return repository_at_a_glance(call, one)

    return numbered(call, found, lambda one: repository_in_full(call, one), glance=glance)


def _has_role(call: Call, one: Repository, role: str) -> bool:
    """Tell whether the caller was given that much; being public gives nobody a role."""
    if role not in ROLES:
        raise bad_request(f"'{role}' is not a valid role")
    if role == "owner":
        return access.level(call, one.workspace) == "owner"
    if call.account is None:
        return access.right(call, one) == "admin"
    return access.allows(access.granted(one, call.account.uuid), ROLES[role])


@group.on("GET", ONE, *READ)
def get_repository(call: Call) -> Reply:
    """Read one repository."""
    one = access.repository(call)
    reply = Reply(body=repository_in_full(call, one))
    if one.copying:
        one.copying -= 1
    return reply


@group.on("POST", ONE, *ADMIN, login=True)
def create_repository(call: Call) -> Reply:
    """Make a repository; its address names it unless the body does."""
    place = access.joined_workspace(call)
    one = make(call, place, call.params["repo_slug"], json_object(call))
    happened(call, "repo:created", one)
    return made(call, one)


@group.on("PUT", ONE, *ADMIN, login=True)
def update_repository(call: Call) -> Reply:
    """Change a repository, or make it where there is none; a new name moves it."""
    owner = call.store.find_workspace(call.params["workspace"])
    if owner is not None and repository_in(owner, call.params["repo_slug"]) is None:
        return create_repository(call)
    one = access.repository(call, "admin")
    before, told = one.slug, watched(one)
    change(call, one, json_object(call))
    repository_changed(call, one, told)
    headers = {} if one.slug == before else {"Location": place_of(call, one)}
    return Reply(200, repository_in_full(call, one), headers)


@group.on("DELETE", ONE, "delete:repository:bitbucket", "repository:delete", login=True)
def delete_repository(call: Call) -> Reply:
    """Delete a repository; forks of it and pull requests from it stay, and forget it."""
    one = access.repository(call, "admin")
    happened(call, "repo:deleted", one)
    del one.workspace.repositories[one.slug]
    for other in call.store.own_repositories():
        call.store.part(other, PullRequests).forget(one)
        if other.parent is one:
            other.parent = None
    return Reply(204)


@group.on("GET", f"{ONE}/watchers", *READ)
def list_watchers(call: Call) -> Reply:
    """List who watches a repository."""
    one = access.repository(call)
    return numbered(call, call.people(one.watchers), lambda who: user(call, who))


@group.on("GET", f"{ONE}/override-settings", *ADMIN, login=True)
def get_override_settings(call: Call) -> Reply:
    """Read which settings a repository does not take from its project."""
    one = access.repository(call, "admin")
    body = {"type": "repository_inheritance_state", "override_settings": one.override_settings}
    return Reply(body=body)


@group.on("PUT", f"{ONE}/override-settings", *ADMIN, login=True)
def put_override_settings(call: Call) -> Reply:
    """Set which settings a repository does not take from its project."""
    one = access.repository(call, "admin")
    body = json_object(call)
    wanted = body.get("override_settings", body)
    if not isinstance(wanted, dict):
        raise bad_request("Bad request", {"override_settings": "expected a dictionary"})
    known = {name: value for name, value in wanted.items() if name in one.override_settings}
    one.override_settings |= {name: bool(value) for name, value in known.items()}
    return Reply(204)


def made(call: Call, one: Repository) -> Reply:
    """Answer with a repository that was just made."""
    return Reply(201, repository_in_full(call, one), {"Location": place_of(call, one)})


def place_of(call: Call, one: Repository) -> str:
    """Give a new repository's address, under the other prefix, as the service does."""
    base = call.base.removesuffix("/2.0")
    return f"{base}/!api/2.0/repositories/{one.full_name}"
