"""What importing the package costs, and that every module of it can be imported alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Python = Callable[..., subprocess.CompletedProcess[str]]

# Each module in a fork of an interpreter that has seen what others wrote, and of ours no more than
# the packages that the module is in: these come first whoever imports it, and what they load
# themselves is not loaded once more.
ALONE = """
import importlib, os, sys, traceback
for name in (
    "aiohttp.web", "attrs", "cattrs", "filelock", "jinja2", "limits.aio.storage",
    "limits.aio.strategies", "markdown_it", "msgspec", "opentelemetry.trace", "pdoc", "pygments",
    "pytest", "redis.asyncio", "rich.progress", "sqlite3", "typer", "uritemplate",
    "xml.etree.ElementTree", "yarl",
):
    try:
        importlib.import_module(name)
    except ImportError:
        pass
assert not any(name.partition(".")[0] == "bbasync" for name in sys.modules)
inside = {}
for name in sys.argv[1:]:
    inside.setdefault(name.rpartition(".")[0], []).append(name)
def fails(name):
    if name in sys.modules and name not in inside:
        return False
    if os.fork() != 0:
        return os.wait()[1] != 0
    try:
        importlib.import_module(name)
        os._exit(sum([fails(one) for one in inside.get(name, ())]) != 0)
    except BaseException:
        print("FAILED", name, traceback.format_exc(), file=sys.stderr, flush=True)
        os._exit(1)
sys.exit(fails("bbasync"))
"""
LOADED = "import sys, {0}; print(*sorted(sys.modules))"
LATER = (
    "bbasync.api.operation",
    "bbasync.api.repositories",
    "bbasync.audit",
    "bbasync.cli",
    "bbasync.crawl",
    "bbasync.fake",
    "bbasync.model",
    "bbasync.resources",
    "bbasync.webhooks",
    "cattrs",
    "distributed",
    "filelock",
    "jwt",
    "redis",
    "rich",
    "typer",
    "uritemplate",
)


@pytest.mark.tool  # every Python imports in the same order
def test_every_module_imports_alone_without_a_warning(python: Python, package: Path) -> None:
    """No module needs another to have been imported before it, and none warns."""
    names = [_name(path, package) for path in sorted(package.rglob("*.py"))]
    names = [name for name in names if not name.endswith("__main__")]
    assert len(names) > 50
    done = python("-W", "error", "-c", ALONE, *names)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("later", LATER)
def test_importing_the_package_does_not_load_what_is_used_later(
    loaded: set[str], later: str
) -> None:
    """A program that starts does not pay for what it may never use."""
    assert "bbasync.client" in loaded
    assert later not in {".".join(name.split(".")[: later.count(".") + 1]) for name in loaded}


def test_importing_the_package_loads_little_more_than_aiohttp(
    python: Python, loaded: set[str]
) -> None:
    """Beside aiohttp's own imports and ours, only attrs and a JSON decoder are loaded."""
    before = set(python("-c", LOADED.format("aiohttp")).stdout.split())
    standard = {name.lstrip("_") for name in sys.stdlib_module_names}
    more = {name.partition(".")[0].lstrip("_") for name in loaded - before}
    assert more - standard <= {"bbasync", "attr", "attrs", "msgspec", "typing_extensions"}
    assert len({name for name in loaded - before if not name.startswith("bbasync")}) < 40


@pytest.fixture(scope="module")
def loaded(python: Python) -> set[str]:
    """The modules that ``import bbasync`` loads."""
    return set(python("-c", LOADED.format("bbasync")).stdout.split())


def _name(path: Path, package: Path) -> str:
    parts = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
