"""The house: rooms with signs, arrows that go down, nothing too large."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Tool = Callable[..., subprocess.CompletedProcess[str]]

LONGEST = 300
LEFTOVERS = {"utils", "util", "helpers", "common", "base", "types", "const", "constants", "misc"}


def test_no_module_is_longer_than_300_lines(package: Path) -> None:
    """A module that does not fit is two modules."""
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in _modules(package)}
    assert {str(path): length for path, length in lengths.items() if length > LONGEST} == {}


def test_every_room_has_a_sign(package: Path) -> None:
    """The docstring of every package says what lives there and what does not: two sentences."""
    rooms = [path for path in _modules(package) if path.name == "__init__.py"]
    assert len(rooms) > 10
    assert [str(path) for path in rooms if _sentences(_sign(path)) < 2] == []


def test_no_module_is_named_after_where_it_was_left(package: Path) -> None:
    """There is no ``utils``, ``helpers`` and so on."""
    assert [str(path) for path in _modules(package) if path.stem in LEFTOVERS] == []


@pytest.mark.tool
def test_imports_go_downwards_only(tool: Tool) -> None:
    """Every contract in pyproject.toml is kept."""
    done = tool("lint-imports", "--no-cache")
    assert done.returncode == 0, done.stdout


@pytest.mark.tool
def test_a_module_in_no_room_would_be_noticed(
    tool: Tool, root: Path, package: Path, tmp_path: Path
) -> None:
    """The contract on rooms fails for a stray module, and names it."""
    shutil.copytree(package, tmp_path / "bbasync", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(root / "pyproject.toml", tmp_path)
    (tmp_path / "bbasync" / "utils.py").write_text('"""What was left over."""\n', "utf-8")
    done = tool("lint-imports", "--no-cache", cwd=tmp_path)
    assert done.returncode != 0
    assert re.search(r"\butils\b", done.stdout), done.stdout


@pytest.mark.tool
def test_an_import_that_goes_upwards_would_be_noticed(
    tool: Tool, root: Path, package: Path, tmp_path: Path
) -> None:
    """The contract on rooms fails where a lower room knows a higher one."""
    shutil.copytree(package, tmp_path / "bbasync", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(root / "pyproject.toml", tmp_path)
    with (tmp_path / "bbasync" / "errors" / "unanswered.py").open("a", encoding="utf-8") as file:
        file.write("\nfrom ..resources import Repository\n")
    done = tool("lint-imports", "--no-cache", cwd=tmp_path)
    assert done.returncode != 0
    assert "bbasync.errors is not allowed to import bbasync.resources" in done.stdout, done.stdout


def _modules(package: Path) -> list[Path]:
    return sorted(package.rglob("*.py"))


def _sign(path: Path) -> str:
    return ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""


def _sentences(text: str) -> int:
    return len(re.findall(r"[.!](?=\s|$)", text))
