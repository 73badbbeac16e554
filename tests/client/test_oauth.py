"""Users' tokens through the real client: renewed once for all, over its own connections."""

from __future__ import annotations

import asyncio
import shutil
import signal
import socket
import subprocess
import sys
import time as clocks
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from attrs import evolve
from yarl import URL

from bbasync import Bitbucket
from bbasync.auth.consumer import OAuthConsumer, new_state
from bbasync.auth.files import FileTokenStore
from bbasync.auth.oauth import ClientCredentialsAuth, OAuth2Auth
from bbasync.auth.redis_store import RedisTokenStore
from bbasync.auth.store import MemoryTokenStore
from bbasync.auth.token import OAuthToken
from bbasync.errors import (
    ConnectionFailedError,
    OAuthError,
    ReauthorizationRequired,
    UnauthorizedError,
)
from bbasync.fake import FakeBitbucket, Fault

KEY = "ann"
TOKEN = "/site/oauth2/access_token"
HERE = "/repositories/acme"
WORKER = """
import asyncio, os, signal, sys
from bbasync import Bitbucket
from bbasync.auth.consumer import OAuthConsumer
from bbasync.auth.files import FileTokenStore
from bbasync.auth.oauth import OAuth2Auth
from bbasync.auth.redis_store import RedisTokenStore
url, site, key, secret, where, calls, crash = sys.argv[1:]
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
async def main():
    store = RedisTokenStore(where) if "://" in where else FileTokenStore(where)
    auth = OAuth2Auth(OAuthConsumer(key, secret, site=site), store, "ann")
    if crash == "saved":
        saving = store._save
        store._save = lambda *them: (saving(*them), die())
    elif crash == "unsaved":
        store._save = die
    async with Bitbucket(auth, base_url=url) as bb:
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        asked = [bb.request("GET", "/user", query={"n": str(n)}) for n in range(int(calls))]
        answers = await asyncio.gather(*asked)
    print(sum(one.status == 200 for one in answers), flush=True)
    if "://" in where:
        await store.aclose()
asyncio.run(main())
"""


@pytest.fixture
async def fake() -> AsyncIterator[FakeBitbucket]:
    """A fake."""
    async with FakeBitbucket(quota=None) as running:
        yield running


@pytest.fixture
def consumer(fake: FakeBitbucket) -> OAuthConsumer:
    """Its consumer, as an application knows it."""
    return OAuthConsumer(fake.consumer.key, fake.consumer.secret, site=fake.site)


@pytest.fixture
async def token(fake: FakeBitbucket, consumer: OAuthConsumer) -> OAuthToken:
    """The token of a user who has just logged in."""
    there = evolve(consumer, redirect_uri="http://127.0.0.1:9/back")
    state = new_state()
    consent = {"account": fake.accounts[0].uuid, "decision": "grant"}
    async with ClientSession() as browser, Bitbucket(base_url=fake.url) as bb:
        address = there.authorize_url(state)
        async with browser.post(address, data=consent, allow_redirects=False) as answer:
            query = URL(answer.headers["Location"]).query
        return await there.callback(query, state=state, via=bb)


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a redis-server of this module's own."""
    binary = shutil.which("redis-server")
    if binary is None:
        pytest.skip("no redis-server is installed")
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    command = [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    command += ["--appendonly", "no", "--dir", str(tmp_path_factory.mktemp("redis"))]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert any(b"eady to accept connections" in line for line in process.stdout)
    yield f"redis://127.0.0.1:{port}/0"
    process.terminate()
    process.communicate()


class Saving(MemoryTokenStore):
    """Counts what is saved."""

    __slots__ = ("saved",)

    def __init__(self, token: OAuthToken) -> None:
        super().__init__({KEY: token})
        self.saved = 0

    async def save(self, key: str, token: OAuthToken) -> None:
        """Keep it, and count."""
        self.saved += 1
        await super().save(key, token)


def renewals(fake: FakeBitbucket) -> int:
    """How many tokens were asked for since the login."""
    return sum(one.path == TOKEN for one in fake.requests) - 1


def ended(fake: FakeBitbucket, token: OAuthToken, how: str) -> OAuthToken:
    """*token* at its end, which is known by the clock or only by the service."""
    fake.expire(token.access_token)
    return token if how == "401" else evolve(token, expires_at=clocks.time())


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


@pytest.mark.parametrize("how", ["clock", "401"])
@pytest.mark.parametrize("kind", ["files", "redis"])
async def test_four_processes_renew_once(
    fake: FakeBitbucket,
    token: OAuthToken,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    kind: str,
    how: str,
) -> None:
    """On one store: 400 calls, no failure."""
    if kind == "files":
        store: Any = FileTokenStore(tmp_path / "tokens")
        where = str(store.directory)
    else:
        where = request.getfixturevalue("redis_url")
        store = RedisTokenStore(where)
    await store.save(KEY, ended(fake, token, how))
    workers = [await _worker(fake, where, calls=100) for _ in range(4)]
    found = await asyncio.gather(*(one.communicate(b"go\n") for one in workers))
    assert [out for out, _ in found] == [b"100\n"] * 4
    assert renewals(fake) == 1
    assert (await store.load(KEY)).access_token != token.access_token
    if kind == "redis":
        await store.aclose()


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


async def test_a_crash_after_saving_loses_nothing(
    fake: FakeBitbucket, consumer: OAuthConsumer, token: OAuthToken, tmp_path: Path
) -> None:
    """The next process uses what was saved, and renews nothing."""
    store = FileTokenStore(tmp_path / "tokens")
    await store.save(KEY, ended(fake, token, "clock"))
    await _crash(fake, store, "saved")
    assert renewals(fake) == 1
    async with Bitbucket(OAuth2Auth(consumer, store, KEY), base_url=fake.url) as bb:
        assert (await bb.request("GET", "/user")).status == 200
    assert renewals(fake) == 1


async def test_a_crash_before_saving_needs_the_user(
    fake: FakeBitbucket, consumer: OAuthConsumer, token: OAuthToken, tmp_path: Path
) -> None:
    """The one moment in which a token can be lost; the store can be read, and says so once."""
    store = FileTokenStore(tmp_path / "tokens")
    await store.save(KEY, ended(fake, token, "clock"))
    await _crash(fake, store, "unsaved")
    async with Bitbucket(OAuth2Auth(consumer, store, KEY), base_url=fake.url) as bb:
        for _ in range(2):
            with pytest.raises(ReauthorizationRequired, match="ann: the refresh token is used up"):
                await bb.request("GET", "/user")
    assert renewals(fake) == 2


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
    fake: FakeBitbucket, consumer: OAuthConsumer, token: OAuthToken
) -> None:
    """By the client's own rules: a busy service, a connection that broke."""
    fake.faults.add(TOKEN, Fault.status(503, retry_after=0), times=1)
    fake.faults.add(TOKEN, Fault.reset("read"), times=1)
    store = Saving(ended(fake, token, "clock"))
    async with Bitbucket(OAuth2Auth(consumer, store, KEY), base_url=fake.url) as bb:
        assert (await bb.request("GET", "/user")).status == 200
    assert (renewals(fake), store.saved) == (3, 1)


async def test_a_renewal_whose_answer_is_lost_needs_the_user(
    fake: FakeBitbucket, consumer: OAuthConsumer, token: OAuthToken
) -> None:
    """It is tried again, in vain, and the error says what is likely to have happened."""
    fake.faults.add(TOKEN, Fault.reset("handled"), times=1)
    store = Saving(ended(fake, token, "clock"))
    async with Bitbucket(OAuth2Auth(consumer, store, KEY), base_url=fake.url) as bb:
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


async def _lists(bb: Bitbucket) -> list[Any]:
    calls = [bb.request("GET", HERE, query={"n": str(n)}) for n in range(100)]
    return await asyncio.gather(*calls)


async def _worker(
    fake: FakeBitbucket, where: str, *, calls: int, crash: str = ""
) -> asyncio.subprocess.Process:
    """A process that is ready to call."""
    consumer = fake.consumer
    words = [fake.url, fake.site, consumer.key, consumer.secret, where, str(calls), crash]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    worker = await asyncio.create_subprocess_exec(sys.executable, "-c", WORKER, *words, **pipes)
    assert worker.stdout is not None
    assert await worker.stdout.readline() == b"ready\n"
    return worker


async def _crash(fake: FakeBitbucket, store: FileTokenStore, when: str) -> None:
    """Have a process renew the token and die of it."""
    worker = await _worker(fake, str(store.directory), calls=1, crash=when)
    await worker.communicate(b"go\n")
    assert worker.returncode == -signal.SIGKILL
