"""Merging pull requests: at once or as a task, what stands in its way, and merge queues."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from .. import access
from ..bodies import flag, json_object, text
from ..exchange import Call, Reply
from ..node import Node
from ..pages import numbered
from ..render.code import signature
from ..render.pullrequest import pullrequest_in_full, pullrequest_stub
from ..render.review import merge_address, merge_task
from ..replies import bad_request, error, not_found
from ..routing import Group
from ..state.merging import STRATEGIES, carry_out, conflicts_of
from ..state.pulls import MergeTask, PullRequest, PullRequests
from ..store import Repository, uuid_of
from ..webhook.telling import of_pullrequest, pushing
from .pullrequests import EACH, READ, WRITE, actor, subject
from .repositories import ONE
from .repositories import READ as REPOSITORY

LONGEST_MESSAGE = 128 * 1024
QUEUES = f"{ONE}/merge-queues"
FAILURES = {
    400: "There are unresolved merge checks.",
    409: "A ref of the pull request changed while it was being merged.",
    555: "The merge took too long.",
}

group = Group()


@group.on("POST", f"{EACH}/merge", *WRITE, login=True)
def merge(call: Call) -> Reply:
    """Merge a pull request, or begin to: as a task where that is asked for or takes long."""
    one, made = subject(call, "write")
    every, body = call.store.part(one, PullRequests), json_object(call)
    if made.state != "OPEN":
        raise bad_request("This pull request is already closed.")
    strategy = STRATEGIES[0]
    if body.get("merge_strategy") is not None:  # null is none, and so the usual one
        strategy = text(body, "merge_strategy", strategy)
    if strategy not in STRATEGIES:
        raise bad_request("Bad request", {"merge_strategy": [f"'{strategy}' is not a strategy."]})
    if len(text(body, "message", "").encode()) > LONGEST_MESSAGE:
        raise bad_request("Bad request", {"message": ["This message is too long."]})
    made.close_source_branch = flag(body, "close_source_branch", current=made.close_source_branch)
    if call.arg("async") == "true" or every.merges_take_long:
        job = MergeTask(call.store.new_uuid().strip("{}"), made.number, actor(call), every.looks)
        every.merge_tasks[job.id] = job
        return Reply(202, text=b"", headers={"Location": merge_address(call, one, job)})
    _carry_out(call, one, made)
    return Reply(body=pullrequest_in_full(call, one, made))


@group.on("GET", f"{EACH}/merge/task-status/{{task_id}}", *READ, login=True)
def get_merge_task(call: Call) -> Reply:
    """Look at a merge: unfinished, done, or an error."""
    one, made = subject(call)
    every = call.store.part(one, PullRequests)
    job = every.merge_tasks.get(call.params["task_id"])
    if job is None or job.number != made.number:
        raise bad_request("This task is not one of this pull request.")
    if job.starter != actor(call):
        raise error(403, "This task was started by somebody else.")
    if job.looks > 0:
        unfinished = merge_task(call, one, made, job)
        job.looks -= 1
        return Reply(body=unfinished)
    if made.state == "OPEN":
        _carry_out(call, one, made)
    return Reply(body=merge_task(call, one, made, job))


def _carry_out(call: Call, one: Repository, made: PullRequest) -> None:
    """Merge, or fail the way a test wants it."""
    every = call.store.part(one, PullRequests)
    failure = every.merge_failure
    if made.source.repository is None:
        raise bad_request("The source of this pull request is gone.")
    if conflicts_of(one, made):
        raise bad_request("There are merge conflicts.")
    if made.destination.branch in every.queued and failure is None:
        made.queued = True
        every.queued[made.destination.branch].append(made.number)
        return
    if failure is None or every.merges_anyway:
        with pushing(call, one), _of_source(call, one, made):
            carry_out(one, made, actor(call), call.store.now(), signature(call, one))
        of_pullrequest(call, "fulfilled", one, made)
    if failure is not None:
        raise error(failure, FAILURES[failure])


def _of_source(call: Call, one: Repository, made: PullRequest) -> AbstractContextManager[None]:
    """Tell of the branch too that is closed in the end, where it is another repository's."""
    source = made.source.repository
    return nullcontext() if source is None or source is one else pushing(call, source)


@group.on("GET", f"{EACH}/mergeability/checks", *READ)
def list_checks(call: Call) -> Reply:
    """List what a merge depends on."""
    one, made = subject(call)
    may_write = access.allows(access.right(call, one), "write")
    clean = not conflicts_of(one, made)
    checks: list[tuple[str, bool, dict[str, Any]]] = [
        ("pullrequest_state_check", made.state == "OPEN", {"state": made.state}),
        ("current_user_permission_check", may_write, {}),
        ("git_mergeability_check", clean, {"reason": "clean" if clean else "conflicts"}),
    ]

    def render(check: tuple[str, bool, dict[str, Any]]) -> Node:
        kind, passed, more = check
        status = "PASSED" if passed else "FAILED"
        shown = {"type": kind, "status": status, "required": True, "blocking": not passed}
        return Node(shown | more)

    return numbered(call, checks, render)


@group.on("GET", QUEUES, *REPOSITORY)
def list_queues(call: Call) -> Reply:
    """List the merge queues of a repository, or that of one branch."""
    one = access.repository(call)
    wanted = call.arg("target_branch")
    branches = [b for b in call.store.part(one, PullRequests).queued if wanted in {None, b}]
    return numbered(call, branches, lambda branch: _queue(call, one, branch))


@group.on("GET", f"{QUEUES}/{{merge_queue_uuid}}", *REPOSITORY)
def get_queue(call: Call) -> Reply:
    """Read a merge queue and who waits in it."""
    one, branch = _found(call, "read")
    return Reply(body=_queue(call, one, branch))


@group.on(
    "DELETE",
    f"{QUEUES}/{{merge_queue_uuid}}/pullrequests/{{pull_request_id}}",
    *WRITE,
    login=True,
)
def leave_queue(call: Call) -> Reply:
    """Take a pull request out of a merge queue."""
    one, branch = _found(call, "write")
    every = call.store.part(one, PullRequests)
    _, made = subject(call)
    if made.number not in every.queued[branch]:
        raise not_found(call.params["pull_request_id"])
    every.queued[branch].remove(made.number)
    made.queued = False
    return Reply(204)


def _found(call: Call, need: str) -> tuple[Repository, str]:
    one = access.repository(call, need)
    name = call.params["merge_queue_uuid"]
    for branch in call.store.part(one, PullRequests).queued:
        if _uuid(one, branch) == name:
            return one, branch
    raise not_found(name)


def _uuid(one: Repository, branch: str) -> str:
    return uuid_of(f"{one.uuid}:queue:{branch}")


def _queue(call: Call, one: Repository, branch: str) -> Node:
    every = call.store.part(one, PullRequests)
    waiting = [pullrequest_stub(call, one, every.find(n)) for n in every.queued[branch]]
    shown = {
        "uuid": _uuid(one, branch),
        "name": branch,
        "state": "ACTIVE",
        "target_branch": branch,
        "pullrequests": waiting,
    }
    return Node(shown)
