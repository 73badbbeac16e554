"""Events of repositories."""

from __future__ import annotations

from collections.abc import Mapping

from ...model.resource import resource
from ...resources import Account, Commit, CommitComment, CommitStatus, Repository
from .change import FieldChange, Push
from .event import Event, keyed


@resource()
class RepoEvent(Event):
    """Something that happened to a repository."""


@keyed("repo:push")
class RepoPush(RepoEvent):
    """Branches or tags were pushed, made or deleted."""

    push: Push | None = None


@keyed("repo:fork")
class RepoFork(RepoEvent):
    """It was forked."""

    fork: Repository | None = None
    """The new repository."""


@keyed("repo:updated")
class RepoUpdated(RepoEvent):
    """Its name, description, website or language was changed."""

    changes: Mapping[str, FieldChange] | None = None
    """By field."""


@keyed("repo:transfer")
class RepoTransfer(RepoEvent):
    """It has another owner now."""

    previous_owner: Account | None = None


@keyed("repo:created")
class RepoCreated(RepoEvent):
    """It was made; only webhooks of workspaces hear of it."""


@keyed("repo:deleted")
class RepoDeleted(RepoEvent):
    """It was deleted; only webhooks of workspaces hear of it."""


@keyed("repo:imported")
class RepoImported(RepoEvent):
    """Its import has ended; only webhooks of workspaces hear of it."""


@keyed("repo:commit_comment_created")
class RepoCommitCommentCreated(RepoEvent):
    """A commit was commented on."""

    comment: CommitComment | None = None
    commit: Commit | None = None


@resource()
class RepoCommitStatusEvent(RepoEvent):
    """A build system has said something about a commit."""

    commit_status: CommitStatus | None = None
    """It names its commit by a link: see ``get_commit``."""


@keyed("repo:commit_status_created")
class RepoCommitStatusCreated(RepoCommitStatusEvent):
    """For the first time."""


@keyed("repo:commit_status_updated")
class RepoCommitStatusUpdated(RepoCommitStatusEvent):
    """Again, under the same key."""
