"""What a crawl hands on: things found, things missed, and the batches that they travel in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from attrs import field, frozen

from ..errors import BitbucketError
from ..model.resource import Resource


@frozen
class Found:
    """One item of a list: *kind* is the step of the plan that it was read by."""

    kind: str
    workspace: str
    repository: str | None
    """``workspace/slug`` of the repository whose list it is of; None for a workspace's lists."""
    item: Resource = field(repr=False)


@frozen
class Missed:
    """A list that could not be read, or not to its end; the rest of the crawl goes on."""

    kind: str
    workspace: str
    repository: str | None
    error: BitbucketError
    """Why; what was found of the list before it has been handed on."""


Record: TypeAlias = Found | Missed


@frozen
class Walk:
    """One list that a crawl reads: where it stands, and what it is of."""

    key: str
    """The workspace, the repository's UUID where it is one's, and the step: unique in a crawl."""
    kind: str
    workspace: str
    repository: bytes | None = field(default=None, repr=False)
    """The JSON of the repository, as it came in."""
    position: str | None = None
    """Where to go on; None at the beginning."""
    found: int = 0
    """How many items were handed on already."""


@frozen
class Batch:
    """A page of a list, or its end: what was found, and how the walk stands behind it.

    *begun* are the walks that follow from what was found. A walk that is *over* is not gone on
    with, whether it was read to its end or was missed.
    """

    walk: Walk
    """With its position behind the page."""
    records: Sequence[Record]
    begun: Sequence[Walk] = ()
    over: bool = False


class Sink(Protocol):
    """Where what was found goes, each item once although a crawl may be killed at any moment.

    A crawl writes batches, then ``sync()`` puts them in safety and tells a position, which is put
    in the checkpoint together with the positions of the walks. A crawl that is resumed calls
    ``open()`` with the latest position in the checkpoint, and whatever the sink has beyond it is
    to be dropped: it comes again.
    """

    @property
    def name(self) -> str:
        """A name for the checkpoint, which stays when the crawl is resumed."""
        ...

    async def open(self, position: Any) -> None:
        """Begin to write behind *position*; None: nothing was written yet."""
        ...

    async def write(self, batches: Sequence[Batch]) -> None:
        """Take the records of *batches*."""
        ...

    async def sync(self) -> Any:
        """Put in safety what was written; gives the position behind it, as JSON can say it."""
        ...

    async def close(self, *, done: bool) -> None:
        """End; *done* says that the crawl is complete, and no resume follows."""
        ...


class Checkpoint(Protocol):
    """How far a crawl has come, in a place that outlives the process."""

    async def open(self, plan: str, roots: Sequence[Walk]) -> Mapping[str, Any]:
        """Begin, or go on where there is one of the same *plan*; gives the sinks' positions.

        A new one begins with the walks *roots*. ConfigurationError where it is of another plan or
        of another version.
        """
        ...

    def walks(self, limit: int, *, behind: str = "") -> Sequence[Walk]:
        """The first *limit* walks that are not over, in the order of their keys *behind* that."""
        ...

    async def commit(self, batches: Sequence[Batch], positions: Mapping[str, Any]) -> None:
        """Keep what *batches* tell of their walks and the sinks' *positions*: all or nothing."""
        ...

    async def close(self, *, done: bool) -> None:
        """End; *done* says that the crawl is complete."""
        ...
