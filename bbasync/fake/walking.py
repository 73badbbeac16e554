"""Lists over repositories that are made on demand: filtered, sorted, and never there as a whole."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar, overload

from attrs import define, field

from . import bbql
from .node import Node
from .ordering import Sorting, merged
from .rows import Merged
from .scanning import Ground, View, selected, taken_apart
from .store import Repository

T = TypeVar("T")
SAMPLE = 1000
"""So many things are looked at for a field that none of them may have."""


@define
class Walk(Sequence[T]):
    """What each of many repositories has, one after the other."""

    ground: Ground
    expand: Callable[[Repository], Sequence[T]]
    _all: Merged[T] = field(init=False)

    @_all.default
    def _everything(self) -> Merged[T]:
        view = View(self.ground, self.expand, _unseen, _nothing)
        return merged(view, selected(view, taken_apart(self.ground, None)), lambda _: True, None)

    def __len__(self) -> int:
        return len(self._all)

    @overload
    def __getitem__(self, wanted: int) -> T: ...

    @overload
    def __getitem__(self, wanted: slice) -> list[T]: ...

    def __getitem__(self, wanted: int | slice) -> T | list[T]:
        return self._all[wanted]

    def __iter__(self) -> Iterator[T]:
        return iter(self._all)

    def arranged(
        self,
        render: Callable[[T], Node],
        query: str | None,
        sorting: Sorting | None,
        forget: Callable[[], None],
    ) -> Sequence[T]:
        """Filter and sort as a list of everything would; `forget` lets go of what was rendered."""
        samples = _Rendered(self._all, render)
        if sorting is not None:
            bbql.require_field(sorting.path, samples, "sorting")
        expression = bbql.parse(query) if query else None
        if expression is not None:
            bbql.require_fields(expression, samples)
        view = View(self.ground, self.expand, render, forget)
        found = selected(view, taken_apart(self.ground, expression))

        def passes(thing: T) -> bool:
            return expression is None or expression.holds(render(thing))

        return merged(view, found, passes, sorting)


@define
class _Rendered(Sequence[Node]):
    """The first things of a list as they are shown, as far as somebody looks."""

    things: Sequence[Any]
    render: Callable[[Any], Node]

    def __len__(self) -> int:
        return min(SAMPLE, len(self.things))

    @overload
    def __getitem__(self, wanted: int) -> Node: ...

    @overload
    def __getitem__(self, wanted: slice) -> list[Node]: ...

    def __getitem__(self, wanted: int | slice) -> Node | list[Node]:
        if isinstance(wanted, int):
            return self.render(self.things[wanted])
        return [self.render(thing) for thing in self.things[wanted]]

    def __iter__(self) -> Iterator[Node]:
        return map(self.render, islice(self.things, SAMPLE))


def _unseen(_: object) -> Node:
    """Render a thing that nobody looks at."""
    return Node({})


def _nothing() -> None:
    """Let go of nothing: nothing was rendered."""
