"""Payloads of our own making: any object that a class describes reads in full and is kept."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest

from bbasync import Resource, resources
from bbasync.model.kinds import TYPES
from bbasync.model.make import from_wire
from bbasync.model.shape import NAMES, fields_of, lean_in, rest_in, wire_name

WIRE_TYPES = {kind: name for name, kind in TYPES.items()}
STRANGE = {"a field that no class knows": [1, {"type": "unheard of"}], "links": {}}
PLAIN = {str: "text", int: 7, float: 1.5, bool: True, datetime: "2026-11-24T10:00:00.123456+02:00"}
DEEPEST = 2

FORMS: dict[str, Callable[[Any], Any]] = {
    "decoded": copy.deepcopy,
    "bytes": lambda data: json.dumps(data).encode(),
}
every_form = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
every_class = pytest.mark.parametrize("name", sorted(resources.__all__))


def sample(kind: type[Resource], depth: int = 0) -> dict[str, Any]:
    """An object with every field of *kind*, down to a depth."""
    hints = get_type_hints(kind, localns=dict(NAMES))
    made = {wire_name(name): _value(hints[name], depth) for name in fields_of(kind)}
    if "type" in made:
        made["type"] = WIRE_TYPES.get(kind, "unheard of")
    return made | copy.deepcopy(STRANGE)


def _value(hint: Any, depth: int) -> Any:
    if get_origin(hint) in {Union, UnionType}:
        hint = next(one for one in get_args(hint) if one is not NoneType)
    hint = getattr(hint, "__supertype__", hint)  # a NewType is sent as what it is made of
    if get_origin(hint) is Sequence:
        return [] if depth == DEEPEST else [_value(get_args(hint)[0], depth)]
    if get_origin(hint) is Mapping and get_args(hint)[1] is not Any:
        return {} if depth == DEEPEST else {"one": _value(get_args(hint)[1], depth)}
    if get_origin(hint) is Mapping or hint is Any:
        return {"free": [1, None, "x"]}
    if issubclass(hint, Resource):
        return None if depth == DEEPEST else sample(hint, depth + 1)
    return PLAIN[hint]


def read(made: Resource) -> int:
    """Read every field at every depth; how many had a value."""
    count = 0
    for name in fields_of(type(made)):
        value = getattr(made, name)
        count += value is not None
        for one in value if isinstance(value, tuple) else [value]:
            if isinstance(one, Resource):
                count += read(one)
    return count


@every_form
@every_class
def test_an_object_with_every_field_reads_and_is_kept(
    name: str, form: Callable[[Any], Any]
) -> None:
    """Each field has a value of its kind, of the class that its type names, and nothing is lost."""
    kind = getattr(resources, name)
    data = sample(kind)
    made = from_wire(form(data), kind, None)
    assert type(made) is kind
    assert read(made) >= len(fields_of(kind))
    assert made.to_dict() == data


@every_class
def test_an_object_with_every_field_fits_its_shape(name: str) -> None:
    """What comes as documented is decoded as little as possible: none of it in full."""
    kind = getattr(resources, name)
    for data in (sample(kind), dict.fromkeys(map(wire_name, fields_of(kind))), {}):
        text = json.dumps(data).encode()
        assert lean_in(text, kind) is not None
        assert rest_in(text, kind) is not None


@every_form
@every_class
def test_an_object_of_nulls_reads_and_is_kept(name: str, form: Callable[[Any], Any]) -> None:
    """Null is no error anywhere, and neither is a field that is missing."""
    kind = getattr(resources, name)
    data = dict.fromkeys(map(wire_name, fields_of(kind)))
    made = from_wire(form(data), kind, None)
    assert read(made) == read(from_wire(form({}), kind, None)) == 0
    assert made.to_dict() == data


@every_form
@every_class
def test_an_object_of_an_unknown_type_is_what_was_declared(
    name: str, form: Callable[[Any], Any]
) -> None:
    """A new ``type`` of the service's is read as the class that was expected there."""
    kind = getattr(resources, name)
    made = from_wire(form({**sample(kind), "type": "unheard_of_yet"}), kind, None)
    assert type(made) is kind
    assert read(made) >= len(fields_of(kind))


@every_class
def test_a_written_object_says_what_was_set_and_no_more(name: str) -> None:
    """A resource made by hand sends each field that was set, by its name on the wire."""
    kind = getattr(resources, name)
    fields = dict.fromkeys(fields_of(kind))
    assert kind(**fields).to_body() == dict.fromkeys(map(wire_name, fields))
    assert kind().to_body() == {}
