"""`bbasync crawl`, as a person at a shell meets it."""

from __future__ import annotations

import asyncio
import json
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import zstandard

from bbasync.fake import FakeBitbucket
from tests.cli.crawl_files import LISTS, lines, names, reached, resuming


async def test_each_kind_of_output_has_the_same_items(
    bbasync: Any, credentials: dict[str, str], tmp_path: Path
) -> None:
    """The name's end tells what is written, and nothing is left beside it."""
    rows = {}
    for end in ("a.jsonl", "a.jsonl.zst", "a.sqlite", "a.parquet", "a/"):
        ran = await bbasync("crawl", *LISTS, "--to", f"{tmp_path}/{end}", **credentials)
        assert (ran.code, ran.out) == (0, "")
        assert ran.err.startswith("bbasync: complete: 40 repositories, ")
        assert ran.err.count("\n") == 1
    plain = (tmp_path / "a.jsonl").read_bytes()
    rows["jsonl"] = [json.loads(line)["item"] for line in plain.splitlines()]
    with zstandard.ZstdDecompressor().stream_reader(
        (tmp_path / "a.jsonl.zst").read_bytes(), read_across_frames=True
    ) as reader:
        rows["zst"] = [json.loads(line)["item"] for line in reader.read().splitlines()]
    with closing(sqlite3.connect(tmp_path / "a.sqlite")) as database:
        asked = database.execute("SELECT item FROM items")
        rows["sqlite"] = [json.loads(item) for (item,) in asked]
    for end in ("a.parquet", "a"):
        table = pq.read_table(tmp_path / end, columns=["item"]).to_pylist()
        rows[end] = [json.loads(one["item"]) for one in table]
    told = [sorted(json.dumps(one) for one in those) for those in rows.values()]
    assert len(told[0]) > 1000
    assert all(one == told[0] for one in told)
    assert names(tmp_path) == ["a", "a.jsonl", "a.jsonl.zst", "a.parquet", "a.sqlite"]


async def test_without_a_file_the_items_go_to_stdout(
    bbasync: Any, credentials: dict[str, str]
) -> None:
    """A line of JSON an item, and the summary is on stderr."""
    ran = await bbasync("crawl", "acme", "--read", "branches", **credentials)
    kinds = [json.loads(line)["kind"] for line in ran.out.splitlines()]
    assert ran.code == 0
    assert kinds.count("repositories") == 20
    assert kinds.count("branches") >= 20
    assert "in stdout" in ran.err


async def test_a_reader_that_has_seen_enough_is_no_error(
    start: Any, credentials: dict[str, str]
) -> None:
    """``bbasync crawl | head -1`` ends quietly."""
    process = await start("crawl", *LISTS, **credentials)
    await process.stdout.readline()
    process.leave()
    assert (await process.stderr.read()).decode() == ""
    assert await process.wait() == 0


async def test_ctrl_c_ends_it_though_nobody_reads_stdout(
    start: Any, credentials: dict[str, str], service: FakeBitbucket
) -> None:
    """A pipe that is full holds up the items, but not the end."""
    enough = reached(service, 40)
    process = await start("crawl", *LISTS, **credentials)
    await asyncio.wait_for(enough.wait(), 20)
    process.send_signal(signal.SIGINT)
    await asyncio.wait_for(process.stderr.read(), 20)  # which ends with it
    out, _ = await process.communicate()
    assert process.returncode == 130
    assert b"\n" in out


async def test_options_of_a_list_choose_what_is_read(
    bbasync: Any, credentials: dict[str, str], tmp_path: Path
) -> None:
    """A list may be read twice under names of one's own, and an option may come twice."""
    to = tmp_path / "out.jsonl"
    merged, rest = "merged=pullrequests:state=MERGED", "rest=pullrequests:state=OPEN,state=DECLINED"
    both = ("--read", merged, "--read", f'{rest},q=title ~ "a" OR id IN (1, 2),pagelen=10')
    ran = await bbasync("crawl", *both, "--to", str(to), **credentials)
    assert ran.code == 0, ran.err
    states = {
        (one["kind"], one["item"].get("state"))
        for one in map(json.loads, to.read_text().splitlines())
        if one["kind"] != "repositories"
    }
    assert {state for kind, state in states if kind == "merged"} == {"MERGED"}
    assert {state for kind, state in states if kind == "rest"} <= {"OPEN", "DECLINED"}
    assert {kind for kind, _ in states} == {"merged", "rest"}


async def test_the_plan_is_what_is_sent_afterwards(
    bbasync: Any, credentials: dict[str, str], service: FakeBitbucket
) -> None:
    """On a service where nothing changes the estimate is exact, and has read little itself."""
    ran = await bbasync("crawl", *LISTS, "--plan", "--json", **credentials)
    plan, before = json.loads(ran.out), len(service.requests)
    assert (ran.code, ran.err) == (0, "")
    assert plan["repositories"] == 40
    assert plan["spent"] == before < plan["total"]
    assert plan["hours"] == 0
    assert plan["quota"]["limit"] == 1000
    await bbasync("crawl", *LISTS, **credentials)
    assert len(service.requests) - before == plan["total"]


async def test_the_plan_as_a_table_has_requests_and_hours(
    bbasync: Any, credentials: dict[str, str], service: FakeBitbucket, tmp_path: Path
) -> None:
    """With what the sizing has left of the quota; no file is made."""
    service.store.quota = 60
    to = ("--to", f"{tmp_path}/out.jsonl")
    ran = await bbasync("crawl", *LISTS, *to, "--plan", "--max-wait", "0", **credentials)
    assert ran.code == 0
    assert "repositories" in ran.out
    assert "≥ 40" in ran.out
    assert "Estimated by 12 of 40 repositories" in ran.out
    assert names(tmp_path) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_interrupted_and_resumed_the_file_is_that_of_an_undisturbed_run(
    start: Any,
    bbasync: Any,
    credentials: dict[str, str],
    service: FakeBitbucket,
    tmp_path: Path,
    number: signal.Signals,
) -> None:
    """One line says how to go on; that command is run as it stands."""
    calm, hard = tmp_path / "calm.jsonl", tmp_path / "hard file.jsonl"
    await bbasync("crawl", *LISTS, "--to", str(calm), **credentials)
    alone = len(service.requests)
    service.latency, enough = 0.2, reached(service, 40)
    process = await start("crawl", *LISTS, "--to", str(hard), "--since", "900 weeks", **credentials)
    await asyncio.wait_for(enough.wait(), 20)
    process.send_signal(number)
    out, err = await asyncio.wait_for(process.communicate(), 20)
    said = err.decode()
    assert (process.returncode, out) == (130, b"")
    assert said.startswith("bbasync: interrupted, with ")
    assert said.count("\n") == 1
    assert names(tmp_path) == ["calm.jsonl", "hard file.jsonl.crawl", "hard file.jsonl.part"]
    before = (tmp_path / "hard file.jsonl.part").read_text().splitlines()
    assert 0 < len(before) < len(lines(calm))
    service.latency = 0.0
    ran = await bbasync(*resuming(said), **credentials)
    assert ran.code == 0, ran.err
    assert lines(hard) == lines(calm)
    assert names(tmp_path) == ["calm.jsonl", "hard file.jsonl"]
    assert len(service.requests) < alone * 2.5


async def test_max_requests_are_not_exceeded_and_the_rest_comes_later(
    bbasync: Any, credentials: dict[str, str], service: FakeBitbucket, tmp_path: Path
) -> None:
    """The same command again and again, as in a shell's loop, ends with all of it."""
    to = tmp_path / "out.sqlite"
    command = ("crawl", *LISTS, "--to", str(to), "--max-requests", "35", "--resume", "--json")
    codes, found = [], {}
    for _ in range(5):
        before = len(service.requests)
        ran = await bbasync(*command, **credentials)
        found = json.loads(ran.out)
        assert found["requests"] == len(service.requests) - before <= 35
        assert found["complete"] is (ran.code == 0)
        assert (found["resume"] is None) is found["complete"]
        codes.append(ran.code)
        if not ran.code:
            break
    assert codes in ([1, 1, 0], [1, 1, 1, 0])  # a page that was fetched ahead may come again
    with closing(sqlite3.connect(to)) as database:
        asked = database.execute("SELECT kind, count(*) FROM items GROUP BY kind").fetchall()
    assert found["found"] == dict(asked)
    assert found["found"]["repositories"] == 40


async def test_out_of_quota_it_stops_and_says_when_to_go_on(
    bbasync: Any, credentials: dict[str, str], service: FakeBitbucket, tmp_path: Path
) -> None:
    """With no patience left; the command goes on when there is quota again."""
    service.store.quota = 30
    to = tmp_path / "out.jsonl"
    ran = await bbasync("crawl", *LISTS, "--to", str(to), "--max-wait", "0", **credentials)
    assert ran.code == 1
    assert "not complete" in ran.err
    assert "calls left from" in ran.err
    service.store.quota = None
    ran = await bbasync(*resuming(ran.err), **credentials)
    assert ran.code == 0, ran.err
    assert len(lines(to)) > 1000


async def test_the_demo_crawls_without_a_credential(bbasync: Any, tmp_path: Path) -> None:
    """Five workspaces, offline, into a file and nothing beside it."""
    ran = await bbasync("crawl", "--demo", "--to", f"{tmp_path}/out.jsonl")
    assert ran.code == 0, ran.err
    assert "complete: 420 repositories" in ran.err
    assert names(tmp_path) == ["out.jsonl"]


async def test_a_demo_that_stops_early_leaves_nothing(bbasync: Any, tmp_path: Path) -> None:
    """Its data are gone with it, so that there is nothing to go on with."""
    ran = await bbasync("crawl", "--demo", "--to", f"{tmp_path}/out.db", "--max-requests", "4")
    assert ran.code == 1
    assert "--resume" not in ran.err
    assert names(tmp_path) == []


async def test_days_count_from_the_first_run(
    bbasync: Any, credentials: dict[str, str], tmp_path: Path
) -> None:
    """A crawl since "900 weeks" can be resumed, though time has passed."""
    command = ("crawl", "acme", "--read", "commits", "--since", "900 weeks ago")
    to = ("--to", f"{tmp_path}/out.jsonl")
    ran = await bbasync(*command, *to, "--max-requests", "5", **credentials)
    assert ran.code == 1
    ran = await bbasync(*command, *to, "--resume", **credentials)
    assert ran.code == 0, ran.err
