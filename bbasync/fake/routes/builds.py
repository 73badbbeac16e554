"""Build statuses of commits and of pull requests."""

from typing import Any
from urllib.parse import quote

from .. import access
from ..bodies import json_object, text
from ..exchange import Call, Reply
from ..node import Node
from ..pages import numbered
from ..render.builds import build
from ..replies import bad_request, not_found
from ..routing import Group
from ..state import history
from ..state.builds import STATES, Build, Builds
from ..state.history import Commit
from ..webhook.telling import happened
from .commits import find_in_path
from .pullrequests import ALL, subject
from .pullrequests import READ as PULLREQUEST
from .repositories import ONE, READ

OF_COMMIT = f"{ONE}/commit/{{commit}}/statuses"
LONGEST_KEY = 40

group = Group()


@group.on("GET", OF_COMMIT, *READ)
def list_of_commit(call: Call) -> Reply:
    """List the statuses of a commit; of one branch, and those of none."""
    commit = _commit(call, "read")
    found = list(_builds(call, commit).values())
    wanted = call.arg("refname")
    if wanted is not None:
        found = [one for one in found if one.refname in {None, wanted}]
    return numbered(call, found, lambda one: build(call, commit, one))


@group.on("GET", f"{ALL}/{{pull_request_id}}/statuses", *PULLREQUEST)
def list_of_pullrequest(call: Call) -> Reply:
    """List the statuses of a pull request's newest commit, of its branch or of none."""
    one, made = subject(call)
    source = made.source
    commit = history.by_hash(one, source.hash) if source.repository is one else None
    found = []
    if commit is not None:
        known = _builds(call, commit).values()
        found = [(commit, each) for each in known if each.refname in {None, source.branch}]

    def render(pair: tuple[Commit, Build]) -> Node:
        return build(call, *pair)

    return numbered(call, found, render)


@group.on("POST", f"{OF_COMMIT}/build", *READ, login=True)
def create_build(call: Call) -> Reply:
    """Write a status, over the one that has the key; the Location is a relative one."""
    commit, body = _commit(call, "write"), json_object(call)
    missing = [name for name in ("key", "state") if not body.get(name)]
    if missing:
        raise bad_request("Bad request", {name: ["required key not provided"] for name in missing})
    key = text(body, "key", "")
    if len(key) > LONGEST_KEY:
        raise bad_request("Bad request", {"key": ["This key is too long."]})
    known, now = _builds(call, commit), call.store.now()
    old = known.get(key)
    one = old or Build(call.store.new_uuid(), key, "", "", "", "", None, now, now)
    _apply(one, body, now)
    known[key] = one
    _tell(call, commit, one, "created" if old is None else "updated")
    home = f"/!api/2.0/repositories/{commit.repository.full_name}/commit/{commit.hash}"
    where = {"Location": f"{home}/statuses/build/{quote(key, safe=':@')}"}
    return Reply(201 if old is None else 200, build(call, commit, one), where)


@group.on("GET", f"{OF_COMMIT}/build/{{key}}", *READ)
def get_build(call: Call) -> Reply:
    """Read a status."""
    commit = _commit(call, "read")
    return Reply(body=build(call, commit, _one(call, commit)))


@group.on("PUT", f"{OF_COMMIT}/build/{{key}}", *READ, login=True)
def update_build(call: Call) -> Reply:
    """Change a status, but for its key."""
    commit = _commit(call, "write")
    one, body = _one(call, commit), json_object(call)
    if text(body, "key", one.key) != one.key:
        raise bad_request("Bad request", {"key": ["The key of a status can't be changed."]})
    _apply(one, body, call.store.now())
    _tell(call, commit, one, "updated")
    return Reply(body=build(call, commit, one))


def _tell(call: Call, commit: Commit, one: Build, what: str) -> None:
    event = f"repo:commit_status_{what}"
    happened(call, event, commit.repository, lambda: {"commit_status": build(call, commit, one)})


def _commit(call: Call, need: str) -> Commit:
    return find_in_path(access.repository(call, need), call.params["commit"])


def _builds(call: Call, commit: Commit) -> dict[str, Build]:
    return call.store.part(commit.repository, Builds).of(commit)


def _one(call: Call, commit: Commit) -> Build:
    key = call.params["key"]
    found = _builds(call, commit).get(key)
    if found is None:
        raise not_found(f"There is no build status '{key}' on this commit.")
    return found


def _apply(one: Build, body: dict[str, Any], now: str) -> None:
    """Check a body as a whole, then take it over."""
    state = text(body, "state", one.state)
    if state not in STATES:
        raise bad_request("Bad request", {"state": [f"Must be one of: {', '.join(STATES)}."]})
    url = text(body, "url", one.url)
    if url and not url.startswith(("http://", "https://")):
        raise bad_request("Bad request", {"url": ["Enter a valid URL."]})
    name, said = text(body, "name", one.name), text(body, "description", one.description)
    refname = text(body, "refname", one.refname or "") or None
    one.state, one.url, one.name, one.description = state, url, name, said
    one.refname, one.updated_on = refname, now
