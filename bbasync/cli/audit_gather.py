"""What `bbasync audit` reads: with bars while it does, and kept however it ends."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import aclosing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import typer
from attrs import evolve, frozen
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.progress import TimeElapsedColumn as Elapsed

from ..audit.facts import Level
from ..audit.found import WorkspaceAudit
from ..audit.gather import Progress as Step
from ..audit.gather import gather
from ..audit.journal import Journal
from ..client import Bitbucket
from ..errors import BitbucketError
from .audit_asked import Wanted
from .audit_outputs import check_writable
from .exits import reason, say
from .notices import noticed
from .session import base_url, connect
from .vault import DIRECTORY

_KEPT_FOR: Final = 30 * 24 * 3600
"""Seconds after which nobody goes on with an audit any more."""


@frozen
class Gathered:
    """What was read, and how it ended."""

    audits: Sequence[WorkspaceAudit]
    requests: int
    base_url: str
    stopped: BaseException | None = None
    """What it was stopped by."""


@frozen
class Keeping:
    """Where what is read is kept until the report is written."""

    journal: Journal
    passes: bool = False
    """Whether it is gone with the command, whose user can't go on with it."""

    def settle(self, wanted: Wanted, found: Gathered, *, lost: bool) -> Path | None:
        """Delete it where nobody needs it any more; else, where it is.

        *lost* says that the report could not be written.
        """
        unknown = [one for audit in found.audits for one in audit.unknown]
        left = lost or found.stopped is not None or any(one.left_out for one in unknown)
        named = wanted.checkpoint is not None and bool(unknown)
        if self.passes and left and not wanted.demo:
            say("what was read could not be kept: --checkpoint FILE names a place for it")
        if self.passes or not (left or named):
            self.journal.remove()
            return None
        return self.place

    @property
    def place(self) -> Path | None:
        """Where it can be gone on with."""
        return self.journal.path if not self.passes and self.journal.path.exists() else None


async def read(wanted: Wanted, level: Level, journal: Journal) -> Gathered:
    """Read what is *wanted* at *level*; what stops it is raised where there was nothing yet."""
    if wanted.distant is not None:
        return await _read_distant(wanted, level)
    async with connect(demo=wanted.demo, max_wait=wanted.max_wait) as bb:
        await journal.begin(bb.base_url)
        if journal.pages_kept and journal.begun_at is not None:
            say(f"going on with {journal.path}, begun at {journal.begun_at:%Y-%m-%d %H:%M %Z}")
        return await _read(wanted, level, bb, journal)


async def _read(wanted: Wanted, level: Level, bb: Bitbucket, journal: Journal) -> Gathered:
    stopped: BaseException | None = None
    audits: list[WorkspaceAudit] = []
    with _watched() as bars:
        try:
            audits = await _gather(wanted, level, bb, journal, bars)
        except (asyncio.CancelledError, BitbucketError, OSError) as error:  # the last: a full disk
            if not journal.pages_kept:
                journal.remove()
                raise
            stopped = error
    if stopped is not None:
        if isinstance(stopped, asyncio.CancelledError):
            _uncancel()
        quiet = gather(bb, wanted.workspaces, level=level, max_requests=0, checkpoint=journal)
        async with aclosing(quiet):
            audits = [_told(one, stopped) async for one in quiet]
    return Gathered(audits, bb.requests_sent, bb.base_url, stopped)


async def _gather(
    wanted: Wanted, level: Level, bb: Bitbucket, journal: Journal, bars: _Bars
) -> list[WorkspaceAudit]:
    walk = gather(
        bb,
        wanted.workspaces,
        level=level,
        concurrency=wanted.concurrency,
        max_requests=wanted.max_requests,
        checkpoint=journal,
        watcher=bars.step,
    )
    async with aclosing(walk):
        return [one async for one in walk]


def _told(audit: WorkspaceAudit, stopped: BaseException) -> WorkspaceAudit:
    """*audit*, where what is left out says why."""
    why = "interrupted" if isinstance(stopped, asyncio.CancelledError) else str(stopped)
    if isinstance(stopped, OSError):
        why = reason(stopped)
    audit.unknown = [
        evolve(one, message=f"not read any more: {why}") if one.left_out else one
        for one in audit.unknown
    ]
    return audit


def _uncancel() -> None:
    """Go on after Ctrl-C, which has said all that it says."""
    task = asyncio.current_task()
    if task is not None:
        task.uncancel()


@contextmanager
def keeping(wanted: Wanted) -> Iterator[Keeping]:
    """The checkpoint that was named, or else one beside the logins, or for this run alone."""
    found = _keeping(wanted)
    with found.journal:
        yield found


def _keeping(wanted: Wanted) -> Keeping:
    if wanted.checkpoint is not None:
        return Keeping(Journal(wanted.checkpoint))
    if not wanted.demo:
        directory = Path(os.environ.get(DIRECTORY) or typer.get_app_dir("bbasync")) / "audits"
        with suppress(OSError):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            _forget_old(directory)
            check_writable(directory)
            name = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{os.getpid()}.jsonl"
            return Keeping(Journal(directory / name))
    return Keeping(Journal.temporary(), passes=True)


def _forget_old(directory: Path) -> None:
    for one in directory.iterdir():
        with suppress(OSError):
            if time.time() - one.stat().st_mtime > _KEPT_FOR:
                one.unlink()


async def _read_distant(wanted: Wanted, level: Level) -> Gathered:
    from ..audit.remote import remote  # noqa: PLC0415 - few have a cluster

    distant = wanted.distant
    assert distant is not None  # noqa: S101 - the caller has looked
    with _watched() as bars:
        found = await remote(
            distant.scheduler,
            wanted.workspaces,
            level=level,
            concurrency=wanted.concurrency,
            watcher=bars.step,
            **distant.options(wanted.max_wait),
        )
    return Gathered(list(found.audits), found.requests, base_url())


@contextmanager
def _watched() -> Iterator[_Bars]:
    """Bars, and the library's warnings above them."""
    console = Console(stderr=True)
    bars = _Bars(console)
    with noticed(console), bars.progress:
        yield bars


class _Bars:
    """One bar a workspace, for the list that is being read."""

    def __init__(self, console: Console) -> None:
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            Elapsed(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}

    def step(self, step: Step) -> None:
        """Show that a page came in."""
        task = self._tasks.get(step.workspace)
        if task is None:
            task = self._tasks[step.workspace] = self.progress.add_task(step.workspace)
        self.progress.update(
            task,
            description=f"{step.workspace}: {step.what}",
            completed=step.done,
            total=step.total,
        )
