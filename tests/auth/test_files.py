"""Tokens in files, that nobody else reads."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import stat
import subprocess
import sys
import threading
import time as clocks
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from bbasync.auth import files as module
from bbasync.auth.files import FileTokenStore
from bbasync.auth.token import OAuthToken
from bbasync.errors import ConfigurationError, TokenStoreError
from tests.auth.conftest import Open

KEY = "ann@example.com"

CRASH = """
import asyncio, os, signal, sys
from pathlib import Path
from bbasync.auth import files as module
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


async def test_who_is_cancelled_has_saved_when_they_go_on(
    in_files: Open, token: OAuthToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread that still wrote would come after whoever has the lock next."""
    store, begun, slow = in_files(), threading.Event(), threading.Event()
    write = module._write

    def writing(path: Path, content: bytes) -> None:
        begun.set()
        assert slow.wait(5)
        write(path, content)

    monkeypatch.setattr(module, "_write", writing)
    saving = asyncio.create_task(store.save(KEY, token))
    await asyncio.to_thread(begun.wait, 5)
    saving.cancel()
    await asyncio.wait([saving], timeout=0.02)
    assert not saving.done()
    slow.set()
    with pytest.raises(asyncio.CancelledError):
        await saving
    assert await store.load(KEY) == token


async def test_what_others_have_left_in_the_directory_stays(
    in_files: Open, token: OAuthToken
) -> None:
    """Only what a store has half written goes, and not before it is an hour old."""
    store = in_files()
    await store.save(KEY, token)
    others = store.directory / "letter.tmp"
    others.write_text("dear all")
    os.utime(others, (1, 1))
    assert await in_files().load(KEY) == token
    assert others.exists()


@pytest.mark.skipif(os.name != "posix", reason="owners are POSIX's")
async def test_a_directory_of_somebody_else_is_refused(
    in_files: Open, token: OAuthToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its owner could put tokens of theirs there, whatever its mode."""
    await in_files().save(KEY, token)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    for doing in (in_files().load(KEY), in_files().save(KEY, token)):
        with pytest.raises(TokenStoreError, match="belongs to somebody else"):
            await doing


async def test_a_directory_stays_where_it_is(
    tmp_path: Path, token: OAuthToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that changes its own directory later finds its tokens."""
    monkeypatch.chdir(tmp_path)
    store = FileTokenStore("tokens")
    await store.save(KEY, token)
    monkeypatch.chdir("/")
    assert await store.load(KEY) == token


@pytest.mark.parametrize("directory", ["", None, 7, b"tokens", "a\x00b"])
def test_what_can_be_no_directory_is_told_at_once(directory: Any) -> None:
    """An empty text would be wherever the program runs."""
    with pytest.raises(ConfigurationError, match="FileTokenStore takes a directory"):
        FileTokenStore(directory)


@pytest.mark.parametrize("key", ["CON", "con.txt", "NUL.", ".hidden", "..", "-rf", "a b"])
def test_a_file_s_name_is_one_everywhere(in_files: Open, key: str) -> None:
    """What a key begins with makes no device of Windows, no hidden file and no option of it."""
    assert re.fullmatch(r"token-[\w.%~-]+=[0-9a-f]{32}\.json", in_files()._path(key).name)


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
