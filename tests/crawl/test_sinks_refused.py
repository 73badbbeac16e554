"""Sinks: where one can't write, or would replace what is not its own, it says so at once."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bbasync.crawl.sinks import Function, JSONLines, Parquet, SQLite
from bbasync.errors import ArgumentError, ConfigurationError
from tests.crawl.written import Kind, batch, each_kind, found, lines, written


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


async def test_another_ones_files_are_not_replaced(tmp_path: Path) -> None:
    """A database of another program and a directory with other files in it are refused."""
    with closing(sqlite3.connect(tmp_path / "app.db")) as database:
        database.execute("CREATE TABLE users (name)")
    with pytest.raises(ConfigurationError, match="of no crawl, which would replace it"):
        await SQLite(tmp_path / "app.db").open(None)
    with pytest.raises(ConfigurationError, match="something else in it"):
        await Parquet(tmp_path).open(None)


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


async def test_a_function_that_is_not_async_is_refused() -> None:
    """What can't be called at once, what can't be awaited when it is first called."""
    with pytest.raises(ArgumentError, match="async function of a record, not 7"):
        Function(7)  # type: ignore[arg-type]
    sink = Function(lambda _: None)  # type: ignore[arg-type, return-value]
    await sink.open(None)
    with pytest.raises(ArgumentError, match="can't be awaited"):
        await sink.write([batch(found(1))])


async def test_what_an_earlier_crawl_has_left_is_not_gone_on_with(tmp_path: Path) -> None:
    """Where nothing was written yet, and what was begun has been removed: it is begun anew."""
    path = tmp_path / "out.jsonl"
    await written(JSONLines(path), [found(1)])
    sink = JSONLines(path)
    await sink.open(None)
    position = await sink.sync()
    await sink.close(done=False)
    (tmp_path / "out.jsonl.part").unlink()
    await sink.open(position)
    assert len(lines(path)) == 1
    await sink.write([batch(found(2), found(3))])
    await sink.close(done=True)
    assert len(lines(path)) == 2
