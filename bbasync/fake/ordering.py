"""Putting what was changed among what was not, in the order that was asked for."""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, Generic, TypeVar

from attrs import define, frozen

from .node import Node
from .rows import Merged, Name, Row
from .scanning import BREATH, Ground, Selection, View
from .store import Repository

T = TypeVar("T")
CREATED = "created_on"


@frozen
class Sorting:
    """What a list is sorted by, and how its values compare."""

    text: str
    key: Callable[[Node], Any]

    @property
    def path(self) -> str:
        """The field."""
        return self.text.removeprefix("-")

    @property
    def down(self) -> bool:
        """Whether the last come first; what is alike stays in its order."""
        return self.text.startswith("-")


@define
class Shuffled:
    """A row in another order."""

    row: Row
    places: "array[int]"

    def __len__(self) -> int:
        return len(self.places)

    def name(self, place: int) -> Name:
        """Name the one at a place."""
        return self.row.name(self.places[place])


def merged(
    view: View[T], found: Selection, passes: Callable[[T], bool], sorting: Sorting | None
) -> Merged[T]:
    """Put together a row of what was not changed, and what was changed and passes."""
    ground, row = view.ground, found.row
    own = [
        ((one, index), each)
        for one in sorted(ground.kept)
        for index, each in enumerate(view.expand(ground.kept[one]))
        if passes(each)
    ]
    if sorting is not None and sorting.path != CREATED:
        return _shuffled(view, found, own, sorting)
    out = [
        place
        for number in ground.touched
        for place in range(row.before(number), row.before(number + 1))
    ]
    if sorting is None:
        put = [(row.before(name[0]), each) for name, each in own]
        return Merged(row, out, put, Finder(view, ground.at).find)
    own.sort(key=lambda one: one[0], reverse=sorting.down)
    own.sort(key=lambda one: ground.kept[one[0][0]].created_on)
    put = [(row.before(_spot(ground, name[0], down=sorting.down)), each) for name, each in own]
    return Merged(row, out, put, Finder(view, ground.at).find, sorting.down)


def _spot(ground: Ground, number: int, *, down: bool) -> int:
    """Tell before which number one belongs by its time; `down` is for who will read backwards."""
    when = ground.kept[number].created_on
    if number < ground.count and ground.made(number) == when:
        return number
    if not ground.count or when > ground.made(ground.count - 1):
        return ground.count
    spot = bisect_left(range(ground.count), when, key=ground.made)
    alike = spot < ground.count and ground.made(spot) == when
    return spot + (alike and (spot > number if down else spot < number))


def _shuffled(
    view: View[T], found: Selection, own: list[tuple[Name, T]], sorting: Sorting
) -> Merged[T]:
    """Sort by any field: once by looking at all, then what was changed finds its place."""
    values = _Values(view, sorting)

    def shuffle() -> Shuffled:
        by_value = sorted(range(len(found.row)), key=values.at(found.row), reverse=sorting.down)
        return Shuffled(found.row, array("Q", by_value))

    key = found.key, sorting.text, view.fingerprint([sorting.path])
    order = view.remembered(key, shuffle)

    def spot(value: Any, name: Name) -> int:
        def is_behind(place: int) -> bool:
            other = order.name(place)
            found = values.of(other)
            first, last = (value, found) if sorting.down else (found, value)
            return not (first < last or (first == last and other < name))

        return bisect_left(range(len(order)), True, key=is_behind)  # noqa: FBT003 - what is sought

    before = found.row.before
    out = [
        spot(values.of(name), name)
        for number in view.ground.touched
        for name in map(found.row.name, range(before(number), before(number + 1)))
    ]
    placed = [(values.told(each), name, each) for name, each in own]
    placed.sort(key=itemgetter(1))
    placed.sort(key=itemgetter(0), reverse=sorting.down)
    view.forget()
    put = [(spot(value, name), each) for value, name, each in placed]
    view.forget()
    return Merged(order, sorted(out), put, Finder(view, view.ground.at).find)


@define
class _Values(Generic[T]):
    """What things are sorted by; those that were not changed are looked at as they were."""

    view: View[T]
    sorting: Sorting
    _count: int = 0

    def told(self, thing: T) -> Any:
        """Give the value of a thing."""
        return self.sorting.key(self.view.render(thing))

    def of(self, name: Name) -> Any:
        """Give the value of a thing by its name."""
        self._count += 1
        if not self._count % BREATH:
            self.view.forget()
        return self.told(Finder(self.view, self.view.ground.pristine).find(name))

    def at(self, row: Row) -> Callable[[int], Any]:
        """Give what tells the value of the thing at a place of a row."""
        return lambda place: self.of(row.name(place))


@define
class Finder(Generic[T]):
    """Gives things by their names; the last repository is at hand for its next thing."""

    view: View[T]
    look: Callable[[int], Repository]
    _last: tuple[int, Sequence[T]] = (-1, ())

    def find(self, name: Name) -> T:
        """Give the thing of that name."""
        if self._last[0] != name[0]:
            self._last = name[0], self.view.expand(self.look(name[0]))
        return self._last[1][name[1]]
