"""Making and changing repositories from what a caller sent."""

import re
from typing import Any

from .. import access
from ..bodies import flag, text
from ..exchange import Call
from ..replies import bad_request, forbidden
from ..store import Project, Repository, Workspace
from .history import branches

POLICIES = {"allow_forks", "no_public_forks", "no_forks"}
TAKEN = "You already have a repository with this name."


def slug_of(name: str) -> str:
    """Derive the part of an address from a name: lower case, no spaces, plain letters."""
    lowered = re.sub(r"\s+", "_", name.strip().lower())
    return re.sub(r"[^a-z0-9._-]+", "-", lowered)


def make(call: Call, place: Workspace, default_name: str, body: dict[str, Any]) -> Repository:
    """Make a repository, empty as new ones are, and remember it."""
    project = _project(call, place, body, None)
    if not access.may_create(call, place, project):
        raise forbidden("This needs the right to make repositories in the project.")
    uuid, now = call.store.new_uuid(), call.store.now()
    name = text(body, "name", default_name)
    slug = _free_slug(place, name, None)
    one = Repository(
        uuid=uuid,
        slug=slug,
        name=name,
        workspace=place,
        project=project,
        content=uuid,
        created_on=now,
        updated_on=now,
    )
    _apply(one, body)
    place.repositories[slug] = one
    return one


def change(call: Call, one: Repository, body: dict[str, Any]) -> None:
    """Change a repository; what was not sent stays as it is."""
    place = one.workspace
    name = text(body, "name", one.name)
    slug = one.slug if name == one.name else _free_slug(place, name, one)
    one.project = _project(call, place, body, one.project)
    _apply(one, body)
    place.repositories.rename(one, slug)
    one.name, one.slug = name, slug
    one.updated_on = call.store.now()


def fork(call: Call, parent: Repository, place: Workspace, body: dict[str, Any]) -> Repository:
    """Make a repository with another one's history."""
    if parent.fork_policy == "no_forks":
        raise forbidden("This repository may not be forked.")
    one = make(call, place, parent.name, {"is_private": parent.is_private} | body)
    if parent.fork_policy == "no_public_forks" and not one.is_private:
        del place.repositories[one.slug]
        raise bad_request("Bad request", {"is_private": ["Forks of this must be private."]})
    one.parent, one.content, one.commits = parent, parent.content, parent.commits
    one.mainbranch, one.size, one.language = parent.mainbranch, parent.size, parent.language
    one.work = parent.work.copy()
    return one


def _apply(one: Repository, body: dict[str, Any]) -> None:
    """Take over the plain fields of a body."""
    policy = text(body, "fork_policy", one.fork_policy)
    if policy not in POLICIES:
        raise bad_request("Bad request", {"fork_policy": [f"'{policy}' is not a fork policy"]})
    if text(body, "scm", "git") != "git":
        raise bad_request("Bad request", {"scm": ["Only git is supported."]})
    one.fork_policy = policy
    one.description = text(body, "description", one.description)
    one.language = text(body, "language", one.language)
    one.website = body.get("website", one.website)
    one.is_private = flag(body, "is_private", current=one.is_private)
    main = body.get("mainbranch")
    if isinstance(main, dict) and one.mainbranch is not None:
        _set_main(one, text(main, "name", one.mainbranch))


def _set_main(one: Repository, name: str) -> None:
    if name not in {ref.name for ref in branches(one)}:
        raise bad_request("Bad request", {"mainbranch": [f"There is no branch '{name}'."]})
    one.work.trunk = one.work.trunk or (one.mainbranch if one.commits else None)
    one.mainbranch = name


def _project(
    call: Call, place: Workspace, body: dict[str, Any], current: Project | None
) -> Project:
    wanted = body.get("project")
    if wanted is None:
        return current or next(iter(place.projects.values()), None) or _untitled(call, place)
    key = wanted.get("key") if isinstance(wanted, dict) else None
    uuid = wanted.get("uuid") if isinstance(wanted, dict) else None
    for project in place.projects.values():
        if project.key == key or project.uuid == uuid:
            return project
    raise bad_request("Bad request", {"project": ["There is no such project."]})


def _untitled(call: Call, place: Workspace) -> Project:
    """Make the project that the first repository of a workspace without any falls into."""
    if access.level(call, place) not in {"owner", "create-project"}:
        raise forbidden("This needs the right to make projects in the workspace.")
    now = call.store.now()
    one = Project(call.store.new_uuid(), "PROJ", "Untitled project", None, True, now, now)  # noqa: FBT003 - private, in the order of the fields
    place.projects[one.key] = one
    return one


def _free_slug(place: Workspace, name: str, one: Repository | None) -> str:
    slug = slug_of(name)
    if not slug.strip("._-"):
        raise bad_request("Bad request", {"name": ["This name gives no address."]})
    if place.repositories.get(slug, one) is not one:
        raise bad_request("Bad request", {"name": [TAKEN]})
    return slug
