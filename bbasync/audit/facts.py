"""What an audit finds, as plain records: things, and rows about them.

A row is what a report has a line of. Each names its workspace, and its *kind*.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Final, Literal

from attrs import field, frozen

from ..errors import BitbucketError

Level = Literal["effective", "explain", "full"]
"""How much an audit reads: who may do what; and why; and what else grants power."""
LEVELS: Final[Sequence[Level]] = ("effective", "explain", "full")

Standing = Literal["owner", "member", "outside", "unknown"]
"""A user's place in the workspace; ``unknown`` where its members could not be read."""

RANKS: Final = {"none": 0, "read": 1, "write": 2, "create-repo": 3, "admin": 4}
"""Permissions on repositories and projects, as the service compares them (service.md 14.1)."""


@frozen
class Person:
    """A user, as far as the service tells."""

    uuid: str
    name: str
    account_id: str | None = None


@frozen
class Member:
    """A person's place in a workspace: ``owner``, ``create-project`` or ``member``."""

    kind: ClassVar = "member"

    workspace: str
    person: Person
    level: str


@frozen
class Group:
    """A group of a workspace, and who is in it by uuid; *members* None where that is unknown."""

    kind: ClassVar = "group"

    workspace: str
    slug: str
    name: str
    permission: str | None = None
    """What its members may do with every repository of the workspace; None: nothing by that."""
    members: Sequence[str] | None = None


@frozen
class Project:
    """A project; *is_private* None where the service did not tell."""

    kind: ClassVar = "project"

    workspace: str
    uuid: str
    key: str
    name: str
    is_private: bool | None = None


@frozen
class Repo:
    """A repository; *is_private* None where the service did not tell.

    The project, the main branch and what it was forked from are read from `explain` on.
    """

    kind: ClassVar = "repository"

    uuid: str
    full_name: str
    is_private: bool | None = None
    project: str | None = None
    """Its project's key."""
    main_branch: str | None = None
    parent: str | None = None
    """The uuid of what it was forked from."""
    parent_name: str | None = None

    @property
    def workspace(self) -> str:
        """The workspace that it is in."""
        return self.full_name.partition("/")[0]


@frozen
class Grant:
    """What was given by hand, to a person or a group, on a repository or a project."""

    kind: ClassVar = "grant"

    workspace: str
    permission: str
    person: Person | None = None
    group: str | None = None
    """The slug."""
    repository: Repo | None = None
    project: Project | None = None


SourceKind = Literal["owner", "user", "group", "project-user", "project-group", "default", "public"]
"""Where a right comes from: ownership of the workspace, a grant to the user or a group on the
repository, the same on its project, the default of a group, or the repository's being public."""


@frozen
class Source:
    """One source of a right, and what it alone would allow."""

    kind: SourceKind
    permission: str
    group: str | None = None
    """The slug, for ``group``, ``project-group`` and ``default``."""
    project: str | None = None
    """The key, for ``project-user`` and ``project-group``."""


@frozen
class Right:
    """What one user may effectively do on one repository: ``read``, ``write`` or ``admin``."""

    kind: ClassVar = "right"

    person: Person
    repository: Repo
    permission: str
    sources: Sequence[Source] = ()
    """The strongest first; empty where the audit does not explain."""
    explained: bool | None = None
    """Whether the sources add up to the permission, neither less nor more; None where the audit
    does not explain, or where a list that might be a source could not be read."""

    @property
    def workspace(self) -> str:
        """The workspace of the repository."""
        return self.repository.workspace


@frozen
class DeployKey:
    """An SSH key that reads one repository, or those of one project."""

    kind: ClassVar = "deploy-key"

    workspace: str
    id: int
    label: str
    repository: Repo | None = None
    project: Project | None = None
    added_on: datetime | None = None
    last_used: datetime | None = None
    """None where it never was."""


@frozen
class Hook:
    """A webhook of a repository, or of the workspace where *repository* is None."""

    kind: ClassVar = "webhook"

    workspace: str
    uuid: str
    url: str
    active: bool
    events: Sequence[str] = ()
    repository: Repo | None = None
    secret_set: bool | None = None
    skip_cert_verification: bool | None = None


@frozen
class Restriction:
    """A rule for branches, and who is exempt from it; see ``resources.BranchRestriction``."""

    kind: ClassVar = "branch-restriction"

    workspace: str
    repository: Repo
    id: int
    what: str
    """Its kind on the wire, such as ``push`` or ``force``."""
    match: str
    """``glob`` or ``branching_model``."""
    pattern: str = ""
    branch_type: str | None = None
    value: int | None = None
    people: Sequence[str] = ()
    """By uuid."""
    groups: Sequence[str] = ()
    """By slug."""


@frozen
class Reviewer:
    """A default reviewer of a repository or a project."""

    kind: ClassVar = "default-reviewer"

    workspace: str
    person: Person
    repository: Repo | None = None
    project: Project | None = None


Part = Literal[
    "workspaces",
    "members",
    "rights",
    "repositories",
    "projects",
    "groups",
    "project-users",
    "project-groups",
    "repository-users",
    "repository-groups",
    "deploy-keys",
    "webhooks",
    "branch-restrictions",
    "default-reviewers",
]
"""A kind of list that an audit reads."""


@frozen
class Unknown:
    """Something that was not read: it is unknown, which is not the same as "none"."""

    kind: ClassVar = "unknown"

    workspace: str
    part: Part
    message: str
    repository: str | None = None
    """The full name, where it is a list of one repository."""
    project: str | None = None
    """The key, where it is a list of one project."""
    left_out: bool = False
    """Whether it was not asked for at all: beyond `max_requests`, or after an interruption."""
    cause: BitbucketError | None = field(default=None, repr=False, eq=False)
