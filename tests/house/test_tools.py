"""Linters and type checkers have nothing to say."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.tool
Tool = Callable[..., subprocess.CompletedProcess[str]]

MISTAKES = '''\
"""Mistakes that a type checker must report: each on a line that says so."""

from bbasync import BasicAuth, Bitbucket, F
from bbasync.resources import PullRequest, Repository, Webhook


async def use(bb: Bitbucket, repo: Repository) -> None:
    """Make one mistake a line."""
    BasicAuth("ann@example.com", 7)  # mistake
    Bitbucket(conections=5)  # mistake
    await bb.repositories.get("acme", 7)  # mistake
    await bb.repositories.get("acme")  # mistake
    await bb.repositories.update("acme", "site", Webhook(url="https://example.com"))  # mistake
    bb.repositories.list("acme", role="boss")  # mistake
    bb.repositories.list("acme", rolle="admin")  # mistake
    bb.repositories.list("acme", q=7)  # mistake
    bb.repositories.list("acme", pagelen="7")  # mistake
    repo.pullrequests(state="CLOSED")  # mistake
    repo.pullrequests(states="OPEN")  # mistake
    Repository(nam="site")  # mistake
    Repository(name=7)  # mistake
    print(repo.nam)  # mistake
    repo.nam = "site"  # mistake
    repo.name = 7  # mistake
    print(repo.mainbranch.name)  # mistake
    print(bb.repositorys)  # mistake
    bb.repositories.lst("acme")  # mistake
    bb.repositories.list("acme", q=F.name == "a" & F.size > 7)  # mistake
    async for pr in repo.pullrequests():
        print(pr.titel)  # mistake
        await pr.commits()  # mistake
    async for _ in bb.repositories.get("acme", "site"):  # mistake
        break
    number: int = (await bb.repositories.get("acme", "site")).name  # mistake
    print(number, PullRequest(title="right"))
'''


def test_ruff_finds_nothing(tool: Tool) -> None:
    """The linter, with all its rules but those that pyproject.toml argues away, is content."""
    done = tool("ruff", "check")
    assert done.returncode == 0, done.stdout


def test_ruff_would_format_nothing(tool: Tool) -> None:
    """Every file is formatted."""
    done = tool("ruff", "format", "--check")
    assert done.returncode == 0, done.stdout


def test_mypy_finds_nothing(tool: Tool) -> None:
    """The package and what users write with it pass mypy's strict mode."""
    done = tool("mypy")
    assert done.returncode == 0, done.stdout


def test_pyright_finds_nothing(tool: Tool) -> None:
    """What users write passes pyright's strict mode."""
    done = tool("pyright", "--pythonpath", sys.executable)
    assert done.returncode == 0, done.stdout


def test_both_type_checkers_report_every_planted_mistake(
    tool: Tool, root: Path, tmp_path: Path
) -> None:
    """Users' mistakes are reported where they are made, and nothing else is."""
    planted = tmp_path / "planted.py"
    planted.write_text(MISTAKES, encoding="utf-8")
    lines = MISTAKES.splitlines()
    meant = {number for number, line in enumerate(lines, 1) if "# mistake" in line}
    assert _told_by_mypy(tool, root, planted) == meant
    assert _told_by_pyright(tool, root, planted) == meant


def _told_by_mypy(tool: Tool, root: Path, planted: Path) -> set[int]:
    config = str(root / "pyproject.toml")
    done = tool("mypy", "--config-file", config, str(planted), cwd=root)
    found = re.findall(rf"{planted.name}:(\d+): error", done.stdout)
    assert found, done.stdout + done.stderr
    return {int(number) for number in found}


def _told_by_pyright(tool: Tool, root: Path, planted: Path) -> set[int]:
    config = {"include": ["."], "extraPaths": [str(root)], "typeCheckingMode": "strict"}
    (planted.parent / "pyrightconfig.json").write_text(json.dumps(config), encoding="utf-8")
    python = ("--pythonpath", sys.executable)
    done = tool("pyright", "--outputjson", *python, cwd=planted.parent)
    found = json.loads(done.stdout)["generalDiagnostics"]
    return {one["range"]["start"]["line"] + 1 for one in found}
