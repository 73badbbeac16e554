"""One crawl in a process that does nothing else, with the most memory that it had on the way.

``python -m benchmarks.crawling URL EMAIL TOKEN PLACE NEEDED [KIND ...]`` crawls everything into
the file PLACE, with a checkpoint beside it, and prints what ``Ran`` has, as JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from typing import Final

from attrs import asdict, define, field, frozen

from bbasync import BasicAuth, Bitbucket
from bbasync.crawl import Crawl, JSONLines
from bbasync.crawl.progress import Progress

from .memory import STATUS, held

AT_ONCE: Final = 40
"""Lists that are read at a time."""
SHARES: Final = (0.1, 0.5)
"""Parts of the needed requests behind which memory is looked at; then at the end."""


@frozen
class Ran:
    """What a crawl took: seconds, requests, and the most memory in bytes, at each of SHARES."""

    seconds: float
    requests: int
    peaks: list[int]


@define
class Watch:
    """Looks at the memory of this process as a crawl goes on."""

    needed: int
    peaks: list[int] = field(factory=list)

    def __call__(self, progress: Progress) -> None:
        """Note the most memory when another share is done."""
        for share in SHARES[len(self.peaks) :]:
            if progress.requests >= share * self.needed:
                self.note()

    def note(self) -> None:
        """Note the most memory until now, where the system tells it."""
        self.peaks.append(held("VmHWM") if STATUS.exists() else 1)


async def crawl(options: argparse.Namespace) -> Ran:
    """Crawl all workspaces with the lists of some kinds; nothing may be missed."""
    plan, watch = Crawl(), Watch(options.needed)
    for kind in options.kinds:
        plan = plan.each(kind)
    auth = BasicAuth(options.email, options.token)
    async with Bitbucket(auth, base_url=options.base, connections=AT_ONCE) as bb:
        started = time.perf_counter()
        summary = await plan.into(
            bb,
            JSONLines(options.place),
            checkpoint=f"{options.place}.crawl",
            concurrency=AT_ONCE,
            on_progress=watch,
        )
        seconds = time.perf_counter() - started
    assert summary.complete, "the crawl stopped before its end"
    assert not summary.missed, f"{summary.missed} lists were missed"
    watch.note()
    return Ran(seconds, summary.requests, watch.peaks)


def main() -> None:
    """Crawl, and print what it took."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crawling", description=__doc__)
    for name in ("base", "email", "token", "place"):
        parser.add_argument(name)
    parser.add_argument("needed", type=int)
    parser.add_argument("kinds", nargs="*")
    print(json.dumps(asdict(asyncio.run(crawl(parser.parse_args())))))


if __name__ == "__main__":
    main()
