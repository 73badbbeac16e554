"""What sinks have in common that write to a path, beside it until the crawl is complete."""

from __future__ import annotations

import errno
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar, ParamSpec, TypeVar

from ...errors import ConfigurationError
from ..disk import Desk, leave, take, unusable
from ..record import Batch

P = ParamSpec("P")
T = TypeVar("T")


class FileSink(ABC):
    """Writes to ``PATH.part``, which takes the place of *path* when the crawl is complete.

    All that blocks is done in a thread of its own. Behind a failure nothing more is written. While
    it is open, ``PATH.lock`` keeps others from the same place.
    """

    _kind: ClassVar[str]
    """How its name in the checkpoint begins."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        if not isinstance(path, str | os.PathLike) or not Path(path).name:
            raise ConfigurationError(
                f"{type(self).__name__} takes the path of what it writes, not {path!r}"
            )
        self.path = Path(path)
        self._desk: Desk | None = None
        self._lock: int | None = None
        self._failed = False

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.path)!r})"

    @property
    def name(self) -> str:
        """The name for the checkpoint, which stays when the folder is moved."""
        return f"{self._kind}:{self.path.name}"

    async def open(self, position: Any) -> None:
        """Begin to write behind *position*; ConfigurationError where there is less, or no place."""
        if self._desk is not None:
            raise ConfigurationError(f"{self!r} is in use already: a crawl needs one of its own")
        self._desk = Desk(self._kind)
        self._failed = False
        try:
            await self._desk.do(self._begin, position)
        except BaseException:
            await self.close(done=False)
            raise

    async def write(self, batches: Sequence[Batch]) -> None:
        """Take the records of *batches*; OSError where the disk fails."""
        await self._opened().do(self._whole, self._write, batches)

    async def sync(self) -> dict[str, Any]:
        """Put in safety what was written, and tell the position; OSError where the disk fails."""
        return await self._opened().do(self._whole, self._sync)

    async def close(self, *, done: bool) -> None:
        """End: under its own name where the crawl is *done*, else with what was put in safety."""
        if self._desk is None:
            return
        desk, self._desk = self._desk, None
        try:
            await desk.do(self._close, done)
        finally:
            desk.leave()

    def _opened(self) -> Desk:
        if self._desk is None:
            raise ConfigurationError(f"{self!r} is not open")
        return self._desk

    def _begin(self, position: Any) -> None:
        lock = beside(self.path, "lock")
        try:
            self._lock = take(lock)
        except BlockingIOError:
            raise ConfigurationError(
                f"{self.path} is being written by another crawl: wait for its end, or name "
                "another place"
            ) from None
        except OSError as error:
            raise unusable(lock, error) from error
        self._open(position)

    def _whole(self, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._failed:
            raise OSError(errno.EIO, "nothing is written behind a failure", str(self.path))
        self._failed = True  # unless it ends well
        try:
            done = job(*args, **kwargs)
        except OSError as error:
            if error.filename is not None:
                raise
            number, why = error.errno or errno.EIO, error.strerror or str(error)
            raise OSError(number, why, str(beside(self.path))) from error
        self._failed = False
        return done

    def _close(self, done: bool) -> None:  # noqa: FBT001 - a thread's job has no names
        try:
            if done:
                self._whole(self._sync)
                self._whole(self._finish)
        finally:
            try:
                self._release()
            finally:
                self._unlock()

    def _unlock(self) -> None:
        lock, self._lock = self._lock, None
        if lock is not None:
            leave(beside(self.path, "lock"), lock)

    @abstractmethod
    def _open(self, position: Any) -> None:
        """Begin to write behind *position*."""

    @abstractmethod
    def _write(self, batches: Sequence[Batch]) -> None:
        """Take the records of *batches*."""

    @abstractmethod
    def _sync(self) -> dict[str, Any]:
        """Put in safety what was written; the position behind it."""

    @abstractmethod
    def _finish(self) -> None:
        """Let what is complete take its place."""

    @abstractmethod
    def _release(self) -> None:
        """Let go of what is open, if anything is, without what was not put in safety."""


def beside(path: Path, ending: str = "part") -> Path:
    """The place next to *path* with *ending* behind its name."""
    return path.with_name(f"{path.name}.{ending}")


def where(path: Path) -> Path:
    """Where that is which was written so far: beside *path*, or there when it was complete."""
    part = beside(path)
    return path if path.exists() and not part.exists() else part


def take_back(path: Path) -> None:
    """Go on with what is complete: the last run ended before its checkpoint, or lists were missed.

    Nothing happens where the incomplete one is there.
    """
    if where(path) == path:
        path.replace(beside(path))


def member(position: Any, name: str, kind: type[T], path: Path) -> T:
    """What *position* says of *name*; ConfigurationError where a sink of *path* did not say it."""
    found = position.get(name) if isinstance(position, dict) else None
    if type(found) is not kind:
        raise ConfigurationError(
            f"{path}: the checkpoint's position {position!r} is of another sink or version: begin "
            "anew with another checkpoint"
        )
    return found


def gap(path: Path, how: str) -> ConfigurationError:
    """What was written to *path* is not there as it was."""
    return ConfigurationError(
        f"{path} {how}: it was cut, changed or replaced since the checkpoint was written. Bring "
        "it back, or delete the checkpoint to begin anew"
    )
