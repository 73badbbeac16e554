"""Pull requests, what is said about them, and merging."""

from __future__ import annotations

from typing import Any

from bbasync import Bitbucket
from bbasync.fake import FakeBitbucket
from bbasync.fake.state.pulls import PullRequests
from bbasync.resources import (
    Branch,
    Content,
    Inline,
    MergeParameters,
    MergeTask,
    PullRequest,
    PullRequestComment,
    PullRequestEndpoint,
    PullRequestTask,
)

from . import Cases

SITE = ("acme", "site")
NEW = PullRequest(
    title="New",
    description="What it is for",
    source=PullRequestEndpoint(branch=Branch(name="develop")),
)
REMARK = PullRequestComment(content=Content(raw="Look here"), inline=Inline(path="README.md", to=2))
TASK = PullRequestTask(content=Content(raw="Write a test"))


async def _names(client: Bitbucket, service: FakeBitbucket) -> dict[str, str]:
    """An open pull request of the caller's with a remark, a task and an approval, and a queue."""
    calls, owner = client.pullrequests, service.account("owner").uuid
    made, other = [str((await calls.create(*SITE, NEW)).id) for _ in range(2)]
    remark = await calls.create_comment(*SITE, made, REMARK)
    settled = await calls.create_comment(*SITE, made, REMARK)
    await calls.resolve_comment(*SITE, made, str(settled.id))
    await calls.create_task(*SITE, made, TASK)
    task = await calls.create_task(*SITE, made, TASK)
    await calls.approve(*SITE, made)
    await calls.request_changes(*SITE, other)
    await calls.add_default_reviewer(*SITE, owner)
    started = await calls.start_merge(*SITE, other, async_=True)
    [site] = [one for one in service.store.repositories() if one.full_name == "acme/site"]
    service.store.part(site, PullRequests).queued = {"release": [int(made)], "hotfix": []}
    queue = await calls.list_merge_queues(*SITE).first()
    assert queue is not None
    source = (await calls.get(*SITE, made)).to_dict()["source"]
    return {
        "workspace": "acme",
        "repo_slug": "site",
        "pull_request_id": made,
        "comment_id": str(remark.id),
        "reopen_comment.comment_id": str(settled.id),
        "task_id": str(task.id),
        "withdraw_request.pull_request_id": other,
        "get_merge_task.pull_request_id": other,
        "get_merge_task.task_id": started.headers["Location"].rpartition("/")[2],
        "commit": source["commit"]["hash"],
        "selected_user": owner,
        "target_username": owner,
        "merge_queue_uuid": queue.to_dict()["uuid"],
    }


async def _remark(bb: Bitbucket) -> Any:
    remarks = await bb.pullrequests.list_comments(*SITE, 1).all()
    return next(one for one in remarks if "code" in one.links)


async def _merge_task(bb: Bitbucket) -> MergeTask:
    answer = await bb.pullrequests.start_merge(*SITE, 1, async_=True)
    task = answer.headers["Location"].rpartition("/")[2]
    return await bb.pullrequests.get_merge_task(*SITE, 1, task)


CASES = Cases(
    groups={"pullrequests": _names},
    bodies={
        "pullrequests.create": NEW,
        "pullrequests.update": PullRequest(title="Newer", description="And what not"),
        "pullrequests.decline": PullRequest(reason="Not now"),
        "pullrequests.start_merge": MergeParameters(message="Done", merge_strategy="squash"),
        "pullrequests.create_comment": REMARK,
        "pullrequests.update_comment": PullRequestComment(content=Content(raw="And there")),
        "pullrequests.create_task": TASK,
        "pullrequests.update_task": {"state": "RESOLVED"},
    },
    written=(
        ("pullrequests.update", "pullrequests.get"),
        ("pullrequests.update_task", "pullrequests.get_task"),
    ),
    deleted=(
        ("pullrequests.delete_comment", "pullrequests.get_comment"),
        ("pullrequests.delete_task", "pullrequests.get_task"),
        ("pullrequests.remove_default_reviewer", "pullrequests.get_default_reviewer"),
    ),
    empty=frozenset({"pullrequests.list_conflicts"}),
    found={
        "MergeTask": _merge_task,
        "PullRequest": lambda bb: bb.pullrequests.list(*SITE).first(),
        "PullRequestComment": _remark,
        "PullRequestTask": lambda bb: bb.pullrequests.list_tasks(*SITE, 1).first(),
    },
    linkless=frozenset(
        {
            "CommentResolution",
            "MergeParameters",
            "Participant",
            "PullRequestActivity",
            "PullRequestEndpoint",
            "PullRequestOpinion",
            "PullRequestTexts",
            "PullRequestUpdate",
        }
    ),
    bytes_=frozenset({("PullRequest", "diff"), ("PullRequestComment", "code")}),
    actions=frozenset(
        {
            ("PullRequest", "approve"),
            ("PullRequest", "decline"),
            ("PullRequest", "merge"),
            ("PullRequest", "request-changes"),
        }
    ),
)
