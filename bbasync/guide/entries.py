"""What the search looks through beside the reference: pages, commands and operations."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from attrs import asdict, frozen

from . import operations
from .book import Page
from .commands import Command


@frozen
class Entry:
    """One place that can be found."""

    page: str
    """As pdoc names modules: without its ending, and with dots for slashes."""
    id: str
    title: str
    text: str


def entries(
    found: Sequence[Page], commands: Sequence[Command], groups: Sequence[operations.Section]
) -> list[dict[str, str]]:
    """Every section of the pages, every command, and every operation."""
    told = [
        *(one for page in found for one in _sections(page)),
        *(Entry("commands", one.anchor, one.name, escape(one.text)) for one in commands),
        *(_operation(row) for group in groups for row in group.rows),
    ]
    return [asdict(one) for one in told]


def _sections(page: Page) -> list[Entry]:
    return [
        Entry(page.name, one.heading.id, f"{page.title}: {one.heading.title}", escape(one.text))
        if one.heading.level > 1
        else Entry(page.name, "", one.heading.title, escape(one.text))
        for one in page.sections
    ]


def _operation(row: operations.Row) -> Entry:
    page, _, anchor = row.page.partition("#")
    name = row.call.partition("(")[0]
    said = f"{row.summary} {row.method} {row.path} {row.notice}"
    return Entry(page.removesuffix(".html").replace("/", "."), anchor, f"bb.{name}", escape(said))
