"""People, apps, groups, workspaces and memberships as JSON."""

from typing import Any

from ..exchange import Call
from ..node import Node
from ..store import Account, App, Group, Workspace

SITE = "https://bitbucket.org"
AVATARS = "https://avatar-management--avatars.us-west-2.prod.public.atl-paas.net/initials"

Links = dict[str, Any]


def link(href: str) -> dict[str, str]:
    """Wrap an address the way links hold it."""
    return {"href": href}


def quoted(uuid: str) -> str:
    """Write a uuid the way addresses hold it."""
    return f"%7B{uuid[1:-1]}%7D"


def user(call: Call, account: Account, *, email: str | None = None) -> Node:
    """Render a person as embedded in other objects; an e-mail address stays hidden."""
    hidden = {} if email is None else {"email": email}
    key = ("user", account.uuid, email)
    return call.once(
        key, lambda: Node(_person(call, account), lambda: _whole_person(account) | hidden)
    )


def user_in_full(call: Call, account: Account) -> Node:
    """Render a person by themselves."""
    return Node(user(call, account) | _whole_person(account))


def _person(call: Call, account: Account) -> dict[str, Any]:
    initials = "".join(word[0] for word in account.display_name.split())
    return {
        "display_name": account.display_name,
        "links": {
            "self": link(call.url("users", account.uuid)),
            "avatar": link(f"{AVATARS}/{initials}-{len(account.nickname) % 6}.png"),
            "html": link(f"{SITE}/{quoted(account.uuid)}/"),
        },
        "type": "user",
        "uuid": account.uuid,
        "account_id": account.account_id,
        "nickname": account.nickname,
    }


def _whole_person(account: Account) -> dict[str, Any]:
    return {
        "created_on": account.created_on,
        "account_status": "active",
        "is_staff": False,
        "location": None,
    }


def app(call: Call, one: App) -> Node:
    """Render the identity behind an access token: no nickname, and keys that people lack."""
    shown = {
        "display_name": one.display_name,
        "links": {
            "self": link(call.url("users", one.uuid)),
            "avatar": link(f"{AVATARS}/A-3.png"),
        },
        "type": "app_user",
        "uuid": one.uuid,
        "account_id": f"712020:{one.uuid[1:-1]}",
        "created_on": one.created_on,
        "kind": "repository_access_token",
        "account_status": "active",
    }
    return Node(shown)


def team(call: Call, place: Workspace) -> Node:
    """Render a workspace in its old guise, as the owner of repositories and projects."""
    shown = {
        "display_name": place.name,
        "links": {
            "self": link(f"{call.base}/workspaces/{quoted(place.uuid)}"),
            "avatar": link(f"{SITE}/account/{place.slug}/avatar/"),
            "html": link(f"{SITE}/{quoted(place.uuid)}/"),
        },
        "type": "team",
        "uuid": place.uuid,
        "username": place.slug,
    }
    return call.once(("team", place.uuid), lambda: Node(shown))


def group(call: Call, place: Workspace, one: Group) -> Node:
    """Render a group; who is in it is not for this version of the API."""
    shown = {
        "type": "group",
        "name": one.name,
        "slug": one.slug,
        "full_slug": f"{place.slug}:{one.slug}",
        "workspace": workspace(call, place),
        "owner": team(call, place),
        "links": {"html": link(f"{SITE}/{place.slug}/workspace/settings/groups")},
    }
    return Node(shown)


def workspace(call: Call, place: Workspace) -> Node:
    """Render a workspace as embedded in other objects."""
    key = ("workspace", place.uuid)
    return call.once(
        key, lambda: Node(_brief_workspace(call, place), lambda: workspace_in_full(call, place))
    )


def _brief_workspace(call: Call, place: Workspace) -> dict[str, Any]:
    return {
        "type": "workspace",
        "uuid": place.uuid,
        "name": place.name,
        "slug": place.slug,
        "links": {
            "avatar": link(f"{SITE}/workspaces/{place.slug}/avatar/?ts=1655436252"),
            "html": link(f"{SITE}/{place.slug}/"),
            "self": link(call.url("workspaces", place.slug)),
        },
    }


def workspace_in_full(call: Call, place: Workspace) -> Node:
    """Render a workspace by itself. One of its links is a template."""
    home = call.url("workspaces", place.slug)
    repositories = call.url("repositories", place.slug)
    brief = _brief_workspace(call, place)
    links = brief["links"] | {
        "members": link(f"{home}/members"),
        "owners": link(f"{home}/members?q=permission%3D%22owner%22"),
        "projects": link(f"{home}/projects"),
        "repositories": link(repositories),
        "repository": link(f"{repositories}/{{repo_slug}}") | {"templated": "true"},
        "snippets": link(call.url("snippets", place.slug)),
        "hooks": link(f"{home}/hooks"),
    }
    rest = {
        "is_private": place.is_private,
        "is_privacy_enforced": False,
        "forking_mode": "allow_forks",
        "created_on": place.created_on,
        "links": links,
    }
    return Node(brief | rest)


def workspace_access(call: Call, place: Workspace) -> Node:
    """Render a workspace of the caller's: this list has no names, only slugs."""
    account = call.account
    brief = _brief_workspace(call, place)
    base = {
        "type": "workspace_base",
        "slug": place.slug,
        "uuid": place.uuid,
        "links": {"self": brief["links"]["self"], "avatar": brief["links"]["avatar"]},
    }
    owner = account is not None and place.members.get(account.uuid) == "owner"
    shown = {"type": "workspace_access", "administrator": owner, "workspace": Node(base)}
    return Node(shown, lambda: {"slug": place.slug})


def membership(
    call: Call, place: Workspace, account: Account, *, leveled: bool, email: bool = False
) -> Node:
    """Render a member; only some lists show the level, the others hide it."""
    shown: dict[str, Any] = {
        "type": "workspace_membership",
        "user": user(call, account, email=account.email if email else None),
        "workspace": workspace(call, place),
        "links": {"self": link(call.url("workspaces", place.slug, "members", account.uuid))},
    }
    permission = {"permission": told_level(place, account)}
    if not leveled:
        return Node(shown, lambda: permission)
    return Node(shown | permission | {"added_on": place.joined.get(account.uuid)})


def told_level(place: Workspace, account: Account) -> str:
    """Name a level as the members' list does: it knows owners and members only."""
    return "owner" if place.members.get(account.uuid) == "owner" else "member"


def email_address(call: Call, account: Account) -> Node:
    """Render the caller's own address."""
    shown = {
        "type": "email",
        "email": account.email,
        "is_primary": True,
        "is_confirmed": True,
        "links": {"self": link(call.url("user", "emails", account.email))},
    }
    return Node(shown)
