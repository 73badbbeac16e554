"""The site: the pages, a page a module, the tables, and a search that needs no server."""

from __future__ import annotations

import json
import pkgutil
import warnings
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from inspect import getmembers, isfunction
from pathlib import Path
from typing import Any, Final

import pdoc.doc
import pdoc.render

from ..api import OPERATIONS, Group
from .book import Page, chapters, pages
from .commands import commands, exit_codes
from .entries import entries
from .failures import failures
from .markdown import Known
from .mend import mend, settle
from .operations import page_of, sections

PACKAGES: Final = ("bbasync.api", "bbasync.resources")
"""Documented by the modules in them, where what they offer is declared."""

MODULES: Final = (
    "bbasync",
    "bbasync.audit",
    "bbasync.auth",
    "bbasync.crawl",
    "bbasync.errors",
    "bbasync.fake",
    "bbasync.fake.cassettes",
    "bbasync.model",
    "bbasync.model.link",
    "bbasync.model.poll",
    "bbasync.model.resource",
    "bbasync.paging",
    "bbasync.query",
    "bbasync.testing",
    "bbasync.webhooks",
    "bbasync.webhooks.events",
    "bbasync.wire",
    "bbasync.wire.body",
    "bbasync.wire.message",
    "bbasync.wire.stream",
)
"""Documented each by itself: what users of the library meet."""

MORE: Final = {"bbasync.testing": "aioresponses"}
"""What is documented only where a package is installed that the extra does not bring."""

_SKIP: Final = ("<main ", '<main id="content" tabindex="-1" ')
"""Lets the keyboard skip what stands before the text."""

_PRIVATE: Final = r".* for bbasync(\.\w+)*\._\w+[.:]"
"""What pdoc can't evaluate of names that are not shown: of extras that are not installed, say."""

TEMPLATES: Final = Path(__file__).with_name("templates")


def build(directory: Path) -> int:
    """Write the site into *directory*, and return how many pages it has."""
    directory.mkdir(parents=True, exist_ok=True)
    pdoc.render.configure(docformat="markdown", show_source=False, template_directory=TEMPLATES)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", _PRIVATE, UserWarning)
        modules = {name: _module(name) for name in sorted(_names())}
    settle(modules)
    written = pages(modules, _called(_operations()))
    made = {
        **{f"{name.replace('.', '/')}.html": _of_module(name, modules) for name in modules},
        **_guide(written, modules),
        "operations.html": _rendered("operations", modules, sections=sections()),
        "commands.html": _rendered(
            "commands", modules, commands=commands(), exit_codes=exit_codes()
        ),
        "errors.html": _rendered("errors", modules, failures=failures()),
    }
    for address, text in made.items():
        _write(directory / address, text.replace(*_SKIP, 1))
    _write(directory / "search.js", _search(written, modules))
    return len(made)


def left_out() -> dict[str, str]:
    """The modules that are not documented here, by the packages that are missing for them."""
    return {package: name for name, package in MORE.items() if not _installed(package)}


def _installed(package: str) -> bool:
    try:
        import_module(package)
    except ImportError:
        return False
    return True


def _names() -> Iterator[str]:
    missing = left_out().values()
    yield from (name for name in MODULES if name not in missing)
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


def _of_module(name: str, modules: Mapping[str, pdoc.doc.Module]) -> str:
    return pdoc.render.html_module(modules[name], modules)


def _operations() -> dict[str, str]:
    """The address of each method of each group, by how a page names it."""
    return {
        f"bb.{group}.{name}": page_of(function.__module__, function.__qualname__)
        for group in dict.fromkeys(one.group for one in OPERATIONS)
        for name, function in getmembers(Group.named[group], isfunction)
        if not name.startswith("_")
    }


def _called(addresses: Mapping[str, str]) -> Known:
    """Code such as ``bb.repositories.get("acme", "site")`` leads to the operation."""
    return lambda code: addresses.get(code.partition("(")[0])


def _guide(written: Sequence[Page], modules: Mapping[str, pdoc.doc.Module]) -> dict[str, str]:
    """The pages as HTML, by address, each with a link to its neighbours."""
    neighbours = zip([None, *written], written, [*written[1:], None], strict=False)
    return {
        f"{page.name}.html": _rendered(
            "page", modules, page=page, headings=page.headings, before=before, behind=behind
        )
        for before, page, behind in neighbours
        if page is not None
    }


def _rendered(template: str, modules: Mapping[str, pdoc.doc.Module], **what: Any) -> str:
    page = what.get("page")
    here = f"{page.name if page else template}.html"
    found = pdoc.render.env.get_template(f"{template}.html.jinja2")
    return found.render(all_modules=modules, chapters=chapters(), here=here, **what)


def _search(written: Sequence[Page], modules: Mapping[str, pdoc.doc.Module]) -> str:
    """What pdoc finds in the reference, and before it what readers look for more often."""
    ours = pdoc.render.env.get_template("search_pages.js.jinja2")
    told = json.dumps(entries(written, commands(), sections()), ensure_ascii=False)
    return f"{pdoc.render.search_index(modules)}\n{ours.render(entries=told)}"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
