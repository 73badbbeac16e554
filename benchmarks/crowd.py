"""Thousands of calls at once over few connections, beside the time that they need at least."""

from __future__ import annotations

import asyncio
import statistics
import time

from bbasync import Bitbucket

from .server import LATENCY

CALLS = 3000
CONNECTIONS = 100
IDEAL = CALLS / CONNECTIONS * LATENCY
"""Seconds, where no connection is ever idle and nothing else takes time."""
NAME = f"{CALLS:,} GETs at once"


async def crowd(base: str) -> float:
    """One run, as a ratio to the ideal; raises what the first call that fails raises."""
    async with Bitbucket(base_url=base, connections=CONNECTIONS) as bb:
        started = time.perf_counter()
        found = await asyncio.gather(*(bb.repositories.get("acme", "slow") for _ in range(CALLS)))
        seconds = time.perf_counter() - started
    assert {one.slug for one in found} == {"site"}
    return seconds / IDEAL


def table(base: str, rounds: int) -> str:
    """The ratio to the ideal time, round by round."""
    ratios = [asyncio.run(crowd(base)) for _ in range(rounds)]
    low, middle, high = statistics.quantiles(ratios, n=4)
    where = f"{CONNECTIONS} connections, {LATENCY * 1000:.0f} ms each"
    return (
        f"| work | ratio to the ideal {IDEAL:g} s | quartiles |\n|---|---|---|\n"
        f"| {NAME}, {where} | {middle:.2f} | {low:.2f} to {high:.2f} |"
    )
