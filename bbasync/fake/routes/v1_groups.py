"""Groups of a workspace and who is in them, by API 1.0."""

import re
from typing import Any

from ..bodies import form, json_object
from ..exchange import Call, Reply
from ..render import version1 as render
from ..routing import Group as Routes
from ..store import Account, Group, Workspace
from ..version1 import answer, owned, refusal

ALL = "/1.0/groups"
OF_WORKSPACE = f"{ALL}/{{workspace}}"
ONE = f"{OF_WORKSPACE}/{{group_slug}}"
MEMBERS = f"{ONE}/members"
MEMBER = f"{MEMBERS}/{{member}}"
WRITE = ("account:write", "account:write")
"""A scope that API tokens do not have: to them, groups are closed."""
PERMISSIONS = ("read", "write", "admin", None)

group = Routes()


class Settings:
    """What API 1.0 alone knows of a workspace's groups, by slug."""

    def __init__(self, place: Workspace) -> None:
        self.place = place
        self._kept: dict[str, dict[str, bool]] = {}

    def of(self, slug: str) -> dict[str, bool]:
        """Give a group's settings; changes here are kept."""
        fresh = {"auto_add": False, "email_forwarding_disabled": False}
        return self._kept.setdefault(slug, fresh)

    def drop(self, slug: str) -> None:
        """Forget a group's settings."""
        self._kept.pop(slug, None)


@group.on("GET", ALL, people=True)
def find_groups(call: Call) -> Reply:
    """Give the groups that were named, as far as the caller is in them; no error for others."""
    found = []
    for name in call.all_args("group"):
        owner, _, slug = name.partition("/")
        place = call.store.workspaces.get(owner.lower())
        one = place.groups.get(slug) if place else None
        if place and one and call.account and call.account.uuid in one.members:
            found.append(_shown(call, place, one))
    return answer(call, found)


@group.on("GET", OF_WORKSPACE, people=True)
def list_groups(call: Call) -> Reply:
    """List all groups with everybody in them."""
    place = owned(call)
    return answer(call, [_shown(call, place, one) for one in place.groups.values()])


@group.on("POST", OF_WORKSPACE, *WRITE, people=True)
def create_group(call: Call) -> Reply:
    """Make a group; the body is a form, not JSON."""
    place = owned(call)
    name = dict(form(call)).get("name", "").strip()
    slug = slug_of(name)
    if not slug:
        raise refusal(400, "A group needs a name.")
    if slug in place.groups:
        raise refusal(409, "There is a group of that name.")
    place.groups[slug] = Group(slug, name)
    return answer(call, _shown(call, place, place.groups[slug]))


@group.on("GET", ONE, people=True)
def get_group(call: Call) -> Reply:
    """Read one group."""
    place, one = find(call)
    return answer(call, _shown(call, place, one))


@group.on("PUT", ONE, *WRITE, people=True)
def update_group(call: Call) -> Reply:
    """Change a group; what was not sent stays."""
    place, one = find(call)
    body = json_object(call)
    settings = call.store.part(place, Settings).of(one.slug)
    if body.get("permission") not in PERMISSIONS:
        raise refusal(400, "permission is one of read, write, admin and null.")
    for key in ("auto_add", "email_forwarding_disabled"):
        if not isinstance(body.get(key, False), bool):
            raise refusal(400, f"{key} is true or false.")
    one.name = str(body.get("name") or one.name)
    one.permission = body.get("permission", one.permission)
    settings.update({key: value for key, value in body.items() if key in settings})
    return answer(call, _shown(call, place, one))


@group.on("DELETE", ONE, *WRITE, people=True)
def delete_group(call: Call) -> Reply:
    """Delete a group, and with it what it was granted."""
    place, one = find(call)
    del place.groups[one.slug]
    call.store.part(place, Settings).drop(one.slug)
    for project in place.projects.values():
        project.groups.pop(one.slug, None)
    for repository in place.repositories.own():
        repository.groups.pop(one.slug, None)
    return Reply(204)


@group.on("GET", MEMBERS, people=True)
def list_members(call: Call) -> Reply:
    """List who is in a group."""
    place, one = find(call)
    return answer(call, render.members(call, place, one))


@group.on("PUT", MEMBER, *WRITE, people=True)
def add_member(call: Call) -> Reply:
    """Put somebody in a group, and so in the workspace; the body has to be JSON, of nothing."""
    place, one = find(call)
    json_object(call)
    account = _person(call)
    one.members.add(account.uuid)
    place.members.setdefault(account.uuid, "member")
    return answer(call, render.person(account))


@group.on("DELETE", MEMBER, *WRITE, people=True)
def remove_member(call: Call) -> Reply:
    """Take somebody out of a group; he stays in the workspace."""
    _, one = find(call)
    account = _person(call)
    if account.uuid not in one.members:
        raise refusal(404, "Not Found")
    one.members.discard(account.uuid)
    return Reply(204)


def find(call: Call) -> tuple[Workspace, Group]:
    """Find the group of the address."""
    place = owned(call)
    one = place.groups.get(call.params["group_slug"])
    if one is None:
        raise refusal(404, "Not Found")
    return place, one


def slug_of(name: str) -> str:
    """Derive a group's slug: lower case, with dashes between the words."""
    return re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-")


def _person(call: Call) -> Account:
    account = call.store.find_account(call.params["member"])
    if account is None:
        raise refusal(404, "Not Found")
    return account


def _shown(call: Call, place: Workspace, one: Group) -> dict[str, Any]:
    return render.group(call, place, one, call.store.part(place, Settings).of(one.slug))
