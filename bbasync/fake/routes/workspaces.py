"""Workspaces, who is in them, and what everybody may do in them."""

import re
from collections.abc import Sequence

from .. import access, bbql
from ..exchange import Call, Reply
from ..holders import Holders, held
from ..holding import Whole
from ..node import Node
from ..pages import Limits, numbered
from ..render.people import membership, workspace_in_full
from ..render.permission import permission_at_a_glance, repository_permission
from ..replies import bad_request, forbidden, no_repository, not_found
from ..routing import Group
from ..store import Account, Repository, Workspace, repository_in
from ..triples import Triple, Triples

READ = "read:workspace:bitbucket"
RIGHTS = "read:repository:bitbucket"
ONE = "/workspaces/{workspace}"
LONG = Limits(default=50)
MOST_ADDRESSES = 90

group = Group()


@group.on("GET", ONE, READ)
def get_workspace(call: Call) -> Reply:
    """Read one workspace."""
    return Reply(body=workspace_in_full(call, access.workspace(call)))


@group.on("GET", f"{ONE}/members", READ, "account", login=True)
def list_members(call: Call) -> Reply:
    """List members. Administrators may look people up by e-mail address."""
    place = access.joined_workspace(call)
    told = _asks_for_addresses(call, place)

    def render(account: Account) -> Node:
        return membership(call, place, account, leveled=False, email=told)

    return numbered(call, call.people(place.members), render, LONG)


def _asks_for_addresses(call: Call, place: Workspace) -> bool:
    query = call.arg("q") or ""
    if not re.search(r"\buser\.email\b", query):
        return False
    if access.level(call, place) != "owner":
        raise forbidden("Only administrators of the workspace may filter by e-mail address.")
    try:
        expression = bbql.parse(query)
    except ValueError as exc:
        raise bad_request(str(exc)) from None
    if any(len(each.literals) > MOST_ADDRESSES for each in expression.comparisons()):
        raise bad_request(f"At most {MOST_ADDRESSES} e-mail addresses can be looked up at once.")
    return True


@group.on("GET", f"{ONE}/members/{{member}}", READ, "account", login=True)
def get_member(call: Call) -> Reply:
    """Read one membership."""
    place = access.joined_workspace(call)
    account = call.store.find_account(call.params["member"])
    if account is None or account.uuid not in place.members:
        raise not_found(f"{call.params['member']} is not a member of this workspace.")
    return Reply(body=membership(call, place, account, leveled=True))


@group.on("GET", f"{ONE}/permissions", READ, "account", people=True)
def list_levels(call: Call) -> Reply:
    """List members with their levels."""
    place = access.joined_workspace(call)

    def render(account: Account) -> Node:
        return membership(call, place, account, leveled=True)

    return numbered(call, call.people(place.members), render, LONG)


@group.on("GET", f"{ONE}/permissions/repositories", RIGHTS, "account", people=True)
def list_rights(call: Call) -> Reply:
    """List what everybody may do with every repository, wherever the right comes from."""
    place = access.owned_workspace(call)
    if isinstance(place.repositories, Whole):
        rows = call.store.part(place, Holders).rows(call.store.accounts)
        return _triples(call, Triples(rows, call.base))

    def rights(one: Repository) -> list[Triple]:
        return [(one, *holder) for holder in held(one, call.store.accounts).by]

    return _triples(call, place.repositories.spread(rights))


@group.on("GET", f"{ONE}/permissions/repositories/{{repo_slug}}", RIGHTS, "repository", people=True)
def list_rights_on_repository(call: Call) -> Reply:
    """List what everybody may do with one repository."""
    place = access.any_workspace(call)
    if repository_in(place, call.params["repo_slug"]) is None:
        raise no_repository()
    one = access.repository(call, "admin")
    return _triples(call, Triples([(one, held(one, call.store.accounts))], call.base))


def _triples(call: Call, triples: Sequence[Triple]) -> Reply:
    return numbered(
        call,
        triples,
        lambda triple: repository_permission(call, *triple),
        glance=lambda triple: permission_at_a_glance(call, *triple),
    )
