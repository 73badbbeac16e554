"""Who is who in recorded JSON, and what they are called instead."""

import re
from typing import Any

from attrs import define, field

from .known import HIDDEN
from .protocol import PROTOCOL
from .words import Words, plain

PEOPLE = frozenset({"user", "app_user", "AppUser"})
WORKSPACES = frozenset({"team", "workspace", "workspace_base"})
PLACES = WORKSPACES | {"repository", "project"}
KEY_NAMES = ("fingerprint", "parent_fingerprint", "key_id")
PARTS = ("first_name", "last_name")
"""What an account of API 1.0 has beside, or instead."""
NAMED = ("display_name", "nickname", "username", "account_id")
ABOUT = ("department", "job_title", "location", "organization", "website", "zoneinfo")
"""What an account may tell of its person beside."""
SHORTEST_PART = 3
"""A shorter part of somebody's name is left alone when it stands by itself."""
_SIGNED = re.compile(r"(?:<|&lt;)[^<>\s@&]{1,128}@[^<>\s@&]{1,255}(?:>|&gt;)")
_TRAILER = re.compile(r"(?m)^[A-Z][A-Za-z-]{1,30}-by:[ \t]*([^\s<>@:;|][^<>@:;|\n]{0,100})$")
_BEFORE = re.compile(r"[^\W_][^<>\n\r|:;@]*\Z")
_LONGEST = 100
"""How far before an address in brackets a name is looked for."""
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_WORD = re.compile(r"[^\W_]+")


@define
class People:
    """The people of one recording, by whatever they are called."""

    keep: frozenset[str]
    """What stays as it is, in lower case."""
    names: dict[str, str] = field(factory=dict)
    """Stand-ins by what they stand for, in lower case."""
    _spelled: dict[str, str] = field(factory=dict)
    _parts: dict[str, str] = field(factory=dict)
    _places: set[str] = field(factory=set)
    _repositories: set[str] = field(factory=set)
    _numbers: dict[str, int] = field(factory=dict)
    _count: int = 0
    _prints: int = 0

    def learn_places(self, value: Any) -> None:
        """Find workspaces and repositories in JSON, whose names in addresses stay."""
        if isinstance(value, list):
            for one in value:
                self.learn_places(one)
        elif isinstance(value, dict):
            if value.get("type") in WORKSPACES or value.get("is_team") is True:
                slugs = (value.get(key) for key in ("slug", "username"))
                self._places.update(slug.lower() for slug in slugs if isinstance(slug, str))
            if value.get("type") == "repository" and isinstance(value.get("full_name"), str):
                self._repositories.add(value["full_name"].rpartition("/")[2].lower())
            for one in value.values():
                self.learn_places(one)

    def learn(self, value: Any) -> None:
        """Find people in JSON, and in texts that are signed."""
        if isinstance(value, str):
            value = plain(value)
            for found in _SIGNED.finditer(value):
                before = _BEFORE.search(value[max(0, found.start() - _LONGEST) : found.start()])
                if before is not None:
                    self.name(before[0].strip(" \t\"'"))
            for found in _TRAILER.finditer(value):
                self.name(found[1].strip())
        elif isinstance(value, list):
            for one in value:
                self.learn(one)
        elif isinstance(value, dict):
            self._learn_object(value)
            for one in value.values():
                self.learn(one)

    def name(self, text: str, *, machine: bool = False) -> None:
        """Learn a name that stands alone; a *machine*'s has no parts."""
        self._call(text, self._number([text]), machine=machine)

    def user(self, text: str) -> None:
        """Learn what somebody logs in with."""
        self._add(text, f"person{self._number([text])}")

    def words(self) -> Words:
        """What is to be replaced wherever it stands."""
        made = Words()
        kept = self.keep | PROTOCOL
        for place in (self._places | self._repositories) - self.names.keys():
            made.leave(place)
        for text, stand_in in self.names.items():
            if text not in PROTOCOL:
                made.add(self._spelled[text], stand_in)
        for part, stand_in in self._parts.items():
            if part.lower() not in kept:
                made.add(part, stand_in)
        return made

    def called(self, owner: dict[str, Any], key: str) -> str | None:
        """Tell the stand-in of a field that names a person, if it is one."""
        value = owner.get(key)
        if key in ABOUT and owner.get("type") in PEOPLE and value:
            return HIDDEN
        if key in PARTS and isinstance(value, str) and value.lower() not in {"", *self.keep}:
            return HIDDEN
        if key not in NAMED or not isinstance(value, str) or _is_place(owner):
            return None
        return self.names.get(value.lower())

    def _learn_object(self, one: dict[str, Any]) -> None:
        if _is_place(one):
            return
        for mark in (one.get(key) for key in KEY_NAMES):
            if isinstance(mark, str) and mark:
                self._prints += 1
                self._add(mark, f"{self._prints:0{len(mark)}x}")
        known = _texts(one, NAMED)
        self._learn_author(one)
        parts = _texts(one, PARTS)
        if parts:
            known.setdefault("display_name", " ".join(parts.values()))
        if not known:
            return
        machine = one.get("type") in {"app_user", "AppUser"}
        uuid = one.get("uuid")
        number = self._number(
            [*([uuid] if isinstance(uuid, str) else []), *reversed(known.values())]
        )
        if "display_name" in known:
            self._call(known["display_name"], number, machine=machine)
        for key in ("nickname", "username"):
            if key in known and (key == "nickname" or known[key].lower() not in self._places):
                self._add(known[key], f"person{number}")
        account = known.get("account_id", "")
        if account and not _UUID.search(account):  # others change with the uuid in them
            self._add(account, f"{number:024x}")

    def _learn_author(self, one: dict[str, Any]) -> None:
        raw = one.get("raw")
        if one.get("type") == "author" and isinstance(raw, str) and "<" not in raw:
            self.name(raw)

    def _number(self, names: list[str]) -> int:
        """Count people: whoever shares an identifier is the same one."""
        lower = [one.lower() for one in names]
        number = next((self._numbers[one] for one in lower if one in self._numbers), 0)
        if not number:
            self._count += 1
            number = self._count
        self._numbers.setdefault(lower[0], number)
        return number

    def _call(self, name: str, number: int, *, machine: bool) -> None:
        # Without a space where there was none: the name may be a part of addresses too.
        self._add(name, f"Person {number}" if " " in name.strip() else f"Person{number}")
        if machine or name.lower() in self.keep:
            return
        parts = _WORD.findall(name)
        if len(parts) > 1:
            self._parts.setdefault("".join(parts), f"Person{number}")
        for part in parts:
            if len(part) >= SHORTEST_PART and not part.isdecimal():
                self._parts.setdefault(part, f"Person{number}")

    def _add(self, text: str, stand_in: str) -> None:
        text = text.strip()
        lower = text.lower()
        if text and lower not in self.keep and not _STAND_IN.fullmatch(lower):
            self.names.setdefault(lower, stand_in)
            self._spelled.setdefault(lower, text)


def _texts(one: dict[str, Any], keys: tuple[str, ...]) -> dict[str, str]:
    return {key: one[key] for key in keys if isinstance(one.get(key), str) and one[key]}


_STAND_IN = re.compile(r"person ?\d+")


def _is_place(one: dict[str, Any]) -> bool:
    return one.get("type") in PLACES or one.get("is_team") is True
