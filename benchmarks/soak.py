"""Thousands of calls of all kinds while everything goes wrong at random, and what they leave.

``python -m benchmarks.soak [--minutes 2] [--seed 1]``: whatever the faults do, each call has to
end as it ends without faults, or with an error that says what happened; in the end no task,
connection, file descriptor, temporary file or memory may be left over.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from attrs import define, field

from bbasync import BasicAuth, Bitbucket
from bbasync.fake import FakeBitbucket

from .errands import ERRANDS, KEYS, persist, settle, state
from .stormy import SIZES

FLIGHTS = 24
CONNECTIONS = 12
MOST_GROWTH = 384 * 1024
"""Bytes that Python may hold more at the end than after a third of the time."""
MOST_SLOPE = 4 * 1024 * 1024
"""Bytes a minute by which the process may grow; judged from a minute on."""
GRACE = 2.0
"""Seconds in which what was closed has to be gone."""

Results = dict[tuple[str, int], Any]


@define
class Report:
    """What happened, and what shouldn't have."""

    errands: Counter[str] = field(factory=Counter)
    requests: int = 0
    seconds: float = 0.0
    growth: int = 0
    slope: float = 0.0
    problems: list[str] = field(factory=list)

    def __str__(self) -> str:
        lines = [
            f"{self.errands.total()} errands, {self.requests} requests in {self.seconds:.0f} s",
            ", ".join(f"{name}: {count}" for name, count in sorted(self.errands.items())),
            f"memory that Python holds: {self.growth / 1024:+.0f} KiB since a third of the time",
            f"memory of the process: {self.slope / 1024:+.0f} KiB a minute",
            *(f"PROBLEM: {one}" for one in self.problems[:20]),
            f"{len(self.problems)} problems" if self.problems else "nothing wrong, nothing left",
        ]
        return "\n".join(lines)


@contextmanager
def server(*options: str) -> Iterator[str]:
    """The base URL of a fake in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.stormy", *options]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            url = process.stdout.readline().strip()
            assert url, "the fake did not start"
            yield url
        finally:
            process.kill()


def client(base: str) -> Bitbucket:
    """A client with little patience."""
    who = FakeBitbucket(**SIZES)  # the same seed, the same people
    auth = BasicAuth(who.email, who.api_token)
    return Bitbucket(auth, base_url=base, connections=CONNECTIONS, timeout=0.5, max_wait=2.0)


async def calm_results() -> tuple[Results, Any]:
    """What each errand gives, and what is there at the end, without faults."""
    with server() as base:
        async with client(base) as bb:
            await settle(bb)
            results: Results = {}
            for name, errand in ERRANDS.items():
                for key in range(KEYS):
                    results[name, key] = await errand(bb, key, 0)
            return results, await state(bb)


async def storm(bb: Bitbucket, seconds: float, seed: int, calm: Results, report: Report) -> None:
    """Run errands at random until the time is over, and compare each with *calm*."""
    dice = random.Random(seed)
    started = time.monotonic()
    measured: list[tuple[float, int]] = []
    held: int | None = None
    names = list(ERRANDS)

    async def work() -> None:
        while time.monotonic() - started < seconds:
            name, key = dice.choice(names), dice.randrange(KEYS)
            number = report.errands.total()
            report.errands[name] += 1
            try:
                got = await persist(partial(ERRANDS[name], bb, key, number))
            except Exception as error:  # noqa: BLE001 - that is what is looked for
                report.problems.append(f"{name} {key}: {type(error).__name__}: {error}")
            else:
                if got != calm[name, key]:
                    report.problems.append(f"{name} {key} gave {got!r:.200}")

    workers = [asyncio.create_task(work()) for _ in range(FLIGHTS)]
    while not all(one.done() for one in workers):
        await asyncio.wait(workers, timeout=min(2.0, seconds / 10))
        passed = time.monotonic() - started
        if passed > seconds / 3:
            gc.collect()
            measured.append((passed / 60, _resident()))
            held = held or tracemalloc.get_traced_memory()[0]
    await asyncio.gather(*workers)
    gc.collect()
    report.growth = tracemalloc.get_traced_memory()[0] - (held or 0)
    if len(measured) > 1:
        report.slope = statistics.linear_regression(*zip(*measured, strict=True)).slope
    report.seconds = time.monotonic() - started


async def soak(seconds: float, seed: int = 1) -> Report:
    """Run it all; what is wrong stands in the report."""
    report = Report()
    calm, left = await calm_results()
    traced = tracemalloc.is_tracing()
    with tempfile.TemporaryDirectory() as place, server("--storm", str(seed)) as base:
        before, tempfile.tempdir = tempfile.tempdir, place
        tracemalloc.start()
        tasks, files = asyncio.all_tasks(), _descriptors()
        try:
            async with client(base) as bb:
                await settle(bb)
                await storm(bb, seconds, seed, calm, report)
                if (found := await state(bb)) != left:
                    report.problems.append(f"in the end there is {found}, not {left}")
            report.requests = bb.requests_sent
            await _gone(report, tasks, files)
            if names := _names(place):
                report.problems.append(f"temporary files are left: {names}")
        finally:
            tempfile.tempdir = before
            if not traced:
                tracemalloc.stop()
    long = seconds >= 60  # in a shorter time caches fill, and the process tells nothing
    if report.growth > (MOST_GROWTH if long else 8 * MOST_GROWTH):
        report.problems.append(f"Python holds {report.growth} bytes more")
    if long and report.slope > MOST_SLOPE:
        report.problems.append(f"the process grows by {report.slope:.0f} bytes a minute")
    return report


async def _gone(report: Report, tasks: set[asyncio.Task[Any]], files: set[str]) -> None:
    """Report what the client has closed and is still there after a moment."""
    for _ in range(40):
        more, open_still = asyncio.all_tasks() - tasks, _descriptors() - files
        if not more and not open_still:
            return
        await asyncio.sleep(GRACE / 40)
    report.problems += [f"a task is left: {one}" for one in more]
    report.problems += [f"a file descriptor is left: {one}" for one in sorted(open_still)]


def _names(place: str) -> list[str]:
    return sorted(str(path) for path in Path(place).rglob("*"))


def _descriptors() -> set[str]:
    """What is open, as far as the system tells: numbers with what they lead to."""
    found, place = set(), Path("/proc/self/fd")
    for one in place.iterdir() if place.exists() else ():
        try:
            found.add(f"{one.name} {one.readlink()}")
        except OSError:  # the one that lists them
            continue
    return found


def _resident() -> int:
    """Bytes of memory that the process has, where the system tells."""
    status = Path("/proc/self/statm")
    return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if status.exists() else 0


def main() -> None:
    """Run it from the command line; 1 where something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=2.0, help="how long (default: 2)")
    parser.add_argument("--seed", type=int, default=1, help="of faults and calls (default: 1)")
    options = parser.parse_args()
    report = asyncio.run(soak(options.minutes * 60, options.seed))
    print(report)
    sys.exit(bool(report.problems))


if __name__ == "__main__":
    main()
