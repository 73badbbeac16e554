"""Sinks: each item once whatever ends the process, and nothing under its name before its end."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.parquet as pq
import pytest
import zstandard
from attrs import frozen
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Raw

from bbasync.crawl.record import Batch, Found, Missed, Record, Sink, Walk
from bbasync.crawl.sinks import Function, JSONLines, Parquet, SQLite, parquet
from bbasync.errors import ArgumentError, ConfigurationError, ConnectionFailedError, NotFoundError
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


@pytest.fixture(autouse=True)
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let few rows be many for Parquet."""
    monkeypatch.setattr(parquet, "_MANY", 3)
    monkeypatch.setattr(parquet, "PER_FILE", 7)


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


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["write", "write", "commit", "sync", "kill", "stop"]), st.integers(1, 9)
    ),
    max_size=14,
)


@each_kind
@given(steps=STEPS, again=st.integers(0, 2))
@settings(max_examples=20)
def test_each_item_once_whatever_happens(
    tmp_path_factory: pytest.TempPathFactory, kind: Kind, steps: list[Any], again: int
) -> None:
    """Written, synced, killed and stopped in any order, the content is an undisturbed run's.

    That of one too which ended after the sink was closed and before its checkpoint was.
    """

    async def run(directory: Path) -> None:
        crawl = Crawl(kind, directory, 30)
        await crawl.start()
        for step, count in steps:
            await crawl.do(step, count)
        assert await crawl.end() == expected(30)
        for _ in range(again):
            await crawl.start()
            assert await crawl.end() == expected(30)
        assert [path.name for path in crawl.place.iterdir()] == [kind.name]

    directory = tmp_path_factory.mktemp("crawl")
    asyncio.run(run(directory))
    shutil.rmtree(directory)


@each_kind
async def test_killed_at_each_step_of_the_disk(
    kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before each renaming, removal and flush, a process may die: the next one goes on."""
    lives: list[tuple[Path, Any, int]] = []
    crawl = Crawl(kind, tmp_path / "crawl", 30)

    def dying(job: Callable[..., Any]) -> Callable[..., Any]:
        def instead(*args: Any, **kwargs: Any) -> Any:
            grave = tmp_path / f"life{len(lives)}"
            shutil.copytree(crawl.place, grave)
            lives.append((grave, crawl.position, crawl.committed))
            return job(*args, **kwargs)

        return instead

    with monkeypatch.context() as patch:
        for name in ("fsync", "replace", "unlink", "rmdir"):
            patch.setattr(os, name, dying(getattr(os, name)))
        await crawl.start()
        for _ in range(8):
            await crawl.do("write", 3)
            await crawl.do("commit", 0)
        await crawl.end()
        await crawl.start()
        await crawl.end()
    assert len(lives) > 5
    for grave, position, committed in lives:
        heir = Crawl(kind, grave.parent, 30)
        heir.position, heir.committed = position, committed
        (grave.parent / "0").mkdir(exist_ok=True)
        shutil.rmtree(grave.parent / "0")
        grave.rename(grave.parent / "0")
        await heir.start()
        assert await heir.end() == expected(30)


async def test_a_larger_file_is_cut_where_the_checkpoint_is_behind(tmp_path: Path) -> None:
    """Small files may be one already though their last position was never committed."""
    crawl = Crawl(KINDS[-1], tmp_path, 30)
    await crawl.start()
    await crawl.do("write", 2)
    await crawl.do("commit", 0)
    for _ in range(4):
        await crawl.do("write", 3)
        await crawl.do("sync", 0)
    names = sorted(path.name for path in crawl.kind.at(crawl.place).with_name("out.part").iterdir())
    assert names == [
        f"rows-{first:010}-{end:010}.parquet" for first, end in ((0, 8), (8, 11), (11, 14))
    ]
    await crawl.stop(kill=True)
    assert await crawl.end() == expected(30)


@each_kind
async def test_a_position_is_told_when_the_disk_has_it(
    kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not only the system's memory: what the checkpoint says must outlive a power cut."""
    flushed: list[int] = []
    sync = os.fsync
    sink = kind.make(kind.at(tmp_path))
    await sink.open(None)
    monkeypatch.setattr(os, "fsync", lambda number: (flushed.append(number), sync(number)))
    await sink.write([batch(found(1))])
    before = len(flushed)
    await sink.sync()
    if kind.make is SQLite:
        (level,) = sink._database.execute("PRAGMA synchronous").fetchone()
        assert level == 2  # FULL: SQLite flushes by itself
    else:
        assert len(flushed) > before
    await sink.close(done=False)


@each_kind
async def test_nothing_has_the_name_before_the_end(kind: Kind, tmp_path: Path) -> None:
    """What an earlier crawl has left stays until the new one is complete, and is replaced whole."""
    path = kind.at(tmp_path)
    await written(kind.make(path), [found(1)])
    before = kind.read(path)
    sink = kind.make(path)
    await sink.open(None)
    await sink.write([batch(found(2), found(3))])
    position = await sink.sync()
    assert kind.read(path) == before
    await sink.close(done=False)
    assert kind.read(path) == before
    await sink.open(position)
    await sink.close(done=True)
    assert [row[2] for row in kind.read(path)] == [
        json.dumps(found(number).item.raw) for number in (2, 3)
    ]


@each_kind
async def test_a_crawl_that_found_nothing_leaves_an_empty_one(kind: Kind, tmp_path: Path) -> None:
    """It is there, and can be read."""
    await written(kind.make(kind.at(tmp_path)), [])
    assert kind.read(kind.at(tmp_path)) == []


@each_kind
async def test_a_place_that_can_not_be_written_is_told_at_once(kind: Kind, tmp_path: Path) -> None:
    """Before anything is requested: no such directory, a thing of another kind, one in use."""
    sink = kind.make(tmp_path / "nowhere" / kind.name)
    with pytest.raises(ConfigurationError, match=r"nowhere.*can't be written.*Name another"):
        await sink.open(None)
    path = kind.at(tmp_path)
    if kind.make is Parquet:
        path.write_text("mine")
    else:
        path.mkdir()
    with pytest.raises(ConfigurationError, match=r"is a (file|directory)"):
        await kind.make(path).open(None)
    sink = kind.make(tmp_path / f"other{kind.name}")
    await sink.open(None)
    with pytest.raises(ConfigurationError, match="in use already"):
        await sink.open(None)
    await sink.close(done=False)
    await sink.close(done=False)
    with pytest.raises(ConfigurationError, match="is not open"):
        await sink.write([])


@each_kind
async def test_less_than_the_checkpoint_says_is_refused(kind: Kind, tmp_path: Path) -> None:
    """A sink that is gone, cut, replaced by another crawl's or damaged is no silent gap."""
    path, part = kind.at(tmp_path), kind.at(tmp_path).with_name(f"{kind.name}.part")
    sink = kind.make(path)
    await sink.open(None)
    await sink.write([batch(*map(found, range(5)))])
    early = await sink.sync()
    await sink.close(done=False)
    keep = tmp_path / "keep"
    (shutil.copytree if part.is_dir() else shutil.copy)(part, keep)
    await sink.open(early)
    await sink.write([batch(*map(found, range(5, 15)))])
    position = await sink.sync()
    await sink.close(done=False)

    async def refused(match: str) -> None:
        with pytest.raises(ConfigurationError, match=match):
            await kind.make(path).open(position)

    async def replaced(make: Callable[[], Any]) -> None:
        shutil.rmtree(part) if part.is_dir() else part.unlink()
        make()

    await replaced(lambda: keep.rename(part))
    await refused(r"has (the first )?\d+ (bytes|items|rows), and \d+ were written: it was cut")
    await replaced(lambda: None)
    await refused("is not there, and")
    other = kind.make(path)
    await other.open(None)
    await other.write([batch(*map(found, range(100, 200)))])
    await other.sync()
    await other.close(done=False)
    await refused("other content|of another crawl")
    files = sorted(part.iterdir()) if part.is_dir() else [part]
    for one in files:
        one.write_bytes(b"\0" * (one.stat().st_size + 9000))
    await refused("other content|can't be read|damaged")
    with pytest.raises(ConfigurationError, match="of another sink or version"):
        await kind.make(path).open({"bytes": "?"})


@each_kind
async def test_what_fails_is_followed_by_nothing(
    kind: Kind, tmp_path: Path, full: Callable[[], Path]
) -> None:
    """A full disk is an OSError with the file's name; with room again, the crawl is completed."""
    directory = full()
    crawl = Crawl(kind, directory, 60)
    crawl.records = [found(number, 9000) for number in range(60)]
    await crawl.start()
    await crawl.do("write", 3)
    await crawl.do("commit", 0)
    with pytest.raises(OSError, match=kind.name) as caught:
        await crawl.pour(60)
    assert not isinstance(caught.value, ConfigurationError)
    for job in (crawl.sink.sync, lambda: crawl.sink.write([batch(found(1))])):
        with pytest.raises(OSError, match="behind a failure"):
            await job()
    with pytest.raises(OSError, match="behind a failure"):
        await crawl.sink.close(done=True)
    assert not kind.at(crawl.place).exists()
    roomy = tmp_path / "roomy"
    shutil.copytree(crawl.place, roomy / "0")
    resource.setrlimit(resource.RLIMIT_FSIZE, (-1, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    crawl.directory = roomy
    await crawl.start()
    rows = await crawl.end()
    assert [json.loads(row[2])["hash"] for row in rows] == [f"{n:040x}" for n in range(60)]


@pytest.fixture(params=["limited", "full"])
def full(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Path]]:
    """A place that has room for some 150 kB: files can't be larger there, or the disk is."""
    disk, before = tmp_path / "disk", resource.getrlimit(resource.RLIMIT_FSIZE)
    disk.mkdir()
    mount = shutil.which("mount")

    def limited() -> Path:
        resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, before[1]))
        return disk

    if request.param == "limited":
        yield limited
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        return
    command = [mount or "false", "-t", "tmpfs", "-o", "size=160k", "tmpfs", str(disk)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    yield lambda: disk
    subprocess.run(["umount", str(disk)], check=True)


async def test_an_item_is_written_as_it_was_received(tmp_path: Path) -> None:
    """Spaces, escapes, the order of members and large numbers stay; a record stays one line."""
    data = (
        b'{ "b" : 1.50,\r\n\t"a":"\\u00fc\\n\xc3\xbc\xe2\x80\xa8", "n": 12345678901234567890.10 }'
    )
    path = tmp_path / "out.jsonl"
    await written(JSONLines(path), [Found("x", "acme", None, item(data))])
    head = b'{"kind":"x","workspace":"acme","repository":null,"item":'
    assert path.read_bytes() == head + data.replace(b"\r\n", b"") + b"}\n"


async def test_an_item_without_bytes_is_written_too(tmp_path: Path) -> None:
    """One with half of a surrogate pair came in decoded; its numbers may be of any size."""
    odd: dict[str, Any] = {"name": "a\ud800b", "id": 2**70}
    records = [Found("x", "acme", None, from_wire(odd, Resource, None))]
    await written(JSONLines(tmp_path / "out.jsonl"), records)
    await written(SQLite(tmp_path / "out.db"), records)
    await written(Parquet(tmp_path / "out"), records)
    assert lines(tmp_path / "out.jsonl")[0]["item"] == odd
    with closing(sqlite3.connect(tmp_path / "out.db")) as database:
        assert database.execute("SELECT name, id, item FROM x").fetchone() == (
            "a?b",
            None,
            json.dumps(odd),
        )
    (row,) = pq.read_table(tmp_path / "out").to_pylist()
    assert (row["name"], row["id"], row["key"]) == ("a?b", None, str(2**70))


async def test_what_is_no_object_is_a_row_all_the_same(tmp_path: Path) -> None:
    """Nothing that a service may send ends a crawl in its sink."""
    odd = [b"[1]", b"7", b'{"a":"\xff"}', b'{"uuid": 5, "state": {"name": "DONE"}, "date": "no"}']
    records = [Found("x", "acme", None, item(data)) for data in odd]
    await written(SQLite(tmp_path / "out.db"), records)
    await written(Parquet(tmp_path / "out"), records)
    with closing(sqlite3.connect(tmp_path / "out.db")) as database:
        rows = database.execute("SELECT key, uuid, state, date FROM items").fetchall()
    assert rows == [(None,) * 4, (None,) * 4, (None,) * 4, (None, None, "DONE", "no")]
    found_there = pq.read_table(tmp_path / "out").to_pylist()
    assert [one["item"] for one in found_there[:3]] == ["[1]", "7", '{"a":"\ufffd"}']
    assert found_there[3]["date"] is None


async def test_a_person_can_ask_the_database(tmp_path: Path) -> None:
    """Each kind is a view with the service's own names; odd names are no trouble."""
    pull = item(b'{"id": 7, "title": "T", "state": "OPEN", "author": {"nickname": "ann"}}')
    kinds = ["pullrequests", "a.<locals>.b'\"", "items", "sqlite_x", "items_by_place"]
    records = [Found(kind, "acme", "acme/site", pull) for kind in kinds]
    await written(SQLite(tmp_path / "out.db"), [*records, found(1)])
    with closing(sqlite3.connect(tmp_path / "out.db")) as database:
        ask = "SELECT key, id, title, state, item ->> '$.author.nickname' FROM pullrequests"
        assert database.execute(ask).fetchall() == [("7", 7, "T", "OPEN", "ann")]
        assert database.execute('SELECT count(*) FROM "a.<locals>.b\'"""').fetchone() == (1,)
        assert database.execute("SELECT count(*) FROM items").fetchone() == (6,)
        assert database.execute("SELECT key FROM commits").fetchone() == (f"{1:040x}",)


async def test_a_list_that_was_missed_is_written_with_its_error(tmp_path: Path) -> None:
    """Its class, the status where there is one, and what it says."""
    records = [
        Missed("commits", "acme", "acme/site", GONE),
        Missed("issues", "acme", None, ConnectionFailedError("broken")),
    ]
    await written(JSONLines(tmp_path / "out.jsonl"), records)
    await written(Parquet(tmp_path / "out"), records)
    sink = SQLite(tmp_path / "out.db")
    await sink.open(None)
    for number, one in enumerate(records):
        await sink.write([batch(one, walk=Walk(f"k{number}", one.kind, "acme"))])
    await sink.sync()
    await sink.close(done=True)
    said = [("NotFoundError", 404), ("ConnectionFailedError", None)]
    errors = [one["error"] for one in lines(tmp_path / "out.jsonl")]
    assert [(one["class"], one["status"]) for one in errors] == said
    assert errors[1]["message"] == "broken"
    rows = pq.read_table(tmp_path / "out").to_pylist()
    assert [(one["error"], one["status"]) for one in rows] == said
    assert rows[0]["item"] is None
    with closing(sqlite3.connect(tmp_path / "out.db")) as database:
        assert database.execute("SELECT error, status FROM missed").fetchall() == said
        assert database.execute("SELECT count(*) FROM items").fetchone() == (0,)


async def test_a_list_that_was_read_after_all_was_not_missed(tmp_path: Path) -> None:
    """The database is what holds; other lists that were missed stay there."""
    sink = SQLite(tmp_path / "out.db")
    await sink.open(None)
    other = Walk("other", "commits", "acme")
    missed = Missed("commits", "acme", "acme/site", GONE)
    await sink.write([batch(missed), batch(missed, walk=other)])
    position = await sink.sync()
    await sink.close(done=True)
    await written(sink, [found(1)], position)
    with closing(sqlite3.connect(tmp_path / "out.db")) as database:
        assert database.execute("SELECT walk FROM missed").fetchall() == [("other",)]


async def test_another_ones_files_are_not_replaced(tmp_path: Path) -> None:
    """A database of another program and a directory with other files in it are refused."""
    with closing(sqlite3.connect(tmp_path / "app.db")) as database:
        database.execute("CREATE TABLE users (name)")
    with pytest.raises(ConfigurationError, match="of no crawl, which would replace it"):
        await SQLite(tmp_path / "app.db").open(None)
    with pytest.raises(ConfigurationError, match="something else in it"):
        await Parquet(tmp_path).open(None)


async def test_parquet_has_types_and_few_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Times are times; many commits leave few files, in the end of as many rows as told."""
    monkeypatch.setattr(parquet, "_MANY", 4)
    sink, most = Parquet(tmp_path / "out"), 0
    await sink.open(None)
    for number in range(30):
        await sink.write([batch(found(number))])
        await sink.sync()
        most = max(most, len(list((tmp_path / "out.part").iterdir())))
    await sink.close(done=True)
    assert most < 13
    sizes = [pq.read_metadata(one).num_rows for one in sorted((tmp_path / "out").iterdir())]
    assert sizes == [7, 7, 7, 7, 2]
    (row, *_) = pq.read_table(tmp_path / "out").to_pylist()
    assert row["date"].isoformat() == "2024-05-06T05:08:09.500000+00:00"
    assert row["key"] == row["hash"] == f"{0:040x}"


async def test_a_packed_file_is_one_that_tools_read(tmp_path: Path) -> None:
    """A frame from sync to sync, none for nothing, and cut behind any it is whole."""
    path = tmp_path / "out.jsonl.zst"
    sink = JSONLines(path)
    await sink.open(None)
    ends = []
    for number in range(3):
        await sink.write([batch(found(number))])
        ends.append((await sink.sync())["bytes"])
        assert (await sink.sync())["bytes"] == ends[-1]
    await sink.write([batch(found(3))])
    await sink.close(done=False)
    part = tmp_path / "out.jsonl.zst.part"
    assert part.stat().st_size == ends[-1]
    for number, end in enumerate(ends, 1):
        (tmp_path / "cut.zst").write_bytes(part.read_bytes()[:end])
        assert len(lines(tmp_path / "cut.zst")) == number


@pytest.mark.parametrize(
    ("package", "make"),
    [("zstandard", lambda: JSONLines("x.zst")), ("pyarrow.parquet", lambda: Parquet("x"))],
)
def test_a_package_that_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, package: str, make: Callable[[], object]
) -> None:
    """When the sink is made, and with the extra that brings it."""
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ConfigurationError, match=r"install bbasync\[(zstd|parquet)\]"):
        make()


async def test_a_function_gets_each_record() -> None:
    """One after the other; its failure passes, and the position counts what it has taken."""
    got: list[Record] = []

    async def save(record: Record) -> None:
        if len(got) == 2:
            raise KeyError("full")
        got.append(record)

    sink = Function(save)
    assert "save" in sink.name
    assert Function(save, name="mine").name == "function:mine"
    await sink.open(None)
    records = [found(1), Missed("commits", "acme", None, GONE), found(2)]
    with pytest.raises(KeyError):
        await sink.write([batch(*records)])
    assert got == records[:2]
    assert await sink.sync() == 2
    await sink.close(done=False)
    await sink.open(2)
    assert await sink.sync() == 2


async def test_a_function_that_is_not_async_is_refused() -> None:
    """What can't be called at once, what can't be awaited when it is first called."""
    with pytest.raises(ArgumentError, match="async function of a record, not 7"):
        Function(7)  # type: ignore[arg-type]
    sink = Function(lambda _: None)  # type: ignore[arg-type, return-value]
    await sink.open(None)
    with pytest.raises(ArgumentError, match="can't be awaited"):
        await sink.write([batch(found(1))])


@each_kind
async def test_a_cancelled_write_is_done_before_the_cancellation_passes(
    kind: Kind, tmp_path: Path
) -> None:
    """So that a close right behind it does not meet it half-way."""
    sink = kind.make(kind.at(tmp_path))
    await sink.open(None)
    task = asyncio.create_task(sink.write([batch(*map(found, range(50)))]))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await sink.close(done=True)
    assert kind.read(kind.at(tmp_path)) == expected(50)
