"""What a call would make of a thing, or expects of it, beside what that is now."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from ..address import host_of
from ..facts import RANKS
from .calls import Call, Expects


def goes_too_far(call: Call, found: Mapping[str, Any]) -> str:
    """What *call* would do that no fix does, to what was *found*; empty where it is none of it."""
    body = call.body or {}
    wanted = body.get("permission")
    if isinstance(wanted, str) and RANKS.get(str(found.get("permission")), 0) < RANKS[wanted]:
        return "it is less than that by now, and a fix raises nothing"
    if "url" in body and not _is_at(str(body["url"]), str(found.get("url"))):
        return "it calls another host, and a fix leads no webhook elsewhere"
    return ""


def _is_at(url: str, now: str) -> bool:
    """Whether *url* is, beyond doubt, an address of the host that is called *now*."""
    try:
        host = urlsplit(now.strip()).hostname
    except ValueError:
        return False
    pattern = rf"https://{re.escape(host or '')}(:\d+)?([/?#].*)?"
    return bool(host) and re.fullmatch(pattern, url, re.IGNORECASE) is not None


def holds(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """Whether all that is *wanted* is so already."""
    return all(_same(value, found.get(name)) for name, value in wanted.items())


def difference(one: Expects, found: Mapping[str, Any]) -> str:
    """What of *one* does not hold of what was *found*, for people; empty where all does."""
    for name, wanted in one.fields.items():
        now = _at(found, name)
        if name == "url" and isinstance(now, str) and isinstance(wanted, str):
            # The plan has no more of a webhook's address than may be shown.
            now = now if host_of(wanted) != wanted else host_of(now)
        if not _same(wanted, now):
            if name == "url":  # there may be a token in it
                return f"url is another, to {host_of(str(now))}"
            shown = repr(now) if isinstance(now, str | int | float | None) else "something else"
            return f"{name} is {shown}, not {wanted!r}"
    return ""


def _at(found: Any, name: str) -> Any:
    """What is at the dotted *name*; None where there is nothing."""
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _same(wanted: Any, found: Any) -> bool:
    if isinstance(wanted, str) and isinstance(found, str):
        return wanted == found or (
            _moment(wanted) is not None and _moment(wanted) == _moment(found)
        )
    return type(wanted) is type(found) and bool(wanted == found)


def _moment(text: str) -> datetime | None:
    """The time that *text* is: the service may write the same one in another way."""
    if ":" not in text:  # a branch may be called 2026-01-01
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
