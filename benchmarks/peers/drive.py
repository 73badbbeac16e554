"""The loop inside a peer's process: walks on demand, timed where they happen.

Each line on standard input asks for one run, with the number of walks in flight and how many
walks each of them does; the answer is the number of objects and the seconds. ``check`` walks once
and answers with a digest of all that was read.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from typing import Any

Five = tuple[object, ...]
"""full_name, uuid, is_private, language and size of a repository, as the peer gives them."""
Run = Callable[[int, int], int]


def digest(rows: Iterable[Five]) -> str:
    """What is the same where the same was read in the same order."""
    found = hashlib.sha256()
    for name, uuid, private, language, size in rows:
        found.update(json.dumps([str(name), str(uuid), private, str(language), size]).encode())
    return found.hexdigest()


def drive_async(
    connect: Callable[[], AbstractAsyncContextManager[Any]],
    walk: Callable[[Any], AsyncIterator[Five]],
) -> None:
    """Serve walks of one client as tasks."""

    async def some(client: Any, times: int) -> int:
        count = 0
        for _ in range(times):
            async for _row in walk(client):
                count += 1
        return count

    async def run(flights: int, times: int) -> int:
        async with connect() as client:
            return sum(await asyncio.gather(*(some(client, times) for _ in range(flights))))

    async def check() -> str:
        async with connect() as client:
            return digest([row async for row in walk(client)])

    _serve(lambda flights, times: asyncio.run(run(flights, times)), lambda: asyncio.run(check()))


def drive_threads(connect: Callable[[], Any], walk: Callable[[Any], Iterator[Five]]) -> None:
    """Serve walks in threads, each with a client of its own."""

    def some(times: int) -> int:
        client = connect()
        return sum(1 for _ in range(times) for _row in walk(client))

    def run(flights: int, times: int) -> int:
        with ThreadPoolExecutor(flights) as pool:
            return sum(pool.map(some, [times] * flights))

    _serve(run, lambda: digest(walk(connect())))


def _serve(run: Run, check: Callable[[], str]) -> None:
    for line in sys.stdin:
        if line.strip() == "check":
            print(json.dumps(check()), flush=True)
            continue
        flights, times = map(int, line.split())
        started = time.perf_counter()
        count = run(flights, times)
        print(json.dumps([count, time.perf_counter() - started]), flush=True)
