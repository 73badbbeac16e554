"""A scheduler, workers and a Redis, which all tests here share, and a service for each."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator

import pytest

from bbasync.fake import FakeBitbucket
from tests.crawl.remote.machines import Machines


@pytest.fixture(scope="session")
def variables() -> dict[str, str]:
    """The credential of each fake with the usual seed, as workers have it."""
    fake = FakeBitbucket(repositories=1)
    return {"BITBUCKET_EMAIL": fake.email, "BITBUCKET_API_TOKEN": fake.api_token}


@pytest.fixture(scope="session")
def started(
    tmp_path_factory: pytest.TempPathFactory, variables: dict[str, str]
) -> Iterator[Machines]:
    """Machines for all tests; nothing of the credential is in what they say."""
    pytest.importorskip("distributed", reason="Dask distributed is not installed")
    machines = Machines(tmp_path_factory.mktemp("machines"), variables)
    said = ""
    try:
        yield machines
    finally:
        said = machines.end()
    assert "distributed.worker" in said
    assert variables["BITBUCKET_API_TOKEN"] not in said
    assert "ATATT-of-nobody" not in said


@pytest.fixture
def machines(started: Machines) -> Machines:
    """A scheduler with two workers."""
    started.have(2)
    return started


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a redis-server of these tests' own."""
    binary = shutil.which("redis-server")
    if binary is None:
        pytest.skip("no redis-server is installed")
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    home = str(tmp_path_factory.mktemp("redis"))
    command = [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", home]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if b"eady to accept connections" in line:
                break
        yield f"redis://127.0.0.1:{port}/0"
        process.terminate()


@pytest.fixture
async def service() -> AsyncIterator[FakeBitbucket]:
    """Four workspaces."""
    async with FakeBitbucket(workspaces=4, repositories=12) as fake:
        yield fake
