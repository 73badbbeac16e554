"""What `bbasync crawl` adds to the library's sinks and checkpoint."""

from __future__ import annotations

import asyncio
import errno
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from os import PathLike
from typing import Any, ClassVar, Final

from attrs import define, field

from ..crawl import Batch, Found, Ledger, Missed, Sink, Walk
from ..crawl.sinks.jsonl import line_of
from ..crawl.sinks.rows import error_of
from ..crawl.tables import MissedList, Standing
from ..errors import ConfigurationError
from .exits import Code, code_of

SHOWN: Final = 10
"""Lists that were missed, of which each is told."""
_GRACE: Final = 1.0
"""Seconds in which a line that is half-way out may get out, when all is over."""


class Kept(Ledger):
    """A checkpoint that tells how far the crawl was *before*, and belongs to one *output*."""

    def __init__(self, path: str | PathLike[str], output: str) -> None:
        super().__init__(path)
        self._output = output
        self.before: Standing | None = None

    async def open(self, plan: str, roots: Sequence[Walk]) -> Mapping[str, Any]:
        """Begin or go on; ConfigurationError where what was found went somewhere else."""
        positions = await super().open(plan, roots)
        if positions and self._output not in positions:
            await self.close(done=False)
            before = next((one for one in positions if one != Misses.name), "").partition(":")[2]
            raise ConfigurationError(
                f"{self.path} is of a crawl that writes to {before or 'stdout'}, not to "
                f"{self._output.partition(':')[2] or 'stdout'}: name it as before, or another "
                "checkpoint"
            )
        self.before = self.standing()
        return positions


@define(eq=False)
class Misses:
    """A sink for the lists that were missed: how many, the first of them, and for what reasons."""

    count: int = 0
    first: list[MissedList] = field(factory=list)
    codes: set[Code] = field(factory=set)
    """The exit codes that there would be for the errors."""
    name: ClassVar[str] = "misses"

    def add(self, lists: Sequence[MissedList]) -> None:
        """Count those of an earlier run, which are missed for good."""
        self.count += len(lists)
        self.first[:0] = lists[:SHOWN]
        self.codes |= {Code.INCOMPLETE} if lists else set()

    async def open(self, position: Any) -> None:
        """Begin."""

    async def write(self, batches: Sequence[Batch]) -> None:
        """Take what was missed."""
        for batch in batches:
            for record in batch.records:
                if isinstance(record, Missed):
                    self._take(record)

    def _take(self, missed: Missed) -> None:
        self.count += 1
        self.codes.add(code_of(missed.error))
        if len(self.first) < SHOWN:
            name, status, message = error_of(missed)
            place = missed.kind, missed.workspace, missed.repository
            self.first.append(MissedList(*place, name, message, status, again=False))

    async def sync(self) -> None:
        """Nothing waits here."""

    async def close(self, *, done: bool) -> None:
        """End."""


class Sparing:
    """A *sink* that does not take its place where nothing was found, and lists were missed.

    What was there before is better than nothing but errors: a name was mistyped, as a rule.
    """

    def __init__(self, sink: Sink, misses: Misses, kept: Kept | None) -> None:
        self.name = sink.name
        self._sink, self._misses, self._kept = sink, misses, kept
        self._found = False

    @property
    def spares(self) -> bool:
        """Whether it is so now."""
        before = self._kept.before if self._kept is not None else None
        if self._found or (before is not None and any(before.found.values())):
            return False
        return bool(self._misses.count or (before is not None and before.missed))

    async def open(self, position: Any) -> None:
        """Begin to write behind *position*."""
        await self._sink.open(position)

    async def write(self, batches: Sequence[Batch]) -> None:
        """Write *batches*."""
        await self._sink.write(batches)
        self._found = self._found or any(
            isinstance(record, Found) for batch in batches for record in batch.records
        )

    async def sync(self) -> Any:
        """Put in safety what was written, and tell the position."""
        return await self._sink.sync()

    async def close(self, *, done: bool) -> None:
        """End; what is *done* takes its place unless that is to be spared."""
        await self._sink.close(done=done and not self.spares)


class Lines:
    """A sink that writes JSON Lines to stdout, however slowly they are read there."""

    name = "stdout"

    def __init__(self) -> None:
        sys.stdout.flush()
        self._to = sys.stdout.fileno()
        try:
            os.write(self._to, b"")
        except OSError as error:
            if error.errno == errno.EBADF:
                raise ConfigurationError("stdout is closed: name a file with --to") from error

    async def open(self, position: Any) -> None:
        """Begin; what was written before is gone."""

    async def write(self, batches: Sequence[Batch]) -> None:
        """Write the records of *batches*; OSError where nobody reads them any more."""
        lines = [line_of(record) for batch in batches for record in batch.records]
        if lines:
            await self._out(b"".join(lines))

    async def _out(self, data: bytes) -> None:
        # A reader may stop for as long as it likes: that must hold up neither the requests that
        # are under way nor the end of the process, so no executor's thread will do.
        loop = asyncio.get_running_loop()
        ended = loop.create_future()

        def tell(error: OSError | None) -> None:
            if ended.done():
                return
            if error is None:
                ended.set_result(None)
            else:
                ended.set_exception(error)

        def work() -> None:
            error = _written(self._to, data)
            with suppress(RuntimeError):  # the loop is over, and nobody wants to know
                loop.call_soon_threadsafe(tell, error)

        threading.Thread(target=work, name="bbasync-stdout", daemon=True).start()
        task = asyncio.current_task()
        over = task is not None and task.cancelling() > 0
        try:
            await asyncio.wait([ended], timeout=_GRACE if over else None)
        except asyncio.CancelledError:
            await asyncio.wait([ended], timeout=_GRACE)
            if ended.done():
                ended.exception()  # whoever cancels does not ask for it
            raise
        if not ended.done():
            raise asyncio.CancelledError  # once more, since nothing else can end this
        ended.result()

    async def sync(self) -> None:
        """Nothing waits here."""

    async def close(self, *, done: bool) -> None:
        """End; stdout stays open."""


def _written(to: int, data: bytes) -> OSError | None:
    """Write *data* past Python's own buffer, which can't be left while it waits."""
    left = memoryview(data)
    try:
        while left:
            left = left[os.write(to, left) :]
    except OSError as error:
        return error
    return None
