"""Branches and tags of a repository."""

import re
from datetime import datetime
from typing import Any

from .. import access
from ..bodies import json_object, text
from ..exchange import Call, Reply
from ..node import Node
from ..pages import Limits, cursored, numbered
from ..render.code import branch, signature, tag
from ..replies import bad_request, error, not_found
from ..routing import Group
from ..state import history
from ..state.history import Commit, Ref
from ..state.work import Annotation
from ..store import Repository
from ..webhook.telling import pushing
from .commits import find, render
from .repositories import ONE, READ

WRITE = ("read:repository:bitbucket write:repository:bitbucket", "repository:write")
DELETE = ("write:repository:bitbucket", "repository:write")
NATURAL = Limits(natural=True)
BAD_NAME = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(/|$)|^[-/.]|[/.]$|^@?$")
"""What git does not take for the name of a branch or a tag."""

group = Group()


@group.on("GET", f"{ONE}/refs", *READ)
def list_refs(call: Call) -> Reply:
    """List branches and tags together."""
    one = access.repository(call)
    branches, tags = history.branches(one), history.tags(one)

    def either(found: tuple[bool, Ref]) -> Node:
        is_branch, ref = found
        return _branch(call, ref) if is_branch else _tag(call, ref)

    every = [(True, ref) for ref in branches] + [(False, ref) for ref in tags]
    return cursored(call, every, either, NATURAL)


@group.on("GET", f"{ONE}/refs/branches", *READ)
def list_branches(call: Call) -> Reply:
    """List branches."""
    one = access.repository(call)
    return numbered(call, history.branches(one), lambda ref: _branch(call, ref), NATURAL)


@group.on("POST", f"{ONE}/refs/branches", *WRITE, login=True)
def create_branch(call: Call) -> Reply:
    """Make a branch at a commit, which may be named by another branch."""
    one = access.repository(call, "write")
    body = json_object(call)
    name = _new_name(body, history.branches(one), "Branch")
    target = _target(one, body)
    with pushing(call, one):
        one.work.branches[name] = target.hash
    return Reply(201, _branch(call, _known(history.branches(one), name, "Branch")))


@group.on("GET", f"{ONE}/refs/branches/{{name*}}", *READ)
def get_branch(call: Call) -> Reply:
    """Read one branch, whose name may have slashes."""
    one = access.repository(call)
    return Reply(body=_branch(call, _known(history.branches(one), call.params["name"], "Branch")))


@group.on("DELETE", f"{ONE}/refs/branches/{{name*}}", *DELETE, login=True)
def delete_branch(call: Call) -> Reply:
    """Delete a branch, but not the main one."""
    one = access.repository(call, "write")
    found = _known(history.branches(one), call.params["name"], "Branch")
    if found.name == one.mainbranch:
        raise bad_request("The main branch can't be deleted.")
    with pushing(call, one):
        one.work.branches[found.name] = None
    return Reply(204)


@group.on("GET", f"{ONE}/refs/tags", *READ)
def list_tags(call: Call) -> Reply:
    """List tags; this list hands out cursors."""
    one = access.repository(call)
    return cursored(call, history.tags(one), lambda ref: _tag(call, ref), NATURAL)


@group.on("POST", f"{ONE}/refs/tags", *WRITE, login=True)
def create_tag(call: Call) -> Reply:
    """Make a tag, which always has a message."""
    one = access.repository(call, "write")
    body = json_object(call)
    name = _new_name(body, history.tags(one), "Tag")
    target = _target(one, body).hash
    message = text(body, "message", "") or f"Added tag {name} for changeset {target[:12]}"
    when = datetime.fromisoformat(call.store.now())
    with pushing(call, one):
        one.work.tags[name] = Annotation(target, message, when, signature(call, one))
    return Reply(201, _tag(call, _known(history.tags(one), name, "Tag")))


@group.on("GET", f"{ONE}/refs/tags/{{name*}}", *READ)
def get_tag(call: Call) -> Reply:
    """Read one tag, whose name may have slashes."""
    one = access.repository(call)
    return Reply(body=_tag(call, _known(history.tags(one), call.params["name"], "Tag")))


@group.on("DELETE", f"{ONE}/refs/tags/{{name*}}", *DELETE, login=True)
def delete_tag(call: Call) -> Reply:
    """Delete a tag."""
    one = access.repository(call, "write")
    found = _known(history.tags(one), call.params["name"], "Tag")
    with pushing(call, one):
        one.work.tags[found.name] = None
    return Reply(204)


def _known(refs: list[Ref], name: str, what: str) -> Ref:
    found = next((ref for ref in refs if ref.name == name), None)
    if found is None:
        raise not_found(f'{what} "{name}" not found')
    return found


def _new_name(body: dict[str, Any], refs: list[Ref], what: str) -> str:
    name = text(body, "name", "")
    if BAD_NAME.search(name):
        raise bad_request("Bad request", {"name": [f"'{name}' is not a valid name."]})
    if name in {ref.name for ref in refs}:
        data = {"key": f"{what.upper()}_ALREADY_EXISTS"}
        raise error(400, f'{what} "{name}" already exists.', data=data)
    return name


def _target(one: Repository, body: dict[str, Any]) -> Commit:
    target = body.get("target")
    name = target.get("hash") if isinstance(target, dict) else None
    if not isinstance(name, str) or not name:
        raise bad_request("Bad request", {"target": ["A hash is required."]})
    return find(one, name)


def _branch(call: Call, ref: Ref) -> Node:
    return branch(call, ref, render(call, ref.commit))


def _tag(call: Call, ref: Ref) -> Node:
    return tag(call, ref, render(call, ref.commit))
