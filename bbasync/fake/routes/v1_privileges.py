"""What groups may do with repositories, by API 1.0."""

from typing import Any

from ..exchange import Call, Reply
from ..render import version1 as render
from ..routing import Group as Routes
from ..store import Group, Repository, Workspace, repository_in
from ..version1 import answer, owned, refusal

OF_WORKSPACE = "/1.0/group-privileges/{workspace}"
OF_REPOSITORY = f"{OF_WORKSPACE}/{{repo_slug}}"
OF_GROUP = f"{OF_WORKSPACE}/{{group_owner}}/{{group_slug}}"
ONE = f"{OF_REPOSITORY}/{{group_owner}}/{{group_slug}}"
RIGHTS = ("read", "write", "admin")

group = Routes()


@group.on("GET", OF_WORKSPACE, people=True)
def list_privileges(call: Call) -> Reply:
    """List every privilege on every repository."""
    place = owned(call)
    return answer(call, _privileges(call, list(place.repositories.own())))


@group.on("GET", OF_REPOSITORY, people=True)
def list_of_repository(call: Call) -> Reply:
    """List the privileges on one repository."""
    return answer(call, _privileges(call, [_repository(call, owned(call))]))


@group.on("GET", OF_GROUP, people=True)
def list_of_group(call: Call) -> Reply:
    """List what one group may do, repository by repository."""
    place = owned(call)
    one = _group(call, place)
    return answer(call, _privileges(call, list(place.repositories.own()), one))


@group.on("GET", ONE, people=True)
def get_privilege(call: Call) -> Reply:
    """Tell what one group may do with one repository: a list of that alone."""
    place = owned(call)
    found = _privileges(call, [_repository(call, place)], _group(call, place))
    if not found:
        raise refusal(404, "Not Found")
    return answer(call, found)


@group.on("PUT", ONE, people=True)
def put_privilege(call: Call) -> Reply:
    """Give a privilege; the body is the word for it and nothing else."""
    place = owned(call)
    repository, one = _repository(call, place), _group(call, place)
    right = call.body.decode(errors="replace").strip()
    if right not in RIGHTS:
        raise refusal(400, f"A privilege is one of {', '.join(RIGHTS)}.")
    repository.groups[one.slug] = right
    return answer(call, _privileges(call, [repository], one))


@group.on("DELETE", ONE, people=True)
def delete_privilege(call: Call) -> Reply:
    """Take a privilege away."""
    place = owned(call)
    repository, one = _repository(call, place), _group(call, place)
    if repository.groups.pop(one.slug, None) is None:
        raise refusal(404, "Not Found")
    return Reply(204)


@group.on("DELETE", OF_GROUP, people=True)
def delete_of_group(call: Call) -> Reply:
    """Take all privileges of a group away."""
    place = owned(call)
    one = _group(call, place)
    for repository in place.repositories.own():
        repository.groups.pop(one.slug, None)
    return Reply(204)


def _privileges(
    call: Call, repositories: list[Repository], only: Group | None = None
) -> list[dict[str, Any]]:
    wanted, private = call.arg("filter"), call.arg("private")
    if wanted is not None and wanted not in RIGHTS:
        raise refusal(400, f"filter is one of {', '.join(RIGHTS)}.")
    if private not in {None, "true", "false"}:
        raise refusal(400, "private is true or false.")
    found = []
    for repository in repositories:
        if private is not None and repository.is_private != (private == "true"):
            continue
        for slug, right in repository.groups.items():
            one = repository.workspace.groups.get(slug)
            if one and only in {None, one} and wanted in {None, right}:
                found.append(render.privilege(call, repository, one, right))
    return found


def _repository(call: Call, place: Workspace) -> Repository:
    found = repository_in(place, call.params["repo_slug"])
    if found is None:
        raise refusal(404, "Not Found")
    return found


def _group(call: Call, place: Workspace) -> Group:
    """Find the group of the address; groups of other workspaces have no privileges here."""
    if call.params["group_owner"].lower() != place.slug:
        raise refusal(404, "Not Found")
    found = place.groups.get(call.params["group_slug"])
    if found is None:
        raise refusal(404, "Not Found")
    return found
