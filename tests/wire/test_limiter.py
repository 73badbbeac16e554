"""The limiter by itself, on a clock that waiting moves on."""

from __future__ import annotations

import asyncio
import base64
import gc
import heapq
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from attrs import define, field
from hypothesis import given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict
from yarl import URL

from bbasync.errors import AmbiguousWriteError, ConfigurationError, RateLimitedError
from bbasync.wire.budget import Budget, Hold, Terms
from bbasync.wire.calls import Call
from bbasync.wire.counting import Quota
from bbasync.wire.groups import DOCUMENTED
from bbasync.wire.interactive import interactive
from bbasync.wire.lane import Lane
from bbasync.wire.limiter import Limiter, whose
from bbasync.wire.message import Answer, Request, Safety
from bbasync.wire.quota import Told, moment
from bbasync.wire.redirect import Hop
from bbasync.wire.turn import Gate, Turn
from bbasync.wire.window import Local

START = 1_800_000_000.0
TOKEN = "Bearer ATCTT-secret"


@define(eq=False)
class Clock:
    """Time that passes only when every task waits for it."""

    now: float = START
    _sleepers: list[tuple[float, int, asyncio.Future[None]]] = field(factory=list)
    _count: int = 0

    def __call__(self) -> float:
        """Seconds since 1970."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Wait until `run` has come so far."""
        wake = asyncio.get_running_loop().create_future()
        self._count += 1
        heapq.heappush(self._sleepers, (self.now + seconds, self._count, wake))
        await wake

    async def run(self, until: float = float("inf")) -> None:
        """Let time pass, until nobody sleeps."""
        await settle()
        while self._sleepers and self._sleepers[0][0] <= START + until:
            at, _, wake = heapq.heappop(self._sleepers)
            if not wake.done():
                self.now = max(self.now, at)
                wake.set_result(None)
                await settle()
        self.now = max(self.now, START + until) if until != float("inf") else self.now


async def settle() -> None:
    """Let everybody do what can be done now."""
    for _ in range(40):
        await asyncio.sleep(0)


@define(eq=False)
class Bench:
    """One client's gate, and calls that note when they were let go."""

    terms: Terms = field(factory=lambda: Terms(max_wait=float("inf")))
    quota: Quota = field(factory=Quota.local)
    clock: Clock = field(factory=Clock)
    jitter: Callable[[], float] = lambda: 0.0
    sent: list[tuple[float, int]] = field(factory=list)
    held: list[Hold] = field(factory=list)
    gate: Gate = field(init=False)

    def __attrs_post_init__(self) -> None:
        limiter = self.quota.limiter(self.clock, self.clock.sleep, self.jitter)
        self.gate = Gate(limiter, self.terms)

    def turn(self, path: str = "/repositories/a", **options: Any) -> Turn:
        """One exchange."""
        url = URL(f"https://api.bitbucket.org/2.0{path}")
        method = options.pop("method", "GET")
        request = Request(method, path, **options)
        call = Call(request, url, 0.0, attempt=1)
        return self.gate.turn(call, Hop(method, url, credential=True), self.held.append)

    async def call(
        self,
        headers: Mapping[str, str] | None = None,
        *,
        status: int = 200,
        takes: float = 0.0,
        auth: str | None = TOKEN,
        path: str = "/repositories/a",
    ) -> float:
        """Make a call whose answer has *headers* and comes after *takes* seconds."""
        turn = self.turn(path)
        number = turn._call.number
        await turn.take(auth)
        answer = None
        try:
            at = self.clock.now
            turn._call.out = True
            self.sent.append((at, number))
            if takes:
                await self.clock.sleep(takes)
            answer = Answer(status, CIMultiDict(headers or {}), b"", "GET", path)
        finally:
            turn.end(answer)
        return at

    @property
    def budget(self) -> Budget:
        """The only one."""
        (found,) = self.gate.budgets().values()
        return found

    async def all(self, *calls: Any) -> list[Any]:
        """Make calls at once, and let time pass until they are done."""
        tasks = [asyncio.ensure_future(one) for one in calls]
        await self.clock.run()
        return await asyncio.gather(*tasks, return_exceptions=True)


def limited(limit: int, window: int = 3600, **more: Any) -> dict[str, str]:
    """Headers that tell a limit."""
    found = {"X-RateLimit-Limit": f"{limit}, {limit};w={window}"}
    return found | {f"X-RateLimit-{name}": str(value) for name, value in more.items()}


@pytest.fixture
def bench() -> Bench:
    """One client's way through the limiter."""
    return Bench()


async def test_calls_beyond_the_published_limit_wait_until_there_is_room(bench: Bench) -> None:
    """Of 1,001 calls 1,000 go at once, and the last one when the hour is over."""
    ends = await bench.all(*(bench.call() for _ in range(1001)))
    assert sorted(ends)[:1000] == [START] * 1000
    assert START + 3600 < max(ends) < START + 3660


async def test_sixty_anonymous_calls_are_all_there_are_in_all_groups(bench: Bench) -> None:
    """Without a credential everything counts together."""
    paths = ["/repositories/a", "/workspaces/a", "/repositories/a/b/hooks"]
    calls = [bench.call(auth=None, path=paths[n % 3]) for n in range(61)]
    ends = await bench.all(*calls)
    assert sum(end == START for end in ends) == 60
    assert list(bench.gate.budgets()) == ["anonymous"]


async def test_groups_and_credentials_have_budgets_of_their_own(bench: Bench) -> None:
    """One that is used up holds no call of another."""
    await bench.all(*(bench.call() for _ in range(1000)))
    others = [bench.call(path="/repositories/a/b/hooks"), bench.call(auth="Bearer other")]
    assert await bench.all(*others) == [START, START]


async def test_an_assumed_limit_holds_nothing_back_elsewhere_than_at_bitbucket() -> None:
    """A fake, a proxy or a test server has other limits; what it tells itself is respected."""
    bench = Bench(Terms(max_wait=0, strict=False))
    assert set(await bench.all(*(bench.call() for _ in range(1500)))) == {START}
    assert (bench.budget.used, bench.budget.remaining) == (1500, 0)
    await bench.all(bench.call(limited(2000)))
    ends = await bench.all(*(bench.call() for _ in range(600)))
    assert sum(end == START for end in ends) == 499
    assert sum(isinstance(end, RateLimitedError) for end in ends) == 101


async def test_a_wait_beyond_max_wait_is_an_error_before_anything_is_sent() -> None:
    """The error is a 429 that says whose it is, and when it is worth another try."""
    bench = Bench(Terms(max_wait=120))
    await bench.all(bench.call(limited(5, Remaining=0, Reset=745)))
    (error,) = await bench.all(bench.call())
    assert isinstance(error, RateLimitedError)
    assert (error.status, error.attempts, len(bench.sent)) == (429, 0, 1)
    assert "not sent, but held back by this client's own limiter" in str(error)
    assert error.reset_at is not None
    assert error.reset_at.timestamp() == pytest.approx(START + 745, abs=0.1)


async def test_waits_of_one_call_are_added_up() -> None:
    """max_wait is for all waits together, wherever in line a call was."""
    bench = Bench(Terms(max_wait=100, most=1))
    first = asyncio.ensure_future(bench.call({"Retry-After": "60"}, status=429))
    rest = [asyncio.ensure_future(bench.call({"Retry-After": "60"}, status=429)) for _ in range(3)]
    await bench.clock.run()
    await asyncio.gather(first, *rest, return_exceptions=True)
    assert [at - START for at, _ in bench.sent] == [0, 60]
    assert sum(isinstance(one.exception(), RateLimitedError) for one in rest) == 2


async def test_a_write_in_doubt_that_is_held_back_stays_in_doubt() -> None:
    """The limiter's refusal of a repetition does not hide that the first try may have worked."""
    bench = Bench(Terms(max_wait=0))
    await bench.all(bench.call(status=429))
    turn = bench.turn(method="PUT", safety=Safety.REPEATABLE)
    turn._call.lost = True
    with pytest.raises(AmbiguousWriteError, match="held back"):
        await turn.take(TOKEN)


async def test_whoever_asks_first_goes_first(bench: Bench) -> None:
    """Calls leave the line in the order in which they came."""
    await bench.all(bench.call(limited(10)))
    await bench.all(*(bench.call(limited(10), takes=1.0) for _ in range(200)))
    numbers = [number for _, number in bench.sent]
    assert numbers == sorted(numbers)
    assert_within(bench.sent, 10, 3600)


async def test_what_others_use_is_taken_off(bench: Bench) -> None:
    """A smaller number that remains is believed, and lasts as long as the service's window."""
    await bench.all(bench.call(limited(100, Remaining=10, Reset=600)))
    assert (bench.budget.used, bench.budget.remaining) == (90, 10)
    ends = await bench.all(*(bench.call(takes=0.1) for _ in range(11)))
    assert max(ends) == pytest.approx(START + 600, abs=0.1)


async def test_a_larger_number_that_remains_gives_nothing_back(bench: Bench) -> None:
    """The service may not have counted yet what is under way."""
    await bench.all(*(bench.call() for _ in range(50)))
    await bench.all(bench.call(limited(100, Remaining=99)))
    assert (bench.budget.limit, bench.budget.remaining) == (100, 49)


async def test_an_old_answer_that_comes_late_undoes_nothing(bench: Bench) -> None:
    """Limit and remaining calls stay as the later call has found them."""
    old = asyncio.ensure_future(bench.call(limited(1000, Remaining=900), takes=50))
    await bench.clock.run(1)
    await bench.call(limited(80, Remaining=3))
    await bench.clock.run()
    await old
    assert (bench.budget.limit, bench.budget.remaining) == (80, 3)


async def test_near_the_limit_less_than_a_fifth_remains(bench: Bench) -> None:
    """Access tokens are told no more than that."""
    near = {
        "X-RateLimit-Limit": "1000",
        "X-RateLimit-Resource": "api",
        "X-RateLimit-NearLimit": "true",
    }
    await bench.all(bench.call(near))
    assert (bench.budget.source, bench.budget.remaining) == ("told", 199)


async def test_a_higher_limit_that_is_told_lets_those_in_line_go(bench: Bench) -> None:
    """The limit of a large workspace is learned from the first answer that comes."""
    tasks = [asyncio.ensure_future(bench.call(limited(8370), takes=5)) for _ in range(20)]
    tasks += [asyncio.ensure_future(bench.call(takes=0.1)) for _ in range(1480)]
    await bench.clock.run()
    ends = await asyncio.gather(*tasks)
    assert max(ends) < START + 60


async def test_the_service_s_name_of_a_group_is_learned(bench: Bench) -> None:
    """Where it counts hooks as `api`, so does the client from then on."""
    named = limited(10, Remaining=2, Resource="api")
    await bench.all(bench.call(named, path="/repositories/a/b/hooks"))
    assert bench.gate.budgets()["api"].remaining == 2
    ends = await bench.all(*(bench.call(path="/repositories/a/b/hooks") for _ in range(3)))
    assert max(ends) > START
    assert bench.gate.budgets()["webhooks"].used == 1


async def test_a_429_stops_everybody_and_one_probes_first() -> None:
    """Of a thousand tasks those under way are refused; then one a pause, twice as long each."""
    bench = Bench(Terms(max_wait=float("inf"), strict=False))
    refusing = [True]

    async def call() -> None:
        while True:
            turn = bench.turn()
            await turn.take(TOKEN)
            bench.sent.append((bench.clock.now, turn._call.number))
            await bench.clock.sleep(0.2)
            status = 429 if bench.clock.now < START + 100 else 200
            turn.end(Answer(status, CIMultiDict(), b"", "GET", "/"))
            if status == 200:
                return
            refusing.append(True)

    await bench.all(*(call() for _ in range(1000)))
    early = [round(at - START, 1) for at, _ in bench.sent if at < START + 100]
    assert early == [0.0] * 20 + [30.2, 90.4]
    assert len(bench.sent) == 1022
    assert len(refusing) == 23


async def test_a_told_pause_is_as_long_as_told_while_calls_work_between() -> None:
    """It grows only where the next call is refused again: then what was told was too little."""
    bench = Bench(Terms(max_wait=float("inf")))
    told = {"Retry-After": "2"}
    for _ in range(20):
        await bench.all(bench.call(told, status=429), bench.call())
    assert bench.clock.now - START == pytest.approx(40, abs=5)
    for _ in range(3):
        await bench.all(bench.call(told, status=429))
    start = bench.clock.now
    await bench.all(bench.call())
    assert bench.clock.now - start == pytest.approx(8, abs=1)


async def test_those_a_pause_stopped_come_back_spread_out() -> None:
    """Not all at once: a few, then more, at random within a tenth of the pause."""
    chance = deque((n * 7 % 100) / 100 for n in range(100))

    def jitter() -> float:
        chance.rotate(1)
        return chance[0]

    bench = Bench(Terms(max_wait=float("inf"), most=100), jitter=jitter)
    await bench.all(bench.call(status=429))
    ends = await bench.all(*(bench.call() for _ in range(100)))
    assert START + 30 <= min(ends) <= START + 33
    assert max(ends) - min(ends) > 1.5
    assert len(set(ends)) > 90


async def test_refusals_of_one_wave_are_one_pause(bench: Bench) -> None:
    """Twenty 429s to calls that were under way double nothing, and a longer wait counts."""
    told = [{}] * 19 + [{"Retry-After": "50"}]
    tasks = [asyncio.ensure_future(bench.call(one, status=429, takes=1)) for one in told]
    await bench.clock.run(1)
    await asyncio.gather(*tasks)
    assert bench.budget.paused_until == moment(START + 51)


async def test_a_call_that_waits_for_a_connection_is_recalled(bench: Bench) -> None:
    """It was let go before the 429 came, and asks again, uncounted so far."""
    turn = bench.turn()
    await turn.take(TOKEN)
    assert not turn.recalled()
    await bench.call(status=429)
    assert turn.recalled()
    assert bench.budget.used == 1
    assert bench.gate.limiter.lane(whose(TOKEN), "api").in_flight == 0


async def test_after_a_quiet_time_a_429_is_the_first_again(bench: Bench) -> None:
    """Only those in a row double the pause."""
    await bench.call(status=429)
    bench.clock.now += 30
    await bench.call()
    bench.clock.now += 600
    await bench.call(status=429)
    assert bench.budget.paused_until == moment(bench.clock.now + 30)


@pytest.mark.parametrize("value", ["1e300", "99999999999"])
async def test_no_pause_is_longer_than_a_window(bench: Bench, value: str) -> None:
    """Nonsense in one answer stops nobody for ever."""
    await bench.call({"Retry-After": value}, status=429)
    assert bench.budget.paused_until == moment(START + 3600)


async def test_the_reserve_is_for_interactive_calls() -> None:
    """Others stop at their share; a call in the block goes on, and before those in line."""
    bench = Bench(Terms(max_wait=float("inf"), reserve=0.2))
    await bench.all(bench.call(limited(10)))
    crowd = [asyncio.ensure_future(bench.call()) for _ in range(9)]
    await bench.clock.run(1)
    assert len(bench.sent) == 8
    with interactive():
        urgent = [asyncio.ensure_future(bench.call()) for _ in range(2)]
    await bench.clock.run(2)
    assert all(one.done() for one in urgent)
    assert len(bench.sent) == 10
    await bench.clock.run()
    await asyncio.gather(*crowd)
    assert_within(bench.sent, 10, 3600)


async def test_cancelling_who_waits_leaves_nothing(bench: Bench) -> None:
    """No task, no place in line and no call that was counted; the others go on in order."""
    before = asyncio.all_tasks()
    await bench.all(bench.call(limited(3, Remaining=0, Reset=50)))
    tasks = [asyncio.ensure_future(bench.call()) for _ in range(300)]
    await settle()
    assert len(asyncio.all_tasks() - before) == 301  # and one that looks at the clock
    for task in [*tasks[:150], *tasks[151:299]]:
        task.cancel()
    await settle()
    await bench.clock.run()
    await asyncio.gather(tasks[150], tasks[299])
    lane = bench.gate.limiter.lane(whose(TOKEN), "api")
    assert asyncio.all_tasks() == before
    assert (lane.line.count, lane.in_flight, len(lane.line._lines)) == (0, 0, 0)
    assert [round(at - START, 2) for at, _ in bench.sent] == [0, 50, 50]


async def test_thousands_wait_with_one_timer(bench: Bench) -> None:
    """Only the first in line looks at the clock."""
    await bench.all(bench.call(limited(5, Remaining=0, Reset=50)))
    tasks = [asyncio.ensure_future(bench.call()) for _ in range(5000)]
    await settle()
    assert len(bench.clock._sleepers) == 1
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_renewing_a_credential_passes_by(bench: Bench) -> None:
    """A request that is not counted neither waits nor shows."""
    await bench.call(status=429)
    turn = bench.turn(counted=False)
    assert not await turn.take(TOKEN)
    turn.end(Answer(429, CIMultiDict(), b"", "GET", "/"))
    assert (bench.budget.used, turn._call.paused) == (1, None)


async def test_off_is_off() -> None:
    """Nothing is counted, and nothing held."""
    bench = Bench(quota=Quota.off())
    await bench.all(*(bench.call(status=429) for _ in range(2000)))
    assert (len(bench.sent), bench.gate.budgets()) == (2000, {})


async def test_clients_of_one_quota_share_it() -> None:
    """The same object, the same credential: the same count."""
    one = Bench()
    two = Bench(quota=one.quota, clock=one.clock)
    two.gate = Gate(one.gate.limiter, Terms())
    await one.all(*(one.call() for _ in range(600)))
    await two.all(*(two.call() for _ in range(300)))
    assert one.budget.used == two.budget.used == 900


def test_a_limiter_is_shared_by_those_on_its_clock() -> None:
    """Clients of one process are; a test with its own clock is not."""
    quota, clock = Quota.local(), Clock()
    assert quota.limiter(clock, clock.sleep, float) is quota.limiter(clock, clock.sleep, float)
    assert quota.limiter(Clock(), clock.sleep, float) is not quota.limiter(
        clock, clock.sleep, float
    )


def test_whose_calls_they_are_is_a_hash() -> None:
    """Nothing of the credential is in it; all tokens of a person are one, and each bearer's own."""

    def basic(text: str) -> str:
        return "Basic " + base64.b64encode(text.encode()).decode()

    assert whose(basic("a@b.c:one")) == whose(basic("A@b.c:two")) != whose(basic("d@b.c:one"))
    assert whose("Bearer one") != whose("Bearer two")
    assert whose(None) == "anonymous"
    for value in (TOKEN, basic("a@b.c:one"), "Basic ???", "Basic", "JWT x", "\udcff"):
        assert len(whose(value)) == 32
        assert set(whose(value)) <= set("0123456789abcdef")


async def test_budgets_nobody_uses_are_forgotten(bench: Bench) -> None:
    """A server with ever new credentials keeps those of the last hour."""
    for n in range(300):
        await bench.call(auth=f"Bearer {n}")
    bench.clock.now += 4000
    await bench.call(auth="Bearer last")
    assert len(bench.gate.limiter._lanes) == 1


def test_a_quota_shows_no_address() -> None:
    """A Redis address may hold a password."""
    assert "secret" not in repr(Quota.redis("redis://:secret@localhost/0"))
    for address in ("http://:secret@host", "redis://:secret@", "redis://:secret@host:port/0"):
        with pytest.raises(ConfigurationError) as caught:
            Quota.redis(address)
        assert "secret" not in str(caught.value)


def other(bench: Bench, **terms: Any) -> Bench:
    """Another client that shares the budget."""
    found = Bench(Terms(**terms), quota=bench.quota, clock=bench.clock, jitter=bench.jitter)
    assert found.gate.limiter is bench.gate.limiter
    return found


async def test_an_impatient_client_does_not_wait_behind_a_patient_one(bench: Bench) -> None:
    """Each is refused by its own max_wait, at once, wherever in line it stands."""
    hasty = other(bench, max_wait=5)
    await bench.all(bench.call(limited(3, Remaining=0)))
    patient = asyncio.ensure_future(bench.call())
    await settle()
    refused = asyncio.ensure_future(hasty.call())
    await settle()
    assert refused.done()
    assert isinstance(refused.exception(), RateLimitedError)
    await bench.clock.run()
    assert await patient >= START + 3600


async def test_a_client_s_reserve_holds_no_other_client_back(bench: Bench) -> None:
    """Who may use half waits; who may use all goes past it, and neither goes over the limit."""
    half = Bench(Terms(max_wait=float("inf"), reserve=0.5), clock=bench.clock)
    whole = other(half, max_wait=float("inf"))
    await half.call(limited(10))
    crowd = [asyncio.ensure_future(half.call()) for _ in range(6)]
    await settle()
    ends = [asyncio.ensure_future(whole.call()) for _ in range(6)]
    await half.clock.run(1)
    assert [one.done() for one in crowd] == [True] * 4 + [False] * 2
    assert [one.done() for one in ends] == [True] * 5 + [False]
    await half.clock.run()
    await asyncio.gather(*crowd, *ends)
    assert_within([*half.sent, *whole.sent], 10, 3600)


async def test_a_client_with_one_connection_holds_no_other_client_back(bench: Bench) -> None:
    """It waits for its own call, and goes when that is over; others are not behind it."""
    narrow = other(bench, most=1)
    slow = asyncio.ensure_future(bench.call(takes=600))
    calls = [asyncio.ensure_future(narrow.call(takes=10)) for _ in range(2)]
    quick = asyncio.ensure_future(bench.call())
    await bench.clock.run(1)
    assert quick.done()
    await bench.clock.run(21)
    assert [await one for one in calls] == [START, START + 10]
    await bench.clock.run()
    await slow


async def test_who_is_never_first_does_not_wait_for_ever() -> None:
    """Interactive calls without end go before it; after max_wait it is told so."""
    bench = Bench(Terms(max_wait=100))
    for _ in range(2):
        await bench.call(limited(2, 60))
    late = asyncio.ensure_future(bench.call())

    async def urgent(after: float) -> None:
        await bench.clock.sleep(after)
        with interactive():
            await bench.call()

    crowd = [asyncio.ensure_future(urgent(20.0 * n)) for n in range(50)]
    await bench.clock.run(160)
    assert late.done()
    assert isinstance(late.exception(), RateLimitedError)
    for task in crowd:
        task.cancel()
    await asyncio.gather(*crowd, return_exceptions=True)


async def test_waits_before_count_for_those_who_are_not_first() -> None:
    """Behind somebody who may wait 100 s, a call that has waited 50 of its 120 s is refused."""
    bench = Bench(Terms(max_wait=120))
    await bench.call(limited(5, Remaining=0, Reset=100))
    turns = [bench.turn(), bench.turn()]
    turns[1]._call.waited = 50
    first, second = [asyncio.ensure_future(turn.take(TOKEN)) for turn in turns]
    await settle()
    assert (first.done(), second.done()) == (False, True)
    assert isinstance(second.exception(), RateLimitedError)
    await bench.clock.run()
    await first


async def test_a_credential_that_is_another_one_each_time_ends_as_well(bench: Bench) -> None:
    """Nobody pauses a new credential; what the 429 told to wait is counted nevertheless."""
    turn = bench.turn()
    for n in range(3):
        assert not await turn.take(f"JWT {n}")
        turn.end(Answer(429, CIMultiDict(), b"", "GET", "/"))
    assert turn._call.waited == 60


@pytest.mark.parametrize("what", ["count", "pause", "others"])
async def test_a_clock_that_is_set_back_adds_nothing_to_a_wait(bench: Bench, what: str) -> None:
    """Two hours back, and a call waits for no more than it would have."""
    told = {"count": limited(1, 60), "others": limited(5, 60, Remaining=0)}.get(what, {})
    await bench.call(told, status=429 if what == "pause" else 200)
    await settle()
    bench.clock.now -= 7200
    assert bench.budget.used >= 1
    (end,) = await bench.all(bench.call())
    assert end - (START - 7200) < 62


async def test_a_computer_that_slept_looks_again(bench: Bench) -> None:
    """Its timers slept as well: whoever waits sees within minutes that there is room."""
    await bench.call(limited(1))
    waiting = asyncio.ensure_future(bench.call())
    await bench.clock.run(1)
    bench.clock.now += 4000
    sleepers = sorted(at for at, _, wake in bench.clock._sleepers if not wake.done())
    assert sleepers[0] <= START + 300
    await bench.clock.run()
    assert await waiting == START + 4001


async def test_what_remains_without_a_limit_is_no_limit_for_ever(bench: Bench) -> None:
    """Of "0 remain" it is concluded that 1 call is all there is, until more remain."""
    await bench.call({"X-RateLimit-Remaining": "0"}, path="/user")
    bench.clock.now += 4000
    await bench.call({"X-RateLimit-Remaining": "59"}, path="/user")
    assert (bench.budget.limit, bench.budget.remaining) == (60, 59)


async def test_calls_under_way_are_no_proof_of_a_larger_limit(bench: Bench) -> None:
    """Ten at once, of 60 an hour: the first answer that comes has perhaps seen only one."""
    turns = [bench.turn("/user") for _ in range(10)]
    for turn in turns:
        await turn.take(TOKEN)
    for n, turn in enumerate(turns):
        turn.end(Answer(200, CIMultiDict({"X-RateLimit-Remaining": f"{59 - n}"}), b"", "GET", "/"))
        assert bench.budget.limit == 60
    assert bench.budget.remaining == 50


async def test_a_limit_that_nobody_repeats_is_forgotten(bench: Bench) -> None:
    """One stray answer must not hold a credential to 60 an hour for ever."""
    await bench.call(limited(60))
    bench.clock.now += 3000
    await bench.call()
    assert (bench.budget.limit, bench.budget.source) == (60, "told")
    bench.clock.now += 3000
    await bench.call()
    assert (bench.budget.limit, bench.budget.source) == (1000, "assumed")


async def test_an_unknown_credential_is_told_nobody_s_budget(bench: Bench) -> None:
    """With its 401 come the headers of the address that it was sent from."""
    await bench.call(limited(60, Remaining=0), status=401)
    assert (bench.budget.limit, bench.budget.remaining) == (1000, 999)


async def test_a_larger_budget_under_another_name_wakes_its_line(bench: Bench) -> None:
    """The service's answer to one group tells that another has more than was thought."""
    await bench.all(*(bench.call() for _ in range(1000)))
    waiting = asyncio.ensure_future(bench.call())
    await settle()
    await bench.call(limited(8370, Resource="api"), path="/repositories/a/b/hooks")
    await settle()
    assert waiting.done()


async def test_a_larger_budget_is_seen_by_who_asks_the_store_meanwhile(bench: Bench) -> None:
    """The wake-up came while it was being refused: it looks once more before it sleeps."""

    class Slow(Local):
        async def room_at(self, key: str, limit: int, seconds: int) -> float:
            lane.heard(Told(limit=100), bench.clock.now, good=True)
            lane.line.wake()
            return await super().room_at(key, limit, seconds)

    lane = Lane("a/api", "api", Slow(bench.clock), bench.clock, float, 1, 3600)
    assert await lane.admit(bench.terms, urgent=False) is None
    assert await lane.admit(bench.terms, urgent=False) == Hold(0.0)
    assert await lane.admit(bench.terms, urgent=False) is None


async def test_a_call_that_was_not_made_takes_no_other_one_s_time(bench: Bench) -> None:
    """It waited for a connection and was given up: the one that was sent later still counts."""
    store = Local(bench.clock)
    for _ in range(2):
        assert await store.hit("a", 2, 60)
        bench.clock.now += 50
    store.undo("a", START + 1e-4)
    assert store.count("a", 2, 60) == (START + 50, 1)


async def test_room_that_is_there_is_there_now(bench: Bench) -> None:
    """A call that has just left the window makes nobody wait for the next one to do so."""
    store = Local(bench.clock)
    assert await store.hit("a", 2, 60)
    bench.clock.now += 50
    assert await store.hit("a", 2, 60)
    assert await store.room_at("a", 2, 60) == START + 60
    bench.clock.now += 11
    assert await store.room_at("a", 2, 60) == bench.clock.now


async def test_ever_new_credentials_are_no_work_for_each_other(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has called in the last hour is not looked at again for each newcomer."""
    looked = []
    monkeypatch.setattr(Lane, "idle", property(lambda _: looked.append(1)))
    for n in range(1000):
        await bench.call(auth=f"Bearer {n}")
    assert len(looked) <= 1000
    assert len(bench.gate.limiter._lanes) == 1000


async def test_a_pause_of_a_budget_that_was_only_named_is_not_forgotten(bench: Bench) -> None:
    """No call was made under that name yet, but it was told to wait."""
    await bench.call({"X-RateLimit-Resource": "api"}, status=429, path="/repositories/a/b/hooks")
    for n in range(300):
        await bench.call(auth=f"Bearer {n}")
    assert bench.gate.limiter.budgets(whose(TOKEN))["api"].paused_until == moment(START + 30)


def assert_within(sent: list[tuple[float, int]], limit: int, window: float) -> None:
    """No window of that length, wherever it starts, holds more than *limit* calls."""
    times = sorted(at for at, _ in sent)
    for first, last in zip(times, times[limit:], strict=False):
        assert last - first > window


@settings(max_examples=100)
@given(
    st.lists(st.floats(0, 400), min_size=1, max_size=60),
    st.integers(1, 12),
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "Remaining": st.integers(0, 20).map(str),
                "Reset": st.integers(0, 200).map(str),
                "NearLimit": st.sampled_from(["true", "false", "3"]),
            },
        ),
        min_size=1,
        max_size=10,
    ),
    st.floats(0, 30),
    st.floats(0, 0.9),
)
def test_no_schedule_goes_over_the_limit(
    arrivals: list[float],
    limit: int,
    answers: list[dict[str, str]],
    takes: float,
    reserve: float,
) -> None:
    """Whenever calls come and whatever answers say, no window holds more than the limit."""

    async def play() -> Bench:
        bench = Bench(Terms(max_wait=float("inf"), reserve=reserve))
        await bench.all(bench.call(limited(limit, 60)))

        async def one(n: int, after: float) -> None:
            await bench.clock.sleep(after)
            told = {f"X-RateLimit-{k}": v for k, v in answers[n % len(answers)].items()}
            await bench.call(limited(limit, 60) | told, takes=takes * (n % 3))

        await bench.all(*(one(n, after) for n, after in enumerate(arrivals)))
        return bench

    bench = asyncio.run(play())
    assert len(bench.sent) == len(arrivals) + 1
    assert_within(bench.sent, limit, 60)


@settings(max_examples=200)
@given(
    st.lists(
        st.tuples(
            st.floats(0, 200),
            st.sampled_from([0, 1]),
            st.sampled_from(["urgent", "other"]),
            st.floats(0, 5),
            st.none() | st.floats(0, 100),
        ),
        min_size=1,
        max_size=40,
    ),
    st.integers(1, 8),
    st.tuples(st.floats(0, 0.9), st.floats(0, 0.9)),
    st.tuples(st.integers(1, 3), st.integers(1, 20)),
    st.none() | st.floats(0, 200),
)
def test_no_client_stops_another(
    calls: list[tuple[float, int, str, float, float | None]],
    limit: int,
    reserves: tuple[float, float],
    most: tuple[int, int],
    patience: float | None,
) -> None:
    """Whatever two clients of one budget want and give up, all calls end, within the limit."""

    async def play() -> tuple[list[Bench], list[asyncio.Task[float]]]:
        first = Bench(Terms(float("inf"), reserves[0], most=most[0]))
        wait = float("inf") if patience is None else patience
        second = other(first, max_wait=wait, reserve=reserves[1], most=most[1])
        both, tasks = [first, second], []
        await first.all(first.call(limited(limit, 60)))

        async def one(who: Bench, after: float, takes: float, end: float | None) -> None:
            await first.clock.sleep(after)
            task = asyncio.ensure_future(who.call(limited(limit, 60), takes=takes))
            tasks.append(task)
            if end is not None:
                await first.clock.sleep(end)
                task.cancel()
            await asyncio.wait({task})

        def begin(after: float, who: int, kind: str, takes: float, end: float | None) -> Any:
            if kind == "other":
                return asyncio.ensure_future(one(both[who], after, takes, end))
            with interactive():
                return asyncio.ensure_future(one(both[who], after, takes, end))

        await first.all(*(begin(*call) for call in calls))
        return both, tasks

    both, tasks = asyncio.run(play())
    assert len(tasks) == len(calls)
    errors = [task.exception() for task in tasks if not task.cancelled()]
    assert {type(one) for one in errors} <= {type(None), RateLimitedError}
    assert patience is not None or not any(errors)
    assert_within([*both[0].sent, *both[1].sent], limit, 60)
    (lane,) = both[0].gate.limiter._lanes.values()
    assert (lane.idle, lane._mine, lane.line._lines) == (True, {}, {})


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.floats(0, 100), st.sampled_from([200, 200, 429, 500]), st.booleans()),
        min_size=1,
        max_size=20,
    ),
    st.integers(0, 3),
)
def test_no_cancellation_leaves_a_place(
    calls: list[tuple[float, int, bool]], remaining: int
) -> None:
    """After any mix of waits, refusals and cancellations nobody is under way or in line."""

    async def play() -> Limiter:
        bench = Bench(Terms(max_wait=float("inf"), most=2))
        await bench.all(bench.call(limited(5, 60, Remaining=remaining)))

        async def one(after: float, status: int, *, cancel: bool) -> None:
            await bench.clock.sleep(after)
            task = asyncio.ensure_future(bench.call(status=status, takes=after / 10))
            if cancel:
                await bench.clock.sleep(after / 20)
                task.cancel()
            await asyncio.wait({task})

        await bench.all(*(one(after, status, cancel=cut) for after, status, cut in calls))
        return bench.gate.limiter

    lanes = list(asyncio.run(play())._lanes.values())
    assert [(lane.idle, lane.in_flight, lane.line.count) for lane in lanes] == [(True, 0, 0)]
    gc.collect()


def test_every_group_has_a_window() -> None:
    """What is published has a length; limits are whole numbers or unknown."""
    assert all(window in {60, 3600} for _, window in DOCUMENTED.values())
