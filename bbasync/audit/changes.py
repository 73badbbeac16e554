"""What has changed between two audits.

Persons and repositories are matched by uuid, whatever they are called. What is missing on one side
is a change only if that side would have it: where a list was not read in full, or was not asked
for, the entries that only the other side has are counted, and called unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias, get_args

from attrs import Factory, define

from .address import host_of
from .change import Change, What
from .facts import RANKS, DeployKey, Hook, Member, Part, Repo, Right
from .found import WorkspaceAudit
from .sides import Gap, Side

__all__ = ["Change", "What", "changes"]

_ORDER: Final = {what: place for place, what in enumerate(get_args(What))}
_WHAT: Final[dict[tuple[Part, bool], What]] = {
    ("deploy-keys", True): "deploy-key-added",
    ("deploy-keys", False): "deploy-key-removed",
    ("webhooks", True): "webhook-added",
    ("webhooks", False): "webhook-removed",
}
_Thing: TypeAlias = DeployKey | Hook


def changes(earlier: Sequence[WorkspaceAudit], later: Sequence[WorkspaceAudit]) -> list[Change]:
    """What is not at the *later* audits as it was at the *earlier* ones, in a fixed order.

    If they were made at different levels, what both have is compared: deploy keys and webhooks
    only where both are `full`. Of a workspace that one side does not have, nothing but that is
    said. A repository that is new or gone has all its rights gained or lost as well.
    """
    compared = _Comparison(Side("earlier", earlier), Side("later", later))
    found = [
        *compared.workspaces(),
        *compared.members(),
        *compared.repositories(),
        *compared.rights(),
        *compared.things(),
    ]
    return sorted([*found, *compared.unknown()], key=_place)


def _place(change: Change) -> tuple[str | int, ...]:
    person, repository = change.person, change.repository
    return (
        change.workspace,
        _ORDER[change.what],
        repository.full_name if repository else "",
        repository.uuid if repository else "",
        change.project or "",
        person.name.casefold() if person else "",
        person.uuid if person else "",
        change.thing or "",
    )


@define
class _Doubt:
    """What can't be compared of one workspace or repository."""

    gaps: dict[tuple[Part, str], str] = Factory(dict)
    left_out: int = 0


@define(eq=False)
class _Comparison:
    """Two sides, and what turns out to be beyond comparison."""

    earlier: Side
    later: Side
    _doubts: dict[tuple[str, str | None], _Doubt] = Factory(dict)

    def workspaces(self) -> Iterator[Change]:
        """The workspaces of one side only."""
        for name in self.later.audits.keys() - self.earlier.audits.keys():
            yield Change(name, "workspace-new")
        for name in self.earlier.audits.keys() - self.later.audits.keys():
            yield Change(name, "workspace-missing")

    def _both(self) -> list[str]:
        return sorted(self.earlier.audits.keys() & self.later.audits.keys())

    def members(self) -> Iterator[Change]:
        """Who has joined, left, or has another level."""
        for name in self._both():
            before, after = (
                {one.person.uuid: one for one in side.audits[name].members or ()}
                for side in (self.earlier, self.later)
            )
            gaps = [side.gap(name, "members") for side in (self.earlier, self.later)]
            for gap in gaps:
                self._doubt(gap, name)
            for uuid in before.keys() | after.keys():
                was, now = before.get(uuid), after.get(uuid)
                gap = gaps[0] if was is None else gaps[1] if now is None else None
                if gap is not None:
                    self._doubt(gap, name, left_out=1)
                else:
                    yield from _member(name, was, now)

    def _pairs(self) -> Iterator[tuple[str, Repo | None, Repo | None]]:
        """Each repository as it was and as it is, and its workspace, if both were audited."""
        for uuid in sorted(self.earlier.repositories.keys() | self.later.repositories.keys()):
            was, now = self.earlier.repositories.get(uuid), self.later.repositories.get(uuid)
            name = self.later.homes.get(uuid) or self.earlier.homes[uuid]
            other = self.later if now is None else self.earlier
            if (was and now) or name in other.audits:
                yield name, was, now

    def repositories(self) -> Iterator[Change]:
        """What has come of the repositories themselves."""
        for name, was, now in self._pairs():
            if was and now:
                yield from self._known(name, was, now)
            elif now:
                gap = self._absence(self.earlier, self.later, name, now)
                if gap is None:
                    yield Change(name, "created", repository=now, after=now.full_name)
                self._doubt(gap, name, now, left_out=1)
            elif was:
                gap = self._absence(self.later, self.earlier, name, was)
                if gap is None:
                    yield Change(name, "gone", repository=was, before=was.full_name)
                self._doubt(gap, name, was, left_out=1)

    def _absence(self, side: Side, other: Side, name: str, repository: Repo) -> Gap | None:
        """Why *repository*, that the *other* side has, may have been on this *side* as well."""
        gap = side.absence(name, repository)
        if gap is None and not other.rights.get(repository.uuid):
            gap = side.only_with_rights(name)
        return gap

    def _known(self, name: str, was: Repo, now: Repo) -> Iterator[Change]:
        """What has come of a repository that both sides have."""
        if self.earlier.homes[was.uuid] != name:
            yield Change(name, "moved", repository=now, before=was.full_name, after=now.full_name)
        elif was.full_name != now.full_name:
            yield Change(name, "renamed", repository=now, before=was.full_name, after=now.full_name)
        if None not in {was.is_private, now.is_private} and was.is_private != now.is_private:
            before, after = ("private", "public") if was.is_private else ("public", "private")
            yield Change(
                name,
                "made-private" if now.is_private else "made-public",
                repository=now,
                before=before,
                after=after,
            )

    def rights(self) -> Iterator[Change]:
        """Who may do more or less than before."""
        for name, was, now in self._pairs():
            repository = now or was
            if repository is None:
                continue
            before = self.earlier.rights.get(repository.uuid, {})
            after = self.later.rights.get(repository.uuid, {})
            gaps = [one.gap_at(name, "rights", repository) for one in (self.earlier, self.later)]
            for gap in gaps:
                self._doubt(gap, name, repository)
            for uuid in before.keys() | after.keys():
                one, other = before.get(uuid), after.get(uuid)
                gap = gaps[0] if one is None else gaps[1] if other is None else None
                if gap is not None:
                    self._doubt(gap, name, repository, left_out=1)
                else:
                    yield from self._right(name, repository, one, other)

    def _right(
        self, name: str, repository: Repo, was: Right | None, now: Right | None
    ) -> Iterator[Change]:
        before, after = was.permission if was else "none", now.permission if now else "none"
        if before == after:
            return
        if was and now and not {before, after} <= RANKS.keys():
            message = f"{before} and {after} can't be told to be more or less"
            self._doubt(Gap("rights", "later", message, whole=False), name, repository, left_out=1)
            return
        what: What = "lost"
        if was is None:
            what = "gained"
        elif now is not None:
            what = "raised" if RANKS[before] < RANKS[after] else "lowered"
        yield Change(
            name,
            what,
            person=now.person if now else was.person if was else None,
            repository=repository,
            before=was.permission if was else None,
            after=now.permission if now else None,
            before_sources=was.sources if was else (),
            after_sources=now.sources if now else (),
        )

    def things(self) -> Iterator[Change]:
        """The deploy keys and webhooks that came or went."""
        before, after = _things(self.earlier), _things(self.later)
        for key in sorted(before.keys() - after.keys()):
            yield from self._thing(before[key], self.later, added=False)
        for key in sorted(after.keys() - before.keys()):
            yield from self._thing(after[key], self.earlier, added=True)

    def _thing(self, thing: _Thing, missing: Side, *, added: bool) -> Iterator[Change]:
        """What the *missing* of a deploy key or webhook on one side comes to."""
        name, repository = thing.workspace, thing.repository
        project = thing.project if isinstance(thing, DeployKey) else None
        part: Part = "deploy-keys" if isinstance(thing, DeployKey) else "webhooks"
        place = missing.homes.get(repository.uuid, name) if repository else name
        audit = missing.audits.get(place)
        if audit is None or audit.level != "full":
            return
        if repository is not None:
            gap = missing.gap_at(name, part, repository)
        else:
            gap = missing.gap_beside(name, part, project)
        if gap is not None:
            self._doubt(gap, name, repository, left_out=1)
            return
        told = thing.label if isinstance(thing, DeployKey) else host_of(thing.url)
        yield Change(
            name,
            _WHAT[part, added],
            repository=repository,
            project=project.key if project else None,
            before=None if added else told,
            after=told if added else None,
            thing=str(thing.id) if isinstance(thing, DeployKey) else thing.uuid,
        )

    def _doubt(
        self, gap: Gap | None, workspace: str, repository: Repo | None = None, *, left_out: int = 0
    ) -> None:
        """Note that something is not known; once for all of a workspace where it is so of all."""
        if gap is None:
            return
        uuid = None if repository is None or gap.whole else repository.uuid
        doubt = self._doubts.setdefault((workspace, uuid), _Doubt())
        doubt.gaps.setdefault((gap.part, gap.time), gap.message)
        doubt.left_out += left_out

    def unknown(self) -> Iterator[Change]:
        """What can't be compared; to be asked last."""
        named = self.earlier.names() | self.later.names()
        for side in (self.earlier, self.later):
            for name, repository, gap in side.unread_rights():
                if repository not in named and name in self._both():
                    self._doubt(gap, name)
        for (name, uuid), doubt in self._doubts.items():
            gaps = sorted(doubt.gaps.items())
            yield Change(
                name,
                "unknown",
                repository=self._repository(uuid),
                parts=tuple(dict.fromkeys(part for (part, _), _ in gaps)),
                left_out=doubt.left_out,
                reason="; ".join(f"{part}, {time}: {told}" for (part, time), told in gaps),
            )

    def _repository(self, uuid: str | None) -> Repo | None:
        if uuid is None:
            return None
        return self.later.repositories.get(uuid) or self.earlier.repositories.get(uuid)


def _member(workspace: str, was: Member | None, now: Member | None) -> Iterator[Change]:
    """What has come of a member."""
    before, after = was.level if was else None, now.level if now else None
    person = now.person if now else was.person if was else None
    if before != after:
        what: What = "joined" if was is None else "left" if now is None else "level"
        yield Change(workspace, what, person=person, before=before, after=after)


def _things(side: Side) -> dict[tuple[str, str, str], _Thing]:
    """The deploy keys and webhooks by what identifies them."""
    found: dict[tuple[str, str, str], _Thing] = {}
    for audit in side.audits.values():
        for key in audit.deploy_keys:
            place = key.repository or key.project
            found["deploy-key", place.uuid if place else "", str(key.id)] = key
        for hook in audit.webhooks:
            found["webhook", "", hook.uuid] = hook
    return found
