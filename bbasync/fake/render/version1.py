"""People, groups, privileges and repositories as API 1.0 has them: no types, no links."""

from typing import Any

from ..exchange import Call
from ..node import Node
from ..store import Account, Group, Repository, Workspace
from ..version1 import amsterdam, utc
from .people import SITE

Shown = dict[str, Any]


def person(account: Account) -> Shown:
    """Render a person."""
    return {
        "display_name": account.display_name,
        "account_id": account.account_id,
        "is_team": False,
        "is_staff": False,
        "avatar": f"{SITE}/account/{account.nickname}/avatar/32/",
        "resource_uri": f"/1.0/users/{account.uuid}",
        "nickname": account.nickname,
        "uuid": account.uuid,
    }


def owner(place: Workspace) -> Shown:
    """Render a workspace as the owner of something."""
    return {
        "display_name": place.name,
        "uuid": place.uuid,
        "account_id": None,
        "is_team": True,
        "is_staff": False,
        "avatar": f"{SITE}/account/{place.slug}/avatar/32/",
        "nickname": place.slug,
        "resource_uri": f"/1.0/users/{place.slug}",
    }


def group(call: Call, place: Workspace, one: Group, settings: Shown) -> Shown:
    """Render a group with everybody in it."""
    return {
        "name": one.name,
        "permission": one.permission,
        "auto_add": settings["auto_add"],
        "email_forwarding_disabled": settings["email_forwarding_disabled"],
        "members": members(call, place, one),
        "owner": owner(place),
        "slug": one.slug,
    }


def members(call: Call, place: Workspace, one: Group) -> list[Shown]:
    """Render who is in a group: in the order of the workspace, and then who is not in that."""
    inside = [uuid for uuid in place.members if uuid in one.members]
    others = sorted(one.members - place.members.keys())
    return [person(each) for each in call.people(inside + others)]


def privilege(call: Call, repository: Repository, one: Group, right: str) -> Shown:
    """Render what a group may do with a repository; everybody in it comes along each time."""
    place = repository.workspace

    def make() -> Node:
        people = members(call, place, one)
        return Node({"owner": owner(place), "name": one.name, "members": people, "slug": one.slug})

    return {
        "repo": repository.full_name,
        "privilege": right,
        "group": call.once(("privileged", place.uuid, one.slug), make),
        "repository": {
            "owner": owner(place),
            "name": repository.name,
            "slug": repository.slug,
        },
    }


def repository_in_full(one: Repository) -> Shown:
    """Render a repository as an invitation describes it."""
    return {
        "scm": "git",
        "has_wiki": one.has_wiki,
        "last_updated": amsterdam(one.updated_on),
        "no_forks": one.fork_policy == "no_forks",
        "created_on": amsterdam(one.created_on),
        "owner": one.workspace.slug,
        "email_mailinglist": "",
        "is_mq": False,
        "size": one.size,
        "read_only": False,
        "fork_of": None,
        "mq_of": None,
        "state": "available",
        "utc_created_on": utc(one.created_on),
        "website": one.website or "",
        "description": one.description,
        "has_issues": one.has_issues,
        "is_fork": one.parent is not None,
        "slug": one.slug,
        "is_private": one.is_private,
        "name": one.name,
        "language": one.language,
        "utc_last_updated": utc(one.updated_on),
        "email_writers": True,
        "no_public_forks": one.fork_policy != "allow_forks",
        "creator": None,
        "resource_uri": f"/1.0/repositories/{one.full_name}",
        "deleted": False,
    }
