"""Texts of others as a page may show them: names are given by anybody, and may hold anything."""

from __future__ import annotations

import re
from typing import Final

_UNSEEN: Final = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e"
    r"\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]"
)
"""Control characters, marks that turn the direction of what follows, and spaces of no width. The
joiner that emoji are made with (U+200D) is none of them."""
_LONE: Final = re.compile(r"[\ud800-\udfff]")
_SHORT: Final = 34


def shown(text: str) -> str:
    """*text* with what can't be seen spelled out, as in ``[U+202E]``, so that it deceives nobody.

    Halves of surrogate pairs, which no file can hold, are spelled out too.
    """
    return _LONE.sub(_spelled, _UNSEEN.sub(_spelled, text))


def shortened(text: str, most: int = _SHORT) -> str:
    """*text* as a chart has place for it, with an ellipsis where it was cut."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _spelled(found: re.Match[str]) -> str:
    return f"[U+{ord(found.group()):04X}]"
