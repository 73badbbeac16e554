"""Hundreds of thousands of rights in little space: people, repositories and reasons once each.

A right is then two small numbers, whose it is and why; those of all repositories are one text.
"""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeAlias

from attrs import define, field, frozen

from ..facts import Person, Repo, Right, Source
from ..found import WorkspaceAudit
from .shown import shown

_SMALL: Final = 0x80
_TOLD: Final = {
    "owner": "owner of the workspace",
    "user": "given by hand on the repository",
    "group": "group {group} on the repository",
    "project-user": "given by hand on project {project}",
    "project-group": "group {group} on project {project}",
    "default": "group {group} on every repository",
    "public": "the repository is public",
}

Reason: TypeAlias = tuple[str, bool | None, bool, tuple[Source, ...]]
"""A permission, whether it is explained, whether the service lists it, and its sources."""


@define(eq=False)
class Place:
    """A repository, and who may do what there."""

    repository: Repo
    audit: WorkspaceAudit
    known: bool
    """Whether all rights on it were read."""
    rights: list[tuple[int, int]] = field(factory=list)
    """The numbers of people and of reasons."""
    counts: Counter[str] = field(factory=Counter)
    """How many people the service lists with each permission."""


@frozen(eq=False)
class Packed:
    """What all audits of a report have found, with a number for everything."""

    people: list[Person]
    """By name."""
    places: list[Place]
    """By workspace, and by name in it."""
    reasons: list[Reason]
    reach: list[Counter[str]]
    """For each person, on how many repositories he has each permission."""
    person_of: dict[str, int]
    place_of: dict[tuple[str, str], int]
    """By workspace and uuid."""

    def person(self, one: Person | None) -> int | str | None:
        """The number of somebody, or the name of who has no right and is no member."""
        if one is None:
            return None
        return self.person_of.get(one.uuid, shown(one.name))

    def repository(self, workspace: str, one: Repo | None) -> int | str | None:
        """The number of a repository, or the name of one that is not in the audit."""
        if one is None:
            return None
        return self.place_of.get((workspace, one.uuid), shown(one.full_name))


def pack(audits: Sequence[WorkspaceAudit]) -> Packed:
    """Give a number to everything in *audits*."""
    people = _people(audits)
    person_of = {one.uuid: index for index, one in enumerate(people)}
    places = [place for audit in audits for place in _places(audit)]
    place_of = {
        (one.audit.workspace, one.repository.uuid): index for index, one in enumerate(places)
    }
    found = Packed(people, places, [], [Counter() for _ in people], person_of, place_of)
    reasons = _Reasons(found.reasons)
    for audit in audits:
        _fill(found, reasons, audit.workspace, audit.rights, listed=True)
        _fill(found, reasons, audit.workspace, audit.unlisted, listed=False)
    for place in places:
        place.rights.sort()
    return found


def _people(audits: Sequence[WorkspaceAudit]) -> list[Person]:
    found: dict[str, Person] = {}
    for audit in audits:
        for right in audit.rights:
            found.setdefault(right.person.uuid, right.person)
        for member in audit.members or ():
            found.setdefault(member.person.uuid, member.person)
        for right in audit.unlisted:
            found.setdefault(right.person.uuid, right.person)
    return sorted(found.values(), key=lambda one: (one.name.casefold(), one.uuid))


def _places(audit: WorkspaceAudit) -> list[Place]:
    """The repositories of *audit*, and those that it only knows to be there."""
    unread = {one.repository for one in audit.unknown if one.part == "rights"}
    found = {one.uuid: one for one in audit.repositories}
    for right in (*audit.rights, *audit.unlisted):
        found.setdefault(right.repository.uuid, right.repository)
    named = {one.full_name for one in found.values()}
    for name in sorted(one for one in unread if one is not None and one not in named):
        found[name] = Repo(name, name)
    places = [
        Place(one, audit, None not in unread and one.full_name not in unread)
        for one in found.values()
    ]
    return sorted(places, key=lambda one: (one.repository.full_name.casefold(), one.known))


@define(eq=False)
class _Reasons:
    """Numbers for reasons. The same sources mostly are one object: that is looked at first."""

    found: list[Reason]
    _numbers: dict[Reason, int] = field(factory=dict)
    _seen: dict[tuple[str, bool | None, bool, int], int] = field(factory=dict)

    def number(self, right: Right, *, listed: bool) -> int:
        quick = (right.permission, right.explained, listed, id(right.sources))
        number = self._seen.get(quick)
        if number is None:
            reason = (right.permission, right.explained, listed, tuple(right.sources))
            number = self._numbers.setdefault(reason, len(self.found))
            if number == len(self.found):
                self.found.append(reason)
            self._seen[quick] = number
        return number


def _fill(
    found: Packed, reasons: _Reasons, workspace: str, rights: Iterable[Right], *, listed: bool
) -> None:
    for right in rights:
        person = found.person_of[right.person.uuid]
        place = found.places[found.place_of[workspace, right.repository.uuid]]
        place.rights.append((person, reasons.number(right, listed=listed)))
        if listed:
            place.counts[right.permission] += 1
            found.reach[person][right.permission] += 1


def encoded(places: Iterable[Place]) -> str:
    """All rights as one text in base64, place after place.

    Of each: how many there are, then of each right the distance to the person before it, and its
    reason; numbers of any size in groups of seven bits, the lowest first, as LEB128 has them.
    """
    data = bytearray()
    for place in places:
        _append(data, len(place.rights))
        before = 0
        for person, reason in place.rights:
            _append(data, person - before)
            _append(data, reason)
            before = person
    return b64encode(data).decode("ascii")


def _append(data: bytearray, number: int) -> None:
    while number >= _SMALL:
        data.append(number & 0x7F | _SMALL)
        number >>= 7
    data.append(number)


def told(source: Source) -> str:
    """Where a right comes from, for people."""
    group, project = shown(source.group or "?"), shown(source.project or "?")
    return _TOLD[source.kind].format(group=group, project=project)


def data_of(found: Packed, audits: Sequence[WorkspaceAudit]) -> dict[str, Any]:
    """What the page's scripts read, beside its tables."""
    number = {audit.workspace: index for index, audit in enumerate(audits)}
    return {
        "workspaces": [_workspace(found, audit) for audit in audits],
        "people": {
            "name": [shown(one.name) for one in found.people],
            "uuid": [shown(one.uuid) for one in found.people],
            "account": [shown(one.account_id or "") for one in found.people],
        },
        "repositories": {
            "name": [shown(one.repository.full_name) for one in found.places],
            "uuid": [shown(one.repository.uuid) for one in found.places],
            "project": [shown(one.repository.project or "") for one in found.places],
            "workspace": [number[one.audit.workspace] for one in found.places],
            "known": "".join("1" if one.known else "0" for one in found.places),
            "visibility": [visibility(one.repository) for one in found.places],
        },
        "reasons": [
            [
                shown(permission),
                explained,
                listed,
                [[shown(one.permission), told(one)] for one in sources],
            ]
            for permission, explained, listed, sources in found.reasons
        ],
        "rights": encoded(found.places),
    }


def _workspace(found: Packed, audit: WorkspaceAudit) -> dict[str, Any]:
    levels = audit.levels or {}
    return {
        "name": shown(audit.workspace),
        "explains": audit.level != "effective",
        "members": None
        if audit.members is None
        else {
            str(found.person_of[uuid]): "owner" if level == "owner" else "member"
            for uuid, level in levels.items()
        },
    }


def visibility(repository: Repo) -> str:
    """``public``, ``private`` or ``unknown``."""
    private = repository.is_private
    return "unknown" if private is None else "private" if private else "public"
