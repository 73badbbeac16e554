"""What importing the package costs, and that its modules can be imported in any order."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Python = Callable[..., subprocess.CompletedProcess[str]]

# Where no import finds a module half loaded, but for the packages that its own module is in (they
# come first whoever imports it), modules may be imported in any order, as far as they import what
# they use: one that does not fails in one of two opposite orders.
CIRCLES = """
import builtins, importlib, importlib.util, sys

def half_loaded(name):
    return getattr(getattr(sys.modules.get(name), "__spec__", None), "_initializing", False)

def packages(name):
    return [name[:end] for end in range(len(name)) if name[end] == "."] + [name]

def watched(name, globals=None, locals=None, names=(), level=0):
    asks = (globals or {}).get("__name__", "")
    if asks.partition(".")[0] == inside:
        wanted = importlib.util.resolve_name("." * level + name, globals["__package__"])
        for one in (wanted, *(f"{wanted}.{each}" for each in names or ())):
            for each in set(packages(one)) - set(packages(asks)):
                if half_loaded(each):
                    sys.exit(f"{asks} imports {each}, which imports it")
    return find(name, globals, locals, names, level)

inside = sys.argv[1].partition(".")[0]
find, builtins.__import__ = builtins.__import__, watched
for name in sys.argv[1:]:
    importlib.import_module(name)
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


def test_no_modules_import_each_other_and_none_warns(python: Python, package: Path) -> None:
    """So each can be the first that is imported."""
    names = [_name(path, package) for path in sorted(package.rglob("*.py"))]
    names = [name for name in names if not name.endswith("__main__")]
    assert len(names) > 50
    for order in (names, names[::-1]):
        done = python("-W", "error", "-c", CIRCLES, *order)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("modules", "said"),
    [
        ({"__init__": "from . import a", "a": "from . import b", "b": "import os"}, None),
        ({"a": "from . import b", "b": "from . import a"}, "p.b imports p.a, which imports it"),
        ({"a": "from .b import c", "b": "from .a import b"}, "p.b imports p.a, which imports it"),
        ({"__init__": "from .a import b", "a": "b = 1", "b": "from .a import b"}, None),
        ({"a": "import p.b", "b": "from .c import d", "c": "import p.a"}, "p.c imports p.a, which"),
        ({"a": "x = 1", "b": "import p; y = p.a.x"}, "'p' has no attribute 'a'"),
    ],
)
def test_modules_that_import_each_other_are_found(
    python: Python, tmp_path: Path, modules: dict[str, str], said: str | None
) -> None:
    """Whether that fails for the one that comes first or not."""
    place = tmp_path / "p"
    place.mkdir()
    for name, text in {"__init__": "", **modules}.items():
        (place / f"{name}.py").write_text(text)
    names = ["p", *(f"p.{name}" for name in modules if name != "__init__")]
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}){CIRCLES}"
    orders = [python("-c", code, *order) for order in (names, names[::-1])]
    failed = [one.stderr for one in orders if one.returncode != 0]
    assert bool(failed) == (said is not None), failed
    assert said is None or any(said in one for one in failed)


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
