"""Pull requests as JSON."""

from typing import Any

from ..exchange import Call
from ..node import Node
from ..state.pulls import End, Participant, PullRequest
from ..store import Repository
from .code import STRATEGIES, rendered, stub
from .people import SITE, app, link, user
from .repository import home, repository

PLAIN_RELS = (
    "commits", "approve", "request-changes", "comments", "activity", "merge", "decline", "statuses",
)  # fmt: skip


def whoever(call: Call, uuid: str) -> Node:
    """Render a person, or the app behind a token."""
    people = call.people([uuid])
    return user(call, people[0]) if people else app(call, call.store.apps[uuid])


def pullrequest(call: Call, one: Repository, made: PullRequest) -> Node:
    """Render a pull request as lists have it: reviewers and participants are hidden."""
    return Node(_common(call, one, made), lambda: _people(call, made))


def pullrequest_in_full(call: Call, one: Repository, made: PullRequest) -> Node:
    """Render a pull request by itself."""
    return Node(_common(call, one, made) | _people(call, made))


def pullrequest_stub(call: Call, one: Repository, made: PullRequest) -> dict[str, Any]:
    """Render a pull request as what belongs to it refers to it."""
    links = _links(call, one, made)
    return {
        "type": "pullrequest",
        "id": made.number,
        "title": made.title,
        "draft": made.draft,
        "links": {rel: links[rel] for rel in ("self", "html")},
    }


def _common(call: Call, one: Repository, made: PullRequest) -> dict[str, Any]:
    merged = None if made.merge_commit is None else stub(call, one, made.merge_commit)
    texts = {"title": made.title, "description": made.text, "reason": made.reason}
    return {
        "comment_count": made.comment_count,
        "task_count": made.task_count,
        "type": "pullrequest",
        "id": made.number,
        "title": made.title,
        "description": made.text,
        "rendered": {name: rendered(text) for name, text in texts.items()},
        "summary": rendered(made.text),
        "state": made.state,
        "draft": made.draft,
        "queued": made.queued,
        "merge_commit": merged,
        "close_source_branch": made.close_source_branch,
        "closed_by": None if made.closed_by is None else whoever(call, made.closed_by),
        "author": whoever(call, made.author),
        "reason": made.reason,
        "created_on": made.created_on,
        "updated_on": made.updated_on,
        "destination": end(call, made.destination, merging=True),
        "source": end(call, made.source),
        "links": _links(call, one, made),
    }


def end(call: Call, side: End, *, merging: bool = False) -> dict[str, Any]:
    """Render one side; how its branch can be merged into is hidden, as the service has it."""
    known = {"merge_strategies": STRATEGIES, "default_merge_strategy": STRATEGIES[0]}
    branch = Node({"name": side.branch, "links": {}}, lambda: known if merging else {})
    if side.repository is None:
        return {"branch": branch, "commit": None, "repository": None}
    return {
        "branch": branch,
        "commit": stub(call, side.repository, side.hash),
        "repository": repository(call, side.repository),
    }


def _links(call: Call, one: Repository, made: PullRequest) -> dict[str, Any]:
    here = f"{home(call, one)}/pullrequests/{made.number}"
    spec = spec_of(one, made)
    links = {
        "self": link(here),
        "html": link(f"{SITE}/{one.full_name}/pull-requests/{made.number}"),
        "diff": link(f"{home(call, one)}/diff/{spec}"),
        "diffstat": link(f"{home(call, one)}/diffstat/{spec}"),
    }
    return links | {rel: link(f"{here}/{rel}") for rel in PLAIN_RELS}


def spec_of(one: Repository, made: PullRequest) -> str:
    """Specify the difference a pull request makes; the `%0D` in it is meant literally."""
    query = f"from_pullrequest_id={made.number}&topic=true"
    source = made.source.repository or one
    return f"{source.full_name}:{made.source.hash}%0D{made.destination.hash}?{query}"


def _people(call: Call, made: PullRequest) -> dict[str, Any]:
    return {
        "reviewers": [whoever(call, uuid) for uuid in made.reviewers],
        "participants": [participant(call, uuid, one) for uuid, one in made.participants.items()],
    }


def participant(call: Call, uuid: str, one: Participant) -> dict[str, Any]:
    """Render somebody who took part."""
    return {
        "type": "participant",
        "user": whoever(call, uuid),
        "role": one.role,
        "approved": one.state == "approved",
        "state": one.state,
        "participated_on": one.when,
    }
