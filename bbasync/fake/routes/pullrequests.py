"""Pull requests of a repository."""

from .. import access, history
from ..exchange import Call, Reply
from ..pages import Limits, count, cursored, numbered
from ..render.pullrequest import pullrequest, pullrequest_in_full, state_of
from ..replies import not_found
from ..routing import Group
from ..store import Repository
from .commits import render
from .repositories import ONE

READ = ("read:pullrequest:bitbucket", "pullrequest")
SHORT = Limits(maximum=50, typed=False)
ALL = f"{ONE}/pullrequests"

group = Group()


@group.on("GET", ALL, *READ)
def list_pullrequests(call: Call) -> Reply:
    """List pull requests, newest first: open ones, unless states are asked for."""
    one = access.repository(call)
    states = set(call.all_args("state")) or {"OPEN"}
    numbers = [n for n in range(one.pullrequests, 0, -1) if state_of(n) in states]
    return numbered(call, numbers, lambda number: pullrequest(call, one, number), SHORT)


@group.on("GET", f"{ALL}/{{pull_request_id}}", *READ)
def get_pullrequest(call: Call) -> Reply:
    """Read one pull request, with its reviewers and participants."""
    one = access.repository(call)
    return Reply(body=pullrequest_in_full(call, one, number_of(call, one)))


@group.on("GET", f"{ALL}/{{pull_request_id}}/commits", *READ)
def list_pullrequest_commits(call: Call) -> Reply:
    """List the commits of a pull request; this list hands out cursors."""
    one = access.repository(call)
    number = number_of(call, one)
    found = history.commits(one)[number : number + 3 + number % 5]
    return cursored(call, found, lambda each: render(call, each), Limits(filters=False))


def number_of(call: Call, one: Repository) -> int:
    """Read the number of the pull request in the address."""
    text = call.params["pull_request_id"]
    number = count(text)
    if not 1 <= number <= one.pullrequests:
        raise not_found(text)
    return number
