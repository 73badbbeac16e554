"""Sinks: each item once whatever ends the process, and nothing under its name before its end."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bbasync.crawl.sinks import SQLite, parquet
from bbasync.errors import ConfigurationError
from tests.crawl.written import KINDS, Crawl, Kind, batch, each_kind, expected, found, written


@pytest.fixture(autouse=True)
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let few rows be many for Parquet."""
    monkeypatch.setattr(parquet, "_MANY", 3)
    monkeypatch.setattr(parquet, "PER_FILE", 7)


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
    crawl = Crawl(kind, tmp_path / "crawl", 18)

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
        for _ in range(5):
            await crawl.do("write", 3)
            await crawl.do("commit", 0)
        await crawl.end()
        await crawl.start()
        await crawl.end()
    assert len(lives) > 5
    for grave, position, committed in lives:
        heir = Crawl(kind, grave.parent, 18)
        heir.position, heir.committed = position, committed
        (grave.parent / "0").mkdir(exist_ok=True)
        shutil.rmtree(grave.parent / "0")
        grave.rename(grave.parent / "0")
        await heir.start()
        assert await heir.end() == expected(18)


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


@each_kind
@pytest.mark.parametrize("times", [1, 3])
async def test_a_cancelled_write_is_done_before_the_cancellation_passes(
    kind: Kind, tmp_path: Path, times: int
) -> None:
    """So that a close right behind it does not meet it half-way, however often it is cancelled."""
    sink = kind.make(kind.at(tmp_path))
    await sink.open(None)
    task = asyncio.create_task(sink.write([batch(*map(found, range(50)))]))
    for _ in range(times):
        await asyncio.sleep(0)
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await sink.close(done=True)
    assert kind.read(kind.at(tmp_path)) == expected(50)


@each_kind
async def test_a_close_that_is_cancelled_leaves_the_place_to_others(
    kind: Kind, tmp_path: Path
) -> None:
    """When it ends, however often it is cancelled."""
    for turn in range(8):
        sink = kind.make(kind.at(tmp_path))
        await sink.open(None)
        await sink.write([batch(*map(found, range(50)))])
        task = asyncio.create_task(sink.close(done=False))
        for _ in range(turn):
            await asyncio.sleep(0)
            task.cancel()
        await asyncio.wait([task])
