"""Event: what a delivery's body is read as, and which class is of which key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Final, TypeVar, dataclass_transform

from ...model.make import from_wire
from ...model.resource import Resource, resource
from ...resources import Account, Repository
from ...wire.message import Sender
from .delivery import UNCONNECTED, Delivery

E = TypeVar("E", bound="Event")


class Delivered(Resource):
    """A body with the delivery that it came in, which is no part of it."""

    __slots__ = ("_delivery",)
    _delivery: Delivery

    KEY: ClassVar[str] = ""
    """The event key that the class stands for; "" where it stands for several or for any."""

    @property
    def delivery(self) -> Delivery:
        """What the headers say; of an event made by hand, only the key of its class."""
        return getattr(self, "_delivery", None) or Delivery(self.KEY)

    @property
    def key(self) -> str:
        """The event's key, such as ``repo:push``."""
        return self.delivery.key

    def __repr__(self) -> str:
        said = " ".join(filter(None, (self.key, self.delivery.id)))
        return f"<{type(self).__name__} {said}>" if said else f"<{type(self).__name__}>"

    def __getstate__(self) -> dict[str, Any]:
        """The data and the delivery: no client, and so no credential."""
        return {**super().__getstate__(), "delivery": self.delivery}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        _put_delivery(self, state["delivery"])


_put_delivery: Final = vars(Delivered)["_delivery"].__set__  # past the setter, which is of fields


@resource()
class Event(Delivered):
    """Something that happened; this class itself where its key is not known."""

    actor: Account | None = None
    """Who did it; None where the service itself did."""
    repository: Repository | None = None


_CLASSES: Final[dict[str, type[Event]]] = {}
EVENTS: Final[Mapping[str, type[Event]]] = MappingProxyType(_CLASSES)
"""The class of every event key that is documented; there may be others."""


@dataclass_transform(kw_only_default=True)
def keyed(key: str) -> Callable[[type[E]], type[E]]:
    """Declare the class of the events with this *key*."""

    def declare(cls: type[E]) -> type[E]:
        made = resource()(cls)
        made.KEY = key
        _CLASSES[key] = made
        return made

    return declare


def event_of(data: Any, delivery: Delivery, sender: Sender | None = None) -> Event:
    """The event in *data*, which is a body or what it was decoded to, of the class of its key."""
    made = from_wire(data, EVENTS.get(delivery.key, Event), sender or UNCONNECTED)
    _put_delivery(made, delivery)
    return made
