"""What the fake remembers: people, workspaces, projects, repositories, hooks, credentials."""

import hashlib
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TypeVar

from attrs import Factory, define, field, frozen

from .holding import Holding, Whole
from .parts import Owned, Parts
from .state.work import Work

T = TypeVar("T")


@frozen
class Account:
    """A person."""

    uuid: str
    account_id: str
    nickname: str
    display_name: str
    email: str
    api_token: str = field(repr=False)
    created_on: str


@frozen
class App:
    """The identity behind an access token: an author, never a member."""

    uuid: str
    display_name: str
    created_on: str


@define(eq=False)
class Group:
    """A named set of members of one workspace."""

    slug: str
    name: str
    members: set[str] = Factory(set)
    permission: str | None = None
    """What its members may do with every repository of the workspace: read, write or admin."""


@define(eq=False)
class Hook:
    """A webhook subscription of a repository or a workspace."""

    uuid: str
    url: str
    description: str
    events: list[str]
    active: bool
    created_at: str
    secret: str | None = field(default=None, repr=False)
    skip_cert_verification: bool = False
    history_enabled: bool = False


@define(eq=False)
class Project:
    """A project; `users` and `groups` map to the permission granted."""

    uuid: str
    key: str
    name: str
    description: str | None
    is_private: bool
    created_on: str
    updated_on: str
    users: dict[str, str] = Factory(dict)
    groups: dict[str, str] = Factory(dict)
    default_reviewers: list[str] = Factory(list)
    bare: bool = False
    """Whether it has nothing of its own but what somebody made."""


@define(eq=False)
class Repository:
    """A repository; its history is worked out from `content` when asked for, and from `work`."""

    uuid: str
    slug: str
    name: str
    workspace: "Workspace" = field(repr=False)
    project: Project = field(repr=False)
    content: str
    description: str = ""
    is_private: bool = True
    fork_policy: str = "no_public_forks"
    created_on: str = ""
    updated_on: str = ""
    size: int = 0
    language: str = ""
    website: str | None = None
    has_issues: bool = False
    has_wiki: bool = False
    mainbranch: str | None = None
    parent: "Repository | None" = field(default=None, repr=False)
    copying: int = 0
    """How many looks at a new fork will still find it empty."""
    commits: int = 0
    pullrequests: int = 0
    users: dict[str, str] = Factory(dict)
    groups: dict[str, str] = Factory(dict)
    watchers: list[str] = Factory(list)
    hooks: dict[str, Hook] = Factory(dict)
    work: Work = field(factory=Work, repr=False)
    override_settings: dict[str, bool] = Factory(
        lambda: {"default_merge_strategy": True, "branching_model": True}
    )
    bare: bool = False
    """Whether it has nothing of its own but what somebody made."""

    @property
    def full_name(self) -> str:
        """Workspace and repository as they stand in addresses."""
        return f"{self.workspace.slug}/{self.slug}"

    @property
    def fleeting(self) -> bool:
        """Whether it was made for the moment, and is forgotten unless somebody changes it."""
        return False

    def keep(self) -> None:
        """See to it that it is remembered; it is, unless it is fleeting."""


@define(eq=False)
class Workspace:
    """A workspace; `members` maps a person's uuid to owner, create-project or member."""

    uuid: str
    slug: str
    name: str
    is_private: bool
    created_on: str
    app: App
    members: dict[str, str] = Factory(dict)
    joined: dict[str, str] = Factory(dict)
    groups: dict[str, Group] = Factory(dict)
    projects: dict[str, Project] = Factory(dict)
    repositories: Holding[Repository] = Factory(Whole)
    hooks: dict[str, Hook] = Factory(dict)
    bare: bool = False
    """Whether it has nothing of its own but what somebody made."""


@define(eq=False)
class Consumer:
    """An OAuth consumer; an empty `callback` stands for any address on the loopback."""

    uuid: str
    key: str
    secret: str = field(repr=False)
    name: str
    callback: str
    scopes: frozenset[str]
    workspace: Workspace = field(repr=False)


@define(eq=False)
class ConnectApp:
    """A Connect app that a workspace has installed; `token` is its fixed credential."""

    key: str
    client_key: str
    shared_secret: str = field(repr=False)
    token: str = field(repr=False)


@define(eq=False)
class Credential:
    """A token: of a person (`account`) or of an app in a `workspace`, with what it may do.

    With a `project` or a `repository` it reaches no further than that. `issuer` is who asked for
    an OAuth token; `expires_at` is seconds of the store's clock.
    """

    token: str = field(repr=False)
    kind: str
    scopes: frozenset[str]
    account: Account | None = None
    workspace: Workspace | None = None
    project: Project | None = None
    repository: Repository | None = None
    issuer: Consumer | ConnectApp | None = None
    expires_at: float | None = None


@define(eq=False)
class Store:
    """Everything the fake knows. Tests may alter it between calls."""

    seed: int = 1
    quota: int | None = None
    clock: Callable[[], float] = time.time
    accounts: dict[str, Account] = Factory(dict)
    apps: dict[str, App] = Factory(dict)
    workspaces: dict[str, Workspace] = Factory(dict)
    credentials: dict[str, Credential] = field(factory=dict, repr=False)
    consumers: dict[str, Consumer] = Factory(dict)
    connect_apps: dict[str, ConnectApp] = Factory(dict)
    old_scope_key: bool = False
    """Whether token answers spell the key of the scopes `scopes`, as they did until May 2026."""
    copying: int = 0
    """How many looks at a new fork find it empty, as long as its content is being copied."""
    nextless: set[str] = Factory(set)
    """Path endings whose lists send no `next`, although there is more."""
    sizeless: set[str] = Factory(set)
    """Path endings whose numbered lists tell neither `size` nor `page`."""
    link_prefix: str | None = None
    """The prefix of the addresses in bodies; None: the one that the call came under."""
    seats_full: set[str] = Factory(set)
    """Slugs of workspaces whose plan has no seat left: a new grant is answered 402."""
    stored: dict[str, bytes] = Factory(dict)
    """What the storage hands out, by the path of its addresses."""
    bare: bool = False
    """Whether nothing is invented, not even what belongs to something that somebody made."""
    reading: bool = False
    """Whether a call is being answered that changes nothing."""
    _made: int = 0
    _parts: Parts = field(factory=Parts, repr=False)

    def part(self, owner: Owned, make: Callable[[Owned], T]) -> T:
        """Give what one family of routes keeps of an owner; it is made when first asked for."""
        fleeting = isinstance(owner, Repository) and owner.fleeting
        if isinstance(owner, Repository) and not self.reading:
            owner.keep()
        bare = self.bare or getattr(owner, "bare", False)
        return self._parts.of(owner, make, passing=fleeting and self.reading, bare=bare)

    def find_workspace(self, name: str) -> Workspace | None:
        """Look a workspace up by slug in any case, or by uuid with or without braces."""
        found = self.workspaces.get(name.lower())
        if found is not None:
            return found
        uuid = braced(name)
        return next((w for w in self.workspaces.values() if w.uuid == uuid), None)

    def find_repository(self, workspace: str, name: str) -> Repository | None:
        """Look a repository up; an empty pair of braces stands for whichever workspace owns it."""
        if workspace == "{}":
            found = (w.repositories.find(braced(name)) for w in self.workspaces.values())
            return next((one for one in found if one is not None), None)
        owner = self.find_workspace(workspace)
        return None if owner is None else repository_in(owner, name)

    def find_account(self, name: str) -> Account | None:
        """Look a person up by uuid, with or without braces, or by account id."""
        found = self.accounts.get(braced(name))
        if found is not None:
            return found
        return next((a for a in self.accounts.values() if a.account_id == name), None)

    def repositories(self) -> Iterator[Repository]:
        """Every repository of every workspace."""
        for workspace in self.workspaces.values():
            yield from workspace.repositories.values()

    def own_repositories(self) -> Iterator[Repository]:
        """Every repository that may have something of its own."""
        for workspace in self.workspaces.values():
            yield from list(workspace.repositories.own())

    def now(self) -> str:
        """Tell the time of the clock the way bodies carry it."""
        return datetime.fromtimestamp(self.clock(), UTC).isoformat(timespec="microseconds")

    def new_uuid(self) -> str:
        """Make the next identifier: the same seed and the same calls give the same ones."""
        self._made += 1
        return uuid_of(f"{self.seed}:made:{self._made}")


def repository_in(workspace: Workspace, name: str) -> Repository | None:
    """Look a repository up in its workspace, by slug in any case or by uuid."""
    found = workspace.repositories.get(name.lower())
    if found is not None:
        return found
    return workspace.repositories.find(braced(name))


def braced(name: str) -> str:
    """Give a uuid its braces."""
    return f"{{{name.strip('{}').lower()}}}"


def uuid_of(text: str) -> str:
    """Derive a uuid with braces from any text."""
    digits = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
    return f"{{{'-'.join(parts)}}}"
