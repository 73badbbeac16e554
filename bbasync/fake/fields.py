"""Partial responses: the `fields` parameter."""

from typing import Any

from .node import Node, full_form

Tree = dict[str, Any]
"""Names and, below each, the names wanted of it; nothing below means all of it."""


def select(document: Any, wanted: str) -> Any:
    """Give the part of a document that a `fields` parameter asks for."""
    entries = [entry.strip() for entry in wanted.split(",") if entry.strip()]
    named = [entry for entry in entries if entry[0] not in "+-"]
    if named:
        document = _pick(document, _tree(named))
    for entry in entries:
        if entry[0] == "-":
            document = _prune(document, _tree([entry[1:]]))
        elif entry[0] == "+":
            document = _graft(document, _tree([entry[1:]]))
    return document


def _tree(paths: list[str]) -> Tree:
    tree: Tree = {}
    whole: list[Tree] = []
    for path in paths:
        branch = tree
        for name in path.split("."):
            branch = branch.setdefault(name, {})
        whole.append(branch)
    for branch in whole:
        branch.clear()
    return tree


def _below(tree: Tree, name: str) -> Tree | None:
    """Find what is wanted of a name, by itself or by the wildcard; None: nothing is."""
    if "*" not in tree:
        return tree.get(name)
    branches = [tree[key] for key in (name, "*") if key in tree]
    if not branches:
        return None
    merged: Tree = {}
    for branch in branches:
        if not branch:
            return {}
        merged |= branch
    return merged


def _pick(value: Any, tree: Tree) -> Any:
    """Keep only what the tree names, from the full form."""
    if not tree or value is None:
        return value
    if isinstance(value, list):
        return [_pick(item, tree) for item in value]
    known = full_form(value)
    kept: dict[str, Any] = {}
    for name, inner in known.items():
        branch = _below(tree, name)
        if branch is not None and _fits(inner, branch):
            kept[name] = _pick(inner, branch)
    return Node(kept, lambda: full_form(value))


def _fits(value: Any, branch: Tree) -> bool:
    """Tell whether a path can go on into a value: not below a scalar."""
    if isinstance(value, list):
        return not branch or all(isinstance(item, dict | list) for item in value)
    return not branch or value is None or isinstance(value, dict)


def _prune(value: Any, tree: Tree) -> Any:
    """Drop what the tree names from what is shown."""
    if isinstance(value, list):
        return [_prune(item, tree) for item in value]
    if not isinstance(value, dict):
        return value
    kept: dict[str, Any] = {}
    for name, inner in value.items():
        branch = _below(tree, name)
        if branch is None:
            kept[name] = inner
        elif branch:
            kept[name] = _prune(inner, branch)
    return Node(kept, lambda: full_form(value))


def _graft(value: Any, tree: Tree) -> Any:
    """Add to what is shown what the tree names of the full form."""
    if isinstance(value, list):
        return [_graft(item, tree) for item in value]
    if not isinstance(value, dict):
        return value
    grown: dict[str, Any] = dict(value)
    for name, inner in full_form(value).items():
        branch = _below(tree, name)
        if branch is None or not _fits(inner, branch):
            continue
        if branch:
            shown = name in value
            grown[name] = (
                _graft(_whole(value[name], inner), branch) if shown else _pick(inner, branch)
            )
        else:
            grown[name] = inner
    return Node(grown, lambda: full_form(value))


def _whole(shown: Any, full: Any) -> Any:
    """Let a part that is shown know its full form."""
    if isinstance(shown, dict) and not isinstance(shown, Node):
        return Node(shown, lambda: full)
    return shown
