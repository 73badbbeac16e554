"""The repositories of a workspace by slug: all of them at hand, or made when they are asked for."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, MutableMapping, Sequence
from itertools import islice
from typing import Protocol, TypeVar

T = TypeVar("T")


class Held(Protocol):
    """What is known here of a repository."""

    @property
    def uuid(self) -> str:
        """Its identifier."""
        ...

    @property
    def parent(self) -> "Held | None":
        """What it is a fork of."""
        ...


Kept = TypeVar("Kept", bound=Held)


class Holding(MutableMapping[str, Kept]):
    """Repositories by slug, in the order in which they came; a renamed one keeps its place."""

    @abstractmethod
    def find(self, uuid: str) -> Kept | None:
        """Look one up by its uuid, with braces."""

    @abstractmethod
    def nth(self, place: int) -> Kept:
        """Give the one at a place of the order."""

    @abstractmethod
    def own(self) -> Iterable[Kept]:
        """Give those that may have something of their own, such as rights, hooks or changes."""

    @abstractmethod
    def kinds(self) -> Iterable[Kept]:
        """Give some among which is every kind: of each project a public and a private one."""

    @abstractmethod
    def forks(self, one: Held) -> list[Kept]:
        """Give the forks of a repository, which may be of another workspace."""

    @abstractmethod
    def spread(self, expand: Callable[[Kept], Sequence[T]]) -> Sequence[T]:
        """List what each has, one after the other.

        Of those that have nothing of their own, all of one kind must have the like, and as many.
        """

    @abstractmethod
    def rename(self, one: Kept, slug: str) -> None:
        """Give a repository another slug here; its own is the caller's business."""


class Whole(dict[str, Kept], Holding[Kept]):
    """All of them, at hand."""

    def find(self, uuid: str) -> Kept | None:
        """Look one up by its uuid, with braces."""
        return next((one for one in self.values() if one.uuid == uuid), None)

    def nth(self, place: int) -> Kept:
        """Give the one at a place of the order."""
        return next(islice(self.values(), place, None))

    def own(self) -> Iterable[Kept]:
        """Give all: every one may have something of its own."""
        return self.values()

    def kinds(self) -> Iterable[Kept]:
        """Give all, in want of knowing better."""
        return self.values()

    def forks(self, one: Held) -> list[Kept]:
        """Give the forks of a repository."""
        return [other for other in self.values() if other.parent is one]

    def spread(self, expand: Callable[[Kept], Sequence[T]]) -> Sequence[T]:
        """List what each has, one after the other."""
        return [each for one in self.values() for each in expand(one)]

    def rename(self, one: Kept, slug: str) -> None:
        """Give a repository another slug here."""
        renamed = {(slug if other is one else key): other for key, other in self.items()}
        self.clear()
        self.update(renamed)
