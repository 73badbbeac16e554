"""`bbasync crawl` and `bbasync audit` with --scheduler."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from bbasync import BasicAuth, Bitbucket
from bbasync.audit import Policy, Report, as_json, gather
from bbasync.audit.remote import remote as remote_audit
from bbasync.cli.crawl_asked import Wanted
from bbasync.cli.crawl_remote import start_remote
from bbasync.cli.distant import Distant, distant_of
from bbasync.crawl import JSONLines, Ledger
from bbasync.errors import ArgumentError, ConfigurationError, UnauthorizedError
from bbasync.fake import FakeBitbucket
from tests.crawl.remote.machines import Machines, alone, content, names, until

pytestmark = pytest.mark.tool  # machines are slow to start, and what is theirs is of one Python


@pytest.fixture
def command(machines: Machines, service: FakeBitbucket) -> Callable[..., Any]:
    """Starts bbasync on the machines, with no credential of its own."""

    async def start(*arguments: str) -> asyncio.subprocess.Process:
        kept = {name: one for name, one in os.environ.items() if not name.startswith("BITBUCKET_")}
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", "from bbasync.cli import run; run()", *arguments),
            *("--scheduler", machines.address),
            env={**kept, "BITBUCKET_BASE_URL": service.url},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    return start


async def test_the_command_is_interrupted_and_goes_on(
    command: Any, service: FakeBitbucket, tmp_path: Path
) -> None:
    """It says how to go on, and --resume makes the file that one process writes."""
    expected, single = await alone(service, JSONLines(tmp_path / "one.jsonl"))
    service.latency, output = 0.1, tmp_path / "many.jsonl"
    words = ("crawl", "--read", "pullrequests", "--read", "commits", "--to", str(output))
    running = await command(*words)
    await until(lambda: len(service.requests) > single.requests // 3)
    running.send_signal(signal.SIGINT)
    out, said = await running.communicate()
    assert (running.returncode, out) == (130, b"")
    assert "interrupted: go on with: bbasync crawl --resume --read" in said.decode()
    assert "Traceback" not in said.decode()
    service.latency = 0
    resumed = await command(*words, "--resume", "--json")
    out, said = await resumed.communicate()
    assert resumed.returncode == 0, said.decode()
    assert json.loads(out)["found"] == single.found
    assert content(output) == expected


async def test_the_command_audits_on_many_machines(command: Any, service: FakeBitbucket) -> None:
    """Its JSON is that of the library."""
    running = await command("audit", "--json")
    out, said = await running.communicate()
    assert running.returncode == 0, said.decode()
    async with Bitbucket(BasicAuth(service.email, service.api_token), base_url=service.url) as bb:
        expected = sorted([one async for one in gather(bb)], key=lambda one: one.workspace)
    found = json.loads(out)
    policy = Policy()
    report = Report(
        expected,
        policy.check_all(expected),
        requests=found["requests"],
        made_at=datetime.fromisoformat(found["made_at"]),
        rules=policy.rules,
    )
    assert found == as_json(report)


async def test_an_audit_is_that_of_one_process(machines: Machines, service: FakeBitbucket) -> None:
    """Of all workspaces, or of what is named, with progress; a refused credential ends it."""
    async with Bitbucket(BasicAuth(service.email, service.api_token), base_url=service.url) as bb:
        expected = [one async for one in gather(bb)]
        requests = bb.requests_sent
    expected.sort(key=lambda one: one.workspace)
    steps: list[Any] = []
    found = await remote_audit(machines.address, base_url=service.url, watcher=steps.append)
    assert [list(one.facts()) for one in found.audits] == [list(one.facts()) for one in expected]
    assert found.requests == requests - 1  # the list of the workspaces
    assert {one.workspace for one in steps} == {one.workspace for one in expected}
    some = expected[0].repositories[0].full_name
    one = await remote_audit(machines.address, some, base_url=service.url)
    assert [each.full_name for each in one.audits[0].repositories] == [some]
    full = await remote_audit(machines.address, "acme", base_url=service.url, level="full")
    assert full.audits[0].complete
    assert full.audits[0].deploy_keys
    assert all(right.explained for right in full.audits[0].rights)
    with pytest.raises(UnauthorizedError):
        await remote_audit(
            machines.address, some, base_url=service.url, client="theirs:wrong", retries=0
        )


WANTED = Wanted(
    workspaces=(),
    read=(),
    to="out.jsonl",
    q=None,
    since=None,
    resume=False,
    overwrite=False,
    checkpoint=None,
    plan=False,
    max_requests=None,
    concurrency=8,
    max_wait=1.0,
    json=False,
    demo=False,
)
DISTANT = Distant("tcp://127.0.0.1:1", "theirs:make", None)


@pytest.mark.parametrize(
    "wrong", [{"plan": True}, {"to": None}, {"max_requests": 9}, {"checkpoint": "x"}]
)
def test_what_is_of_one_process_alone_is_refused(wrong: Any) -> None:
    """By its name, and before a scheduler is looked for; a demo is seen by nobody else."""
    with pytest.raises(ArgumentError, match="--scheduler"):
        start_remote(evolve(WANTED, **wrong), DISTANT)
    with pytest.raises(ArgumentError, match="choose one of --demo and --scheduler"):
        distant_of("tcp://127.0.0.1:1", None, None, demo=True)


async def test_parts_are_overwritten_only_when_nobody_writes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another command's crawl is not taken away; what a killed one has left is."""
    output = tmp_path / "out.jsonl"
    monkeypatch.setattr(sys, "argv", ["bbasync", "crawl", "--to", str(output)])
    wanted = evolve(WANTED, to=str(output), overwrite=True)
    held = Ledger(tmp_path / "out.jsonl.parts" / "plan.ledger")
    held.path.parent.mkdir()
    await held.open("{}", [])
    with pytest.raises(ConfigurationError, match="in use by a crawl that runs"):
        start_remote(wanted, DISTANT)
    assert held.path.exists()
    with pytest.raises(ConfigurationError, match="is not finished: go on with it by"):
        start_remote(evolve(wanted, overwrite=False), DISTANT)
    await held.close(done=False)
    start_remote(wanted, DISTANT).close()
    assert names(tmp_path) == []
