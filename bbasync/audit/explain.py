"""Why somebody may do what he may: the sources of each right.

The service lists what everybody may effectively do, and what was given by hand; not what comes of
what. A right is the highest of its sources (service.md 14.1). Nothing is asked for here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TypeAlias

from .facts import RANKS, Person, Repo, Right, Source
from .found import WorkspaceAudit
from .sources import OWNER, PUBLIC, Site, Sources, Where, Who, inherited, rank

_Case: TypeAlias = tuple[Where, bool, frozenset[str], str | None, str | None, bool]
"""All that sources follow from: where, whether an owner, his groups that have something there,
what was granted to him there and on its project, and whether its being public counts."""


def explain(audit: WorkspaceAudit) -> None:
    """Give every right of *audit* its sources, and find those that should be listed and are not.

    A right is explained if its strongest source is just as strong. If that is weaker, the right
    is not explained, or it is unknown whether it is: where a list was not read that could hold
    just this right. If it is stronger, it is not explained, whatever was not read: more sources
    do not make it weaker. At `effective` no sources were read, and nothing is done.
    """
    if audit.level == "effective":
        return
    reasons = _Reasons(audit)
    audit.rights = [reasons.of_listed(right) for right in audit.rights]
    audit.unlisted = reasons.unlisted()


class _Reasons:
    """What the sources of a workspace come to; each case is worked out once, for all alike."""

    def __init__(self, audit: WorkspaceAudit) -> None:
        self._audit = audit
        self._from = Sources(audit)
        self._cases: dict[_Case, Sequence[Source]] = {}
        self._tuples: dict[Sequence[Source], Sequence[Source]] = {}
        self._listed: defaultdict[str, set[str]] = defaultdict(set)

    def of_listed(self, right: Right) -> Right:
        """The right with its sources."""
        person, repository, permission = right.person, right.repository, right.permission
        self._listed[repository.uuid].add(person.uuid)
        site, who = self._from.site(repository), self._from.who(person.uuid)
        sources = self._sources(person.uuid, who, site, public=bool(site.where.public))
        explained = self._explained(who, site.where, sources, permission)
        return Right(person, repository, permission, sources, explained)

    def _sources(self, uuid: str, who: Who, site: Site, *, public: bool) -> Sequence[Source]:
        where, here, above = site.where, site.users.get(uuid), site.project_users.get(uuid)
        groups = frozenset(where.by_group.keys() & who.groups)
        case = (where, bool(who.owner), groups, here, above, public)
        found = self._cases.get(case)
        if found is None:
            sources = [OWNER] if who.owner else []
            if here is not None:
                sources.append(Source("user", here))
            if above is not None:
                sources.append(Source("project-user", inherited(above), project=where.project))
            for slug in groups:
                sources += where.by_group[slug]
            if public:
                sources.append(PUBLIC)
            found = self._cases[case] = self._interned(sources)
        return found

    def _interned(self, sources: Sequence[Source]) -> Sequence[Source]:
        """The sources in order, and one tuple of them for all rights that have the same."""
        ordered = tuple(sorted(sources, key=rank))
        return self._tuples.setdefault(ordered, ordered)

    def _explained(
        self, who: Who, where: Where, sources: Sequence[Source], permission: str
    ) -> bool | None:
        strongest = sources[0].permission if sources else "none"
        if strongest == permission:
            return True
        if permission not in RANKS or any(one.permission not in RANKS for one in sources):
            return None  # the service has a permission that cannot be compared
        if RANKS[strongest] > RANKS[permission]:
            return False
        return None if self._hidden(who, where, permission) else False

    def _hidden(self, who: Who, where: Where, permission: str) -> bool:
        """Whether something that was not read could give just this permission."""
        return (
            where.users_unread
            or not self._from.groups_read
            or (where.groups_unread and (bool(who.groups) or not self._from.memberships_read))
            or permission in where.veiled
            or (who.owner is None and permission == OWNER.permission)
            or (where.public is None and permission == PUBLIC.permission)
        )

    def unlisted(self) -> list[Right]:
        """The rights that the sources give to somebody and that are not listed.

        Only where the list of the repository's rights was read in full.
        """
        names = self._names()
        repositories = {right.repository.uuid: right.repository for right in self._audit.rights}
        repositories |= {one.uuid: one for one in self._audit.repositories}
        found = [
            Right(
                names.get(uuid) or Person(uuid, uuid),
                repository,
                sources[0].permission,
                sources,
                explained=False,
            )
            for repository in repositories.values()
            if not self._from.lacks("rights", repository.full_name)
            for uuid, sources in self._beyond(repository)
        ]
        return sorted(
            found,
            key=lambda one: (
                one.repository.full_name,
                one.person.name.casefold(),
                one.person.uuid,
            ),
        )

    def _beyond(self, repository: Repo) -> list[tuple[str, Sequence[Source]]]:
        """Everybody on whom the list is silent, and his sources.

        A repository's being public is none of them: it gives nobody a right that is listed.
        """
        site = self._from.site(repository)
        entitled = {*self._from.owners, *site.users, *site.project_users, *site.where.holders}
        silent = entitled - self._listed[repository.uuid]
        who = self._from.who
        return [(uuid, self._sources(uuid, who(uuid), site, public=False)) for uuid in silent]

    def _names(self) -> dict[str, Person]:
        """Everybody whom some list names."""
        audit = self._audit
        found = {one.person.uuid: one.person for one in audit.grants if one.person is not None}
        found |= {one.person.uuid: one.person for one in audit.members or ()}
        found |= {one.person.uuid: one.person for one in audit.rights}
        return found
