"""Answers as others recorded them: every field reads, and every dump is what came in."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from msgspec import Raw

import bbasync.resources
from bbasync import Answer, Resource
from bbasync.model.convert import binding
from bbasync.model.kinds import TYPES
from bbasync.model.link import Rel
from bbasync.model.make import from_wire
from bbasync.model.shape import NAMES, fields_of
from bbasync.wire.message import Request
from bbasync.wire.status import error_of

PAYLOADS = Path(__file__).parents[3] / "shared" / "payloads"
CLASSES = {
    "base_commit": "Commit",
    "commitstatus": "CommitStatus",
    "default_reviewer_and_type": "DefaultReviewer",
    "hook_event": "HookEvent",
    "paginated_pullrequest_comments": "PullRequestComment",
    "paginated_pullrequests": "PullRequest",
    "paginated_treeentries": "TreeEntry",
    "pullrequest_activity": "PullRequestActivity",
    "pullrequest_comment_task": "PullRequestTask",
    "subject_types": "HookSubjects",
    "v1.group": "V1Group",
    "v1.group_privilege": "GroupPrivilege",
    "v1.invitation": "Invitation",
    "v1.privilege": "GroupPrivilege",
}
"""Classes of recorded answers whose ``type`` does not tell."""
WITHOUT_CLASS = {"empty", "oauth_token", "str", "unknown"}
"""Recorded answers that are read as a plain Resource: it has no fields, and keeps everything."""
KNOWN_WRONG = {
    "responses/guyzmo__pybitbucket/Repository_create.json": ["owner"],
    "responses/atlassian__atlascode/prComments-0-prCommentPost.json": ["id"],
}
"""Files of others' tests that are no answers of the service, with the fields that can't be read."""


class Nobody:
    """A sender that sends nothing."""

    async def send(self, request: Request) -> Answer:
        """Never called: links are found, not followed."""
        raise AssertionError(request)

    def open(self, request: Request) -> Any:
        """Never called either."""
        raise AssertionError(request)


@cache
def manifest() -> list[dict[str, Any]]:
    """What was recorded; nothing where it does not lie beside the repository."""
    file = PAYLOADS / "manifest.json"
    return json.loads(file.read_text("utf-8")) if file.is_file() else []


def recorded(*kinds: str) -> list[Any]:
    """The recorded files of these kinds; one that is skipped where there are none."""
    if not manifest():
        why = "the recorded payloads do not lie beside the repository, in ../shared/payloads"
        return [pytest.param({}, marks=pytest.mark.skip(why))]
    return [pytest.param(one, id=one["path"]) for one in manifest() if one["kind"] in kinds]


def class_of(resource: str) -> type[Resource]:
    """The class that a recorded answer is read as."""
    if resource in WITHOUT_CLASS:
        return Resource
    return NAMES[CLASSES[resource]] if resource in CLASSES else TYPES[resource]


def objects(data: Any) -> Iterator[Any]:
    """The objects of an answer: the items of a page, or the one that it is."""
    values = data.get("values") if isinstance(data, dict) else data
    yield from values if isinstance(values, list) else [data]


def read_all(made: Resource, path: str = "") -> Iterator[str]:
    """Read each declared field and find each link, at each depth; what was wrong, in words."""
    links = made.links
    for rel in links:
        several = len(links.all(rel)) > 1
        for link in links.all(rel):
            variables = dict.fromkeys(link.variables, "x")
            found = made.rel(rel, named=link.name if several else None, **variables)
            assert isinstance(found, Rel)
    for name in fields_of(type(made)):
        try:
            value = getattr(made, name)
        except ValueError as error:
            yield f"{path}{name}: {error}"
            continue
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, Resource):
                yield from read_all(one, f"{path}{name}.")


def read(data: Any, kind: type[Resource]) -> list[str]:
    """Read *data* as *kind* in full, decoded and as bytes; what was wrong. Nothing may be lost."""
    wrong = read_as(data, kind, lambda one: one)
    assert read_as(data, kind, lambda one: Raw(json.dumps(one).encode())) == wrong
    return wrong


def read_as(data: Any, kind: type[Resource], form: Callable[[Any], Any]) -> list[str]:
    """The same of one form."""
    before = copy.deepcopy(data)
    token = binding.set(Nobody())
    try:
        made = [
            from_wire(form(one), kind, Nobody()) for one in objects(data) if isinstance(one, dict)
        ]
        wrong = [problem for one in made for problem in read_all(one)]
    finally:
        binding.reset(token)
    assert [one.to_dict() for one in made] == [one for one in objects(before) if made]
    return wrong


@pytest.mark.parametrize("one", recorded("object", "page", "v1"))
def test_every_recorded_answer_reads_whole(one: dict[str, Any]) -> None:
    """Each field of each object reads, each link is found, and nothing is lost."""
    data = json.loads((PAYLOADS / one["path"]).read_bytes())
    wrong = read(data, class_of(one["resource"]))
    named = [problem.partition(":")[0] for problem in wrong]
    assert named == KNOWN_WRONG.get(one["path"], []), wrong


@pytest.mark.parametrize("one", recorded("webhook"))
def test_every_recorded_delivery_reads_whole(one: dict[str, Any]) -> None:
    """Each thing in a webhook's body is read as what its ``type`` says, and nothing is lost."""
    data = json.loads((PAYLOADS / one["path"]).read_bytes())
    pushed = data.get("push", {}).get("changes", [])
    refs = [change[side] for change in pushed for side in ("new", "old") if change.get(side)]
    commits = [commit for change in pushed for commit in change.get("commits") or []]
    things = [*(value for value in data.values() if isinstance(value, dict)), *refs, *commits]
    assert len(things) > 1
    assert [problem for thing in things for problem in read(thing, Resource)] == []


@pytest.mark.parametrize("one", recorded("error"))
def test_every_recorded_error_keeps_what_it_says(one: dict[str, Any]) -> None:
    """Message, detail, fields and data come out as they were sent."""
    body = (PAYLOADS / one["path"]).read_bytes()
    error = error_of(Answer(one.get("status") or 400, {}, body, "GET", "/x"))
    sent = json.loads(body)
    inner = sent.get("error")
    if isinstance(inner, dict):
        assert error.message == (inner.get("message") or "")
        assert error.detail == inner.get("detail")
        assert error.fields == (inner.get("fields") or {})
        assert error.data == (inner.get("data") or sent.get("data") or {})
    else:
        assert error.message
    assert str(error)


@pytest.mark.skipif(not manifest(), reason="there are no recorded payloads beside the repository")
def test_nothing_recorded_is_left_out() -> None:
    """All 648 files are read by one of these tests, and each class named here is public."""
    kinds = Counter(one["kind"] for one in manifest())
    assert sum(kinds.values()) == 648
    assert set(kinds) == {"object", "page", "v1", "webhook", "error"}
    assert set(CLASSES.values()) <= set(bbasync.resources.__all__)
