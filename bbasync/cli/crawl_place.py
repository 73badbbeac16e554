"""Where `bbasync crawl` puts what it finds, and what is there from an earlier run."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from attrs import evolve, frozen

from ..crawl import JSONLines, Parquet, Sink, SQLite
from ..crawl.ledger import look
from ..crawl.sinks.file import beside
from ..crawl.tables import Standing
from ..errors import ArgumentError, ConfigurationError
from .crawl_asked import Wanted, command_to_resume
from .crawl_sinks import Lines
from .exits import say

_KINDS: Final[tuple[tuple[tuple[str, ...], Callable[[Path], Sink]], ...]] = (
    ((".jsonl", ".ndjson", ".jsonl.zst", ".ndjson.zst"), JSONLines),
    ((".sqlite", ".sqlite3", ".db"), SQLite),
    ((".parquet", "/", os.sep), Parquet),
)


@frozen
class Place:
    """The output, and the checkpoint that belongs to it."""

    make: Callable[[], Sink]
    """ConfigurationError where a package is missing."""
    output: Path | None
    """None: stdout."""
    checkpoint: Path | None
    """None where none is kept."""
    anew: bool = False
    """Whether what the checkpoint has is of no use."""

    def standing(self) -> Standing | None:
        """How far the crawl is that the checkpoint has; None where it has none."""
        path = self.checkpoint
        return None if path is None or not path.exists() or _is_blank(path) else look(path)

    def forget(self) -> None:
        """Delete the checkpoint."""
        if self.checkpoint is not None:
            for ending in ("-wal", "-shm", ""):
                self.checkpoint.with_name(f"{self.checkpoint.name}{ending}").unlink(missing_ok=True)

    def clear(self) -> None:
        """Delete what is incomplete, with its checkpoint."""
        self.forget()
        if self.output is not None:
            _remove(beside(self.output))


def place_of(wanted: Wanted) -> Place:
    """Where *wanted* goes to; ArgumentError where that can't be."""
    checkpoint = None if wanted.checkpoint is None else Path(wanted.checkpoint)
    if wanted.to is None:
        return Place(Lines, None, checkpoint)
    output = Path(wanted.to)
    kind = next((kind for ends, kind in _KINDS if wanted.to.lower().endswith(ends)), None)
    if kind is None or not output.name:
        raise ArgumentError(
            f"--to {wanted.to}: its end tells what to write: .jsonl, .jsonl.zst, .sqlite, or / or "
            ".parquet for a directory"
        )
    if not output.absolute().parent.is_dir():
        raise ArgumentError(f"--to {wanted.to}: there is no directory {output.parent} to put it in")
    taken = (output, beside(output), beside(output, "lock"))
    if checkpoint is not None and checkpoint.resolve() in {one.resolve() for one in taken}:
        raise ArgumentError(f"--checkpoint {checkpoint}: --to writes there, name another file")
    if checkpoint is None and not wanted.demo:
        checkpoint = beside(output, "crawl")
    return Place(lambda: kind(output), output, checkpoint)


def settled(place: Place, wanted: Wanted) -> Place:
    """*place*, once nothing is lost by beginning there; ConfigurationError where it would be."""
    standing = place.standing()
    if wanted.overwrite:
        return evolve(place, anew=True)
    if wanted.resume:
        _check_resume(place, standing)
        return place
    if standing is not None and not is_untouched(standing):
        raise ConfigurationError(
            f"{_unfinished(place)}: go on with it by `{command_to_resume()}`, or begin anew with "
            "--overwrite"
        )
    output = place.output
    if output is not None and output.exists():
        raise ConfigurationError(f"{output} is there already: --overwrite replaces it")
    if output is not None and standing is None and beside(output).exists():
        raise ConfigurationError(_lost(place))
    return evolve(place, anew=standing is not None)


def is_untouched(standing: Standing) -> bool:
    """Whether a crawl ended before it had found anything."""
    return not (standing.found or standing.missed)


def _check_resume(place: Place, standing: Standing | None) -> None:
    output = place.output
    if standing is not None:
        return
    if output is not None and beside(output).exists():
        raise ConfigurationError(_lost(place))
    if output is not None and output.exists():
        raise ConfigurationError(
            f"{output} is complete, there is nothing to resume: --overwrite reads it all again"
        )
    say(f"nothing to resume at {place.checkpoint}: this is the beginning")


def _unfinished(place: Place) -> str:
    if place.output is None:
        return f"{place.checkpoint} is the checkpoint of a crawl that is not finished"
    if place.output.exists() and not beside(place.output).exists():
        return f"{place.output} is there, but for lists that were missed and can be read yet"
    return f"a crawl into {place.output} is not finished"


def _lost(place: Place) -> str:
    part = beside(place.output or Path())
    if place.checkpoint is None:
        return f"{part} is of a crawl that is not finished: name another file"
    return (
        f"{part} is of a crawl whose checkpoint is not at {place.checkpoint}: name it with "
        "--checkpoint to resume, or begin anew with --overwrite"
    )


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _is_blank(path: Path) -> bool:
    """Whether nothing was written to a checkpoint before its process was killed."""
    try:
        with closing(sqlite3.connect(path, timeout=1.0)) as database:
            return database.execute("SELECT 1 FROM sqlite_master").fetchone() is None
    except sqlite3.Error:
        return False  # whoever looks closer says what it is
