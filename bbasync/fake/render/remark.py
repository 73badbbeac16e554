"""What is said about commits, and who took part in them, as JSON."""

from typing import Any

from ..exchange import Call
from ..node import Node
from ..state.history import Commit
from ..state.remarks import Remark, Remarks
from .code import rendered, stub
from .people import SITE, app, link, user
from .repository import home


def remark(call: Call, commit: Commit, one: Remark) -> Node:
    """Render a comment; one on a line has another link, and one that answers names the other."""
    place = commit.repository
    here = f"{home(call, place)}/commit/{commit.hash}/comments"
    page = f"{SITE}/{place.full_name}/commits/{commit.hash}#comment-"
    links = {"self": link(f"{here}/{one.id}"), "html": link(f"{page}{one.id}")}
    shown: dict[str, Any] = {
        "type": "commit_comment",
        "id": one.id,
        "created_on": one.created_on,
        "updated_on": one.updated_on,
        "content": rendered(one.text),
        "user": _whoever(call, one.who),
        "deleted": one.deleted,
        "commit": stub(call, place, commit.hash),
        "links": links,
    }
    if one.inline is not None:
        shown["inline"] = one.inline
        code = f"{home(call, place)}/diff/{commit.hash}?path={one.inline['path']}"
        links["code"] = link(code)
    if one.parent is not None:
        others = {"self": link(f"{here}/{one.parent}"), "html": link(f"{page}{one.parent}")}
        shown["parent"] = {"id": one.parent, "links": others}
    return Node(shown)


def participant(call: Call, who: str, approved_on: str | None, spoke_on: str | None) -> Node:
    """Render somebody who approved of a commit or said something about it."""
    return Node(
        {
            "type": "participant",
            "user": _whoever(call, who),
            "role": "PARTICIPANT",
            "approved": approved_on is not None,
            "state": "approved" if approved_on else None,
            "participated_on": approved_on or spoke_on,
        }
    )


def participants(call: Call, remarks: Remarks, commit: Commit) -> list[Node]:
    """Render everybody who took part."""
    approved = remarks.approvals.get(commit.hash, {})
    spoke = {one.who: one.updated_on for one in remarks.on(commit).values() if not one.deleted}
    return [participant(call, who, approved.get(who), spoke.get(who)) for who in spoke | approved]


def _whoever(call: Call, uuid: str) -> Node:
    people = call.people([uuid])
    return user(call, people[0]) if people else app(call, call.store.apps[uuid])
