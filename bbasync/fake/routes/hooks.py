"""Webhooks of repositories and of workspaces."""

from typing import Any

from .. import access
from ..bodies import flag, json_object, text
from ..exchange import Call, Reply
from ..node import Node
from ..pages import Limits, numbered
from ..render.repository import hook
from ..replies import bad_request, not_found
from ..routing import Group
from ..scopes import insist
from ..store import Hook, Repository, Workspace, braced

READ = ("read:webhook:bitbucket", "webhook")
WRITE = ("read:webhook:bitbucket write:webhook:bitbucket", "webhook")
DELETE = ("delete:webhook:bitbucket", "webhook")
PLACES = ("/repositories/{workspace}/{repo_slug}", "/workspaces/{workspace}")
LONGEST_SECRET = 128
EVENTS = frozenset(
    f"{subject}:{event}"
    for subject, events in {
        "repo": "push fork updated transfer created deleted imported commit_comment_created"
        " commit_status_created commit_status_updated",
        "pullrequest": "created updated push approved unapproved changes_request_created"
        " changes_request_removed fulfilled rejected comment_created comment_updated"
        " comment_deleted comment_resolved comment_reopened",
        "issue": "created updated comment_created",
        "project": "updated",
        "pipeline": "span_created",
    }.items()
    for event in events.split()
)
SCOPES = {"repo": "repository"}
"""The scopes that let read what events tell, where they are called otherwise than the events."""

group = Group()


def list_hooks(call: Call) -> Reply:
    """List webhooks."""
    owner = _owner(call)
    return numbered(call, list(owner.hooks.values()), lambda one: hook(call, owner, one))


def create_hook(call: Call) -> Reply:
    """Subscribe to events."""
    owner, body = _owner(call), json_object(call)
    blank = Hook(
        uuid=call.store.new_uuid(),
        url="",
        description="",
        events=[],
        active=True,
        created_at=call.store.now().replace("+00:00", "Z"),
    )
    _apply(call, blank, body)
    owner.hooks[blank.uuid] = blank
    rendered = hook(call, owner, blank)
    return Reply(201, rendered, {"Location": rendered["links"]["self"]["href"]})


def get_hook(call: Call) -> Reply:
    """Read one webhook."""
    owner = _owner(call)
    return Reply(body=hook(call, owner, _one(call, owner)))


def update_hook(call: Call) -> Reply:
    """Change a webhook; a secret that is not sent stays, an empty one is removed."""
    owner = _owner(call)
    one = _one(call, owner)
    _apply(call, one, json_object(call))
    return Reply(body=hook(call, owner, one))


def delete_hook(call: Call) -> Reply:
    """Unsubscribe."""
    owner = _owner(call)
    del owner.hooks[_one(call, owner).uuid]
    return Reply(204)


@group.on("GET", "/hook_events")
def list_subjects(call: Call) -> Reply:
    """Tell what can be subscribed to."""
    subjects = ("repository", "workspace")
    links = {s: {"links": {"events": {"href": call.url("hook_events", s)}}} for s in subjects}
    return Reply(body=links)


@group.on("GET", "/hook_events/{subject_type}")
def list_events(call: Call) -> Reply:
    """List the events of a repository or of a workspace."""
    subject = call.params["subject_type"]
    if subject not in {"repository", "workspace"}:
        raise not_found(f"{subject} is not a valid subject type")
    born = {"repo:created", "repo:deleted", "repo:imported", "repo:transfer"}
    known = sorted(EVENTS if subject == "workspace" else EVENTS - born)
    return numbered(call, known, _event, Limits(default=30))


def _event(key: str) -> Node:
    subject, _, name = key.partition(":")
    label = name.replace("_", " ").capitalize()
    return Node(
        {"event": key, "category": subject.capitalize(), "label": label, "description": label}
    )


for _place in PLACES:
    group.on("GET", f"{_place}/hooks", *READ, login=True)(list_hooks)
    group.on("POST", f"{_place}/hooks", *WRITE, login=True)(create_hook)
    group.on("GET", f"{_place}/hooks/{{uid}}", *READ, login=True)(get_hook)
    group.on("PUT", f"{_place}/hooks/{{uid}}", *WRITE, login=True)(update_hook)
    group.on("DELETE", f"{_place}/hooks/{{uid}}", *DELETE, login=True)(delete_hook)


def _owner(call: Call) -> Repository | Workspace:
    """Find what the hooks are on, for its administrators."""
    if "repo_slug" in call.params:
        return access.repository(call, "admin")
    return access.owned_workspace(call)


def _one(call: Call, owner: Repository | Workspace) -> Hook:
    uid = call.params["uid"]
    found = owner.hooks.get(braced(uid))
    if found is None:
        raise not_found(f"{uid} is not a valid hook")
    return found


def _apply(call: Call, one: Hook, body: dict[str, Any]) -> None:
    """Check a body as a whole, then take it over."""
    url = text(body, "url", one.url)
    events = body.get("events", one.events)
    if not url.startswith(("http://", "https://")):
        raise bad_request("Bad request", {"url": ["Enter a valid URL."]})
    if not isinstance(events, list) or not events:
        raise bad_request("Bad request", {"events": ["Choose at least one event."]})
    unknown = [event for event in events if not (isinstance(event, str) and event in EVENTS)]
    if unknown:
        raise bad_request("Bad request", {"events": [f"'{unknown[0]}' is not an event."]})
    secret = text(body, "secret", one.secret or "")
    if len(secret) > LONGEST_SECRET:
        raise bad_request("Bad request", {"secret": ["This secret is too long."]})
    _insist(call, events)
    one.active = flag(body, "active", current=one.active)
    one.description = text(body, "description", one.description)
    one.skip_cert_verification = flag(
        body, "skip_cert_verification", current=one.skip_cert_verification
    )
    one.history_enabled = flag(body, "history_enabled", current=one.history_enabled)
    one.url, one.events, one.secret = url, list(dict.fromkeys(events)), secret or None


def _insist(call: Call, events: list[str]) -> None:
    """Refuse a caller who may not read what the events tell."""
    if call.credential is None:
        return
    subjects = dict.fromkeys(event.partition(":")[0] for event in events)
    things = [SCOPES.get(subject, subject) for subject in subjects]
    insist(call.credential, [f"read:{thing}:bitbucket" for thing in things], things)
