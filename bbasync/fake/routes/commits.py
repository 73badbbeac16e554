"""Commits of a repository."""

from .. import access, history
from ..bodies import form
from ..exchange import Call, Reply
from ..history import Commit
from ..node import Node
from ..pages import USUAL, address, count
from ..pages import pagelen as read_pagelen
from ..render.code import commit as render_commit
from ..replies import bad_request, error
from ..routing import Group
from ..store import Repository
from .repositories import ONE, READ

group = Group()


@group.on("GET", f"{ONE}/commits", *READ)
@group.on("GET", f"{ONE}/commits/{{revision*}}", *READ)
def list_commits(call: Call) -> Reply:
    """List commits, newest first; filters and sorting are ignored here."""
    return _listed(call, call.query)


@group.on("POST", f"{ONE}/commits", *READ)
@group.on("POST", f"{ONE}/commits/{{revision*}}", *READ)
def list_commits_by_form(call: Call) -> Reply:
    """List commits, for selections that are too long for an address."""
    return _listed(call, call.query + form(call))


def _listed(call: Call, asked: list[tuple[str, str]]) -> Reply:
    one = access.repository(call)
    wanted = [value for key, value in asked if key == "include"]
    if "revision" in call.params:
        wanted.append(call.params["revision"])
        if "/" in call.params["revision"]:
            raise no_commit(call.params["revision"])
    unwanted = [value for key, value in asked if key == "exclude"]
    return _page(call, one, _selected(one, wanted, unwanted))


def _selected(one: Repository, wanted: list[str], unwanted: list[str]) -> list[Commit]:
    """Choose what the wanted commits descend from and the unwanted ones do not."""
    first = min((find(one, name).index for name in wanted), default=0)
    last = min((find(one, name).index for name in unwanted), default=one.commits)
    return history.commits(one)[first:last]


def _page(call: Call, one: Repository, chosen: list[Commit]) -> Reply:
    """Answer with a page; the next one is known by a context, its number alone is not enough."""
    pagelen = read_pagelen(call, USUAL)
    context = call.arg("ctx")
    page = count(call.arg("page") or "1")
    if not page or (page > 1 and context is None):
        raise bad_request("Invalid page")
    start = pagelen * (page - 1)
    values = [render(call, each) for each in chosen[start : start + pagelen]]
    body: dict[str, object] = {"pagelen": pagelen, "values": values}
    if start + pagelen < len(chosen):
        token = context or history.context(one)
        body["next"] = address(call, ctx=token, page=str(page + 1))
    return Reply(body=body)


@group.on("GET", f"{ONE}/commit/{{commit}}", *READ)
def get_commit(call: Call) -> Reply:
    """Read one commit."""
    one = access.repository(call)
    return Reply(body=render(call, find(one, call.params["commit"])))


def find(one: Repository, name: str) -> Commit:
    """Find a commit by whatever names it."""
    found = history.resolve(one, name)
    if found is None:
        raise no_commit(name)
    return found


def no_commit(name: str) -> Exception:
    """Say that nothing is known by that name."""
    return error(404, "Commit not found", data={"shas": [name]})


def render(call: Call, one: Commit) -> Node:
    """Render a commit with its parent."""
    older = one.index + 1
    parents = [history.commit_at(one.repository, older)] if older < one.repository.commits else []
    return render_commit(call, one, parents)
