"""Events of issues; the service has removed its issue tracker and sends none any more."""

from __future__ import annotations

from collections.abc import Mapping

from ...model.resource import resource
from ...resources import Issue, IssueComment
from .change import FieldChange
from .event import Event, keyed


@resource()
class IssueEvent(Event):
    """Something that happened to an issue."""

    issue: Issue | None = None


@keyed("issue:created")
class IssueCreated(IssueEvent):
    """It was opened."""


@keyed("issue:updated")
class IssueUpdated(IssueEvent):
    """It was changed."""

    comment: IssueComment | None = None
    changes: Mapping[str, FieldChange] | None = None
    """By field."""


@keyed("issue:comment_created")
class IssueCommentCreated(IssueEvent):
    """It was commented on."""

    comment: IssueComment | None = None
