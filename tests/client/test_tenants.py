"""One client for many tenants: the connections are shared, and nothing else."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from bbasync import BasicAuth, BearerAuth, Bitbucket, MemoryCache
from bbasync.errors import ClientClosedError, ConfigurationError, NotFoundError
from bbasync.fake import FakeBitbucket

ITEM = {"type": "repository", "name": "site"}


async def test_fifty_tenants_on_one_client_are_never_mixed() -> None:
    """Each of a thousand calls at random comes with its tenant's own credential, and is his."""
    async with FakeBitbucket(members=50, outsiders=0) as fake:
        people = fake.accounts[:50]
        assert len({one.api_token for one in people}) == 50
        async with Bitbucket(base_url=fake.url, connections=8) as bb:
            tenants = [bb.as_(BasicAuth(one.email, one.api_token)) for one in people]
            order = [n for n in range(50) for _ in range(20)]
            random.Random(6).shuffle(order)

            async def call(number: int) -> tuple[int, str | None]:
                me = await tenants[number].users.me(fields="uuid")
                return number, me.uuid

            found = await asyncio.gather(*(call(number) for number in order))
        assert all(uuid == people[number].uuid for number, uuid in found)
        assert sorted(number for number, _ in found) == sorted(order)
        assert all(one.authorized and one.status == 200 for one in fake.requests)
        assert all("cookie" not in {name.lower() for name in one.headers} for one in fake.requests)


async def test_a_cookie_goes_to_no_other_tenant(serve: Any, say: Any) -> None:
    """What the service sets as a cookie is sent back by nobody."""
    server = await serve(say(200, ITEM, headers={"Set-Cookie": "session=of-one; Path=/"}))
    async with Bitbucket(BearerAuth("of-one"), base_url=server.url) as bb:
        await bb.repositories.get("acme", "site")
        await bb.as_(BearerAuth("of-two")).repositories.get("acme", "site")
        await bb.repositories.get("acme", "site")
    assert [one.headers.get("Cookie") for one in server.heard] == [None, None, None]
    expected = ["Bearer of-one", "Bearer of-two", "Bearer of-one"]
    assert [one.authorization for one in server.heard] == expected


async def test_tenants_share_no_answers(serve: Any, say: Any) -> None:
    """The same read at the same time is one request each, and the cache has one answer each."""
    server = await serve(say(200, ITEM, headers={"ETag": '"one"'}))
    async with Bitbucket(base_url=server.url, cache=MemoryCache()) as bb:
        tenants = [bb.as_(BearerAuth(name)) for name in ("of-one", "of-two", "of-one")]
        await asyncio.gather(*(one.repositories.get("acme", "site") for one in tenants))
        assert sorted(one.authorization for one in server.heard) == [
            "Bearer of-one",
            "Bearer of-two",
        ]
        assert not any("If-None-Match" in one.headers for one in server.heard)
        await bb.as_(BearerAuth("of-three")).repositories.get("acme", "site")
        assert "If-None-Match" not in server.heard[-1].headers
        await bb.as_(BearerAuth("of-two")).repositories.get("acme", "site")
        assert "If-None-Match" in server.heard[-1].headers


async def test_a_write_of_one_tenant_parts_the_reads_of_all(serve: Any, say: Any, raw: Any) -> None:
    """Whoever reads after another tenant's write does not get an answer from before it."""
    server = await serve(raw(b"", "hold"), say(200, ITEM), say(200, {**ITEM, "name": "new"}))
    async with Bitbucket(base_url=server.url, grace=0) as bb:
        reader, writer = bb.as_(BearerAuth("of-reader")), bb.as_(BearerAuth("of-writer"))
        before = asyncio.create_task(reader.repositories.get("acme", "site"))
        await server.hears()
        await writer.repositories.update("acme", "site", {"description": "new"})
        async with asyncio.timeout(5):
            assert (await reader.repositories.get("acme", "site")).name == "new"
        before.cancel()


async def test_each_tenant_has_a_budget_of_his_own() -> None:
    """A tenant who has used up his budget holds nobody else back."""
    async with FakeBitbucket(quota=3) as fake:
        tokens = [fake.access_token, fake.oauth_token]
        async with Bitbucket(base_url=fake.url, max_wait=0) as bb:
            one, two = (bb.as_(BearerAuth(token)) for token in tokens)
            for _ in range(3):
                await one.repositories.get("acme", "site")
            assert one.quota["api"].remaining == 0
            assert dict(two.quota) == {}
            await two.repositories.get("acme", "site")
            assert two.quota["api"].used == 1
            assert one.requests_sent == 3
            assert two.requests_sent == 1


async def test_a_tenant_is_open_while_the_client_is() -> None:
    """It is made before, used inside, and closed with it; a block of its own closes nothing."""
    async with FakeBitbucket() as fake:
        bb = Bitbucket(base_url=fake.url)
        tenant = bb.as_(BasicAuth(fake.email, fake.api_token))
        with pytest.raises(ClientClosedError, match="not open"):
            await tenant.users.me()
        for _ in range(2):  # a client may be opened again
            async with bb:
                async with tenant as same:
                    assert same is tenant
                    await same.users.me()
                await tenant.users.me()
                assert tenant.authenticated
                assert not bb.authenticated
                assert tenant.base_url == bb.base_url == fake.url
                with pytest.raises(ClientClosedError, match="as_"):
                    await tenant.aclose()
            with pytest.raises(ClientClosedError, match="not open"):
                await tenant.users.me()


async def test_a_tenant_of_a_tenant_is_one_of_the_client() -> None:
    """Whoever is handed a client need not know whether it was made by as_()."""
    async with FakeBitbucket() as fake, Bitbucket(base_url=fake.url) as bb:
        auth = BasicAuth(fake.email, fake.api_token)
        tenant = bb.as_(BearerAuth("wrong")).as_(auth)
        assert (await tenant.users.me()).uuid == fake.accounts[0].uuid
        with pytest.raises(NotFoundError):
            await bb.as_(None).repositories.get("acme", "site")


async def test_tenants_leave_nothing_behind() -> None:
    """A backend makes one for each of its own requests, so that they must not add up."""
    async with FakeBitbucket() as fake, Bitbucket(base_url=fake.url) as bb:
        for _ in range(50):
            await bb.as_(BasicAuth(fake.email, fake.api_token)).users.me()
        transport = bb._opened()
        assert len(transport.gate.limiter._users) == 1
        assert not transport.calls._running
        assert len(transport.gate.limiter._lanes) == 1


@pytest.mark.parametrize("auth", ["a token", 7, BasicAuth, object()])
async def test_what_is_no_credential_is_refused_at_once(auth: Any) -> None:
    """Nothing is sent with what can't be meant."""
    with pytest.raises(ConfigurationError, match="auth takes a credential"):
        Bitbucket().as_(auth)
