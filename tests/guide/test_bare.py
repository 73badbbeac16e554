"""The site is built with no more than its extra brings, and the pages come with the package."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pdoc.render

from bbasync.guide.book import FOLDER, names
from bbasync.guide.site import MORE, TEMPLATES, _module
from tests.guide.conftest import Built

ROOT = Path(__file__).parents[2]


def test_the_extra_brings_all_that_the_site_needs(built: Built, site: Path) -> None:
    """It is built where nothing else can be imported, and what is left out then is told."""
    assert {"pytest", "playwright", "starlette", *MORE.values()} <= set(built.refused)
    assert built.said == ("bbasync.guide: without bbasync.testing: aioresponses is not installed\n")
    assert built.printed.endswith(f"open {site / 'index.html'}\n")
    assert (site / "tutorial.html").exists()
    assert not (site / "bbasync" / "testing.html").exists()


def test_where_the_package_is_installed_its_module_is_documented() -> None:
    """With the name that is loaded when it is first asked for."""
    for name in MORE:
        module = _module(name)
        assert set(module.obj.__all__) <= set(module.members)
        assert 'id="aioresponses"' in pdoc.render.html_module(module, {name: module})


def test_the_pages_are_in_the_package() -> None:
    """What is built into a wheel is the folder of the package, all of it, and they are in there."""
    build = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]
    assert build["targets"]["wheel"] == {"packages": ["bbasync"]}
    ignored = (ROOT / ".gitignore").read_text("utf-8").split()
    for one in (*(FOLDER / f"{name}.md" for name in names()), *TEMPLATES.iterdir()):
        assert (ROOT / "bbasync") in one.parents
        assert not any(one.match(pattern.strip("/")) for pattern in ignored), one
