"""Branches and tags of a repository."""

from .. import access, history
from ..exchange import Call, Reply
from ..history import Ref
from ..node import Node
from ..pages import cursored, numbered
from ..render.code import branch, tag
from ..replies import not_found
from ..routing import Group
from .commits import render
from .repositories import ONE, READ

group = Group()


@group.on("GET", f"{ONE}/refs", *READ)
def list_refs(call: Call) -> Reply:
    """List branches and tags together."""
    one = access.repository(call)
    branches = {ref.name for ref in history.branches(one)}

    def either(ref: Ref) -> Node:
        return _branch(call, ref) if ref.name in branches else _tag(call, ref)

    return cursored(call, history.branches(one) + history.tags(one), either)


@group.on("GET", f"{ONE}/refs/branches", *READ)
def list_branches(call: Call) -> Reply:
    """List branches."""
    one = access.repository(call)
    return numbered(call, history.branches(one), lambda ref: _branch(call, ref))


@group.on("GET", f"{ONE}/refs/branches/{{name*}}", *READ)
def get_branch(call: Call) -> Reply:
    """Read one branch, whose name may have slashes."""
    found = _find(history.branches(access.repository(call)), call.params["name"])
    if found is None:
        raise not_found(f'Branch "{call.params["name"]}" not found')
    return Reply(body=_branch(call, found))


@group.on("GET", f"{ONE}/refs/tags", *READ)
def list_tags(call: Call) -> Reply:
    """List tags; this list hands out cursors."""
    one = access.repository(call)
    return cursored(call, history.tags(one), lambda ref: _tag(call, ref))


@group.on("GET", f"{ONE}/refs/tags/{{name*}}", *READ)
def get_tag(call: Call) -> Reply:
    """Read one tag, whose name may have slashes."""
    found = _find(history.tags(access.repository(call)), call.params["name"])
    if found is None:
        raise not_found(f'Tag "{call.params["name"]}" not found')
    return Reply(body=_tag(call, found))


def _find(refs: list[Ref], name: str) -> Ref | None:
    return next((ref for ref in refs if ref.name == name), None)


def _branch(call: Call, ref: Ref) -> Node:
    return branch(call, ref, render(call, ref.commit))


def _tag(call: Call, ref: Ref) -> Node:
    return tag(call, ref, render(call, ref.commit))
