"""The issue tracker that Bitbucket had: issues, what was changed on them, and their lists of names.

The service has removed it; what was fetched and kept before still reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self, Unpack

from ..model.convert import converter
from ..model.link import link
from ..model.make import structured
from ..model.resource import Resource, resource
from ..paging import ListQuery, Pager
from ..wire.stream import Stream

if TYPE_CHECKING:
    from .account import Account
    from .comment import IssueComment
    from .content import Content
    from .repository import Repository

__all__ = [
    "Component",
    "ExportOptions",
    "Issue",
    "IssueAttachment",
    "IssueChange",
    "IssueJobStatus",
    "Milestone",
    "Version",
]


@resource("component")
class Component(Resource):
    """A part of the project that issues are about."""

    type: str | None = None
    id: int | None = None
    name: str | None = None

    @link("self")
    async def self_(self) -> Self:
        """Fetch this component again."""


@converter.register_structure_hook
def _component(data: Any, kind: type[Component]) -> Component:
    """Samples of deliveries have a component's name alone; milestones and versions are objects."""
    return structured({"name": data} if isinstance(data, str) else data, kind)


@resource("milestone")
class Milestone(Resource):
    """Something by which issues shall be done."""

    type: str | None = None
    id: int | None = None
    name: str | None = None

    @link("self")
    async def self_(self) -> Self:
        """Fetch this milestone again."""


@resource("version")
class Version(Resource):
    """A release of the project that issues are about."""

    type: str | None = None
    id: int | None = None
    name: str | None = None

    @link("self")
    async def self_(self) -> Self:
        """Fetch this version again."""


@resource("issue")
class Issue(Resource):
    """An issue; in other objects, only its id, title, repository and links."""

    type: str | None = None
    id: int | None = None
    """Counted in its repository."""
    title: str | None = None
    content: Content | None = None
    kind: str | None = None
    """``bug``, ``enhancement``, ``proposal`` or ``task``."""
    priority: str | None = None
    """``trivial``, ``minor``, ``major``, ``critical`` or ``blocker``."""
    state: str | None = None
    """``submitted``, ``new``, ``open``, ``resolved``, ``on hold``, ``invalid``, ``duplicate``,
    ``wontfix`` or ``closed``."""
    repository: Repository | None = None
    reporter: Account | None = None
    """None where it was opened without an account."""
    assignee: Account | None = None
    component: Component | None = None
    """Of a webhook, maybe nothing but its name, in its ``to_dict()`` too."""
    milestone: Milestone | None = None
    version: Version | None = None
    votes: int | None = None
    watches: int | None = None
    """How many people watch it."""
    created_on: datetime | None = None
    updated_on: datetime | None = None
    edited_on: datetime | None = None
    """When its text was last changed; None where it never was."""

    @link("self")
    async def self_(self) -> Self:
        """Fetch this issue in full."""

    @link("comments")
    def comments(self, **query: Unpack[ListQuery]) -> Pager[IssueComment]:
        """Walk the comments on it."""

    @link("attachments")
    def attachments(self, **query: Unpack[ListQuery]) -> Pager[IssueAttachment]:
        """Walk the files attached to it."""

    @link("vote")
    async def check_vote(self) -> None:
        """Check that the caller has voted for it; NotFoundError where not."""

    @link("watch")
    async def check_watch(self) -> None:
        """Check that the caller watches it; NotFoundError where not."""


@resource("issue_change")
class IssueChange(Resource):
    """One change of an issue; to make one, set ``changes`` and, if wanted, ``message``."""

    type: str | None = None
    id: int | None = None
    name: str | None = None
    issue: Issue | None = None
    user: Account | None = None
    created_on: datetime | None = None
    changes: Mapping[str, Any] | None = None
    """By field, what it was and is, both as text: ``{"state": {"old": "new", "new": "open"}}``.

    An assignee is given by account id, as ``assignee_account_id``."""
    message: Content | None = None

    @link("self")
    async def self_(self) -> Self:
        """Fetch this change again."""

    @link("issue")
    async def get_issue(self) -> Issue:
        """Fetch the issue that was changed."""


@resource("issue_attachment")
class IssueAttachment(Resource):
    """A file attached to an issue: its name, and where it is."""

    type: str | None = None
    name: str | None = None

    @link("self")
    def self_(self) -> Stream:
        """Read the file."""


@resource("issue_job_status")
class IssueJobStatus(Resource):
    """How far an export or import of all issues has come."""

    type: str | None = None
    status: str | None = None
    """``ACCEPTED``, ``STARTED``, ``RUNNING``, ``SUCCESS`` or ``FAILURE``."""
    phase: str | None = None
    total: int | None = None
    """Issues to do."""
    count: int | None = None
    """Issues done."""
    pct: float | None = None
    """Percent done, from 0 to 100; some answers name it ``percent``."""
    percent: float | None = None


@resource("export_options")
class ExportOptions(Resource):
    """What an export of all issues shall hold."""

    type: str | None = None
    project_key: str | None = None
    project_name: str | None = None
    send_email: bool | None = None
    """Whether the caller is told by e-mail when it is done."""
    include_attachments: bool | None = None
