"""The command line as a process of its own, against a fake in the test's."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import pytest
from attrs import frozen

from bbasync.fake import FakeBitbucket

COMMAND = (sys.executable, "-c", "from bbasync.cli import run; run()")


@frozen
class Ran:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with these credentials and no others."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("BITBUCKET_", "ATLASSIAN_"))
    }
    return {**inherited, "NO_COLOR": "1", "COLUMNS": "100", **variables}


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

    async def run(*arguments: str, **variables: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *COMMAND,
            *arguments,
            env=environment(variables),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    return run


@pytest.fixture
def bbasync(start: Callable[..., Any]) -> Callable[..., Any]:
    """Run a command to its end."""

    async def run(*arguments: str, **variables: str) -> Ran:
        process = await start(*arguments, **variables)
        out, err = await process.communicate()
        return Ran(process.returncode, out.decode(), err.decode())

    return run
