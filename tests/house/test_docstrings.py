"""Everything says what it is for."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def test_every_test_states_its_claim(root: Path) -> None:
    """Every test function has a docstring, and every file of tests a heading."""
    paths = sorted((root / "tests").rglob("test_*.py"))
    assert len(paths) > 5
    assert [one for path in paths for one in _silent(path, only="test_")] == []


def test_everything_public_has_a_docstring(package: Path) -> None:
    """Every module, public class, function and method of the package has a docstring."""
    paths = sorted(package.rglob("*.py"))
    assert [one for path in paths for one in _silent(path, only="")] == []


def _silent(path: Path, only: str) -> Iterator[str]:
    tree = ast.parse(path.read_text("utf-8"))
    if not ast.get_docstring(tree):
        yield f"{path}:1"
    for node in _public(tree):
        if node.name.startswith(only) and not ast.get_docstring(node):
            yield f"{path}:{node.lineno} {node.name}"


def _public(tree: ast.Module | ast.ClassDef) -> Iterator[Definition]:
    for node in tree.body:
        if isinstance(node, Definition) and not node.name.startswith("_"):
            if not _is_overload(node):
                yield node
            if isinstance(node, ast.ClassDef):
                yield from _public(node)


def _is_overload(node: Definition) -> bool:
    marks = [ast.unparse(one).rpartition(".")[2] for one in node.decorator_list]
    return "overload" in marks or "setter" in marks
