"""Users' tokens through the real client: renewed once for all, over its own connections."""

from __future__ import annotations

import asyncio
import socket
import time as clocks
from typing import Any

import pytest
from attrs import evolve

from bbasync import Bitbucket
from bbasync.auth.consumer import OAuthConsumer
from bbasync.auth.oauth import ClientCredentialsAuth, OAuth2Auth
from bbasync.auth.store import MemoryTokenStore
from bbasync.auth.token import OAuthToken
from bbasync.errors import (
    ConnectionFailedError,
    OAuthError,
    ReauthorizationRequired,
    UnauthorizedError,
)
from bbasync.fake import FakeBitbucket, Fault
from tests.client.conftest import KEY, TOKEN, Saving, ended, renewals

HERE = "/repositories/acme"


async def many(bb: Bitbucket, count: int) -> list[Any]:
    """Make calls at once, none like another."""
    calls = [bb.request("GET", "/user", query={"n": str(n)}) for n in range(count)]
    return await asyncio.gather(*calls, return_exceptions=True)


async def test_a_user_logs_in_and_calls(
    fake: FakeBitbucket, consumer: OAuthConsumer, token: OAuthToken
) -> None:
    """The whole way: consent, code, token, call as who has consented."""
    assert token.refresh_token is not None
    assert token.expires_at == pytest.approx(clocks.time() + 7200, abs=60)
    assert token.scopes == fake.consumer.scopes
    auth = OAuth2Auth(consumer, MemoryTokenStore({KEY: token}), KEY)
    async with Bitbucket(auth, base_url=fake.url) as bb:
        assert (await bb.users.me()).uuid == fake.accounts[0].uuid
    assert renewals(fake) == 0


@pytest.mark.parametrize("how", ["clock", "401"])
async def test_500_calls_that_meet_an_expired_token_renew_it_once(
    fake: FakeBitbucket, consumer: OAuthConsumer, token: OAuthToken, how: str
) -> None:
    """No call fails, and the new token is saved once."""
    store = Saving(ended(fake, token, how))
    async with Bitbucket(OAuth2Auth(consumer, store, KEY), base_url=fake.url) as bb:
        answers = await many(bb, 500)
        assert [one.status for one in answers] == [200] * 500
        assert (renewals(fake), store.saved) == (1, 1)
        assert len(await many(bb, 5)) == 5
    assert (renewals(fake), store.saved) == (1, 1)
    refused = sum(one.status == 401 for one in fake.requests)
    assert (refused == 0) is (how == "clock")


async def test_one_object_a_request_renews_once_too(
    fake: FakeBitbucket, consumer: OAuthConsumer, token: OAuthToken
) -> None:
    """As a web server has it: one client for all, one credential for each request."""
    store = Saving(ended(fake, token, "401"))
    async with Bitbucket(base_url=fake.url) as bb:

        async def serve(n: int) -> int:
            mine = bb.as_(OAuth2Auth(consumer, store, KEY))
            return (await mine.request("GET", "/user", query={"n": str(n)})).status

        assert await asyncio.gather(*(serve(n) for n in range(100))) == [200] * 100
    assert (renewals(fake), store.saved) == (1, 1)


async def test_a_401_that_comes_late_throws_no_fresh_token_away(
    fake: FakeBitbucket, consumer: OAuthConsumer, token: OAuthToken
) -> None:
    """It was answered to the old one, which somebody else has renewed since."""
    store = Saving(ended(fake, token, "401"))
    late = asyncio.Event()
    rule = fake.faults.add(HERE, Fault.silence(until=late), times=1)
    async with Bitbucket(OAuth2Auth(consumer, store, KEY), base_url=fake.url) as bb:
        slow = asyncio.create_task(bb.request("GET", HERE))
        await rule.struck.wait()
        assert (await bb.request("GET", "/user")).status == 200
        late.set()
        assert (await slow).status == 200
    assert (renewals(fake), store.saved) == (1, 1)


@pytest.mark.parametrize("how", ["clock", "401"])
async def test_closing_the_client_waits_for_a_renewal(
    fake: FakeBitbucket, consumer: OAuthConsumer, token: OAuthToken, how: str
) -> None:
    """Though the only caller was cancelled: what the service has rotated is saved."""
    store = Saving(ended(fake, token, how))
    late = asyncio.Event()
    rule = fake.faults.add(TOKEN, Fault.silence(until=late), times=1)
    async with Bitbucket(OAuth2Auth(consumer, store, KEY), base_url=fake.url) as bb:
        call = asyncio.create_task(bb.request("GET", "/user"))
        await rule.struck.wait()
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        asyncio.get_running_loop().call_later(0.05, late.set)
    assert (renewals(fake), store.saved) == (1, 1)
    async with Bitbucket(OAuth2Auth(consumer, store, KEY), base_url=fake.url) as bb:
        assert (await bb.request("GET", "/user")).status == 200
    assert renewals(fake) == 1


async def test_a_renewal_that_did_not_get_through_is_sent_again(
    fake: FakeBitbucket, consumer: OAuthConsumer, token: OAuthToken, time: Any
) -> None:
    """By the client's own rules: a busy service, a connection that broke."""
    fake.faults.add(TOKEN, Fault.status(503, retry_after=0), times=1)
    fake.faults.add(TOKEN, Fault.reset("read"), times=1)
    store = Saving(ended(fake, token, "clock"))
    async with Bitbucket(OAuth2Auth(consumer, store, KEY), base_url=fake.url) as bb:
        _without_waiting(bb, time)
        assert (await bb.request("GET", "/user")).status == 200
    assert (renewals(fake), store.saved) == (3, 1)


async def test_a_renewal_whose_answer_is_lost_needs_the_user(
    fake: FakeBitbucket, consumer: OAuthConsumer, token: OAuthToken, time: Any
) -> None:
    """It is tried again, in vain, and the error says what is likely to have happened."""
    fake.faults.add(TOKEN, Fault.reset("handled"), times=1)
    store = Saving(ended(fake, token, "clock"))
    async with Bitbucket(OAuth2Auth(consumer, store, KEY), base_url=fake.url) as bb:
        _without_waiting(bb, time)
        with pytest.raises(ReauthorizationRequired, match="first try was lost") as caught:
            await bb.request("GET", "/user")
    assert caught.value.key == KEY
    assert renewals(fake) == 2


async def test_a_token_endpoint_that_is_down_stops_nobody_yet(
    fake: FakeBitbucket, consumer: OAuthConsumer, token: OAuthToken
) -> None:
    """Until the token's end, that is."""
    rule = fake.faults.add(TOKEN, Fault.status(500))
    store = Saving(evolve(token, expires_at=clocks.time() + 30, issued_at=None))
    async with Bitbucket(OAuth2Auth(consumer, store, KEY), base_url=fake.url, attempts=1) as bb:
        assert [one.status for one in await many(bb, 50)] == [200] * 50
        assert rule.hits == 1


async def test_a_consent_that_was_withdrawn_needs_the_user(
    fake: FakeBitbucket, consumer: OAuthConsumer, token: OAuthToken
) -> None:
    """Each call is told, and the token endpoint is asked once."""
    store = Saving(token)
    fake.revoke_grant(fake.accounts[0])
    async with Bitbucket(OAuth2Auth(consumer, store, KEY), base_url=fake.url) as bb:
        ends = [*await many(bb, 20), *await many(bb, 20)]
    assert {type(one) for one in ends} == {ReauthorizationRequired}
    assert len({id(one) for one in ends}) == 40
    assert renewals(fake) == 1


async def test_a_secret_that_is_wrong_is_no_matter_of_the_user(
    fake: FakeBitbucket, consumer: OAuthConsumer, token: OAuthToken
) -> None:
    """The error has OAuth's code, and not the secret."""
    wrong = evolve(consumer, secret="of-another-consumer")
    store = Saving(ended(fake, token, "clock"))
    async with Bitbucket(OAuth2Auth(wrong, store, KEY), base_url=fake.url) as bb:
        with pytest.raises(OAuthError, match="no consumer with this key") as caught:
            await bb.request("GET", "/user")
    assert caught.value.code == "invalid_client"
    assert "of-another-consumer" not in str(caught.value)


async def test_a_service_that_is_not_there_is_what_is_told(
    fake: FakeBitbucket, consumer: OAuthConsumer, token: OAuthToken
) -> None:
    """Where the token has expired."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        nowhere = evolve(consumer, site=f"http://127.0.0.1:{one.getsockname()[1]}")
        store = Saving(ended(fake, token, "clock"))
        auth = OAuth2Auth(nowhere, store, KEY)
        async with Bitbucket(auth, base_url=fake.url, attempts=1) as bb:
            with pytest.raises(ConnectionFailedError):
                await bb.request("GET", "/user")


async def test_the_consumer_itself_calls_as_an_app(
    fake: FakeBitbucket, consumer: OAuthConsumer
) -> None:
    """Its token is asked for with the first call, and anew when it is refused."""
    auth = ClientCredentialsAuth(consumer)
    async with Bitbucket(auth, base_url=fake.url) as bb:
        assert [one.status for one in await _lists(bb)] == [200] * 100
        (given,) = [one for one in fake.requests if one.path == TOKEN]
        assert given.body == b"grant_type=client_credentials"
        current = auth._renewal.token
        assert current is not None
        fake.expire(current.access_token)
        assert [one.status for one in await _lists(bb)] == [200] * 100
    assert renewals(fake) + 1 == 2


async def test_a_401_that_no_renewal_helps_stands(
    fake: FakeBitbucket, consumer: OAuthConsumer, token: OAuthToken
) -> None:
    """The call is sent once more, with another token; then the answer is final."""
    fake.faults.add(HERE, Fault.status(401))
    store = Saving(token)
    async with Bitbucket(OAuth2Auth(consumer, store, KEY), base_url=fake.url) as bb:
        with pytest.raises(UnauthorizedError, match="log in again"):
            await bb.request("GET", HERE)
    assert renewals(fake) == 1
    assert sum(one.status == 401 for one in fake.requests) == 2


def _without_waiting(bb: Bitbucket, time: Any) -> None:
    """Let the test's own time pass where *bb* waits between two tries."""
    assert bb._transport is not None
    bb._transport.sleep = time.sleep


async def _lists(bb: Bitbucket) -> list[Any]:
    calls = [bb.request("GET", HERE, query={"n": str(n)}) for n in range(100)]
    return await asyncio.gather(*calls)
