"""Snippets, their changes and their comments: as JSON, in several parts, and as patches."""

import base64
import json
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

from ..exchange import Call, Reply
from ..node import Node
from ..state.snippets import Revision, Saying, Snippet, diff
from ..store import Account, Workspace
from .code import media_type, rendered
from .people import SITE, link, team, user

Owner = Workspace | Account
BOUNDARY = "===============1438169132528273974=="


def home(call: Call, owner: Owner, one: Snippet) -> str:
    """Give a snippet's address."""
    return call.url("snippets", _name(owner), one.id)


def _name(owner: Owner) -> str:
    return owner.slug if isinstance(owner, Workspace) else owner.uuid


def _page(owner: Owner, one: Snippet) -> str:
    return f"{SITE}/{_name(owner)}/workspace/snippets/{one.id}"


def stub(call: Call, owner: Owner, one: Snippet) -> Node:
    """Render a snippet as embedded in other objects."""
    links = {"self": link(home(call, owner, one)), "html": link(_page(owner, one))}
    shown = {"type": "snippet", "id": one.id, "title": one.title, "links": links}
    return Node(shown, lambda: _full(call, owner, one, one.head))


def listed(call: Call, owner: Owner, one: Snippet) -> Node:
    """Render a snippet as lists have it, without its files."""
    full = _full(call, owner, one, one.head)
    return Node({key: value for key, value in full.items() if key != "files"}, lambda: full)


def snippet(call: Call, owner: Owner, one: Snippet, as_of: Revision) -> Node:
    """Render a snippet with its files as of a revision."""
    return Node(_full(call, owner, one, as_of))


def _full(call: Call, owner: Owner, one: Snippet, as_of: Revision) -> dict[str, Any]:
    here = home(call, owner, one)
    return {
        "type": "snippet",
        "id": one.id,
        "title": one.title,
        "scm": "git",
        "created_on": one.created_on,
        "updated_on": one.updated_on,
        "owner": team(call, owner) if isinstance(owner, Workspace) else user(call, owner),
        "creator": _person(call, one.creator),
        "is_private": one.is_private,
        "files": {name: _file(call, owner, one, as_of, name) for name in as_of.files},
        "links": {
            "self": link(here),
            "html": link(_page(owner, one)),
            "comments": link(f"{here}/comments"),
            "watchers": link(f"{here}/watchers"),
            "commits": link(f"{here}/commits"),
            "diff": link(f"{here}/{as_of.hash}/diff"),
            "patch": link(f"{here}/{as_of.hash}/patch"),
            "clone": [
                {"name": "https", "href": f"{SITE}/snippets/{_name(owner)}/{one.id}/snippet.git"},
                {
                    "name": "ssh",
                    "href": f"ssh://git@bitbucket.org/snippets/{_name(owner)}/{one.id}/snippet.git",
                },
            ],
        },
    }


def _file(call: Call, owner: Owner, one: Snippet, as_of: Revision, name: str) -> dict[str, Any]:
    page = f"{_page(owner, one)}/revisions/{as_of.hash}#{quote(name)}"
    address = raw_address(call, owner, one, as_of, name)
    return {"links": {"self": link(address), "html": link(page)}}


def raw_address(call: Call, owner: Owner, one: Snippet, as_of: Revision, name: str) -> str:
    """Give the address of a file's bytes."""
    return f"{home(call, owner, one)}/{as_of.hash}/files/{quote(name)}"


def _person(call: Call, uuid: str) -> Node | None:
    return next((user(call, one) for one in call.people([uuid])), None)


def commit(call: Call, owner: Owner, one: Snippet, made: Revision) -> Node:
    """Render a change."""
    parents = [] if made.parent is None else [_commit_stub(call, owner, one, made.parent)]
    shown = _commit_stub(call, owner, one, made) | {
        "date": made.date,
        "author": {
            "type": "author",
            "raw": _signature(call, made),
            "user": _person(call, made.author),
        },
        "message": made.message,
        "summary": rendered(made.message),
        "parents": parents,
        "snippet": stub(call, owner, one),
    }
    diff_address = f"{home(call, owner, one)}/{made.hash}/diff"
    return Node(shown | {"links": shown["links"] | {"diff": link(diff_address)}})


def _commit_stub(call: Call, owner: Owner, one: Snippet, made: Revision) -> dict[str, Any]:
    links = {
        "self": link(f"{home(call, owner, one)}/commits/{made.hash}"),
        "html": link(f"{_page(owner, one)}/revisions/{made.hash}"),
    }
    return {"type": "snippet_commit", "hash": made.hash, "links": links}


def _signature(call: Call, made: Revision) -> str:
    people = call.people([made.author])
    return f"{people[0].display_name} <{people[0].email}>" if people else "Somebody <x@example.com>"


def comment(call: Call, owner: Owner, one: Snippet, said: Saying) -> Node:
    """Render a comment."""
    here = f"{home(call, owner, one)}/comments"
    shown: dict[str, Any] = {
        "type": "snippet_comment",
        "id": said.id,
        "created_on": said.created_on,
        "updated_on": said.updated_on,
        "content": rendered(said.text),
        "user": _person(call, said.author),
        "deleted": False,
        "snippet": stub(call, owner, one),
        "links": {
            "self": link(f"{here}/{said.id}"),
            "html": link(f"{_page(owner, one)}#comment-{said.id}"),
        },
    }
    if said.parent is not None:
        shown["parent"] = {"id": said.parent, "links": {"self": link(f"{here}/{said.parent}")}}
    return Node(shown)


def patch(call: Call, made: Revision) -> bytes:
    """Write a change as a patch: the diff below a head."""
    date = format_datetime(datetime.fromisoformat(made.date))
    head = (
        f"From {made.hash} Mon Sep 17 00:00:00 2001\nFrom: {_signature(call, made)}\n"
        f"Date: {date}\nSubject: [PATCH] {made.message}\n---\n"
    )
    return head.encode() + diff(made)


def in_parts(shown: Node, as_of: Revision) -> Reply:
    """Render a snippet and all its files in one answer; what is not text comes in base64."""
    about = json.dumps(shown).encode()
    kind = 'Content-Type: application/json; charset="utf-8"'
    parts = [f"{kind}\r\nContent-ID: snippet\r\n\r\n".encode() + about]
    for name, content in as_of.files.items():
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        binary = b"\0" in content or b"\r" in content
        head = (
            f"Content-Type: {media_type(name) or 'application/octet-stream'}\r\n"
            f"Content-Transfer-Encoding: {'base64' if binary else '8bit'}\r\n"
            f'Content-ID: "{quoted}"\r\n'
            f'Content-Disposition: attachment; filename="{quoted}"\r\n\r\n'
        )
        parts.append(head.encode() + (base64.encodebytes(content) if binary else content))
    pieces = [f"--{BOUNDARY}\r\n".encode() + part + b"\r\n" for part in parts]
    body = b"".join(pieces) + f"--{BOUNDARY}--\r\n".encode()
    content_type = f'multipart/related; start="snippet"; boundary="{BOUNDARY}"'
    return Reply(text=body, content_type=content_type, headers={"MIME-Version": "1.0"})
