"""A pool of credentials in a client, against the fake and raw servers."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from bbasync import BearerAuth, Bitbucket, CredentialPool
from bbasync.errors import RateLimitedError, ReauthorizationRequired, UnauthorizedError
from bbasync.fake import FakeBitbucket
from bbasync.fake.store import Credential

ITEM = {"type": "repository", "name": "site"}
NAMES = ("one", "two", "three")


def tokens(fake: FakeBitbucket) -> list[str]:
    """Three access tokens of the first workspace, each with a budget of its own."""
    first = fake.store.credentials[fake.access_token]
    made = [f"ATCTT-of-{name}-for-the-pool" for name in NAMES]
    for token in made:
        fake.store.credentials[token] = Credential(
            token, first.kind, first.scopes, workspace=first.workspace
        )
    return made


def bearers(heard: list[Any]) -> Counter[str]:
    """How often which token was sent."""
    return Counter((one.authorization or "").removeprefix("Bearer ") for one in heard)


async def test_three_tokens_serve_2700_calls_in_an_hour(time: Any, client: Any) -> None:
    """Their budgets of 1,000 an hour add up: nothing is refused, and nothing waits."""
    async with FakeBitbucket(quota=1000) as fake:
        fake.store.clock = time
        pool = CredentialPool(dict(zip(NAMES, map(BearerAuth, tokens(fake)), strict=True)))
        bb = await client(fake.url, auth=pool, connections=20, max_wait=0)
        start = time.now
        for part in range(9):
            calls = (
                bb.request("GET", "/repositories/acme", query={"n": 300 * part + n})
                for n in range(300)
            )
            await asyncio.gather(*calls)
        assert time.now == start
        assert Counter(one.status for one in fake.requests) == {200: 2700}
        budget = bb.quota["api"]
        assert (budget.limit, budget.used, budget.remaining) == (3000, 2700, 300)
        more = [bb.request("GET", "/repositories/acme", query={"m": n}) for n in range(301)]
        found = await asyncio.gather(*more, return_exceptions=True)
        refused = [one for one in found if isinstance(one, BaseException)]
        assert len(refused) == 1  # by the client itself: the service was not asked
        assert isinstance(refused[0], RateLimitedError)
        assert Counter(one.status for one in fake.requests) == {200: 3000}


async def test_when_one_is_paused_the_others_go_on(
    serve: Any, client: Any, say: Any, time: Any
) -> None:
    """A 429 stops the credential that it came to, and its call is made with another at once."""

    def answer(heard: Any) -> Any:
        if heard.authorization == "Bearer of-one":
            return say(429, body=b"Rate limit", headers={"Retry-After": "600"})
        return say(200, ITEM)

    server = await serve(by=answer)
    pool = CredentialPool([BearerAuth("of-one"), BearerAuth("of-two")])
    bb = await client(server.url, auth=pool, max_wait=0)
    for n in range(6):
        await bb.request("GET", "/repositories/acme", query={"n": n})
    assert bearers(server.heard) == {"of-one": 1, "of-two": 6}
    assert sum(time.sleeps) < 2
    assert not pool.failed


async def test_calls_that_wait_for_one_go_to_another_that_has_calls(
    serve: Any, client: Any, say: Any
) -> None:
    """Whoever stands in line when a pause begins does not wait until it is over."""
    waiting: list[asyncio.Event] = []

    def answer(heard: Any) -> Any:
        if heard.authorization == "Bearer of-one":
            waiting.append(asyncio.Event())
            return say(429, body=b"Rate limit", headers={"Retry-After": "3000"})
        return say(200, ITEM)

    server = await serve(by=answer)
    pool = CredentialPool([BearerAuth("of-one"), BearerAuth("of-two")])
    bb = await client(server.url, auth=pool, max_wait=0, connections=2)
    calls = (bb.request("GET", "/repositories/acme", query={"n": n}) for n in range(40))
    found = await asyncio.gather(*calls, return_exceptions=True)
    assert [one for one in found if isinstance(one, BaseException)] == []
    assert 1 <= len(waiting) <= 4


async def test_one_that_is_refused_is_taken_out_and_its_call_is_made(
    serve: Any, say: Any, caplog: Any
) -> None:
    """A revoked token costs one request; the log says so; writes are no exception."""

    def answer(heard: Any) -> Any:
        if heard.authorization == "Bearer of-one-which-is-revoked":
            return say(401, {"type": "error", "error": {"message": "Token is invalid"}})
        return say(200, ITEM)

    server = await serve(by=answer)
    pool = CredentialPool(
        {"old": BearerAuth("of-one-which-is-revoked"), "new": BearerAuth("of-two-which-is-good")}
    )
    events: list[Any] = []
    with caplog.at_level(logging.WARNING, "bbasync"):
        async with Bitbucket(pool, base_url=server.url, on_event=events.append) as bb:
            for _ in range(3):
                await bb.repositories.update("acme", "site", {"description": "new"})
    assert dict(pool.failed) == {"old": "the service answered 401"}
    assert bearers(server.heard) == {"of-one-which-is-revoked": 1, "of-two-which-is-good": 3}
    assert "the credential old of a pool is out, 1 left" in caplog.text
    told = [one for one in events if one.kind == "retry"]
    assert [(one.status, one.reason) for one in told] == [(401, "another credential is used")]


async def test_where_all_are_refused_the_last_error_is_told(serve: Any, say: Any) -> None:
    """Nobody is asked twice for the same call, none goes on for ever, and nobody is out for it."""
    server = await serve(say(401, {"type": "error", "error": {"message": "Token is invalid"}}))
    pool = CredentialPool([BearerAuth(f"of-{name}-and-wrong") for name in NAMES])
    async with Bitbucket(pool, base_url=server.url) as bb:
        with pytest.raises(UnauthorizedError, match="Token is invalid"):
            await bb.repositories.get("acme", "site")
        assert len(server.heard) == 3
        with pytest.raises(UnauthorizedError):
            await bb.repositories.get("acme", "site")
    assert len(server.heard) == 6
    assert not pool.failed


async def test_an_endpoint_that_takes_no_such_credential_puts_none_out(
    serve: Any, say: Any
) -> None:
    """The service answers 401 to a good access token too, where it is not supported."""

    def answer(heard: Any) -> Any:
        said = {"error": {"message": "Token is invalid or not supported for this endpoint."}}
        return say(401, said) if "ssh-keys" in heard.target else say(200, ITEM)

    server = await serve(by=answer)
    pool = CredentialPool([BearerAuth(f"of-{name}-and-good") for name in NAMES])
    async with Bitbucket(pool, base_url=server.url) as bb:
        with pytest.raises(UnauthorizedError, match="not supported"):
            await bb.request("GET", "/users/ada/ssh-keys")
        server.heard.clear()
        for n in range(6):
            await bb.request("GET", "/repositories/acme", query={"n": n})
    assert not pool.failed
    assert len(bearers(server.heard)) == 3


class Lost:
    """A credential whose consent is gone."""

    async def authorization(self) -> str:
        """There is none."""
        raise ReauthorizationRequired("ada", "the refresh token was revoked")


async def test_one_that_can_not_be_renewed_is_taken_out(serve: Any, say: Any) -> None:
    """No request is made with it, and the reason is kept."""
    server = await serve(say(200, ITEM))
    pool = CredentialPool({"lost": Lost(), "good": BearerAuth("of-two")})
    async with Bitbucket(pool, base_url=server.url) as bb:
        for _ in range(3):
            await bb.repositories.get("acme", "site")
        assert "refresh token was revoked" in pool.failed["lost"]
        assert bearers(server.heard) == {"of-two": 3}
    async with Bitbucket(CredentialPool([Lost()]), base_url=server.url) as bb:
        with pytest.raises(ReauthorizationRequired, match="ada: the refresh token was revoked"):
            await bb.repositories.get("acme", "site")


def paged(say: Any, cursor: Callable[[int], str]) -> Callable[[Any], Any]:
    """A list of ten pages, each behind the *cursor* of its number."""

    def answer(heard: Any) -> Any:
        asked = heard.target.partition("at=")[2] or "0"
        number = int(asked.partition("&")[0])
        body: dict[str, Any] = {"values": [{"type": "commit", "hash": f"{number:040x}"}]}
        if number < 9:
            where = f"http://{heard.headers['Host']}/2.0/repositories/acme/site/commits"
            which = heard.target.partition("exclude=")[2].partition("&")[0]
            rest = f"page={cursor(number + 1)}&exclude={which}"
            body["next"] = f"{where}?at={number + 1}&{rest}"
        return say(200, body)

    return answer


async def test_a_walk_stays_with_whom_its_cursor_was_given_to(serve: Any, say: Any) -> None:
    """Pages behind an opaque cursor are read with one credential, numbered ones with any."""
    for cursor, expected in ((lambda n: f"8xh{n}", 1), (str, 2)):
        server = await serve(by=paged(say, cursor))
        pool = CredentialPool([BearerAuth("of-one"), BearerAuth("of-two")])
        async with Bitbucket(pool, base_url=server.url) as bb:
            found = await bb.commits.list("acme", "site").all()
        assert len(found) == 10
        assert len(bearers(server.heard)) == expected


async def test_two_walks_at_once_may_stay_with_two(serve: Any, say: Any) -> None:
    """Each walk has its own credential, and together they use all."""
    server = await serve(by=paged(say, lambda n: f"8xh{n}"))
    pool = CredentialPool([BearerAuth("of-one"), BearerAuth("of-two")])
    async with Bitbucket(pool, base_url=server.url) as bb:
        walks = [bb.commits.list("acme", "site", exclude=f"v{n}") for n in range(8)]
        await asyncio.gather(*(one.all() for one in walks))
    used = bearers(server.heard)
    assert set(used) == {"of-one", "of-two"}
    assert min(used.values()) >= 20


async def test_a_pool_reads_together_and_caches_as_one(serve: Any, say: Any) -> None:
    """What several tasks ask for at the same time is one request, whoever makes it."""
    server = await serve(say(200, ITEM))
    pool = CredentialPool([BearerAuth("of-one"), BearerAuth("of-two")])
    async with Bitbucket(pool, base_url=server.url) as bb:
        await asyncio.gather(*(bb.repositories.get("acme", "site") for _ in range(10)))
    assert len(server.heard) == 1
    assert all(member.calls == 0 for member in pool._members.values())
