"""Every declared operation sends what its signature says, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from urllib.parse import quote

import attrs
import pytest

from bbasync import OPERATIONS, Bitbucket, F, ListQuery, Pager, Resource
from bbasync.api import Operation
from bbasync.model.reply import item_of
from bbasync.wire.body import Body, Part
from bbasync.wire.message import Answer, Request
from bbasync.wire.stream import Stream

STRANGE = "ä b/c?d#e&f=%{}"
LOOKED_UP = {"commit", "revision"}
"""With a slash in it, such a name is no address yet: see tests/api/test_reference.py."""
BODY = {"name": 'ä "quoted"', "nested": {"none": None, "list": [1, True]}}
LIST = {"values": [{"type": "unheard of", "name": "one"}], "size": 1}

every_operation = pytest.mark.parametrize(
    "operation", OPERATIONS, ids=[f"{one.group}.{one.name}" for one in OPERATIONS]
)


def _hints(operation: Operation) -> dict[str, Any]:
    own = dict(operation.signature._hints)
    return {**get_type_hints(ListQuery), **own}


def _choices(hint: Any) -> list[Any]:
    if get_origin(hint) in {Union, UnionType}:
        return [one for one in get_args(hint) if one is not NoneType]
    return [hint]


def _is_resource(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Resource)


TAKE_A_RESOURCE = [
    one for one in OPERATIONS if any(map(_is_resource, _choices(_hints(one).get("body"))))
]


class Recorder(Bitbucket):
    """A client that writes down what it would send, and answers with *body*."""

    def __init__(self, body: Any) -> None:
        super().__init__()
        self.sent: list[Request] = []
        self.body = body

    async def send(self, request: Request) -> Answer:
        """Keep *request*."""
        self.sent.append(request)
        return Answer(200, {}, json.dumps(self.body).encode(), request.method, request.address)


@every_operation
async def test_an_operation_sends_all_that_it_is_given(operation: Operation) -> None:
    """Names in the path are quoted, the rest is query, form or body; the answer is as declared."""
    given = _arguments(operation)
    recorder = Recorder(_answer(operation))
    answer = await _called(operation, recorder, given)
    request = recorder.sent[0]
    assert request.method == operation.method
    assert request.address == _address(operation, given)
    assert sorted(request.query) == sorted(operation.signature.amend(_query(operation, given)))
    assert request.body == _body(operation, given)
    assert _is_as_declared(answer, operation)


@every_operation
async def test_an_operation_sends_nothing_that_it_is_not_given(operation: Operation) -> None:
    """Defaults in a signature say what the service does; only a list is asked for long pages."""
    every = _arguments(operation)
    needed = {name: every[name] for name in _required(operation)}
    recorder = Recorder(_answer(operation))
    await _called(operation, recorder, needed)
    request = recorder.sent[0]
    longest = [("pagelen", str(operation.signature.max_pagelen))]
    expected = _query(operation, needed) + (longest if operation.signature.paged else [])
    assert sorted(request.query) == sorted(expected)
    assert request.body == _body(operation, needed)


@pytest.mark.parametrize(
    "operation", TAKE_A_RESOURCE, ids=[f"{one.group}.{one.name}" for one in TAKE_A_RESOURCE]
)
async def test_a_body_made_by_hand_is_sent_as_far_as_it_was_set(operation: Operation) -> None:
    """An operation with a body takes a resource too, and sends its explicit None and no more."""
    kind = next(one for one in _choices(_hints(operation).get("body")) if _is_resource(one))
    name = attrs.fields(kind)[0].name
    every = _arguments(operation)
    needed = {name: every[name] for name in _required(operation)}
    recorder = Recorder(_answer(operation))
    await _called(operation, recorder, {**needed, "body": kind(**{name: None})})
    body = recorder.sent[0].body
    assert body is not None
    assert json.loads(body.content) == {name.rstrip("_"): None}


@every_operation
def test_an_operation_is_where_its_entry_says(operation: Operation) -> None:
    """The group is an attribute of the client, the name one of the group, and both are sound."""
    made = getattr(getattr(Bitbucket(), operation.group), operation.name)
    assert made.operation is operation
    assert operation.method in {"GET", "POST", "PUT", "DELETE"}
    assert operation.path.startswith("/")
    # A group of API 1.0 is changed at an address with a slash at its end, and nothing else is.
    assert operation.path.endswith("/") == (made.__qualname__ == "Groups.update")


def test_no_operation_is_declared_twice() -> None:
    """An address and a method are one operation."""
    pairs = [(one.method, one.path) for one in OPERATIONS]
    assert len(pairs) == len(set(pairs)) > 330


async def _called(operation: Operation, recorder: Recorder, given: Mapping[str, Any]) -> Any:
    call = getattr(getattr(recorder, operation.group), operation.name)
    if operation.deprecated:
        with pytest.warns(DeprecationWarning, match=f"{operation.group}.{operation.name}: "):
            return await _result(call(**given))
    return await _result(call(**given))


async def _result(made: Any) -> Any:
    """What was fetched, or the first item of what was listed."""
    return (await made.all())[0] if isinstance(made, Pager) else await made


def _answer(operation: Operation) -> Any:
    """An answer that fits what the operation returns."""
    if operation.signature.paged:
        return LIST
    returns = operation.signature.returns
    return [{"name": "one"}] if get_origin(returns) is Sequence else {"name": "one"}


def _is_as_declared(answer: Any, operation: Operation) -> bool:
    returns = operation.signature.returns
    if returns in {None, NoneType}:
        return answer is None
    if returns is Stream:
        return isinstance(answer, bytes)
    if get_origin(returns) is Sequence:
        return all(isinstance(one, get_args(returns)[0]) for one in answer)
    kind = item_of(returns) if operation.signature.paged else get_origin(returns) or returns
    return kind is Any or isinstance(answer, kind)


def _address(operation: Operation, given: Mapping[str, Any]) -> str:
    def value(found: re.Match[str]) -> str:
        return quote(given[found[1]], safe="/" if found[1] == "path" else "")

    return re.sub(r"{(\w+)}", value, operation.path)


def _query(operation: Operation, given: Mapping[str, Any]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in given.items():
        if f"{{{name}}}" in operation.path or name in {"unique", "concurrency", "body"}:
            continue
        if name in operation.signature.in_form:
            continue
        every = value if isinstance(value, list) else [value]
        found += [
            (name.rstrip("_").replace("__", "."), _text(name, one, operation)) for one in every
        ]
    return found


def _body(operation: Operation, given: Mapping[str, Any]) -> Body | None:
    """What is sent for a body or a form."""
    form = operation.signature.in_form
    if form:
        every = {name: one for name, one in given.items() if name in form}
        spread = [
            (name, str(one))
            for name, value in every.items()
            for one in (value if isinstance(value, list) else [value])
        ]
        return Body.of_form(spread)
    if "body" not in given:
        return operation.constant
    body = given["body"]
    if isinstance(body, Body):
        return body
    if isinstance(body, str):
        return Body.of_text(body, operation.signature.media_type)
    return Body.of_json(body)


def _text(name: str, value: Any, operation: Operation) -> str:
    if name == "fields" and operation.signature.paged:
        return f"{value},next,size,page,pagelen"
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def _arguments(operation: Operation) -> dict[str, Any]:
    """A value for every parameter but the body, the strangest that its type allows."""
    hints = _hints(operation)
    return {
        name: _value(name, hints.get(name, str), f"{{{name}}}" in operation.path)
        for name in operation.signature.parameters
    }


def _value(name: str, hint: Any, in_path: bool) -> Any:  # noqa: FBT001 - one of three facts
    if name == "body":
        return _some_body(hint)
    if in_path:
        return name + (STRANGE.replace("/", "") if name in LOOKED_UP else STRANGE)
    known = {"q": F.name == STRANGE, "sort": "-name", "fields": "values.name", "page": 2}
    if name in known:
        return known[name]
    kinds = _choices(hint)
    if any(get_origin(kind) is Sequence for kind in kinds):
        literal = [get_args(kind) for kind in kinds if get_origin(kind) is Literal]
        return list(literal[0][:2]) if literal else [STRANGE, "other"]
    first = kinds[0]
    if get_origin(first) is Literal:
        return get_args(first)[-1]
    return {bool: True, int: 7, float: 0.5}.get(first, STRANGE)


def _some_body(hint: Any) -> Any:
    """A body of the first kind that is declared."""
    kinds = _choices(hint)
    if hint is Any or any(_is_resource(one) for one in kinds):
        return BODY
    if any(get_origin(one) is Sequence for one in kinds):
        return [BODY, BODY]
    if Body in kinds:
        return Body.of_parts([Part("files", b"x", filename="y")])
    return "text: ä" if str in kinds else BODY


def _required(operation: Operation) -> list[str]:
    parameters = operation.signature._signature.parameters.values()
    needed = [one.name for one in parameters if one.default is one.empty]
    return [name for name in needed if name not in {"self", "query"}]
