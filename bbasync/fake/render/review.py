"""What is said about pull requests, as JSON: comments, tasks, the log of activity."""

from typing import Any
from urllib.parse import quote

from ..exchange import Call
from ..node import Node
from ..state.pulls import Comment, Event, MergeTask, PullRequest, Task
from ..store import Repository
from .code import rendered
from .people import SITE, link
from .pullrequest import end, pullrequest_in_full, pullrequest_stub, whoever
from .repository import home


def comment(call: Call, one: Repository, made: PullRequest, said: Comment) -> Node:
    """Render a comment; one on a line has another link, and one that answers names the other."""
    here = f"{home(call, one)}/pullrequests/{made.number}"
    page = f"{SITE}/{one.full_name}/pull-requests/{made.number}/_/diff#comment-{said.id}"
    links = {"self": link(f"{here}/comments/{said.id}"), "html": link(page)}
    shown: dict[str, Any] = {
        "type": "pullrequest_comment",
        "id": said.id,
        "content": rendered(said.text),
        "user": whoever(call, said.author),
        "created_on": said.created_on,
        "updated_on": said.updated_on,
        "deleted": said.deleted,
        "pending": said.pending,
        "pullrequest": pullrequest_stub(call, one, made),
        "links": links,
    }
    if said.inline is not None:
        spec = f"{one.full_name}:{made.source.hash}%0D{made.destination.hash}"
        path = quote(said.inline["path"])
        links["code"] = link(f"{home(call, one)}/diff/{spec}?path={path}")
        shown["inline"] = said.inline
    if said.parent is not None:
        address = {"self": link(f"{here}/comments/{said.parent}")}
        shown["parent"] = {"id": said.parent, "links": address}
    if said.resolved is not None:
        shown["resolution"] = resolution(call, said)
    return Node(shown)


def resolution(call: Call, said: Comment) -> dict[str, Any]:
    """Render who settled a thread."""
    who, when = said.resolved or ("", "")
    return {"type": "comment_resolution", "user": whoever(call, who), "created_on": when}


def task(call: Call, one: Repository, made: PullRequest, todo: Task) -> Node:
    """Render a task, which has no `type`."""
    here = f"{home(call, one)}/pullrequests/{made.number}"
    page = f"{SITE}/{one.full_name}/pull-requests/{made.number}"
    who, when = todo.resolved or (None, None)
    shown: dict[str, Any] = {
        "id": todo.id,
        "state": "UNRESOLVED" if todo.resolved is None else "RESOLVED",
        "content": rendered(todo.text),
        "creator": whoever(call, todo.creator),
        "created_on": todo.created_on,
        "updated_on": todo.updated_on,
        "resolved_on": when,
        "resolved_by": None if who is None else whoever(call, who),
        "pending": todo.pending,
        "links": {
            "self": link(f"{here}/tasks/{todo.id}"),
            "html": link(f"{page}?_task={todo.id}"),
        },
    }
    if todo.comment is not None:
        links = {
            "self": link(f"{here}/comments/{todo.comment}"),
            "html": link(f"{page}#comment-{todo.comment}"),
        }
        text = rendered(made.comments[todo.comment].text)
        shown["comment"] = {"id": todo.comment, "content": text, "links": links}
    return Node(shown)


def activity(call: Call, one: Repository, made: PullRequest, event: Event) -> Node:
    """Render what happened: no `type`, the one key beside `pull_request` tells what it was."""
    subject = pullrequest_stub(call, one, made)
    told: dict[str, Any]
    if event.kind == "comment":
        told = comment(call, one, made, made.comments[event.comment])
    elif event.kind == "update":
        told = _update(call, made, event)
    else:
        told = {"date": event.when, "user": whoever(call, event.who), "pullrequest": subject}
    return Node({"pull_request": subject, event.kind: told})


def _update(call: Call, made: PullRequest, event: Event) -> dict[str, Any]:
    return {
        "title": event.title,
        "description": event.text,
        "state": event.state,
        "draft": made.draft,
        "reason": event.reason,
        "author": whoever(call, event.who),
        "date": event.when,
        "changes": event.changes,
        "reviewers": [whoever(call, uuid) for uuid in made.reviewers],
        "destination": end(call, made.destination),
        "source": end(call, made.source),
    }


def merge_task(call: Call, one: Repository, made: PullRequest, job: MergeTask) -> Node:
    """Render how far a merge is; one that is done has the merged pull request."""
    done = job.looks <= 0
    shown: dict[str, Any] = {
        "task_status": "SUCCESS" if done else "PENDING",
        "links": {"self": link(merge_address(call, one, job))},
    }
    if done:
        shown["merge_result"] = pullrequest_in_full(call, one, made)
    return Node(shown)


def merge_address(call: Call, one: Repository, job: MergeTask) -> str:
    """Give the address where a merge can be looked at."""
    return f"{home(call, one)}/pullrequests/{job.number}/merge/task-status/{job.id}"
