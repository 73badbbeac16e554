"""Logins in the system's keyring, where there is one."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from bbasync.auth import OAuthConsumer, OAuthToken
from bbasync.cli import logins, ring
from bbasync.cli.vault import Vault
from bbasync.errors import TokenStoreError
from bbasync.fake import FakeBitbucket
from tests.cli.conftest import Do, files

BACKEND = '''
"""A keyring in a file, that says who has asked it."""

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend

KEPT = Path(os.environ["RING_OF_TESTS"])


class Keyring(KeyringBackend):
    priority = 5

    def get_password(self, service, username):
        return self._all().get(f"{service} {username}")

    def set_password(self, service, username, password):
        self._keep({**self._all(), f"{service} {username}": password})

    def delete_password(self, service, username):
        left = self._all()
        del left[f"{service} {username}"]
        self._keep(left)

    def _all(self):
        return json.loads(KEPT.read_text()) if KEPT.exists() else {}

    def _keep(self, passwords):
        KEPT.write_text(json.dumps(passwords))


class Locked(Keyring):
    def get_password(self, service, username):
        raise RuntimeError("locked, " + str(self._all()))

    def set_password(self, service, username, password):
        raise RuntimeError("locked, not kept: " + password)


class Plain(Keyring):
    priority = 0.5
'''


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """What the keyring of the tests has."""
    return tmp_path / "ring.json"


def content(kept: Path) -> dict[str, str]:
    """What it has now."""
    return json.loads(kept.read_text()) if kept.exists() else {}


def lose(kept: Path) -> None:
    """Have it lose everything."""
    kept.unlink()


@pytest.fixture
def rings(tmp_path: Path, kept: Path) -> dict[str, dict[str, str]]:
    """The variables by which a command has the one or the other keyring."""
    modules = tmp_path / "modules"
    modules.mkdir()
    (modules / "ring_of_tests.py").write_text(BACKEND)
    path = os.pathsep.join(filter(None, (str(modules), os.environ.get("PYTHONPATH"))))
    return {
        name: {
            "PYTHONPATH": path,
            "RING_OF_TESTS": str(kept),
            "PYTHON_KEYRING_BACKEND": f"ring_of_tests.{name}",
        }
        for name in ("Keyring", "Locked", "Plain", "Missing")
    }


async def test_a_keyring_keeps_the_login_and_no_file_has_the_token(
    log_in: Do,
    do: Do,
    home: Path,
    kept: Path,
    rings: dict[str, dict[str, str]],
    service: FakeBitbucket,
) -> None:
    """It is named, asked by later commands, and forgets with a logout."""
    ring = rings["Keyring"]
    ran = await log_in(**ring)
    assert ran.code == 0, ran.err
    assert "kept in   the system's keyring (ring of tests Keyring), for you alone" in ran.out
    assert list(content(kept)) == [f"bbasync {service.url}"]
    (told,) = files(home).values()
    assert json.loads(told) == {"version": 1, "kept": "keyring"}
    ran = await do("whoami", **ring)
    assert "from      the login in the system's keyring (ring of tests Keyring)" in ran.out
    ran = await do("logout", **ring)
    assert f"forgot the API token of {service.email}" in ran.err
    assert content(kept) == {}
    assert files(home) == {}


async def test_a_login_goes_where_it_is_told(
    log_in: Do,
    do: Do,
    home: Path,
    kept: Path,
    rings: dict[str, dict[str, str]],
    service: FakeBitbucket,
) -> None:
    """The place before it has nothing any more."""
    ring = rings["Keyring"]
    await log_in(**ring)
    ran = await log_in("--keep", "file", **ring)
    assert "kept in   the file " in ran.out
    assert content(kept) == {}
    assert service.api_token in next(iter(files(home).values()))
    ran = await log_in("--keep", "keyring", **ring)
    assert "kept in   the system's keyring" in ran.out
    assert service.api_token not in next(iter(files(home).values()))
    lose(kept)
    ran = await do("whoami", **ring)
    assert ran.code == 2
    assert "has lost the login" in ran.err
    assert (await do("logout", **ring)).code == 0


@pytest.mark.parametrize("name", ["Plain", "Missing"])
async def test_what_is_no_proper_keyring_is_passed_over(
    log_in: Do, home: Path, kept: Path, rings: dict[str, dict[str, str]], name: str
) -> None:
    """One that keeps plain text is no better than a file, and one that is not there is none."""
    ran = await log_in(**rings[name])
    assert ran.code == 0
    assert "kept in   the file " in ran.out
    assert len(files(home)) == 1
    assert content(kept) == {}


async def test_a_keyring_that_fails_is_told_and_nothing_of_it_is_shown(
    log_in: Do,
    do: Do,
    home: Path,
    rings: dict[str, dict[str, str]],
    service: FakeBitbucket,
) -> None:
    """The login goes into a file, unless a keyring was asked for; what it has is not lost."""
    ran = await log_in("--keep", "keyring", **rings["Locked"])
    assert ran.code == 2
    assert "could not keep the login (RuntimeError)" in ran.err
    assert files(home) == {}
    assert service.api_token not in ran.err
    ran = await log_in(**rings["Locked"])
    assert ran.code == 0
    assert "It goes into a file instead" in ran.err
    assert "kept in   the file " in ran.out
    assert service.api_token not in ran.err + ran.out

    await log_in(**rings["Keyring"])
    for command in ("whoami", "logout"):
        ran = await do(command, **rings["Locked"])
        assert ran.code == 2
        assert "is it unlocked?" in ran.err
        assert service.api_token not in ran.err
    assert (await do("whoami", **rings["Keyring"])).code == 0


async def test_a_credential_in_the_environment_asks_no_keyring(
    log_in: Do, do: Do, rings: dict[str, dict[str, str]], credentials: dict[str, str]
) -> None:
    """It may be locked, or slow, or have to ask the person."""
    await log_in(**rings["Keyring"])
    ran = await do("whoami", **{**rings["Locked"], **credentials})
    assert ran.code == 0
    assert "from      the environment" in ran.out


def test_whatever_a_keyring_does_is_an_error_of_the_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own text may hold the secret, and stays behind."""

    class Broken:
        def get_password(self, *_: str) -> str:
            raise OSError("s3cret")

    monkeypatch.setattr("keyring.get_keyring", Broken)
    assert ring.found(least=0) is None
    for ask in (ring.get, ring.drop):
        with pytest.raises(TokenStoreError, match=r"keyring could not .* \(OSError\)") as caught:
            ask("https://api.bitbucket.org/2.0")
        assert "s3cret" not in str(caught.value)
        assert caught.value.__cause__ is None


async def test_tokens_that_rotate_stay_where_the_login_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In the keyring; a login with anything else, and one that has gone, are left alone."""
    passwords: dict[tuple[str, str], str] = {}

    class Memory:
        name, priority = "memory", 5

        def get_password(self, *names: str) -> str | None:
            return passwords.get(names)

        def set_password(self, service: str, user: str, password: str) -> None:
            passwords[service, user] = password

        def delete_password(self, *names: str) -> None:
            del passwords[names]

    monkeypatch.setattr("keyring.get_keyring", Memory)
    monkeypatch.setenv("BBASYNC_CONFIG_DIR", str(tmp_path))
    vault, base = Vault(), "https://api.bitbucket.org/2.0"
    consumer, first = OAuthConsumer("my-key", "my-secret"), OAuthToken("first-token")
    vault.save(base, logins.of_consent(consumer, first), vault.choose(None))
    store = logins.VaultTokenStore(vault, "my-key")
    assert await store.load(base) == first
    second = OAuthToken("second-token", "to-refresh", grant=first.grant)
    async with store.lock(base):
        await store.save(base, second)
    assert "second-token" in passwords["bbasync", base]
    assert "token" not in "".join(files(tmp_path).values())
    assert await store.load(base) == second
    assert await logins.VaultTokenStore(vault, "another-key").load(base) is None
    with pytest.raises(TokenStoreError, match="is gone"):
        await logins.VaultTokenStore(vault, "another-key").save(base, first)
    await store.delete(base)
    assert passwords == {}
    assert await store.load(base) is None
    with pytest.raises(TokenStoreError, match="is gone"):
        await store.save(base, first)
