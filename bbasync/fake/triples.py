"""The list of effective rights: as long as repositories times people, and never there as a whole.

A field of a triple belongs to the repository or to who has the right. So a filter and an order
look at each repository once and at each person once, not at all their combinations.
"""

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, islice
from operator import attrgetter
from typing import Any, overload

from attrs import define, field

from . import bbql
from .bbql import Expression
from .compare import sort_key
from .holders import Held, Holder, Holding
from .node import Node
from .ordering import Sorting
from .rows import Listed
from .scanning import conjuncts
from .store import Account, Repository

Triple = tuple[Repository, Account, str]
Render = Callable[[Any], Node]

PLAIN = {f"repository.{name}": attrgetter(name) for name in ("name", "full_name", "uuid")}
"""Fields that are looked up without rendering anything."""


@define
class Triples(Sequence[Triple]):
    """Who may do what: repository by repository, of each one those who hold a right."""

    rows: Sequence[Holding] = field(repr=False)
    base: str = ""
    """Where links start, which can be filtered by too."""
    _starts: list[int] = field(init=False, repr=False)

    @_starts.default
    def _counted(self) -> list[int]:
        return list(accumulate((len(held.by) for _, held in self.rows), initial=0))

    def __len__(self) -> int:
        return self._starts[-1]

    @overload
    def __getitem__(self, wanted: int) -> Triple: ...

    @overload
    def __getitem__(self, wanted: slice) -> list[Triple]: ...

    def __getitem__(self, wanted: int | slice) -> Triple | list[Triple]:
        if isinstance(wanted, int):
            return next(self._from(range(len(self))[wanted]))
        start, stop, _ = wanted.indices(len(self))
        return list(islice(self._from(start), stop - start)) if start < stop else []

    def __iter__(self) -> Iterator[Triple]:
        return self._from(0)

    def _from(self, start: int) -> Iterator[Triple]:
        """Give the triples from a place on."""
        first = bisect_right(self._starts, start) - 1
        for row in range(first, len(self.rows)):
            one, held = self.rows[row]
            for account, right in held.by[max(0, start - self._starts[row]) :]:
                yield one, account, right

    def arranged(
        self, render: Render, query: str | None, sorting: Sorting | None
    ) -> Sequence[Triple]:
        """Filter and sort as a list of everything would."""
        look = _Look(self.rows, render)
        if sorting is not None:
            bbql.require_field(sorting.path, look.samples(sorting.path), "sorting")
        rows = self.rows
        if query:
            expression = bbql.parse(query)
            for each in expression.comparisons():
                bbql.require_field(each.path, look.samples(each.path), "filtering")
            rows = list(self._filtered(look, expression))
        if sorting is None:
            return Triples(rows, self.base)
        if _of_repository(sorting.path):
            return Triples(look.by_repository(rows, sorting), self.base)
        return look.by_holder(rows, sorting)

    def _filtered(self, look: "_Look", expression: Expression) -> Iterator[Holding]:
        """Give what passes; an alternative between both sides looks at every combination."""
        here: list[Expression] = []
        there: list[Expression] = []
        both: list[Expression] = []
        for part in conjuncts(expression):
            sides = {_of_repository(each.path) for each in part.comparisons()}
            (both if len(sides) > 1 else here if True in sides else there).append(part)
        key, passes = (repr(there), self.base), look.passes(there)
        for one, held in self.rows:
            if not all(part.holds(look.at(one, held)) for part in here):
                continue
            found = held.chosen(key, passes) if there else held
            if both:
                found = Held([each for each in found.by if look.combines(both, one, each)])
            if found.by:
                yield one, found


@define
class Picked(Sequence[Triple]):
    """Triples in another order, each by the numbers of its row and of its place there."""

    rows: Sequence[Holding] = field(repr=False)
    order: Listed = field(repr=False)

    def __len__(self) -> int:
        return len(self.order)

    @overload
    def __getitem__(self, wanted: int) -> Triple: ...

    @overload
    def __getitem__(self, wanted: slice) -> list[Triple]: ...

    def __getitem__(self, wanted: int | slice) -> Triple | list[Triple]:
        places = range(len(self))[wanted]
        if isinstance(places, range):
            return [self._at(place) for place in places]
        return self._at(places)

    def _at(self, place: int) -> Triple:
        row, index = self.order.name(place)
        one, held = self.rows[row]
        return one, *held.by[index]


@define
class _Look:
    """How triples look, to filters and orders."""

    rows: Sequence[Holding]
    render: Render
    _nodes: dict[Repository, Node] = field(init=False, factory=dict)

    def at(self, one: Repository, held: Held) -> Node:
        """Render a triple of a repository, whoever's it is."""
        found = self._nodes.get(one)
        if found is None:
            found = self._nodes[one] = self.render((one, *held.by[0]))
        return found

    def samples(self, path: str) -> Sequence[Node]:
        """Render enough to tell whether there is such a field: people all have the same."""
        rows = self.rows if _of_repository(path) and path not in PLAIN else self.rows[:1]
        return [self.at(*row) for row in rows]

    def passes(self, parts: Sequence[Expression]) -> Callable[[Holder], bool]:
        """Give what tests a holder, each only once."""
        known: dict[int, bool] = {}  # by identity: to hash a person takes longer than to look
        anywhere = [one for one, _ in self.rows[:1]]

        def test(holder: Holder) -> bool:
            found = known.get(id(holder))
            if found is None:
                found = known[id(holder)] = self.combines(parts, anywhere[0], holder)
            return found

        return test

    def combines(self, parts: Sequence[Expression], one: Repository, holder: Holder) -> bool:
        """Test a triple."""
        node = self.render((one, *holder))
        return all(part.holds(node) for part in parts)

    def by_repository(self, rows: Sequence[Holding], sorting: Sorting) -> list[Holding]:
        """Sort by a field of the repository; what is of one repository stays in its order."""
        plain = PLAIN.get(sorting.path)

        def key(row: Holding) -> Any:
            if plain is None:
                return sorting.key(self.at(*row))
            return sort_key([plain(row[0])], ordered=False)

        return sorted(rows, key=key, reverse=sorting.down)

    def by_holder(self, rows: Sequence[Holding], sorting: Sorting) -> "Picked":
        """Sort by any other field."""
        width = max((len(held.by) for _, held in rows), default=1)
        alike: dict[Any, array[int]] = {}
        known: dict[int, Callable[[int], None]] = {}
        for number, (one, held) in enumerate(rows):
            for code, holder in enumerate(held.by, number * width):
                add = known.get(id(holder))
                if add is None:
                    value = sorting.key(self.render((one, *holder)))
                    add = known[id(holder)] = alike.setdefault(value, array("Q")).append
                add(code)
        order = Listed(width)
        for value in sorted(alike, reverse=sorting.down):
            order.codes.extend(alike[value])
        return Picked(rows, order)


def _of_repository(path: str) -> bool:
    return path.partition(".")[0] == "repository"
