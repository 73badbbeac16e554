"""A fake of its own for each test, and a client that owns everything in it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bbasync import BasicAuth, Bitbucket
from bbasync.fake import FakeBitbucket


@pytest.fixture
async def fake() -> AsyncIterator[FakeBitbucket]:
    """The other side."""
    async with FakeBitbucket() as running:
        yield running


@pytest.fixture
async def bb(fake: FakeBitbucket) -> AsyncIterator[Bitbucket]:
    """A client of the owner of every workspace."""
    async with Bitbucket(BasicAuth(fake.email, fake.api_token), base_url=fake.url) as client:
        yield client
