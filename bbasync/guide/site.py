"""The site: a page a module, the table of operations, and a search that needs no server."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Final

import pdoc.doc
import pdoc.render

from .mend import mend
from .operations import sections

PACKAGES: Final = ("bbasync.api", "bbasync.resources")
"""Documented by the modules in them, where what they offer is declared."""

MODULES: Final = (
    "bbasync",
    "bbasync.audit",
    "bbasync.auth",
    "bbasync.crawl",
    "bbasync.errors",
    "bbasync.fake",
    "bbasync.model",
    "bbasync.model.link",
    "bbasync.model.poll",
    "bbasync.model.resource",
    "bbasync.paging",
    "bbasync.query",
    "bbasync.webhooks",
    "bbasync.wire",
    "bbasync.wire.body",
    "bbasync.wire.message",
    "bbasync.wire.stream",
)
"""Documented each by itself: what users of the library meet."""

TEMPLATES: Final = Path(__file__).with_name("templates")


def build(directory: Path) -> int:
    """Write the site into *directory*, and return how many pages it has."""
    directory.mkdir(parents=True, exist_ok=True)
    pdoc.render.configure(docformat="markdown", show_source=False, template_directory=TEMPLATES)
    modules = {name: _module(name) for name in sorted(_names())}
    for name, module in modules.items():
        page = directory / f"{name.replace('.', '/')}.html"
        _write(page, pdoc.render.html_module(module, modules))
    _write(directory / "index.html", pdoc.render.html_index(modules))
    _write(directory / "operations.html", _operations(modules))
    _write(directory / "search.js", pdoc.render.search_index(modules))
    return len(modules) + 2


def _names() -> Iterator[str]:
    yield from MODULES
    for package in PACKAGES:
        yield package
        found = pkgutil.iter_modules(import_module(package).__path__)
        yield from (f"{package}.{one.name}" for one in found)


def _module(name: str) -> pdoc.doc.Module:
    """What is said of the module, and of the names that it loads when they are first asked for."""
    made = import_module(name)
    for one in getattr(made, "__all__", ()):
        getattr(made, one)
    module = pdoc.doc.Module.from_name(name)
    if name in PACKAGES:
        module.members = {}
    mend(module)
    return module


def _operations(modules: Mapping[str, pdoc.doc.Module]) -> str:
    template = pdoc.render.env.get_template("operations.html.jinja2")
    return template.render(sections=sections(), all_modules=modules)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
