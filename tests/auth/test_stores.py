"""Stores of tokens: in memory, in files that nobody else reads, and in a real Redis."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time as clocks
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from attrs import evolve
from redis.asyncio.lock import Lock

from bbasync.auth import redis_store
from bbasync.auth import store as module
from bbasync.auth.consumer import OAuthConsumer
from bbasync.auth.files import FileTokenStore
from bbasync.auth.oauth import OAuth2Auth
from bbasync.auth.redis_store import RedisTokenStore
from bbasync.auth.store import Lockable, MemoryTokenStore, polled
from bbasync.auth.token import OAuthToken
from bbasync.errors import ArgumentError, ConfigurationError, TokenStoreError

KEY = "ann@example.com"
KEYS = ["ann", "Ann", "a/b", "..", ".", "ä ö", "\ud800", "x" * 1000, "x" * 1001, "CON", "a\x00b"]
CRASH = """
import asyncio, os, signal, sys
from pathlib import Path
from bbasync.auth.files import FileTokenStore
from bbasync.auth.token import OAuthToken
def die(*_): os.kill(os.getpid(), signal.SIGKILL)
async def main():
    store = FileTokenStore(sys.argv[1])
    async with store.lock(sys.argv[2]):
        if sys.argv[3] == "saving":
            Path.replace = die
            await store.save(sys.argv[2], OAuthToken("access-new", "refresh-new"))
        else:
            print("locked", flush=True)
            await asyncio.sleep(60)
asyncio.run(main())
"""

Open = Callable[[], Any]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
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


@pytest.fixture
async def in_redis(server: str) -> AsyncIterator[Open]:
    """Opens stores in an empty Redis, as each process has one."""
    with redis.Redis.from_url(server) as client:
        client.flushall()
    made: list[RedisTokenStore] = []

    def make() -> RedisTokenStore:
        made.append(RedisTokenStore(server))
        return made[-1]

    yield make
    for one in made:
        await one.aclose()


@pytest.fixture
def in_files(tmp_path: Path) -> Open:
    """Opens stores in one directory, as each process has one."""
    return lambda: FileTokenStore(tmp_path / "tokens")


@pytest.fixture(params=["memory", "files", "redis"])
def opened(request: pytest.FixtureRequest) -> Any:
    """A store of each kind."""
    if request.param == "memory":
        return MemoryTokenStore()
    return request.getfixturevalue(f"in_{request.param}")()


@pytest.fixture(params=["files", "redis"])
def open_one(request: pytest.FixtureRequest) -> Open:
    """Opens stores of each kind that processes can share."""
    found: Open = request.getfixturevalue(f"in_{request.param}")
    return found


async def test_a_token_comes_out_as_it_went_in(opened: Any, token: OAuthToken) -> None:
    """The last one that was saved, until it is deleted; deleting twice is no error."""
    assert await opened.load(KEY) is None
    await opened.save(KEY, evolve(token, access_token="before"))
    await opened.save(KEY, token)
    assert await opened.load(KEY) == token
    await opened.delete(KEY)
    await opened.delete(KEY)
    assert await opened.load(KEY) is None


async def test_any_text_is_a_key_of_its_own(opened: Any, token: OAuthToken) -> None:
    """Long ones, ones that are paths, and ones that differ in case alone."""
    tokens = {key: evolve(token, access_token=f"a{n}") for n, key in enumerate(KEYS)}
    for key, one in tokens.items():
        await opened.save(key, one)
    assert {key: await opened.load(key) for key in KEYS} == tokens


@pytest.mark.parametrize("key", ["", None, 7])
async def test_what_is_no_text_is_no_key(opened: Any, token: OAuthToken, key: Any) -> None:
    """Whatever is asked of the store."""
    for doing in (opened.load(key), opened.save(key, token), opened.delete(key)):
        with pytest.raises(ArgumentError, match="key"):
            await doing


async def test_a_store_shows_no_token(opened: Any, token: OAuthToken) -> None:
    """Nor, in Redis, its password."""
    await opened.save(KEY, token)
    assert "access-0" not in repr(opened)
    assert "refresh-0" not in repr(opened)


def test_the_password_of_redis_is_not_shown() -> None:
    """Neither by the store nor by the error for an address that is none."""
    assert "s3cret" not in repr(RedisTokenStore("redis://:s3cret@127.0.0.1:1/0"))
    for address in ("redis://:s3cret@", "http://:s3cret@a", "redis://:s3cret@a/0?socket_timeout=x"):
        with pytest.raises(ConfigurationError, match="RedisTokenStore") as caught:
            RedisTokenStore(address)
        assert "s3cret" not in str(caught.value)
        assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize("address", ["", "localhost", None, 7, "redis://[a"])
def test_what_is_no_address_of_redis_is_told_at_once(address: Any) -> None:
    """Before any call."""
    with pytest.raises(ConfigurationError, match="redis://host"):
        RedisTokenStore(address)


@pytest.mark.parametrize(
    ("package", "make", "extra"),
    [
        ("filelock", lambda: FileTokenStore("x"), "bbasync[files]"),
        ("redis.asyncio", lambda: RedisTokenStore("redis://a"), "bbasync[redis]"),
    ],
)
def test_a_missing_package_is_told_at_once(
    monkeypatch: pytest.MonkeyPatch, package: str, make: Open, extra: str
) -> None:
    """With what to install."""
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ConfigurationError) as caught:
        make()
    assert extra in str(caught.value)


async def test_two_stores_make_one_refresh(
    open_one: Open, endpoint: Any, token: OAuthToken, time: Any
) -> None:
    """As in two processes: the second takes what the first has saved."""
    stores = [open_one() for _ in range(4)]
    await stores[0].save(KEY, token)
    auths = [OAuth2Auth(OAuthConsumer("k", "s"), one, KEY, clock=time) for one in stores]
    for one in auths:
        assert await one.authorization_over(endpoint) == "Bearer access-0"
    time.now += 3600
    calls = [one.authorization_over(endpoint) for one in auths for _ in range(5)]
    assert set(await asyncio.gather(*calls)) == {"Bearer access-1"}
    refused = [one.renew("Bearer access-1", endpoint) for one in auths for _ in range(5)]
    assert all(await asyncio.gather(*refused))
    assert [await one.authorization_over(endpoint) for one in auths] == ["Bearer access-2"] * 4
    assert len(endpoint.forms) == 2


async def test_one_is_alone_with_a_key(open_one: Open) -> None:
    """And with no other."""
    one, two = open_one(), open_one()
    assert isinstance(one, Lockable)
    order: list[str] = []

    async def enter(store: Any, key: str) -> None:
        async with store.lock(key):
            order.append(key)

    async with one.lock(KEY):
        waiting = asyncio.create_task(enter(two, KEY))
        await enter(two, "another")
        await asyncio.sleep(0.1)
        order.append("out")
    await waiting
    assert order == ["another", "out", KEY]


async def test_who_is_cancelled_keeps_no_lock(open_one: Open) -> None:
    """Neither while waiting for it, at whatever point, nor while holding it."""
    one, two = open_one(), open_one()

    async def hold(store: Any) -> None:
        async with store.lock(KEY):
            await asyncio.Event().wait()

    for pause in range(12):
        task = asyncio.create_task(hold(one))
        await asyncio.sleep(pause / 1000)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        async with asyncio.timeout(2), two.lock(KEY):
            waiting = asyncio.create_task(hold(one))
            await asyncio.sleep(pause / 100)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)


async def test_a_lock_that_nobody_gives_back_is_given_up(
    open_one: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that hangs stops the others for a bounded while."""
    monkeypatch.setattr(module, "_LONGEST", 0.1)
    async with open_one().lock(KEY):
        with pytest.raises(TokenStoreError, match="held by somebody else"):
            async with open_one().lock(KEY):
                pytest.fail("two have it")


async def test_a_lock_is_given_back_where_the_block_fails(open_one: Open) -> None:
    """And the error is the block's."""
    with pytest.raises(ZeroDivisionError):
        async with open_one().lock(KEY):
            raise ZeroDivisionError
    async with asyncio.timeout(2), open_one().lock(KEY):
        pass


async def test_what_fails_to_be_tried_is_no_lock() -> None:
    """The error passes, and nothing is given back."""
    given: list[int] = []

    async def take() -> bool:
        raise TokenStoreError("away")

    async def give() -> None:
        given.append(1)

    with pytest.raises(TokenStoreError, match="away"):
        async with polled("it", take, give):
            pytest.fail("nobody has it")
    assert given == []


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
async def test_files_are_for_their_owner_alone(tmp_path: Path, token: OAuthToken) -> None:
    """Whatever the umask: the directory, the token, and the lock; nothing else is left there."""
    before = os.umask(0)
    try:
        store = FileTokenStore(tmp_path / "a" / "tokens")
        async with store.lock(KEY):
            await store.save(KEY, token)
            await store.save(KEY, token)
    finally:
        os.umask(before)
    assert stat.S_IMODE(store.directory.stat().st_mode) == 0o700
    modes = {one.suffix: stat.S_IMODE(one.stat().st_mode) for one in store.directory.iterdir()}
    assert modes.pop(".lock", 0o600) == 0o600
    assert modes == {".json": 0o600}


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602])
async def test_a_token_that_others_may_read_is_refused(
    in_files: Open, token: OAuthToken, mode: int
) -> None:
    """The error says what to do; saving anew makes a file of its own."""
    store = in_files()
    await store.save(KEY, token)
    (path,) = store.directory.glob("*.json")
    path.chmod(mode)
    with pytest.raises(TokenStoreError, match="chmod 600"):
        await store.load(KEY)
    await store.save(KEY, token)
    assert await store.load(KEY) == token


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
async def test_a_directory_that_others_may_write_to_is_refused(
    tmp_path: Path, token: OAuthToken
) -> None:
    """They could put a token of theirs there; that they may list it does no harm."""
    store = FileTokenStore(tmp_path)
    _allow(tmp_path, 0o755)
    await store.save(KEY, token)
    _allow(tmp_path, 0o770)
    for doing in (store.load(KEY), store.save(KEY, token)):
        with pytest.raises(TokenStoreError, match="chmod 700"):
            await doing
    with pytest.raises(TokenStoreError, match="chmod 700"):
        async with store.lock(KEY):
            pytest.fail("it was used")


@pytest.mark.parametrize("content", [b"", b"access-s3cret", b"[]", b"{}", b"\xff", b"null"])
async def test_a_file_that_is_no_token_is_an_error(
    in_files: Open, token: OAuthToken, content: bytes
) -> None:
    """Which shows nothing of it."""
    store = in_files()
    await store.save(KEY, token)
    (path,) = store.directory.glob("*.json")
    path.write_bytes(content)
    with pytest.raises(TokenStoreError) as caught:
        await store.load(KEY)
    assert "s3cret" not in f"{caught.value} {caught.value.__context__}"


async def test_a_directory_that_cannot_be_one_is_an_error(
    tmp_path: Path, token: OAuthToken
) -> None:
    """Whatever is asked of it."""
    (tmp_path / "file").write_text("")
    store = FileTokenStore(tmp_path / "file")
    for doing in (store.load(KEY), store.save(KEY, token)):
        with pytest.raises(TokenStoreError, match="can't be used"):
            await doing


async def test_a_file_that_is_none_is_an_error(in_files: Open, token: OAuthToken) -> None:
    """Whatever is asked of it."""
    store = in_files()
    await store.save(KEY, token)
    _spoil(store.directory)
    doings: list[Awaitable[Any]] = [store.load(KEY), store.delete(KEY)]
    for doing in [*doings, store.save(KEY, token), store.lock(KEY).__aenter__()]:
        with pytest.raises(TokenStoreError, match="can't be"):
            await doing
    assert not list(store.directory.glob("*.tmp"))


async def test_a_disk_that_is_full_leaves_the_old_token(
    in_files: Open, token: OAuthToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing of the new one."""
    store = in_files()
    await store.save(KEY, token)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(TokenStoreError, match="No space left"):
            await store.save(KEY, evolve(token, access_token="new"))
    assert await store.load(KEY) == token
    assert len(list(store.directory.iterdir())) == 1


async def test_a_crash_while_saving_leaves_the_old_token(in_files: Open, token: OAuthToken) -> None:
    """A readable store, and no lock; what was half written goes an hour later."""
    store = in_files()
    await store.save(KEY, token)
    done = _run(store, "saving")
    await asyncio.to_thread(done.communicate)
    assert done.returncode == -signal.SIGKILL
    assert await store.load(KEY) == token
    (left,) = store.directory.glob("*.tmp")
    async with asyncio.timeout(2), store.lock(KEY):
        await in_files().save(KEY, token)
    assert left.exists()
    os.utime(left, (1, clocks.time() - 7200))
    await in_files().load(KEY)
    assert not left.exists()


async def test_a_crash_lets_go_of_a_file_s_lock(in_files: Open, token: OAuthToken) -> None:
    """At once, while it can't be had before."""
    store = in_files()
    await store.save(KEY, token)
    process = _run(store, "locked")
    assert process.stdout is not None
    assert await asyncio.to_thread(process.stdout.readline) == b"locked\n"
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2), store.lock(KEY):
            pytest.fail("two have it")
    process.kill()
    process.communicate()
    async with asyncio.timeout(2), store.lock(KEY):
        pass


async def test_what_redis_keeps_is_json_below_a_prefix(
    server: str, in_redis: Open, token: OAuthToken
) -> None:
    """So that other programs can be told from it."""
    await in_redis().save(KEY, token)
    other = RedisTokenStore(server, prefix="other:")
    await other.save(KEY, token)
    await other.aclose()
    with redis.Redis.from_url(server) as inside:
        names = {f"bbasync:oauth:token:{KEY}".encode(), f"other:token:{KEY}".encode()}
        assert set(inside.keys("*")) == names
        found = inside.get(f"other:token:{KEY}")
    assert json.loads(found) == token.to_dict()  # type: ignore[arg-type]


@pytest.mark.parametrize("content", ["", "access-s3cret", "[]", "{}"])
async def test_what_is_no_token_in_redis_is_an_error(
    server: str, in_redis: Open, content: str
) -> None:
    """Which shows nothing of it."""
    store = in_redis()
    with redis.Redis.from_url(server) as inside:
        inside.set(f"bbasync:oauth:token:{KEY}", content)
    with pytest.raises(TokenStoreError) as caught:
        await store.load(KEY)
    assert "s3cret" not in f"{caught.value} {caught.value.__context__}"


async def test_a_lock_in_redis_lasts_as_long_as_it_is_held(
    server: str, in_redis: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However slow the service; with its holder's crash it ends by itself."""
    monkeypatch.setattr(redis_store, "_LEASE", 0.3)
    with redis.Redis.from_url(server) as inside:
        name = f"bbasync:oauth:lock:{KEY}"
        async with in_redis().lock(KEY):
            for _ in range(8):
                await asyncio.sleep(0.1)
                assert 0 < inside.pttl(name) <= 300  # type: ignore[operator]
        assert not inside.exists(name)
        await Lock(in_redis()._redis, name, timeout=0.3, thread_local=False).acquire()
        async with asyncio.timeout(2), in_redis().lock(KEY):
            pass


async def test_a_lock_in_redis_that_was_lost_ends_in_peace(server: str, in_redis: Open) -> None:
    """Redis was emptied, or somebody else has it by now, who keeps it."""
    name = f"bbasync:oauth:lock:{KEY}"
    with redis.Redis.from_url(server) as inside:
        async with in_redis().lock(KEY):
            inside.set(name, "theirs")
        assert inside.get(name) == b"theirs"


async def test_a_redis_that_is_away_is_an_error_of_the_store(token: OAuthToken) -> None:
    """Whatever is asked of it; its own error does not show what it was asked."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        store = RedisTokenStore(f"redis://127.0.0.1:{one.getsockname()[1]}/0")
    doings: list[Awaitable[Any]] = [store.load(KEY), store.save(KEY, token), store.delete(KEY)]
    for doing in [*doings, store.lock(KEY).__aenter__()]:
        with pytest.raises(TokenStoreError, match=r"Redis could not .*ConnectionError") as caught:
            await doing
        assert caught.value.__context__ is None
    await store.aclose()
    await store.aclose()


def test_one_event_loop_after_the_other_may_use_a_store(server: str, token: OAuthToken) -> None:
    """Each has connections of its own."""
    store = RedisTokenStore(server)

    async def main() -> None:
        await store.save(KEY, token)
        assert await store.load(KEY) == token
        await store.aclose()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(2):
            asyncio.run(main())


def _spoil(directory: Path) -> None:
    """Have directories in place of all files, the lock's too."""
    for path in list(directory.iterdir()):
        path.unlink()
        path.mkdir()
        path.with_suffix(".lock").mkdir(exist_ok=True)


def _allow(path: Path, mode: int) -> None:
    path.chmod(mode)


def _run(store: FileTokenStore, how: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", CRASH, str(store.directory), KEY, how]
    return subprocess.Popen(command, stdout=subprocess.PIPE)
