"""From a row of a list to a fact, and the ``fields`` of a row that this takes."""

from __future__ import annotations

from typing import Any, Final

from attrs import define, field

from ..errors import DecodingError
from ..model.resource import Resource
from ..resources import (
    Account,
    BranchRestriction,
    GroupPrivilege,
    Repository,
    RepositoryPermission,
    V1Group,
    Webhook,
    WorkspaceMembership,
)
from ..resources import Project as ProjectRow
from .facts import (
    DeployKey,
    Grant,
    Group,
    Hook,
    Member,
    Person,
    Project,
    Repo,
    Restriction,
    Reviewer,
    Right,
)

_PERSON: Final = ("type", "uuid", "display_name", "account_id")
_USER: Final = tuple(f"values.user.{name}" for name in _PERSON)
RIGHTS: Final = (
    "values.permission",
    *_USER,
    "values.repository.uuid",
    "values.repository.full_name",
    "values.repository.is_private",
)
MEMBERS: Final = ("values.permission", "values.workspace.slug", *_USER)
WORKSPACES: Final = ("values.workspace.slug", "values.workspace.uuid")
REPOSITORY: Final = (
    "uuid",
    "full_name",
    "is_private",
    "project.uuid",
    "project.key",
    "project.name",
    "project.is_private",
    "mainbranch.name",
    "parent.uuid",
    "parent.full_name",
)
REPOSITORIES: Final = tuple(f"values.{name}" for name in REPOSITORY if name != "project.is_private")
PUBLIC: Final = ("values.uuid",)
PROJECTS: Final = ("values.uuid", "values.key", "values.name", "values.is_private")
USERS: Final = ("values.permission", *_USER)
GROUPS: Final = ("values.permission", "values.group.slug")
DEPLOY_KEYS: Final = tuple(
    f"values.{name}" for name in ("id", "label", "added_on", "created_on", "last_used")
)
WEBHOOKS: Final = tuple(
    f"values.{name}"
    for name in ("uuid", "url", "active", "events", "secret_set", "skip_cert_verification")
)
RESTRICTIONS: Final = (
    "values.id",
    "values.kind",
    "values.branch_match_kind",
    "values.pattern",
    "values.branch_type",
    "values.value",
    "values.users.uuid",
    "values.groups.slug",
)
REVIEWERS: Final = tuple(f"values.{name}" for name in _PERSON)
PROJECT_REVIEWERS: Final = _USER


@define(eq=False)
class Maker:
    """Makes the facts of one workspace; people and repositories are one object each.

    Hundreds of thousands of rights share them. A DecodingError says that a row lacks what makes a
    fact of it.
    """

    workspace: str
    """Its slug, once a member has told it: it may have been asked for by its uuid."""
    people: dict[str, Person] = field(factory=dict)
    repositories: dict[str, Repo] = field(factory=dict)
    """By uuid."""

    def person(self, account: Account | None, row: Resource) -> Person:
        """Who *account* is, of *row*."""
        uuid = None if account is None else account.uuid
        if account is None or uuid is None:
            raise _lacking("its user", row)
        name = account.display_name or uuid  # looked at each time: an odd row is told
        found = self.people.get(uuid)
        if found is None:
            account_id = getattr(account, "account_id", None)
            found = self.people[uuid] = Person(uuid, name, account_id)
        return found

    def member(self, row: WorkspaceMembership) -> Member:
        """A member, with his level."""
        if row.workspace is not None and row.workspace.slug:
            self.workspace = row.workspace.slug
        return Member(self.workspace, self.person(row.user, row), row.permission or "member")

    def right(self, row: RepositoryPermission) -> Right:
        """An effective right."""
        person, one = self.person(row.user, row), row.repository
        uuid = None if one is None else one.uuid
        if one is None or uuid is None:
            raise _lacking("its repository", row)
        found = self.repositories.get(uuid)
        if found is None:
            found = Repo(uuid, one.full_name or uuid, one.is_private)
            self.repositories[uuid] = found
        return Right(person, found, row.permission or "unknown")

    def repository(self, row: Repository) -> Repo:
        """A repository, with all that is told of it."""
        if row.uuid is None or row.full_name is None:
            raise _lacking("its uuid or name", row)
        project, parent, branch = row.project, row.parent, row.mainbranch
        found = self.repositories[row.uuid] = Repo(
            row.uuid,
            row.full_name,
            row.is_private,
            project=None if project is None else project.key,
            main_branch=None if branch is None else branch.name,
            parent=None if parent is None else parent.uuid,
            parent_name=None if parent is None else parent.full_name,
        )
        return found

    def project(self, row: ProjectRow | None) -> Project:
        """A project."""
        if row is None or row.uuid is None or row.key is None:
            raise _lacking("its uuid or key", row)
        return Project(self.workspace, row.uuid, row.key, row.name or row.key, row.is_private)

    def group(self, row: V1Group) -> Group:
        """A group with its members, as API 1.0 tells them."""
        slug, members = row.slug, row.members
        uuids = None if members is None else [one.uuid for one in members]
        if slug is None or uuids is None or None in uuids:
            raise _lacking("its slug or members", row)
        known = tuple(sorted(one for one in uuids if one is not None))
        return Group(self.workspace, slug, row.name or slug, row.permission, known)

    def to_user(self, row: Any, on: Repo | Project) -> Grant:
        """What was given to a person by hand *on* something."""
        return self._grant(row, on, person=self.person(row.user, row))

    def to_group(self, row: Any, on: Repo | Project) -> Grant:
        """What was given to a group."""
        if row.group is None or row.group.slug is None:
            raise _lacking("its group", row)
        return self._grant(row, on, group=row.group.slug)

    def privilege(self, row: GroupPrivilege, on: Repo) -> Grant:
        """What was given to a group, as API 1.0 tells it."""
        if row.group is None or row.group.slug is None or row.privilege is None:
            raise _lacking("its group or privilege", row)
        return Grant(self.workspace, row.privilege, group=row.group.slug, repository=on)

    def _grant(self, row: Any, on: Repo | Project, **to: Any) -> Grant:
        if row.permission is None:
            raise _lacking("its permission", row)
        return Grant(self.workspace, row.permission, **to, **_place(on))

    def deploy_key(self, row: Any, on: Repo | Project) -> DeployKey:
        """A deploy key of a repository or a project."""
        if row.id is None:
            raise _lacking("its id", row)
        place = _place(on)
        return DeployKey(
            self.workspace,
            row.id,
            row.label or "",
            **place,
            added_on=row.added_on or row.created_on,
            last_used=row.last_used,
        )

    def hook(self, row: Webhook, on: Repo | None) -> Hook:
        """A webhook of a repository, or of the workspace."""
        if row.uuid is None or row.url is None:
            raise _lacking("its uuid or url", row)
        return Hook(
            self.workspace,
            row.uuid,
            row.url,
            row.active is not False,
            tuple(row.events or ()),
            repository=on,
            secret_set=row.secret_set,
            skip_cert_verification=row.skip_cert_verification,
        )

    def restriction(self, row: BranchRestriction, on: Repo) -> Restriction:
        """A rule for branches."""
        if row.id is None or row.kind is None:
            raise _lacking("its id or kind", row)
        return Restriction(
            self.workspace,
            on,
            row.id,
            row.kind,
            row.branch_match_kind or "glob",
            row.pattern or "",
            row.branch_type,
            row.value,
            tuple(self._name(one.uuid, row) for one in row.users or ()),
            tuple(self._name(one.slug, row) for one in row.groups or ()),
        )

    def reviewer(self, row: Account, on: Repo) -> Reviewer:
        """A default reviewer of a repository's own."""
        return Reviewer(self.workspace, self.person(row, row), repository=on)

    def project_reviewer(self, row: Any, on: Project) -> Reviewer:
        """A default reviewer of a project."""
        return Reviewer(self.workspace, self.person(row.user, row), project=on)

    @staticmethod
    def _name(name: str | None, row: Resource) -> str:
        if name is None:
            raise _lacking("who is exempt", row)
        return name


def _place(on: Repo | Project) -> dict[str, Any]:
    return {"repository": on} if isinstance(on, Repo) else {"project": on}


def _lacking(what: str, row: Resource | None) -> DecodingError:
    said = None if row is None else row.to_dict()
    return DecodingError(f"a row without {what} came in: {said!r}")
