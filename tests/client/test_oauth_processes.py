"""Processes that share a store: they renew once, and one that crashes loses nothing."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bbasync import Bitbucket
from bbasync.auth.consumer import OAuthConsumer
from bbasync.auth.files import FileTokenStore
from bbasync.auth.oauth import OAuth2Auth
from bbasync.auth.redis_store import RedisTokenStore
from bbasync.auth.token import OAuthToken
from bbasync.errors import (
    ReauthorizationRequired,
)
from bbasync.fake import FakeBitbucket
from tests.client.conftest import KEY, ended, renewals

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
        while await asyncio.to_thread(sys.stdin.readline):
            asked = [bb.request("GET", "/user", query={"n": str(n)}) for n in range(int(calls))]
            answers = await asyncio.gather(*asked)
            print(sum(one.status == 200 for one in answers), flush=True)
    if "://" in where:
        await store.aclose()
asyncio.run(main())
"""


@pytest.mark.parametrize("kind", ["files", "redis"])
async def test_four_processes_renew_once(
    fake: FakeBitbucket,
    token: OAuthToken,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    kind: str,
) -> None:
    """On one store: 400 calls at the token's known end, 400 that are refused, and no failure."""
    if kind == "files":
        store: Any = FileTokenStore(tmp_path / "tokens")
        where = str(store.directory)
    else:
        where = request.getfixturevalue("redis_server")
        store = RedisTokenStore(where)
    await store.save(KEY, ended(fake, token, "clock"))
    workers = await asyncio.gather(*(_worker(fake, where, calls=100) for _ in range(4)))
    seen = {token.access_token}
    try:
        for times in (1, 2):
            assert await asyncio.gather(*(_told(one) for one in workers)) == [b"100\n"] * 4
            assert renewals(fake) == times
            current = (await store.load(KEY)).access_token
            assert current not in seen
            seen.add(current)
            fake.expire(current)
    finally:
        await asyncio.gather(*(one.communicate(b"") for one in workers))
    if kind == "redis":
        await store.aclose()


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


async def _told(worker: asyncio.subprocess.Process) -> bytes:
    """How many calls of *worker* got through, once it is told to make them."""
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write(b"go\n")
    return await worker.stdout.readline()


async def _crash(fake: FakeBitbucket, store: FileTokenStore, when: str) -> None:
    """Have a process renew the token and die of it."""
    worker = await _worker(fake, str(store.directory), calls=1, crash=when)
    await worker.communicate(b"go\n")
    assert worker.returncode == -signal.SIGKILL
