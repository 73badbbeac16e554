"""bitbucket-python: asynchronous, over httpx, and gives dicts."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator

from bitbucket import AsyncClient  # type: ignore[import-not-found]

from .drive import Five, drive_async

base, workspace = sys.argv[1:]


class Client(AsyncClient):  # type: ignore[misc]
    """Its address is a constant of the class; it asks who its user is whenever it is opened."""

    BASE_URL = base.removesuffix("2.0")


async def walk(client: Client) -> AsyncIterator[Five]:
    """Every repository of the workspace."""
    async for repo in client.all_pages(client.get_repositories, {"pagelen": 100}):
        yield repo["full_name"], repo["uuid"], repo["is_private"], repo["language"], repo["size"]


if __name__ == "__main__":
    drive_async(lambda: Client("ann", "secret", owner=workspace), walk)
