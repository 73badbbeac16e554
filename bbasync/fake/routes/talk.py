"""What is said about commits and pull requests. Nobody has said anything yet."""

from .. import access
from ..exchange import Call, Reply
from ..node import Node
from ..pages import Limits, cursored, numbered
from ..routing import Group
from .commits import find
from .pullrequests import ALL, READ, number_of
from .repositories import ONE
from .repositories import READ as REPOSITORY

COMMIT = f"{ONE}/commit/{{commit}}"
PULLREQUEST = f"{ALL}/{{pull_request_id}}"

group = Group()


@group.on("GET", f"{COMMIT}/comments", *REPOSITORY)
@group.on("GET", f"{COMMIT}/statuses", *REPOSITORY)
def list_about_commit(call: Call) -> Reply:
    """List comments on a commit, or its build statuses."""
    find(access.repository(call), call.params["commit"])
    return numbered(call, [], Node)


@group.on("GET", f"{PULLREQUEST}/comments", *READ)
@group.on("GET", f"{PULLREQUEST}/statuses", *READ)
@group.on("GET", f"{PULLREQUEST}/tasks", *READ)
def list_about_pullrequest(call: Call) -> Reply:
    """List comments on a pull request, its build statuses or its tasks."""
    number_of(call, access.repository(call))
    return numbered(call, [], Node)


@group.on("GET", f"{PULLREQUEST}/activity", *READ)
def list_activity(call: Call) -> Reply:
    """List what happened to a pull request; filters are ignored here."""
    number_of(call, access.repository(call))
    return cursored(call, [], Node, Limits(maximum=50, typed=False, filters=False))


@group.on("GET", "/snippets/{workspace}", "read:snippet:bitbucket", "snippet")
def list_snippets(call: Call) -> Reply:
    """List a workspace's snippets."""
    access.workspace(call)
    return numbered(call, [], Node)
