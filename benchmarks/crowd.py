"""Thousands of calls at once over few connections, beside the time that they need at least."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

import aiohttp
import orjson

from bbasync import Bitbucket

from .rig import Server, quartiles
from .server import LATENCY, SLOW

CALLS: Final = 3000
CONNECTIONS: Final = 100
IDEAL: Final = CALLS / CONNECTIONS * LATENCY
"""Seconds, where no connection is ever idle and nothing else takes time."""


async def plain(base: str) -> None:
    """All at once with aiohttp."""
    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def get(number: int) -> str:
            async with session.get(f"{base}/repositories/acme/{SLOW}-{number}") as answer:
                return str(orjson.loads(await answer.read())["slug"])

        found = await asyncio.gather(*(get(number) for number in range(CALLS)))
    assert set(found) == {"site"}


async def typed(base: str) -> None:
    """All at once with bbasync; raises what the first call that fails raises."""
    async with Bitbucket(base_url=base, connections=CONNECTIONS) as bb:
        calls = (bb.repositories.get("acme", f"{SLOW}-{number}") for number in range(CALLS))
        found = await asyncio.gather(*calls)
    assert {one.slug for one in found} == {"site"}


def ratio(work: Callable[[str], Awaitable[None]], base: str) -> float:
    """One run, as a ratio to the ideal."""

    async def timed() -> float:
        started = time.perf_counter()
        await work(base)
        return time.perf_counter() - started

    return asyncio.run(timed()) / IDEAL


def table(server: Server, rounds: int) -> str:
    """The ratios to the ideal time, both sides in turn."""
    ratios: dict[str, list[float]] = {"bbasync": [], "plain aiohttp": []}
    for _ in range(rounds):
        ratios["bbasync"].append(ratio(typed, server.base))
        ratios["plain aiohttp"].append(ratio(plain, server.base))
    lines = ["| client | ratio to the ideal time | quartiles |", "|---|---|---|"]
    lines += [f"| {name} | {quartiles(found)} |" for name, found in ratios.items()]
    return "\n".join(lines)
