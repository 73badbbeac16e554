"""A crawl on many machines: what one process finds, with real workers, and a real Redis."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import zstandard
from attrs import asdict

from bbasync import BasicAuth, Bitbucket
from bbasync.audit import as_json, audit
from bbasync.audit.remote import remote as remote_audit
from bbasync.crawl import (
    Crawl,
    Function,
    JSONLines,
    Ledger,
    Parquet,
    Progress,
    SQLite,
    WorkspaceProgress,
    cluster,
    unit,
)
from bbasync.crawl.board import Board
from bbasync.crawl.cluster import check_version
from bbasync.crawl.remote import remote
from bbasync.crawl.walks import roots
from bbasync.errors import (
    ArgumentError,
    ConfigurationError,
    ConnectionFailedError,
    UnauthorizedError,
)
from bbasync.fake import FakeBitbucket
from bbasync.fake.faults import Fault

pytest.importorskip("distributed", reason="Dask distributed is not installed")

pytestmark = pytest.mark.tool  # machines are slow to start, and what is theirs is of one Python

PLAN = Crawl().each("pullrequests").each("commits")
SECONDS = 20
QUOTA = 200
CLIENTS = """
from bbasync import BasicAuth, Bitbucket
def wrong(**settings):
    return Bitbucket(BasicAuth("nobody@example.com", "ATATT-of-nobody"), **settings)
def odd(**settings):
    return settings
"""


class Machines:
    """A scheduler and its workers, each a process of its own."""

    def __init__(self, home: Path, variables: dict[str, str]) -> None:
        self.home = home
        (home / "theirs.py").write_text(CLIENTS)
        self._variables = {**os.environ, "PYTHONPATH": f"{home}{os.pathsep}{Path.cwd()}"}
        self._variables |= variables
        self.workers: list[subprocess.Popen[bytes]] = []
        self.scheduler = self._start("scheduler", "--port", "0", "--no-jupyter")
        self.address = self._said("scheduler-0", "Scheduler at:").split()[-1]

    def _start(self, what: str, *options: str) -> subprocess.Popen[bytes]:
        number = len(list(self.home.glob(f"{what}-*.log")))
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", "--host", "127.0.0.1"]
        command += ["--no-dashboard", "--dashboard-address", "127.0.0.1:0", *options]
        with (self.home / f"{what}-{number}.log").open("wb") as log:
            return subprocess.Popen(
                command, env=self._variables, cwd=self.home, stdout=log, stderr=log
            )

    def _said(self, which: str, what: str) -> str:
        """The line of a log that says *what*, once it is there."""
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            for line in (self.home / f"{which}.log").read_text().splitlines():
                if what in line:
                    return line
            time.sleep(0.02)
        raise AssertionError((self.home / f"{which}.log").read_text())

    def have(self, count: int) -> None:
        """Let that many workers be there, with a thread each."""
        self.workers = [one for one in self.workers if one.poll() is None]
        before = len(list(self.home.glob("worker-*.log")))
        options = ("--no-nanny", "--nthreads", "1", "--memory-limit", "0")
        missing = count - len(self.workers)
        for _ in range(missing):
            self.workers.append(
                self._start("worker", self.address, *options, "--local-directory", str(self.home))
            )
        for number in range(missing):
            self._said(f"worker-{before + number}", "Registered to")

    def end(self) -> str:
        """End all of them; gives what they have said."""
        for one in (*self.workers, self.scheduler):
            one.kill()
            one.wait()
        return "".join(path.read_text() for path in self.home.glob("*.log"))


@pytest.fixture(scope="module")
def variables() -> dict[str, str]:
    """The credential of each fake with the usual seed, as workers have it."""
    fake = FakeBitbucket(repositories=1)
    return {"BITBUCKET_EMAIL": fake.email, "BITBUCKET_API_TOKEN": fake.api_token}


@pytest.fixture(scope="module")
def started(
    tmp_path_factory: pytest.TempPathFactory, variables: dict[str, str]
) -> Iterator[Machines]:
    """Machines for all tests; nothing of the credential is in what they say."""
    machines = Machines(tmp_path_factory.mktemp("machines"), variables)
    said = ""
    try:
        yield machines
    finally:
        said = machines.end()
    assert "distributed.worker" in said
    assert variables["BITBUCKET_API_TOKEN"] not in said
    assert "ATATT-of-nobody" not in said


@pytest.fixture
def machines(started: Machines) -> Machines:
    """A scheduler with two workers."""
    started.have(2)
    return started


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a redis-server of this module's own."""
    binary = shutil.which("redis-server")
    if binary is None:
        pytest.skip("no redis-server is installed")
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    home = str(tmp_path_factory.mktemp("redis"))
    command = [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", home]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if b"eady to accept connections" in line:
                break
        yield f"redis://127.0.0.1:{port}/0"
        process.terminate()


@pytest.fixture
async def service() -> AsyncIterator[FakeBitbucket]:
    """Four workspaces."""
    async with FakeBitbucket(workspaces=4, repositories=12) as fake:
        yield fake


def limit_alone(_: Any, limit: int, *__: Any) -> dict[str, str]:
    """What the service tells some callers of their quota: not how much of it others have used."""
    told = {"Limit": str(limit), "Resource": "api", "NearLimit": "false"}
    return {f"X-RateLimit-{name}": value for name, value in told.items()}


def content(path: Path) -> list[str]:
    """What is in a crawl's file, whichever kind that is: an item a text."""
    if path.is_dir():
        names = ["kind", "workspace", "repository", "item"]
        rows = [tuple(one.values()) for one in pq.read_table(path, columns=names).to_pylist()]
    elif path.suffix == ".db":
        with closing(sqlite3.connect(path)) as database:
            rows = database.execute(
                "SELECT kind, workspace, repository, item FROM items"
            ).fetchall()
    else:
        data = path.read_bytes()
        if path.suffix == ".zst":
            with zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True) as file:
                data = file.read()
        return sorted(data.decode().splitlines())
    return sorted(map(repr, rows))


async def alone(fake: FakeBitbucket, sink: Any) -> tuple[list[str], Any]:
    """What one process finds, and its summary; the fake forgets that it was asked."""
    before = len(fake.requests)
    async with Bitbucket(BasicAuth(fake.email, fake.api_token), base_url=fake.url) as bb:
        summary = await PLAN.into(bb, sink)
    del fake.requests[before:]
    return content(sink.path), summary


async def until(holds: Callable[[], bool]) -> None:
    """Wait until that *holds*."""
    for _ in range(SECONDS * 200):
        if holds():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never came to that")


def names(place: Path) -> list[str]:
    """What is in a directory."""
    return sorted(one.name for one in place.iterdir())


async def test_with_a_worker_killed_half_way_it_is_what_one_process_finds(
    machines: Machines, service: FakeBitbucket, shared: str, tmp_path: Path
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
            quota=shared,
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
    machines: Machines, shared: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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

        summary = await go(shared.replace("/0", "/1"))
        assert not summary.complete
        assert summary.reset_at is not None
        assert len(fake.requests) == QUOTA
        assert {one.status for one in fake.requests} == {200}
        assert not sink.path.exists()
        fake.store.quota = None  # an hour later, for the fake and for Redis
        again = await go(shared.replace("/0", "/2"))
        assert again.complete
        assert again.found == {"repositories": 300}
        lines = content(sink.path)
        assert len(set(lines)) == len(lines) == 300
        assert len(fake.requests) < 400


@pytest.mark.parametrize(
    ("kind", "name"), [(JSONLines, "out.jsonl.zst"), (SQLite, "out.db"), (Parquet, "out")]
)
async def test_each_kind_of_file_is_put_together(
    machines: Machines, service: FakeBitbucket, tmp_path: Path, kind: Any, name: str
) -> None:
    """It has what one process writes, and its draft and its parts are gone."""
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


async def test_a_run_that_is_cancelled_lets_workers_stop_and_is_gone_on_with(
    machines: Machines, service: FakeBitbucket, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The workers send nothing more soon after; another plan is refused; the same one goes on."""
    expected, single = await alone(service, JSONLines(tmp_path / "one.jsonl"))
    service.latency = 0.1
    sink = JSONLines(tmp_path / "many.jsonl")

    async def go(plan: Crawl = PLAN) -> Any:
        return await remote(plan, machines.address, sink, base_url=service.url)

    running = asyncio.ensure_future(go())
    await until(lambda: len(service.requests) > single.requests // 2)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert "begun again, it goes on with" in caplog.text
    await asyncio.sleep(1.2)
    before = len(service.requests)
    await asyncio.sleep(0.3)
    assert len(service.requests) == before
    with pytest.raises(ConfigurationError, match="is the checkpoint of another plan"):
        await go(PLAN.each("branches"))
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


async def test_an_audit_is_that_of_one_process(machines: Machines, service: FakeBitbucket) -> None:
    """Of all workspaces, or of what is named, with progress; a refused credential ends it."""
    async with Bitbucket(BasicAuth(service.email, service.api_token), base_url=service.url) as bb:
        expected = [one async for one in audit(bb)]
        requests = bb.requests_sent
    expected.sort(key=lambda one: one.workspace)
    steps: list[Any] = []
    found = await remote_audit(machines.address, base_url=service.url, watcher=steps.append)
    assert found.audits == expected
    assert as_json(found.audits, requests=0) == as_json(expected, requests=0)
    assert found.requests == requests - 1  # the list of the workspaces
    assert {one.workspace for one in steps} == {one.workspace for one in expected}
    some = expected[0].repositories[0].full_name
    one = await remote_audit(machines.address, some, base_url=service.url)
    assert [each.full_name for each in one.audits[0].repositories] == [some]
    with pytest.raises(UnauthorizedError):
        await remote_audit(
            machines.address, some, base_url=service.url, client="theirs:wrong", retries=0
        )


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
    again = await command(*words)
    assert (await again.communicate())[1].count(b"is not finished: go on with it by") == 1
    assert again.returncode == 2
    service.latency = 0
    resumed = await command(*words, "--resume", "--json")
    out, said = await resumed.communicate()
    assert resumed.returncode == 0, said.decode()
    assert json.loads(out)["found"] == single.found
    assert content(output) == expected


async def test_the_command_audits_on_many_machines(command: Any, service: FakeBitbucket) -> None:
    """Its JSON is that of the library; what is of one process alone is refused."""
    running = await command("audit", "--json")
    out, said = await running.communicate()
    assert running.returncode == 0, said.decode()
    async with Bitbucket(BasicAuth(service.email, service.api_token), base_url=service.url) as bb:
        expected = sorted([one async for one in audit(bb)], key=lambda one: one.workspace)
    found = json.loads(out)
    assert found == as_json(expected, requests=found["requests"])
    for wrong in (["audit", "--demo"], ["crawl", "--plan", "--to", "out.jsonl"], ["crawl"]):
        refused = await command(*wrong)
        _, said = await refused.communicate()
        assert (refused.returncode, said.count(b"--scheduler")) == (2, 1), said.decode()


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


class Alone:
    """A job that nobody hears."""

    attempt = "a"
    wanted = True

    def tell(self, **said: Any) -> None:
        """Forget it."""


async def test_a_worker_that_does_not_see_the_folder_says_so(tmp_path: Path) -> None:
    """A folder of that name, without the mark of the run, is another one."""
    spec = {"folder": str(tmp_path), "workspace": "acme", "ending": ".jsonl", "mark": "x.run"}
    with pytest.raises(ConfigurationError, match="has to be shared by all machines"):
        await unit._crawl(spec, Alone())  # type: ignore[arg-type] - as far as it is used


async def test_a_unit_that_was_done_just_before_is_not_begun_anew(tmp_path: Path) -> None:
    """Who gets the lock looks for the note once more; the note alone says what there is."""
    place = unit.Place(tmp_path, "acme", ".jsonl")
    plan = Crawl("acme")
    first = unit.Part(place)
    await first.open(plan.text(), [])
    assert place.done() is None
    await first.close(done=True)
    assert place.done() == unit.Outcome(complete=True)
    with pytest.raises(ConfigurationError, match="another worker has done"):
        await unit.Part(place).open(plan.text(), roots(["acme"]))


def test_progress_only_grows_when_a_unit_is_gone_on_with_elsewhere() -> None:
    """What two attempts have found and sent is added up; where they stand is the later one's."""
    heard: list[Any] = []
    ticks = iter(range(100))
    board = Board(heard.append, clock=lambda: next(ticks), units={"acme", "globex"})

    def tell(attempt: str, done: int, found: int) -> None:
        place = WorkspaceProgress(20, 10, done, 1, 2)
        told = Progress({"acme": place}, 1, 2, {"commits": found}, 0, 5, 90 - found, 1.0, 30.0)
        board.hear({"workspace": "acme", "attempt": attempt, "progress": asdict(told)})

    tell("a", 6, 7)
    tell("b", 0, 1)
    assert [one.found["commits"] for one in heard] == [7, 8]
    assert [one.requests for one in heard] == [5, 10]
    assert [one.workspaces["acme"].done for one in heard] == [6, 6]
    assert (heard[-1].running, heard[-1].waiting, heard[-1].left) == (1, 2, 89)
    assert heard[-1].eta is None  # nobody knows of the other one
    board.end("globex", "c", 4)
    assert (heard[-1].eta, heard[-1].requests) == (30.0, 14)
    board.end("acme", "b", 6)
    assert (heard[-1].eta, heard[-1].requests, heard[-1].running) == (0.0, 15, 0)


def test_another_version_is_refused() -> None:
    """It says which, and what to do."""
    with pytest.raises(
        ConfigurationError, match=r"the worker at x has bbasync 9, and .* by bbasync 1"
    ):
        check_version("9", "1", "the worker at x")
    check_version("1", "1", "the worker at x")
