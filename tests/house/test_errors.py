"""The tree of errors."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

from bbasync import errors
from bbasync.errors import BitbucketError

NAME = r"\w+Error|ReauthorizationRequired"
BRANCH = re.compile(rf"^((?:[│ ] {{3}})*)(?:[├└]── )?({NAME})$", re.MULTILINE)


def test_the_tree_in_the_docstring_is_the_real_one() -> None:
    """Every error stands in the drawing below its own parent, and nowhere else."""
    assert list(_drawn()) == list(_real(BitbucketError, 0))


def test_every_error_is_a_bitbucket_error() -> None:
    """``except BitbucketError`` catches whatever the module defines."""
    own = [
        one
        for one in vars(errors).values()
        if inspect.isclass(one) and one.__module__.startswith(errors.__name__)
    ]
    assert len(own) > 20
    assert [one for one in own if not issubclass(one, BitbucketError)] == []


def test_no_other_room_defines_an_error(package: Path) -> None:
    """Outside ``errors`` and the fake, no class is an exception."""
    rooms = {"errors", "fake"}
    paths = package.rglob("*.py")
    ours = [path for path in paths if path.relative_to(package).parts[0] not in rooms]
    assert [f"{path}: {name}" for path in ours for name in _exceptions(path)] == []


def _drawn() -> Iterator[tuple[int, str]]:
    for indent, name in BRANCH.findall(inspect.getdoc(errors) or ""):
        yield len(indent) // 4 + (name != BitbucketError.__name__), name


def _real(kind: type, depth: int) -> Iterator[tuple[int, str]]:
    yield depth, kind.__name__
    for one in kind.__subclasses__():
        yield from _real(one, depth + 1)


def _exceptions(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ClassDef):
            parents = [ast.unparse(base).rpartition(".")[2] for base in node.bases]
            if any(one.endswith(("Error", "Exception", "Warning")) for one in parents):
                yield node.name
