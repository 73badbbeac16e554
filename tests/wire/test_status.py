"""From an answer to the error that it is."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from copy import copy, deepcopy
from datetime import UTC, datetime
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from bbasync import errors
from bbasync.wire.message import Answer
from bbasync.wire.status import error_class, error_of

Make = Callable[..., Answer]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (202, errors.NotReadyError),
        (301, errors.RedirectError),
        (304, errors.RedirectError),
        (400, errors.BadRequestError),
        (401, errors.UnauthorizedError),
        (402, errors.PaymentRequiredError),
        (403, errors.ForbiddenError),
        (404, errors.NotFoundError),
        (405, errors.MethodNotAllowedError),
        (406, errors.NotAcceptableError),
        (409, errors.ConflictError),
        (410, errors.GoneError),
        (411, errors.LengthRequiredError),
        (412, errors.PreconditionFailedError),
        (413, errors.ContentTooLargeError),
        (414, errors.AddressTooLongError),
        (415, errors.UnsupportedMediaTypeError),
        (416, errors.RangeNotSatisfiableError),
        (418, errors.AnswerError),
        (429, errors.RateLimitedError),
        (500, errors.ServerError),
        (503, errors.ServerError),
        (555, errors.ServerTookTooLongError),
        (599, errors.ServerError),
    ],
)
def test_each_status_has_its_class(status: int, kind: type[errors.AnswerError]) -> None:
    """Every documented status is told apart by class, others fall to their family."""
    assert error_class(status) is kind


def test_a_404_names_the_missing_thing(answer: Make) -> None:
    """The sentence says what was asked for and what the service said."""
    said = error_of(
        answer({"type": "error", "error": {"message": "Changeset not found."}}, status=404)
    )
    assert str(said) == "404 from GET https://api.bitbucket.org/2.0/x: Changeset not found."


LAYOUTS: list[tuple[str, Any, dict[str, Any]]] = [
    (
        "detail as text",
        {"error": {"message": "Bad", "detail": "Very bad", "id": "abc"}},
        {"message": "Bad", "detail": "Very bad", "id": "abc", "fields": {}, "data": {}},
    ),
    (
        "fields with lists",
        {"error": {"message": "Bad", "fields": {"name": ["taken", "short"]}}},
        {"fields": {"name": ["taken", "short"]}, "message": "Bad"},
    ),
    (
        "fields with text and an empty key",
        {"error": {"message": "Bad", "fields": {"": "expected a dictionary"}}},
        {"fields": {"": "expected a dictionary"}},
    ),
    (
        "data twice",
        {"error": {"message": "Gone", "data": {"a": 1}}, "data": {"a": 1}},
        {"data": {"a": 1}},
    ),
    ("data at the top alone", {"error": {"message": "Gone"}, "data": {"a": 1}}, {"data": {"a": 1}}),
    (
        "the token endpoint's",
        {"error": "invalid_grant", "error_description": "Expired."},
        {"message": "Expired."},
    ),
    ("error as text", {"error": "flat"}, {"message": "flat"}),
    ("a message alone", {"message": "alone"}, {"message": "alone"}),
    ("a number as id", {"error": {"message": "Bad", "id": 5}}, {"id": "5"}),
    ("nulls", {"error": {"message": None, "detail": None, "fields": None}}, {"message": ""}),
    ("an empty object", {}, {"message": ""}),
    ("a list", ["nope"], {"message": '["nope"]'}),
    ("a text in JSON", "nope", {"message": "nope"}),
    ("a number", 5, {"message": "5"}),
    ("null", None, {"message": "null"}),
    ("true", True, {"message": "true"}),
]


@pytest.mark.parametrize(
    ("body", "members"), [one[1:] for one in LAYOUTS], ids=[one[0] for one in LAYOUTS]
)
def test_every_layout_of_an_error_is_read(answer: Make, body: Any, members: dict[str, Any]) -> None:
    """What the error object has is on the error, under the same name."""
    error = error_of(answer(body, status=400))
    assert {name: getattr(error, name) for name in members} == members


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"Rate limit for this resource has been exceeded",) * 2,
        (
            b"<html><head><style>b{}</style><title>502</title></head><h1>Bad <b>gateway</b></h1>",
            b"502 Bad gateway",
        ),
        (
            b"<?xml version='1.0'?><Error><Code>InvalidArgument</Code></Error>",
            b"InvalidArgument",
        ),
        (b"", b""),
        (b"   ", b""),
        (b"caf\xe9", "caf\ufffd".encode()),
        (b"x" * 1000, b"x" * 300 + b"..."),
    ],
)
def test_a_body_that_is_not_json_is_kept_as_text(answer: Make, body: bytes, message: bytes) -> None:
    """Text, HTML and XML give their readable part, nothing gives nothing."""
    assert error_of(answer(body=body, status=502)).message == message.decode()


def test_an_error_without_a_message_says_so(answer: Make) -> None:
    """Even a bare status is a sentence."""
    assert str(error_of(answer(body=b"", status=405))).endswith("x: no message")


def test_fields_are_part_of_the_sentence(answer: Make) -> None:
    """Who reads the log learns which field is wrong, and the body's own trouble too."""
    body = {"error": {"message": "Bad", "detail": "Why", "fields": {"name": ["a", "b"], "": "c"}}}
    assert str(error_of(answer(body, status=400))).endswith(": Bad (Why); name: a, b; body: c")


def test_a_403_tells_the_scopes(answer: Make) -> None:
    """An object in *detail* gives the scopes, and the sentence names the missing one."""
    detail = {"required": ["project:admin", "account"], "granted": ["account"]}
    error = error_of(answer({"error": {"message": "No.", "detail": detail}}, status=403))
    assert error.required_scopes == ("project:admin", "account")
    assert error.granted_scopes == ("account",)
    assert "(missing scopes: project:admin)" in str(error)


@pytest.mark.parametrize("detail", [None, "text", {"required": "repository"}, {}])
def test_a_403_without_scopes_has_none(answer: Make, detail: Any) -> None:
    """Other details are no scopes, and raise nothing."""
    error = error_of(answer({"error": {"message": "No.", "detail": detail}}, status=403))
    assert error.required_scopes == error.granted_scopes == ()


def test_a_410_tells_where_it_was_announced(answer: Make) -> None:
    """The address of the announcement is on the error, and in its sentence."""
    url = "https://developer.atlassian.com/cloud/bitbucket/changelog/#CHANGE-2770"
    error = error_of(answer({"error": {"message": "Gone", "data": {"announcement_url": url}}},
                            status=410))  # fmt: skip
    assert error.announcement_url == url
    assert str(error).endswith(f"(see {url})")


def test_a_410_without_an_announcement_has_none(answer: Make) -> None:
    """A deleted workspace is gone without one."""
    error = error_of(answer({"error": {"message": "Gone"}}, status=410))
    assert error.announcement_url is None


def test_a_redirect_that_is_not_followed_says_where_to(answer: Make) -> None:
    """The Location is on the error."""
    error = error_of(answer(body=b"", status=301, headers={"location": "https://x/y"}))
    assert error.location == "https://x/y"
    assert "https://x/y" in str(error)


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ({"x-request-id": "ab-1"}, "ab-1"),
        ({"X-B3-TraceId": "0123abc"}, "0123abc"),
        ({"Atl-TraceId": "f00"}, "f00"),
        ({"x-amz-request-id": "S3"}, "S3"),
        ({"X-Request-Id": "first", "X-B3-TraceId": "second"}, "first"),
        ({"X-Request-Id": "not printable\x1b[31m", "X-B3-TraceId": "second"}, "second"),
        ({"X-Request-Id": "x" * 300}, None),
        ({"X-Request-Id": ""}, None),
        ({}, None),
    ],
)
def test_an_error_names_its_request(
    answer: Make, headers: dict[str, str], name: str | None
) -> None:
    """What the service's support asks for is on the error and in its sentence."""
    error = error_of(answer({"error": {"message": "Oops"}}, status=500, headers=headers))
    assert error.request_id == name
    assert str(error).endswith(f" [request {name}]" if name else "Oops")
    assert pickle.loads(pickle.dumps(error)).request_id == name


def test_the_sentence_of_a_huge_error_is_short(answer: Make) -> None:
    """A message of a megabyte is kept, and not printed."""
    error = error_of(answer({"error": {"message": "x" * 1_000_000}}, status=500))
    assert len(error.message) == 1_000_000
    assert len(str(error)) < 1200


@pytest.mark.parametrize("body", [b"<", b"< ", b"<script", b"<style>", b"<a <script "])
def test_a_page_that_opens_and_never_closes_takes_no_time(answer: Make, body: bytes) -> None:
    """A megabyte of markup without an end stops the program for milliseconds, not for hours."""
    start = process_time()
    error_of(answer(body=body * (1_000_000 // len(body)), status=500))
    assert process_time() - start < 2


def test_a_sentence_is_one_line_that_can_be_printed_anywhere(answer: Make) -> None:
    """Neither a terminal's escapes nor halves of characters nor lines of a log come through."""
    said = "a\x1b[31m\r\n2026-11-21 CRITICAL b\ud800\u202e\u00e4"
    body = {"error": {"message": said, "detail": said, "fields": {said: [said]}}}
    error = error_of(answer(body, status=400))
    assert error.message == said
    assert str(error).isprintable()
    assert str(error).encode().decode() == str(error)
    assert "\u00e4" in str(error)


def full_error() -> errors.AnswerError:
    """An error with every member set."""
    return errors.RateLimitedError(
        status=429,
        method="GET",
        url="https://x/y",
        message="Slow",
        detail={"a": 1},
        fields={"b": ["c"]},
        data={"d": 2},
        id="e",
        attempts=3,
        location="https://x/z",
        reset_at=datetime(2026, 11, 21, tzinfo=UTC),
        request_id="f-1",
    )


def test_an_error_survives_pickling() -> None:
    """Process pools and task queues pass errors on whole."""
    error = full_error()
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert vars(again) == vars(error)
    assert str(again) == str(error)


def test_an_error_with_a_note_survives_pickling() -> None:
    """Notes, which task groups and test tools add, don't break an error, and stay."""
    error = full_error()
    error.add_note("while reading acme")
    again = pickle.loads(pickle.dumps(error))
    assert again.__notes__ == ["while reading acme"]
    assert again.status == 429


def kinds_of(kind: type[errors.BitbucketError]) -> list[type[errors.BitbucketError]]:
    """A class and all below it."""
    return [kind, *(one for below in kind.__subclasses__() for one in kinds_of(below))]


def made(kind: type[errors.BitbucketError]) -> errors.BitbucketError:
    """An error of that class."""
    if issubclass(kind, errors.AnswerError):
        return kind(status=400, method="GET", url="https://x/y", message="No", fields={"a": ["b"]})
    if issubclass(kind, errors.AmbiguousWriteError):
        return kind("POST", "https://x/y", "cut")
    if issubclass(kind, errors.ReauthorizationRequired):
        return kind("ada", "the refresh token was revoked")
    if issubclass(kind, errors.WebhookError):
        return kind("too much", "too_large")
    return kind("No")


@pytest.mark.parametrize("kind", kinds_of(errors.BitbucketError))
@pytest.mark.parametrize("way", [lambda it: pickle.loads(pickle.dumps(it)), copy, deepcopy])
def test_every_error_survives_the_way_to_another_process(
    kind: type[errors.BitbucketError], way: Callable[[Any], Any]
) -> None:
    """With its notes, and with what a task queue or an error reporter has put on it."""
    error = made(kind)
    error.add_note("while reading acme")
    error.reported = True  # type: ignore[attr-defined]
    again = way(error)
    assert type(again) is kind
    assert (str(again), again.args, vars(again)) == (str(error), error.args, vars(error))


def test_an_ambiguous_write_survives_pickling() -> None:
    """The call that is in doubt is still named in another process."""
    error = errors.AmbiguousWriteError("POST", "https://x/y", "cut")
    again = pickle.loads(pickle.dumps(error))
    assert (again.method, again.url, again.reason) == ("POST", "https://x/y", "cut")
    assert str(again) == str(error)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "message", "detail", "fields", "data", "id", "required", ""]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(JSON, st.integers(300, 599))
def test_no_json_body_raises(body: Any, status: int) -> None:
    """Whatever the service says, the error is an error of the tree with a sentence."""
    answer = Answer(status, CIMultiDict(), json.dumps(body).encode(), "GET", "https://x")
    error = error_of(answer)
    assert str(error).startswith(f"{status} from GET https://x: ")
    assert isinstance(error.required_scopes, tuple)
    assert isinstance(pickle.loads(pickle.dumps(error)), errors.AnswerError)


@given(
    st.dictionaries(
        st.sampled_from(["Location", "X-Request-Id", "X-B3-TraceId", "Content-Type"]), st.text()
    )
)
def test_no_header_raises(headers: dict[str, str]) -> None:
    """Neither does any header that an error is made of."""
    error = error_of(Answer(429, CIMultiDict(headers), b"", "GET", "https://x"))
    assert "\n" not in str(error)
    assert isinstance(pickle.loads(pickle.dumps(error)), errors.RateLimitedError)


@given(st.binary(max_size=200))
def test_no_bytes_raise(body: bytes) -> None:
    """Neither do bytes of no layout at all."""
    error = error_of(Answer(500, CIMultiDict(), body, "GET", "https://x"))
    assert isinstance(error, errors.ServerError)


@pytest.mark.parametrize("start", ["[", '{"error":'], ids=["lists", "objects"])
def test_json_nested_without_end_is_no_crash(answer: Make, start: str) -> None:
    """An error stays an error, and an answer becomes one, however deep a body is."""
    endless = answer(body=start.encode() * 100_000, status=500)
    assert isinstance(error_of(endless), errors.ServerError)
    with pytest.raises(errors.DecodingError):
        endless.json()
