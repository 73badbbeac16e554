"""Resource: a declared attrs class over a JSON object, decoded and structured as it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar, dataclass_transform

import attrs
from msgspec import Raw

from ..errors import ArgumentError, DecodingError
from ..paging.page import at
from ..wire.message import Sender, loads
from . import kinds
from .convert import to_wire
from .field import BY_HAND, called, install, short
from .links import Links
from .shape import (
    NAMES,
    Bytes,
    fields_of,
    lean_in,
    members,
    rest_in,
    wire_name,
)

if TYPE_CHECKING:
    from .link import Rel

R = TypeVar("R", bound="Resource")

_NOTHING: Final[frozenset[str]] = frozenset()
_EMPTY: Final[dict[str, Any]] = {}
LEAN: Final = True


class Resource:
    """Anything that the service returns; this class itself where the ``type`` is not known.

    Fields are structured when first read and then kept; what was sent is in ``raw``, with fields
    that no class declares. Made by hand, or changed, it is a body for writing: what was set is
    sent, an explicit None too, and nothing else.
    """

    __slots__ = ("__dict__", "__weakref__", "_origin", "_seen", "_set")
    _origin: tuple[Any, Sender | None]
    """What came in, as bytes, as the place where they are, or decoded; and what follows links."""
    _seen: Any
    """LEAN when the lean fields have been decoded; and then what the others are read from, a struct
    or all that was decoded. None before that."""
    _set: frozenset[str]
    """What was set here; unset until something is."""

    def __init__(self, **fields: Any) -> None:
        begin(self, BY_HAND, None)
        for name, value in fields.items():
            if name not in fields_of(type(self)):
                raise TypeError(f"{type(self).__name__} has no field {name!r}")
            setattr(self, name, value)

    if not TYPE_CHECKING:  # so that checkers report misspelt fields

        def __setattr__(self, name: str, value: Any) -> None:
            if name not in fields_of(type(self)):
                raise AttributeError(
                    f"{type(self).__name__} has no field {name!r}", name=name, obj=self
                )
            if isinstance(value, Iterator):
                value = tuple(value)  # it can be read once only, and a write may be tried again
            self.__dict__[name] = value
            put_set(self, getattr(self, "_set", _NOTHING) | {name})

        def __delattr__(self, name: str) -> None:
            if name not in self._changed():
                raise AttributeError(f"{name!r} was not set here", name=name, obj=self)
            del self.__dict__[name]
            put_set(self, getattr(self, "_set", _NOTHING) - {name})
            put_seen(self, None)  # what came in stands behind it

    def __repr__(self) -> str:
        return f"<{self._label()}>"

    def _lean_ones(self) -> dict[str, Any]:
        """What lean fields are read from: at first they are decoded into the dictionary."""
        seen = self._seen
        if seen is not None:
            return seen if type(seen) is dict else self.__dict__
        data = self._bytes()
        found = None if data is None else lean_in(data, type(self))
        if found is None:
            return self._all_of_it()
        found.update(self.__dict__)
        put_dict(self, found)
        put_seen(self, LEAN)
        return found

    def _rest_of_it(self) -> Any:
        """What the other fields are read from: at first they are decoded, or where they are."""
        if self._seen is None:
            self._lean_ones()
        if self._seen is LEAN:
            data = self._bytes()
            found = None if data is None else rest_in(data, type(self))
            if found is None:
                return self._all_of_it()
            put_seen(self, found)
        return self._seen

    def _all_of_it(self) -> dict[str, Any]:
        """All decoded, where it does not fit or is already; DecodingError where it is no object."""
        found = _EMPTY if self._origin[0] is BY_HAND else self._whole()
        if not isinstance(found, dict):
            raise DecodingError(f"{self._label()}: expected an object, got {short(found)}")
        put_seen(self, found)
        return found

    def _bytes(self) -> Bytes | None:
        """The object as bytes, where it came so."""
        raw = self._origin[0]
        if type(raw) is Raw or type(raw) is bytes:
            return raw
        return at(raw) if type(raw) is tuple else None

    def _whole(self) -> Any:
        data = self._bytes()
        if data is None:
            return self._origin[0]
        try:
            return loads(data)
        except (ValueError, RecursionError) as error:
            raise DecodingError(f"{type(self).__name__}: not JSON: {error}") from error

    def _label(self) -> str:
        known = self.to_body() if self._origin[0] is BY_HAND else self._whole()
        return called(type(self), known)

    @property
    def raw(self) -> Any:
        """Exactly what came in; what was set, on a resource made by hand."""
        return self.to_dict()

    def to_dict(self) -> Any:
        """Exactly what came in; what was set, on a resource made by hand. Not a copy."""
        if self._origin[0] is BY_HAND:
            return self.to_body()
        if self._bytes() is not None:
            put_origin(self, (self._whole(), self._origin[1]))
        return self._origin[0]

    def detach(self) -> Self:
        """Let go of the page that this came in, and return this resource.

        Until then a resource keeps the bytes of its whole page alive, as others of it do: detach
        those few that are kept when the rest is not. What was read is read anew.
        """
        data = self._bytes()
        if data is not None:
            put_origin(self, (bytes(data), self._origin[1]))
        put_seen(self, None)
        changed = self._changed()
        for name, value in list(self.__dict__.items()):
            if name not in changed:
                del self.__dict__[name]
            else:
                _detach(value)
        return self

    def to_body(self) -> dict[str, Any]:
        """What was set since it was made or came in, here or further inside, as a write sends it.

        A resource inside is sent whole when something in it was set.
        """
        return {wire_name(name): to_wire(getattr(self, name)) for name in self._changed()}

    def _changed(self) -> list[str]:
        kept = self.__dict__
        return sorted(
            getattr(self, "_set", _NOTHING).union(
                name for name, value in kept.items() if _has_changes(value)
            )
        )

    @property
    def links(self) -> Links:
        """The links as data; see ``rel`` for following them."""
        try:
            rest = self._rest_of_it()
        except DecodingError:  # an odd item can still be asked
            rest = _EMPTY
        found = rest.get("links") if type(rest) is dict else rest.links
        try:
            return Links(members(found) if type(found) is Raw else found, self)
        except (ValueError, RecursionError) as error:
            raise DecodingError(f"{type(self).__name__}: not JSON: {error}") from error

    def rel(self, name: str, /, *, named: str | None = None, **variables: object) -> Rel:
        """Follow the link *name*: await it for one resource, iterate over it for a list.

        *named* chooses among several links of that rel by their name; *variables* fill in a
        templated link. UnknownRelError where there is no such link.
        """
        from .link import Rel, declared  # noqa: PLC0415 - it needs this module

        link = self.links.choose(name, named).expand(variables)
        return Rel(self.sender, name, link, declared(type(self), name))

    @property
    def sender(self) -> Sender:
        """What follows this resource's links."""
        found = self._origin[1]
        if found is None:
            raise ArgumentError(
                f"{self._label()} follows no links: it was made by hand or unpickled, not "
                "returned by a client"
            )
        return found

    def __getstate__(self) -> dict[str, Any]:
        """The data alone: no client, and so no credential."""
        data = self._bytes()
        return {
            "raw": self._origin[0] if data is None else bytes(data),
            "set": {name: _portable(getattr(self, name)) for name in self._changed()},
        }

    def __copy__(self) -> Self:
        return self._twin(self.__getstate__())

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self._twin(deepcopy(self.__getstate__(), memo))

    def _twin(self, state: dict[str, Any]) -> Self:
        made = type(self).__new__(type(self))
        made.__setstate__(state)
        put_origin(made, (state["raw"], self._origin[1]))
        return made

    def __setstate__(self, state: dict[str, Any]) -> None:
        begin(self, state["raw"], None)
        for name, value in state["set"].items():
            setattr(self, name, value)


@dataclass_transform(kw_only_default=True)
def resource(wire_type: str = "") -> Callable[[type[R]], type[R]]:
    """Declare a resource class; *wire_type* is its ``type``, where that tells it."""

    def declare(cls: type[R]) -> type[R]:
        made = attrs.define(cls, init=False, repr=False, eq=False, slots=False)
        install(made)
        NAMES[made.__name__] = made
        if wire_type:
            kinds.declare(wire_type, made)
        return made

    return declare


# A resource's own __setattr__ is for its fields; these are the slots behind them.
put_dict, put_origin, put_seen, put_set = (
    vars(Resource)[name].__set__ for name in Resource.__slots__ if name != "__weakref__"
)


def is_read(made: Resource) -> bool:
    """Whether anything of *made* has been decoded."""
    return made._seen is not None  # noqa: SLF001 - they are one thing


def begin(made: Resource, raw: Any, sender: Sender | None) -> None:
    """Set the slots of a new resource: its other constructor."""
    put_origin(made, (raw, sender))
    put_seen(made, None)


def _portable(value: Any) -> Any:
    """A read-only mapping can't be pickled; what is in it can."""
    return dict(value) if isinstance(value, MappingProxyType) else value


def _detach(value: Any) -> None:
    """Detach the resources that *value* is or holds."""
    if isinstance(value, Resource):
        value.detach()
    elif isinstance(value, Mapping):
        _detach(tuple(value.values()))
    elif isinstance(value, tuple | list):
        for one in value:
            _detach(one)


def _has_changes(value: Any) -> bool:
    if isinstance(value, MappingProxyType):
        value = tuple(value.values())
    if isinstance(value, tuple):
        return any(_has_changes(one) for one in value)
    return isinstance(value, Resource) and bool(value.to_body())
