"""Whole words replaced in a text, however the text spells them."""

import html
import json
import re
from collections.abc import Callable, Container
from urllib.parse import quote, quote_plus

_COLOUR = r"(?:\x1b|\\(?:u001[bB]|x1[bB]|033|e))\[[\d;]*[A-Za-z]"
_WORD = re.compile(rf"{_COLOUR}|(?<=%)[0-9A-Fa-f]{{2}}|[^\W_]+")
"""What an address has percent-encoded is no part of the word behind it, and no colour is."""
_ESCAPES = "bfnrt"
"""Behind a backslash these may be an escape of JSON's, or the start of a word."""
_ESCAPE = re.compile(rf"(?<!\\)\\[{_ESCAPES}]")
_UNSPACED = re.compile(r"[\u2e80-\U0003ffff]")
"""From here on are scripts that put no space between words."""
_SPELLINGS: tuple[Callable[[str], str], ...] = (
    str,
    lambda text: quote(text, safe=""),
    quote_plus,
    html.escape,
    lambda text: json.dumps(text)[1:-1],
)


class Words:
    """Words and what stands in for them; the same in any case."""

    def __init__(self) -> None:
        self._by_first: dict[str, list[tuple[int, str, str | None]]] = {}
        self._anywhere: dict[str, str] = {}

    def add(self, word: str, stand_in: str) -> None:
        """Let *stand_in* replace *word*, which may be several words."""
        if _UNSPACED.search(word):
            self._anywhere[word] = stand_in
        # Letters beyond ASCII are percent-encoded in another way when they are of another case.
        cases = {word} if word.isascii() else {word, word.lower(), word.upper(), word.title()}
        for spell in _SPELLINGS:
            for one in cases:
                self._add(spell(one).lower(), spell(stand_in))

    def leave(self, word: str) -> None:
        """Leave a word alone, and so the words that it is made of where they stand in it."""
        self._add(word.lower(), None)

    def _add(self, spelled: str, stand_in: str | None) -> None:
        first = _WORD.search(spelled)
        if first is None:
            return
        known = self._by_first.setdefault(first[0], [])
        if all((first.start(), spelled) != other[:2] for other in known):
            known.append((first.start(), spelled, stand_in))
            known.sort(key=lambda one: -len(one[1]))

    def replace(self, text: str) -> str:
        """Put in what stands in for each word; of several that begin together, the longest."""
        pieces: list[str] = []
        done = 0
        for found in _WORD.finditer(text):
            for begin in _begins(text, found.start()):
                fit = self._fitting(text, begin, found.end(), done)
                if fit is not None:
                    start, end, stand_in = fit
                    pieces += text[done:start], text[start:end] if stand_in is None else stand_in
                    done = end
                    break
        text = "".join((*pieces, text[done:]))
        for word, stand_in in self._anywhere.items():
            text = text.replace(word, stand_in)
        return text

    def _fitting(
        self, text: str, begin: int, stop: int, done: int
    ) -> tuple[int, int, str | None] | None:
        for offset, spelled, stand_in in self._by_first.get(text[begin:stop].lower(), ()):
            start = begin - offset
            end = start + len(spelled)
            if start >= done and text[start:end].lower() == spelled and _ends(text, end):
                return start, end, stand_in
        return None


def plain(text: str) -> str:
    """Give a text without colours, and with a line's end for each escape of JSON's."""
    return _ESCAPE.sub("\n", re.sub(_COLOUR, "", text))


def distinct(key: str, taken: Container[str]) -> str:
    """Number a key that is taken, so that what stands behind it is not lost."""
    made, number = key, 1
    while made in taken:
        number += 1
        made = f"{key} {number}"
    return made


def _begins(text: str, start: int) -> tuple[int, ...]:
    """Where the word at *start* may begin."""
    escaped = text[start - 1 : start] == "\\" and text[start] in _ESCAPES
    return (start, start + 1) if escaped else (start,)


def _ends(text: str, end: int) -> bool:
    """Whether a word ends there."""
    return not (text[end - 1].isalnum() and text[end : end + 1].isalnum())
