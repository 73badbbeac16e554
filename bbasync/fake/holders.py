"""Who may do what with each repository of a workspace, worked out only where something changed.

What was found out is kept by all that it comes from, and looked up by what that is now: whoever
alters the store in whichever way is seen by the next call.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import Factory, define, field

from .access import grants
from .store import Account, Project, Repository, Workspace

Holder = tuple[Account, str]
"""Somebody, and their right. One workspace has one such pair of each kind."""
MOST_CHOICES = 8


@define(eq=False)
class Held:
    """Who has a right on repositories with the same grants; nobody changes it."""

    by: Sequence[Holder]
    _chosen: dict[Any, "Held"] = Factory(dict)

    def chosen(self, key: Any, passes: Callable[[Holder], bool]) -> "Held":
        """Choose some; what was chosen by the same key a moment ago is at hand."""
        found = self._chosen.get(key)
        if found is None:
            if len(self._chosen) == MOST_CHOICES:
                self._chosen.clear()
            found = self._chosen[key] = Held([one for one in self.by if passes(one)])
        return found


Holding = tuple[Repository, Held]


def held(
    one: Repository,
    people: Mapping[str, Account],
    pairs: dict[tuple[str, str], Holder] | None = None,
) -> Held:
    """Work out who holds a right on a repository; equal pairs are one and the same."""
    known = {} if pairs is None else pairs
    return Held(
        [
            known.setdefault((uuid, right), (people[uuid], right))
            for uuid, right in grants(one).items()
            if uuid in people
        ]
    )


@define(eq=False)
class Holders:
    """What is known of the rights in one workspace."""

    place: Workspace = field(repr=False)
    _base: Any = None
    """What rights come from that is the same in all repositories."""
    _known: dict[Any, Held] = field(factory=dict, repr=False)
    _pairs: dict[tuple[str, str], Holder] = field(factory=dict, repr=False)

    def rows(self, people: Mapping[str, Account]) -> list[Holding]:
        """Give every repository that somebody has a right on, with who does, in their order."""
        self._refresh(people)
        projects: dict[Project, Any] = {}
        known: dict[Any, Held] = {}
        rows = []
        for one in self.place.repositories.values():
            project = one.project
            if project not in projects:
                projects[project] = tuple(project.users.items()), tuple(project.groups.items())
            mark = projects[project], tuple(one.users.items()), tuple(one.groups.items())
            found = known.get(mark)
            if found is None:
                found = known[mark] = self._known.get(mark) or held(one, people, self._pairs)
            if found.by:
                rows.append((one, found))
        self._known = known
        return rows

    def _refresh(self, people: Mapping[str, Account]) -> None:
        """Forget everything if what all of it comes from is no longer the same."""
        place = self.place
        groups = [(g.slug, g.permission, frozenset(g.members)) for g in place.groups.values()]
        base = tuple(people.values()), tuple(place.members.items()), groups
        if base != self._base:
            self._base = base
            self._known.clear()
            self._pairs.clear()
