"""Which budget of the service a call counts against: a pure function, and what is documented."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

API: Final = "api"
WEBHOOKS: Final = "webhooks"
PROPERTIES: Final = "properties"
FILES: Final = "files"
ARCHIVES: Final = "archives"
INVITATIONS: Final = "invitations"
SEARCH: Final = "search"
OTHER: Final = "other"
ANONYMOUS: Final = "anonymous"
"""All calls without a credential: the service counts them together."""

HOUR: Final = 3600
_MINUTE: Final = 60

DOCUMENTED: Final[Mapping[str, tuple[int | None, int]]] = {
    ANONYMOUS: (60, HOUR),
    API: (1_000, HOUR),
    WEBHOOKS: (1_000, HOUR),
    PROPERTIES: (2_000, HOUR),
    FILES: (5_000, HOUR),
    ARCHIVES: (1_500, HOUR),
    INVITATIONS: (100, _MINUTE),
    SEARCH: (None, HOUR),
    OTHER: (None, HOUR),
}
"""Calls, and the seconds in which they may be made; None where no limit is published.

Two pages differ about archives (5,000 and 1,500): the smaller number stands here.
"""

_READS = frozenset({"GET", "HEAD"})
_SENDS = frozenset({"POST", "PUT"})
_VERSIONS = frozenset({"1.0", "2.0"})
_DEEPEST_VERSION = 3


def group_of(method: str, path: str) -> str:
    """Name the group that a call belongs to; *path* is encoded, with or without the version."""
    parts = list(filter(None, path.split("/")))
    version = next(filter(_VERSIONS.__contains__, parts[:_DEEPEST_VERSION]), None)
    if version is not None:
        parts = parts[parts.index(version) + 1 :]
    elif _is_archive(parts):
        return ARCHIVES
    if version == "1.0":
        return INVITATIONS if method in _SENDS and _invites(parts) else OTHER
    if parts[:1] == ["repositories"]:
        return _in_repository(method, parts[3:], listing=path.endswith("/"))
    if parts[:1] == ["hook_events"] or parts[2:3] == ["hooks"]:
        return WEBHOOKS
    if parts[2:3] == ["properties"]:
        return PROPERTIES
    return SEARCH if parts[2:3] == ["search"] else OTHER


def _in_repository(method: str, rest: list[str], *, listing: bool) -> str:
    """The group by what comes behind the repository's name; *listing* is a directory's address."""
    kind = rest[0] if rest else ""
    if kind == "hooks":
        return WEBHOOKS
    if kind == "properties" or (kind in {"commit", "pullrequests"} and rest[2:3] == ["properties"]):
        return PROPERTIES
    if method in _READS and (
        (kind == "src" and len(rest) > 2 and not listing)  # noqa: PLR2004 - a commit, and a path
        or (kind == "downloads" and len(rest) > 1)
    ):
        return FILES
    return SEARCH if kind == "search" else API


def _is_archive(parts: list[str]) -> bool:
    """Whether it is ``/{workspace}/{repo}/get/{name}``, of the web site."""
    return parts[:1] != ["repositories"] and parts[2:3] == ["get"] and bool(parts[3:])


def _invites(parts: list[str]) -> bool:
    return parts[:1] == ["invitations"] or (
        parts[:1] == ["users"] and parts[2:3] == ["invitations"]
    )
