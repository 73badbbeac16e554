"""Fixtures for all rooms: a recording Sender, a raw-socket server, a client whose time is faked."""

from __future__ import annotations

import asyncio
import base64
import gc
import json
import logging
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self

import pytest
from aiohttp import ClientResponse, ClientSession
from aioresponses import aioresponses
from attrs import define, field, frozen
from hypothesis import settings
from multidict import CIMultiDict

from bbasync import Bitbucket
from bbasync.wire.message import Answer, Request
from bbasync.wire.status import error_of

settings.register_profile(
    "bbasync", deadline=None, database=None, derandomize=True, max_examples=200
)
settings.load_profile("bbasync")

API = "https://api.bitbucket.org/2.0"

# Tests start hundreds of processes. Where bytecode is forbidden, each would compile all it imports.
BYTECODE: Final = tempfile.TemporaryDirectory(prefix="bbasync-bytecode-")
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ.setdefault("PYTHONPYCACHEPREFIX", BYTECODE.name)
for _name in ("GITHUB_ACTIONS", "FORCE_COLOR", "PY_COLORS"):
    os.environ.pop(_name, None)  # help would be coloured for whoever they are of


def pytest_xdist_auto_num_workers() -> int:
    """One worker more than there are cores, since tests wait for processes, too."""
    return 1 + (len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run tools first: they take long, and who gets one at the end would keep all waiting."""
    items.sort(key=lambda one: one.get_closest_marker("tool") is None)


def pytest_collection_finish() -> None:
    """Have the collector pass over what stays to the end: thousands of tests, and all modules.

    It looks less often, too: the fake makes much that is gone by itself a moment later.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


class Said(logging.Handler):
    """All that was logged and warned of while the tests ran, and the credentials they used."""

    SHORTEST: Final = 8
    """A credential below this length may be a word like another."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.texts: set[str] = set()
        self.secrets: set[str] = set()
        self._whole = logging.Formatter("%(name)s %(message)s %(args)r")

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it, with what it is made of and with its traceback."""
        self.texts.add(self._whole.format(record))

    def used(self, headers: Mapping[str, str]) -> None:
        """Keep the credentials that a request is sent with, in each of their spellings."""
        for name, value in headers.items():
            if name.lower() not in {"authorization", "proxy-authorization"}:
                continue
            kind, _, token = value.partition(" ")
            self.secrets.add(token or kind)
            if kind.lower() == "basic":
                try:
                    self.secrets.add(base64.b64decode(token).decode().partition(":")[2])
                except ValueError:  # neither base64 nor text
                    continue

    def leaks(self) -> list[str]:
        """The lines that have a credential in them, without it."""
        found = []
        for secret in (one for one in self.secrets if len(one) >= self.SHORTEST):
            found += [text.replace(secret, "<LEAK>") for text in self.texts if secret in text]
        return found


SAID: Final = Said()


def pytest_warning_recorded(warning_message: Any, nodeid: str) -> None:
    """Keep what was warned of."""
    SAID.texts.add(f"{nodeid}: {warning_message.message}")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep what was printed and logged, as far as a passed test's reader can see it."""
    if report.passed:
        SAID.texts.update(text for _, text in report.sections)


@pytest.fixture(scope="session", autouse=True)
def said() -> Iterator[Said]:
    """Listens while the tests run; in the end no credential may have been heard."""
    send = ClientSession._request

    async def listening(self: ClientSession, *args: Any, **kwargs: Any) -> Any:
        SAID.used(kwargs.get("headers") or {})
        return await send(self, *args, **kwargs)

    root, ours = logging.getLogger(), logging.getLogger("bbasync")
    ClientSession._request = listening  # type: ignore[method-assign]
    level = ours.level
    ours.setLevel(logging.DEBUG)
    root.addHandler(SAID)
    yield SAID
    root.removeHandler(SAID)
    ours.setLevel(level)
    ClientSession._request = send  # type: ignore[method-assign]
    leaks = SAID.leaks()
    assert not leaks, f"credentials were logged, printed or warned of: {leaks[:5]}"


@pytest.fixture(scope="session", autouse=True)
def left() -> Iterator[None]:
    """Have what was left open told of in the last test: the end of a worker tells nobody."""
    yield
    gc.collect()


def make_answer(
    data: Any = None,
    *,
    status: int = 200,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    method: str = "GET",
    url: str = f"{API}/x",
) -> Answer:
    """An Answer with *data* as JSON, or with *body* as it is."""
    content = json.dumps(data).encode() if body is None else body
    return Answer(status, CIMultiDict(headers or {}), content, method, url)


@pytest.fixture(name="answer")
def _answer() -> Callable[..., Answer]:
    return make_answer


class Recorder:
    """A Sender that keeps the requests, and answers from a list, or from a dict by target."""

    def __init__(self, *answers: Any, by_target: Mapping[str, Any] | None = None) -> None:
        self._list = list(answers)
        self._by_target = by_target
        self.requests: list[Request] = []

    @property
    def targets(self) -> list[str]:
        """What was asked for, in order."""
        return [request.target for request in self.requests]

    async def send(self, request: Request) -> Answer:
        """Answer as a transport does: an error status is raised."""
        self.requests.append(request)
        found = self._list.pop(0) if self._by_target is None else self._by_target[request.target]
        if callable(found):
            found = await found(request)
        if isinstance(found, BaseException):
            raise found
        answer = found if isinstance(found, Answer) else make_answer(found)
        if answer.status >= 400:
            raise error_of(answer)
        return answer


@pytest.fixture
def recorder() -> type[Recorder]:
    """The class of recording Senders."""
    return Recorder


@frozen
class Heard:
    """One request as its bytes came in."""

    method: str
    target: str
    headers: CIMultiDict[str]
    body: bytes
    connection: int

    @property
    def authorization(self) -> str | None:
        """The credential that came along."""
        return self.headers.get("Authorization")


@frozen
class Say:
    """What a raw server does when it has read a request: send *content*, then perhaps leave."""

    content: bytes = b""
    end: str = ""
    """``cut`` closes, ``reset`` resets, ``hold`` says nothing more; nothing: keep the line."""


@define
class RawServer:
    """A server on a socket that does as its script says, and keeps what it heard."""

    script: Sequence[Say] | Callable[[Heard], Say]
    heard: list[Heard] = field(factory=list)
    connections: int = 0
    port: int = 0
    over: asyncio.Event = field(factory=asyncio.Event)
    called: asyncio.Event = field(factory=asyncio.Event)
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(factory=set)

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"http://127.0.0.1:{self.port}/2.0"

    async def start(self) -> Self:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=256)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def hears(self) -> None:
        """Wait for the first request."""
        await self.called.wait()

    async def stop(self) -> None:
        """Leave everyone."""
        self.over.set()
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            await self._talk(reader, writer, self.connections)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _talk(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> None:
        while True:
            heard = await _read(reader, number)
            self.heard.append(heard)
            self.called.set()
            said = self._next(heard)
            writer.write(said.content)
            await writer.drain()
            if said.end == "hold":
                await self.over.wait()
            if said.end == "reset":
                raw = writer.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            if said.end:
                return

    def _next(self, heard: Heard) -> Say:
        if callable(self.script):
            return self.script(heard)
        return self.script[min(len(self.heard), len(self.script)) - 1]


async def _read(reader: asyncio.StreamReader, number: int) -> Heard:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ")
    headers = CIMultiDict(line.split(": ", 1) for line in head[1:] if line)
    body = await reader.readexactly(int(headers.get("Content-Length", "0")))
    return Heard(method, target, headers, body, number)


def http(
    status: int = 200,
    data: Any = None,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    end: str = "",
) -> Say:
    """An answer in HTTP with its length."""
    content = json.dumps(data).encode() if body is None else body
    lines = {"Content-Type": "application/json", "Content-Length": str(len(content))}
    head = "".join(f"{key}: {value}\r\n" for key, value in {**lines, **(headers or {})}.items())
    return Say(f"HTTP/1.1 {status} Said\r\n{head}\r\n".encode() + content, end)


@pytest.fixture
def say() -> Callable[..., Say]:
    """What a raw server does, in HTTP."""
    return http


@pytest.fixture
def raw() -> type[Say]:
    """What a raw server does, byte by byte."""
    return Say


@pytest.fixture
async def serve() -> AsyncIterator[Callable[..., Awaitable[RawServer]]]:
    """Starts raw servers, each with its answers; the last answer is repeated."""
    running: list[RawServer] = []

    async def start(*script: Say, by: Callable[[Heard], Say] | None = None) -> RawServer:
        server = await RawServer(by or script).start()
        running.append(server)
        return server

    yield start
    for server in running:
        await server.stop()


@define
class Time:
    """A clock that sleeping moves on; *sleeps* is what was slept."""

    now: float = 1_800_000_000.0
    sleeps: list[float] = field(factory=list)

    def __call__(self) -> float:
        """Seconds since 1970."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let *seconds* pass at once."""
        self.sleeps.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


@pytest.fixture
def time() -> Time:
    """The test's own time."""
    return Time()


@pytest.fixture
async def client(time: Time) -> AsyncIterator[Callable[..., Awaitable[Bitbucket]]]:
    """Opens clients whose time is the test's own."""
    running: list[Bitbucket] = []

    async def start(base_url: str, **options: Any) -> Bitbucket:
        bb = await Bitbucket(base_url=base_url, **options).__aenter__()
        running.append(bb)
        transport = bb._transport
        assert transport is not None
        transport.clock = transport.ticks = time
        transport.sleep = time.sleep
        transport.jitter = lambda: 0.5
        return bb

    yield start
    for bb in running:
        await bb.aclose(grace=0)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that the workers of a run have in common, for what takes long to make."""
    place = tmp_path_factory.getbasetemp()
    return place if worker_id == "master" else place.parent


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a redis-server of these tests' own."""
    binary = shutil.which("redis-server")
    if binary is None:
        pytest.skip("no redis-server is installed")
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    command = [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    command += ["--appendonly", "no", "--dir", str(tmp_path_factory.mktemp("redis"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert any(b"eady to accept connections" in line for line in process.stdout)
        yield f"redis://127.0.0.1:{port}/0"
        process.terminate()


@pytest.fixture
def mocked() -> Iterator[Any]:
    """An aioresponses that works with the installed aiohttp."""

    class Response(ClientResponse):
        """aioresponses 0.7.9 does not pass what aiohttp 3.14 wants."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            writer = type("Writer", (), {"output_size": 0})()
            try:
                super().__init__(*args, **{"stream_writer": writer, **kwargs})
            except TypeError:  # an aiohttp that does not know it
                super().__init__(*args, **kwargs)

    class Mocked(aioresponses):  # type: ignore[misc]
        def add(self, *args: Any, **kwargs: Any) -> None:
            kwargs.setdefault("response_class", Response)
            super().add(*args, **kwargs)

    with Mocked() as mock:
        yield mock
