"""The counts that a page begins with. A count of what was not read in full says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from attrs import frozen

from ..facts import Part
from ..found import WorkspaceAudit
from .figures import standings
from .packed import Packed, visibility


@frozen
class Card:
    """One figure, with what it is of."""

    title: str
    value: str
    note: str = ""
    tone: str = ""
    """``bad`` or ``warn`` for what wants to be looked at."""


def cards(audits: Sequence[WorkspaceAudit], found: Packed) -> list[Card]:
    """All cards of a page."""
    return [
        Card("Workspaces", f"{len(audits):,}"),
        *_repositories(found),
        Card("People", f"{len(found.people):,}", "members, and all who have a right"),
        *_standing(audits),
        _count(
            "Rights",
            [len(audit.rights) for audit in audits],
            _unread(audits, "rights"),
            "of a person on a repository",
        ),
        *_full(audits),
        *_explained(audits),
    ]


def _count(title: str, counts: Sequence[int], unread: int, note: str = "", tone: str = "") -> Card:
    """A count over all workspaces; unknown where none of them told."""
    total = sum(counts)
    if not unread:
        return Card(title, f"{total:,}", note, tone if total else "")
    known = total or unread < len(counts)
    return Card(title, f"{total:,}" if known else "?", "as far as could be read", "warn")


def _unread(audits: Sequence[WorkspaceAudit], part: Part) -> int:
    """In how many workspaces not all of *part* was read."""
    return sum(any(one.part == part for one in audit.unknown) for audit in audits)


def _repositories(found: Packed) -> list[Card]:
    seen = Counter(visibility(place.repository) for place in found.places)
    public, unsure = seen["public"], seen["unknown"]
    return [
        Card(
            "Repositories",
            f"{len(found.places):,}",
            f"{unsure:,} of unknown visibility" if unsure else "",
        ),
        Card(
            "Public repositories",
            f"{public:,}" if public or not unsure else "?",
            "anybody may read them" if public else "none is known to be public",
            "warn" if public else "",
        ),
    ]


def _standing(audits: Sequence[WorkspaceAudit]) -> list[Card]:
    each = [standings([audit]) for audit in audits]
    unread = sum(audit.members is None for audit in audits)
    owners, outside = [one["owner"] for one in each], [one["outside"] for one in each]
    return [
        _count("Owners", owners, unread, "admin on everything"),
        _count("Outside", outside, unread, "have rights and are no members", "warn"),
    ]


def _full(audits: Sequence[WorkspaceAudit]) -> list[Card]:
    read = [audit for audit in audits if audit.level == "full"]
    if not read:
        return []
    keys, hooks = [len(one.deploy_keys) for one in read], [len(one.webhooks) for one in read]
    return [
        _count("Deploy keys", keys, _unread(read, "deploy-keys")),
        _count("Webhooks", hooks, _unread(read, "webhooks")),
    ]


def _explained(audits: Sequence[WorkspaceAudit]) -> list[Card]:
    read = [audit for audit in audits if audit.level != "effective"]
    if not read:
        return []
    counts = Counter(right.explained for audit in read for right in audit.rights)
    unlisted = sum(len(audit.unlisted) for audit in read)
    notes = []
    if unlisted:
        notes.append(f"{unlisted:,} given but not listed")
    if counts[None]:
        notes.append(f"{counts[None]:,} unknown")
    note = f"and {', '.join(notes)}" if notes else ""
    tone = "bad" if counts[False] or unlisted else "warn" if counts[None] else ""
    return [Card("Unexplained", f"{counts[False]:,}", note, tone)]
