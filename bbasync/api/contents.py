"""Bitbucket's table of contents: each group of operations as an attribute of the client."""

from __future__ import annotations

from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING

from ..wire.message import Sender

if TYPE_CHECKING:
    from .addon import Addon
    from .branch_restrictions import BranchRestrictions
    from .branching_model import BranchingModel
    from .commit_statuses import CommitStatuses
    from .commits import Commits
    from .deployments import Deployments
    from .downloads import Downloads
    from .gpg import GPG
    from .group_privileges import GroupPrivileges
    from .groups import Groups
    from .invitations import Invitations
    from .issues import Issues
    from .operation import Operation
    from .pipelines import Pipelines
    from .projects import Projects
    from .properties import Properties
    from .pullrequests import PullRequests
    from .refs import Refs
    from .reports import Reports
    from .repositories import Repositories
    from .search import Search
    from .snippets import Snippets
    from .source import Source
    from .ssh import SSH
    from .users import Users
    from .webhooks import Webhooks
    from .workspaces import Workspaces


class Contents(Sender):
    """What a client can do: an attribute a documented group, loaded when it is first used."""

    @cached_property
    def addon(self) -> Addon:
        """The installed Connect app itself."""
        from .addon import Addon

        return Addon(self)

    @cached_property
    def branch_restrictions(self) -> BranchRestrictions:
        """Who may do what to which branches."""
        from .branch_restrictions import BranchRestrictions

        return BranchRestrictions(self)

    @cached_property
    def branching_model(self) -> BranchingModel:
        """How branches are named, in repositories and projects."""
        from .branching_model import BranchingModel

        return BranchingModel(self)

    @cached_property
    def commit_statuses(self) -> CommitStatuses:
        """Build statuses of commits and pull requests."""
        from .commit_statuses import CommitStatuses

        return CommitStatuses(self)

    @cached_property
    def commits(self) -> Commits:
        """Commits, their comments and approvals, and what differs between them."""
        from .commits import Commits

        return Commits(self)

    @cached_property
    def deployments(self) -> Deployments:
        """Deployments, environments, and deploy keys."""
        from .deployments import Deployments

        return Deployments(self)

    @cached_property
    def downloads(self) -> Downloads:
        """The files of a repository's downloads section."""
        from .downloads import Downloads

        return Downloads(self)

    @cached_property
    def gpg(self) -> GPG:
        """People's GPG keys, and the service's own."""
        from .gpg import GPG

        return GPG(self)

    @cached_property
    def group_privileges(self) -> GroupPrivileges:
        """Rights of groups on repositories, by API 1.0."""
        from .group_privileges import GroupPrivileges

        return GroupPrivileges(self)

    @cached_property
    def groups(self) -> Groups:
        """Groups of a workspace and their members, by API 1.0."""
        from .groups import Groups

        return Groups(self)

    @cached_property
    def invitations(self) -> Invitations:
        """Invitations to workspaces and repositories, by API 1.0."""
        from .invitations import Invitations

        return Invitations(self)

    @cached_property
    def issues(self) -> Issues:
        """The issue tracker, which the service has removed."""
        from .issues import Issues

        return Issues(self)

    @cached_property
    def pipelines(self) -> Pipelines:
        """Pipelines, their steps and logs, and all that configures them."""
        from .pipelines import Pipelines

        return Pipelines(self)

    @cached_property
    def projects(self) -> Projects:
        """Projects of a workspace."""
        from .projects import Projects

        return Projects(self)

    @cached_property
    def properties(self) -> Properties:
        """What an app keeps on commits, pull requests, repositories and people."""
        from .properties import Properties

        return Properties(self)

    @cached_property
    def pullrequests(self) -> PullRequests:
        """Pull requests, their comments, tasks and reviewers."""
        from .pullrequests import PullRequests

        return PullRequests(self)

    @cached_property
    def refs(self) -> Refs:
        """Branches and tags."""
        from .refs import Refs

        return Refs(self)

    @cached_property
    def reports(self) -> Reports:
        """Reports on commits, with their annotations."""
        from .reports import Reports

        return Reports(self)

    @cached_property
    def repositories(self) -> Repositories:
        """Repositories, their forks, webhooks, settings and permissions."""
        from .repositories import Repositories

        return Repositories(self)

    @cached_property
    def search(self) -> Search:
        """Code search."""
        from .search import Search

        return Search(self)

    @cached_property
    def snippets(self) -> Snippets:
        """Snippets: small repositories of a few files."""
        from .snippets import Snippets

        return Snippets(self)

    @cached_property
    def source(self) -> Source:
        """Files and directories, and commits made of them."""
        from .source import Source

        return Source(self)

    @cached_property
    def ssh(self) -> SSH:
        """People's SSH keys."""
        from .ssh import SSH

        return SSH(self)

    @cached_property
    def users(self) -> Users:
        """The caller, and other accounts."""
        from .users import Users

        return Users(self)

    @cached_property
    def webhooks(self) -> Webhooks:
        """The events that webhooks can be called for."""
        from .webhooks import Webhooks

        return Webhooks(self)

    @cached_property
    def workspaces(self) -> Workspaces:
        """Workspaces, their members and effective permissions."""
        from .workspaces import Workspaces

        return Workspaces(self)


def operations() -> tuple[Operation, ...]:
    """Every declared operation, group by group; each group stands in a module of its name."""
    from .operation import Group

    names = [name for name, made in vars(Contents).items() if isinstance(made, cached_property)]
    for name in names:
        import_module(f".{name}", __package__)
    return tuple(one for name in names for one in Group.named[name].operations)
