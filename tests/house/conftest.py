"""Where the project lies, and how its tools are run."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def root() -> Path:
    """The top of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def package(root: Path) -> Path:
    """The package's directory in the checkout."""
    return root / "bbasync"


@pytest.fixture(scope="session")
def python() -> Run:
    """Run this Python with some arguments, in a directory, and return how it went."""

    def run(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
        return _run(sys.executable, *arguments, cwd=cwd)

    return run


@pytest.fixture(scope="session")
def tool() -> Run:
    """Run a tool of this environment; the extra test has it."""

    def run(name: str, *arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
        program = Path(sysconfig.get_path("scripts"), name)
        assert program.exists(), f"{name} is not installed: python -m pip install '.[test]'"
        return _run(str(program), *arguments, cwd=cwd)

    return run


def _run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, encoding="utf-8", check=False
    )
