"""A client's budgets, against the fake that refuses what goes beyond its quota."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from attrs import define, field

from bbasync import BasicAuth, BearerAuth, Bitbucket
from bbasync.errors import ConfigurationError, RateLimitedError
from bbasync.fake import FakeBitbucket
from bbasync.wire.counting import Quota

HERE = "/repositories/acme"


@define(eq=False)
class Watched:
    """When which answers came, on the clock of the fake and the client."""

    clock: Any
    answers: list[tuple[float, int | None]] = field(factory=list)

    def __call__(self, event: Any) -> None:
        """Listen for answers."""
        if event.kind == "done" or (event.kind == "throttled" and event.status == 429):
            self.answers.append((self.clock.now, event.status))

    @property
    def refused(self) -> int:
        """How many 429s came."""
        return sum(status == 429 for _, status in self.answers)


@pytest.fixture
async def fake(time: Any) -> Any:
    """A fake on the test's clock, 100 calls an hour."""
    async with FakeBitbucket(quota=100) as running:
        running.store.clock = time
        yield running


def statuses(fake: FakeBitbucket) -> list[int]:
    """What the fake answered."""
    return [one.status for one in fake.requests]


async def many(bb: Bitbucket, count: int) -> list[Any]:
    """Make calls at once, none like another."""
    calls = [bb.request("GET", HERE, query={"n": n}) for n in range(count)]
    return await asyncio.gather(*calls, return_exceptions=True)


async def test_a_told_budget_is_never_overdrawn(fake: Any, client: Any) -> None:
    """An access token is told its limit: no call too many reaches the service."""
    bb = await client(fake.url, auth=BearerAuth(fake.access_token))
    await bb.request("GET", HERE)
    ends = await many(bb, 300)
    assert statuses(fake) == [200] * 100
    held = [end for end in ends if isinstance(end, RateLimitedError)]
    assert len(held) == 201
    assert all("own limiter" in str(error) and error.attempts == 0 for error in held)
    budget = bb.quota["api"]
    assert (budget.limit, budget.remaining, budget.source) == (100, 0, "told")
    assert budget.reset_at is not None
    assert budget.paused_until is None


async def test_anonymous_calls_know_their_budget(fake: Any, client: Any) -> None:
    """Sixty an hour, as the first answer says, whichever the group."""
    bb = await client(fake.url, max_wait=0)
    await asyncio.gather(bb.request("GET", HERE), return_exceptions=True)
    paths = [HERE, "/workspaces/acme", "/hook_events"]
    calls = [bb.request("GET", paths[n % 3], query={"n": n}) for n in range(90)]
    await asyncio.gather(*calls, return_exceptions=True)
    assert len(fake.requests) == 60
    assert 429 not in statuses(fake)
    assert bb.quota["anonymous"].remaining == 0


async def test_a_thousand_tasks_cause_few_429s(fake: Any, client: Any, time: Any) -> None:
    """A person is told nothing: those under way are refused, and then one after each pause."""
    watched = Watched(time)
    fake.store.quota = 1040
    bb = await client(
        fake.url, auth=BasicAuth(fake.email, fake.api_token), on_event=watched, max_wait=5000
    )
    await many(bb, 1000)
    ends = await many(bb, 1000)
    assert not any(isinstance(end, BaseException) for end in ends)
    assert watched.refused == statuses(fake).count(429) < 20 + 2 * 9


async def test_one_pause_holds_everybody_and_ends_by_and_by(
    serve: Any, client: Any, say: Any, time: Any
) -> None:
    """Nobody calls during the pause; then one, and the others after it, not at one moment."""
    came: list[float] = []

    def answer(_: Any) -> Any:
        came.append(time.now)
        return say(429, body=b"", headers={"Retry-After": "60"}) if len(came) <= 5 else say(200, {})

    server = await serve(by=answer)
    bb = await client(server.url, connections=5)
    start = time.now
    ends = await many(bb, 200)
    assert not any(isinstance(end, BaseException) for end in ends)
    assert came[:5] == [start] * 5
    later = [at - start for at in came[5:]]
    assert min(later) >= 60
    assert len(later) == 200
    assert len({round(at, 3) for at in later}) > 50
    assert max(later) < 90


async def test_a_long_told_wait_is_an_error_for_all_at_once(
    serve: Any, client: Any, say: Any, time: Any
) -> None:
    """Longer than max_wait: nobody sleeps, and only those under way were sent."""
    server = await serve(say(429, headers={"x-ratelimit-reset": "745"}))
    bb = await client(server.url, connections=4, max_wait=120)
    ends = await many(bb, 100)
    assert all(isinstance(end, RateLimitedError) for end in ends)
    assert (len(server.heard), time.sleeps) == (4, [])
    assert {end.status for end in ends} == {429}
    assert min(end.reset_at.timestamp() for end in ends) >= time.now + 745


async def test_a_429_ends_whatever_the_credential_does(serve: Any, client: Any, say: Any) -> None:
    """One that is made anew for each request is no way around max_wait."""

    class Changing:
        made = 0

        async def authorization(self) -> str:
            self.made += 1
            return f"JWT {self.made}"

    server = await serve(say(429, body=b""))
    bb = await client(server.url, auth=Changing())
    with pytest.raises(RateLimitedError):
        await bb.request("GET", HERE)
    assert len(server.heard) == 4


async def test_a_pause_is_over_when_the_error_says_so(
    serve: Any, client: Any, say: Any, time: Any
) -> None:
    """Whoever comes back at reset_at is not refused for a few seconds that are missing."""
    server = await serve(say(429, body=b"", headers={"Retry-After": "60"}), say(200, {}))
    bb = await client(server.url, max_wait=0)
    with pytest.raises(RateLimitedError) as caught:
        await bb.request("GET", HERE)
    assert caught.value.reset_at is not None
    time.now = caught.value.reset_at.timestamp()
    assert (await bb.request("GET", HERE)).status == 200


async def test_interactive_calls_have_a_reserve(fake: Any, client: Any) -> None:
    """A page for a person works while a crawl has used up its share."""
    bb = await client(fake.url, auth=BearerAuth(fake.access_token), max_wait=0, reserve=0.1)
    await bb.request("GET", HERE)
    await many(bb, 200)
    assert len(fake.requests) == 90
    with bb.interactive():
        await bb.request("GET", HERE)
        await asyncio.create_task(bb.request("GET", HERE))
    with pytest.raises(RateLimitedError):
        await bb.request("GET", HERE)
    assert bb.quota["api"].remaining == 8


async def test_off_leaves_it_to_the_service(fake: Any, client: Any) -> None:
    """All calls are sent, and nothing is known of budgets."""
    bb = await client(fake.url, auth=BearerAuth(fake.access_token), max_wait=0, quota=Quota.off())
    await many(bb, 150)
    assert (len(fake.requests), statuses(fake).count(429), dict(bb.quota)) == (150, 50, {})


async def test_clients_that_share_a_quota_share_the_count(fake: Any) -> None:
    """Whether at the same time or one after the other."""
    quota, auth = Quota.local(), BearerAuth(fake.access_token)
    for count in (60, 60):
        async with Bitbucket(auth, base_url=fake.url, quota=quota, max_wait=0) as bb:
            await asyncio.gather(bb.request("GET", HERE), return_exceptions=True)
            await many(bb, count)
    assert statuses(fake) == [200] * 100
    assert bb.quota["api"].remaining == 0


async def test_a_client_opened_again_goes_on_counting(fake: Any) -> None:
    """The service does, too."""
    bb = Bitbucket(BearerAuth(fake.access_token), base_url=fake.url)
    for _ in range(2):
        async with bb:
            await bb.request("GET", HERE)
    assert bb.quota["api"].used == 2


async def test_without_headers_calls_are_counted_and_not_held(client: Any) -> None:
    """A fake without a quota serves more than 1,000 calls; the count is there to read."""
    async with FakeBitbucket() as fake:
        bb = await client(fake.url, auth=BasicAuth(fake.email, fake.api_token), max_wait=0)
        ends = await many(bb, 1100)
    assert not any(isinstance(end, BaseException) for end in ends)
    budget = bb.quota["api"]
    assert (budget.used, budget.limit, budget.remaining, budget.source) == (
        1100,
        1000,
        0,
        "assumed",
    )


async def test_a_stream_counts_like_a_call(fake: Any, client: Any) -> None:
    """Its request is one of the budget's, once."""
    bb = await client(fake.url, auth=BearerAuth(fake.access_token))
    assert await bb.stream(HERE)
    assert {group: one.used for group, one in bb.quota.items()} == {"api": 1}


async def test_waiting_for_the_quota_is_told(fake: Any, client: Any, time: Any) -> None:
    """Whoever listens hears who waits, how long and why, before it does."""
    events: list[Any] = []
    bb = await client(
        fake.url, auth=BearerAuth(fake.access_token), max_wait=4000, on_event=events.append
    )
    await many(bb, 100)
    start = time.now
    await bb.request("GET", HERE)
    (held,) = [one for one in events if one.kind == "throttled"]
    assert (held.status, held.attempt) == (None, 1)
    assert held.wait == pytest.approx(time.now - start, abs=1)
    assert "100 calls in 3600 s" in held.reason


@pytest.mark.parametrize("value", [-0.1, 1, 1.5, float("nan"), "0.5", None])
def test_a_reserve_is_a_share(value: Any) -> None:
    """From 0 up to, and without, all."""
    with pytest.raises(ConfigurationError, match="reserve"):
        Bitbucket(reserve=value)


@pytest.mark.parametrize("value", ["redis://localhost", False, 1000, Quota])
def test_a_quota_is_a_quota(value: Any) -> None:
    """Neither an address nor a number."""
    with pytest.raises(ConfigurationError, match="quota"):
        Bitbucket(quota=value)


def test_nothing_is_known_before_the_first_call() -> None:
    """No request is made to show a budget."""
    make: Callable[[], Bitbucket] = Bitbucket
    assert dict(make().quota) == {}
