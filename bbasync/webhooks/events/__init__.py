"""What webhooks tell: one class for each event key, and what they are made of.

Where a delivery comes from, and whether to believe it, does not live here (see signature and
parse). As in resources, everything may be absent, so everything may be None.
"""

from .change import AnnotatedTag, Bookmark, FieldChange, NamedBranch, Push, PushChange
from .delivery import Delivery
from .event import EVENTS, Event, event_of
from .issue import IssueCommentCreated, IssueCreated, IssueEvent, IssueUpdated
from .pipeline import PipelineSpanCreated
from .project import ProjectUpdated
from .pullrequest import (
    PullRequestApprovalEvent,
    PullRequestApproved,
    PullRequestChangesRequestCreated,
    PullRequestChangesRequestEvent,
    PullRequestChangesRequestRemoved,
    PullRequestCommentCreated,
    PullRequestCommentDeleted,
    PullRequestCommentEvent,
    PullRequestCommentReopened,
    PullRequestCommentResolved,
    PullRequestCommentUpdated,
    PullRequestCreated,
    PullRequestEvent,
    PullRequestFulfilled,
    PullRequestPush,
    PullRequestRejected,
    PullRequestUnapproved,
    PullRequestUpdated,
)
from .repo import (
    RepoCommitCommentCreated,
    RepoCommitStatusCreated,
    RepoCommitStatusEvent,
    RepoCommitStatusUpdated,
    RepoCreated,
    RepoDeleted,
    RepoEvent,
    RepoFork,
    RepoImported,
    RepoPush,
    RepoTransfer,
    RepoUpdated,
)
from .trace import ResourceSpans, ScopeSpans, Span, SpanEvent, SpanScope, SpanSource, SpanStatus

__all__ = [
    "EVENTS",
    "AnnotatedTag",
    "Bookmark",
    "Delivery",
    "Event",
    "FieldChange",
    "IssueCommentCreated",
    "IssueCreated",
    "IssueEvent",
    "IssueUpdated",
    "NamedBranch",
    "PipelineSpanCreated",
    "ProjectUpdated",
    "PullRequestApprovalEvent",
    "PullRequestApproved",
    "PullRequestChangesRequestCreated",
    "PullRequestChangesRequestEvent",
    "PullRequestChangesRequestRemoved",
    "PullRequestCommentCreated",
    "PullRequestCommentDeleted",
    "PullRequestCommentEvent",
    "PullRequestCommentReopened",
    "PullRequestCommentResolved",
    "PullRequestCommentUpdated",
    "PullRequestCreated",
    "PullRequestEvent",
    "PullRequestFulfilled",
    "PullRequestPush",
    "PullRequestRejected",
    "PullRequestUnapproved",
    "PullRequestUpdated",
    "Push",
    "PushChange",
    "RepoCommitCommentCreated",
    "RepoCommitStatusCreated",
    "RepoCommitStatusEvent",
    "RepoCommitStatusUpdated",
    "RepoCreated",
    "RepoDeleted",
    "RepoEvent",
    "RepoFork",
    "RepoImported",
    "RepoPush",
    "RepoTransfer",
    "RepoUpdated",
    "ResourceSpans",
    "ScopeSpans",
    "Span",
    "SpanEvent",
    "SpanScope",
    "SpanSource",
    "SpanStatus",
    "event_of",
]
