"""Walks over a service that takes its time: the next page read ahead, and several at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from bbasync import Bitbucket

from .rig import Server, quartiles
from .server import AWAY, PAGES

NEAR, FAR = "near", "far"
WORK: Final = AWAY[NEAR]
"""Seconds that the consumer takes for each page."""
AT_ONCE: Final = 8


async def walk(base: str, workspace: str, *, work: float = 0.0, concurrency: int = 1) -> None:
    """Walk the repositories of *workspace*, with *work* to wait for on each page."""
    async with Bitbucket(base_url=base) as bb:
        walked = bb.repositories.list(workspace, concurrency=concurrency).pages()
        numbers = []
        async for page in walked:
            numbers.append(page.page)
            if work:
                await asyncio.sleep(work)
    assert numbers == list(range(1, PAGES[workspace] + 1))


async def consume() -> None:
    """The consumer's part of such a walk, without the service's."""
    for _ in range(PAGES[NEAR]):
        await asyncio.sleep(WORK)


def seconds(run: Callable[[], Awaitable[None]]) -> float:
    """How long *run* takes."""

    async def timed() -> float:
        started = time.perf_counter()
        await run()
        return time.perf_counter() - started

    return asyncio.run(timed())


def read_ahead(base: str) -> float:
    """One walk with a consumer, as a ratio to the slower of the two alone."""
    alone = seconds(lambda: walk(base, NEAR)), seconds(consume)
    return seconds(lambda: walk(base, NEAR, work=WORK)) / max(alone)


def at_once(base: str) -> float:
    """One walk with several pages in flight, as a ratio to the walk that fetches one at a time."""
    one = seconds(lambda: walk(base, FAR))
    return seconds(lambda: walk(base, FAR, concurrency=AT_ONCE)) / one


def table(server: Server, rounds: int) -> str:
    """The ratios, round by round."""
    read_ahead(server.base)  # classes, hooks and caches are made once
    both = [read_ahead(server.base) for _ in range(rounds)]
    many = [at_once(server.base) for _ in range(rounds)]
    near = f"{PAGES[NEAR]} pages, {_ms(AWAY[NEAR])} each"
    far = f"{PAGES[FAR]} pages, {_ms(AWAY[FAR])} each, {AT_ONCE} in flight"
    return "\n".join(
        (
            "| walk | beside | ratio | quartiles |",
            "|---|---|---|---|",
            f"| {near}, {_ms(WORK)} of work on each | the slower of the two | {quartiles(both)} |",
            f"| {far} | one at a time | {quartiles(many)} |",
        )
    )


def _ms(wait: float) -> str:
    return f"{wait * 1000:.0f} ms"
