"""Resources of what came in: an object of its own, an item of a page, a member of another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from ..paging.page import Place
from ..wire.message import Sender
from .convert import binding, converter
from .kinds import has_kinds, pick
from .resource import Resource, begin, put_dict, put_read
from .shape import BYTES, UNFIT, fields_of, is_object, lean_of, nested_in

R = TypeVar("R", bound=Resource)

_new: Final[Any] = object.__new__


def from_wire(data: Any, declared: type[R], sender: Sender | None) -> R:
    """A resource over *data*, decoded or not, which is kept as it is and not looked into."""
    made: R = _new(pick(data, declared))
    begin(made, data, sender)
    return made


def maker_of(declared: type[R], sender: Sender) -> Callable[[Any], R]:
    """What makes resources of the items of a page, as ``paging.page.decoded`` hands them out."""
    nested = tuple(nested_in(declared).items())

    def make(item: Any) -> R:
        # An item that is no object is an error when it is read, not the end of its page.
        if type(item) is not tuple:
            return from_wire(item, declared, sender)
        row, place = item
        for name, kind in nested:
            inner = row.get(name)
            if inner is not None:
                row[name] = _inside(inner, (place, name), kind, sender)
        return _inside(row, place, declared, sender)

    return make


def _inside(found: dict[str, Any], place: Place, declared: type[R], sender: Sender) -> R:
    """A resource over what was *found* in it when something else was decoded."""
    cls = pick(found, declared) if has_kinds(declared) else declared
    made: R = _new(cls)
    begin(made, place, sender)
    if cls is declared or fields_of(cls).keys() >= found.keys():  # not those of another kind
        put_dict(made, found)
        put_read(made, True)  # noqa: FBT003
    return made


def from_answer(data: bytes, declared: type[R], sender: Sender | None) -> R | None:
    """A resource over the JSON *data*, which may be none: then, or where it is odd, None."""
    made = from_wire(data, declared, sender)
    try:
        put_dict(made, lean_of(type(made))(data))
    except UNFIT:
        return None
    put_read(made, True)  # noqa: FBT003
    return made


def _is_resource(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Resource)


def _structure(data: Any, kind: type[Resource]) -> Resource:
    if not (is_object(data) if isinstance(data, BYTES) else isinstance(data, dict)):
        raise ValueError("not an object")  # the reader turns it into its own
    return from_wire(data, kind, binding.get())


def _unstructure(made: Resource) -> Any:
    raw = made.to_dict()
    return {**raw, **made.to_body()} if isinstance(raw, dict) else raw


converter.register_structure_hook_func(_is_resource, _structure)
converter.register_unstructure_hook_func(_is_resource, _unstructure)
