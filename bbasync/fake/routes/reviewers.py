"""Default reviewers of a project."""

from ..exchange import Call, Reply
from ..node import Node
from ..pages import numbered
from ..render.people import user
from ..replies import bad_request, not_found
from ..routing import Group
from ..store import Account
from .projects import ADMIN, ONE, find_project

READ = ("read:pullrequest:bitbucket", "project:admin")
ALL = f"{ONE}/default-reviewers"

group = Group()


@group.on("GET", ALL, *READ, login=True)
def list_reviewers(call: Call) -> Reply:
    """List who reviews a project's pull requests unless told otherwise."""
    _, project = find_project(call, "read")

    def render(account: Account) -> Node:
        whom = user(call, account)
        return Node({"type": "default_reviewer", "reviewer_type": "project", "user": whom})

    return numbered(call, call.people(project.default_reviewers), render)


@group.on("GET", f"{ALL}/{{selected_user}}", *READ, login=True)
def get_reviewer(call: Call) -> Reply:
    """Read one default reviewer."""
    _, project = find_project(call, "read")
    account = _account(call)
    if account.uuid not in project.default_reviewers:
        raise not_found(f"{account.display_name} is not a default reviewer.")
    return Reply(body=user(call, account))


@group.on("PUT", f"{ALL}/{{selected_user}}", *ADMIN, login=True)
def put_reviewer(call: Call) -> Reply:
    """Make a member a default reviewer."""
    place, project = find_project(call, "admin")
    account = _account(call)
    if account.uuid not in place.members:
        raise bad_request(f"{account.display_name} is not a member of this workspace.")
    if account.uuid not in project.default_reviewers:
        project.default_reviewers.append(account.uuid)
    return Reply(body=user(call, account))


@group.on("DELETE", f"{ALL}/{{selected_user}}", *ADMIN, login=True)
def delete_reviewer(call: Call) -> Reply:
    """Let somebody be a default reviewer no more."""
    _, project = find_project(call, "admin")
    account = _account(call)
    if account.uuid not in project.default_reviewers:
        raise not_found(f"{account.display_name} is not a default reviewer.")
    project.default_reviewers.remove(account.uuid)
    return Reply(204)


def _account(call: Call) -> Account:
    name = call.params["selected_user"]
    found = call.store.find_account(name)
    if found is None:
        raise not_found(name)
    return found
