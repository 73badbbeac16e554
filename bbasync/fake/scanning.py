"""What a filter leaves of repositories as they were in the beginning, with little looking.

Times of making are looked up, what all of a kind share is tested once for each kind, and only for
the rest is every repository made and looked at: once, for what was found is remembered.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar, cast

from attrs import define, frozen

from .bbql import Combined, Comparison, Expression
from .compare import date_of
from .node import Node, gather
from .rows import Ascending, Listed, Periodic
from .store import Repository

T = TypeVar("T")
R = TypeVar("R")
TIMES = {">", ">=", "<", "<=", "="}
SHARED = {
    "enforced_signed_commits", "fork_policy", "has_issues", "has_wiki", "is_private", "owner",
    "override_settings", "permission", "project", "scm", "type", "user", "workspace",
}  # fmt: skip
"""Fields that are the same in all repositories of a project that are as public."""
MOST_FOUND = 8
"""So many results are remembered for a workspace."""
BREATH = 256
"""After so many repositories, what was rendered is let go."""


class Ground(Protocol):
    """Repositories by number, of which those below `count` were there from the beginning."""

    touched: list[int]
    """Numbers of those from the beginning that were changed or deleted, ascending."""
    kept: dict[int, Repository]
    """Those that were changed or made."""
    found: dict[Any, Any]
    """What was found out by looking at all of them, as they were in the beginning."""

    @property
    def count(self) -> int:
        """How many there were in the beginning."""
        ...

    def at(self, number: int) -> Repository:
        """Give one that is there, as it is."""
        ...

    def pristine(self, number: int) -> Repository:
        """Give one from the beginning, as it was then."""
        ...

    def made(self, number: int) -> str:
        """Tell when one from the beginning was made; later ones have higher numbers."""
        ...

    def samples(self) -> Sequence[Repository]:
        """Give repositories of the kinds that come again and again, in their order."""
        ...


@frozen
class View(Generic[T]):
    """How a list looks at repositories: what it has of each, and how that is rendered.

    `forget` lets go of what was rendered for this call.
    """

    ground: Ground
    expand: Callable[[Repository], Sequence[T]]
    render: Callable[[T], Node]
    forget: Callable[[], None]

    def fingerprint(self, paths: Sequence[str]) -> tuple[str, ...]:
        """Tell what some fields are in each kind: results hold as long as that stays the same."""
        steps = [[step for step in path.split(".") if step != "parent"] for path in paths]
        things = [thing for one in self.ground.samples() for thing in self.expand(one)]
        told = tuple(repr(gather(self.render(each), path)[0]) for path in steps for each in things)
        self.forget()
        return told

    def remembered(self, key: Any, make: Callable[[], R]) -> R:
        """Look something up that takes long to find out, or find it out."""
        known = self.ground.found
        found = known.pop(key) if key in known else make()
        known[key] = found
        for old in list(known)[:-MOST_FOUND]:
            del known[old]
        return cast(R, found)


@define
class Conditions:
    """An expression taken apart: what all of these ask for must hold."""

    low: int
    high: int
    """Numbers between which repositories are that were made at the right time."""
    shared: list[Expression]
    rest: list[Expression]


def taken_apart(ground: Ground, expression: Expression | None) -> Conditions:
    """Take an expression apart."""
    found = Conditions(0, ground.count, [], [])
    for part in conjuncts(expression):
        when = _moment(part)
        if isinstance(part, Comparison) and when is not None:
            low, high = _between(ground, part.operator, when)
            found.low, found.high = max(found.low, low), min(found.high, high)
        elif all(_is_shared(each.path) for each in part.comparisons()):
            found.shared.append(part)
        else:
            found.rest.append(part)
    found.high = max(found.low, found.high)
    return found


def chosen(view: View[Any], shared: Sequence[Expression]) -> list[tuple[int, ...]]:
    """Tell which things of each kind pass what can be tested once for all of the kind."""
    found: list[tuple[int, ...]] = []
    known: dict[tuple[str, bool], tuple[int, ...]] = {}
    for one in view.ground.samples():
        kind = one.project.uuid, one.is_private
        if kind not in known:
            things = enumerate(view.expand(one))
            known[kind] = tuple(
                index for index, each in things if _holds(shared, view.render, each)
            )
        found.append(known[kind])
    view.forget()
    return found or [()]


@frozen
class Selection:
    """What passes, by ascending numbers, and what tells it from other results."""

    row: Ascending
    key: Any


def selected(view: View[Any], conditions: Conditions) -> Selection:
    """Select what passes an expression."""
    kinds = chosen(view, conditions.shared)
    plain = Periodic(conditions.low, conditions.high, kinds)
    paths = [each.path for part in conditions.rest for each in part.comparisons()]
    key = repr(conditions.rest), plain.low, plain.high, tuple(kinds), view.fingerprint(paths)
    if not conditions.rest:
        return Selection(plain, key)
    row: Ascending = view.remembered(key, lambda: _looked_for(view, plain, conditions.rest))
    return Selection(row, key)


def _looked_for(view: View[Any], plain: Periodic, rest: Sequence[Expression]) -> Listed:
    found = Listed(max([1, *(len(view.expand(one)) for one in view.ground.samples())]))
    for number in range(plain.low, plain.high):
        indexes = plain.chosen[number % len(plain.chosen)]
        things = view.expand(view.ground.pristine(number)) if indexes else ()
        for index in indexes:
            if _holds(rest, view.render, things[index]):
                found.add((number, index))
        if not number % BREATH:
            view.forget()
    view.forget()
    return found


def _holds(parts: Sequence[Expression], render: Callable[[T], Node], thing: T) -> bool:
    if not parts:
        return True
    node = render(thing)
    return all(part.holds(node) for part in parts)


def conjuncts(expression: Expression | None) -> Iterator[Expression]:
    """Give the parts of an expression that all have to hold."""
    if isinstance(expression, Combined) and expression.every:
        for part in expression.parts:
            yield from conjuncts(part)
    elif expression is not None:
        yield expression


def _moment(part: Expression) -> datetime | None:
    """Give the time that a part compares the time of making with, if that is what it does."""
    if isinstance(part, Combined) or part.path != "created_on" or part.operator not in TIMES:
        return None
    return date_of(part.literals[0])


def _between(ground: Ground, operator: str, when: datetime) -> tuple[int, int]:
    """Tell between which numbers the comparison holds."""

    def made(number: int) -> datetime:
        return datetime.fromisoformat(ground.made(number))

    numbers = range(ground.count)
    first, after = (bisect(numbers, when, key=made) for bisect in (bisect_left, bisect_right))
    return {
        ">": (after, ground.count),
        ">=": (first, ground.count),
        "<": (0, first),
        "<=": (0, after),
        "=": (first, after),
    }[operator]


def _is_shared(path: str) -> bool:
    return path.removeprefix("repository.").partition(".")[0] in SHARED
