"""Secrets that were seen, and every spelling in which they might come back."""

import base64
import binascii
import html
import json
import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from .protocol import PROTOCOL

SHORTEST = 8
"""What is shorter may be a part of any word, and is no credential of the service's."""
HIDDEN = "***"
"""What stands where a secret stood."""
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{11,}")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}){8,}")
_ESCAPED = re.compile(r"\\u([0-9A-Fa-f]{4})")
_STANDARD = str.maketrans("-_", "+/")
_DEEP = 3
"""How many layers of spelling are looked through."""


class Secrets:
    """The secrets of one recording; they are kept in memory alone."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, ...]] = {}
        self._clean: set[str] = set()

    def add(self, secret: str) -> None:
        """Look for a secret from now on; a word of the protocol is too weak to be looked for."""
        if len(secret) < SHORTEST or secret.lower() in PROTOCOL:
            return
        if secret not in self._known:
            spelled = set(_spellings(secret))
            self._known[secret] = tuple(sorted(spelled, key=len, reverse=True))
            self._clean.clear()

    def add_header(self, value: str) -> str:
        """Look for what an Authorization header has in it; give the user's name, or nothing."""
        scheme, _, token = value.strip().partition(" ")
        token = token.strip()
        self.add(token or scheme)
        if scheme.lower() != "basic":
            return ""
        try:
            user, _, password = base64.b64decode(token, validate=True).decode().partition(":")
        except ValueError:
            return ""
        self.add(f"{user}:{password}")
        self.add(password)
        return user

    def add_cookies(self, value: str) -> None:
        """Look for what pairs of a Cookie or Set-Cookie header have in them."""
        for pair in value.split(";"):
            self.add(pair.partition("=")[2].strip())

    def hide(self, text: str) -> str:
        """Take the secrets out of a text; all of it where they can't be cut out."""
        if len(text) < SHORTEST or text in self._clean:
            return text
        for spellings in self._known.values():
            for spelled in spellings:
                if spelled in text:
                    text = text.replace(spelled, HIDDEN)
        return HIDDEN if self.shown_in(text) else text

    def shown_in(self, text: str) -> bool:
        """Whether a text has a secret in it, in any spelling."""
        if not self._known or len(text) < SHORTEST or text in self._clean:
            return False
        if any(secret in read for read in _readings(text, _DEEP) for secret in self._known):
            return True
        self._clean.add(text)  # cassettes say the same again and again
        return False


def _spellings(secret: str) -> Iterator[str]:
    raw = secret.encode(errors="surrogatepass")
    yield secret
    yield quote(secret, errors="surrogatepass")
    yield quote(secret, safe="", errors="surrogatepass")
    yield quote_plus(secret, errors="surrogatepass")
    yield html.escape(secret)
    yield json.dumps(secret)[1:-1]
    yield raw.hex()
    yield raw.hex().upper()
    for before, cut in ((0, 0), (1, 2), (2, 3)):
        whole = (before + len(raw)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(b"\0" * before + raw).decode()[cut:whole]


def _readings(text: str, depth: int) -> Iterator[str]:
    """A text, and what it says to those who decode it."""
    yield text
    if depth == 0:
        return
    decoded = set(_decoded(text))
    if "%" in text or "+" in text:
        decoded |= {unquote(text), unquote_plus(text)}
    if "&" in text:
        decoded.add(html.unescape(text))
    if "\\u" in text:
        decoded.add(_ESCAPED.sub(lambda found: chr(int(found[1], 16)), text))
    decoded.discard(text)
    for one in decoded:
        yield from _readings(one, depth - 1)


def _decoded(text: str) -> Iterator[str]:
    for found in _HEX.finditer(text):
        yield bytes.fromhex(found[0]).decode("utf-8", "ignore")
    for found in _BASE64.finditer(text):
        token = found[0].translate(_STANDARD)
        for start in range(min(4, len(token))):
            part = token[start:]
            part = part[: len(part) // 4 * 4] if len(part) % 4 == 1 else part
            try:
                raw = base64.b64decode(part + "=" * (-len(part) % 4))
            except binascii.Error:
                continue
            if len(raw) >= SHORTEST:
                yield raw.decode("utf-8", "ignore")
