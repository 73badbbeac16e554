"""Requests and answers, without I/O."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from bbasync.errors import DecodingError
from bbasync.wire.message import Answer, Body, Request


def test_a_target_is_the_address_with_its_query() -> None:
    """The query is percent-encoded, spaces as %20 and a plus as %2B."""
    request = Request("GET", "/x", (("q", 'name="a+b c"'), ("state", "OPEN"), ("state", "MERGED")))
    assert request.target == "/x?q=name%3D%22a%2Bb%20c%22&state=OPEN&state=MERGED"


def test_a_query_comes_behind_what_the_address_has() -> None:
    """An address with a query of its own keeps it."""
    assert Request("GET", "/x?a=1", (("b", "2"),)).target == "/x?a=1&b=2"


def test_a_json_body_is_utf8_of_known_length() -> None:
    """Text stays readable on the wire, without white space."""
    body = Body.of_json({"title": "Größe", "n": [1, None]})
    assert body.content == '{"title":"Größe","n":[1,null]}'.encode()
    assert body.content_type == "application/json"


@pytest.mark.parametrize("value", [math.nan, math.inf, object(), {1, 2}])
def test_what_json_cannot_say_is_refused(value: object) -> None:
    """NaN and objects are errors before anything is sent."""
    with pytest.raises((ValueError, TypeError)):
        Body.of_json(value)


def test_an_answer_that_is_not_json_says_what_it_is(answer: Callable[..., Answer]) -> None:
    """The error names the call, the media type and the start of the body."""
    page = answer(body=b"<html>Sign in", headers={"Content-Type": "text/html"})
    with pytest.raises(DecodingError, match=r"GET .*/x answered 200 with text/html.*<html>Sign in"):
        page.json()


def test_text_survives_bytes_of_another_encoding(answer: Callable[..., Answer]) -> None:
    """A diff in Latin-1 can be read as text, and its bytes are kept."""
    diff = answer(body=b"caf\xe9")
    assert diff.text == "caf\N{REPLACEMENT CHARACTER}"
    assert diff.body == b"caf\xe9"


def test_reprs_hold_no_headers_and_no_bodies(answer: Callable[..., Answer]) -> None:
    """What may hold a credential or a person's data is not printed."""
    request = Request("POST", "/x", (), Body(b"s3cret", "text/plain"), {"X-Key": "s3cret"})
    assert "s3cret" not in repr(request)
    assert "s3cret" not in repr(answer(body=b"s3cret", headers={"X-Key": "s3cret"}))


def test_half_a_surrogate_pair_does_not_cost_the_page(answer: Callable[..., Answer]) -> None:
    """What JSON allows is read, though the faster decoder refuses it."""
    assert answer(body=b'{"a": "\\ud800", "b": 1}').json() == {"a": "\ud800", "b": 1}
