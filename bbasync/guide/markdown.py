"""Markdown to HTML: headings with anchors, code with colours, links that are followed.

Raw HTML is no part of it: what looks like it is shown as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from html import escape
from itertools import pairwise, zip_longest
from typing import Final

from attrs import define, field, frozen
from markdown_it import MarkdownIt
from markdown_it.token import Token
from pygments import highlight  # type: ignore[import-untyped]  # it comes without types
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]  # as above
from pygments.lexers import get_lexer_by_name  # type: ignore[import-untyped]  # as above

Follow = Callable[[str], str]
"""What makes the address on the site of a link, and ValueError of one that leads nowhere."""
Known = Callable[[str], str | None]
"""The address of what a piece of code names, if it has one."""

_PARSER: Final = MarkdownIt("commonmark", {"html": False}).enable("table")
_BREAKS: Final = re.compile(r"(?<=[.(,_/=:])(?=\w)")
"""Where code within a line may go on in the next one."""
_WIDE: Final = 3
"""The cells of tables with so many columns stand below each other where the window is narrow."""
_DROPPED: Final = re.compile(r"[^\w\- ]")
_FORMATTER: Final = HtmlFormatter(cssclass="pdoc-code codehilite")


@frozen
class Heading:
    """One heading of a page."""

    level: int
    id: str
    title: str


@define
class Section:
    """What stands below one heading, as words: what a search looks through."""

    heading: Heading
    words: list[str] = field(factory=list)

    @property
    def text(self) -> str:
        """All of it on one line."""
        return " ".join(" ".join(self.words).split())


@frozen
class Rendered:
    """A text in Markdown, rendered."""

    html: str
    headings: Sequence[Heading]
    sections: Sequence[Section]


def render(text: str, follow: Follow, known: Known) -> Rendered:
    """Render *text*, whose first line is its only heading of level 1."""
    tokens = _PARSER.parse(text)
    sections = [Section(heading) for heading in _headings(tokens)]
    _collect(tokens, sections)
    for token in tokens:
        match token.type:
            case "fence":
                _colour(token)
            case "inline":
                token.children = [_mended(one, follow, known) for one in token.children or ()]
    html = _PARSER.renderer.render(_wrapped(tokens), _PARSER.options, {})
    return Rendered(html, [one.heading for one in sections], sections)


def slug(title: str) -> str:
    """The anchor of a heading."""
    return _DROPPED.sub("", title.lower()).strip().replace(" ", "-")


def _headings(tokens: Sequence[Token]) -> Iterator[Heading]:
    """The headings, each of which gets an id of its own and a link to itself."""
    taken: dict[str, int] = {}
    for opening, inline in pairwise(tokens):
        if opening.type != "heading_open":
            continue
        title = _words(inline)
        name = slug(title)
        taken[name] = count = taken.get(name, 0) + 1
        name = name if count == 1 else f"{name}-{count}"
        level = int(opening.tag[1:])
        opening.attrSet("id", name)
        if level > 1:
            link = f'<a class="anchor" href="#{name}" aria-label="Link to this section">#</a>'
            inline.children = [*(inline.children or ()), _raw("html_inline", link)]
        yield Heading(level, name, title)


def _words(inline: Token) -> str:
    """The text of a line without its marks."""
    said = (" " if one.type == "softbreak" else one.content for one in inline.children or ())
    return "".join(said) if inline.children else inline.content


def _collect(tokens: Sequence[Token], sections: Sequence[Section]) -> None:
    """Put the words of each section into it, its heading left out."""
    ahead = iter(sections)
    section: Section | None = None
    heading = False
    for token in tokens:
        match token.type:
            case "heading_open":
                section, heading = next(ahead), True
            case "heading_close":
                heading = False
            case "inline" if section is not None and not heading:
                section.words.append(_words(token))


def _mended(token: Token, follow: Follow, known: Known) -> Token:
    """Let links lead to the site's own addresses, and code to what it names."""
    if token.type == "link_open":
        token.attrSet("href", follow(str(token.attrGet("href"))))
    elif token.type == "code_inline":
        shown = "<wbr>".join(map(escape, _BREAKS.split(token.content)))
        code = f"<code>{shown}</code>"
        if (address := known(token.content)) is not None:
            code = f'<a href="{escape(address)}">{code}</a>'
        return _raw("html_inline", code)
    return token


def _colour(token: Token) -> None:
    """Make HTML of a block of code; what stands behind its language is for tests."""
    language = next(iter(token.info.split()), "text")
    code = highlight(token.content, get_lexer_by_name(language), _FORMATTER)
    token.type, token.content = "html_block", f'<div class="code {escape(language)}">{code}</div>\n'


def _wrapped(tokens: Sequence[Token]) -> list[Token]:
    """Put each table into a box of its own, and tell each cell the title of its column."""
    found: list[Token] = []
    box, titles, column = _raw("html_block", ""), list[str](), 0
    for token, behind in zip_longest(tokens, tokens[1:]):
        match token.type:
            case "table_open":
                box, titles = _raw("html_block", '<div class="table">\n'), []
                found.append(box)
            case "th_open":
                titles.append(_words(behind))
                if len(titles) == _WIDE:
                    box.content = '<div class="table wide">\n'
            case "tr_open":
                column = 0
            case "td_open":
                token.attrSet("data-title", titles[column])
                column += 1
        found.append(token)
        if token.type == "table_close":
            found.append(_raw("html_block", "</div>\n"))
    return found


def _raw(kind: str, html: str) -> Token:
    return Token(kind, "", 0, content=html)
