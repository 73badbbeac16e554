"""Sinks: what is in a file, a database or a directory, and who can read it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from bbasync.crawl.record import Found, Missed, Record, Walk
from bbasync.crawl.sinks import Function, JSONLines, Parquet, SQLite, parquet
from bbasync.errors import ConnectionFailedError, DecodingError
from bbasync.model.make import from_wire
from bbasync.model.resource import Resource
from tests.crawl.written import GONE, batch, found, item, lines, written


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
    """The database is what holds; what is missed for good stays there, odd items among them."""
    sink = SQLite(tmp_path / "out.db")
    await sink.open(None)
    later = Missed("commits", "acme", "acme/site", ConnectionFailedError("broken"))
    odd = Missed("repositories", "acme", None, DecodingError("odd"))
    root, other = Walk("acme/", "repositories", "acme"), Walk("other", "commits", "acme")
    await sink.write([batch(odd, odd, walk=root), batch(found(2), walk=root)])
    await sink.write([batch(later), batch(later, walk=other)])
    position = await sink.sync()
    await sink.close(done=True)
    await written(sink, [found(1)], position)
    with closing(sqlite3.connect(tmp_path / "out.db")) as database:
        rows = database.execute("SELECT walk, error FROM missed").fetchall()
    assert rows == [*[(None, "DecodingError")] * 2, ("other", "ConnectionFailedError")]


async def test_parquet_has_types_and_few_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Times are times; many commits leave few files, in the end of as many rows as told."""
    monkeypatch.setattr(parquet, "_MANY", 4)
    monkeypatch.setattr(parquet, "PER_FILE", 7)
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
