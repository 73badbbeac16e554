"""What every measurement stands on: the server's process, runs with their cost, and quartiles."""

from __future__ import annotations

import asyncio
import gc
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from .clients import Work

ROOT: Final = Path(__file__).parent.parent
FLIGHTS: Final = (1, 8, 64)
"""How many walks or calls are in flight at a time."""


class Run(NamedTuple):
    """Objects a second, and what part of the time this process and the server computed."""

    rate: float
    busy: float
    serving: float


class Server:
    """The running server, with the core that it has and the one that this process has."""

    def __init__(self, process: subprocess.Popen[str], core: set[int], own: set[int]) -> None:
        self._process = process
        self._core, self._own = core, own
        port = self._said()
        if not port:
            raise SystemExit("the benchmark's server did not start")
        self.base = f"http://127.0.0.1:{port}/2.0"

    def cpu(self) -> float:
        """Seconds of computing since it was started."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return float(self._said())

    @contextmanager
    def another(self, module: str, *options: str) -> Iterator[subprocess.Popen[str]]:
        """Start one more on the server's core, which has nothing to do meanwhile."""
        with _started(module, *options, core=self._core, own=self._own) as process:
            yield process

    def _said(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def run(self, work: Work, flights: int) -> Run:
        """Do *work* once; what another run has left is collected before."""
        gc.collect()
        served, own, started = self.cpu(), time.process_time(), time.perf_counter()
        count = asyncio.run(work(self.base, flights))
        seconds, own = time.perf_counter() - started, time.process_time() - own
        return Run(count / seconds, own / seconds, (self.cpu() - served) / seconds)


@contextmanager
def server() -> Iterator[Server]:
    """Start it; it has a core of its own where there are two, and so has this process."""
    with _cores() as (own, other), _started("benchmarks.server", core=other, own=own) as process:
        yield Server(process, other, own)


@contextmanager
def _started(
    module: str, *options: str, core: set[int], own: set[int]
) -> Iterator[subprocess.Popen[str]]:
    """Run a module in a process of its own on *core*, and this one on its *own*."""
    _pin(core)  # a process that is started has it too, all its threads
    process = subprocess.Popen(
        [sys.executable, "-m", module, *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        _pin(own)
        yield process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def _cores() -> Iterator[tuple[set[int], set[int]]]:
    """One core, and one that is another where there are two; none where it can't be chosen."""
    if not hasattr(os, "sched_getaffinity"):
        yield set(), set()
        return
    before = os.sched_getaffinity(0)
    try:
        yield {min(before)}, {max(before)}
    finally:
        _pin(before)


def _pin(cores: set[int]) -> None:
    if cores:
        os.sched_setaffinity(0, cores)


def quartiles(ratios: Sequence[float], digits: int = 2) -> str:
    """The two cells for *ratios*: their median, and the quartiles around it."""
    low, middle, high = statistics.quantiles(ratios, n=4)
    return f"{middle:.{digits}f} | {low:.{digits}f} to {high:.{digits}f}"
