"""From headers and body to an event; whatever comes, an event or one kind of error."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from multidict import CIMultiDict

from bbasync.errors import ArgumentError, DecodingError, SignatureError, WebhookError
from bbasync.webhooks import EVENTS, Event, parse, sign
from bbasync.webhooks.events import RepoPush
from tests.webhooks.conftest import SECRET, Sent, make_delivery

Make = Callable[..., Sent]

NOT_READ = {"not_json", "not_an_object"}
ODD_BODIES = [
    b"",
    b"null",
    b"[]",
    b'"text"',
    b"7",
    b"{",
    b"\x00",
    b'{"push": "\x00"}',
    b"\xff\xfe{}",
    b"[" * 100_000,
    b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    b'{"a": ' + b"9" * 10_000 + b"}",
    b'{"a": 1e999999}',
    b'{"push": {}, "push": []}',
    b'{"push": "\\ud800"}',
    b'{"actor": 7, "repository": [], "push": "x"}',
    b'{"push": ' + b"[" * 800 + b"]" * 800 + b"}",
    "{}".encode("utf-16"),
    b"\xef\xbb\xbf{}",
]


def test_a_delivery_is_read_as_its_key_says(delivery: Make) -> None:
    """The class, what the headers say, and that the signature was checked."""
    sent = delivery("repo:push", {"push": {"changes": []}})
    event = parse(sent.attempt(2), sent.body, secrets=SECRET)
    assert isinstance(event, RepoPush)
    assert event.push is not None
    assert event.push.changes == ()
    said = event.delivery
    assert (said.key, said.id, said.attempt, said.signed) == ("repo:push", sent.id, 2, True)
    assert said.hook_uuid == sent.headers["X-Hook-UUID"]
    assert event.to_dict() == json.loads(sent.body)


def test_header_names_come_in_any_case_and_form(delivery: Make) -> None:
    """A dictionary, a multidict, pairs."""
    sent = delivery()
    lower = {name.lower(): value for name, value in sent.headers.items()}
    for headers in (sent.headers, lower, CIMultiDict(sent.headers), list(lower.items())):
        assert parse(headers, sent.body, secrets=SECRET).delivery.id == sent.id


def test_an_unknown_key_is_a_plain_event_that_keeps_everything(delivery: Make) -> None:
    """The service may have more keys than are known here."""
    data = {"actor": {"type": "user", "uuid": "{1}"}, "thing": {"a": [1]}}
    sent = delivery("repo:exploded", data)
    event = parse(sent.headers, sent.body, secrets=SECRET)
    assert type(event) is Event
    assert event.key == "repo:exploded"
    assert event.to_dict() == data
    assert event.actor is not None
    assert event.actor.uuid == "{1}"


def test_unsigned_deliveries_must_be_asked_for(delivery: Make) -> None:
    """No secret is no permission; and unsigned beside a secret would make it worthless."""
    sent = delivery(secret=None)
    with pytest.raises(ArgumentError, match="unsigned=True"):
        parse(sent.headers, sent.body)
    with pytest.raises(ArgumentError, match="not both"):
        parse(sent.headers, sent.body, secrets=SECRET, unsigned=True)
    for secrets in ("", [], [""]):
        with pytest.raises(ArgumentError):
            parse(sent.headers, sent.body, secrets=secrets)
    with pytest.raises(SignatureError) as caught:
        parse(sent.headers, sent.body, secrets=SECRET)
    assert caught.value.reason == "missing"
    assert parse(sent.headers, sent.body, unsigned=True).delivery.signed is False


def test_a_secret_that_is_no_unicode_is_not_shown(delivery: Make) -> None:
    """Neither in the error nor in what caused it."""
    sent = delivery()
    with pytest.raises(ArgumentError) as caught:
        parse(sent.headers, sent.body, secrets="hush\udcff")
    assert "hush" not in str(caught.value)
    assert caught.value.__context__ is None


def test_old_and_new_secrets_are_valid_together(delivery: Make) -> None:
    """While one replaces another."""
    sent = delivery()
    assert parse(sent.headers, sent.body, secrets=["new", SECRET])
    with pytest.raises(SignatureError) as caught:
        parse(sent.headers, sent.body, secrets=["new", "newer"])
    assert caught.value.reason == "wrong"


def test_a_body_above_the_limit_is_refused_before_its_signature_is_made(delivery: Make) -> None:
    """The service's own limit of 256 KB goes through."""
    data = {"x": "y" * 256 * 1024}
    sent = delivery(data=data)
    assert parse(sent.headers, sent.body, secrets=SECRET).to_dict() == data
    with pytest.raises(WebhookError) as caught:
        parse({}, sent.body, secrets=SECRET, max_bytes=len(sent.body) - 1)
    assert caught.value.reason == "too_large"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Event-Key", None),
        ("X-Event-Key", ""),
        ("X-Event-Key", "repo push"),
        ("X-Event-Key", "x" * 200),
        ("X-Request-UUID", "a\nb"),
        ("X-Request-UUID", "\udcff"),
        ("X-Hook-UUID", ""),
        ("X-Attempt-Number", "first"),
        ("X-Attempt-Number", "-1"),
        ("X-Attempt-Number", "9" * 5000),
        ("X-Attempt-Number", "²"),
    ],
)
def test_odd_headers_are_refused_by_name(delivery: Make, name: str, value: str | None) -> None:
    """Also those that could break the lines of a log."""
    sent = delivery()
    if value is None:
        del sent.headers[name]
    else:
        sent.headers[name] = value
    with pytest.raises(WebhookError, match=name) as caught:
        parse(sent.headers, sent.body, secrets=SECRET)
    assert caught.value.reason == "header"


@pytest.mark.parametrize("name", ["x-event-key", "x-hub-signature", "x-request-uuid"])
def test_a_header_that_comes_twice_is_refused(delivery: Make, name: str) -> None:
    """Two programs may believe two different ones."""
    sent = delivery()
    with pytest.raises(WebhookError, match="more than once"):
        parse([*sent.headers.items(), (name, "x")], sent.body, secrets=SECRET)


def test_a_decoded_body_is_a_mistake_of_the_caller(delivery: Make) -> None:
    """It can't be checked."""
    sent: Any = delivery()
    with pytest.raises(ArgumentError, match="bytes"):
        parse(sent.headers, sent.body.decode(), secrets=SECRET)


def test_an_error_shows_nothing_of_the_body() -> None:
    """Neither in its text nor in what caused it; and it can be pickled."""
    sent = make_delivery(data=b'{"password": "hunter2"')
    with pytest.raises(WebhookError) as caught:
        parse(sent.headers, sent.body, secrets=SECRET)
    assert caught.value.reason == "not_json"
    assert "hunter2" not in str(caught.value)
    assert caught.value.__context__ is None
    assert pickle.loads(pickle.dumps(caught.value)).reason == "not_json"


def parsed(key: str, body: bytes) -> Event | str:
    """What comes of a signed body: an event, or the reason why there is none."""
    sent = make_delivery(key, body)
    try:
        return parse(sent.headers, body, secrets=SECRET)
    except WebhookError as error:
        reason = error.reason
    assert reason in NOT_READ
    return reason


@pytest.mark.parametrize("body", ODD_BODIES, ids=range(len(ODD_BODIES)))
@pytest.mark.parametrize("key", ["repo:push", "pipeline:span_created", "x:y"])
def test_odd_bodies_are_events_or_webhook_errors(key: str, body: bytes) -> None:
    """Whatever is signed; an event with odd fields fails where these are read, by a typed error."""
    found = parsed(key, body)
    if isinstance(found, Event):
        assert repr(found)
        for name in ("actor", "repository", "push", "resourceSpans"):
            with suppress(DecodingError):
                getattr(found, name, None)


words = st.sampled_from(["X-Hub-Signature", "x-event-key", "X-Request-UUID", "X-Attempt-Number"])
texts = st.text() | st.sampled_from(["repo:push", "sha256=", "sha256=" + "0" * 64, "1"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=5
)
bodies = st.binary() | st.dictionaries(st.text(), values).map(lambda one: json.dumps(one).encode())


@given(st.lists(st.tuples(words | st.text(), texts), max_size=6), bodies)
@example([("X-Hub-Signature", sign(b"{}", "another")), ("X-Event-Key", "repo:push")], b"{}")
def test_nothing_passes_without_the_secret(headers: list[tuple[str, str]], body: bytes) -> None:
    """And nothing raises anything but WebhookError."""
    with pytest.raises(WebhookError):
        parse(headers, body, secrets=SECRET)


@given(bodies, st.sampled_from([*EVENTS, "x:y"]))
def test_whatever_is_signed_is_an_event_or_a_webhook_error(body: bytes, key: str) -> None:
    """For any bytes."""
    found = parsed(key, body)
    assert isinstance(found, str | EVENTS.get(key, Event))


@given(st.binary(min_size=1), st.integers(0), st.integers(1, 255))
def test_one_changed_byte_is_enough(body: bytes, place: int, change: int) -> None:
    """Of the body, whatever it is."""
    sent = make_delivery("repo:push", body)
    changed = bytearray(body)
    changed[place % len(body)] ^= change
    with pytest.raises(SignatureError):
        parse(sent.headers, bytes(changed), secrets=SECRET)
