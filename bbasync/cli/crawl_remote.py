"""`bbasync crawl --scheduler`: the same by the workers of a Dask scheduler, into one file."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Coroutine
from datetime import datetime
from pathlib import Path
from typing import Any

from attrs import frozen

from ..crawl import Crawl, Sink, Summary
from ..crawl.ledger import look
from ..crawl.merge import discard
from ..crawl.remote import remote
from ..crawl.sinks.file import beside
from ..crawl.unit import is_busy
from ..errors import ArgumentError, BitbucketError, ConfigurationError
from .crawl_asked import Wanted, check, command_to_resume, is_relative, plan_of, since_of
from .crawl_place import place_of
from .crawl_run import watched
from .distant import Distant
from .exits import Code, say
from .signals import ended_by_signals


@frozen
class _Job:
    """A crawl, who does it, and where it goes."""

    wanted: Wanted
    distant: Distant
    plan: Crawl
    sink: Sink
    since: datetime | None
    parts: Path

    @property
    def is_left(self) -> bool:
        """Whether there is something to go on with."""
        return self.parts.exists()


def start_remote(wanted: Wanted, distant: Distant | None) -> Coroutine[Any, Any, Code]:
    """The crawl, once nothing is wrong with what is *wanted*."""
    if distant is None:
        raise ArgumentError("name the --scheduler whose workers crawl")
    check(wanted)
    _check(wanted)
    plan, since = plan_of(wanted), since_of(wanted.since)
    place = place_of(wanted)
    if place.output is None:
        raise ArgumentError("--scheduler writes into a file that all machines share: name it --to")
    sink = place.make()
    parts = beside(place.output, "parts")
    _settle(wanted, place.output, parts)
    if wanted.resume and is_relative(wanted.since):
        since = _kept_since(parts) or since
    return _crawl(_Job(wanted, distant, plan, sink, since, parts))


def _check(wanted: Wanted) -> None:
    """ArgumentError for what is of one process alone."""
    for name, value in (
        ("--plan", wanted.plan),
        ("--checkpoint", wanted.checkpoint),
        ("--max-requests", wanted.max_requests),
    ):
        if value:
            raise ArgumentError(f"{name} is for one process: leave out --scheduler, or {name}")


def _settle(wanted: Wanted, output: Path, parts: Path) -> None:
    """Refuse to begin where something would be lost, or to go on with nothing."""
    if wanted.overwrite:
        _check_idle(parts)
        discard(parts)
    elif wanted.resume:
        if not parts.exists() and output.exists():
            raise ConfigurationError(
                f"{output} is complete, there is nothing to resume: --overwrite reads it all again"
            )
    elif parts.exists():
        raise ConfigurationError(
            f"a crawl into {output} is not finished: go on with it by `{command_to_resume()}`, or "
            "begin anew with --overwrite"
        )
    elif output.exists():
        raise ConfigurationError(f"{output} is there already: --overwrite replaces it")


def _check_idle(parts: Path) -> None:
    """Refuse to take away what a crawl that runs is writing."""
    try:
        look(parts / "plan.ledger")
    except ConfigurationError as error:
        if is_busy(error):
            raise


def _kept_since(parts: Path) -> datetime | None:
    """The moment from which on the crawl reads that is gone on with: days pass meanwhile."""
    ledger = parts / "plan.ledger"
    text = json.loads(look(ledger).plan).get("since") if ledger.exists() else None
    return None if text is None else datetime.fromisoformat(text)


async def _crawl(job: _Job) -> Code:
    wanted, started = job.wanted, time.monotonic()
    try:
        with ended_by_signals(), watched(to_terminal=False) as bars:
            summary = await remote(
                job.plan,
                job.distant.scheduler,
                job.sink,
                concurrency=wanted.concurrency,
                since=job.since,
                on_progress=bars.show if bars.shown else None,
                **job.distant.options(wanted.max_wait),
            )
    except asyncio.CancelledError:  # by Ctrl-C, and nobody above waits for more than a code
        say(f"interrupted: go on with: {command_to_resume()}")
        return Code.INTERRUPTED
    except BitbucketError as error:
        if job.is_left:
            error.add_note(f"go on with: {command_to_resume()}")
        raise
    return _tell(wanted, summary, time.monotonic() - started, left=job.is_left)


def _tell(wanted: Wanted, summary: Summary, seconds: float, *, left: bool) -> Code:
    resume = command_to_resume() if left else None
    if wanted.json:
        reset = summary.reset_at
        said = {
            "complete": summary.complete,
            "found": summary.found,
            "missed": summary.missed,
            "requests": summary.requests,
            "seconds": round(seconds, 3),
            "reset_at": None if reset is None else reset.isoformat(),
            "to": wanted.to,
            "resume": resume,
        }
        sys.stdout.write(f"{json.dumps(said, indent=2)}\n")
    else:
        found = ", ".join(f"{count:,} {kind}" for kind, count in summary.found.items())
        state = "complete" if summary.complete else "not complete"
        when = (
            ""
            if summary.reset_at is None
            else f"; calls left from {summary.reset_at:%H:%M:%S %Z} on"
        )
        say(
            f"{state}: {found or 'nothing'} in {wanted.to}; {summary.requests:,} requests in "
            f"{seconds:.1f} s{when}"
        )
    if summary.missed:
        say(f"missed {summary.missed:,} lists, of which each has a line with its error in the file")
    if resume is not None:
        say(f"go on with: {resume}")
    return Code.DONE if summary.complete and not summary.missed else Code.INCOMPLETE
