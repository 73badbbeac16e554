"""A workspace, and what can be made in it: people, groups, projects, repositories."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from attrs import field, frozen

from ..routes.v1_groups import slug_of as group_slug
from ..state.changes import slug_of
from ..state.deploykeys import DeployKey
from ..store import Account, Group, Hook, Project, Workspace, repository_in
from .inside import Inside
from .keys import hook_on, key_of, path_of, project_path
from .people import Person, give, grantee, join, person_in, several, somebody
from .repository import RepositoryBuilder


@frozen
class ProjectBuilder:
    """A project in a test's hands; `stored` is what the fake remembers of it."""

    stored: Project
    workspace: Workspace = field(repr=False)
    inside: Inside = field(repr=False)

    @property
    def key(self) -> str:
        """Its key."""
        return self.stored.key

    @property
    def path(self) -> str:
        """Its address, without the version before it."""
        return project_path(self.workspace, self.stored)

    def grant(self, to: Person | Group, permission: str) -> "ProjectBuilder":
        """Give a person or a group a right: read, write, create-repo or admin."""
        one = self.stored
        target = grantee(self.inside.store, self.workspace, to)
        give(self.workspace, one, target, permission)
        return self

    def deploy_key(self, key: str | None = None, *, label: str = "Deployer") -> DeployKey:
        """Add a deploy key, a made-up one unless told which."""
        return key_of(self.inside, self.workspace, self.stored, key, label)


@frozen
class WorkspaceBuilder:
    """A workspace in a test's hands; `stored` is what the fake remembers of it."""

    stored: Workspace
    inside: Inside = field(repr=False)

    @property
    def slug(self) -> str:
        """Its name as addresses have it."""
        return self.stored.slug

    @property
    def uuid(self) -> str:
        """Its identifier, with braces."""
        return self.stored.uuid

    @property
    def path(self) -> str:
        """Its address, without the version before it."""
        return path_of(self.stored)

    def repository(
        self,
        name: str,
        *,
        private: bool | None = None,
        project: str | None = None,
        mainbranch: str | None = None,
        description: str | None = None,
        language: str | None = None,
        fork_policy: str | None = None,
        empty: bool = False,
    ) -> RepositoryBuilder:
        """Give the repository of that name, as it is asked for; it is made where there is none.

        A new one is private and has a first commit on ``main``, unless told otherwise; with
        *empty* it has none. A *project* that is not there is made. None of a new repository is
        invented, as it is of those that a fake starts with.
        """
        body: dict[str, Any] = {
            "is_private": private,
            "description": description,
            "language": language,
            "fork_policy": fork_policy,
        }
        if project is not None:
            body["project"] = {"key": self.project(project).key}
        asked = {key: value for key, value in body.items() if value is not None}
        slug = slug_of(name)
        if not any(map(str.isalnum, slug)):
            raise ValueError(f"The name {name!r} gives no address: use letters or digits")
        if empty and mainbranch is not None:
            raise ValueError("An empty repository has no main branch: leave mainbranch= out")
        found = repository_in(self.stored, slug)
        if found is None:
            return self._new(name, asked, mainbranch, empty=empty)
        if mainbranch is not None:
            asked["mainbranch"] = {"name": mainbranch}
        if asked:
            path = f"/repositories/{found.full_name}"
            self.inside.ask("PUT", path, asked, place=self.stored)
        if empty and found.mainbranch is not None:
            raise ValueError(f"{found.full_name} is there already, and not empty")
        return RepositoryBuilder(found, self.inside)

    def _new(
        self, name: str, asked: dict[str, Any], mainbranch: str | None, *, empty: bool
    ) -> RepositoryBuilder:
        path = f"/repositories/{self.slug}/{quote(slug_of(name), safe='')}"
        made = self.inside.ask("POST", path, asked | {"name": name}, place=self.stored)
        found = repository_in(self.stored, made["slug"])
        if found is None:
            raise LookupError(f"The repository {name!r} is gone already")
        found.bare = True
        built = RepositoryBuilder(found, self.inside)
        if not empty:
            readme = {"README.md": f"# {name}\n"}
            built.commit(readme, "Initial commit", branch=mainbranch or "main")
        return built

    def project(
        self,
        key: str,
        *,
        name: str | None = None,
        private: bool | None = None,
        description: str | None = None,
    ) -> ProjectBuilder:
        """Give the project of that key, as it is asked for; it is made where there is none."""
        found = self.stored.projects.get(key.upper())
        asked = {"name": name, "is_private": private, "description": description}
        body = {word: value for word, value in asked.items() if value is not None}
        if found is None:
            usual = {"key": key, "name": key}
            made = self._ask("POST", "projects", usual | body)
            found = self.stored.projects[made["key"]]
            found.bare = True
        elif body:
            self._ask("PUT", f"projects/{quote(found.key)}", body)
        return ProjectBuilder(found, self.stored, self.inside)

    def member(
        self, name: Person, *, level: str | None = None, email: str | None = None
    ) -> Account:
        """Make somebody a member: owner, create-project or member; a new person if need be.

        A name is looked for among all people first. Without a *level* members stay what they are,
        and others become plain members; those have no right on private repositories before
        somebody gives them one.
        """
        store = self.inside.store
        account = person_in(store, name, email)
        if level is None:
            level = self.stored.members.get(account.uuid, "member")
        join(store, self.stored, account, level)
        return account

    def group(
        self,
        name: str,
        members: Iterable[Person] | Person = (),
        *,
        permission: str | None = None,
    ) -> Group:
        """Give the group of that name; it is made where there is none, and members are added.

        *permission* is what its members may do with every repository: read, write or admin.
        """
        store, slug = self.inside.store, group_slug(name)
        people = [somebody(store, each) for each in several(members)]
        if not slug:
            raise ValueError(f"A group needs a name with letters in it, not {name!r}")
        if permission not in {None, "read", "write", "admin"}:
            raise ValueError(f"No permission {permission!r}; there are read, write, admin")
        one = self.stored.groups.setdefault(slug, Group(slug, name))
        one.permission = permission or one.permission
        for account in people:
            one.members.add(account.uuid)
            if account.uuid not in self.stored.members:
                join(store, self.stored, account, "member")
        return one

    def hook(
        self,
        url: str,
        events: Iterable[str] = ("repo:push",),
        secret: str | None = None,
        *,
        active: bool = True,
    ) -> Hook:
        """Subscribe to events of all its repositories; see `fake.webhooks`."""
        return hook_on(self.inside, self.stored, url, events, secret, active=active)

    def _ask(self, method: str, path: str, body: dict[str, Any]) -> Any:
        return self.inside.ask(method, f"{self.path}/{path}", body, place=self.stored)
