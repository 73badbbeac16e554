"""What can't be done on many machines is told, soon, and by its name."""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path
from typing import Any

import pytest
from distributed.protocol import pickle

from bbasync import __version__
from bbasync.crawl import Crawl, Function, JSONLines, cluster
from bbasync.crawl.cluster import check_version
from bbasync.crawl.remote import remote
from bbasync.errors import (
    ArgumentError,
    ConfigurationError,
    ConnectionFailedError,
    UnauthorizedError,
)
from bbasync.fake import FakeBitbucket
from tests.crawl.remote.machines import OLDER, PLAN, SECONDS, Machines, names, until

pytestmark = pytest.mark.tool  # machines are slow to start, and what is theirs is of one Python


async def test_what_is_wrong_with_workers_is_told(
    machines: Machines, service: FakeBitbucket, tmp_path: Path
) -> None:
    """A refused credential, and functions that are not there or make something else."""
    sink = JSONLines(tmp_path / "out.jsonl")

    async def go(client: str) -> None:
        await remote(PLAN, machines.address, sink, base_url=service.url, client=client)

    with pytest.raises(UnauthorizedError):
        await go("theirs:wrong")
    with pytest.raises(ConfigurationError, match=r"a worker finds no nowhere:make"):
        await go("nowhere:make")
    with pytest.raises(ConfigurationError, match=r"theirs:odd makes no Bitbucket, but a dict"):
        await go("theirs:odd")


async def test_a_scheduler_that_is_lost_ends_the_run(tmp_path: Path, variables: Any) -> None:
    """As one that is not there; who has begun it does not wait for ever."""
    machines = Machines(tmp_path, variables)
    try:
        running = asyncio.ensure_future(
            remote(PLAN, machines.address, JSONLines(tmp_path / "out.jsonl"))
        )
        await until(lambda: bool(list(tmp_path.glob("*.parts/*.run"))))
        await asyncio.sleep(0.1)
        machines.scheduler.kill()
        with pytest.raises(ConnectionFailedError, match="was lost"):
            async with asyncio.timeout(SECONDS):
                await running
    finally:
        machines.end()


async def test_a_scheduler_that_is_not_there_is_told_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No file is made, and what is no address is refused at once."""
    assert cluster.PATIENCE <= 5
    monkeypatch.setattr(cluster, "PATIENCE", 0.3)
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{one.getsockname()[1]}"
        with pytest.raises(ConnectionFailedError, match="there is no Dask scheduler at"):
            await remote(PLAN, address, JSONLines(tmp_path / "out.jsonl"))
    assert not names(tmp_path)
    with pytest.raises(ArgumentError, match="address is like tcp://host:8786"):
        await remote(PLAN, "threads", JSONLines(tmp_path / "out.jsonl"))


REFUSED: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"plan": Crawl().each(lambda one: one.commits(), called="mine")}, ArgumentError, "function"),
    ({"sink": Function(print)}, ArgumentError, "write JSONLines, SQLite or Parquet"),
    ({"concurrency": 0}, ArgumentError, "concurrency"),
    ({"retries": -1}, ArgumentError, "retries"),
    ({"client": "no function"}, ArgumentError, "client is like module:function"),
    ({"base_url": "ftp://example.com"}, ConfigurationError, "base_url"),
    ({"quota": "localhost:6379"}, ConfigurationError, "redis://"),
    ({"quota": "redis://:hunter22@host/0"}, ConfigurationError, "has a password"),
]


@pytest.mark.parametrize(("wrong", "error", "said"), REFUSED)
async def test_what_can_not_be_sent_is_refused_before_anything_is(
    tmp_path: Path, wrong: dict[str, Any], error: type[Exception], said: str
) -> None:
    """Without a word of a secret, and without looking for the scheduler."""
    given = {"plan": PLAN, "sink": JSONLines(tmp_path / "out.jsonl"), **wrong}
    with pytest.raises(error, match=said) as raised:
        await remote(scheduler="tcp://127.0.0.1:1", **given)
    assert "hunter22" not in str(raised.value)
    assert not names(tmp_path)


async def test_workers_without_the_same_bbasync_are_refused(tmp_path: Path, variables: Any) -> None:
    """Whether they are there before the run is, or come when it waits for one."""
    machines = Machines(tmp_path, variables)
    sink = JSONLines(tmp_path / "out.jsonl")
    try:
        running = asyncio.ensure_future(remote(PLAN, machines.address, sink))
        await until(lambda: bool(list(tmp_path.glob("*.parts/*.run"))))
        machines.have(1, bbasync=OLDER)
        with pytest.raises(ConfigurationError, match=r"a worker has bbasync 0\.0\.1, and .* begun"):
            async with asyncio.timeout(SECONDS):
                await running
        with pytest.raises(ConfigurationError, match=r"worker at tcp.* has bbasync 0\.0\.1, and"):
            await remote(PLAN, machines.address, sink)
    finally:
        machines.end()


@pytest.mark.parametrize(
    ("theirs", "said"),
    [("9", "the worker at x has bbasync 9, and .* by bbasync 1"), (None, "can't load bbasync")],
)
def test_another_version_is_refused(theirs: str | None, said: str) -> None:
    """It says which, and what to do."""
    with pytest.raises(ConfigurationError, match=said):
        check_version(theirs, "1", "the worker at x")
    check_version("1", "1", "the worker at x")


def test_what_workers_are_sent_needs_no_bbasync(monkeypatch: pytest.MonkeyPatch) -> None:
    """It tells that there is none."""
    sent = pickle.loads(pickle.dumps(cluster._sent()))
    assert sent("1") == (__version__, None)
    monkeypatch.setitem(sys.modules, "bbasync", None)
    assert sent("1", "bbasync.crawl.unit:crawl_workspace", {}) == (None, None)
