"""The counts that a page begins with. A count of what was not read in full says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from attrs import frozen

from ..facts import Part
from ..found import WorkspaceAudit
from .figures import standings
from .packed import Packed, visibility

_PARTLY: Final = "as far as could be read"


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
        *_repositories(audits, found),
        _people(audits, found),
        *_standing(audits),
        _count(
            "Rights",
            [len(audit.rights) for audit in audits],
            unread(audits, "rights"),
            "of a person on a repository",
        ),
        *_full(audits),
        *_explained(audits),
    ]


def _count(title: str, counts: Sequence[int], partly: int, note: str = "", tone: str = "") -> Card:
    """A count over all workspaces; unknown where none of them told."""
    total = sum(counts)
    if not partly:
        return Card(title, f"{total:,}", note, tone if total else "")
    known = total or partly < len(counts)
    return Card(title, f"{total:,}" if known else "?", _PARTLY, "warn")


def unread(audits: Sequence[WorkspaceAudit], *parts: Part) -> int:
    """In how many workspaces not all of these *parts* was read."""
    return sum(any(one.part in {*parts, "workspaces"} for one in audit.unknown) for audit in audits)


def repositories_unread(audits: Sequence[WorkspaceAudit]) -> int:
    """In how many workspaces not all repositories are known: at the lowest level by the rights."""
    lowest = [one for one in audits if one.level == "effective"]
    return unread(audits, "repositories") + unread(lowest, "rights")


def _people(audits: Sequence[WorkspaceAudit], found: Packed) -> Card:
    if unread(audits, "members", "rights"):
        return Card("People", f"{len(found.people):,}" if found.people else "?", _PARTLY, "warn")
    return Card("People", f"{len(found.people):,}", "members, and all who have a right")


def _repositories(audits: Sequence[WorkspaceAudit], found: Packed) -> list[Card]:
    seen = Counter(visibility(place.repository) for place in found.places)
    public, unsure = seen["public"], seen["unknown"]
    partly = repositories_unread(audits) > 0
    note = _PARTLY if partly else f"{unsure:,} of unknown visibility" if unsure else ""
    return [
        Card(
            "Repositories",
            f"{len(found.places):,}" if found.places or not partly else "?",
            note,
            "warn" if partly else "",
        ),
        Card(
            "Public repositories",
            f"{public:,}" if public or not (unsure or partly) else "?",
            "anybody may read them" if public else "none is known to be public",
            "warn" if public else "",
        ),
    ]


def _standing(audits: Sequence[WorkspaceAudit]) -> list[Card]:
    each = [standings([audit]) for audit in audits]
    nobody = sum(audit.members is None for audit in audits)
    unsure = sum(audit.members is None or unread([audit], "rights") > 0 for audit in audits)
    owners, outside = [one["owner"] for one in each], [one["outside"] for one in each]
    return [
        _count("Owners", owners, nobody, "admin on everything"),
        _count("Outside", outside, unsure, "have rights and are no members", "warn"),
    ]


def _full(audits: Sequence[WorkspaceAudit]) -> list[Card]:
    read = [audit for audit in audits if audit.level == "full"]
    if not read:
        return []
    keys, hooks = [len(one.deploy_keys) for one in read], [len(one.webhooks) for one in read]
    return [
        _count("Deploy keys", keys, unread(read, "deploy-keys", "repositories", "projects")),
        _count("Webhooks", hooks, unread(read, "webhooks", "repositories")),
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
    nothing = not counts and unread(read, "rights")
    return [Card("Unexplained", "?" if nothing else f"{counts[False]:,}", note, tone)]
