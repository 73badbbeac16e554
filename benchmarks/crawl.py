"""Crawls of many workspaces: how long they take, what they weigh, and that each item comes once."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, Final

import aiohttp
import orjson
from attrs import frozen

from .crawling import AT_ONCE, SHARES, Ran
from .memory import STATUS
from .rig import ROOT, Server, quartiles
from .server import LATENCY, PAGELEN

MOST_ROUNDS: Final = 3
"""Each takes two minutes."""


@frozen
class Size:
    """What there is to crawl."""

    workspaces: int
    repositories: int
    """Of each workspace."""
    kinds: tuple[str, ...] = ()
    """Lists of each repository; all of them have one page."""
    latency: float = 0.0
    """Seconds that an answer takes on average."""

    @property
    def pages(self) -> range:
        """The numbers of the pages that list a workspace's repositories."""
        return range(1, -(-self.repositories // PAGELEN) + 1)

    @property
    def needed(self) -> int:
        """Requests that it takes at the least: one for each page that there is."""
        lists = self.repositories * len(self.kinds)
        return 1 + self.workspaces * (len(self.pages) + lists)

    @property
    def bound(self) -> float:
        """Seconds that these take at the least, where none is ever short of AT_ONCE others."""
        return self.needed * self.latency / AT_ONCE


WIDE: Final = Size(50, 200, ("pullrequests",), LATENCY)
LONG: Final = Size(50, 20_000)


class Crawled:
    """A fake to crawl, in a process of its own."""

    def __init__(self, process: subprocess.Popen[str], size: Size) -> None:
        self._process = process
        self.size = size
        self.told: list[str] = json.loads(self._said() or "[]")
        if not self.told:
            raise SystemExit("the fake did not start")

    def wrong(self, place: Path) -> str:
        """What is wrong with the lines in *place*, which should have all that the fake has."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{place}\n")
        self._process.stdin.flush()
        return self._said()

    def _said(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@contextmanager
def crawled(server: Server, size: Size) -> Iterator[Crawled]:
    """A fake of that *size*."""
    options = map(str, (size.workspaces, size.repositories, size.latency, *size.kinds))
    with server.another("benchmarks.crawled", *options) as process:
        yield Crawled(process, size)


def crawl(fake: Crawled, name: str = "out.jsonl") -> Ran:
    """One crawl, after which each item of the fake has to stand in the file once."""
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory, name)
        options = [*fake.told, str(place), str(fake.size.needed), *fake.size.kinds]
        command = [sys.executable, "-m", "benchmarks.crawling", *options]
        done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE)
        if wrong := fake.wrong(place):
            raise SystemExit(f"what the crawl has written is not what there is: {wrong}")
        return Ran(**json.loads(done.stdout))


async def plain(fake: Crawled) -> float:
    """Seconds for the needed requests with aiohttp and orjson, as many at a time; nothing kept."""
    base, _, token = fake.told
    size, headers = fake.size, {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(f"{base}/", headers=headers) as session:

        async def all_of(targets: Sequence[str]) -> list[Any]:
            found: list[Any] = []
            left = iter(targets)

            async def work() -> None:
                for target in left:
                    async with session.get(target) as answer:
                        answer.raise_for_status()
                        found.extend(orjson.loads(await answer.read())["values"])

            await asyncio.gather(*(work() for _ in range(AT_ONCE)))
            return found

        started = time.perf_counter()
        names = [
            one["workspace"]["slug"] for one in await all_of([f"user/workspaces?pagelen={PAGELEN}"])
        ]
        lists = [f"repositories/{one}?pagelen={PAGELEN}&page=" for one in names]
        found = await all_of([f"{one}{page}" for one in lists for page in size.pages])
        await all_of([one["links"][kind]["href"] for one in found for kind in size.kinds])
        return time.perf_counter() - started


def table(server: Server, rounds: int) -> str:
    """The times of the wide crawl beside the bound; then requests and memory of both."""
    rounds = min(rounds, MOST_ROUNDS)
    with crawled(server, WIDE) as fake:
        both = [(crawl(fake), asyncio.run(plain(fake))) for _ in range(rounds)]
    wide = [one for one, _ in both]
    with crawled(server, LONG) as fake:
        long = crawl(fake, "out.jsonl.zst")
    ours = quartiles([one.seconds / WIDE.bound for one in wide])
    theirs = quartiles([seconds / WIDE.bound for _, seconds in both])
    what = f"{WIDE.workspaces} workspaces of {WIDE.repositories} repositories, their pull requests"
    every = LONG.workspaces * LONG.repositories
    return "\n".join(
        (
            f"| {what} | ratio to the bound | quartiles |",
            "|---|---|---|",
            f"| bbasync, into JSON Lines, with a checkpoint | {ours} |",
            f"| plain aiohttp, which knows all pages beforehand and keeps nothing | {theirs} |",
            "",
            *memory(wide, long, what, f"{every:,} repositories"),
        )
    )


def memory(wide: Sequence[Ran], long: Ran, *names: str) -> Iterator[str]:
    """The rows about requests and memory: the medians of some crawls, and one long one."""
    half, end = (f"most memory {when}" for when in ("after half of it", "at its end"))
    yield f"| crawl | requests, to those needed | {half}, to that after {SHARES[0]:.0%} | {end} |"
    yield "|---|---|---|---|"
    for name, size, runs in zip(names, (WIDE, LONG), (wide, [long]), strict=True):
        requests = median(one.requests for one in runs) / size.needed
        peaks = [median(one.peaks[n] / one.peaks[0] for one in runs) for n in (1, 2)]
        cells = [f"{one:.3f}" for one in peaks] if STATUS.exists() else ["not known"] * 2
        yield f"| {name} | {requests:.3f} | {' | '.join(cells)} |"
