"""A crawl on many machines finds what one process does, with real workers and a real Redis."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest
from distributed import Client

from bbasync import BasicAuth, Bitbucket
from bbasync.crawl import Crawl, JSONLines, Parquet, SQLite, cluster
from bbasync.crawl.remote import remote
from bbasync.fake import FakeBitbucket
from tests.crawl.remote.machines import PLAN, Machines, alone, content, limit_alone, names, until

pytestmark = pytest.mark.tool  # machines are slow to start, and what is theirs is of one Python


QUOTA = 200


async def test_a_connection_that_breaks_is_made_again_and_the_work_goes_on(
    machines: Machines, service: FakeBitbucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scheduler drops the work of who is gone; each item is there once all the same."""
    expected, single = await alone(service, JSONLines(tmp_path / "one.jsonl"))
    service.latency, clients = 0.03, list[Any]()

    @asynccontextmanager
    async def watched(address: str) -> AsyncIterator[Any]:
        async with cluster.connected(address) as found:
            clients.append(found.client)
            yield found

    monkeypatch.setattr("bbasync.crawl.remote.connected", watched)
    sink = JSONLines(tmp_path / "many.jsonl")
    running = asyncio.ensure_future(remote(PLAN, machines.address, sink, base_url=service.url))
    await until(lambda: len(service.requests) > single.requests // 2)
    clients[0].scheduler_comm.comm.abort()
    summary = await running
    assert summary.complete
    assert content(sink.path) == expected


async def test_with_a_worker_killed_half_way_it_is_what_one_process_finds(
    machines: Machines, service: FakeBitbucket, redis_server: str, tmp_path: Path
) -> None:
    """Each item once, in the order of workspaces, and no request beyond the shared quota."""
    expected, single = await alone(service, JSONLines(tmp_path / "one.jsonl"))
    service.latency, service.store.quota = 0.03, 1000
    sink, heard = JSONLines(tmp_path / "many.jsonl"), list[Any]()
    running = asyncio.ensure_future(
        remote(
            PLAN,
            machines.address,
            sink,
            base_url=service.url,
            quota=redis_server,
            on_progress=heard.append,
        )
    )
    await until(lambda: len(service.requests) > single.requests // 2)
    machines.workers[0].kill()
    summary = await running
    assert content(sink.path) == expected
    assert len(set(expected)) == len(expected) > 1000
    places = [json.loads(line)["workspace"] for line in sink.path.read_text().splitlines()]
    assert places == sorted(places)
    assert len(set(places)) == 4
    assert (summary.complete, summary.missed) == (True, 0)
    assert summary.found == single.found
    assert {one.status for one in service.requests} == {200}
    assert single.requests <= len(service.requests) <= 1.5 * single.requests
    assert summary.requests <= len(service.requests)
    assert names(tmp_path) == ["many.jsonl", "one.jsonl"]
    assert heard[-1].found["commits"] <= single.found["commits"]
    assert [one.requests for one in heard] == sorted(one.requests for one in heard)
    assert set(heard[-1].workspaces) == set(places)


async def test_workers_share_what_is_left_of_the_quota(
    machines: Machines, redis_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They stop together before the service refuses, say when it goes on, and go on then."""
    monkeypatch.setattr("bbasync.fake.quota._headers", limit_alone)
    async with FakeBitbucket(workspaces=2, repositories=150, pullrequests=0) as fake:
        fake.store.quota = QUOTA
        # By name: the list of the workspaces counts against a budget of its own.
        plan = Crawl(*(one.slug for one in fake.store.workspaces.values())).each("pullrequests")
        sink = JSONLines(tmp_path / "out.jsonl")

        async def go(quota: str) -> Any:
            return await remote(
                plan, machines.address, sink, base_url=fake.url, quota=quota, max_wait=0.5
            )

        summary = await go(redis_server.replace("/0", "/1"))
        assert not summary.complete
        assert summary.reset_at is not None
        assert len(fake.requests) == QUOTA
        assert {one.status for one in fake.requests} == {200}
        assert not sink.path.exists()
        fake.store.quota = None  # an hour later, for the fake and for Redis
        again = await go(redis_server.replace("/0", "/2"))
        assert again.complete
        assert again.found == {"repositories": 300}
        lines = content(sink.path)
        assert len(set(lines)) == len(lines) == 300
        assert len(fake.requests) < 400


@pytest.mark.parametrize(
    ("kind", "name"), [(JSONLines, "out.jsonl.zst"), (SQLite, "out.crawl"), (Parquet, "out")]
)
async def test_each_kind_of_file_is_put_together(
    machines: Machines, service: FakeBitbucket, tmp_path: Path, kind: Any, name: str
) -> None:
    """It has what one process writes, whatever its name; its draft and its parts are gone."""
    sink = kind(tmp_path / name)
    async with Bitbucket(BasicAuth(service.email, service.api_token), base_url=service.url) as bb:
        await Crawl().into(bb, sink)  # what is there already is replaced
    expected, _ = await alone(service, kind(tmp_path / f"one-{name}"))
    summary = await remote(PLAN, machines.address, sink, base_url=service.url)
    assert summary.complete
    assert content(sink.path) == expected
    assert names(tmp_path) == sorted([name, f"one-{name}"])
    if kind is SQLite:
        with closing(sqlite3.connect(sink.path)) as database:
            found = database.execute("SELECT count(*) FROM pullrequests").fetchone()
            assert found == (summary.found["pullrequests"],)


async def test_nothing_is_left_at_the_scheduler(
    machines: Machines, service: FakeBitbucket, tmp_path: Path
) -> None:
    """Neither work nor a topic for each run: schedulers outlive many of them."""
    await remote(PLAN, machines.address, JSONLines(tmp_path / "out.jsonl"), base_url=service.url)

    def left(dask_scheduler: Any) -> int:
        return len(dask_scheduler.tasks)

    async with Client(machines.address, asynchronous=True, set_as_default=False) as client:
        events = await client.get_events()
        assert [name for name in events if name.startswith("bbasync")] == ["bbasync"]
        assert await client.run_on_scheduler(left) == 0


async def test_a_listener_that_fails_ends_the_run(
    machines: Machines,
    service: FakeBitbucket,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """With its own error, as in one process, and without a word of Dask's."""

    def fail(_: Any) -> None:
        raise LookupError("no such bar")

    with pytest.raises(LookupError, match="no such bar"):
        await remote(
            Crawl(next(iter(service.store.workspaces.values())).slug),
            machines.address,
            JSONLines(tmp_path / "out.jsonl"),
            base_url=service.url,
            on_progress=fail,
        )
    assert {one.name for one in caplog.records} == {"bbasync"}


async def test_a_workspace_with_two_names_is_read_once(
    machines: Machines, service: FakeBitbucket, tmp_path: Path
) -> None:
    """By its slug, as in one process; one that is not there is missed, whatever its name."""
    one, other, *_ = service.store.workspaces.values()
    plan = Crawl(one.uuid, one.slug, "nöwhere", "{no-where}", other.uuid).each("pullrequests")
    single, many = JSONLines(tmp_path / "one.jsonl"), JSONLines(tmp_path / "many.jsonl")
    async with Bitbucket(BasicAuth(service.email, service.api_token), base_url=service.url) as bb:
        expected = await plan.into(bb, single)
    summary = await remote(plan, machines.address, many, base_url=service.url)
    assert summary.found == expected.found
    assert summary.missed == expected.missed == 2
    found, wanted = (
        [line for line in content(sink.path) if '"error":' not in line] for sink in (many, single)
    )
    assert found == wanted
