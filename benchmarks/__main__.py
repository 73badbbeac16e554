"""Run every measurement and print the table of ratios."""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from . import crowd, imports
from .clients import WORKS, Work

FLIGHTS = (1, 8, 64)


@contextmanager
def server() -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The server's base URL; it runs on a core of its own where there are two."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        if not port:
            raise SystemExit("the benchmark's server did not start")
        _pin(process.pid, 1)
        _pin(0, 0)
        yield f"http://127.0.0.1:{port}/2.0", process
    finally:
        process.kill()
        process.wait()


def _pin(pid: int, core: int) -> None:
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > core:
        os.sched_setaffinity(pid, {core})


def rate(work: Work, base: str, flights: int) -> float:
    """Objects a second of one run."""
    started = time.perf_counter()
    count = asyncio.run(work(base, flights))
    return count / (time.perf_counter() - started)


def compare(name: str, base: str, flights: int, rounds: int) -> str:
    """One line of the table: plain and typed runs in turn, their ratio round by round."""
    plain, typed = WORKS[name]
    for work in (plain, typed):
        rate(work, base, min(flights, 2))  # connections, caches and hooks are made once
    ratios = []
    for _ in range(rounds):
        first = rate(plain, base, flights)
        ratios.append(rate(typed, base, flights) / first)
    low, middle, high = statistics.quantiles(ratios, n=4)
    return f"| {name} | {flights} | {middle:.2f} | {low:.2f} to {high:.2f} |"


def main() -> None:
    """Print the table, and how busy the server was."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="runs of each side (default: 7)")
    parser.add_argument("--only", default="", help="the measurements whose name has this in it")
    options = parser.parse_args()
    if options.rounds < 2:  # quartiles need two
        parser.error("--rounds must be at least 2")
    if options.only in "import":
        print(imports.table(options.rounds))
    if options.only in crowd.NAME:
        with server() as (base, _):
            print(crowd.table(base, options.rounds), flush=True)
    if not any(options.only in name for name in WORKS):
        return
    with server() as (base, process):
        print("Objects a second, as a ratio to plain aiohttp with orjson and dicts (1 = the same).")
        print("| work | in flight | median | quartiles |\n|---|---|---|---|")
        started = time.perf_counter()
        for name in WORKS:
            if options.only in name:
                for flights in FLIGHTS:
                    print(compare(name, base, flights, options.rounds), flush=True)
        elapsed = time.perf_counter() - started
        busy = float(process.communicate()[0])
        print(f"The server was busy for {busy / elapsed:.0%} of the time.")


if __name__ == "__main__":
    main()
