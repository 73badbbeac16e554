"""The site, built once for all who look at it, with no more than its extra brings."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from attrs import asdict, frozen
from filelock import FileLock
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
BARE = """
import runpy, sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {refused!r}:
            raise ModuleNotFoundError(name, name=name)

sys.meta_path.insert(0, Missing())
sys.argv = ["bbasync.guide", {outdir!r}]
runpy.run_module("bbasync.guide", run_name="__main__")
"""


def wanted() -> set[str]:
    """The distributions that come with ``bbasync[docs]``, and with what they need in turn."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    waiting = [("", one) for one in (*project["dependencies"], "bbasync[docs]")]
    found: set[tuple[str, str]] = set()
    while waiting:
        extra, text = waiting.pop()
        one = Requirement(text)
        if one.marker is not None and not one.marker.evaluate({"extra": extra}):
            continue
        for name in ("", *one.extras):
            if (one.name, name) not in found:
                found.add((one.name, name))
                waiting += [(name, need) for need in needs(one.name, name, project)]
    return {canonical(name) for name, _ in found}


def needs(name: str, extra: str, project: dict[str, Any]) -> list[str]:
    """What a distribution needs: this one as its project says, others as they are installed."""
    if name == "bbasync":
        found: list[str] = project["optional-dependencies"][extra] if extra else []
        return found
    try:
        return metadata.requires(name) or []
    except metadata.PackageNotFoundError:  # for another system
        return []


def canonical(name: str) -> str:
    """The name as it is compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


def refused() -> Iterator[str]:
    """The packages of everything else that is installed here."""
    kept = wanted() | {"bbasync"}
    for package, owners in metadata.packages_distributions().items():
        if not any(canonical(one) in kept for one in owners):
            yield package


@frozen
class Built:
    """A site, and how it was built."""

    folder: str
    refused: list[str]
    """What could not be imported."""
    said: str
    printed: str


@pytest.fixture(scope="session")
def built(shared: Path) -> Built:
    """The site, built as the task does it, once for all workers."""
    kept = shared / "site.json"
    with FileLock(shared / "site.lock"):
        if not kept.exists():
            kept.write_text(json.dumps(asdict(build(str(shared / "site")))))
    return Built(**json.loads(kept.read_text()))


def build(folder: str) -> Built:
    """Build the site."""
    others = sorted(set(refused()))
    code = BARE.format(refused=others, outdir=folder)
    command = (sys.executable, "-W", "error", "-c", code)
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return Built(folder, others, done.stderr, done.stdout)


@pytest.fixture(scope="session")
def site(built: Built) -> Path:
    """The folder of the site."""
    return Path(built.folder)
