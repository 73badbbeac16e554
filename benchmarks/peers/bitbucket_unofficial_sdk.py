"""bitbucket-unofficial-sdk: asynchronous, over httpx, and gives pydantic models."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator

from bitbucket.aio import AsyncBitbucketClient  # type: ignore[import-not-found]
from bitbucket.config import ClientOptions  # type: ignore[import-not-found]

from .drive import Five, drive_async

base, workspace = sys.argv[1:]


def connect() -> AsyncBitbucketClient:
    """Make a client of the server at *base*."""
    return AsyncBitbucketClient("ann@example.com", "secret", options=ClientOptions(base_url=base))


async def walk(client: AsyncBitbucketClient) -> AsyncIterator[Five]:
    """Every repository of the workspace."""
    async for repo in client.workspace(workspace).repositories.list():
        yield repo.full_name, repo.uuid, repo.is_private, repo.language, repo.size


if __name__ == "__main__":
    drive_async(connect, walk)
