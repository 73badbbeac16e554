"""Resource: a declared attrs class over a decoded JSON object, structured as it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar, dataclass_transform

import attrs

from ..errors import ArgumentError
from ..wire.message import Sender
from .convert import binding, converter, to_wire
from .field import BY_HAND, fields_of, install, wire_name

if TYPE_CHECKING:
    from .link import Links, Rel

R = TypeVar("R", bound="Resource")

NAMES: Final[dict[str, type[Resource]]] = {}
"""Every resource class by its name, for annotations that name each other in circles."""

TYPES: Final[dict[str, type[Resource]]] = {}
"""Resource classes by the wire's ``type``."""

_IDENTITY: Final = (
    "full_name", "slug", "key", "display_name", "name", "title", "nickname", "label", "uuid", "id",
    "hash",
)  # fmt: skip
_LONGEST_NAME: Final = 60
"""Whatever is longer is no name: the ``key`` of SSH and GPG keys is the whole key."""
_NOTHING: Final[frozenset[str]] = frozenset()


class Resource:
    """Anything that the service returns; this class itself where the ``type`` is not known.

    Fields are structured when first read and then kept; what was sent is in ``raw``, with fields
    that no class declares. Made by hand, or changed, it is a body for writing: what was set is
    sent, an explicit None too, and nothing else.
    """

    __slots__ = ("__weakref__", "_raw", "_sender", "_set")
    _raw: Any
    _sender: Sender | None
    _set: frozenset[str]

    def __init__(self, **fields: Any) -> None:
        self._begin(BY_HAND, None)
        for name, value in fields.items():
            if name not in fields_of(type(self)):
                raise TypeError(f"{type(self).__name__} has no field {name!r}")
            setattr(self, name, value)

    def _begin(self, raw: Any, sender: Sender | None) -> None:
        put = object.__setattr__
        put(self, "_raw", raw)
        put(self, "_sender", sender)
        put(self, "_set", _NOTHING)

    if not TYPE_CHECKING:  # so that checkers report misspelt fields

        def __setattr__(self, name: str, value: Any) -> None:
            if name not in fields_of(type(self)):
                raise AttributeError(
                    f"{type(self).__name__} has no field {name!r}", name=name, obj=self
                )
            if isinstance(value, Iterator):
                value = tuple(value)  # it can be read once only, and a write may be tried again
            self.__dict__[name] = value
            object.__setattr__(self, "_set", self._set | {name})

        def __delattr__(self, name: str) -> None:
            if name not in self._changed():
                raise AttributeError(f"{name!r} was not set here", name=name, obj=self)
            del self.__dict__[name]
            object.__setattr__(self, "_set", self._set - {name})

    def __repr__(self) -> str:
        return f"<{self._label()}>"

    def _label(self) -> str:
        known = self.to_dict()
        known = known if isinstance(known, dict) else {}
        first = next((known[key] for key in _IDENTITY if _is_name(known.get(key))), None)
        kind = type(self).__name__
        return kind if first is None else f"{kind} {first}"

    @property
    def raw(self) -> Any:
        """Exactly what came in; what was set, on a resource made by hand."""
        return self.to_dict()

    def to_dict(self) -> Any:
        """Exactly what came in; what was set, on a resource made by hand. Not a copy."""
        return self.to_body() if self._raw is BY_HAND else self._raw

    def to_body(self) -> dict[str, Any]:
        """What was set since it was made or came in, here or further inside, as a write sends it.

        A resource inside is sent whole when something in it was set.
        """
        return {wire_name(name): to_wire(getattr(self, name)) for name in self._changed()}

    def _changed(self) -> list[str]:
        kept = getattr(self, "__dict__", {})
        return sorted(self._set.union(name for name, value in kept.items() if _has_changes(value)))

    @property
    def links(self) -> Links:
        """The links as data; see ``rel`` for following them."""
        from .link import Links  # noqa: PLC0415 - it needs this module

        return Links(self._raw.get("links") if isinstance(self._raw, dict) else None, self)

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
        if self._sender is None:
            raise ArgumentError(
                f"{self._label()} follows no links: it was made by hand or unpickled, not "
                "returned by a client"
            )
        return self._sender

    def __getstate__(self) -> dict[str, Any]:
        """The data alone: no client, and so no credential."""
        return {
            "raw": self._raw,
            "set": {name: _portable(getattr(self, name)) for name in self._changed()},
        }

    def __copy__(self) -> Self:
        return self._twin(self.__getstate__())

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self._twin(deepcopy(self.__getstate__(), memo))

    def _twin(self, state: dict[str, Any]) -> Self:
        made = type(self).__new__(type(self))
        made.__setstate__(state)
        object.__setattr__(made, "_sender", self._sender)
        return made

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._begin(state["raw"], None)
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
            TYPES[wire_type] = made
        return made

    return declare


_PICKED: dict[tuple[type, str], type] = {}


def pick(data: Any, declared: type[R]) -> type[R]:
    """The class for *data*: what its ``type`` names if that is a kind of *declared*, or that."""
    kind = data.get("type") if isinstance(data, dict) else None
    if not isinstance(kind, str):
        return declared
    found = _PICKED.get((declared, kind))
    if found is None:
        named = TYPES.get(kind, declared)
        found = named if issubclass(named, declared) else declared
        if kind in TYPES:  # texts from outside must not fill the memory
            _PICKED[declared, kind] = found
    return found


def from_wire(data: Any, declared: type[R], sender: Sender | None) -> R:
    """A resource over *data*, which is kept as it is and not looked into."""
    cls = pick(data, declared)
    made = cls.__new__(cls)
    made._begin(data, sender)  # noqa: SLF001 - this is its other constructor
    return made


def _is_name(value: Any) -> bool:
    return isinstance(value, str | int) and 0 < len(str(value)) <= _LONGEST_NAME


def _portable(value: Any) -> Any:
    """A read-only mapping can't be pickled; what is in it can."""
    return dict(value) if isinstance(value, MappingProxyType) else value


def _has_changes(value: Any) -> bool:
    if isinstance(value, MappingProxyType):
        value = tuple(value.values())
    if isinstance(value, tuple):
        return any(_has_changes(one) for one in value)
    return isinstance(value, Resource) and bool(value.to_body())


def _is_resource(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Resource)


def _structure(data: Any, kind: type[Resource]) -> Resource:
    if not isinstance(data, dict):
        raise ValueError("not an object")  # noqa: TRY004 - the reader turns it into its own
    return from_wire(data, kind, binding.get())


def _unstructure(made: Resource) -> Any:
    raw = made.to_dict()
    return {**raw, **made.to_body()} if isinstance(raw, dict) else raw


converter.register_structure_hook_func(_is_resource, _structure)
converter.register_unstructure_hook_func(_is_resource, _unstructure)
