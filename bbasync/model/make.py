"""Resources of what came in: an object of its own, an item of a page, a member of another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Final, TypeVar

from ..paging.page import Place, Rows
from ..wire.message import Sender
from .convert import binding, converter
from .kinds import has_kinds, pick
from .resource import LEAN, Resource, begin, is_read, put_dict, put_origin, put_seen
from .shape import BYTES, fields_of, fits, is_object, lean_in, nested_in, row_of, rows

R = TypeVar("R", bound=Resource)

_new: Final[Any] = object.__new__


def from_wire(data: Any, declared: type[R], sender: Sender | None) -> R:
    """A resource over *data*, decoded or not, which is kept as it is and not looked into."""
    made: R = _new(pick(data, declared))
    begin(made, data, sender)
    return made


def rows_of(declared: type[R]) -> Rows:
    """How the items of a page of *declared* are decoded with it."""
    return Rows(rows(declared), always=bool(nested_in(declared)), is_read=is_read)


def maker_of(declared: type[R], sender: Sender) -> Callable[[Any], R]:
    """What makes resources of the items of a page, as ``paging.page.decoded`` hands them out."""
    inner = nested_in(declared)
    make_row = _row_maker(declared, sender, inner)
    nested = [(name, _row_maker(kind, sender, {})) for name, kind in inner.items()]

    def make(item: Any) -> R:
        # An item that is no object is an error when it is read, not the end of its page.
        if type(item) is not tuple:
            return from_wire(item, declared, sender)
        row, place = item
        for name, make_inside in nested:
            inside = row.get(name)
            if inside is not None:
                row[name] = make_inside(inside, (place, name))
        return make_row(row, place)

    return make


def _row_maker(
    declared: type[R], sender: Sender, nested: Mapping[str, Any]
) -> Callable[[dict[str, Any], Place], R]:
    """What makes resources of what was decoded with something else."""
    alone = not has_kinds(declared)
    row = row_of(declared)
    covered: dict[type[R], AbstractSet[str]] = {}

    def all_of(cls: type[R]) -> AbstractSet[str]:
        """The fields of *cls*; none where a row says less of it, or something else."""
        names = fields_of(cls).keys() if fits(cls, row, nested) else frozenset[str]()
        return covered.setdefault(cls, names)

    def make(found: dict[str, Any], place: Place) -> R:
        cls = declared if alone else pick(found, declared)
        made: R = _new(cls)
        put_origin(made, (place, sender))
        # What is not the declared class has at least its type in the row.
        if alone or (covered.get(cls) or all_of(cls)) >= found.keys():
            put_dict(made, found)
            put_seen(made, LEAN)
        else:
            put_seen(made, None)
        return made

    return make


def from_answer(data: bytes, declared: type[R], sender: Sender | None) -> R | None:
    """A resource over the JSON *data*, which may be none: then, or where it is odd, None."""
    made = from_wire(data, declared, sender)
    found = lean_in(data, type(made))
    if found is None:
        return None
    put_dict(made, found)
    put_seen(made, LEAN)
    return made


def _is_resource(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Resource)


def structured(data: Any, kind: type[R]) -> R:
    """A resource inside another; ValueError where *data* is no object."""
    if not (is_object(data) if isinstance(data, BYTES) else isinstance(data, dict)):
        raise ValueError("not an object")  # the reader turns it into its own
    return from_wire(data, kind, binding.get())


def _unstructure(made: Resource) -> Any:
    raw = made.to_dict()
    return {**raw, **made.to_body()} if isinstance(raw, dict) else raw


converter.register_structure_hook_func(_is_resource, structured)
converter.register_unstructure_hook_func(_is_resource, _unstructure)
