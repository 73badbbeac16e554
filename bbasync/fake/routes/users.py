"""The caller, and people by themselves."""

from .. import access
from ..exchange import Call, Reply
from ..node import Node
from ..pages import Limits, numbered
from ..render.people import (
    app,
    email_address,
    membership,
    user_in_full,
    workspace_access,
)
from ..render.permission import repository_permission
from ..replies import bad_request, not_found
from ..routing import Group
from ..store import Repository, braced

USER = "read:user:bitbucket"
WORKSPACES = "read:workspace:bitbucket"
LONG = Limits(default=50)

group = Group()


@group.on("GET", "/user", USER, "account", people=True)
def get_current_user(call: Call) -> Reply:
    """Tell who is calling."""
    rendered = user_in_full(call, access.person(call))
    return Reply(body=Node(rendered | {"has_2fa_enabled": None}))


@group.on("GET", "/user/emails", USER, "email", people=True)
def list_emails(call: Call) -> Reply:
    """List the caller's addresses."""
    return numbered(call, [access.person(call)], lambda one: email_address(call, one))


@group.on("GET", "/user/emails/{email}", USER, "email", people=True)
def get_email(call: Call) -> Reply:
    """Read one of the caller's addresses."""
    account = access.person(call)
    if call.params["email"].lower() != account.email:
        raise not_found(call.params["email"])
    return Reply(body=email_address(call, account))


@group.on("GET", "/users/{selected_user}", USER)
def get_user(call: Call) -> Reply:
    """Read somebody's public profile."""
    name = call.params["selected_user"]
    account = call.store.find_account(name)
    if account is not None:
        return Reply(body=user_in_full(call, account))
    token = call.store.apps.get(braced(name))
    if token is None:
        raise not_found(f"{name} is not a valid user")
    return Reply(body=app(call, token))


@group.on("GET", "/user/workspaces", WORKSPACES, "account", people=True)
def list_own_workspaces(call: Call) -> Reply:
    """List the caller's workspaces; the only order it knows is by slug."""
    account = access.person(call)
    found = [w for w in call.store.workspaces.values() if account.uuid in w.members]
    wanted = call.arg("administrator")
    if wanted is not None:
        if wanted.lower() not in {"true", "false"}:
            raise bad_request("Invalid administrator")
        owners = wanted.lower() == "true"
        found = [w for w in found if (w.members[account.uuid] == "owner") is owners]
    if (call.arg("sort") or "slug").removeprefix("-") != "slug":
        raise bad_request(f'Field ".{call.arg("sort")}" does not support sorting')
    return numbered(call, found, lambda one: workspace_access(call, one), LONG)


@group.on("GET", "/user/workspaces/{workspace}/permission", WORKSPACES, "account", people=True)
def get_own_level(call: Call) -> Reply:
    """Tell the caller's level in a workspace; unlike the members' list it knows all levels."""
    account = access.person(call)
    place = access.joined_workspace(call)
    rendered = membership(call, place, account, leveled=True)
    return Reply(body=Node(rendered | {"permission": place.members[account.uuid]}))


@group.on(
    "GET",
    "/user/workspaces/{workspace}/permissions/repositories",
    "read:repository:bitbucket",
    "account repository",
    people=True,
)
def list_own_rights(call: Call) -> Reply:
    """List the caller's rights on the repositories of a workspace, guests' rights included."""
    account = access.person(call)
    place = access.any_workspace(call)

    def own(one: Repository) -> list[tuple[Repository, str]]:
        right = access.granted(one, account.uuid)
        return [] if right == "none" else [(one, right)]

    given = place.repositories.spread(own)
    if not given:
        access.workspace(call)

    def render(pair: tuple[Repository, str]) -> Node:
        return repository_permission(call, pair[0], account, pair[1])

    return numbered(call, given, render)
