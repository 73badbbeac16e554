"""The credential in a .netrc file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bbasync.auth import BasicAuth, BearerAuth
from bbasync.auth.netrc import netrc_auth
from bbasync.errors import ConfigurationError

HOST = "api.bitbucket.org"
Write = Callable[..., Path]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home directory, and no NETRC."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.delenv("NETRC", raising=False)
    return tmp_path


@pytest.fixture
def write(home: Path) -> Write:
    """Writes a file into the home directory, for its owner only."""

    def write(text: str | bytes, name: str = ".netrc", mode: int = 0o600) -> Path:
        path = home / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(mode)
        return path

    return write


def test_an_address_is_an_account(write: Write) -> None:
    """An e-mail address as login is that of the account whose API token is the password."""
    write(f'machine {HOST} login ada@example.com password "to ken"')
    auth = netrc_auth()
    assert isinstance(auth, BasicAuth)
    assert (auth.email, auth.token) == ("ada@example.com", "to ken")


def test_a_fixed_login_stands_for_an_access_token(write: Write) -> None:
    """As with git, x-token-auth is the user of every access token."""
    write(f"machine {HOST}\n  login x-token-auth\n  password s3cret\n")
    auth = netrc_auth()
    assert isinstance(auth, BearerAuth)
    assert auth.token == "s3cret"


def test_the_variable_names_another_file(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """NETRC comes before the home directory, and an argument before NETRC."""
    write(f"machine {HOST} login a@b password at-home")
    named = write(f"machine {HOST} login a@b password by-variable", "named", mode=0o644)
    given = write(f"machine {HOST} login a@b password given", "given", mode=0o644)
    assert getattr(netrc_auth(), "token", None) == "at-home"
    monkeypatch.setenv("NETRC", str(named))
    assert getattr(netrc_auth(), "token", None) == "by-variable"
    assert getattr(netrc_auth(path=given), "token", None) == "given"


def test_windows_has_its_own_name_too(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """There _netrc is looked for as well, elsewhere it is not."""
    write(f"machine {HOST} login a@b password s3cret", "_netrc")
    assert netrc_auth() is None
    monkeypatch.setattr(sys, "platform", "win32")
    assert isinstance(netrc_auth(), BasicAuth)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "machine bitbucket.org login git password s3cret",
        "default login a@b password s3cret",
        f"machine x{HOST} login a@b password s3cret\ndefault login a@b password s3cret",
    ],
)
def test_only_the_machine_itself_is_meant(write: Write, text: str) -> None:
    """Neither git's host nor the entry for all others gives the API a credential."""
    write(text)
    assert netrc_auth() is None
    assert netrc_auth("default") is None


def test_no_file_is_no_credential(home: Path) -> None:
    """A home directory without one is usual."""
    assert not list(home.iterdir())
    assert netrc_auth() is None


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ("login ada password s3cret", "git's user names don't work"),
        ("login x-bitbucket-api-token-auth password s3cret", "git's user names don't work"),
        ("password s3cret", "e-mail address is empty"),
        ("login a@b", "API token is empty"),
        ("login x-token-auth", "access token is empty"),
        ('login a@b password " s3cret"', "white space"),
        ('login a:b@c password "s3cret"', "no ':'"),
    ],
)
def test_what_cannot_be_a_credential_is_refused(write: Write, entry: str, complaint: str) -> None:
    """The error names the file and the machine, and shows no password."""
    path = write(f"machine {HOST} {entry}")
    with pytest.raises(ConfigurationError, match=complaint) as caught:
        netrc_auth()
    assert f"{path}, machine {HOST}: " in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "quoted", ["passwort s3cret", "login a@b s3cret", "password s3cret s3cret"]
)
def test_a_file_that_is_none_shows_nothing_of_itself(write: Write, quoted: str) -> None:
    """The word that the parser stumbles over may be a password: file and line have to do."""
    path = write(f"machine {HOST}\n\n  {quoted}\n")
    with pytest.raises(ConfigurationError, match=r", near line [34]: this is not how") as caught:
        netrc_auth()
    assert str(path) in str(caught.value)
    error: BaseException | None = caught.value
    while error is not None:
        assert "s3cret" not in repr(error)
        assert "passwort" not in repr(error)
        error = error.__cause__ or error.__context__


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX's")
def test_a_file_that_others_may_read_is_refused(write: Write) -> None:
    """As netrc says, which goes for the home directory's own file."""
    write(f"machine {HOST} login a@b password s3cret", mode=0o640)
    with pytest.raises(ConfigurationError, match="be read by nobody else: chmod 600") as caught:
        netrc_auth()
    assert "s3cret" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_an_error(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that was named has to be there; a directory is none."""
    with pytest.raises(ConfigurationError, match=r"gone can't be read: No such file"):
        netrc_auth(path=home / "gone")
    monkeypatch.setenv("NETRC", str(home))
    with pytest.raises(ConfigurationError, match="can't be read"):
        netrc_auth()


def test_bytes_that_are_no_text_are_an_error(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where neither UTF-8 nor the locale can read the file, nothing of it is shown."""

    def unreadable(_: object) -> None:
        b"s3cret\xff".decode()

    monkeypatch.setattr("bbasync.auth.netrc.netrc", unreadable)
    write("")
    with pytest.raises(ConfigurationError, match="is not text") as caught:
        netrc_auth()
    assert caught.value.__context__ is None
