"""What a signature says of bodies and answers beyond JSON objects."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import pytest

from bbasync import Answer, Body, Pager, Part, Resource, Stream
from bbasync.api.operation import GET, POST, PUT, Group
from bbasync.errors import ArgumentError, DecodingError
from bbasync.paging import ListQuery
from bbasync.resources import Account, Webhook
from bbasync.wire.message import Safety


class Shapes(Group, name="shapes"):
    """An operation of each shape."""

    @POST("/walk", form=("include", "exclude"), safety=Safety.READ)
    def walk(
        self,
        *,
        include: str | Sequence[str] = (),
        exclude: str | Sequence[str] = (),
        **query: Unpack[ListQuery],
    ) -> Pager[Account]:
        """Walk what a form chooses."""

    @PUT("/text", media_type="text/x-odd")
    async def put_text(self, body: str) -> str:
        """Send text, get text."""

    @POST("/array")
    async def post_array(self, body: Sequence[Webhook | Mapping[str, Any]]) -> Sequence[Webhook]:
        """Send an array, get an array."""

    @PUT("/any")
    async def put_any(self, body: Any) -> Any:
        """Send any JSON, get any JSON."""

    @POST("/parts")
    async def post_parts(self, body: Body) -> Answer:
        """Send a ready body, get all of the answer."""

    @PUT("/constant", constant=Body.of_json({}))
    async def put_constant(self) -> bytes:
        """Send what is always sent, get bytes."""

    @GET("/stream")
    def stream(self, *, target__ref_name: str = "") -> Stream:
        """Stream bytes."""

    @GET("/object")
    async def get_object(self) -> Mapping[str, Any]:
        """Get an object without a class."""

    @GET("/old", deprecated="removed by CHANGE-1; call stream()")
    async def get_old(self) -> Resource:
        """Get what is no longer there."""


async def test_a_form_goes_in_the_body_and_the_rest_in_the_query(recorder: Any) -> None:
    """Later pages are read by their addresses, without the form."""
    next_ = "https://api.bitbucket.org/2.0/walk?ctx=1&page=2"
    sender = recorder({"values": [{}], "next": next_}, {"values": [{}]})
    assert len(await Shapes(sender).walk(include=["a b", "c"], exclude="d", pagelen=5).all()) == 2
    first, second = sender.requests
    assert (first.method, first.target) == ("POST", "/walk?pagelen=5")
    assert first.body == Body.of_form([("include", "a b"), ("include", "c"), ("exclude", "d")])
    assert (second.method, second.target, second.body) == ("GET", next_, None)


async def test_an_empty_form_is_a_form(recorder: Any) -> None:
    """A call that names nothing sends a body of no bytes, of the right type."""
    sender = recorder({"values": []})
    await Shapes(sender).walk().all()
    assert sender.requests[0].body == Body(b"", "application/x-www-form-urlencoded")


async def test_text_is_sent_and_read_as_it_is(recorder: Any, answer: Any) -> None:
    """No JSON is attempted on either side."""
    sender = recorder(answer(body=b"not: json\n"))
    assert await Shapes(sender).put_text("write ä") == "not: json\n"
    assert sender.requests[0].body == Body("write ä".encode(), "text/x-odd")


async def test_an_array_is_sent_and_read_item_by_item(recorder: Any) -> None:
    """Resources say what was set, mappings all they have."""
    sender = recorder([{"url": "https://a"}, {"url": "https://b"}])
    found = await Shapes(sender).post_array([Webhook(url="https://a"), {"url": "https://b"}])
    assert json.loads(sender.requests[0].body.content) == [one.to_dict() for one in found]
    assert {type(one) for one in found} == {Webhook}


@pytest.mark.parametrize("body", [{}, "x", Webhook(url="x"), [1], [Webhook()]])
async def test_what_is_no_array_of_objects_is_refused(recorder: Any, body: Any) -> None:
    """A single object, text and resources that say nothing are named before they are sent."""
    sender = recorder()
    with pytest.raises(ArgumentError, match="body"):
        await Shapes(sender).post_array(body)
    assert sender.requests == []


@pytest.mark.parametrize("value", [None, 0, "x", [1, {"a": None}], {"b": True}])
async def test_any_json_is_sent_and_read_as_it_is(recorder: Any, answer: Any, value: Any) -> None:
    """None is sent as null, not left out."""
    sender = recorder(answer(value))
    assert await Shapes(sender).put_any(value) == value
    assert json.loads(sender.requests[0].body.content) == value


async def test_a_ready_body_is_sent_as_it_is(recorder: Any, answer: Any) -> None:
    """The answer comes whole, whatever its status."""
    sender = recorder(answer({"a": 1}, status=202, headers={"Location": "/x"}))
    body = Body.of_parts([Part("files", b"x", filename="x")])
    found = await Shapes(sender).post_parts(body)
    assert sender.requests[0].body is body
    assert (found.status, found.headers["location"], found.json()) == (202, "/x", {"a": 1})


async def test_a_body_where_parts_are_wanted_is_nothing_else(recorder: Any) -> None:
    """Text and numbers are refused."""
    for wrong in ("x", 5):
        with pytest.raises(ArgumentError, match="body"):
            await Shapes(recorder()).post_parts(wrong)  # type: ignore[arg-type]


async def test_a_constant_body_is_always_sent(recorder: Any, answer: Any) -> None:
    """The caller has none to give."""
    sender = recorder(answer(body=b"\xff\x00"))
    assert await Shapes(sender).put_constant() == b"\xff\x00"
    assert sender.requests[0].body == Body(b"{}", "application/json")


async def test_a_stream_sends_nothing_before_it_is_read(recorder: Any, answer: Any) -> None:
    """Two underscores in a name stand for the dot that Python forbids."""
    sender = recorder(answer(body=b"bytes"))
    stream = Shapes(sender).stream(target__ref_name="main")
    assert sender.requests == []
    assert await stream == b"bytes"
    assert sender.targets == ["/stream?target.ref_name=main"]


async def test_an_object_without_a_class_is_one(recorder: Any, answer: Any) -> None:
    """What is no object is an error."""
    assert await Shapes(recorder({"a": [1]})).get_object() == {"a": [1]}
    with pytest.raises(DecodingError):
        await Shapes(recorder(answer([1]))).get_object()


async def test_a_deprecated_operation_warns_once_a_client(recorder: Any) -> None:
    """Thousands of calls are one line; another client's user is told too."""
    shapes = Shapes(recorder({}, {}, {}))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        await shapes.get_old()
        await shapes.get_old()
        await Shapes(recorder({})).get_old()
    assert [str(one.message) for one in caught] == [
        "shapes.get_old: removed by CHANGE-1; call stream()"
    ] * 2
    assert {one.filename for one in caught} == {__file__}
