"""More repositories than there is room for: each is made when it is asked for, and let go again.

Those that were changed, made or deleted are remembered, and nothing else is. Whoever looks one up
by its name outside of a call that only reads is taken to change it; whoever meets one on a walk
changes it by setting something, or by reaching for what can be changed in it.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, ItemsView, Iterator, Sequence, ValuesView
from functools import partial
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from attrs import define, field

from .holding import Held, Holding
from .naming import repository_name, repository_number
from .sprouting import AHEAD, Sprouting
from .store import Repository, Store
from .walking import Walk

T = TypeVar("T")


class Fleeting(Repository):
    """A repository that was made for the moment; once it is changed it is like any other."""

    __slots__ = ()

    @property
    def fleeting(self) -> bool:
        """Whether it is forgotten unless somebody changes it."""
        return True

    def keep(self) -> None:
        """See to it that it is remembered."""
        held = self.workspace.repositories
        if isinstance(held, Vast):
            held.keep(self.uuid)

    def __setattr__(self, name: str, value: Any) -> None:
        if name != "__class__":
            self.keep()
        object.__setattr__(self, name, value)


def _reach(name: str, one: Fleeting) -> Any:
    """Give what can be changed in a repository, which is kept unless a call is only reading."""
    held = one.workspace.repositories
    if isinstance(held, Vast) and not held.store.reading:
        one.keep()
    return getattr(Repository, name).__get__(one)


for _name in ("users", "groups", "watchers", "hooks", "work", "override_settings"):
    setattr(Fleeting, _name, property(partial(_reach, _name)))


@define(eq=False)
class Vast(Holding[Repository]):
    """The repositories of a workspace by slug. Each has a place in their order, a number.

    Those from the beginning have the numbers below `sprouting.count`, later ones go on from there.
    """

    store: Store = field(repr=False)
    sprouting: Sprouting = field(repr=False)
    kept: dict[int, Repository] = field(factory=dict, repr=False)
    touched: list[int] = field(factory=list)
    """Numbers of those from the beginning that were changed or deleted, ascending."""
    found: dict[Any, Any] = field(factory=dict, repr=False)
    """What was found out by looking at all of them, as they were in the beginning."""
    _keys: dict[str, int] = field(factory=dict)
    _names: dict[int, str] = field(factory=dict)
    _next: int = field(init=False)
    _samples: list[Repository] = field(init=False, repr=False)
    _passing: WeakValueDictionary[int, Repository] = field(
        init=False, factory=WeakValueDictionary, repr=False
    )

    @_samples.default
    def _first(self) -> list[Repository]:
        most = min(self.sprouting.period, self.count)
        return [self.sprouting.sprout(number, None) for number in range(most)]

    @_next.default
    def _after_all(self) -> int:
        return self.sprouting.count

    @property
    def count(self) -> int:
        """How many there were in the beginning."""
        return self.sprouting.count

    def made(self, number: int) -> str:
        """Tell when one from the beginning was made; later ones have higher numbers."""
        return self.sprouting.made(number)

    def samples(self) -> list[Repository]:
        """Give repositories of the kinds that come again and again, in their order."""
        return self._samples

    def at(self, number: int) -> Repository:
        """Give the one of that number, which is there."""
        found = self.kept.get(number) or self._passing.get(number)
        if found is None:
            parent = self.at(number - AHEAD) if self.sprouting.is_fork(number) else None
            found = self.sprouting.sprout(number, parent)
            found.__class__ = Fleeting
            self._passing[number] = found
        return found

    def pristine(self, number: int) -> Repository:
        """Give the one of that number as it was in the beginning."""
        if not self._is_touched(number):
            return self.at(number)
        parent = self.pristine(number - AHEAD) if self.sprouting.is_fork(number) else None
        return self.sprouting.sprout(number, parent)

    def numbers(self) -> Iterator[int]:
        """Give the numbers of all, in their order."""
        start = 0
        for number in list(self.touched):
            yield from range(start, number)
            if number in self.kept:
                yield number
            start = number + 1
        yield from range(start, self.sprouting.count)
        yield from self.later()

    def later(self) -> list[int]:
        """Give the numbers of those that were not there from the beginning."""
        return sorted(number for number in self.kept if number >= self.sprouting.count)

    def keep(self, uuid: str) -> None:
        """Remember one from now on, and with a parent its fork, which tells of it."""
        number = self.sprouting.number(uuid)
        if number is None or self._is_touched(number):
            return
        one = self.at(number)
        one.__class__ = Repository
        self._put(number, repository_name(number), one)
        insort(self.touched, number)
        fork = number + AHEAD
        if self.sprouting.is_fork(fork) and fork < self.sprouting.count:
            self.keep(self.sprouting.uuid(fork))

    def find(self, uuid: str) -> Repository | None:
        """Look one up by its uuid, with braces."""
        number = self.sprouting.number(uuid)
        if number is None:
            return next((one for one in self.kept.values() if one.uuid == uuid), None)
        return None if self._is_gone(number) else self._given(number)

    def nth(self, place: int) -> Repository:
        """Give the one at a place of the order."""
        return Walk(self, lambda one: [one])[place]

    def own(self) -> list[Repository]:
        """Give those that were changed or made."""
        return [self.kept[number] for number in sorted(self.kept)]

    def kinds(self) -> Iterator[Repository]:
        """Give those that were changed or made, and of each kind of the others one."""
        yield from self.own()
        for first in range(self.sprouting.period):
            alike = range(first, self.sprouting.count, self.sprouting.period)
            found = next((number for number in alike if not self._is_touched(number)), None)
            if found is not None:
                yield self.at(found)

    def forks(self, one: Held) -> list[Repository]:
        """Give the forks of a repository, which may be of another workspace."""
        number = self.sprouting.number(one.uuid)
        numbers = set(self.kept)
        if number is not None and number + AHEAD < self.sprouting.count:
            numbers.add(number + AHEAD)
        there = [each for each in sorted(numbers) if not self._is_gone(each)]
        return [fork for fork in map(self.at, there) if fork.parent is one]

    def spread(self, expand: Callable[[Repository], Sequence[T]]) -> Sequence[T]:
        """List what each has, one after the other; nothing is worked out before it is asked for."""
        return Walk(self, expand)

    def rename(self, one: Repository, slug: str) -> None:
        """Give a repository another slug here."""
        one.keep()
        number = next(number for number, other in self.kept.items() if other is one)
        del self._keys[self._names[number]]
        self._put(number, slug, one)

    def values(self) -> ValuesView[Repository]:
        """Give all, in their order."""
        return _Values(self)

    def items(self) -> ItemsView[str, Repository]:
        """Give all with their slugs."""
        return _Items(self)

    def slug(self, number: int) -> str:
        """Tell by which slug one is known here."""
        return self._names.get(number) or repository_name(number)

    def __getitem__(self, slug: str) -> Repository:
        return self._given(self._number(slug))

    def __setitem__(self, slug: str, one: Repository) -> None:
        one.keep()
        if slug in self:
            number = self._number(slug)
            if number < self.sprouting.count:
                self.keep(self.sprouting.uuid(number))
        else:
            number, self._next = self._next, self._next + 1
        self._put(number, slug, one)

    def __delitem__(self, slug: str) -> None:
        number = self._number(slug)
        self.at(number).keep()
        del self.kept[number], self._keys[self._names.pop(number)]

    def __contains__(self, slug: object) -> bool:
        try:
            return isinstance(slug, str) and self._number(slug) >= 0
        except KeyError:
            return False

    def __iter__(self) -> Iterator[str]:
        return map(self.slug, self.numbers())

    def __len__(self) -> int:
        return self.sprouting.count - len(self.touched) + len(self.kept)

    def _put(self, number: int, slug: str, one: Repository) -> None:
        self.kept[number], self._keys[slug], self._names[number] = one, number, slug

    def _number(self, slug: str) -> int:
        number = self._keys.get(slug)
        if number is None:
            number = repository_number(slug)
            if number is None or number >= self.sprouting.count or self._is_touched(number):
                raise KeyError(slug)
        return number

    def _given(self, number: int) -> Repository:
        """Give one to somebody who named it, and who may well change it, unless they only read."""
        one = self.at(number)
        if not self.store.reading:
            one.keep()
        return one

    def _is_touched(self, number: int) -> bool:
        place = bisect_left(self.touched, number)
        return place < len(self.touched) and self.touched[place] == number

    def _is_gone(self, number: int) -> bool:
        return self._is_touched(number) and number not in self.kept


class _Values(ValuesView[Repository]):
    """All repositories; who goes through them need not change them."""

    _mapping: Vast

    def __iter__(self) -> Iterator[Repository]:
        return map(self._mapping.at, self._mapping.numbers())


class _Items(ItemsView[str, Repository]):
    """All repositories with their slugs."""

    _mapping: Vast

    def __iter__(self) -> Iterator[tuple[str, Repository]]:
        for number in self._mapping.numbers():
            yield self._mapping.slug(number), self._mapping.at(number)
