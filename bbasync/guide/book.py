"""The pages of the guide: which there are, in which order, and what they become."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from attrs import frozen

from .markdown import Heading, Known, Section, render

FOLDER: Final = Path(__file__).with_name("pages")

CHAPTERS: Final[Mapping[str, Sequence[str]]] = {
    "Begin": ("index", "tutorial"),
    "How to": ("connect", "crawl", "backend", "audit", "webhooks", "testing"),
    "Background": ("service", "migration"),
}
"""The pages by the chapters of the sidebar, each the name of a file."""

REFERENCE: Final = {
    "operations": "All operations",
    "commands": "Commands and exit codes",
    "errors": "Errors",
    "bbasync": "Modules",
}
"""What is generated, by page."""

_API: Final = "api:"
_ELSEWHERE: Final = re.compile(r"https?://")


@frozen
class Page:
    """One page, rendered."""

    name: str
    title: str
    html: str
    headings: Sequence[Heading]
    sections: Sequence[Section]


@frozen
class Chapter:
    """One chapter of the sidebar: titles by the addresses of their pages."""

    title: str
    pages: Mapping[str, str]


def names() -> list[str]:
    """All pages, in the order in which they are read."""
    return [name for chapter in CHAPTERS.values() for name in chapter]


def text_of(name: str) -> str:
    """A page as it was written."""
    return (FOLDER / f"{name}.md").read_text("utf-8")


def pages(modules: Mapping[str, object], known: Known) -> list[Page]:
    """Every page; ValueError where a link of one leads nowhere."""
    return [_page(name, modules, known) for name in names()]


def chapters() -> list[Chapter]:
    """What the sidebar of each page shows."""
    found = [
        Chapter(title, {f"{name}.html": title_of(name) for name in chapter})
        for title, chapter in CHAPTERS.items()
    ]
    return [*found, Chapter("Reference", {f"{name}.html": one for name, one in REFERENCE.items()})]


def title_of(name: str) -> str:
    """The heading on top of a page."""
    return text_of(name).partition("\n")[0].removeprefix("# ").strip()


def _page(name: str, modules: Mapping[str, object], known: Known) -> Page:
    def follow(link: str) -> str:
        try:
            return address_of(link, modules)
        except ValueError as error:
            raise ValueError(f"{name}.md: {error}") from error

    made = render(text_of(name), follow, known)
    return Page(name, title_of(name), made.html, made.headings, made.sections)


def address_of(link: str, modules: Mapping[str, object]) -> str:
    """Where *link* leads on the site: to a page, a heading, elsewhere, or ``api:`` with a name."""
    if link.startswith(_API):
        return _documented(link.removeprefix(_API), modules)
    address, mark, anchor = link.partition("#")
    if not address or _ELSEWHERE.match(link):
        return link
    known = {f"{one}.md": f"{one}.html" for one in (*names(), *REFERENCE)}
    if address not in known:
        raise ValueError(f"the link {link} leads to no page")
    return f"{known[address]}{mark}{anchor}"


def _documented(name: str, modules: Mapping[str, object]) -> str:
    """The address of a module, or of a name in it: that of the longest module that fits."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        module = ".".join(parts[:end])
        if module in modules:
            rest = ".".join(parts[end:])
            return f"{module.replace('.', '/')}.html" + (f"#{rest}" if rest else "")
    raise ValueError(f"{name} is in no module that is documented")
