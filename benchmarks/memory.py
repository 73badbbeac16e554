"""What kept objects weigh, beside their JSON; and that a long walk weighs no more than a short one.

``python -m benchmarks.memory BASE WHAT`` is one measurement, in a process that does nothing else;
it needs a system that tells in /proc what memory a process has.
"""

from __future__ import annotations

import asyncio
import gc
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import aiohttp

from bbasync import Bitbucket

from .clients import REPOSITORIES, five, five_typed, follow, repositories
from .rig import ROOT, Server, quartiles
from .server import PAGELEN, PAGES

MOST_ROUNDS: Final = 3
"""Memory hardly differs from run to run."""
HOARD: Final = PAGES["hoard"] * PAGELEN
ENDLESS: Final = PAGES["endless"] * PAGELEN
BEGINNING: Final = ENDLESS // 20
"""Objects after which a walk has what it needs."""
STATUS: Final = Path("/proc/self/status")


def held(name: str) -> int:
    """Bytes of memory: VmRSS is what the process has, VmHWM the most that it had."""
    line = next(one for one in STATUS.read_text().splitlines() if one.startswith(name))
    return int(line.split()[1]) * 1024


def _now() -> int:
    gc.collect()
    return held("VmRSS")


async def _json_bytes(base: str) -> float:
    """Bytes of one object's JSON, as it is sent."""
    async with aiohttp.ClientSession() as session:
        target = f"{base}{REPOSITORIES.format('hoard')}"
        async with session.get(target) as answer:
            return len(await answer.read()) / PAGELEN


async def dicts(base: str) -> list[float]:
    """Keep dicts: unread, and after five reads of each."""
    one = await _json_bytes(base)
    async with aiohttp.ClientSession() as session:
        await follow(session, f"{base}{REPOSITORIES.format('few')}", five)
        kept: list[Any] = []
        before = _now()
        await follow(session, f"{base}{REPOSITORIES.format('hoard')}", kept.append)
        return _weighed(kept, five, before, one)


async def resources(base: str, *, detach: bool = False) -> list[float]:
    """Keep resources: unread, and after five reads of each."""
    one = await _json_bytes(base)
    async with Bitbucket(base_url=base) as bb:
        for first in await repositories(bb, "few").all():
            five_typed(first.detach() if detach else first)
        del first
        before = _now()
        kept = [
            item.detach() if detach else item async for item in repositories(bb, "hoard")
        ]  # one by one, as a program that picks some would do it
        return _weighed(kept, five_typed, before, one)


def _weighed(
    kept: list[Any], read: Callable[[Any], object], before: int, one: float
) -> list[float]:
    assert len(kept) == HOARD
    weights = [_now() - before]
    for item in kept:
        read(item)
    weights.append(_now() - before)
    return [weight / HOARD / one for weight in weights]


async def long_walk(base: str) -> list[float]:
    """Keep nothing of a very long walk: the most memory at its end, to that at its beginning."""
    count, beginning = 0, 0
    async with Bitbucket(base_url=base) as bb:
        async for repo in repositories(bb, "endless"):
            five_typed(repo)
            count += 1
            if count == BEGINNING:
                beginning = held("VmHWM")
    assert count == ENDLESS
    return [held("VmHWM") / beginning]


async def detached(base: str) -> list[float]:
    """Keep resources, each with its own bytes instead of its page's."""
    return await resources(base, detach=True)


WHATS: Final[dict[str, Callable[[str], Awaitable[list[float]]]]] = {
    each.__name__: each for each in (dicts, resources, detached, long_walk)
}
NAMES: Final = {
    "dicts": "dicts of orjson",
    "resources": "resources",
    "detached": "resources, detached",
}


def _run(server: Server, what: str) -> list[float]:
    command = [sys.executable, "-m", "benchmarks.memory", server.base, what]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    return [float(one) for one in json.loads(done.stdout)]


def table(server: Server, rounds: int) -> str:
    """What is kept, unread and read, as ratios to the JSON; then the long walk."""
    if not STATUS.exists():
        return "Not measured: this system does not tell what memory a process has."
    rounds = min(rounds, MOST_ROUNDS)
    lines = [
        f"| {HOARD:,} repositories kept | unread | quartiles | five fields read | quartiles |",
        "|---|---|---|---|---|",
    ]
    for what, name in NAMES.items():
        unread, read = zip(*(_run(server, what) for _ in range(rounds)), strict=True)
        lines.append(f"| {name} | {quartiles(unread)} | {quartiles(read)} |")
    grown = [_run(server, "long_walk")[0] for _ in range(rounds)]
    lines += [
        "",
        f"| walk | most memory at its end, to that after {BEGINNING:,} objects | quartiles |",
        "|---|---|---|",
        f"| {ENDLESS:,} repositories, 5 fields | {quartiles(grown, digits=3)} |",
    ]
    return "\n".join(lines)


def main() -> None:
    """Print one measurement as JSON."""
    base, what = sys.argv[1:]

    async def one() -> list[float]:
        return await WHATS[what](base)

    print(json.dumps(asyncio.run(one())))


if __name__ == "__main__":
    main()
