"""Default reviewers of projects and of repositories."""

from .. import access
from ..exchange import Call, Reply
from ..node import Node
from ..pages import numbered
from ..render.people import user
from ..replies import bad_request, not_found
from ..routing import Group
from ..state.pulls import PullRequests
from ..store import Account
from .projects import ADMIN, ONE, find_project
from .pullrequests import READ as PULLREQUESTS
from .repositories import ONE as REPOSITORY

READ = ("read:pullrequest:bitbucket", "project:admin")
CONTROL = ("admin:repository:bitbucket", "repository:admin")
ALL = f"{ONE}/default-reviewers"
OWN = f"{REPOSITORY}/default-reviewers"

group = Group()


@group.on("GET", ALL, *READ, login=True)
def list_reviewers(call: Call) -> Reply:
    """List who reviews a project's pull requests unless told otherwise."""
    _, project = find_project(call, "read")
    people = [(account, "project") for account in call.people(project.default_reviewers)]
    return numbered(call, people, lambda pair: _told(call, *pair))


def _told(call: Call, account: Account, kind: str) -> Node:
    whom = user(call, account)
    return Node({"type": "default_reviewer", "reviewer_type": kind, "user": whom})


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


@group.on("GET", OWN, *PULLREQUESTS)
def list_own(call: Call) -> Reply:
    """List a repository's own default reviewers."""
    own = call.store.part(access.repository(call), PullRequests).default_reviewers
    return numbered(call, call.people(own), lambda account: user(call, account))


@group.on("GET", f"{REPOSITORY}/effective-default-reviewers", *PULLREQUESTS)
def list_effective(call: Call) -> Reply:
    """List them with those of the project; who is both comes with the repository's."""
    one = access.repository(call)
    own = call.people(call.store.part(one, PullRequests).default_reviewers)
    inherited = [each for each in call.people(one.project.default_reviewers) if each not in own]
    people = [(each, "repository") for each in own] + [(each, "project") for each in inherited]
    return numbered(call, people, lambda pair: _told(call, *pair))


@group.on("GET", f"{OWN}/{{target_username}}", *PULLREQUESTS)
def get_own(call: Call) -> Reply:
    """Read one of a repository's default reviewers."""
    own = call.store.part(access.repository(call), PullRequests).default_reviewers
    account = _account(call, "target_username")
    if account.uuid not in own:
        raise not_found(f"{account.display_name} is not a default reviewer.")
    return Reply(body=user(call, account))


@group.on("PUT", f"{OWN}/{{target_username}}", *CONTROL, login=True)
def put_own(call: Call) -> Reply:
    """Make somebody who may see the repository one of its default reviewers."""
    one = access.repository(call, "admin")
    own = call.store.part(one, PullRequests).default_reviewers
    account = _account(call, "target_username")
    if access.granted(one, account.uuid) == "none":
        raise bad_request(f"{account.display_name} does not have access to this repository.")
    if account.uuid not in own:
        own.append(account.uuid)
    return Reply(body=user(call, account))


@group.on("DELETE", f"{OWN}/{{target_username}}", *CONTROL, login=True)
def delete_own(call: Call) -> Reply:
    """Let somebody be a default reviewer of a repository no more."""
    own = call.store.part(access.repository(call, "admin"), PullRequests).default_reviewers
    account = _account(call, "target_username")
    if account.uuid not in own:
        raise not_found(f"{account.display_name} is not a default reviewer.")
    own.remove(account.uuid)
    return Reply(204)


def _account(call: Call, variable: str = "selected_user") -> Account:
    name = call.params[variable]
    found = call.store.find_account(name)
    if found is None:
        raise not_found(name)
    return found
