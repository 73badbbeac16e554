"""Several processes share budgets through Redis: a real server where one is installed."""

from __future__ import annotations

import asyncio
import logging
import shutil
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis

from bbasync import BasicAuth
from bbasync.errors import ConfigurationError, RateLimitedError
from bbasync.wire import shared
from bbasync.wire.budget import Terms
from bbasync.wire.counting import Quota
from bbasync.wire.lane import Lane
from bbasync.wire.limiter import whose
from bbasync.wire.quota import Told
from bbasync.wire.shared import Shared

KEY = "somebody/api"
TERMS = Terms()
TOKEN = "ATATT-very-secret"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Server:
    """A redis-server of the test's own."""

    def __init__(self, binary: str, home: Path) -> None:
        self.port = free_port()
        self._command = [binary, "--port", str(self.port), "--bind", "127.0.0.1"]
        self._command += ["--save", "", "--appendonly", "no", "--dir", str(home)]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Run it, and wait until it says that it is ready."""
        process = subprocess.Popen(self._command, stdout=subprocess.PIPE)
        self._process = process
        assert process.stdout is not None
        for line in process.stdout:
            if b"eady to accept connections" in line:
                return
        raise AssertionError("redis-server did not start")

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let it say nothing for a while, with all connections open."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """End it."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            process.communicate()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A redis-server, started once for this module."""
    binary = shutil.which("redis-server")
    if binary is None:
        pytest.skip("no redis-server is installed")
    server = Server(binary, tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def server(running: Server) -> Server:
    """The same, empty."""
    with redis.Redis.from_url(running.url) as client:
        client.flushall()
    return running


@pytest.fixture
async def store(time: Any) -> AsyncIterator[Callable[[str], Shared]]:
    """Makes stores as each process has one, on one clock."""
    made: list[Shared] = []

    def make(url: str) -> Shared:
        made.append(Shared(url, time))
        return made[-1]

    yield make
    for one in made:
        await one.close()


async def test_two_processes_are_never_over_the_limit_together(
    server: Server, store: Any, time: Any
) -> None:
    """Whoever asks, however often: no rolling hour holds more than the limit."""
    one, two = store(server.url), store(server.url)
    start, calls = time.now, []
    while time.now < start + 9000:
        asked = [one.hit(KEY, 10, 3600), two.hit(KEY, 10, 3600)]
        calls += [time.now] * sum(await asyncio.gather(*asked))
        time.now += 97.0
    assert len(calls) > 20
    for first, last in zip(calls, calls[10:], strict=False):
        assert last - first > 3600


async def test_when_there_is_room_is_known_of_all(server: Server, store: Any, time: Any) -> None:
    """The oldest call is another process's."""
    one, two = store(server.url), store(server.url)
    start = time.now
    assert await one.hit(KEY, 2, 60)
    time.now += 10
    assert await two.hit(KEY, 2, 60)
    assert not await two.hit(KEY, 2, 60)
    assert await two.room_at(KEY, 2, 60) == pytest.approx(start + 60, abs=0.01)
    assert two.count(KEY, 2, 60)[1] == 2
    time.now = start + 60.1
    assert await one.hit(KEY, 2, 60)


async def test_a_smaller_limit_keeps_the_count(server: Server, store: Any) -> None:
    """Interactive calls and a limit that is told anew count what was counted before."""
    one = store(server.url)
    assert sum([await one.hit(KEY, 8, 60) for _ in range(10)]) == 8
    assert sum([await one.hit(KEY, 10, 60) for _ in range(10)]) == 2
    assert not await one.hit(KEY, 5, 60)
    assert not await one.hit(KEY, 10, 60)


async def test_clients_share_a_budget_and_redis_gets_no_credential(
    server: Server, serve: Any, client: Any, say: Any
) -> None:
    """Ten calls between two clients; what is stored has neither token nor address in it."""
    api = await serve(say(200, {}, headers={"X-RateLimit-Limit": "10, 10;w=3600"}))
    auth = BasicAuth("ada@example.com", TOKEN)
    both = [
        await client(api.url, auth=auth, quota=Quota.redis(server.url), max_wait=0) for _ in "ab"
    ]
    ends = []
    for n in range(24):
        call = both[n % 2].request("GET", "/repositories/acme")
        ends += await asyncio.gather(call, return_exceptions=True)
    assert len(api.heard) == 10
    assert sum(isinstance(end, RateLimitedError) for end in ends) == 14
    assert both[0].quota["api"].remaining == both[1].quota["api"].remaining == 0
    with redis.Redis.from_url(server.url) as inside:
        keys = inside.keys("*")
        stored = b" ".join([*keys, *(b" ".join(inside.lrange(key, 0, -1)) for key in keys)])
    assert [key.decode() for key in keys] == [f"bbasync:{whose(await auth.authorization())}/api"]
    for secret in (TOKEN, "ada", (await auth.authorization()).split()[1]):
        assert secret.encode() not in stored


async def test_a_pause_reaches_the_other_processes(
    server: Server, serve: Any, client: Any, say: Any, time: Any
) -> None:
    """One was answered 429; the other, a second later, waits as well and calls when it is over."""
    came: list[float] = []

    def answer(_: Any) -> Any:
        came.append(time.now)
        if len(came) == 2:
            return say(429, body=b"", headers={"Retry-After": "60"})
        return say(200, {})

    api = await serve(by=answer)
    auth = BasicAuth("ada@example.com", TOKEN)
    paused = asyncio.Event()
    one, two = [
        await client(
            api.url,
            auth=auth,
            quota=Quota.redis(server.url),
            on_event=lambda event: paused.set() if event.kind == "throttled" else None,
        )
        for _ in "ab"
    ]
    start = time.now
    await two.request("GET", "/repositories/acme")
    refused = asyncio.create_task(one.request("GET", "/repositories/acme"))
    await paused.wait()
    time.now += 1.5
    await two.request("GET", "/repositories/acme")
    await refused
    assert came[:2] == [start] * 2
    assert len(came) == 4
    assert min(came[2:]) >= start + 60


async def test_a_pause_that_is_over_leaves_nothing(server: Server, store: Any, time: Any) -> None:
    """Whoever asks a second after its end may call; Redis has forgotten it in time."""
    one, two = store(server.url), store(server.url)
    await one.pause(KEY, time.now + 5)
    assert not await two.hit(KEY, 10, 60)
    assert two.paused_until(KEY) == time.now + 5
    time.now += 5.5
    assert await two.hit(KEY, 10, 60)
    await one.pause(KEY, time.now - 1)
    with redis.Redis.from_url(server.url) as inside:
        assert 0 < inside.pttl(f"bbasync:pause/{KEY}") <= 5000


async def test_without_redis_each_counts_alone_and_says_so_once(
    server: Server, store: Any, time: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """What was counted is not forgotten, not even when Redis comes back without it."""
    caplog.set_level(logging.INFO, logger="bbasync")
    one = store(server.url)
    assert sum([await one.hit(KEY, 5, 3600) for _ in range(3)]) == 3
    server.stop()
    assert sum([await one.hit(KEY, 5, 3600) for _ in range(9)]) == 2
    assert await one.room_at(KEY, 5, 3600) == pytest.approx(time.now + 3600, abs=1)
    time.now += 31
    assert not await one.hit(KEY, 5, 3600)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "counted by this process alone" in caplog.text
    server.start()
    time.now += 31
    assert not await one.hit(KEY, 5, 3600)
    assert await one.hit(KEY, 6, 3600)
    assert "Redis is there again" in caplog.text


async def test_calls_go_on_without_redis(serve: Any, client: Any, say: Any) -> None:
    """Nobody listens there: the calls work, and are counted here."""
    api = await serve(say(200, {}, headers={"X-RateLimit-Limit": "3, 3;w=3600"}))
    quota = Quota.redis(f"redis://127.0.0.1:{free_port()}/0")
    bb = await client(api.url, quota=quota, max_wait=0)
    await bb.request("GET", "/repositories/acme")
    ends = [bb.request("GET", f"/repositories/acme/{n}") for n in range(4)]
    ends = await asyncio.gather(*ends, return_exceptions=True)
    assert sum(isinstance(end, RateLimitedError) for end in ends) == 2
    assert len(api.heard) == 3


async def test_cancelling_who_asks_redis_lets_the_others_go(server: Server, time: Any) -> None:
    """A place that is given back while Redis is asked is seen by who waits for it."""
    limiter = Quota.redis(server.url).limiter(time, time.sleep, float)
    user = object()
    limiter.begin(user)
    lane, terms = limiter.lane("somebody", "api"), Terms(most=1)
    asking = asyncio.ensure_future(lane.admit(terms, urgent=False))
    await asyncio.sleep(0)
    hold = await lane.admit(terms, urgent=False)
    ticket = lane.line.join((True, 1), terms)
    assert hold is not None
    waiting = asyncio.ensure_future(ticket.pause(hold.seconds, time.sleep))
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.wait_for(waiting, 1)
    assert lane.in_flight == 0
    await limiter.end(user)


async def test_redis_is_asked_by_few_at_a_time(
    server: Server, store: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Many credentials at once need no more connections than redis-py allows."""
    one = store(server.url)
    taken = await asyncio.gather(*(one.hit(f"tenant{n}/api", 10, 60) for n in range(300)))
    assert (sum(taken), caplog.records) == (300, [])
    with redis.Redis.from_url(server.url) as inside:
        assert len(inside.keys("*")) == 300


async def test_a_connection_that_redis_closed_is_made_anew(
    server: Server, store: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Redis closes what is idle: no reason to say that it is away."""
    one = store(server.url)
    assert await one.hit(KEY, 10, 60)
    with redis.Redis.from_url(server.url) as inside:
        inside.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        assert await one.hit(KEY, 10, 60)
        assert inside.llen(f"bbasync:{KEY}") == 2
    assert caplog.records == []


async def test_a_shorter_pause_ends_no_longer_one(server: Server, store: Any, time: Any) -> None:
    """Two were answered 429 and told different waits: a third hears of the longer one."""
    one, two, three = (store(server.url) for _ in range(3))
    await one.pause(KEY, time.now + 600)
    await two.pause(KEY, time.now + 30)
    assert not await three.hit(KEY, 10, 60)
    assert three.paused_until(KEY) == time.now + 600


async def test_what_is_no_time_is_no_pause(server: Server, store: Any) -> None:
    """Another program's value under that name fails no call."""
    with redis.Redis.from_url(server.url) as inside:
        inside.set(f"bbasync:pause/{KEY}", "soon")
    assert await store(server.url).hit(KEY, 10, 60)


async def test_calls_of_the_other_processes_are_not_taken_off_twice(
    server: Server, store: Any, time: Any
) -> None:
    """What remains as an answer says is compared with what all have counted by then."""
    one, two = (
        Lane(KEY, "api", store(server.url), time, float, 100, 3600, told=True) for _ in range(2)
    )
    for lane, calls in ((one, 1), (two, 50)):
        for _ in range(calls):
            assert await lane.admit(TERMS, urgent=False) is None
            lane.returned(TERMS)
    time.now += 0.5
    assert await one.admit(TERMS, urgent=False) is None
    one.heard(Told(limit=100, remaining=38), time.now, good=True)
    one.returned(TERMS)
    await one.share()
    assert (one.snapshot().used, one.snapshot().remaining) == (62, 38)  # 10 are of people
    left = 0
    while await one.admit(TERMS, urgent=False) is None:
        one.returned(TERMS)
        left += 1
    assert left == 38


async def test_a_redis_that_does_not_answer_holds_up_nobody_for_long(
    server: Server, serve: Any, client: Any, say: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Calls go on, whoever is cancelled meanwhile leaves nothing, and the client can be closed."""
    monkeypatch.setattr(shared, "_SLOWEST", 0.2)
    api = await serve(say(200, {}))
    quota = Quota.redis(server.url)
    bb = await client(api.url, auth=BasicAuth("ada@example.com", TOKEN), quota=quota)
    await bb.request("GET", "/repositories/acme")
    with server.frozen():
        calls = [bb.request("GET", f"/repositories/acme/{n}") for n in range(60)]
        tasks = [asyncio.create_task(one) for one in calls]
        for _ in range(10):  # they are on their way to Redis, and none can be done yet
            await asyncio.sleep(0)
        for task in tasks[::3]:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        assert sum(not isinstance(end, BaseException) for end in ends) == 40
        lane = bb._transport.gate.limiter.lane(bb._transport.gate.who, "api")
        assert lane.idle
        await asyncio.wait_for(bb.aclose(), 2)


async def test_an_event_loop_that_ended_is_left_behind(server: Server, store: Any) -> None:
    """Its connections, which nobody closed, are not tried one after another in the next loop."""
    one = store(server.url)
    before = one._storage

    async def dead() -> None:
        raise RuntimeError("Event loop is closed")

    assert await one._asked(dead) is None
    assert one._storage is not before


@pytest.mark.parametrize(
    "address",
    ["", "localhost", "http://localhost", "redis://", "redis://:p@", "redis://a,b", "redis+x://a"],
)
def test_what_is_no_address_is_told_at_once(address: str) -> None:
    """Before any call."""
    with pytest.raises(ConfigurationError, match="redis://host"):
        Quota.redis(address)


@pytest.mark.parametrize("options", ["colour=blue", "socket_timeout=soon"])
def test_an_option_that_nobody_knows_is_told_at_once(options: str) -> None:
    """Before any call, and without the address."""
    with pytest.raises(ConfigurationError, match="options") as caught:
        Quota.redis(f"redis://:secret@localhost/0?{options}")
    assert "secret" not in str(caught.value)
