"""What families of routes keep of their own for a repository, a workspace or a person."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Protocol, TypeVar, cast, runtime_checkable

from attrs import define, field

T = TypeVar("T")
MOST_PASSING = 256
"""So many parts are remembered of owners who are themselves forgotten."""


class Owner(Protocol):
    """Whatever has things of its own: a repository, a workspace, a person."""

    @property
    def uuid(self) -> str:
        """Its identifier."""
        ...


@runtime_checkable
class Planted(Protocol):
    """A part that starts with something invented."""

    def strip(self) -> None:
        """Take the invented things out again."""
        ...


Owned = TypeVar("Owned", bound=Owner)


@define
class Parts:
    """Parts by their owner and by what makes them; each is made when first asked for."""

    _kept: dict[tuple[str, Any], Any] = field(factory=dict)
    _passing: OrderedDict[tuple[str, Any], Any] = field(factory=OrderedDict)

    def of(self, owner: Owned, make: Callable[[Owned], T], *, passing: bool, bare: bool) -> T:
        """Give a part of an owner; a passing one may be made anew the next time.

        In that of a *bare* owner nothing is invented.
        """
        key = owner.uuid, make
        if key in self._kept:
            return cast(T, self._kept[key])
        found = self._passing.pop(key) if key in self._passing else _new(owner, make, bare=bare)
        if passing:
            self._passing[key] = found
            if len(self._passing) > MOST_PASSING:
                self._passing.popitem(last=False)
        else:
            self._kept[key] = found
        return cast(T, found)


def _new(owner: Owned, make: Callable[[Owned], T], *, bare: bool) -> T:
    found = make(owner)
    if bare and isinstance(found, Planted):
        found.strip()
    return found
