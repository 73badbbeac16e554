"""What a crawl on many machines has left is gone on with, once, and by nobody else."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from bbasync.crawl import Crawl, JSONLines, Ledger, SQLite
from bbasync.crawl.remote import remote
from bbasync.crawl.walks import roots
from bbasync.errors import ConfigurationError
from bbasync.fake import FakeBitbucket
from bbasync.fake.faults import Fault
from tests.crawl.remote.machines import PLAN, Machines, alone, content, names, until

pytestmark = pytest.mark.tool  # machines are slow to start, and what is theirs is of one Python


async def test_a_run_that_is_cancelled_lets_workers_stop_and_is_gone_on_with(
    machines: Machines, service: FakeBitbucket, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The workers send nothing more soon after; another plan or kind is refused; it goes on."""
    expected, single = await alone(service, JSONLines(tmp_path / "one.jsonl"))
    service.latency = 0.1
    sink = JSONLines(tmp_path / "many.jsonl")

    async def go(plan: Any = PLAN, sink: Any = sink) -> Any:
        return await remote(plan, machines.address, sink, base_url=service.url)

    running = asyncio.ensure_future(go())
    await until(lambda: len(service.requests) > single.requests // 2)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert "begun again, it goes on with" in caplog.text
    assert names(tmp_path) == ["many.jsonl.parts", "one.jsonl"]
    await asyncio.sleep(1.2)
    before = len(service.requests)
    await asyncio.sleep(0.3)
    assert len(service.requests) == before
    with pytest.raises(ConfigurationError, match="is the checkpoint of another plan"):
        await go(PLAN.each("branches"))
    with pytest.raises(ConfigurationError, match="has parts for JSONLines, not for SQLite"):
        await go(sink=SQLite(sink.path))
    service.latency = 0
    assert (await go()).found == single.found
    assert content(sink.path) == expected
    assert len(service.requests) < 1.6 * single.requests


async def test_a_unit_that_another_worker_has_is_waited_for(
    machines: Machines, service: FakeBitbucket, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Its checkpoint's lock keeps the second one out until the first lets go."""
    sink, workspace = (
        JSONLines(tmp_path / "out.jsonl"),
        next(iter(service.store.workspaces.values())),
    )
    parts = tmp_path / "out.jsonl.parts"
    parts.mkdir()
    plan = Crawl(workspace.slug).each("pullrequests")
    held = Ledger(parts / f"{workspace.slug}.crawl")
    await held.open(plan.text(), roots([workspace.slug]))
    running = asyncio.ensure_future(remote(plan, machines.address, sink, base_url=service.url))
    await until(lambda: "another worker has it" in caplog.text)
    assert not running.done()
    assert not service.requests
    await held.close(done=False)
    assert (await running).complete
    assert caplog.text.count("another worker has it") == 1


async def test_lists_that_were_missed_are_read_by_the_next_run(
    machines: Machines, service: FakeBitbucket, tmp_path: Path
) -> None:
    """Where their reason may have passed; the other units are not read again."""
    expected, single = await alone(service, JSONLines(tmp_path / "one.jsonl"))
    sink = JSONLines(tmp_path / "many.jsonl")
    repositories = next(iter(service.store.workspaces.values())).repositories
    name = next(iter(repositories.values())).full_name
    service.faults.add(f"/repositories/{name}/commits*", Fault.status(500))
    first = await remote(PLAN, machines.address, sink, base_url=service.url)
    service.faults.clear()
    assert (first.complete, first.missed) == (True, 1)
    before = len(service.requests)
    second = await remote(PLAN, machines.address, sink, base_url=service.url)
    assert (second.complete, second.missed) == (True, 0)
    assert second.found == single.found
    assert len(service.requests) - before < 5
    found = [one for one in content(sink.path) if '"error":' not in one]
    assert found == expected
    assert not (tmp_path / "many.jsonl.parts").exists()


async def test_what_others_have_written_is_left_alone(machines: Machines, tmp_path: Path) -> None:
    """The draft of a crawl on one machine, another program's database, and a run that runs."""
    draft, other = tmp_path / "one.jsonl.part", tmp_path / "other.db"
    draft.write_text("{}\n")
    other.write_text("it is mine" * 100)
    held = Ledger(tmp_path / "out.jsonl.parts" / "plan.ledger")
    held.path.parent.mkdir()
    await held.open(PLAN.text(), roots([]))
    for sink, said in (
        (JSONLines(tmp_path / "one.jsonl"), "is what a crawl on one machine has left"),
        (SQLite(other), "of no crawl"),
        (JSONLines(tmp_path / "out.jsonl"), "in use by a crawl that runs"),
    ):
        with pytest.raises(ConfigurationError, match=said):
            await remote(PLAN, machines.address, sink)
    await held.close(done=False)
    assert draft.read_text() == "{}\n"
    assert other.read_text() == "it is mine" * 100
    assert names(tmp_path) == ["one.jsonl.part", "other.db", "out.jsonl.parts"]


KILLED = """
import asyncio, os, shutil, signal, sys
from bbasync.crawl import JSONLines
from bbasync.crawl.remote import remote
from tests.crawl.remote.machines import PLAN

def half_way(source, target, *rest):
    target.write(source.read(1000))
    target.flush()
    os.kill(os.getpid(), signal.SIGKILL)

shutil.copyfileobj = half_way
asyncio.run(remote(PLAN, sys.argv[1], JSONLines(sys.argv[2]), base_url=sys.argv[3]))
"""


async def test_killed_while_parts_are_put_together_it_is_done_by_the_next_run(
    machines: Machines, service: FakeBitbucket, tmp_path: Path
) -> None:
    """Nothing is asked for again, and nothing else is left."""
    expected, _ = await alone(service, JSONLines(tmp_path / "one.jsonl"))
    sink = JSONLines(tmp_path / "many.jsonl")
    killed = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", KILLED, machines.address, str(sink.path), service.url)
    )
    assert await killed.wait() == -signal.SIGKILL
    sent = len(service.requests)
    assert (await remote(PLAN, machines.address, sink, base_url=service.url)).complete
    assert content(sink.path) == expected
    assert names(tmp_path) == ["many.jsonl", "one.jsonl"]
    assert len(service.requests) == sent


class Killed(BaseException):
    """What nobody catches."""


async def test_parts_that_are_deleted_in_part_are_not_gone_on_with(
    machines: Machines, service: FakeBitbucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is complete is never replaced by what a killed process has left of its parts."""
    plan = Crawl(next(iter(service.store.workspaces.values())).slug)
    sink = JSONLines(tmp_path / "out.jsonl")

    def half_way(path: Path, **_: Any) -> None:
        for part in Path(path).glob("*.jsonl"):
            part.unlink()
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", half_way)
        with pytest.raises(Killed):
            await remote(plan, machines.address, sink, base_url=service.url)
    lines = content(sink.path)
    assert (await remote(plan, machines.address, sink, base_url=service.url)).complete
    assert content(sink.path) == lines
    assert len(lines) == 12
    assert names(tmp_path) == ["out.jsonl"]


async def test_a_disk_that_is_full_when_all_is_read_loses_nothing(
    machines: Machines, service: FakeBitbucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says which file, and takes no room; the next run sends no request; lost parts are told."""
    expected, _ = await alone(service, JSONLines(tmp_path / "one.jsonl"))
    sink = JSONLines(tmp_path / "many.jsonl")

    def fail(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfileobj", fail)
        with pytest.raises(OSError, match=r"No space left.*many\.jsonl"):
            await remote(PLAN, machines.address, sink, base_url=service.url)
    assert names(tmp_path) == ["many.jsonl.parts", "one.jsonl"]
    sent = len(service.requests)
    part = next((tmp_path / "many.jsonl.parts").glob("*.jsonl"))
    part.rename(tmp_path / "kept")
    with pytest.raises(ConfigurationError, match="is not there, although it was written"):
        await remote(PLAN, machines.address, sink, base_url=service.url)
    (tmp_path / "kept").rename(part)
    assert (await remote(PLAN, machines.address, sink, base_url=service.url)).complete
    assert content(sink.path) == expected
    assert len(service.requests) == sent
