"""Whole words replaced in a text, however the text spells them."""

import html
import json
import re
from collections.abc import Callable
from urllib.parse import quote, quote_plus

_WORD = re.compile(r"(?<=%)[0-9A-Fa-f]{2}|[^\W_]+")
"""What an address has percent-encoded is no part of the word behind it."""
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
        self._by_first: dict[str, list[tuple[int, str, str]]] = {}
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

    def _add(self, spelled: str, stand_in: str) -> None:
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
            for offset, spelled, stand_in in self._by_first.get(found[0].lower(), ()):
                start = found.start() - offset
                end = start + len(spelled)
                if start >= done and text[start:end].lower() == spelled and _ends(text, end):
                    pieces += text[done:start], stand_in
                    done = end
                    break
        text = "".join((*pieces, text[done:]))
        for word, stand_in in self._anywhere.items():
            text = text.replace(word, stand_in)
        return text


def _ends(text: str, end: int) -> bool:
    """Whether a word ends there."""
    return not (text[end - 1].isalnum() and text[end : end + 1].isalnum())
