"""What gives rights in a workspace, indexed by person and by repository.

Repositories on which the same groups have been given the same are alike to an audit: they share
one ``Where``, compared by identity, so that what follows from it is worked out once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, get_args

from attrs import Factory, define, frozen

from .facts import RANKS, Grant, Part, Repo, Source, SourceKind
from .found import WorkspaceAudit

OWNER: Final = Source("owner", "admin")
PUBLIC: Final = Source("public", "read")
_ORDER: Final = {kind: place for place, kind in enumerate(get_args(SourceKind))}
# That whoever may create repositories in a project may write to those that are there is how the
# service shows it to people; service.md ranks the permission and does not say what it comes to.
_ON_REPOSITORIES: Final = {"create-repo": "write"}


@frozen
class Who:
    """What matters of a person."""

    owner: bool | None
    """None where the members were not read."""
    groups: frozenset[str]


@frozen(eq=False)
class Where:
    """What matters of a repository beside grants to persons, for all that are alike in it."""

    project: str | None
    public: bool | None
    by_group: Mapping[str, Sequence[Source]]
    """What each group's members get here."""
    holders: frozenset[str]
    """Everybody who is known to get something by a group."""
    veiled: frozenset[str]
    """The permissions here of groups of which nobody knows who is in them."""
    users_unread: bool
    """Whether grants to users, here or on its project, were not read in full."""
    groups_unread: bool
    """The same of grants to groups."""


@frozen
class Site:
    """A repository: its kind, and the grants to persons that count on it, by uuid."""

    where: Where
    users: Mapping[str, str]
    project_users: Mapping[str, str]


@define
class _Given:
    """What was given by hand on one repository or project."""

    users: dict[str, str] = Factory(dict)
    groups: set[tuple[str, str]] = Factory(set)


_NOTHING: Final = _Given()


class Sources:
    """The sources of rights in one workspace, as far as they were read."""

    def __init__(self, audit: WorkspaceAudit) -> None:
        self._unread: defaultdict[Part, set[str | None]] = defaultdict(set)
        for one in audit.unknown:
            self._unread[one.part].add(one.repository or one.project)
        self._levels = audit.levels or {}
        self._members_read = audit.members is not None and not self._unread["members"]
        self._groups = {one.slug: one for one in audit.groups or ()}
        self.groups_read = audit.groups is not None and not self._unread["groups"]
        self.memberships_read = self.groups_read and all(
            one.members is not None for one in self._groups.values()
        )
        self._memberships = self._by_member()
        self.owners = {uuid for uuid, level in self._levels.items() if level == "owner"}
        self._on_repositories, self._on_projects = _given(audit.grants)
        self._repositories = {one.uuid: one for one in audit.repositories}
        self._projects = {one.key for one in audit.projects or ()}
        self._people: dict[str, Who] = {}
        self._sites: dict[str, Site] = {}
        self._kinds: dict[object, Where] = {}

    def _by_member(self) -> dict[str, set[str]]:
        found: defaultdict[str, set[str]] = defaultdict(set)
        for slug, group in self._groups.items():
            for uuid in group.members or ():
                found[uuid].add(slug)
        return found

    def lacks(self, part: Part, name: str | None = None) -> bool:
        """Whether *part* was not read in full: of one repository or project, or of any at all."""
        missing = self._unread[part]
        return bool(missing) and (None in missing or name in missing)

    def who(self, uuid: str) -> Who:
        """What matters of a person."""
        found = self._people.get(uuid)
        if found is None:
            level = self._levels.get(uuid)
            owner = level == "owner" if level or self._members_read else None
            groups = frozenset(self._memberships.get(uuid, ()))
            found = self._people[uuid] = Who(owner, groups)
        return found

    def site(self, repository: Repo) -> Site:
        """What matters of a repository."""
        found = self._sites.get(repository.uuid)
        if found is None:
            found = self._sites[repository.uuid] = self._site(repository)
        return found

    def _site(self, repository: Repo) -> Site:
        known = self._repositories.get(repository.uuid, repository)
        is_private = repository.is_private if known.is_private is None else known.is_private
        public = None if is_private is None else not is_private
        name, key = known.full_name, known.project
        # The grants on a project are only asked for where the project was found.
        no_project = key is None or key not in self._projects
        users_unread = (
            no_project or self.lacks("project-users", key) or self.lacks("repository-users", name)
        )
        groups_unread = (
            no_project or self.lacks("project-groups", key) or self.lacks("repository-groups", name)
        )
        here = self._on_repositories.get(repository.uuid, _NOTHING)
        above = self._on_projects.get(key or "", _NOTHING)
        kind = (frozenset(here.groups), key, public, users_unread, groups_unread)
        where = self._kinds.get(kind)
        if where is None:
            by_group = self._by_group(here, above, key)
            where = self._kinds[kind] = Where(
                key, public, by_group, *self._reach(by_group), users_unread, groups_unread
            )
        return Site(where, here.users, above.users)

    def _by_group(self, here: _Given, above: _Given, key: str | None) -> dict[str, list[Source]]:
        found: defaultdict[str, list[Source]] = defaultdict(list)
        for slug, permission in here.groups:
            found[slug].append(Source("group", permission, slug))
        for slug, permission in above.groups:
            found[slug].append(Source("project-group", inherited(permission), slug, key))
        for slug, group in self._groups.items():
            if group.permission not in {None, "none"}:
                found[slug].append(Source("default", group.permission or "", slug))
        return dict(found)

    def _reach(
        self, by_group: Mapping[str, Sequence[Source]]
    ) -> tuple[frozenset[str], frozenset[str]]:
        """Who gets something by these groups, and what nobody knows who gets."""
        holders: set[str] = set()
        veiled: set[str] = set()
        for slug, sources in by_group.items():
            members = self._groups[slug].members if slug in self._groups else None
            holders.update(members or ())
            if members is None:
                veiled.update(one.permission for one in sources)
        return frozenset(holders), frozenset(veiled)


_TOLD: Final[dict[SourceKind, str]] = {
    "owner": "ownership of the workspace",
    "user": "a grant",
    "group": "group {group}",
    "project-user": "a grant on project {project}",
    "project-group": "group {group} on project {project}",
    "default": "the default of group {group}",
    "public": "being public",
}


def told(source: Source) -> str:
    """A source, within a sentence for people."""
    return _TOLD[source.kind].format(group=source.group, project=source.project)


def inherited(permission: str) -> str:
    """What a permission on a project allows on its repositories."""
    return _ON_REPOSITORIES.get(permission, permission)


def rank(source: Source) -> tuple[int, int, str, str]:
    """The place of a source among others: the strongest come first, then by kind and name."""
    return (
        -RANKS.get(source.permission, 0),
        _ORDER[source.kind],
        source.group or "",
        source.permission,
    )


def _given(grants: Sequence[Grant]) -> tuple[dict[str, _Given], dict[str, _Given]]:
    """The grants by the uuid of their repository, and by the key of their project."""
    repositories: defaultdict[str, _Given] = defaultdict(_Given)
    projects: defaultdict[str, _Given] = defaultdict(_Given)
    for grant in grants:
        if grant.permission == "none":
            continue
        if grant.repository is not None:
            given = repositories[grant.repository.uuid]
        elif grant.project is not None:
            given = projects[grant.project.key]
        else:
            continue
        if grant.person is not None:
            given.users[grant.person.uuid] = grant.permission
        elif grant.group is not None:
            given.groups.add((grant.group, grant.permission))
    return repositories, projects
