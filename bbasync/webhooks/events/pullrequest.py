"""Events of pull requests."""

from __future__ import annotations

from ...model.resource import resource
from ...resources import PullRequest, PullRequestComment, PullRequestOpinion
from .event import Event, keyed


@resource()
class PullRequestEvent(Event):
    """Something that happened to a pull request."""

    pullrequest: PullRequest | None = None
    """As it was when the event was sent; hashes of commits are short."""


@keyed("pullrequest:created")
class PullRequestCreated(PullRequestEvent):
    """It was opened."""


@keyed("pullrequest:updated")
class PullRequestUpdated(PullRequestEvent):
    """It was edited; that it is no draft any more is told so too."""


@keyed("pullrequest:push")
class PullRequestPush(PullRequestEvent):
    """Commits were pushed to it."""


@keyed("pullrequest:fulfilled")
class PullRequestFulfilled(PullRequestEvent):
    """It was merged."""


@keyed("pullrequest:rejected")
class PullRequestRejected(PullRequestEvent):
    """It was declined."""


@resource()
class PullRequestApprovalEvent(PullRequestEvent):
    """Somebody's approval came or went."""

    approval: PullRequestOpinion | None = None


@keyed("pullrequest:approved")
class PullRequestApproved(PullRequestApprovalEvent):
    """Somebody approved it."""


@keyed("pullrequest:unapproved")
class PullRequestUnapproved(PullRequestApprovalEvent):
    """Somebody took an approval back."""


@resource()
class PullRequestChangesRequestEvent(PullRequestEvent):
    """Somebody's request for changes came or went."""

    changes_request: PullRequestOpinion | None = None


@keyed("pullrequest:changes_request_created")
class PullRequestChangesRequestCreated(PullRequestChangesRequestEvent):
    """Somebody asked for changes."""


@keyed("pullrequest:changes_request_removed")
class PullRequestChangesRequestRemoved(PullRequestChangesRequestEvent):
    """Somebody took a request for changes back."""


@resource()
class PullRequestCommentEvent(PullRequestEvent):
    """Something that happened to a comment on a pull request."""

    comment: PullRequestComment | None = None


@keyed("pullrequest:comment_created")
class PullRequestCommentCreated(PullRequestCommentEvent):
    """It was written."""


@keyed("pullrequest:comment_updated")
class PullRequestCommentUpdated(PullRequestCommentEvent):
    """It was edited."""


@keyed("pullrequest:comment_deleted")
class PullRequestCommentDeleted(PullRequestCommentEvent):
    """It was deleted: its text is gone."""


@keyed("pullrequest:comment_resolved")
class PullRequestCommentResolved(PullRequestCommentEvent):
    """Its thread was settled."""


@keyed("pullrequest:comment_reopened")
class PullRequestCommentReopened(PullRequestCommentEvent):
    """Its thread was opened again."""
