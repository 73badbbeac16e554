"""The command line as a process of its own, against a fake in the test's."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from bbasync.fake import FakeBitbucket
from tests.cli.consent import Login
from tests.cli.warm import Process, Ran, ran

Do = Callable[..., Any]
COMMAND = (sys.executable, "-c", "from bbasync.cli import run; run()")


def files(home: Path) -> dict[str, str]:
    """The logins that are kept in files, with no draft of one beside them."""
    assert not list(home.glob("*.tmp"))
    return {one.name: one.read_text() for one in home.glob("login-*")}


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with these credentials and no others, kept or in .netrc."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("BITBUCKET_", "ATLASSIAN_"))
    }
    nothing = {
        "BBASYNC_CONFIG_DIR": f"{os.devnull}/none",
        "NETRC": os.devnull,
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }
    return {**inherited, **nothing, "NO_COLOR": "1", "COLUMNS": "100", **variables}


@pytest.fixture
async def service() -> AsyncIterator[FakeBitbucket]:
    """A fake with two workspaces."""
    async with FakeBitbucket(workspaces=2, repositories=20, members=10) as fake:
        yield fake


@pytest.fixture
def credentials(service: FakeBitbucket) -> dict[str, str]:
    """The variables that make a command use the fake as its owner."""
    return {
        "BITBUCKET_BASE_URL": service.url,
        "BITBUCKET_EMAIL": service.email,
        "BITBUCKET_API_TOKEN": service.api_token,
    }


@pytest.fixture
def start() -> Callable[..., Any]:
    """Start a command."""

    async def run(*arguments: str, **variables: str) -> Process:
        return await Process.start(arguments, environment(variables))

    return run


@pytest.fixture
def bbasync() -> Do:
    """Run a command to its end."""

    async def run(*arguments: str, **variables: str) -> Ran:
        return await ran(arguments, environment(variables))

    return run


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where logins are kept; the first one makes it."""
    return tmp_path / "kept" / "here"


@pytest.fixture
def place(home: Path, service: FakeBitbucket) -> dict[str, str]:
    """The variables of somebody without a credential."""
    return {"BBASYNC_CONFIG_DIR": str(home), "BITBUCKET_BASE_URL": service.url}


@pytest.fixture
def do(place: dict[str, str]) -> Do:
    """Run a command as somebody without a credential, with *typed* at its standard input."""

    async def run(*arguments: str, typed: str = "", **variables: str) -> Ran:
        done = await ran(arguments, environment({**place, **variables}), typed)
        assert "Traceback" not in done.err
        return done

    return run


@pytest.fixture
def log_in(do: Do, service: FakeBitbucket) -> Do:
    """Log in with the owner's API token."""

    async def run(*options: str, **variables: str) -> Ran:
        typed = f"{service.email}\n{service.api_token}\n"
        return await do("login", "--api-token", *options, typed=typed, **variables)

    return run


@pytest.fixture
def port() -> int:
    """One that was free a moment ago."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture
def by_oauth(place: dict[str, str], service: FakeBitbucket) -> dict[str, str]:
    """The variables of somebody who has a consumer."""
    consumer = service.consumer
    return {
        **place,
        "BITBUCKET_OAUTH_KEY": consumer.key,
        "BITBUCKET_OAUTH_SECRET": consumer.secret,
    }


@pytest.fixture
def begin(by_oauth: dict[str, str], port: int) -> Do:
    """Begin to log in, until the browser is asked for."""

    async def start(*options: str, **variables: str) -> Login:
        process = await Process.start(
            ["login", "--oauth", "--no-browser", "--port", str(port), *options],
            environment({**by_oauth, **variables}),
        )
        said = ""
        while not (line := (await process.stderr.readline()).decode()).startswith("http"):
            assert line, said
            said += line
        return Login(process, line.strip(), said + line)

    return start


@pytest.fixture
async def browser() -> AsyncIterator[ClientSession]:
    """A browser, as far as it matters."""
    async with ClientSession() as session:
        yield session
