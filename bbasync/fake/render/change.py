"""What differs between commits, and what they offer for download, as JSON."""

from typing import Any
from urllib.parse import quote

from ..exchange import Call
from ..node import Node
from ..state.differ import Change
from ..state.history import Commit
from ..state.offers import Offer
from ..store import Repository
from .people import app, link, user
from .repository import home


def diffstat(call: Call, change: Change, newer: Commit, older: Commit | None) -> Node:
    """Count what changed in a file; a side where it is not is null."""
    return Node(
        {
            "type": "diffstat",
            "status": change.status,
            "lines_added": change.lines_added,
            "lines_removed": change.lines_removed,
            "old": _side(call, older or newer, change.path) if change.old is not None else None,
            "new": _side(call, newer, change.path) if change.new is not None else None,
        }
    )


def _side(call: Call, commit: Commit, path: str) -> dict[str, Any]:
    address = f"{home(call, commit.repository)}/src/{commit.hash}/{quote(path)}"
    return {
        "type": "commit_file",
        "path": path,
        "escaped_path": quote(path),
        "links": {"self": link(address)},
    }


def download(call: Call, one: Repository, offer: Offer) -> Node:
    """Render a file offered for download."""
    people = call.people([offer.who])
    known = call.store.apps.get(offer.who)
    who = user(call, people[0]) if people else app(call, known) if known else None
    shown = {
        "type": "download",
        "name": offer.name,
        "size": len(offer.content),
        "downloads": offer.count,
        "created_on": offer.created_on,
        "user": who,
        "links": {"self": link(f"{home(call, one)}/downloads/{quote(offer.name, safe='')}")},
    }
    return Node(shown)
