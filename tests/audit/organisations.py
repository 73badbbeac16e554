"""Organisations drawn at random, and what follows of them, worked out one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from attrs import Factory, evolve, frozen
from hypothesis import strategies as st

from bbasync.audit.facts import (
    RANKS,
    Grant,
    Group,
    Level,
    Member,
    Part,
    Person,
    Project,
    Repo,
    Right,
    Source,
    Unknown,
)
from bbasync.audit.found import WorkspaceAudit

OWNER: Final = "ann"
PEOPLE: Final = (OWNER, "bob", "cat", "dan", "eve")
SLUGS: Final = ("devs", "ops")
KEYS: Final = ("WEB", "APP")
NAMES: Final = ("site", "shop", "tool")
Given = Mapping[str, str]


@frozen
class Place:
    """What is given on a repository, in a project; or on a project."""

    users: Given = Factory(dict)
    groups: Given = Factory(dict)
    project: str = KEYS[0]
    is_private: bool = True


@frozen
class Band:
    """A group."""

    members: frozenset[str] = frozenset()
    permission: str | None = None


@frozen
class Organisation:
    """A workspace: who is in it at which level, and what is given where."""

    members: Given
    groups: Mapping[str, Band] = Factory(dict)
    projects: Mapping[str, Place] = Factory(dict)
    repositories: Mapping[str, Place] = Factory(dict)


def given(*permissions: str, to: tuple[str, ...]) -> st.SearchStrategy[dict[str, str]]:
    """Some of these permissions to some of those."""
    return st.dictionaries(st.sampled_from(to), st.sampled_from(permissions), max_size=len(to))


ON_REPOSITORY: Final = ("read", "write", "admin")
ON_PROJECT: Final = ("read", "write", "create-repo", "admin")


def places(permissions: tuple[str, ...]) -> st.SearchStrategy[Place]:
    """Repositories or projects."""
    return st.builds(
        Place,
        # An owner can't be given anything (service.md 14.2).
        users=given(*permissions, to=PEOPLE[1:]),
        groups=given(*permissions, to=SLUGS),
        project=st.sampled_from(KEYS),
        is_private=st.booleans(),
    )


organisations: Final = st.builds(
    Organisation,
    members=given("member", "create-project", to=PEOPLE[1:]).map(
        lambda others: {OWNER: "owner", **others}
    ),
    groups=st.fixed_dictionaries(
        {
            slug: st.builds(
                Band,
                members=st.frozensets(st.sampled_from(PEOPLE), max_size=3),
                permission=st.sampled_from([None, None, *ON_REPOSITORY]),
            )
            for slug in SLUGS
        }
    ),
    projects=st.fixed_dictionaries({key: places(ON_PROJECT) for key in KEYS}),
    repositories=st.dictionaries(st.sampled_from(NAMES), places(ON_REPOSITORY), min_size=1),
)
"""Any organisation with one owner."""


def sources_of(org: Organisation, name: str, person: str) -> Iterator[Source]:
    """Every way in which *person* has something on a repository, as the service words it."""
    repository = org.repositories[name]
    project = org.projects[repository.project]
    if org.members.get(person) == "owner":
        yield Source("owner", "admin")
    if person in repository.users:
        yield Source("user", repository.users[person])
    if person in project.users:
        permission = project.users[person]
        yield Source(
            "project-user",
            "write" if permission == "create-repo" else permission,
            project=repository.project,
        )
    for slug, group in org.groups.items():
        if person not in group.members:
            continue
        if slug in repository.groups:
            yield Source("group", repository.groups[slug], slug)
        if slug in project.groups:
            permission = project.groups[slug]
            yield Source(
                "project-group",
                "write" if permission == "create-repo" else permission,
                slug,
                repository.project,
            )
        if group.permission is not None:
            yield Source("default", group.permission, slug)


def effective(org: Organisation, name: str, person: str) -> str | None:
    """What *person* may do with a repository, by the list of the service; None if not listed."""
    permissions = [one.permission for one in sources_of(org, name, person)]
    return max(permissions, key=RANKS.__getitem__, default=None)


def person_of(name: str) -> Person:
    """The person as the lists have him."""
    return Person(f"{{{name}}}", name.title())


def audit_of(org: Organisation, level: Level = "explain") -> WorkspaceAudit:
    """What an audit finds that may read everything; not explained."""
    projects = {
        key: Project("acme", f"{{{key}}}", key, key, one.is_private)
        for key, one in org.projects.items()
    }
    repositories = {
        name: Repo(f"{{{name}}}", f"acme/{name}", one.is_private, one.project)
        for name, one in org.repositories.items()
    }
    audit = WorkspaceAudit(
        "acme",
        level,
        members=[Member("acme", person_of(one), level) for one, level in org.members.items()],
        repositories=list(repositories.values()),
    )
    for name, repository in repositories.items():
        for person in PEOPLE:
            permission = effective(org, name, person)
            if permission is not None:
                audit.rights.append(Right(person_of(person), repository, permission))
    if level == "effective":
        return audit
    audit.projects = list(projects.values())
    audit.groups = [
        Group("acme", slug, slug, one.permission, [f"{{{each}}}" for each in sorted(one.members)])
        for slug, one in org.groups.items()
    ]
    for key, one in org.projects.items():
        audit.grants += _grants(one, project=projects[key])
    for name, one in org.repositories.items():
        audit.grants += _grants(one, repository=repositories[name])
    return audit


def _grants(place: Place, **where: Any) -> list[Grant]:
    return [
        *(Grant("acme", given, person_of(one), **where) for one, given in place.users.items()),
        *(Grant("acme", given, group=slug, **where) for slug, given in place.groups.items()),
    ]


Hidden = tuple[Part, str | None]
HIDEABLE: Final[tuple[Hidden, ...]] = (
    ("members", None),
    ("groups", None),
    ("projects", None),
    ("repositories", None),
    ("rights", None),
    *((part, key) for part in ("project-users", "project-groups") for key in (None, *KEYS)),
    *(
        (part, name)
        for part in ("repository-users", "repository-groups", "rights")
        for name in (None, *NAMES)
    ),
)
"""The lists that may not have been read, of one project or repository or of all."""
hidden: Final = st.frozensets(st.sampled_from(HIDEABLE), max_size=3)
veiled: Final = st.frozensets(st.sampled_from((*SLUGS, *NAMES)), max_size=2)
"""Groups whose members are not told, and repositories whose visibility is not."""
fates: Final = st.integers(min_value=0)
"""Which entries of a list that was not read in full came all the same: those of some bits."""


def hide(
    audit: WorkspaceAudit, lists: frozenset[Hidden], veils: frozenset[str], fate: int
) -> WorkspaceAudit:
    """The audit if *lists* had not been read, but for the entries that *fate* has spared."""
    for part, name in sorted(lists, key=lambda one: (one[0] != "rights", repr(one))):
        spared = _Spared(fate)
        full_name = f"acme/{name}" if name in NAMES else None
        key = name if name in KEYS else None
        match part:
            case "members":
                audit.members = spared(audit.members) or None
            case "groups":
                audit.groups = spared(audit.groups) or None
            case "projects":
                audit.projects = spared(audit.projects) or None
                found = {one.key for one in audit.projects or ()}
                audit.grants = [
                    one for one in audit.grants if one.project is None or one.project.key in found
                ]
            case "repositories":
                _hide_repositories(audit, spared)
            case "rights":
                audit.rights = [
                    one
                    for one in audit.rights
                    if full_name not in {None, one.repository.full_name} or spared.next()
                ]
            case _:
                audit.grants = [
                    one
                    for one in audit.grants
                    if not _is_of(one, part, full_name, key) or spared.next()
                ]
        audit.unknown.append(Unknown("acme", part, "forbidden", full_name, key))
    if audit.level == "effective":  # what the rights do not name is not known at all
        named = {one.repository.uuid for one in audit.rights}
        audit.repositories = [one for one in audit.repositories if one.uuid in named]
    _veil(audit, veils)
    return audit


def _hide_repositories(audit: WorkspaceAudit, spared: _Spared) -> None:
    """Let the list be unread: what the rights name is known all the same, but not its project."""
    found = {one.uuid for one in spared(audit.repositories)}
    named = {one.repository.uuid for one in audit.rights}
    audit.repositories = [
        one if one.uuid in found else evolve(one, project=None)
        for one in audit.repositories
        if one.uuid in found | named
    ]
    audit.grants = [
        one
        for one in audit.grants
        if one.repository is None or one.repository.uuid in found | named
    ]


def _veil(audit: WorkspaceAudit, veils: frozenset[str]) -> None:
    if audit.groups is not None:
        audit.groups = [
            evolve(one, members=None) if one.slug in veils else one for one in audit.groups
        ]
    audit.repositories = [_veiled(one, veils) for one in audit.repositories]
    audit.rights = [evolve(one, repository=_veiled(one.repository, veils)) for one in audit.rights]


def _veiled(repository: Repo, veils: frozenset[str]) -> Repo:
    unclear = repository.full_name.partition("/")[2] in veils
    return evolve(repository, is_private=None) if unclear else repository


def _is_of(grant: Grant, part: Part, full_name: str | None, key: str | None) -> bool:
    """Whether a grant is an entry of the list."""
    place, _, to = part.partition("-")
    if (grant.person is None) != (to == "groups"):
        return False
    if grant.project is not None:
        return place == "project" and key in {None, grant.project.key}
    return (
        place == "repository"
        and grant.repository is not None
        and full_name in {None, grant.repository.full_name}
    )


class _Spared:
    """Deals out the bits of a number."""

    def __init__(self, fate: int) -> None:
        self.fate = fate

    def next(self) -> bool:
        """The next bit."""
        self.fate, bit = divmod(self.fate, 2)
        return bool(bit)

    def __call__(self, entries: Any) -> list[Any]:
        """The entries that are spared."""
        return [one for one in entries or () if self.next()]
