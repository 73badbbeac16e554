"""What is said about snippets, and who watches them."""

from .. import access
from ..bodies import json_object
from ..exchange import Call, Reply
from ..pages import count, numbered
from ..render.people import user
from ..render.snippet import comment
from ..replies import bad_request, forbidden, not_found
from ..routing import Group
from ..state.snippets import Saying, Snippet
from ..store import Workspace
from .snippets import ONE, READ, Owner, find

WRITE = ("read:snippet:bitbucket write:snippet:bitbucket", "snippet")
DELETE = ("write:snippet:bitbucket", "snippet")
WATCH = ("write:snippet:bitbucket", "snippet:write")
COMMENT = f"{ONE}/comments/{{comment_id}}"

group = Group()


@group.on("GET", f"{ONE}/comments", *READ)
def list_comments(call: Call) -> Reply:
    """List the comments, oldest first."""
    owner, one = find(call)
    said = list(one.comments.values())
    return numbered(call, said, lambda each: comment(call, owner, one, each))


@group.on("POST", f"{ONE}/comments", *WRITE, people=True)
def create_comment(call: Call) -> Reply:
    """Say something, perhaps in answer to another comment."""
    owner, one = find(call)
    body = json_object(call)
    parent = body.get("parent")
    answered = parent.get("id") if isinstance(parent, dict) else None
    if answered is not None and answered not in one.comments:
        raise bad_request("Bad request", {"parent": ["There is no such comment."]})
    now = call.store.now()
    made = Saying(
        id=int(call.store.new_uuid()[1:8], 16),
        text=_text(body),
        author=access.person(call).uuid,
        created_on=now,
        updated_on=now,
        parent=answered,
    )
    one.comments[made.id] = made
    shown = comment(call, owner, one, made)
    return Reply(201, shown, {"Location": shown["links"]["self"]["href"]})


@group.on("GET", COMMENT, *READ)
def get_comment(call: Call) -> Reply:
    """Read one comment."""
    owner, one = find(call)
    return Reply(body=comment(call, owner, one, _said(call, one)))


@group.on("PUT", COMMENT, *WRITE, people=True)
def update_comment(call: Call) -> Reply:
    """Change a comment; only who wrote it may."""
    owner, one = find(call)
    said = _said(call, one)
    if access.person(call).uuid != said.author:
        raise forbidden("Only its author may change a comment.")
    said.text, said.updated_on = _text(json_object(call)), call.store.now()
    return Reply(body=comment(call, owner, one, said))


@group.on("DELETE", COMMENT, *DELETE, people=True)
def delete_comment(call: Call) -> Reply:
    """Delete a comment: its author, the snippet's creator and administrators may."""
    owner, one = find(call)
    said = _said(call, one)
    if access.person(call).uuid not in {said.author, one.creator} and not _rules(call, owner):
        raise forbidden("This comment is somebody else's.")
    del one.comments[said.id]
    return Reply(204)


@group.on("GET", f"{ONE}/watch", *READ)
def is_watching(call: Call) -> Reply:
    """Tell by the status whether the caller watches; strangers do not."""
    _, one = find(call)
    if call.account is None or call.account.uuid not in one.watchers:
        raise not_found("You are not watching this snippet.")
    return Reply(204)


@group.on("PUT", f"{ONE}/watch", *WATCH, people=True)
def watch(call: Call) -> Reply:
    """Watch, or go on watching."""
    _, one = find(call)
    who = access.person(call).uuid
    one.watchers = [*(uuid for uuid in one.watchers if uuid != who), who]
    return Reply(204)


@group.on("DELETE", f"{ONE}/watch", *WATCH, people=True)
def unwatch(call: Call) -> Reply:
    """Watch no longer."""
    _, one = find(call)
    who = access.person(call).uuid
    one.watchers = [uuid for uuid in one.watchers if uuid != who]
    return Reply(204)


@group.on("GET", f"{ONE}/watchers", *READ)
def list_watchers(call: Call) -> Reply:
    """List who watches."""
    _, one = find(call)
    return numbered(call, call.people(one.watchers), lambda each: user(call, each))


def _said(call: Call, one: Snippet) -> Saying:
    name = call.params["comment_id"]
    found = one.comments.get(count(name))
    if found is None:
        raise not_found(name)
    return found


def _rules(call: Call, owner: Owner) -> bool:
    return isinstance(owner, Workspace) and access.level(call, owner) == "owner"


def _text(body: dict[str, object]) -> str:
    content = body.get("content")
    text = content.get("raw") if isinstance(content, dict) else None
    if not isinstance(text, str) or not text:
        raise bad_request("Bad request", {"content": ["This field is required."]})
    return text
