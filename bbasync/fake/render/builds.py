"""Build statuses, reports and annotations as JSON."""

from typing import Any

from ..exchange import Call
from ..node import Node
from ..state.builds import Build
from ..state.history import Commit
from ..state.insights import Annotation, Report
from .code import stub
from .people import link
from .repository import home, repository


def build(call: Call, commit: Commit, one: Build) -> Node:
    """Render a build status."""
    here = f"{home(call, commit.repository)}/commit/{commit.hash}"
    shown = {
        "type": "build",
        "uuid": one.uuid,
        "key": one.key,
        "state": one.state,
        "name": one.name,
        "description": one.description,
        "url": one.url,
        "refname": one.refname,
        "created_on": one.created_on,
        "updated_on": one.updated_on,
        "commit": stub(call, commit.repository, commit.hash),
        "repository": repository(call, commit.repository),
        "links": {
            "self": link(f"{here}/statuses/build/{one.key}"),
            "commit": link(here),
        },
    }
    return Node(shown)


def insight(one: Report | Annotation) -> Node:
    """Render a report or an annotation; neither has links."""
    kind = "report" if isinstance(one, Report) else "report_annotation"
    shown: dict[str, Any] = {
        **one.said,
        "type": kind,
        "uuid": one.uuid,
        "external_id": one.external_id,
        "created_on": one.created_on,
        "updated_on": one.updated_on,
    }
    return Node(shown)
