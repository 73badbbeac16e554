"""A delivery of each kind, of what the fake has: nothing has to happen for it, nothing changes."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import evolve

from ..exchange import Call
from ..render.builds import build
from ..render.code import commit, rendered
from ..render.people import SITE, link, team
from ..render.pullrequest import pullrequest_in_full
from ..render.remark import remark
from ..render.review import comment
from ..state import history
from ..state.builds import Build
from ..state.history import Ref
from ..state.pulls import Comment, PullRequest, PullRequests
from ..state.remarks import Remark
from ..state.runs import Run, Runs
from ..store import Repository, uuid_of
from .parts import Change, actor_of, project_told, push, repository_told, whose
from .spans import EVENT as SPANS
from .spans import traced

Sample = Callable[[Call, Repository, PullRequest | None], dict[str, Any]]

APPROVED: Final = {"approved": "approval", "unapproved": "approval"}
ASKED: Final = {
    "changes_request_created": "changes_request",
    "changes_request_removed": "changes_request",
}
STATES: Final = {"fulfilled": "MERGED", "rejected": "DECLINED"}
"""What a pull request is after an event; open after the others."""
COMMENTED: Final = ("created", "updated", "deleted", "resolved", "reopened")
NUMBER: Final = 1
"""Of what is made up."""


def sample(call: Call, event: str, one: Repository, made: PullRequest | None) -> dict[str, Any]:
    """Make the payload of an event; ValueError where it is none, or needs what is not there."""
    if event not in SAMPLES:
        known = ", ".join(sorted(SAMPLES))
        raise ValueError(f"No event {event!r} that a payload is known of; there are {known}")
    return SAMPLES[event](call, one, made)


def _of_repository(parts: Sample) -> Sample:
    def make(call: Call, one: Repository, made: PullRequest | None) -> dict[str, Any]:
        envelope = {"repository": repository_told(call, one)} | actor_of(call)
        return envelope | parts(call, one, made)

    return make


def _of_pullrequest(event: str) -> Sample:
    state = STATES.get(event, "OPEN")

    def make(call: Call, one: Repository, made: PullRequest | None) -> dict[str, Any]:
        if made is None:
            raise ValueError(
                f"{one.full_name} has no pull request to tell of: make one with "
                f"fake.workspace({one.workspace.slug!r}).repository({one.slug!r}).pullrequest(...)"
            )
        shown = made if made.state == state else _in_state(call, one, made, state)
        parts: dict[str, Any] = {"pullrequest": pullrequest_in_full(call, one, shown)}
        word = (APPROVED | ASKED).get(event)
        if word is not None:
            parts[word] = {"date": call.store.now(), "user": whose(call, _who(call))}
        if event.startswith("comment_"):
            said = _comment(call, made, event.removeprefix("comment_"))
            parts["comment"] = comment(call, one, made, said)
        return parts

    return _of_repository(make)


def _in_state(call: Call, one: Repository, made: PullRequest, state: str) -> PullRequest:
    newest = history.head(one)
    merged = newest.hash[:12] if newest and state == "MERGED" else None
    closer = None if state == "OPEN" else _who(call)
    return evolve(made, state=state, merge_commit=merged, closed_by=closer)


def _comment(call: Call, made: PullRequest, what: str) -> Comment:
    now, who = call.store.now(), _who(call)
    said = Comment(NUMBER, who, "Looks good to me.", made.created_on, now)
    said.deleted = what == "deleted"
    said.resolved = (who, now) if what == "resolved" else None
    return said


def _push(call: Call, one: Repository, _: PullRequest | None) -> dict[str, Any]:
    newest = history.head(one)
    if newest is None or one.mainbranch is None:
        return {"push": {"changes": []}}
    above = next(iter(history.parents(newest)), None)
    old = None if above is None else Ref(one.mainbranch, above)
    change = Change("branch", old, Ref(one.mainbranch, newest))
    return {"push": push(call, one, {}, [change])}


def _fork(call: Call, one: Repository, _: PullRequest | None) -> dict[str, Any]:
    slug = f"{one.slug}-fork"
    made_up = evolve(one, uuid=uuid_of(f"{one.uuid}:fork"), slug=slug, name=slug, parent=one)
    return {"fork": repository_told(call, made_up)}


def _updated(_: Call, one: Repository, __: PullRequest | None) -> dict[str, Any]:
    change = {"old": "", "new": one.description or "Said anew"}
    return {"changes": {"description": change}}


def _transfer(call: Call, one: Repository, _: PullRequest | None) -> dict[str, Any]:
    return {"previous_owner": team(call, one.workspace)}


def _nothing(_: Call, __: Repository, ___: PullRequest | None) -> dict[str, Any]:
    return {}


def _commit_comment(call: Call, one: Repository, _: PullRequest | None) -> dict[str, Any]:
    newest, now = _newest(one), call.store.now()
    said = Remark(NUMBER, _who(call), "Why this way?", now, now)
    shown = commit(call, newest, history.parents(newest))
    return {"comment": remark(call, newest, said), "commit": shown}


def _commit_status(call: Call, one: Repository, _: PullRequest | None) -> dict[str, Any]:
    newest, now = _newest(one), call.store.now()
    uuid, url = uuid_of(f"{one.uuid}:status"), f"https://ci.example.com/{one.full_name}/1"
    said = Build(uuid, "tests", "SUCCESSFUL", "Tests", "", url, one.mainbranch, now, now)
    return {"commit_status": build(call, newest, said)}


def _issue(call: Call, one: Repository, _: PullRequest | None) -> dict[str, Any]:
    """Make up an issue, as there were until August 2026."""
    now = call.store.now()
    here = f"{call.base}/repositories/{one.full_name}/issues/{NUMBER}"
    page = f"{SITE}/{one.full_name}/issues/{NUMBER}"
    shown = {
        "type": "issue",
        "id": NUMBER,
        "title": "It does not work",
        "state": "new",
        "kind": "bug",
        "priority": "major",
        "content": rendered("It did yesterday."),
        "reporter": whose(call, _who(call)),
        "assignee": None,
        "created_on": now,
        "updated_on": now,
        "votes": 0,
        "links": {"self": link(here), "html": link(page)},
    }
    return {"issue": shown}


def _issue_updated(call: Call, one: Repository, made: PullRequest | None) -> dict[str, Any]:
    return _issue(call, one, made) | {"changes": {"status": {"old": "new", "new": "open"}}}


def _issue_comment(call: Call, one: Repository, made: PullRequest | None) -> dict[str, Any]:
    now = call.store.now()
    said = {
        "type": "issue_comment",
        "id": NUMBER,
        "content": rendered("Here too."),
        "user": whose(call, _who(call)),
        "created_on": now,
        "updated_on": None,
    }
    return _issue(call, one, made) | {"comment": said}


def _project(call: Call, one: Repository, _: PullRequest | None) -> dict[str, Any]:
    shown = project_told(call, one.workspace, one.project)
    changes = {"name": {"old": "Untitled project", "new": one.project.name}}
    return actor_of(call) | {"project": shown, "changes": changes}


def _spans(call: Call, one: Repository, _: PullRequest | None) -> dict[str, Any]:
    known = list(call.store.part(one, Runs).runs.values())
    ended = [run for run in known if run.completed_on]
    run = ended[-1] if ended else _run(call, one)
    return traced(one, run)


def _run(call: Call, one: Repository) -> Run:
    now = call.store.now().replace("+00:00", "Z")
    target = {"type": "pipeline_ref_target", "ref_type": "branch", "ref_name": one.mainbranch}
    uuid = uuid_of(f"{one.uuid}:sample run")
    return Run(uuid, NUMBER, target, "PUSH", _who(call), now, "SUCCESSFUL", [], now)


def _newest(one: Repository) -> history.Commit:
    newest = history.head(one)
    if newest is None:
        raise ValueError(
            f"{one.full_name} has no commit to tell of: make one with "
            f"fake.workspace({one.workspace.slug!r}).repository({one.slug!r}).commit(...)"
        )
    return newest


def _who(call: Call) -> str:
    return "" if call.account is None else call.account.uuid


REPOSITORY: Final[Mapping[str, Sample]] = {
    "repo:push": _push,
    "repo:fork": _fork,
    "repo:updated": _updated,
    "repo:transfer": _transfer,
    "repo:created": _nothing,
    "repo:deleted": _nothing,
    "repo:imported": _nothing,
    "repo:commit_comment_created": _commit_comment,
    "repo:commit_status_created": _commit_status,
    "repo:commit_status_updated": _commit_status,
    "issue:created": _issue,
    "issue:updated": _issue_updated,
    "issue:comment_created": _issue_comment,
}
PULLREQUEST: Final = (
    "created", "updated", "push", *APPROVED, *ASKED, *STATES, *(f"comment_{w}" for w in COMMENTED),
)  # fmt: skip
SAMPLES: Final[Mapping[str, Sample]] = {
    **{key: _of_repository(parts) for key, parts in REPOSITORY.items()},
    **{f"pullrequest:{event}": _of_pullrequest(event) for event in PULLREQUEST},
    "project:updated": _project,
    SPANS: _spans,
}


def chosen(call: Call, one: Repository, number: int | None) -> PullRequest | None:
    """Choose a pull request: of that number, or the newest open one, or the newest."""
    every = call.store.part(one, PullRequests)
    if number is None:
        found = list(every)
        return next((made for made in found if made.state == "OPEN"), next(iter(found), None))
    if not 1 <= number <= one.pullrequests:
        raise LookupError(f"{one.full_name} has no pull request {number}")
    return every.find(number)
