"""The embedded fake in a process of its own, to be crawled; it knows what has to be found.

Prints its base URL, an email and a token as JSON. For each line on standard input, the path of
what a crawl wrote as JSON Lines, it prints what is wrong with that: nothing, if each item is there
once. Ends when standard input is closed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from io import BufferedReader
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.json import Decoder
from zstandard import ZstdDecompressor

from bbasync.fake import FakeBitbucket
from bbasync.fake.state.pulls import PullRequests

REPOSITORIES, PULL_REQUESTS = "repositories", "pullrequests"
BUFFER: Final = 2**20


class _Item(Struct):
    uuid: str = ""
    id: int = 0


class _Line(Struct):
    kind: str
    workspace: str
    repository: str | None
    item: _Item | None = None


def wanted(fake: FakeBitbucket, kinds: list[str]) -> Iterator[tuple[str, str, str]]:
    """What a crawl finds that reads *kinds* of lists, each: kind, whose it is, and what it is."""
    for one in fake.store.repositories():
        yield REPOSITORIES, one.workspace.slug, one.uuid
        if PULL_REQUESTS not in kinds:
            continue
        for made in fake.store.part(one, PullRequests):
            if made.state == "OPEN":
                yield PULL_REQUESTS, one.full_name, str(made.number)


def written(file: Iterable[bytes]) -> Iterator[tuple[str, str, str]]:
    """What stands in a crawl's lines, told in the same way."""
    decoder = Decoder(_Line)
    for text in file:
        line = decoder.decode(text)
        item = line.item
        what = "what was missed" if item is None else item.uuid or str(item.id)
        yield line.kind, line.repository or line.workspace, what


def check(fake: FakeBitbucket, kinds: list[str], path: Path) -> str:
    """What is wrong with the lines in *path*, in a few words; nothing if nothing is."""
    with path.open("rb") as raw, ExitStack() as stack:
        file: Iterable[bytes] = raw
        if path.suffix == ".zst":
            reader = ZstdDecompressor().stream_reader(raw, read_across_frames=True)
            file = stack.enter_context(BufferedReader(reader, BUFFER))
        found = Counter(written(file))
    found.subtract(wanted(fake, kinds))
    many, lost = (+found).total(), (-found).total()
    return f"{many} too many, {lost} missing" if many or lost else ""


async def serve(workspaces: int, repositories: int, latency: float, kinds: list[str]) -> None:
    """Serve until standard input is closed.

    Each answer takes half of *latency* to one and a half of it. If all took the same time, calls
    that once came together would come together for ever, and wait for each other.
    """
    dice = random.Random(1)
    async with FakeBitbucket(workspaces=workspaces, repositories=repositories) as fake:
        if latency:
            fake.on_request = lambda _: asyncio.sleep(latency * dice.uniform(0.5, 1.5))
        print(json.dumps([fake.url, fake.email, fake.api_token]), flush=True)
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            print(check(fake, kinds, Path(line.strip())), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crawled", description=__doc__)
    parser.add_argument("workspaces", type=int)
    parser.add_argument("repositories", type=int, help="of each workspace")
    parser.add_argument("latency", type=float, help="seconds")
    parser.add_argument("kinds", nargs="*", help="lists of each repository that are read")
    options = parser.parse_args()
    asyncio.run(serve(options.workspaces, options.repositories, options.latency, options.kinds))
