"""Ledgers for tests: what is put in them, and a process that writes one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from msgspec import Raw

from bbasync.crawl.ledger import Ledger
from bbasync.crawl.record import Found, Walk
from bbasync.model.make import from_wire
from bbasync.model.resource import Resource

PLAN = json.dumps({"workspaces": ["acme"], "steps": [{"name": "commits", "options": {}}]})


ROOTS = [Walk("acme/repositories", "repositories", "acme")]


STEP = Walk("acme/{1}/commits", "commits", "acme", b'{"uuid": "{1}"}')


FOUND = Found("commits", "acme", "acme/site", from_wire(Raw(b"{}"), Resource, None))


WRITER = """
import asyncio, json, sys
from bbasync.crawl.ledger import Ledger
from bbasync.crawl.record import Batch, Walk
async def main():
    ledger = Ledger(sys.argv[1])
    positions = await ledger.open("{}", [Walk("a", "repositories", "a")])
    number = positions.get("sink", 0)
    print(number, flush=True)
    while True:
        number += 1
        walk = Walk("a", "repositories", "a", position=str(number), found=number)
        begun = [Walk(f"b{number}/{one}", "x", "a", b"{}" * 500) for one in range(20)]
        ended = [Batch(Walk(f"b{number - 1}/{one}", "x", "a"), (), over=True) for one in range(20)]
        await ledger.commit([Batch(walk, (), begun), *ended], {"sink": number})
        print(number, flush=True)
asyncio.run(main())
"""


@asynccontextmanager
async def opened(path: Path, plan: str = PLAN, *, done: bool = False) -> AsyncGenerator[Ledger]:
    """A ledger that is open in the block."""
    ledger = Ledger(path)
    await ledger.open(plan, ROOTS)
    try:
        yield ledger
    finally:
        await ledger.close(done=done)


def writer(path: Path) -> subprocess.Popen[str]:
    """A process that commits to *path* as fast as it can, and says what it has committed."""
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
