"""The issue tracker: removed, so that everything is answered 410, wherever it was found."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from bbasync import Bitbucket, Resource
from bbasync.api import OPERATIONS
from bbasync.fake import FakeBitbucket
from bbasync.model.make import from_wire
from bbasync.model.shape import NAMES
from bbasync.resources import Content, ExportOptions, Issue, IssueChange, IssueComment
from bbasync.wire.body import Body, Part

from . import Cases

PLACE = "/repositories/acme/site"
LINKS = {
    "Component": {"self": "components/1"},
    "Issue": {
        "self": "issues/1",
        "comments": "issues/1/comments",
        "attachments": "issues/1/attachments",
        "watch": "issues/1/watch",
        "vote": "issues/1/vote",
    },
    "IssueAttachment": {"self": "issues/1/attachments/crash.log"},
    "IssueChange": {"self": "issues/1/changes/2", "issue": "issues/1"},
    "IssueComment": {"self": "issues/1/comments/3"},
    "Milestone": {"self": "milestones/1"},
    "Version": {"self": "versions/1"},
}
"""By class, the links that its objects had, below the repository's address."""
FILE = Body.of_parts([Part("file", b"What was seen", "crash.log", "text/plain")])


async def _names(_client: Bitbucket, _service: FakeBitbucket) -> dict[str, str]:
    """Names of things that are no more."""
    return {
        "workspace": "acme",
        "repo_slug": "site",
        "issue_id": "1",
        "change_id": "2",
        "comment_id": "3",
        "component_id": "1",
        "milestone_id": "1",
        "version_id": "1",
        "path": "crash.log",
        "repo_name": "site",
        "task_id": "b3f1",
    }


def _kept(kind: str) -> Callable[[Bitbucket], Awaitable[Resource]]:
    """An object as the service sent it while there were any."""

    async def make(bb: Bitbucket) -> Any:
        base = f"{bb._options.origins.base}{PLACE}"
        links = {rel: {"href": f"{base}/{below}"} for rel, below in LINKS[kind].items()}
        return from_wire({"links": links}, NAMES[kind], bb)

    return make


CASES = Cases(
    groups={"issues": _names},
    bodies={
        "issues.create": Issue(title="It breaks", kind="bug"),
        "issues.update": Issue(state="resolved"),
        "issues.create_attachments": FILE,
        "issues.create_change": IssueChange(changes={"state": {"new": "resolved"}}),
        "issues.create_comment": IssueComment(content=Content(raw="Mended")),
        "issues.update_comment": IssueComment(content=Content(raw="Mended now")),
        "issues.export": ExportOptions(include_attachments=True),
        "issues.start_import": FILE,
    },
    gone={f"issues.{one.name}": "CHANGE-3401" for one in OPERATIONS if one.group == "issues"},
    found={kind: _kept(kind) for kind in LINKS},
    linkless=frozenset({"ExportOptions", "IssueJobStatus"}),
    removed=frozenset((kind, rel) for kind, links in LINKS.items() for rel in links),
)
