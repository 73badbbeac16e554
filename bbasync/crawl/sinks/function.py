"""Function: what was found goes to a function of the caller's own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from inspect import isawaitable
from typing import Any

from ...errors import ArgumentError
from ..record import Batch, Record


class Function:
    """Calls *function*, an async one, with each Found and Missed, one after the other.

    At least once: after a crash, what came since the last commit, a second's worth or so, comes
    again. Whoever needs it once only tells items apart, by their uuid or hash. What *function*
    raises ends the crawl, which goes on from the last commit when it is resumed.

    *name* stands for it in the checkpoint; its qualified name unless told.
    """

    def __init__(
        self, function: Callable[[Record], Awaitable[object]], *, name: str | None = None
    ) -> None:
        if not callable(function):
            raise ArgumentError(f"Function takes an async function of a record, not {function!r}")
        kind = type(function)
        self._function = function
        self._called = name or getattr(function, "__qualname__", None) or kind.__qualname__
        self._given = 0

    def __repr__(self) -> str:
        return f"Function({self._called})"

    @property
    def name(self) -> str:
        """The name for the checkpoint."""
        return f"function:{self._called}"

    async def open(self, position: Any) -> None:
        """Begin; *position* is how many records were given already."""
        self._given = position if isinstance(position, int) else 0

    async def write(self, batches: Sequence[Batch]) -> None:
        """Give each record of *batches* to the function; ArgumentError where it is not async."""
        for batch in batches:
            for record in batch.records:
                waiting = self._function(record)
                if not isawaitable(waiting):
                    raise ArgumentError(
                        f"Function takes an async function, and {self._called} is none: what it "
                        f"returned can't be awaited"
                    )
                await waiting
                self._given += 1

    async def sync(self) -> int:
        """How many records were given: nothing waits here."""
        return self._given

    async def close(self, *, done: bool) -> None:  # noqa: ARG002 - there is nothing to end
        """End."""
        return
