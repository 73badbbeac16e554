"""Commits of a repository."""

import hashlib

from attrs import define, field

from .. import access
from ..bodies import form
from ..exchange import Call, Reply
from ..node import Node
from ..pages import USUAL, address, count
from ..pages import pagelen as read_pagelen
from ..render.code import commit as render_commit
from ..render.remark import participants
from ..replies import bad_request, error
from ..routing import Group
from ..state import history
from ..state.differ import changes, chosen
from ..state.history import Commit
from ..state.remarks import Remarks
from ..store import Repository
from .repositories import ONE, READ

Asked = list[tuple[str, str]]

group = Group()


@define(eq=False)
class Selections:
    """Which commits were asked for by form: later pages are asked for without one."""

    repository: Repository = field(repr=False)
    by_context: dict[str, Asked] = field(factory=dict)


@group.on("GET", f"{ONE}/commits", *READ)
@group.on("GET", f"{ONE}/commits/{{revision*}}", *READ)
def list_commits(call: Call) -> Reply:
    """List commits, newest first; filters and sorting are ignored here."""
    one = access.repository(call)
    known = call.store.part(one, Selections).by_context
    return _listed(call, one, call.query + known.get(call.arg("ctx") or "", []))


@group.on("POST", f"{ONE}/commits", *READ)
@group.on("POST", f"{ONE}/commits/{{revision*}}", *READ)
def list_commits_by_form(call: Call) -> Reply:
    """List commits, for selections that are too long for an address."""
    one, asked = access.repository(call), form(call)
    if not asked:
        return _listed(call, one, call.query)
    context = hashlib.sha1(repr(asked).encode(), usedforsecurity=False).hexdigest()
    call.store.part(one, Selections).by_context[context] = asked
    return _listed(call, one, call.query + asked, context)


def _listed(call: Call, one: Repository, asked: Asked, context: str | None = None) -> Reply:
    wanted = [value for key, value in asked if key == "include"]
    if "revision" in call.params:
        wanted.append(call.params["revision"])
        if "/" in call.params["revision"]:
            raise no_commit(call.params["revision"])
    unwanted = [value for key, value in asked if key == "exclude"]
    paths = [value for key, value in asked if key == "path"]
    return _page(call, one, _selected(one, wanted, unwanted, paths), context)


def _selected(
    one: Repository, wanted: list[str], unwanted: list[str], paths: list[str]
) -> list[Commit]:
    """Choose what the wanted commits descend from and the unwanted ones do not."""
    tips = [find(one, name) for name in wanted]
    every = tips or [ref.commit for ref in history.branches(one) + history.tags(one)]
    found = history.ancestry(every, [find(one, name) for name in unwanted])
    return [each for each in found if not paths or _touches(each, paths)]


def _touches(commit: Commit, paths: list[str]) -> bool:
    before = next(iter(history.parents(commit)), None)
    return bool(chosen(changes(commit, before), paths))


def _page(call: Call, one: Repository, found: list[Commit], made: str | None) -> Reply:
    """Answer with a page; the next one is known by a context, its number alone is not enough."""
    pagelen = read_pagelen(call, USUAL)
    context = call.arg("ctx") or made
    page = count(call.arg("page") or "1")
    if not page or (page > 1 and context is None):
        raise bad_request("Invalid page")
    start = pagelen * (page - 1)
    values = [render(call, each) for each in found[start : start + pagelen]]
    body: dict[str, object] = {"pagelen": pagelen, "values": values}
    if start + pagelen < len(found):
        token = context or history.context(one)
        body["next"] = address(call, ctx=token, page=str(page + 1))
    return Reply(body=body)


@group.on("GET", f"{ONE}/commit/{{commit}}", *READ)
def get_commit(call: Call) -> Reply:
    """Read one commit, with who took part in it."""
    one = access.repository(call)
    found = find_in_path(one, call.params["commit"])
    remarks = call.store.part(one, Remarks)
    return Reply(body=render(call, found) | {"participants": participants(call, remarks, found)})


def find(one: Repository, name: str) -> Commit:
    """Find a commit by whatever names it."""
    found = history.resolve(one, name)
    if found is None:
        raise no_commit(name)
    return found


def find_in_path(one: Repository, name: str) -> Commit:
    """Find a commit that is named in a path, where a branch with a slash finds nothing."""
    if "/" in name:
        raise no_commit(name)
    return find(one, name)


def no_commit(name: str) -> Exception:
    """Say that nothing is known by that name."""
    return error(404, "Commit not found", data={"shas": [name]})


def render(call: Call, one: Commit) -> Node:
    """Render a commit with its parents."""
    return render_commit(call, one, history.parents(one))
