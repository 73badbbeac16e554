"""Which lists an audit reads of a workspace, and what it asks of each item."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import frozen

from ..api.contents import Contents
from ..paging import ListQuery
from ..query import F
from ..resources import (
    Account,
    BranchRestriction,
    DefaultReviewer,
    GroupPrivilege,
    ProjectDeployKey,
    ProjectGroupPermission,
    ProjectUserPermission,
    Repository,
    RepositoryGroupPermission,
    RepositoryPermission,
    RepositoryUserPermission,
    V1Group,
    Webhook,
    WorkspaceAccess,
    WorkspaceMembership,
)
from ..resources import DeployKey as Key
from ..resources import Project as ProjectRow
from . import rows
from .facts import Part
from .reading import Listing, listing


def own_workspaces(bb: Contents) -> Listing[WorkspaceAccess]:
    """The caller's workspaces."""
    fields = rows.WORKSPACES
    pager = bb.users.list_workspaces(fields=fields)
    return listing("workspaces", "", WorkspaceAccess, pager, fields=fields)


@frozen(eq=False)
class Lists:
    """The lists of *workspace*, whose pages are fetched *ahead* at a time."""

    bb: Contents
    workspace: str
    ahead: int = 1

    def members(self) -> Listing[WorkspaceMembership]:
        """The members with their levels."""
        fields = rows.MEMBERS
        pager = self.bb.workspaces.list_permissions(
            self.workspace, fields=fields, concurrency=self.ahead
        )
        return listing("members", self.workspace, WorkspaceMembership, pager, fields=fields)

    def rights(self) -> Listing[RepositoryPermission]:
        """All effective rights.

        Sorted, so that a repository that comes or goes moves few rows to another page.
        """
        fields = rows.RIGHTS
        pager = self.bb.workspaces.list_repository_permissions(
            self.workspace, fields=fields, sort="repository.name", concurrency=self.ahead
        )
        return listing("rights", self.workspace, RepositoryPermission, pager, fields=fields)

    def own_rights(self, *, administered: bool = False) -> Listing[RepositoryPermission]:
        """The caller's own rights, or those of ``admin``."""
        fields = rows.RIGHTS
        query: ListQuery = {"fields": fields, "concurrency": self.ahead}
        if administered:
            query["q"] = F.permission == "admin"
        pager = self.bb.repositories.list_own_permissions(self.workspace, **query)
        return listing(
            "rights", self.workspace, RepositoryPermission, pager, fields=fields, what="own-rights"
        )

    def rights_on(self, full_name: str) -> Listing[RepositoryPermission]:
        """The rights on one repository."""
        fields = rows.RIGHTS
        pager = self.bb.workspaces.list_permissions_on_repository(
            self.workspace, _slug(full_name), fields=fields
        )
        return self._of_repository("rights", full_name, RepositoryPermission, pager, fields)

    def public(self) -> Listing[Repository]:
        """The public repositories, by their uuids."""
        fields = rows.PUBLIC
        pager = self.bb.repositories.list(
            self.workspace,
            q=F.is_private == False,  # noqa: E712 - a filter, not a comparison
            fields=fields,
            concurrency=self.ahead,
        )
        return listing(
            "repositories", self.workspace, Repository, pager, fields=fields, what="public"
        )

    def repositories(self) -> Listing[Repository]:
        """All repositories; sorted as the rights are."""
        fields = rows.REPOSITORIES
        pager = self.bb.repositories.list(
            self.workspace, fields=fields, sort="name", concurrency=self.ahead
        )
        return listing("repositories", self.workspace, Repository, pager, fields=fields)

    def repository(self, full_name: str) -> Listing[Repository]:
        """One repository."""
        fields = rows.REPOSITORY

        async def get() -> Sequence[Repository]:
            slug = _slug(full_name)
            return [await self.bb.repositories.get(self.workspace, slug, fields=fields)]

        return self._of_repository("repositories", full_name, Repository, get, fields)

    def projects(self) -> Listing[ProjectRow]:
        """All projects."""
        fields = rows.PROJECTS
        pager = self.bb.projects.list(self.workspace, fields=fields, concurrency=self.ahead)
        return listing("projects", self.workspace, ProjectRow, pager, fields=fields)

    def groups(self, slug: str) -> Listing[V1Group]:
        """The groups with their members, by API 1.0, which wants the workspace's *slug*."""
        return listing("groups", self.workspace, V1Group, lambda: self.bb.groups.list(slug))

    def privileges(self, slug: str) -> Listing[GroupPrivilege]:
        """What was given to groups on all repositories, by API 1.0."""
        return listing(
            "repository-groups",
            self.workspace,
            GroupPrivilege,
            lambda: self.bb.group_privileges.list(slug),
        )

    def privileges_on(self, full_name: str) -> Listing[GroupPrivilege]:
        """What was given to groups on one repository, by API 1.0."""
        workspace, _, slug = full_name.partition("/")
        return self._of_repository(
            "repository-groups",
            full_name,
            GroupPrivilege,
            lambda: self.bb.group_privileges.list_of_repository(workspace, slug),
            (),
        )

    def repository_users(self, full_name: str) -> Listing[RepositoryUserPermission]:
        """What was given to people on a repository."""
        fields = rows.USERS
        pager = self.bb.repositories.list_user_permissions(
            self.workspace, _slug(full_name), fields=fields
        )
        return self._of_repository(
            "repository-users", full_name, RepositoryUserPermission, pager, fields
        )

    def repository_groups(self, full_name: str) -> Listing[RepositoryGroupPermission]:
        """What was given to groups on a repository."""
        fields = rows.GROUPS
        pager = self.bb.repositories.list_group_permissions(
            self.workspace, _slug(full_name), fields=fields
        )
        return self._of_repository(
            "repository-groups", full_name, RepositoryGroupPermission, pager, fields
        )

    def deploy_keys(self, full_name: str) -> Listing[Key]:
        """The deploy keys of a repository."""
        fields = rows.DEPLOY_KEYS
        pager = self.bb.deployments.list_deploy_keys(
            self.workspace, _slug(full_name), fields=fields
        )
        return self._of_repository("deploy-keys", full_name, Key, pager, fields)

    def webhooks(self, full_name: str) -> Listing[Webhook]:
        """The webhooks of a repository."""
        fields = rows.WEBHOOKS
        pager = self.bb.repositories.list_webhooks(self.workspace, _slug(full_name), fields=fields)
        return self._of_repository("webhooks", full_name, Webhook, pager, fields)

    def workspace_webhooks(self) -> Listing[Webhook]:
        """The webhooks of the workspace itself."""
        fields = rows.WEBHOOKS
        pager = self.bb.workspaces.list_webhooks(self.workspace, fields=fields)
        return listing("webhooks", self.workspace, Webhook, pager, fields=fields)

    def restrictions(self, full_name: str) -> Listing[BranchRestriction]:
        """The branch restrictions of a repository."""
        fields = rows.RESTRICTIONS
        pager = self.bb.branch_restrictions.list(self.workspace, _slug(full_name), fields=fields)
        return self._of_repository(
            "branch-restrictions", full_name, BranchRestriction, pager, fields
        )

    def reviewers(self, full_name: str) -> Listing[Account]:
        """The default reviewers of a repository's own."""
        fields = rows.REVIEWERS
        pager = self.bb.pullrequests.list_default_reviewers(
            self.workspace, _slug(full_name), fields=fields
        )
        return self._of_repository("default-reviewers", full_name, Account, pager, fields)

    def project_users(self, key: str) -> Listing[ProjectUserPermission]:
        """What was given to people on a project."""
        fields = rows.USERS
        pager = self.bb.projects.list_user_permissions(self.workspace, key, fields=fields)
        return self._of_project("project-users", key, ProjectUserPermission, pager, fields)

    def project_groups(self, key: str) -> Listing[ProjectGroupPermission]:
        """What was given to groups on a project."""
        fields = rows.GROUPS
        pager = self.bb.projects.list_group_permissions(self.workspace, key, fields=fields)
        return self._of_project("project-groups", key, ProjectGroupPermission, pager, fields)

    def project_deploy_keys(self, key: str) -> Listing[ProjectDeployKey]:
        """The deploy keys of a project."""
        fields = rows.DEPLOY_KEYS
        pager = self.bb.deployments.list_project_deploy_keys(self.workspace, key, fields=fields)
        return self._of_project("deploy-keys", key, ProjectDeployKey, pager, fields)

    def project_reviewers(self, key: str) -> Listing[DefaultReviewer]:
        """The default reviewers of a project."""
        fields = rows.PROJECT_REVIEWERS
        pager = self.bb.projects.list_default_reviewers(self.workspace, key, fields=fields)
        return self._of_project("default-reviewers", key, DefaultReviewer, pager, fields)

    def _of_repository(
        self, part: Part, full_name: str, kind: Any, source: Any, fields: Sequence[str]
    ) -> Listing[Any]:
        return listing(part, self.workspace, kind, source, fields=fields, repository=full_name)

    def _of_project(
        self, part: Part, key: str, kind: Any, source: Any, fields: Sequence[str]
    ) -> Listing[Any]:
        return listing(part, self.workspace, kind, source, fields=fields, project=key)


def _slug(full_name: str) -> str:
    return full_name.rpartition("/")[2]  # of one whose name was not told, the uuid
