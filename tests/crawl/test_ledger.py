"""The ledger: what is committed holds whatever happens, and no other crawl goes on with it."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sqlite3
import time as clocks
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from bbasync.crawl.ledger import Ledger, look
from bbasync.crawl.record import Batch, Missed, Record, Walk
from bbasync.crawl.tables import MissedList, is_passing
from bbasync.errors import (
    AnswerError,
    BitbucketError,
    ConfigurationError,
    ConnectionFailedError,
    DecodingError,
    ForbiddenError,
    GoneError,
    NotFoundError,
    RateLimitedError,
    ServerError,
    ServerTookTooLongError,
    TimedOutError,
)
from tests.crawl.ledgers import FOUND, PLAN, ROOTS, STEP, opened, writer


def answered(kind: type[AnswerError], status: int) -> AnswerError:
    """An answer that is an error."""
    return kind(status=status, method="GET", url="https://x/2.0/y", message="no")


def names(directory: Path) -> list[str]:
    """What lies in *directory*."""
    return sorted(path.name for path in directory.iterdir())


async def test_what_was_committed_is_there_when_it_is_opened_again(tmp_path: Path) -> None:
    """Walks with their positions, the sinks' positions and the totals; what is over is gone."""
    path = tmp_path / "acme.crawl"
    steps = [evolve(STEP, key=f"acme/{{{one}}}/commits") for one in range(3)]
    listed = evolve(ROOTS[0], position='{"page": 2}', found=3)
    ledger = Ledger(path)
    assert await ledger.open(PLAN, ROOTS) == {}
    assert ledger.walks(10) == ROOTS
    await ledger.commit([Batch(listed, (), steps)], {"jsonl:x": {"bytes": 5}})
    half = evolve(steps[1], position="cursor", found=2)
    await ledger.commit([Batch(steps[0], [FOUND], over=True), Batch(half, [FOUND, FOUND])], {})
    await ledger.close(done=False)
    assert names(tmp_path) == ["acme.crawl"]
    assert await ledger.open(PLAN, ()) == {"jsonl:x": {"bytes": 5}}
    assert ledger.walks(10) == [listed, half, steps[2]]
    assert ledger.standing().found == {"commits": 3}
    await ledger.close(done=False)
    assert look(path).walks == 3


async def test_walks_come_in_the_order_of_their_keys(tmp_path: Path) -> None:
    """A few at a time, each once."""
    keys = [f"ü/{number:04}" for number in range(25)]
    async with opened(tmp_path / "x") as ledger:
        walks = [Walk(key, "x", "ü") for key in reversed(keys)]
        await ledger.commit([Batch(ROOTS[0], (), walks, over=True)], {})
        got: list[str] = []
        while page := ledger.walks(10, behind=got[-1] if got else ""):
            got += [one.key for one in page]
    assert got == keys


async def test_a_walk_that_is_known_is_not_begun_again(tmp_path: Path) -> None:
    """It stays where it is, though its repository is listed a second time."""
    half = evolve(STEP, position="cursor")
    async with opened(tmp_path / "x") as ledger:
        await ledger.commit([Batch(half, ()), Batch(ROOTS[0], (), [STEP])], {})
        assert half in ledger.walks(10)


async def test_the_file_of_a_crawl_that_is_done_is_deleted(tmp_path: Path) -> None:
    """The next run of the plan is a new crawl; one that is not read to its end keeps the file."""
    path = tmp_path / "x"
    async with opened(path, done=True):
        pass
    assert path.exists()
    async with opened(path, done=True) as ledger:
        await ledger.commit([Batch(ROOTS[0], (), over=True)], {})
    assert names(tmp_path) == []
    with pytest.raises(ConfigurationError, match="there is no checkpoint"):
        look(path)


@pytest.mark.parametrize(
    ("error", "times"),
    [
        (ConnectionFailedError("x"), 1),
        (TimedOutError("x"), 1),
        (answered(ServerError, 503), 1),
        (answered(ServerTookTooLongError, 555), 1),
        (answered(RateLimitedError, 429), 1),
        (answered(AnswerError, 408), 1),
        (answered(ForbiddenError, 403), 0),
        (answered(NotFoundError, 404), 0),
        (answered(GoneError, 410), 0),
        (DecodingError("x"), 0),
    ],
)
async def test_a_list_that_was_missed_is_read_again_where_that_may_help(
    tmp_path: Path, error: BitbucketError, times: int
) -> None:
    """From its position, in the next run, though the crawl was done; others are kept as missed."""
    path, half = tmp_path / "x", evolve(STEP, position="cursor", found=7)
    records: list[Record] = [FOUND, Missed("commits", "acme", "acme/site", error)]
    passes = times > 0
    assert is_passing(error) is passes
    async with opened(path) as ledger:
        await ledger.commit([Batch(half, records, over=True), Batch(ROOTS[0], (), over=True)], {})
        assert ledger.walks(10) == []
        (missed,) = ledger.standing().missed
    status = getattr(error, "status", None)
    name = type(error).__name__
    assert missed == MissedList("commits", "acme", "acme/site", name, str(error), status, passes)
    async with opened(path, done=True) as ledger:
        assert ledger.walks(10) == [half] * times
        assert len(ledger.standing().missed) == 1 - times
    assert path.exists() is passes


async def test_each_odd_item_of_a_list_is_kept_as_missed(tmp_path: Path) -> None:
    """They are several of one walk, which goes on."""
    odd = [Missed("repositories", "acme", None, DecodingError(f"odd {one}")) for one in range(3)]
    async with opened(tmp_path / "x") as ledger:
        await ledger.commit([Batch(ROOTS[0], odd[:2]), Batch(ROOTS[0], odd[2:])], {})
        assert [one.message for one in ledger.standing().missed] == ["odd 0", "odd 1", "odd 2"]


def test_killed_at_any_moment_the_last_commit_holds(tmp_path: Path) -> None:
    """As a whole: the walks, those that follow from them, and the sinks' positions together."""
    path, chance, last = tmp_path / "x", Random(7), 0
    for _ in range(8):
        with writer(path) as process:
            assert process.stdout is not None
            assert int(process.stdout.readline()) >= last
            clocks.sleep(chance.random() / 20)  # another process's time, which nobody can fake
            process.send_signal(signal.SIGKILL)
            said = process.communicate()[0].split("\n")[:-1]
        last = int(said[-1]) if said else last
        copy = tmp_path / "copy"
        for ending in ("", "-wal"):
            if path.with_name(f"x{ending}").exists():
                shutil.copy(path.with_name(f"x{ending}"), copy.with_name(f"copy{ending}"))
        with closing(sqlite3.connect(copy)) as database:
            ((position,),) = database.execute("SELECT position FROM sinks").fetchall() or [("0",)]
            rows = database.execute("SELECT key, position FROM walks ORDER BY key").fetchall()
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        number = int(position)
        assert number >= last
        begun = sorted(f"b{number}/{one}" for one in range(20)) if number else []
        assert rows == [("a", str(number) if number else None), *((key, None) for key in begun)]
    assert last > 10
    assert path.stat().st_size < 500_000


async def test_a_full_disk_leaves_the_last_commit(tmp_path: Path) -> None:
    """The error is an OSError with the file's name; with room again it goes on."""
    path = tmp_path / "acme.crawl"
    many = [evolve(STEP, key=f"k{one}", repository=os.urandom(2000)) for one in range(500)]
    async with opened(path) as ledger:
        await ledger.commit([Batch(STEP, [FOUND])], {"x": 1})
        database = ledger._database
        assert database is not None
        (pages,) = database.execute("PRAGMA page_count").fetchone()
        database.execute(f"PRAGMA max_page_count={pages + 20}")
        with pytest.raises(OSError, match=r"No space left on device.*acme\.crawl"):
            await ledger.commit([Batch(ROOTS[0], [FOUND], many, over=True)], {"x": 2})
        assert ledger.walks(600) == [*ROOTS, STEP]
        database.execute("PRAGMA max_page_count=1000000")
        await ledger.commit([Batch(ROOTS[0], [FOUND], many, over=True)], {"x": 3})
    ledger = Ledger(path)
    assert await ledger.open(PLAN, ()) == {"x": 3}
    assert len(ledger.walks(600)) == 501
    assert ledger.standing().found == {"commits": 2}
    await ledger.close(done=False)


async def test_a_cancelled_commit_is_whole(tmp_path: Path) -> None:
    """The cancellation passes when it is on the disk, and closing does not meet it half-way."""
    async with opened(tmp_path / "x") as ledger:
        task = asyncio.create_task(ledger.commit([Batch(STEP, [FOUND])], {"x": 1}))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ledger.standing().found == {"commits": 1}


async def test_a_cancelled_open_leaves_nothing_open(tmp_path: Path) -> None:
    """Another one can begin at once."""
    ledger = Ledger(tmp_path / "x")
    task = asyncio.create_task(ledger.open(PLAN, ROOTS))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with opened(tmp_path / "x"):
        pass


async def test_the_file_stays_small(tmp_path: Path) -> None:
    """Ten thousand repositories, a hundred at a time, take the room of a few hundred."""
    path = tmp_path / "x"
    before: list[Walk] = []
    async with opened(path) as ledger:
        for page in range(100):
            walks = [
                Walk(f"acme/{{{page}-{one}}}/x", "x", "acme", b"{}" * 1000) for one in range(100)
            ]
            over = [Batch(one, [FOUND], over=True) for one in before]
            await ledger.commit([Batch(ROOTS[0], (), walks), *over], {})
            before = walks
    assert path.stat().st_size < 4 * 100 * 2000


STEPS = st.lists(
    st.tuples(st.sampled_from(["page", "item", "end", "kill"]), st.integers(0, 4)), max_size=30
)


@given(steps=STEPS)
@settings(max_examples=20)
def test_it_tells_what_a_dictionary_would(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Any]
) -> None:
    """Any batches, and a process that ends anywhere between them, against a model of it."""
    directory = tmp_path_factory.mktemp("ledger")

    async def run() -> None:
        model, found, life = {ROOTS[0].key: ROOTS[0]}, 0, 0
        ledger = Ledger(directory / "0")
        await ledger.open(PLAN, ROOTS)
        for number, (step, which) in enumerate(steps):
            key = f"acme/{which}"
            walk = model.get(key, Walk(key, "x", "acme"))
            if step == "page":
                begun = [Walk(f"acme/{one}", "x", "acme") for one in range(which)]
                await ledger.commit([Batch(ROOTS[0], (), begun)], {"x": number})
                model = {**{one.key: one for one in begun}, **model}
            elif step == "item":
                model[key] = evolve(walk, position=str(number), found=walk.found + 1)
                await ledger.commit([Batch(model[key], [FOUND])], {"x": number})
                found += 1
            elif step == "end":
                model.pop(key, None)
                await ledger.commit([Batch(walk, (), over=True)], {"x": number})
            else:
                life += 1
                for ending in ("", "-wal"):  # what a disk has when its process is killed
                    source = directory / f"{life - 1}{ending}"
                    if source.exists():
                        shutil.copy(source, directory / f"{life}{ending}")
                await ledger.close(done=False)
                ledger = Ledger(directory / str(life))
                await ledger.open(PLAN, ROOTS)
            assert list(ledger.walks(100)) == [model[key] for key in sorted(model)]
            assert sum(ledger.standing().found.values()) == found
        await ledger.close(done=False)

    asyncio.run(run())
    shutil.rmtree(directory)
