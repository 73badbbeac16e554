"""Stand-ins for whatever tells people apart: the same one for the same value, all over."""

import re
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Any

from .people import People
from .words import Words, distinct

_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_PLAIN = re.compile(r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{32}(?![0-9A-Fa-f])")
_MAIL = re.compile(
    r"(?<!//)(?:(?<![\w%])|(?<=%[0-9A-Fa-f]{2}))"
    r"(\w(?:[\w.+'-]|%2[Bb]){0,127})(@|%40)((?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,63})"
)
_REPOSITORY = re.compile(r"(?:git|hg)@(?:ssh\.|altssh\.)?bitbucket\.org")
_FOUR = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]*\d)")
_SIX = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:])")
_FIELD = re.compile(r"[a-z][A-Za-z0-9_]*")
_ACCOUNT = re.compile(r"(?<![0-9A-Za-z])(?!0{8}|5d0{8})[0-9A-Fa-f]{24}(?![0-9A-Za-z])")
"""Of somebody whom no answer shows; the stand-ins of others begin with zeros."""
_NETS = ("192.0.2", "198.51.100", "203.0.113")
"""Set aside for documentation, and nobody's."""


class Pseudonyms:
    """The stand-ins of one recording, given in the order in which they are asked for."""

    def __init__(self, people: People, rename: Mapping[str, str]) -> None:
        self._people = people
        self._given: dict[str, dict[str, str]] = {}
        self._words = people.words()
        self._renamed = Words()
        for old, new in rename.items():
            self._renamed.add(old, new)

    def text(self, text: str, *, names: bool = True) -> str:
        """Replace what is personal in a text; without *names*, those stay."""
        text = _MAIL.sub(self._mail, self._renamed.replace(text))
        text = _UUID.sub(lambda one: self._one("uuid", one[0], _uuid), text)
        text = _PLAIN.sub(self._plain, text)
        text = _FOUR.sub(self._four, text)
        text = _SIX.sub(self._six, text)
        text = self._words.replace(text) if names else text
        return _ACCOUNT.sub(lambda one: self._one("account", one[0], _account), text)

    def json(self, value: Any, key: str = "") -> Any:
        """Replace what is personal in JSON; types and the names of fields stay."""
        if isinstance(value, str):
            return self.text(value, names=not (key == "type" and _FIELD.fullmatch(value)))
        if isinstance(value, list):
            return [self.json(one, key) for one in value]
        if not isinstance(value, dict):
            return value
        shown: dict[str, Any] = {}
        for name, inner in value.items():
            called = self._people.called(value, name)
            new = name if _FIELD.fullmatch(name) else self.text(name)
            shown[distinct(new, shown)] = self.json(inner, name) if called is None else called
        return shown

    def _one(self, kind: str, text: str, make: Callable[[int], str]) -> str:
        known = self._given.setdefault(kind, {})
        lower = text.lower()
        if lower in self._people.keep or f"{{{lower}}}" in self._people.keep:
            return text
        return known.setdefault(lower, make(len(known) + 1))

    def _mail(self, found: re.Match[str]) -> str:
        if _REPOSITORY.fullmatch(found[0]):
            return found[0]
        whole = f"{found[1]}@{found[3]}".replace("%2B", "+").replace("%2b", "+")
        made = self._one("mail", whole, lambda number: f"mail{number}@example.com")
        return found[0] if made == whole else made.replace("@", found[2])

    def _plain(self, found: re.Match[str]) -> str:
        """Find a uuid again that is written without dashes."""
        one = found[0].lower()
        spelled = f"{one[:8]}-{one[8:12]}-{one[12:16]}-{one[16:20]}-{one[20:]}"
        known = self._given.get("uuid", {}).get(spelled)
        return found[0] if known is None else known.replace("-", "")

    def _four(self, found: re.Match[str]) -> str:
        if any(int(part) > 255 for part in found[0].split(".")):  # noqa: PLR2004 - a byte's range
            return found[0]
        if found[0].startswith("127.") or found[0] == "0.0.0.0":  # noqa: S104 - no socket
            return found[0]
        return self._one("ip", found[0], _four)

    def _six(self, found: re.Match[str]) -> str:
        try:
            address = ip_address(found[0])
        except ValueError:
            return found[0]
        if address.is_loopback or address.is_unspecified or not any(map(str.isdigit, found[0])):
            return found[0]
        return self._one("ipv6", address.compressed, lambda number: f"2001:db8::{number:x}")


def _uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012x}"


def _account(number: int) -> str:
    return f"5d{number:022x}"


def _four(number: int) -> str:
    net, host = divmod(number - 1, 254)
    return f"{_NETS[net % len(_NETS)]}.{host + 1}"
