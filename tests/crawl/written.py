"""What sinks are given in tests, and how what they wrote is read without them."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.parquet as pq
import pytest
import zstandard
from attrs import frozen
from msgspec import Raw

from bbasync.crawl.record import Batch, Found, Record, Sink, Walk
from bbasync.crawl.sinks import JSONLines, Parquet, SQLite
from bbasync.errors import NotFoundError
from bbasync.model.make import from_wire
from bbasync.model.resource import Resource

GONE = NotFoundError(status=404, method="GET", url="https://x/2.0/y", message="no \ud800 such")


WALK = Walk("acme/{1}/commits", "commits", "acme", b"{}")


Row = tuple[str, str | None, str]


def item(data: bytes) -> Resource:
    """A resource that came in as *data*."""
    return from_wire(Raw(data), Resource, None)


def found(number: int, padding: int = 40) -> Found:
    """The item *number* of a list of commits."""
    noise = f"ü{Random(number).randbytes(padding).hex()}"  # it can't be packed away
    data = {"hash": f"{number:040x}", "date": "2024-05-06T07:08:09.5+02:00", "x": noise}
    return Found("commits", "acme", "acme/site", item(json.dumps(data).encode()))


def batch(*records: Record, walk: Walk = WALK) -> Batch:
    """A page of *records*."""
    return Batch(walk, records)


def lines(path: Path) -> list[Any]:
    """What stands in a file of JSON Lines, packed or not."""
    data = path.read_bytes()
    if path.suffix == ".zst" or path.name.endswith(".zst.part"):
        with zstandard.ZstdDecompressor().stream_reader(
            BytesIO(data), read_across_frames=True
        ) as reader:
            data = reader.read()
    assert not data or data.endswith(b"\n")
    return [json.loads(line) for line in data.split(b"\n")[:-1]]


def from_lines(path: Path) -> list[Row]:
    """The items of a file of JSON Lines."""
    return [(one["kind"], one["repository"], json.dumps(one["item"])) for one in lines(path)]


def from_database(path: Path) -> list[Row]:
    """The items of a database."""
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("SELECT kind, repository, item FROM items ORDER BY row").fetchall()
        return [(kind, place, json.dumps(json.loads(data))) for kind, place, data in rows]


def from_directory(path: Path) -> list[Row]:
    """The items of a directory of Parquet files."""
    names = sorted(path.iterdir())
    rows = [row for name in names for row in pq.read_table(name).to_pylist()]
    return [(one["kind"], one["repository"], json.dumps(json.loads(one["item"]))) for one in rows]


@frozen
class Kind:
    """A kind of sink that writes to a path, and how what it wrote is read."""

    name: str
    make: Callable[[Path], Any]
    read: Callable[[Path], list[Row]]

    def at(self, directory: Path) -> Path:
        """The path of such a sink in *directory*."""
        return directory / self.name


KINDS = [
    Kind("out.jsonl", JSONLines, from_lines),
    Kind("out.jsonl.zst", JSONLines, from_lines),
    Kind("out.db", SQLite, from_database),
    Kind("out", Parquet, from_directory),
]


each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


async def written(sink: Sink, records: Sequence[Record], position: Any = None) -> None:
    """Let *sink* write *records* behind *position*, and be done."""
    await sink.open(position)
    await sink.write([batch(*records)])
    await sink.sync()
    await sink.close(done=True)


class Crawl:
    """A crawl of *total* items into one sink, which is stopped in many ways."""

    def __init__(self, kind: Kind, directory: Path, total: int) -> None:
        self.kind, self.directory, self.total = kind, directory, total
        self.records = [found(number) for number in range(total)]
        self.position: Any = None
        self.committed = self.sent = 0
        self.lives = 0

    @property
    def place(self) -> Path:
        """Where the present process writes."""
        return self.directory / str(self.lives)

    async def start(self) -> None:
        """Begin as a process does, at what was committed."""
        self.place.mkdir(parents=True, exist_ok=True)
        self.sink = self.kind.make(self.kind.at(self.place))
        self.sent = self.committed
        await self.sink.open(self.position)

    async def do(self, step: str, count: int) -> None:
        """Carry out one *step*."""
        if step == "write":
            await self.sink.write([batch(*self.records[self.sent : self.sent + count])])
            self.sent = min(self.sent + count, self.total)
        elif step == "sync":
            await self.sink.sync()
        elif step == "commit":
            self.position, self.committed = await self.sink.sync(), self.sent
            self.position = json.loads(json.dumps(self.position))
        else:
            await self.stop(kill=step == "kill")

    async def pour(self, total: int) -> None:
        """Read *total* items, a few at a time."""
        while self.sent < total:
            await self.do("write", 6)
            await self.do("commit", 0)

    async def stop(self, *, kill: bool) -> None:
        """End as a process does that is told to, or killed: then go on with what the disk has."""
        if kill:
            shutil.copytree(self.place, self.directory / str(self.lives + 1))
            await self.sink.close(done=False)
            self.lives += 1
        else:
            await self.sink.close(done=False)
        await self.start()

    async def end(self) -> list[Row]:
        """Read the rest, and be done; what was written then."""
        await self.do("write", self.total)
        await self.do("commit", 0)
        await self.sink.close(done=True)
        return self.kind.read(self.kind.at(self.place))


def expected(total: int) -> list[Row]:
    """What an undisturbed run writes."""
    rows = [json.dumps(found(number).item.raw) for number in range(total)]
    return [("commits", "acme/site", row) for row in rows]
