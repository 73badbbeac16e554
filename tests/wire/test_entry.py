"""What is asked of a credential for one call: once, at the right time, and for the right one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import define, field
from yarl import URL

from bbasync import BasicAuth, BearerAuth, Bitbucket, CredentialPool, MemoryCache
from bbasync.auth import OAuthConsumer
from bbasync.auth.oauth import ClientCredentialsAuth
from bbasync.errors import (
    AnswerError,
    ClientClosedError,
    ConfigurationError,
    ForbiddenError,
    UnauthorizedError,
)
from bbasync.fake import FakeBitbucket
from bbasync.wire import calls
from bbasync.wire.body import Body
from bbasync.wire.message import Request, Safety

ITEM = {"type": "repository", "name": "site"}
REFUSED = {"type": "error", "error": {"message": "Access token expired."}}


@define(eq=False)
class Renewing:
    """A credential that is renewed once."""

    identity: str
    number: int = 1
    asked: list[str] = field(factory=list)

    async def authorization_over(self, _: Any) -> str:
        """The header."""
        return f"Bearer {self.identity}-{self.number}"

    async def renew(self, refused: str, _: Any) -> bool:
        """The next one, unless it is there already."""
        self.asked.append(refused)
        if refused == f"Bearer {self.identity}-{self.number}":
            self.number += 1
        return True

    def hint(self, _: AnswerError) -> str:
        """What to do."""
        return f"ask {self.identity}"


@define(eq=False)
class Signing:
    """A credential without a name that signs each request."""

    signed: int = 0

    async def authorization_for(self, _: str, __: URL) -> str:
        """A header that no other request has."""
        self.signed += 1
        return f"JWT signed-as-number-{self.signed}"


async def test_each_of_a_pool_is_renewed_before_it_is_out(serve: Any, say: Any) -> None:
    """That one was renewed for the same call is no reason to give up another one unasked."""

    def answer(heard: Any) -> Any:
        return say(401, REFUSED) if heard.authorization.endswith("-1") else say(200, ITEM)

    server = await serve(by=answer)
    ada, bob = Renewing("ada"), Renewing("bob")
    pool = CredentialPool([ada, bob])
    async with Bitbucket(pool, base_url=server.url) as bb:
        for n in range(4):
            await bb.request("GET", "/repositories/acme", query={"n": n})
    assert not pool.failed
    assert len(ada.asked) == len(bob.asked) == 1


async def test_no_call_goes_on_for_ever_where_all_renewed_are_refused(serve: Any, say: Any) -> None:
    """Each of a pool is renewed once for a call."""
    server = await serve(say(401, REFUSED))
    pool = CredentialPool([Renewing("ada"), Renewing("bob")])
    async with Bitbucket(pool, base_url=server.url) as bb:
        with pytest.raises(UnauthorizedError):
            await bb.repositories.get("acme", "site")
    assert len(server.heard) == 4


async def test_what_a_provider_gives_keeps_its_name(serve: Any, say: Any, client: Any) -> None:
    """Quota and cache go by the name of the given credential, whatever its header is by now."""
    server = await serve(say(200, ITEM, headers={"ETag": '"one"'}))
    ada = Renewing("ada")
    bb = await client(server.url, auth=lambda: ada, cache=MemoryCache())
    for _ in range(3):
        await bb.repositories.get("acme", "site")
        ada.number += 1
    assert bb.quota["api"].used == 3
    assert ["If-None-Match" in one.headers for one in server.heard] == [False, True, True]


async def test_the_way_out_is_of_the_one_that_was_given_for_the_call(serve: Any, say: Any) -> None:
    """A provider may give each task its own; none is told another's hint, nor another's answer."""
    who: ContextVar[Renewing] = ContextVar("who")
    server = await serve(say(403, {"error": {"message": "No."}}))

    async def call(bb: Bitbucket, name: str) -> str:
        who.set(Renewing(name))
        with pytest.raises(ForbiddenError) as caught:
            await bb.repositories.get("acme", "site")
        return caught.value.hint

    async with Bitbucket(who.get, base_url=server.url) as bb:
        found = await asyncio.gather(*(call(bb, name) for name in ("ada", "bob", "eve")))
    assert found == ["ask ada", "ask bob", "ask eve"]
    assert len(server.heard) == 3


async def test_one_that_signs_without_a_name_has_one_budget(
    serve: Any, say: Any, client: Any
) -> None:
    """Although no two of its headers are alike, its calls are counted together."""
    server = await serve(say(200, ITEM))
    bb = await client(server.url, auth=Signing())
    for n in range(5):
        await bb.request("GET", "/repositories/acme", query={"n": n})
    assert bb.quota["api"].used == 5
    assert len(bb._opened().gate.limiter._lanes) == 1


async def test_what_waited_for_a_connection_is_signed_anew(serve: Any, say: Any, raw: Any) -> None:
    """A signature is good for minutes, and others may be in the way for longer."""
    server = await serve(raw(b"", "hold"), say(200, ITEM))
    auth = Signing()
    async with Bitbucket(auth, base_url=server.url, connections=1, grace=0) as bb:
        first = asyncio.create_task(bb.request("GET", "/repositories/acme"))
        await server.hears()
        second = asyncio.create_task(bb.request("GET", "/repositories/other"))
        for _ in range(5):
            await asyncio.sleep(0)
        auth.signed = 99
        first.cancel()
        async with asyncio.timeout(5):
            await second
        assert bb._opened().line.queues.taken == 0
    assert server.heard[1].authorization == "JWT signed-as-number-100"


async def test_a_place_is_given_back_where_signing_anew_fails(
    serve: Any, say: Any, raw: Any
) -> None:
    """Nobody else waits for it for ever."""
    server = await serve(raw(b"", "hold"), say(200, ITEM))

    class Once(Signing):
        async def authorization_for(self, method: str, url: URL) -> str:
            if self.signed >= 99:
                raise ConfigurationError("the key is gone")
            return await super().authorization_for(method, url)

    auth = Once()
    async with Bitbucket(auth, base_url=server.url, connections=1, grace=0) as bb:
        first = asyncio.create_task(bb.request("GET", "/repositories/acme"))
        await server.hears()
        second = asyncio.create_task(bb.request("GET", "/repositories/other"))
        for _ in range(5):
            await asyncio.sleep(0)
        auth.signed = 99
        first.cancel()
        with pytest.raises(ConfigurationError, match="the key is gone"):
            await second
        assert bb._opened().line.queues.taken == 0


async def test_storage_that_refuses_is_no_matter_of_a_missing_credential(
    serve: Any, say: Any
) -> None:
    """Whoever is anonymous is told so where the service refuses, and nowhere else."""
    storage = await serve(say(403, body=b"<Error>AccessDenied</Error>"))
    where = f"http://127.0.0.1:{storage.port}/bucket/x"
    server = await serve(say(302, headers={"Location": where}))
    async with Bitbucket(base_url=server.url) as bb:
        with pytest.raises(ForbiddenError) as caught:
            await bb.downloads.get("acme", "site", "x")
    assert caught.value.hint == ""


async def test_an_error_keeps_no_header_with_the_credential(serve: Any, say: Any) -> None:
    """A server that shows the request in a header of its answer tells nobody the token."""
    token = "a-token-that-nobody-is-to-see"
    said = {"X-Debug": f"got Bearer {token}", "X-Other": "kept"}
    server = await serve(say(403, {"error": {"message": f"no: {token}"}}, headers=said))
    async with Bitbucket(BearerAuth(token), base_url=server.url) as bb:
        with pytest.raises(ForbiddenError) as caught:
            await bb.repositories.get("acme", "site")
    assert caught.value.headers["x-debug"] == "got Bearer ***"
    assert caught.value.headers["x-other"] == "kept"
    assert token not in repr(vars(caught.value))


@pytest.fixture
async def fake() -> AsyncIterator[FakeBitbucket]:
    """A service."""
    async with FakeBitbucket() as fake:
        yield fake


async def test_whoami_tells_when_a_token_ends_that_was_fetched_for_it(fake: FakeBitbucket) -> None:
    """It is asked for when the answer is there: before there was no token."""
    consumer = fake.consumer
    auth = ClientCredentialsAuth(
        consumer=OAuthConsumer(consumer.key, consumer.secret, site=fake.site)
    )
    async with Bitbucket(auth, base_url=fake.url) as bb:
        found = await bb.whoami()
    assert found.expires_at is not None
    assert found.expires_at > datetime(2026, 1, 1, tzinfo=UTC)
    assert found.expires_at == auth.expires_at


async def test_half_a_choice_is_refused_at_once() -> None:
    """What has one method of a pool, and not the others, is no credential."""

    class Menu:
        def choose(self) -> None:
            """Something else."""

    with pytest.raises(ConfigurationError, match="auth takes a credential"):
        Bitbucket(Menu())  # type: ignore[arg-type] # it is what is tested


async def test_a_tenant_counts_on_when_the_client_is_opened_again(fake: FakeBitbucket) -> None:
    """As the client itself does."""
    bb = Bitbucket(base_url=fake.url)
    tenant = bb.as_(BasicAuth(fake.email, fake.api_token))
    for expected in (1, 2):
        async with bb:
            await tenant.users.me()
        assert tenant.requests_sent == expected


async def test_nothing_goes_on_for_a_renewal_that_closing_did_not_wait_for(
    serve: Any, say: Any, monkeypatch: Any
) -> None:
    """One that is to try again in a minute does not outlive the client."""
    monkeypatch.setattr(calls, "_TO_SETTLE", 0.01)
    server = await serve(say(429, headers={"Retry-After": "60"}))
    bb = await Bitbucket(BearerAuth("of-ada"), base_url=server.url).__aenter__()
    sender = bb.sender_to(server.url, None)
    body = Body.of_form((("grant_type", "refresh_token"),))
    request = Request("POST", "/token", (), body, safety=Safety.REPEATABLE, counted=False)
    task = asyncio.create_task(sender.send(request))
    bb.guard(task)
    await server.hears()
    async with asyncio.timeout(5):
        await bb.aclose(grace=0)
    assert task.done()
    assert isinstance(task.exception(), ClientClosedError)
