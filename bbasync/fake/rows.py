"""Rows of things that are not there: how many they are, and which is the nth.

A thing is named by the number of its repository and by its index among what that one has.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import Generic, Protocol, TypeVar, overload

from attrs import define, field

T = TypeVar("T")
Name = tuple[int, int]


class Row(Protocol):
    """Things of repositories as they were in the beginning."""

    def __len__(self) -> int:
        """Count them."""
        ...

    def name(self, place: int) -> Name:
        """Name the one at a place."""
        ...


class Ascending(Row, Protocol):
    """Such things by ascending numbers."""

    def before(self, number: int) -> int:
        """Count those of repositories with smaller numbers."""
        ...


@define
class Periodic:
    """The same kinds again and again, of which each has the same things, from `low` up to `high`.

    `chosen` are the indexes of the things that count, for each kind.
    """

    low: int
    high: int
    chosen: Sequence[Sequence[int]]
    _sums: list[int] = field(init=False)

    @_sums.default
    def _added(self) -> list[int]:
        return list(accumulate(map(len, self.chosen), initial=0))

    def __len__(self) -> int:
        return self._below(self.high) - self._below(self.low)

    def name(self, place: int) -> Name:
        """Name the one at a place."""
        rounds, rest = divmod(place + self._below(self.low), self._sums[-1])
        kind = bisect_right(self._sums, rest) - 1
        return rounds * len(self.chosen) + kind, self.chosen[kind][rest - self._sums[kind]]

    def before(self, number: int) -> int:
        """Count those of repositories with smaller numbers."""
        return self._below(min(max(number, self.low), self.high)) - self._below(self.low)

    def _below(self, number: int) -> int:
        rounds, kind = divmod(number, len(self.chosen))
        return rounds * self._sums[-1] + self._sums[kind]


@define
class Listed:
    """Things that had to be looked for, at eight bytes each; nobody has more than `width`."""

    width: int
    codes: "array[int]" = field(factory=lambda: array("Q"))

    def __len__(self) -> int:
        return len(self.codes)

    def name(self, place: int) -> Name:
        """Name the one at a place."""
        return divmod(self.codes[place], self.width)

    def before(self, number: int) -> int:
        """Count those of repositories with smaller numbers; they have to be in that order."""
        return bisect_left(self.codes, number * self.width)

    def add(self, name: Name) -> None:
        """Put one at the end."""
        self.codes.append(name[0] * self.width + name[1])


@define
class Merged(Sequence[T], Generic[T]):
    """A row without some of its things, and with others in between."""

    row: Row
    out: Sequence[int]
    """The places in the row that are left out, ascending."""
    put: Sequence[tuple[int, T]]
    """Things, and before which place of the row they belong, ascending."""
    find: Callable[[Name], T]
    backwards: bool = False

    def __len__(self) -> int:
        return len(self.row) - len(self.out) + len(self.put)

    @overload
    def __getitem__(self, wanted: int) -> T: ...

    @overload
    def __getitem__(self, wanted: slice) -> list[T]: ...

    def __getitem__(self, wanted: int | slice) -> T | list[T]:
        if isinstance(wanted, int):
            return self[wanted : wanted + 1][0]
        start, stop, _ = wanted.indices(len(self))
        if not self.backwards:
            return list(self._from(start, stop))
        return list(self._from(len(self) - stop, len(self) - start))[::-1]

    def __iter__(self) -> Iterator[T]:
        if not self.backwards:
            return self._from(0, len(self))
        return (self[place] for place in range(len(self)))

    def _from(self, start: int, stop: int) -> Iterator[T]:
        """Give the things from one place to another, in the order of the row."""
        added = bisect_left(range(len(self.put)), start, key=self._lands)
        left = start - added
        place = left + bisect_right(range(len(self.out)), left, key=lambda n: self.out[n] - n)
        skipped = bisect_left(self.out, place)
        for _ in range(start, stop):
            while skipped < len(self.out) and self.out[skipped] == place:
                skipped, place = skipped + 1, place + 1
            if added < len(self.put) and self.put[added][0] <= place:
                yield self.put[added][1]
                added += 1
            else:
                yield self.find(self.row.name(place))
                place += 1

    def _lands(self, added: int) -> int:
        """Tell at which place of the whole something that was put in is."""
        place = self.put[added][0]
        return place - bisect_left(self.out, place) + added
