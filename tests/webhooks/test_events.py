"""Event classes: every recorded body reads in full, and comes out as it came in."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from bbasync import BearerAuth, Resource
from bbasync.errors import ArgumentError, DecodingError, UntrustedAddressError
from bbasync.fake import FakeBitbucket
from bbasync.model.shape import fields_of
from bbasync.resources import Branch, PullRequest, Tag
from bbasync.webhooks import EVENTS, Event, events, parse
from bbasync.webhooks.events import (
    AnnotatedTag,
    Delivery,
    PipelineSpanCreated,
    ProjectUpdated,
    PullRequestApproved,
    PullRequestChangesRequestCreated,
    PullRequestCommentCreated,
    PullRequestEvent,
    RepoCommitStatusCreated,
    RepoPush,
    RepoUpdated,
    event_of,
)
from tests.webhooks.conftest import PAYLOADS, SECRET, Sent, recorded

Make = Callable[..., Sent]

FAMILIES: Final = {
    "repo": "push fork updated transfer created deleted imported commit_comment_created"
    " commit_status_created commit_status_updated",
    "pullrequest": "created updated push approved unapproved changes_request_created"
    " changes_request_removed fulfilled rejected comment_created comment_updated comment_deleted"
    " comment_resolved comment_reopened",
    "issue": "created updated comment_created",
    "project": "updated",
    "pipeline": "span_created",
}

SPANS: Final = {
    "resourceSpans": [
        {
            "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "bb"}}]},
            "scopeSpans": [
                {
                    "scope": {"name": "pipelines"},
                    "spans": [
                        {
                            "name": "bbc.step",
                            "traceId": "0af7651916cd43dd8448eb211c80319c",
                            "spanId": "b7ad6b7169203331",
                            "parentSpanId": "",
                            "kind": 1,
                            "startTimeUnixNano": "1767225600123456789",
                            "endTimeUnixNano": 1767225601123456789,
                            "status": {"code": 1},
                            "events": [{"name": "cached", "timeUnixNano": "1767225600500000000"}],
                            "attributes": [
                                {"key": "step.name", "value": {"stringValue": "build"}},
                                {"key": "exact", "value": {"intValue": "9007199254740993"}},
                                {"key": "number", "value": {"intValue": 7}},
                                {"key": "load", "value": {"doubleValue": 0.5}},
                                {"key": "ok", "value": {"boolValue": True}},
                                {
                                    "key": "list",
                                    "value": {"arrayValue": {"values": [{"intValue": "1"}]}},
                                },
                                {
                                    "key": "map",
                                    "value": {
                                        "kvlistValue": {
                                            "values": [{"key": "a", "value": {"intValue": "2"}}]
                                        }
                                    },
                                },
                                {"key": "new", "value": {"dateValue": "soon"}},
                                {"key": "none", "value": {}},
                            ],
                        }
                    ],
                }
            ],
        }
    ]
}


def files() -> list[Any]:
    """The recorded bodies; one that is skipped where there are none."""
    if not recorded():
        why = "the recorded payloads do not lie beside the repository, in ../shared/payloads"
        return [pytest.param({}, marks=pytest.mark.skip(why))]
    return [pytest.param(one, id=one["path"]) for one in recorded()]


def read_all(made: Resource, path: str = "") -> Iterator[str]:
    """Read each declared field and each link at each depth; what was wrong."""
    for rel in made.links:
        assert made.links.all(rel)
    for name in fields_of(type(made)):
        try:
            value = getattr(made, name)
        except ValueError as error:
            yield f"{path}{name}: {error}"
            continue
        several = tuple(value.values()) if isinstance(value, Mapping) else value
        for one in several if isinstance(several, tuple) else (several,):
            if isinstance(one, Resource):
                yield from read_all(one, f"{path}{name}.")


def event(key: str, **data: Any) -> Any:
    """An event of *data*."""
    return event_of(data, Delivery(key, "1"))


def nested(depth: int) -> dict[str, Any]:
    """A value in lists in lists."""
    value: dict[str, Any] = {"stringValue": "deep"}
    for _ in range(depth):
        value = {"arrayValue": {"values": [value]}}
    return value


def test_every_documented_key_has_a_class_of_its_own() -> None:
    """All 29, each public; and each says its key."""
    keys = {f"{family}:{name}" for family, names in FAMILIES.items() for name in names.split()}
    assert len(keys) == 29
    assert set(EVENTS) == keys
    assert len(set(EVENTS.values())) == 29
    for key, cls in EVENTS.items():
        assert key == cls.KEY
        assert getattr(events, cls.__name__) is cls
        assert cls.__name__ in events.__all__
        assert type(event(key)) is cls
        assert cls().key == key


@pytest.mark.parametrize("one", files())
def test_every_recorded_body_reads_whole(one: dict[str, Any], delivery: Make) -> None:
    """As the class of its key: each field at each depth, and nothing is lost or changed."""
    body = (PAYLOADS / one["path"]).read_bytes()
    sent = delivery(one["resource"], body)
    made = parse(sent.headers, body, secrets=SECRET)
    assert type(made) is EVENTS[one["resource"]]
    wrong = list(read_all(made))
    assert not wrong
    assert made.to_dict() == json.loads(body)
    assert {name for name in fields_of(type(made)) if name in made.to_dict()} >= set(
        made.to_dict()
    ), "a key of the body has no field"


@pytest.mark.skipif(not recorded(), reason="there are no recorded payloads")
def test_nothing_recorded_is_left_out() -> None:
    """There are 41 bodies, of 18 keys."""
    assert len(recorded()) == 41
    assert len({one["resource"] for one in recorded()}) == 18


def test_the_sides_of_a_push_are_of_the_class_that_their_type_says() -> None:
    """A branch, tags of both kinds, old kinds, and one that nobody knows; None where it is none."""
    kinds = ["branch", "tag", "annotated_tag", "named_branch", "bookmark", "wormhole"]
    changes = [{"new": {"type": kind, "name": "x"}, "old": None} for kind in kinds]
    made = event("repo:push", push={"changes": changes})
    assert isinstance(made, RepoPush)
    found = made.push.changes if made.push and made.push.changes else ()
    names = [type(one.new).__name__ for one in found]
    assert names == ["Branch", "Tag", "AnnotatedTag", "NamedBranch", "Bookmark", "Ref"]
    assert isinstance(found[3].new, Branch)
    assert isinstance(found[2].new, Tag)
    assert issubclass(AnnotatedTag, Tag)
    assert all(one.old is None for one in found)


def test_a_component_may_be_its_name() -> None:
    """Then it has no other field; what is neither a name nor an object is still an error."""
    made = event("issue:created", issue={"id": 1, "component": "backend"})
    assert made.issue.component.name == "backend"
    assert (made.issue.component.id, list(made.issue.component.links)) == (None, [])
    assert made.to_dict() == {"issue": {"id": 1, "component": "backend"}}
    whole = event("issue:created", issue={"component": {"id": 2, "name": "backend"}})
    assert (whole.issue.component.id, whole.issue.component.name) == (2, "backend")
    assert event("issue:created", issue={"component": None}).issue.component is None
    with pytest.raises(DecodingError, match="component is not Component but 7"):
        _ = event("issue:created", issue={"component": 7}).issue.component


def test_what_belongs_to_an_event_is_typed() -> None:
    """Changes, opinions, comments, statuses."""
    made = event("repo:updated", changes={"name": {"old": "a", "new": "b"}})
    assert isinstance(made, RepoUpdated)
    assert made.changes is not None
    assert (made.changes["name"].old, made.changes["name"].new) == ("a", "b")
    moved = event("project:updated", project={"key": "P"}, changes={"key": {"old": "O"}})
    assert isinstance(moved, ProjectUpdated)
    assert moved.project is not None
    assert moved.project.key == "P"
    opinion = {"date": "2026-01-01T00:00:00+00:00", "user": {"type": "user", "uuid": "{u}"}}
    approved = event("pullrequest:approved", approval=opinion, pullrequest={"id": 7})
    assert isinstance(approved, PullRequestApproved | PullRequestEvent)
    assert approved.approval.user.uuid == "{u}"
    asked = event("pullrequest:changes_request_created", changes_request=opinion)
    assert isinstance(asked, PullRequestChangesRequestCreated)
    assert asked.changes_request is not None
    assert asked.changes_request.date == datetime(2026, 1, 1, tzinfo=UTC)
    said = event("pullrequest:comment_created", comment={"id": 3, "inline": {"to": 4}})
    assert isinstance(said, PullRequestCommentCreated)
    assert said.comment is not None
    assert said.comment.inline is not None
    assert said.comment.inline.to == 4
    built = event("repo:commit_status_created", commit_status={"state": "FAILED"})
    assert isinstance(built, RepoCommitStatusCreated)
    assert built.commit_status is not None
    assert built.commit_status.state == "FAILED"


def test_spans_have_exact_numbers_and_plain_attributes() -> None:
    """Nanoseconds and integers as sent, times as datetimes, unknown kinds of values as they are."""
    made = event("pipeline:span_created", **SPANS)
    assert isinstance(made, PipelineSpanCreated)
    assert made.actor is None
    assert made.repository is None
    (span,) = made.spans
    assert span.startTimeUnixNano == 1767225600123456789
    assert span.endTimeUnixNano == 1767225601123456789
    assert span.started_at == datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=123456)
    assert span.ended_at is not None
    assert span.ended_at - span.started_at == timedelta(seconds=1)
    assert span.attributes == {
        "step.name": "build",
        "exact": 9007199254740993,
        "number": 7,
        "load": 0.5,
        "ok": True,
        "list": (1,),
        "map": {"a": 2},
        "new": {"dateValue": "soon"},
        "none": {},
    }
    assert type(span.attributes["number"]) is int
    assert span.events is not None
    assert span.events[0].time == datetime(2026, 1, 1, 0, 0, 0, 500000, tzinfo=UTC)
    assert list(read_all(made)) == []
    assert made.to_dict() == SPANS


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("startTimeUnixNano", "soon"),
        ("startTimeUnixNano", -1),
        ("startTimeUnixNano", 1.5),
        ("startTimeUnixNano", True),
        ("startTimeUnixNano", "9" * 5000),
        ("startTimeUnixNano", 2**64),
        ("attributes", {}),
        ("attributes", [1]),
        ("attributes", [{"value": {"intValue": "1"}}]),
        ("attributes", [{"key": "a", "value": {"intValue": "one"}}]),
        ("attributes", [{"key": "a", "value": {"arrayValue": 1}}]),
        ("attributes", [{"key": "a", "value": {"arrayValue": {"values": "abc"}}}]),
        ("attributes", [{"key": "a", "value": {"doubleValue": 10**400}}]),
        ("attributes", [{"key": "a", "value": nested(1000)}]),
    ],
)
def test_an_odd_span_is_an_error_where_it_is_read(name: str, value: Any) -> None:
    """And the rest of it reads."""
    spans = [{"name": "bbc.step", name: value}]
    data = {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}
    (span,) = event("pipeline:span_created", **data).spans
    assert span.name == "bbc.step"
    with pytest.raises(DecodingError, match=name):
        getattr(span, name)


def test_an_odd_field_is_an_error_where_it_is_read_and_nowhere_else() -> None:
    """The error names the event and the field."""
    made = event("pullrequest:created", pullrequest="x", actor={"type": "user", "uuid": "{1}"})
    assert made.actor.uuid == "{1}"
    with pytest.raises(DecodingError, match="PullRequestCreated: pullrequest"):
        _ = made.pullrequest


def test_an_event_keeps_its_delivery_when_it_is_copied_or_pickled() -> None:
    """And shows it; one made by hand has the key of its class."""
    made = event("repo:push", push={"changes": []})
    for twin in (copy.copy(made), copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert type(twin) is RepoPush
        assert twin.delivery == made.delivery
        assert twin.to_dict() == made.to_dict()
    assert repr(made) == "<RepoPush repo:push 1>"
    by_hand = events.PullRequestCreated(pullrequest=PullRequest(id=7))
    assert by_hand.key == "pullrequest:created"
    assert by_hand.delivery.id is None
    assert pickle.loads(pickle.dumps(by_hand)).pullrequest.id == 7
    assert repr(Event()) == "<Event>"


async def test_links_are_followed_by_the_client_that_was_given(
    delivery: Make, recorder: Any
) -> None:
    """At each depth; of a commit status the commit, whose address may be http."""
    href = "http://api.bitbucket.org/2.0/repositories/a/b/commit/c"
    sent = delivery(
        "repo:commit_status_created", {"commit_status": {"links": {"commit": {"href": href}}}}
    )
    client = recorder({"type": "commit", "hash": "c" * 40})
    made: Any = parse(sent.headers, sent.body, secrets=SECRET, client=client)
    found = await made.commit_status.get_commit()
    assert found.hash == "c" * 40
    assert client.targets == [href]


async def test_without_a_client_a_link_says_what_to_do(delivery: Make) -> None:
    """Before any request, for what is awaited and for what is walked."""
    links = {"self": {"href": "https://api.bitbucket.org/2.0/x"}}
    links |= {"commits": links["self"], "diff": links["self"]}
    sent = delivery("pullrequest:created", {"pullrequest": {"links": links}})
    made: Any = parse(sent.headers, sent.body, secrets=SECRET)
    with pytest.raises(ArgumentError, match="client="):
        await made.pullrequest.self_()
    with pytest.raises(ArgumentError, match="client="):
        await anext(aiter(made.pullrequest.commits()))
    with pytest.raises(ArgumentError, match="client="):
        await made.pullrequest.diff()


async def test_a_link_in_a_body_leads_nowhere_but_to_the_api(client: Any, delivery: Make) -> None:
    """The credential goes with it, and anybody who has the secret may have written it."""
    async with FakeBitbucket() as fake:
        bb = await client(fake.url, auth=BearerAuth(fake.access_token))
        inside, outside = f"{fake.url}/repositories/acme/site", "https://evil.example/2.0/x"
        for href, fits in ((inside, True), (outside, False)):
            data = {"repository": {"links": {"self": {"href": href}}}}
            sent = delivery("repo:created", data)
            made: Any = parse(sent.headers, sent.body, secrets=SECRET, client=bb)
            if fits:
                assert (await made.repository.self_()).full_name == "acme/site"
            else:
                with pytest.raises(UntrustedAddressError):
                    await made.repository.self_()


async def test_api_links_over_http_are_upgraded(client: Any, delivery: Make, mocked: Any) -> None:
    """Statuses have such links to their commits."""
    place = "api.bitbucket.org/2.0/repositories/a/b/commit/c"
    bb = await client("https://api.bitbucket.org/2.0")
    mocked.get(f"https://{place}", payload={"type": "commit", "hash": "c"})
    links = {"commit": {"href": f"http://{place}"}}
    sent = delivery("repo:commit_status_updated", {"commit_status": {"links": links}})
    made: Any = parse(sent.headers, sent.body, secrets=SECRET, client=bb)
    assert (await made.commit_status.get_commit()).hash == "c"
