"""`bbasync crawl`: a crawl with bars while it runs, which is saved however it ends."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from attrs import frozen
from rich.console import Console

from ..client import Bitbucket
from ..crawl import Crawl
from ..errors import ArgumentError, BitbucketError, ConfigurationError, UnauthorizedError
from .crawl_asked import Wanted, check, command_to_resume, is_relative, plan_of, since_of
from .crawl_bars import Bars
from .crawl_place import Place, is_untouched, place_of, settled
from .crawl_report import Result, show_plan, tell, tell_unplanned
from .crawl_sinks import Kept, Misses, Sparing
from .exits import Code, reason, say
from .notices import noticed
from .session import connect
from .signals import ended_by_signals


@frozen
class Job:
    """A crawl, and where it goes."""

    wanted: Wanted
    plan: Crawl
    since: datetime | None
    place: Place


def start_crawl(wanted: Wanted) -> Coroutine[Any, Any, Code]:
    """The crawl, once nothing is wrong with what is *wanted*."""
    check(wanted)
    plan, since = plan_of(wanted), since_of(wanted.since)
    place = place_of(wanted)
    if wanted.plan:
        return _estimate(Job(wanted, plan, since, place))
    place.make()  # what is missing for it is missed before anything is asked
    place = settled(place, wanted)
    if wanted.resume and is_relative(wanted.since):
        since = _kept_since(place) or since
    return _crawl(Job(wanted, plan, since, place))


def _kept_since(place: Place) -> datetime | None:
    """The moment from which on the crawl reads that is gone on with: days pass meanwhile."""
    standing = place.standing()
    text = None if standing is None else json.loads(standing.plan).get("since")
    return None if text is None else datetime.fromisoformat(text)


async def _estimate(job: Job) -> Code:
    wanted = job.wanted
    with noticed(Console(stderr=True)):
        async with connect(demo=wanted.demo, max_wait=wanted.max_wait) as bb:
            estimate = await job.plan.estimate(bb, since=job.since)
            quota = dict(bb.quota)
    code = tell_unplanned(estimate)
    if estimate.repositories or not estimate.missed:
        show_plan(estimate, quota, as_json=wanted.json)
    return code


async def _crawl(job: Job) -> Code:
    try:
        with ended_by_signals():
            async with connect(demo=job.wanted.demo, max_wait=job.wanted.max_wait) as bb:
                return await _pour(job, bb)
    except asyncio.CancelledError:  # by Ctrl-C, and nobody above waits for more than a code
        say(_interrupted(job))
        return Code.INTERRUPTED
    except BrokenPipeError:  # whoever reads stdout has seen enough
        raise
    except (BitbucketError, OSError) as error:
        return _failed(job, error)


async def _pour(job: Job, bb: Bitbucket) -> Code:
    wanted, place = job.wanted, job.place
    if place.anew:
        place.forget()
    made, misses = place.make(), Misses()
    kept = None if place.checkpoint is None else Kept(place.checkpoint, made.name)
    sink = Sparing(made, misses, kept)
    started = time.monotonic()
    with watched(to_terminal=place.output is None and sys.stdout.isatty()) as bars:
        summary = await job.plan.into(
            bb,
            sink,
            misses,
            concurrency=wanted.concurrency,
            since=job.since,
            checkpoint=kept,
            max_requests=wanted.max_requests,
            on_progress=bars.show if bars.shown else None,
        )
    before = kept.before if kept is not None else None
    misses.add(before.missed if before is not None else ())
    spared = summary.complete and sink.spares
    if spared or (kept is None and not summary.complete):
        place.clear()
    left = place.checkpoint is not None and place.checkpoint.exists()
    result = Result(
        [one.kind for one in job.plan.steps],
        summary,
        misses,
        time.monotonic() - started,
        before.found if before is not None else {},
        wanted.to,
        command_to_resume() if left else None,
        spared=spared,
    )
    return tell(result, as_json=wanted.json)


@contextmanager
def watched(*, to_terminal: bool) -> Iterator[Bars]:
    """Bars, and the library's warnings above them; no bars between items on the same terminal."""
    console = Console(stderr=True)
    with noticed(console), Bars(console, shown=console.is_terminal and not to_terminal) as bars:
        yield bars


def _interrupted(job: Job) -> str:
    count = _saved(job)
    if not count:
        return "interrupted"
    return f"interrupted, with {count:,} items saved: go on with: {command_to_resume()}"


def _failed(job: Job, error: BitbucketError | OSError) -> Code:
    """Say how to go on, where something was saved before *error*."""
    count = 0
    with suppress(BitbucketError):  # of another crawl's checkpoint, which is the error itself
        count = _saved(job)
    advice = f"{count:,} items are saved, go on with: {command_to_resume()}"
    if not isinstance(error, BitbucketError):  # some of which are an OSError too
        say(f"{reason(error)} - {advice}" if count else reason(error))
        return Code.INCOMPLETE
    if count and not isinstance(error, ArgumentError | ConfigurationError):
        if isinstance(error, UnauthorizedError):
            error.add_note("check the token, and whether it has expired")
        error.add_note(advice)
    raise error


def _saved(job: Job) -> int:
    """How many items can be gone on from; what was begun and has none is taken away."""
    standing = job.place.standing()
    if standing is None or is_untouched(standing):
        job.place.clear()
        return 0
    return sum(standing.found.values())
