"""Comments on commits, and approvals of them."""

from typing import Any

from .. import access
from ..bodies import json_object
from ..exchange import Call, Reply
from ..pages import numbered
from ..render.remark import participant, remark
from ..replies import bad_request, forbidden, not_found
from ..routing import Group
from ..state.history import Commit
from ..state.remarks import Remark, Remarks
from ..store import Repository
from ..webhook.telling import happened
from .commits import find_in_path, render
from .repositories import ONE, READ

COMMIT = f"{ONE}/commit/{{commit}}"
COMMENTS = f"{COMMIT}/comments"
APPROVE = ("read:repository:bitbucket write:repository:bitbucket", "repository:write")
UNAPPROVE = ("write:repository:bitbucket", "repository:write")
LINES = ("from", "to", "start_from", "start_to")

group = Group()


@group.on("GET", COMMENTS, *READ)
def list_comments(call: Call) -> Reply:
    """List the comments on a commit, oldest first."""
    _, commit, remarks = _place(call)
    return numbered(call, list(remarks.on(commit).values()), lambda one: remark(call, commit, one))


@group.on("POST", COMMENTS, *READ, login=True)
def create_comment(call: Call) -> Reply:
    """Say something about a commit, or answer somebody who did."""
    one, commit, remarks = _place(call)
    body = _body(call, {"content", "inline", "parent"})
    now = call.store.now()
    made = Remark(
        id=remarks.new_id(),
        who=(call.account or one.workspace.app).uuid,
        text=_text(body),
        created_on=now,
        updated_on=now,
        inline=_inline(body),
        parent=_parent(body, remarks.on(commit)),
    )
    remarks.on(commit)[made.id] = made
    shown = remark(call, commit, made)
    parts = {"comment": shown, "commit": render(call, commit)}
    happened(call, "repo:commit_comment_created", one, lambda: parts)
    return Reply(201, shown, {"Location": shown["links"]["self"]["href"]})


@group.on("GET", f"{COMMENTS}/{{comment_id}}", *READ)
def get_comment(call: Call) -> Reply:
    """Read one comment."""
    _, commit, remarks = _place(call)
    return Reply(body=remark(call, commit, _one(call, remarks.on(commit))))


@group.on("PUT", f"{COMMENTS}/{{comment_id}}", *READ, login=True)
def update_comment(call: Call) -> Reply:
    """Say it otherwise; nothing else of a comment can be changed."""
    _, commit, remarks = _place(call)
    found = _own(call, _one(call, remarks.on(commit)))
    found.text = _text(_body(call, {"content"}))
    found.updated_on = call.store.now()
    return Reply(201, remark(call, commit, found))


@group.on("DELETE", f"{COMMENTS}/{{comment_id}}", *READ, login=True)
def delete_comment(call: Call) -> Reply:
    """Take a comment back; one that was answered stays, blank. A second time is fine too."""
    _, commit, remarks = _place(call)
    every = remarks.on(commit)
    if call.params["comment_id"] in {str(number) for number in remarks.removed}:
        return Reply(204)
    found = _own(call, _one(call, every))
    if any(one.parent == found.id and not one.deleted for one in every.values()):
        found.deleted, found.text = True, ""
    else:
        del every[found.id]
        remarks.removed.add(found.id)
    return Reply(204)


@group.on("POST", f"{COMMIT}/approve", *APPROVE, people=True)
def approve(call: Call) -> Reply:
    """Approve of a commit."""
    one, commit, remarks = _place(call)
    who = _insider(call, one)
    approved = remarks.approvals.setdefault(commit.hash, {})
    approved.setdefault(who, call.store.now())
    return Reply(body=participant(call, who, approved[who], None))


@group.on("DELETE", f"{COMMIT}/approve", *UNAPPROVE, people=True)
def unapprove(call: Call) -> Reply:
    """Take the approval back; there need not be one."""
    one, commit, remarks = _place(call)
    remarks.approvals.get(commit.hash, {}).pop(_insider(call, one), None)
    return Reply(204)


def _place(call: Call) -> tuple[Repository, Commit, Remarks]:
    one = access.repository(call)
    return one, find_in_path(one, call.params["commit"]), call.store.part(one, Remarks)


def _one(call: Call, every: dict[int, Remark]) -> Remark:
    name = call.params["comment_id"]
    found = next((one for one in every.values() if str(one.id) == name), None)
    if found is None:
        raise not_found(name)  # the service's whole message
    return found


def _own(call: Call, one: Remark) -> Remark:
    """Keep people from changing what others said; a workspace's token speaks for the whole."""
    if call.account is not None and one.who != call.account.uuid:
        repository = access.repository(call)
        if access.right(call, repository) != "admin":
            raise forbidden("Only who wrote a comment may change it.")
    return one


def _insider(call: Call, one: Repository) -> str:
    """Name the caller, who has to have been given a right: being public gives nobody one."""
    who = access.person(call).uuid
    if access.granted(one, who) == "none":
        raise forbidden("This needs explicit access to the repository.")
    return who


def _body(call: Call, known: set[str]) -> dict[str, Any]:
    body = json_object(call)
    strange = {name: "extra keys not allowed" for name in body if name not in known}
    if strange:
        raise bad_request("Bad request", strange)
    return body


def _text(body: dict[str, Any]) -> str:
    content = body.get("content")
    text = content.get("raw") if isinstance(content, dict) else None
    if not isinstance(text, str) or not text.strip():
        raise bad_request("Bad request", {"content.raw": ["This field is required."]})
    return text


def _inline(body: dict[str, Any]) -> dict[str, Any] | None:
    inline = body.get("inline")
    if inline is None:
        return None
    if not isinstance(inline, dict) or not isinstance(inline.get("path"), str):
        raise bad_request("Bad request", {"inline": ["A path is required."]})
    return {"from": None, "to": None} | {k: inline[k] for k in ("path", *LINES) if k in inline}


def _parent(body: dict[str, Any], every: dict[int, Remark]) -> int | None:
    parent = body.get("parent")
    if parent is None:
        return None
    number = parent.get("id") if isinstance(parent, dict) else None
    if not isinstance(number, int) or number not in every:
        raise not_found(str(number))
    return number
