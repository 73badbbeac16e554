"""What people say about pull requests: approvals, comments, tasks, and the log of it all."""

from collections.abc import Callable
from typing import Any

from ..access import allows, repository, right
from ..bodies import flag, json_object
from ..exchange import Call, Reply
from ..pages import Limits, count, cursored, numbered
from ..render.pullrequest import participant
from ..render.review import activity, comment, resolution, task
from ..replies import bad_request, error, forbidden, not_found
from ..routing import Group
from ..state.pulls import Comment, Event, PullRequest, PullRequests, Task
from ..store import Repository
from ..webhook.telling import of_pullrequest, said_by
from .pullrequests import ALL, EACH, READ, WRITE, actor, refuse_unknown, subject

UNDO = ("write:pullrequest:bitbucket", "pullrequest:write")
FEED = Limits(default=20, maximum=50, typed=False, filters=False)
COMMENTS = f"{EACH}/comments"
COMMENT = f"{COMMENTS}/{{comment_id}}"
TASKS = f"{EACH}/tasks"
TASK = f"{TASKS}/{{task_id}}"

group = Group()


def _say(state: str, kind: str) -> Callable[[Call], Reply]:
    def say(call: Call) -> Reply:
        """Approve, or ask for changes."""
        one, made = subject(call)
        if made.state == "MERGED":
            raise bad_request("This pull request has already been merged.")
        now = call.store.now()
        found = made.take_part(actor(call), now, state)
        made.happened(kind, actor(call), now)
        _tell(call, one, made, kind, done=True)
        return Reply(body=participant(call, actor(call), found))

    return say


def _take_back(state: str, kind: str) -> Callable[[Call], Reply]:
    def take_back(call: Call) -> Reply:
        """Approve no more, or ask for changes no more."""
        one, made = subject(call)
        if made.state == "MERGED":
            raise bad_request("This pull request has already been merged.")
        found = made.participants.get(actor(call))
        if found is None or found.state != state:
            raise not_found("You have not said so.")
        found.state = None
        _tell(call, one, made, kind, done=False)
        return Reply(204)

    return take_back


def _tell(call: Call, one: Repository, made: PullRequest, kind: str, *, done: bool) -> None:
    if kind == "approval":
        event, word = "approved" if done else "unapproved", "approval"
    else:
        event = f"changes_request_{'created' if done else 'removed'}"
        word = "changes_request"
    of_pullrequest(call, event, one, made, said_by(call, actor(call), word))


for _rel, _state, _kind in (
    ("approve", "approved", "approval"),
    ("request-changes", "changes_requested", "changes_requested"),
):
    group.on("POST", f"{EACH}/{_rel}", *WRITE, login=True)(_say(_state, _kind))
    group.on("DELETE", f"{EACH}/{_rel}", *UNDO, login=True)(_take_back(_state, _kind))


@group.on("GET", f"{EACH}/activity", *READ)
def list_activity(call: Call) -> Reply:
    """List what happened to a pull request, newest first; filters are ignored here."""
    one, made = subject(call)
    found = [(made, event) for event in reversed(made.events)]
    return cursored(call, found, lambda pair: activity(call, one, *pair), FEED)


@group.on("GET", f"{ALL}/activity", *READ)
def list_all_activity(call: Call) -> Reply:
    """List what happened to all pull requests of a repository."""
    one = repository(call)
    every = call.store.part(one, PullRequests)
    found: list[tuple[PullRequest, Event]] = [
        (made, event) for made in every for event in reversed(made.events)
    ]
    return cursored(call, found, lambda pair: activity(call, one, *pair), FEED)


@group.on("GET", COMMENTS, *READ)
def list_comments(call: Call) -> Reply:
    """List comments, oldest first: on the whole, on lines, and answers."""
    one, made = subject(call)
    return numbered(call, list(made.comments.values()), lambda c: comment(call, one, made, c))


@group.on("POST", COMMENTS, *READ, login=True)
def create_comment(call: Call) -> Reply:
    """Say something, on the whole, on a line, or in answer to somebody."""
    one, made = subject(call)
    body = json_object(call)
    refuse_unknown(body, {"content", "inline", "parent", "pending"})
    new_id, now = call.store.part(one, PullRequests).new_id(), call.store.now()
    said = Comment(new_id, actor(call), _raw(body), now, now)
    said.inline, said.parent = _inline(body), _other(made, body, "parent")
    said.pending = flag(body, "pending", current=False)
    made.comments[said.id] = said
    made.take_part(said.author, now)
    made.happened("comment", said.author, now, comment=said.id)
    rendered = comment(call, one, made, said)
    _tell_of(call, "created", one, made, said)
    return Reply(201, rendered, {"Location": rendered["links"]["self"]["href"]})


@group.on("GET", COMMENT, *READ)
def get_comment(call: Call) -> Reply:
    """Read one comment."""
    one, made, said = _comment(call)
    return Reply(body=comment(call, one, made, said))


@group.on("PUT", COMMENT, *READ, login=True)
def update_comment(call: Call) -> Reply:
    """Say it otherwise."""
    one, made, said = _comment(call, own=True)
    body = json_object(call)
    refuse_unknown(body, {"content", "inline", "parent", "pending"})
    said.text, said.updated_on = _raw(body), call.store.now()
    said.pending = flag(body, "pending", current=said.pending)
    _tell_of(call, "updated", one, made, said)
    return Reply(body=comment(call, one, made, said))


@group.on("DELETE", COMMENT, *READ, login=True)
def delete_comment(call: Call) -> Reply:
    """Take it back: an answered comment leaves its place, others are gone."""
    one, made, said = _comment(call, own=True)
    _tell_of(call, "deleted", one, made, said)
    if any(other.parent == said.id for other in made.comments.values()):
        said.deleted, said.text = True, ""
        return Reply(204)
    del made.comments[said.id]
    made.events = [event for event in made.events if event.comment != said.id]
    for todo in made.tasks.values():
        todo.comment = None if todo.comment == said.id else todo.comment
    return Reply(204)


@group.on("POST", f"{COMMENT}/resolve", *READ, login=True)
def resolve(call: Call) -> Reply:
    """Settle a thread."""
    one, made, said = _thread(call)
    if said.resolved is not None:
        raise error(409, "This comment has already been resolved.")
    said.resolved = actor(call), call.store.now()
    _tell_of(call, "resolved", one, made, said)
    return Reply(body=resolution(call, said))


@group.on("DELETE", f"{COMMENT}/resolve", *READ, login=True)
def reopen(call: Call) -> Reply:
    """Open a thread again."""
    one, made, said = _thread(call)
    if said.resolved is None:
        raise not_found("This comment has not been resolved.")
    said.resolved = None
    _tell_of(call, "reopened", one, made, said)
    return Reply(204)


@group.on("GET", TASKS, *READ)
def list_tasks(call: Call) -> Reply:
    """List what is to be done before merging."""
    one, made = subject(call)
    return numbered(call, list(made.tasks.values()), lambda t: task(call, one, made, t))


@group.on("POST", TASKS, *READ, login=True)
def create_task(call: Call) -> Reply:
    """Ask for something to be done."""
    one, made = subject(call)
    body = json_object(call)
    refuse_unknown(body, {"content", "comment", "pending"})
    new_id, now = call.store.part(one, PullRequests).new_id(), call.store.now()
    todo = Task(new_id, actor(call), _raw(body), now, now, _other(made, body, "comment"))
    todo.pending = flag(body, "pending", current=False)
    made.tasks[todo.id] = todo
    rendered = task(call, one, made, todo)
    return Reply(201, rendered, {"Location": rendered["links"]["self"]["href"]})


@group.on("GET", TASK, *READ)
def get_task(call: Call) -> Reply:
    """Read one task."""
    one, made, todo = _task(call)
    return Reply(body=task(call, one, made, todo))


@group.on("PUT", TASK, *READ, login=True)
def update_task(call: Call) -> Reply:
    """Change a task, or call it done."""
    one, made, todo = _task(call)
    body = json_object(call)
    refuse_unknown(body, {"content", "state"})
    state, now = body.get("state"), call.store.now()
    if state not in (None, "RESOLVED", "UNRESOLVED"):
        raise bad_request("Bad request", {"state": [f"'{state}' is not a state."]})
    if "content" in body or state is None:
        todo.text = _raw(body)
    if state is not None:
        todo.resolved = (actor(call), now) if state == "RESOLVED" else None
    todo.updated_on = now
    return Reply(body=task(call, one, made, todo))


@group.on("DELETE", TASK, *READ, login=True)
def delete_task(call: Call) -> Reply:
    """Ask for it no more."""
    _, made, todo = _task(call)
    del made.tasks[todo.id]
    return Reply(204)


def _tell_of(call: Call, what: str, one: Repository, made: PullRequest, said: Comment) -> None:
    """Tell of a comment, unless it is part of a review that is not published yet."""
    if not said.pending:
        event = f"comment_{what}"
        of_pullrequest(call, event, one, made, lambda: {"comment": comment(call, one, made, said)})


def _comment(call: Call, *, own: bool = False) -> tuple[Repository, PullRequest, Comment]:
    """Find the comment in the address; the message of a 404 is its bare number."""
    one, made = subject(call)
    name = call.params["comment_id"]
    found = made.comments.get(count(name))
    if found is None or (found.deleted and call.method != "GET"):
        raise not_found(name)
    if own and found.author != actor(call) and not allows(right(call, one), "admin"):
        raise forbidden("This comment is somebody else's.")
    return one, made, found


def _thread(call: Call) -> tuple[Repository, PullRequest, Comment]:
    one, made, found = _comment(call)
    if found.parent is not None:
        raise forbidden("Only a comment that answers no other can be resolved.")
    return one, made, found


def _task(call: Call) -> tuple[Repository, PullRequest, Task]:
    one, made = subject(call)
    found = made.tasks.get(count(call.params["task_id"]))
    if found is None:
        raise not_found(call.params["task_id"])
    return one, made, found


def _raw(body: dict[str, Any]) -> str:
    content = body.get("content")
    raw = content.get("raw") if isinstance(content, dict) else None
    if not isinstance(raw, str) or not raw.strip():
        raise bad_request("Bad request", {"content": ["This field may not be blank."]})
    return raw


def _other(made: PullRequest, body: dict[str, Any], name: str) -> int | None:
    """Read the comment that another one, or a task, belongs to."""
    given = body.get(name)
    if given is None:
        return None
    found = given.get("id") if isinstance(given, dict) else None
    if not isinstance(found, int) or found not in made.comments:
        raise bad_request("Bad request", {name: ["There is no such comment."]})
    return found


def _inline(body: dict[str, Any]) -> dict[str, Any] | None:
    given = body.get("inline")
    if given is None:
        return None
    if not isinstance(given, dict) or not isinstance(given.get("path"), str):
        raise bad_request("Bad request", {"inline": ["expected the path of a file"]})
    known = ("path", "from", "to", "start_from", "start_to")
    refuse_unknown(given, set(known))
    return {name: given.get(name) for name in known if name in given or name in {"from", "to"}}
