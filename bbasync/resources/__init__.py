"""What Bitbucket returns: one file a family of nouns, each class the fields of one object.

How a class wakes up does not live here (that is model). Field names are the wire's; everything
may be absent or null there, so everything may be None here.
"""

from .account import Account, AppUser, Email, Team, User
from .commit import Author, Commit
from .download import Download
from .group import Group
from .project import DefaultReviewer, Project, ProjectGroupPermission, ProjectUserPermission
from .pullrequest import Participant, PullRequest, PullRequestEndpoint
from .ref import Branch, Ref, Tag
from .repository import (
    InheritanceState,
    Repository,
    RepositoryGroupPermission,
    RepositoryPermission,
    RepositoryUserPermission,
)
from .source import CommitDirectory, CommitFile, TreeEntry
from .webhook import HookEvent, Webhook
from .workspace import Workspace, WorkspaceAccess, WorkspaceMembership

__all__ = [
    "Account",
    "AppUser",
    "Author",
    "Branch",
    "Commit",
    "CommitDirectory",
    "CommitFile",
    "DefaultReviewer",
    "Download",
    "Email",
    "Group",
    "HookEvent",
    "InheritanceState",
    "Participant",
    "Project",
    "ProjectGroupPermission",
    "ProjectUserPermission",
    "PullRequest",
    "PullRequestEndpoint",
    "Ref",
    "Repository",
    "RepositoryGroupPermission",
    "RepositoryPermission",
    "RepositoryUserPermission",
    "Tag",
    "Team",
    "TreeEntry",
    "User",
    "Webhook",
    "Workspace",
    "WorkspaceAccess",
    "WorkspaceMembership",
]
