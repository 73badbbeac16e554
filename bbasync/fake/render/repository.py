"""Repositories, projects and webhooks as JSON."""

from typing import Any

from ..exchange import Call
from ..node import Node
from ..store import Hook, Project, Repository, Workspace
from .people import SITE, link, quoted, team, workspace

REPOSITORY_RELS = {
    "pullrequests": "pullrequests",
    "commits": "commits",
    "forks": "forks",
    "watchers": "watchers",
    "branches": "refs/branches",
    "tags": "refs/tags",
    "downloads": "downloads",
    "source": "src",
    "issues": "issues",
    "hooks": "hooks",
}


def home(call: Call, one: Repository) -> str:
    """Give a repository's address."""
    return call.url("repositories", one.workspace.slug, one.slug)


def repository(call: Call, one: Repository) -> Node:
    """Render a repository as embedded in other objects."""

    def make() -> Node:
        shown = {
            "type": "repository",
            "full_name": one.full_name,
            "links": _brief_links(call, one),
            "name": one.name,
            "uuid": one.uuid,
        }
        return Node(shown, lambda: repository_in_full(call, one))

    return call.once(("repository", one.uuid), make)


def repository_in_full(call: Call, one: Repository) -> Node:
    """Render a repository by itself, which is also how lists have it."""
    shown = {
        "type": "repository",
        "full_name": one.full_name,
        "links": _links(call, one),
        "name": one.name,
        "slug": one.slug,
        "description": one.description,
        "scm": "git",
        "website": one.website,
        "owner": team(call, one.workspace),
        "workspace": workspace(call, one.workspace),
        "is_private": one.is_private,
        "project": project(call, one.workspace, one.project),
        "fork_policy": one.fork_policy,
        "created_on": one.created_on,
        "updated_on": one.updated_on,
        "size": one.size,
        "language": one.language,
        "uuid": one.uuid,
        "mainbranch": None if one.copying else _mainbranch(one),
        "override_settings": dict(one.override_settings),
        "parent": None if one.parent is None else repository(call, one.parent),
        "enforced_signed_commits": None,
        "has_issues": one.has_issues,
        "has_wiki": one.has_wiki,
    }
    return Node(shown)


def repository_at_a_glance(call: Call, one: Repository) -> Node:
    """Render what costs nothing of a repository; it knows the rest."""
    shown = {
        "name": one.name,
        "slug": one.slug,
        "description": one.description,
        "website": one.website,
        "is_private": one.is_private,
        "created_on": one.created_on,
        "updated_on": one.updated_on,
        "size": one.size,
        "language": one.language,
        "uuid": one.uuid,
    }
    return Node(shown, lambda: repository_in_full(call, one))


def _mainbranch(one: Repository) -> dict[str, str] | None:
    """Render the main branch; old repositories, whose branch is `master`, have another type."""
    if one.mainbranch is None:
        return None
    kind = "named_branch" if one.mainbranch == "master" else "branch"
    return {"name": one.mainbranch, "type": kind}


def _brief_links(call: Call, one: Repository) -> dict[str, Any]:
    return {
        "self": link(home(call, one)),
        "html": link(f"{SITE}/{one.full_name}"),
        "avatar": link(f"https://bytebucket.org/ravatar/{quoted(one.uuid)}?ts=default"),
    }


def _links(call: Call, one: Repository) -> dict[str, Any]:
    here = home(call, one)
    rels = {rel: link(f"{here}/{path}") for rel, path in REPOSITORY_RELS.items()}
    https = f"https://{one.workspace.slug}@bitbucket.org/{one.full_name}.git"
    clone = [
        {"name": "https", "href": https},
        {"name": "ssh", "href": f"git@bitbucket.org:{one.full_name}.git"},
    ]
    return _brief_links(call, one) | rels | {"clone": clone}


def project(call: Call, place: Workspace, one: Project) -> Node:
    """Render a project as embedded in other objects."""

    def make() -> Node:
        shown = {
            "type": "project",
            "key": one.key,
            "uuid": one.uuid,
            "name": one.name,
            "links": _project_links(call, place, one),
        }
        return Node(shown, lambda: project_in_full(call, place, one))

    return call.once(("project", one.uuid), make)


def project_in_full(call: Call, place: Workspace, one: Project) -> Node:
    """Render a project by itself, which is also how lists have it."""
    repositories = f"{call.url('repositories', place.slug)}?q=project.key%3D%22{one.key}%22"
    shown = {
        "type": "project",
        "key": one.key,
        "uuid": one.uuid,
        "name": one.name,
        "description": one.description,
        "is_private": one.is_private,
        "has_publicly_visible_repos": _has_public(place, one),
        "owner": team(call, place),
        "workspace": workspace(call, place),
        "created_on": one.created_on,
        "updated_on": one.updated_on,
        "links": _project_links(call, place, one) | {"repositories": link(repositories)},
    }
    return Node(shown)


def _project_links(call: Call, place: Workspace, one: Project) -> dict[str, Any]:
    return {
        "self": link(call.url("workspaces", place.slug, "projects", one.key)),
        "html": link(f"{SITE}/{place.slug}/workspace/projects/{one.key}"),
        "avatar": link(
            f"{SITE}/account/user/{place.slug}/projects/{one.key}/avatar/32?ts=1655436392"
        ),
    }


def _has_public(place: Workspace, one: Project) -> bool:
    return any(r.project is one and not r.is_private for r in place.repositories.kinds())


def hook(call: Call, owner: Repository | Workspace, one: Hook) -> Node:
    """Render a webhook; of its secret only whether there is one."""
    if isinstance(owner, Repository):
        subject, kind, place = repository(call, owner), "repository", home(call, owner)
    else:
        subject, kind = workspace(call, owner), "workspace"
        place = call.url("workspaces", owner.slug)
    shown = {
        "uuid": one.uuid,
        "type": "webhook_subscription",
        "read_only": None,
        "url": one.url,
        "description": one.description,
        "subject_type": kind,
        "subject": subject,
        "active": one.active,
        "created_at": one.created_at,
        "events": list(one.events),
        "secret_set": bool(one.secret),
        "skip_cert_verification": one.skip_cert_verification,
        "history_enabled": one.history_enabled,
        "links": {"self": link(f"{place}/hooks/{quoted(one.uuid)}")},
    }
    return Node(shown)
