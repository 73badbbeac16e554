"""Which credential of a pool a call is made with, by what each has left and how long it waits."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from bbasync import BearerAuth, Bitbucket, CredentialPool, Quota
from bbasync.errors import OAuthError, RateLimitedError, ReauthorizationRequired
from bbasync.wire.message import Affinity, Request

ITEM = {"type": "repository", "name": "site"}


def bearers(heard: list[Any]) -> Counter[str]:
    """How often which token was sent."""
    return Counter((one.authorization or "").removeprefix("Bearer ") for one in heard)


def two() -> CredentialPool:
    """Two access tokens."""
    return CredentialPool({"one": BearerAuth("of-one"), "two": BearerAuth("of-two")})


async def calls(bb: Bitbucket, count: int, start: int = 0) -> None:
    """So many calls, one after the other, each of something else."""
    for n in range(start, start + count):
        await bb.request("GET", "/repositories/acme", query={"n": n})


def limited(say: Any, *limits: int) -> Callable[[Any], Any]:
    """A service that tells the limit of each credential."""

    def answer(heard: Any) -> Any:
        limit = limits[("Bearer of-one", "Bearer of-two").index(heard.authorization)]
        return say(200, ITEM, headers={"X-RateLimit-Limit": str(limit)})

    return answer


async def test_what_is_reserved_is_nobodys_way_out(serve: Any, client: Any, say: Any) -> None:
    """Where both have only their reserve left, a call is refused; it is not sent back and forth."""
    server = await serve(by=limited(say, 10, 10))
    bb = await client(server.url, auth=two(), reserve=0.5, max_wait=0)
    await calls(bb, 10)
    with pytest.raises(RateLimitedError, match="10 calls in 3600 s are the budget"):
        await calls(bb, 1, start=10)
    with bb.interactive():
        await calls(bb, 10, start=20)
    assert bearers(server.heard) == {"of-one": 10, "of-two": 10}


async def test_a_call_waits_for_the_pause_that_ends_first(
    serve: Any, client: Any, say: Any, time: Any
) -> None:
    """A long pause of one refuses nothing that a short one of the other lets go."""
    paused = {"Bearer of-one": ["600"], "Bearer of-two": ["20"]}

    def answer(heard: Any) -> Any:
        told = paused[heard.authorization]
        return say(429, headers={"Retry-After": told.pop()}) if told else say(200, ITEM)

    server = await serve(by=answer)
    bb = await client(server.url, auth=two(), max_wait=60)
    start = time.now
    await calls(bb, 1)
    assert bearers(server.heard) == {"of-one": 1, "of-two": 2}
    assert 20 <= time.now - start < 30


async def test_a_call_waits_for_the_budget_that_is_there_first(
    serve: Any, client: Any, say: Any, time: Any
) -> None:
    """Where both are used up, the one whose oldest call leaves its window first is chosen."""
    server = await serve(by=limited(say, 1, 1))
    first = BearerAuth("of-one")
    pool = CredentialPool([first, BearerAuth("of-two")])
    bb = await client(server.url, auth=pool, max_wait=1800)
    pool.drop(first, "for now")
    await calls(bb, 1)
    pool.restore()
    time.now += 3000
    await calls(bb, 1, start=1)
    start = time.now
    await calls(bb, 1, start=2)
    assert [one.authorization for one in server.heard] == [
        "Bearer of-two",
        "Bearer of-one",
        "Bearer of-two",
    ]
    assert 600 <= time.now - start < 700


async def test_calls_under_way_are_counted_once(
    serve: Any, client: Any, say: Any, raw: Any
) -> None:
    """What a budget has counted already is not taken off it again, to refuse what has room."""
    held, all_held = [], asyncio.Event()

    def answer(heard: Any) -> Any:
        if "hold" in heard.target:
            held.append(heard)
            if len(held) == 6:
                all_held.set()
            return raw(b"", "hold")
        limit = 1 if heard.authorization == "Bearer of-one" else 10
        return say(200, ITEM, headers={"X-RateLimit-Limit": str(limit)})

    server = await serve(by=answer)
    bb = await client(server.url, auth=two(), max_wait=0)
    await calls(bb, 2)
    under_way = [
        asyncio.create_task(bb.request("GET", "/repositories/acme", query={"hold": n}))
        for n in range(6)
    ]
    async with asyncio.timeout(5):
        await all_held.wait()
    await calls(bb, 3, start=10)
    with pytest.raises(RateLimitedError):
        await calls(bb, 1, start=20)
    for task in under_way:
        task.cancel()
    await asyncio.gather(*under_way, return_exceptions=True)
    assert bearers(server.heard) == {"of-one": 1, "of-two": 10}


@pytest.mark.parametrize("quota", [Quota.local(), Quota.off()])
async def test_where_no_limit_is_known_all_are_used_in_turn(
    serve: Any, say: Any, quota: Quota
) -> None:
    """Calls that come one after the other are spread too, whether they are counted or not."""
    server = await serve(say(200, ITEM))
    async with Bitbucket(two(), base_url=server.url, quota=quota) as bb:
        for n in range(6):
            await bb.request("GET", "/workspaces/acme", query={"n": n})
    assert bearers(server.heard) == {"of-one": 3, "of-two": 3}


async def test_a_page_that_was_read_together_binds_each_walk_to_whoever_read_it(
    serve: Any, say: Any
) -> None:
    """A cursor in it was given to that credential, and to no other that a walk would choose."""
    server = await serve(say(200, {"values": []}))
    path = "/repositories/acme/site/commits"
    async with Bitbucket(two(), base_url=server.url) as bb:
        walks = [Affinity() for _ in range(3)]
        await asyncio.gather(*(bb.send(Request("GET", path, affinity=one)) for one in walks))
        assert len(server.heard) == 1
        for number, one in enumerate(walks):
            await bb.send(Request("GET", path, (("page", f"c-{number}"),), affinity=one))
    assert bearers(server.heard) == {"of-one": 4}


class Failing:
    """A credential that can't be asked any more from some time on."""

    def __init__(self, error: Exception, *, from_: int = 0) -> None:
        self.error, self.left = error, from_

    async def authorization(self) -> str:
        """The header, or what is wrong."""
        if self.left == 0:
            raise self.error
        self.left -= 1
        return "Bearer of-failing"


async def test_one_whose_consumer_is_refused_is_out(serve: Any, say: Any) -> None:
    """It can't be renewed either: it would have most calls left for ever, and take all."""
    error = OAuthError(status=401, method="POST", url="/access_token", message="invalid_client")
    server = await serve(say(200, ITEM))
    given: dict[str, Any] = {"lost": Failing(error), "good": BearerAuth("of-two")}
    pool = CredentialPool(given)
    async with Bitbucket(pool, base_url=server.url) as bb:
        await calls(bb, 2)
    assert bearers(server.heard) == {"of-two": 2}
    assert "invalid_client" in pool.failed["lost"]


async def test_a_call_that_changes_hands_is_counted_for_whom_it_is_made(
    serve: Any, client: Any, say: Any
) -> None:
    """Where a credential is lost while a call waits for its budget, another's is used."""
    server = await serve(by=lambda _: say(200, ITEM, headers={"X-RateLimit-Limit": "5"}))
    lost = Failing(ReauthorizationRequired("ada", "revoked"), from_=2)
    good = BearerAuth("of-two")
    pool = CredentialPool([lost, good])
    bb = await client(server.url, auth=pool)
    await calls(bb, 1)  # with the lost one
    transport = bb._opened()
    lane = next(iter(transport.gate.limiter._lanes.values()))
    lane._pause(lane.clock(), 5.0)
    pool.drop(good, "for now")
    waiting = asyncio.create_task(bb.request("GET", "/repositories/acme", query={"n": 9}))
    await asyncio.sleep(0)
    pool.restore()
    await waiting
    assert [one.authorization for one in server.heard] == ["Bearer of-failing", "Bearer of-two"]
    names = transport.callers.counted()
    assert [transport.gate.limiter.budgets(who)["api"].used for who in names] == [1, 1]
    assert lane.in_flight == 0
    assert all(member.calls == 0 for member in pool._members.values())


class Stubborn(CredentialPool):
    """A choice that always says the same."""

    def choose(self, *_: Any) -> Any:
        """The first one."""
        return super().choose(lambda one: float(one is FIRST))

    def most_left(self, *_: Any) -> float:
        """There is always another one, it says."""
        return 1.0


FIRST = BearerAuth("of-one")


async def test_a_choice_that_comes_round_is_waited_for(serve: Any, client: Any, say: Any) -> None:
    """Whatever a choice says, no call goes in a circle that would stop the event loop."""
    server = await serve(by=limited(say, 1, 1))
    bb = await client(server.url, auth=Stubborn([FIRST, BearerAuth("of-two")]), max_wait=0)
    await calls(bb, 1)
    with pytest.raises(RateLimitedError):
        await calls(bb, 1, start=1)
