"""Machines for a crawl, and what is said of its files."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import zstandard

from bbasync import BasicAuth, Bitbucket
from bbasync.crawl import Crawl
from bbasync.fake import FakeBitbucket

PLAN = Crawl().each("pullrequests").each("commits")
SECONDS = 20
CLIENTS = """
from bbasync import BasicAuth, Bitbucket
def wrong(**settings):
    return Bitbucket(BasicAuth("nobody@example.com", "ATATT-of-nobody"), **settings)
def odd(**settings):
    return settings
"""
NONE = "raise ModuleNotFoundError('no bbasync', name='bbasync')"
"""What stands for a bbasync that is not installed."""
OLDER = "__version__ = '0.0.1'"


class Machines:
    """A scheduler, which has no bbasync, and its workers, each a process of its own."""

    def __init__(self, home: Path, variables: dict[str, str]) -> None:
        self.home = home
        (home / "theirs.py").write_text(CLIENTS)
        self._variables = {**os.environ, **variables}
        self.workers: list[subprocess.Popen[bytes]] = []
        self.scheduler = self._start("scheduler", "--port", "0", "--no-jupyter", bbasync=NONE)
        self.address = self._said("scheduler-0", "Scheduler at:").split()[-1]

    def _start(
        self, what: str, *options: str, bbasync: str | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a process, with that text as its *bbasync* instead of ours, if any."""
        number = len(list(self.home.glob(f"{what}-*.log")))
        places = [str(self.home), str(Path.cwd())]
        if bbasync is not None:
            other = self.home / f"{what}-{number}"
            other.mkdir()
            (other / "bbasync.py").write_text(bbasync)
            places.insert(0, str(other))
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", "--host", "127.0.0.1"]
        command += ["--no-dashboard", "--dashboard-address", "127.0.0.1:0", *options]
        with (self.home / f"{what}-{number}.log").open("wb") as log:
            return subprocess.Popen(
                command,
                env={**self._variables, "PYTHONPATH": os.pathsep.join(places)},
                cwd=self.home,
                stdout=log,
                stderr=log,
            )

    def _said(self, which: str, what: str) -> str:
        """The line of a log that says *what*, once it is there."""
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            for line in (self.home / f"{which}.log").read_text().splitlines():
                if what in line:
                    return line
            time.sleep(0.02)
        raise AssertionError((self.home / f"{which}.log").read_text())

    def have(self, count: int, *, bbasync: str | None = None) -> None:
        """Let that many workers be there, with two threads each."""
        self.workers = [one for one in self.workers if one.poll() is None]
        before = len(list(self.home.glob("worker-*.log")))
        options = ("--no-nanny", "--nthreads", "2", "--memory-limit", "0")
        missing = count - len(self.workers)
        for _ in range(missing):
            self.workers.append(
                self._start(
                    *("worker", self.address, *options, "--local-directory", str(self.home)),
                    bbasync=bbasync,
                )
            )
        for number in range(missing):
            self._said(f"worker-{before + number}", "Registered to")

    def end(self) -> str:
        """End all of them; gives what they have said."""
        for one in (*self.workers, self.scheduler):
            one.kill()
            one.wait()
        return "".join(path.read_text() for path in self.home.glob("*.log"))


def limit_alone(_: Any, limit: int, *__: Any) -> dict[str, str]:
    """What the service tells some callers of their quota: not how much of it others have used."""
    told = {"Limit": str(limit), "Resource": "api", "NearLimit": "false"}
    return {f"X-RateLimit-{name}": value for name, value in told.items()}


def content(path: Path) -> list[str]:
    """What is in a crawl's file, whichever kind that is: an item a text."""
    if path.is_dir():
        names = ["kind", "workspace", "repository", "item"]
        rows = [tuple(one.values()) for one in pq.read_table(path, columns=names).to_pylist()]
    elif path.suffix in {".db", ".crawl"}:
        with closing(sqlite3.connect(path)) as database:
            rows = database.execute(
                "SELECT kind, workspace, repository, item FROM items"
            ).fetchall()
    else:
        data = path.read_bytes()
        if path.suffix == ".zst":
            with zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True) as file:
                data = file.read()
        return sorted(data.decode().splitlines())
    return sorted(map(repr, rows))


async def alone(fake: FakeBitbucket, sink: Any) -> tuple[list[str], Any]:
    """What one process finds, and its summary; the fake forgets that it was asked."""
    before = len(fake.requests)
    async with Bitbucket(BasicAuth(fake.email, fake.api_token), base_url=fake.url) as bb:
        summary = await PLAN.into(bb, sink)
    del fake.requests[before:]
    return content(sink.path), summary


async def until(holds: Callable[[], bool]) -> None:
    """Wait until that *holds*."""
    for _ in range(SECONDS * 200):
        if holds():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never came to that")


def names(place: Path) -> list[str]:
    """What is in a directory."""
    return sorted(one.name for one in place.iterdir())
