"""Fakes to crawl, and what is in them by another way than ours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest

from bbasync import BasicAuth, Bitbucket
from bbasync.crawl import Found, Missed
from bbasync.fake import FakeBitbucket


@pytest.fixture
async def opened() -> AsyncIterator[Callable[..., Any]]:
    """Opens fakes of some sizes, each with a client of somebody who owns all that is in it."""
    async with AsyncExitStack() as stack:

        async def start(*, client: Any = None, **sizes: Any) -> tuple[FakeBitbucket, Bitbucket]:
            fake = await stack.enter_async_context(FakeBitbucket(**sizes))
            auth = BasicAuth(fake.email, fake.api_token)
            bb = Bitbucket(auth, base_url=fake.url, **(client or {}))
            return fake, await stack.enter_async_context(bb)

        yield start


@pytest.fixture
def rows() -> Callable[..., Any]:
    """All values of a list, fetched without bbasync, and without leaving a trace."""

    async def fetch(fake: FakeBitbucket, path: str) -> list[dict[str, Any]]:
        found, url = [], f"{fake.url}{path}"
        before = len(fake.requests)
        headers = {"Authorization": f"Bearer {fake.api_token}"}
        async with aiohttp.ClientSession(headers=headers) as session:
            while url:
                async with session.get(url) as answer:
                    page = await answer.json()
                found += page["values"]
                url = page.get("next", "")
        del fake.requests[before:]
        return found

    return fetch


@pytest.fixture
def everything(rows: Any) -> Callable[..., Any]:
    """What a crawl over all workspaces has to find, of the repositories and of some *lists*."""

    async def find(fake: FakeBitbucket, **lists: str) -> set[tuple[str, str, str | None, Any]]:
        wanted: set[tuple[str, str, str | None, Any]] = set()
        for place in fake.store.workspaces.values():
            for one in place.repositories.values():
                wanted.add(("repositories", place.slug, None, one.uuid))
                for kind, path in lists.items():
                    found = await rows(fake, f"/repositories/{one.full_name}/{path}")
                    wanted |= {(kind, place.slug, one.full_name, name_of(item)) for item in found}
        return wanted

    return find


def name_of(item: dict[str, Any]) -> Any:
    """What tells an item from the others of its list."""
    return next(item[name] for name in ("uuid", "hash", "id", "name") if name in item)


def sorted_out(records: Iterable[Found | Missed]) -> tuple[list[Any], list[Missed]]:
    """What was found, each as ``everything`` has it, and what was missed."""
    found, missed = [], []
    for one in records:
        if isinstance(one, Missed):
            missed.append(one)
        else:
            what = name_of(one.item.to_dict())
            found.append((one.kind, one.workspace, one.repository, what))
    return found, missed


@pytest.fixture
def ours() -> Callable[[], set[Any]]:
    """The tasks of now that are the library's."""

    def find() -> set[Any]:
        places = {task: task.get_coro().cr_code.co_filename for task in asyncio.all_tasks()}
        return {
            task for task, path in places.items() if "/bbasync/" in path and "/fake/" not in path
        }

    return find


@pytest.fixture
def crawled() -> Callable[..., Any]:
    """Runs a plan to its end: what was found, what was missed, and the run itself."""

    async def run(plan: Any, bb: Bitbucket, **options: Any) -> Any:
        running = plan.run(bb, **options)
        found, missed = sorted_out([one async for one in running])
        return found, missed, running.summary

    return run


class Kept:
    """A sink that keeps what it is told in memory, and drops what was not put in safety."""

    def __init__(self, name: str = "kept") -> None:
        self.name = name
        self.items: list[Found | Missed] = []
        self.safe = 0
        self.ends: list[bool] = []
        self.failure: Exception | None = None

    async def open(self, position: Any) -> None:
        """Go on behind *position*."""
        del self.items[position or 0 :]

    async def write(self, batches: Any) -> None:
        """Take records, or fail half-way."""
        for batch in batches:
            self.items += batch.records
            if self.failure is not None:
                raise self.failure

    async def sync(self) -> int:
        """Tell the position."""
        self.safe = len(self.items)
        return self.safe

    async def close(self, *, done: bool) -> None:
        """Note how it ended."""
        self.ends.append(done)

    @property
    def found(self) -> list[Any]:
        """What was found, as ``everything`` has it."""
        return sorted_out(self.items)[0]

    @property
    def missed(self) -> list[Missed]:
        """What was missed."""
        return sorted_out(self.items)[1]


@pytest.fixture
def kept() -> type[Kept]:
    """The class of sinks in memory."""
    return Kept
