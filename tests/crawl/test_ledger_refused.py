"""The ledger: no crawl goes on with what is another's, another plan's or damaged."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bbasync.crawl.differences import differences
from bbasync.crawl.ledger import Ledger, look
from bbasync.crawl.record import Batch, Walk
from bbasync.errors import ConfigurationError
from tests.crawl.ledgers import PLAN, ROOTS, opened, writer


async def test_another_plan_is_refused_with_what_differs(tmp_path: Path) -> None:
    """Its workspaces, a step or a filter, and what to do; nothing is changed."""
    path = tmp_path / "acme.crawl"
    async with opened(path):
        pass
    before = path.read_bytes()
    other = {"workspaces": ["acme", "globex"], "steps": [{"name": "commits", "options": {"a": 1}}]}
    with pytest.raises(ConfigurationError, match="another plan") as caught:
        await Ledger(path).open(json.dumps(other), ROOTS)
    for part in (
        str(path),
        'workspaces (["acme"] in the checkpoint, ["acme", "globex"] now)',
        "steps[0].options.a (nothing in the checkpoint, 1 now)",
        "delete this one to begin anew",
    ):
        assert part in str(caught.value)
    assert path.read_bytes() == before


def test_differences_are_few_and_short() -> None:
    """Of many, the first; of long ones, the beginning; of what is no JSON, all."""
    many = differences(json.dumps(dict.fromkeys("abcdefg", 1)), "{}")
    assert many.count("nothing now") == 4
    assert many.endswith("; and more")
    assert len(differences(json.dumps({"q": "x" * 900}), '{"q": null}')) < 200
    assert differences("a plan", "[1]") == "It says a plan, and asked for is [1]"
    assert "steps[1] (nothing" in differences('{"steps": [{"a": 1}]}', '{"steps": [{"a": 1}, {}]}')
    assert "the whole (1 in" in differences("1", "true")


async def test_another_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    """Another program's database, another version's, no database, and a directory."""
    app, text, later = tmp_path / "app.db", tmp_path / "a.txt", tmp_path / "later"
    with closing(sqlite3.connect(app)) as database:
        database.execute("CREATE TABLE users (name)")
    text.write_text("Dear diary, " * 100)
    async with opened(later):
        pass
    with closing(sqlite3.connect(later)) as database:
        database.execute("PRAGMA user_version=99")
    before = {path: path.read_bytes() for path in (app, text, later)}
    for path, match in (
        (app, "another program's database"),
        (text, "is no checkpoint of a crawl"),
        (later, r"format 99, and this bbasync reads format 1: go on with"),
        (tmp_path, "can't be written"),
        (tmp_path / "no" / "x", "can't be written .*name another place|Name another place"),
    ):
        with pytest.raises(ConfigurationError, match=match):
            await Ledger(path).open(PLAN, ROOTS)
        if path.is_file():
            with pytest.raises(ConfigurationError, match=match):
                look(path)
            assert path.read_bytes() == before[path]


async def test_what_a_process_that_was_killed_at_once_has_left_is_begun_with(
    tmp_path: Path,
) -> None:
    """An empty file, or one with no table in it yet."""
    empty, bare = tmp_path / "empty", tmp_path / "bare"
    empty.touch()
    with closing(sqlite3.connect(bare)) as database:
        database.execute("PRAGMA journal_mode=WAL")
    for path in (empty, bare):
        with pytest.raises(ConfigurationError, match="nothing of a crawl is in it yet"):
            look(path)
        async with opened(path) as ledger:
            assert ledger.walks(10) == ROOTS


async def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    """Wherever it is damaged, it is said or what is read is as it was: never half of it."""
    path = tmp_path / "x"
    walks = [Walk(f"{number:05}", "x", "a", b"{}" * 200) for number in range(300)]
    async with opened(path) as ledger:
        await ledger.commit([Batch(ROOTS[0], (), walks, over=True)], {})
    data, refused = path.read_bytes(), 0
    for number in range(0, len(data), 4096):
        path.write_bytes(data[:number] + b"\x55" * 4096 + data[number + 4096 :])
        try:
            async with opened(path) as ledger:
                assert len(ledger.walks(1000)) == 300
        except ConfigurationError as error:
            refused += 1
            assert any(  # noqa: PT017 - most pages are refused, and each says which file
                said in str(error) for said in ("damaged", "no checkpoint", "another program")
            )
    assert refused > len(data) / 4096 / 2


async def test_a_checkpoint_in_use_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two crawls at once with one, in this process or in another, would lose each other's work."""
    monkeypatch.setattr("bbasync.crawl.ledger._PATIENCE", 0.05)
    path = tmp_path / "acme.crawl"
    async with opened(path) as ledger:
        with pytest.raises(ConfigurationError, match=r"acme\.crawl is in use by a crawl that runs"):
            await Ledger(path).open(PLAN, ROOTS)
        with pytest.raises(ConfigurationError, match="is in use by a crawl"):
            look(path)
        with pytest.raises(ConfigurationError, match="in use already"):
            await ledger.open(PLAN, ROOTS)
        with writer(path) as other:
            said = other.communicate()[1]
        assert "is in use by a crawl that runs" in said
        await ledger.commit([], {"x": 1})
    with pytest.raises(ConfigurationError, match="is not open"):
        ledger.walks(1)
    await ledger.close(done=False)


async def test_of_many_that_begin_at_once_one_does(tmp_path: Path) -> None:
    """The others are refused, and the one can go on."""
    ledgers = [Ledger(tmp_path / "x") for _ in range(4)]
    begun = await asyncio.gather(
        *(one.open(PLAN, ROOTS) for one in ledgers), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in begun) == ["ConfigurationError"] * 3 + ["dict"]
    for ledger in ledgers:
        await ledger.close(done=False)
    assert look(tmp_path / "x").walks == 1
