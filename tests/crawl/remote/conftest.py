"""A scheduler, workers and a Redis, which all tests here share, and a service for each."""

from __future__ import annotations

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


@pytest.fixture
async def service() -> AsyncIterator[FakeBitbucket]:
    """Four workspaces."""
    async with FakeBitbucket(workspaces=4, repositories=12) as fake:
        yield fake
