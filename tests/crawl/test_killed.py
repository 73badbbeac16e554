"""A crawl that is killed at any moment and begun again: what an undisturbed one writes, once."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.parquet as pq
import pytest
import zstandard

from bbasync.fake import FakeBitbucket

KILLS = 20
# Forks a crawl for each line, since to load everything takes longer than a life.
NURSERY = """
import asyncio, os, sys, traceback
import pyarrow.parquet, zstandard
from bbasync import BasicAuth, Bitbucket
from bbasync.crawl import Crawl, JSONLines, Parquet, SQLite, driver
driver.MOMENT, driver.MOST = 0.02, 40  # commits are not far apart, for lives that are short
url, email, token = sys.argv[1:]
async def crawl(place):
    plan = Crawl().each("pullrequests").each("commits").each("branches")
    sinks = [
        JSONLines(f"{place}/out.jsonl"), JSONLines(f"{place}/out.jsonl.zst"),
        SQLite(f"{place}/out.db"), Parquet(f"{place}/out"),
    ]
    async with Bitbucket(BasicAuth(email, token), base_url=url) as bb:
        await plan.into(bb, *sinks, checkpoint=f"{place}/acme.crawl")
for line in sys.stdin:
    child = os.fork()
    if not child:
        try:
            asyncio.run(crawl(line.strip()))
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
Row = tuple[str, str, str | None, str]


@asynccontextmanager
async def nursery(fake: FakeBitbucket) -> AsyncIterator[Process]:
    """A process that forks crawls of *fake*."""
    command = [sys.executable, "-c", NURSERY, fake.url, fake.email, fake.api_token]
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    try:
        yield process
    finally:
        process.kill()
        await process.communicate()


async def live(process: Process, place: Path, seconds: float | None) -> int:
    """Let one crawl go on at *place* for so many *seconds*, or to its end; its exit code."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{place}\n".encode())
    child = int(await process.stdout.readline())
    ended = asyncio.ensure_future(process.stdout.readline())
    await asyncio.wait([ended], timeout=seconds)
    if not ended.done():
        os.kill(child, signal.SIGKILL)
    return int(await ended)


def row(one: Any) -> Row:
    """A line of JSON Lines, as it can be compared."""
    return one["kind"], one["workspace"], one["repository"], json.dumps(one["item"])


def contents(place: Path) -> dict[str, list[Row]]:
    """All rows in each of the sinks at *place*, in some order that does not depend on a run's."""
    plain = (place / "out.jsonl").read_bytes()
    with zstandard.ZstdDecompressor().stream_reader(
        (place / "out.jsonl.zst").read_bytes(), read_across_frames=True
    ) as reader:
        packed = reader.read()
    with closing(sqlite3.connect(place / "out.db")) as database:
        asked = database.execute("SELECT kind, workspace, repository, item FROM items")
        rows = [(*rest, json.dumps(json.loads(item))) for *rest, item in asked]
    names = ["kind", "workspace", "repository", "item"]
    table = pq.read_table(place / "out", columns=names).to_pylist()
    return {
        "jsonl": sorted(row(json.loads(line)) for line in plain.splitlines()),
        "zst": sorted(row(json.loads(line)) for line in packed.splitlines()),
        "sqlite": sorted(rows),
        "parquet": sorted(row({**one, "item": json.loads(one["item"])}) for one in table),
    }


@pytest.mark.skipif(not hasattr(os, "fork"), reason="crawls are forked, which this system can't")
async def test_killed_twenty_times_the_sinks_are_those_of_an_undisturbed_run(
    tmp_path: Path,
) -> None:
    """Item by item, in each sink, and nothing else is left; the service saw it go on."""
    calm, hard, chance = tmp_path / "calm", tmp_path / "hard", Random(11)
    calm.mkdir()
    hard.mkdir()
    async with (
        FakeBitbucket(workspaces=3, repositories=18, pullrequests=3) as fake,
        nursery(fake) as process,
    ):
        assert await live(process, calm, None) == 0
        alone, kills = len(fake.requests), 0
        while kills < KILLS:
            code = await live(process, hard, chance.uniform(0.02, 0.3))
            assert code in {0, -signal.SIGKILL}
            kills += code != 0
        assert await live(process, hard, None) == 0
        disturbed = len(fake.requests) - alone
    expected, found = contents(calm), contents(hard)
    assert {len(rows) for rows in expected.values()} == {len(expected["jsonl"])}
    assert len(expected["jsonl"]) > 1000
    for kind, rows in expected.items():
        assert len(rows) == len(set(rows))
        assert found[kind] == rows == expected["jsonl"]
    assert sorted(path.name for path in hard.iterdir()) == [
        *("out", "out.db", "out.jsonl", "out.jsonl.zst")
    ]
    assert disturbed < alone * 4
