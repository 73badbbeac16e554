"""Pull requests as JSON."""

from typing import Any

from ..exchange import Call
from ..history import branches, commit_at, pick
from ..node import Node
from ..pattern import one_in
from ..store import Account, Repository
from .code import people_of, rendered, stub
from .people import SITE, app, link, user
from .repository import home, repository

STATES = ("OPEN", "MERGED", "OPEN", "DECLINED", "OPEN", "SUPERSEDED")
PLAIN_RELS = (
    "commits", "approve", "request-changes", "comments", "activity", "merge", "decline", "statuses",
)  # fmt: skip


def state_of(number: int) -> str:
    """Tell the state of a pull request by its number; the first is open."""
    return STATES[(number - 1) % len(STATES)]


def pullrequest(call: Call, one: Repository, number: int) -> Node:
    """Render a pull request as lists have it: reviewers and participants are hidden."""
    return Node(_common(call, one, number), lambda: _people(call, one, number))


def pullrequest_in_full(call: Call, one: Repository, number: int) -> Node:
    """Render a pull request by itself."""
    return Node(_common(call, one, number) | _people(call, one, number))


def _common(call: Call, one: Repository, number: int) -> dict[str, Any]:
    state = state_of(number)
    head = commit_at(one, min(number, one.commits - 1))
    title = head.message.strip().capitalize()
    text = f"{title}, so that nobody has to think about it again."
    merged = stub(call, one, commit_at(one, 0).hash[:12]) if state == "MERGED" else None
    closer = None if state == "OPEN" else _author(call, one, number + 1)
    return {
        "comment_count": pick(f"{head.hash}:comments", 9),
        "task_count": pick(f"{head.hash}:tasks", 3),
        "type": "pullrequest",
        "id": number,
        "title": title,
        "description": text,
        "rendered": {"title": rendered(title), "description": rendered(text)},
        "summary": rendered(text),
        "state": state,
        "draft": one_in(7, number, 6),
        "merge_commit": merged,
        "close_source_branch": one_in(2, number),
        "closed_by": closer,
        "author": _author(call, one, number),
        "reason": "Not needed any more." if state == "DECLINED" else "",
        "created_on": head.date.isoformat(timespec="microseconds"),
        "updated_on": commit_at(one, 0).date.isoformat(timespec="microseconds"),
        "destination": _end(
            call, one, one.mainbranch or "main", commit_at(one, one.commits - 1).hash
        ),
        "source": _source(call, one, number, head.hash),
        "links": _links(call, one, number),
    }


def _author(call: Call, one: Repository, number: int) -> Node:
    people = people_of(call, one)
    if one_in(4, number, 3) or not people:
        return app(call, one.workspace.app)
    return user(call, people[pick(f"{one.uuid}:{number}", len(people))])


def _end(call: Call, one: Repository, branch: str, name: str) -> dict[str, Any]:
    return {
        "branch": {"name": branch, "links": {}},
        "commit": stub(call, one, name[:12]),
        "repository": repository(call, one),
    }


def _source(call: Call, one: Repository, number: int, name: str) -> dict[str, Any]:
    """Render where the change comes from; of a fork that was deleted nothing is left."""
    others = branches(one)[1:]
    source = _end(call, one, others[number % len(others)].name, name)
    if one_in(6, number, 4):
        source |= {"repository": None, "commit": None}
    return source


def _links(call: Call, one: Repository, number: int) -> dict[str, Any]:
    here = f"{home(call, one)}/pullrequests/{number}"
    spec = spec_of(one, number)
    links = {
        "self": link(here),
        "html": link(f"{SITE}/{one.full_name}/pull-requests/{number}"),
        "diff": link(f"{home(call, one)}/diff/{spec}"),
        "diffstat": link(f"{home(call, one)}/diffstat/{spec}"),
    }
    return links | {rel: link(f"{here}/{rel}") for rel in PLAIN_RELS}


def spec_of(one: Repository, number: int) -> str:
    """Specify the difference a pull request makes; the `%0D` in it is meant literally."""
    source = commit_at(one, min(number, one.commits - 1)).hash[:12]
    target = commit_at(one, one.commits - 1).hash[:12]
    query = f"from_pullrequest_id={number}&topic=true"
    return f"{one.full_name}:{source}%0D{target}?{query}"


def _people(call: Call, one: Repository, number: int) -> dict[str, Any]:
    people = people_of(call, one)
    start = pick(f"{one.uuid}:{number}:reviewers", max(1, len(people)))
    reviewers = (people[start:] + people[:start])[: min(2, len(people))]
    return {
        "reviewers": [user(call, account) for account in reviewers],
        "participants": [
            _participant(call, one, account, approved=place == 0)
            for place, account in enumerate(reviewers)
        ],
    }


def _participant(
    call: Call, one: Repository, account: Account, *, approved: bool
) -> dict[str, Any]:
    return {
        "type": "participant",
        "user": user(call, account),
        "role": "REVIEWER",
        "approved": approved,
        "state": "approved" if approved else None,
        "participated_on": one.updated_on if approved else None,
    }
