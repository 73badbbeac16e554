"""A fake with one workspace to audit, and a client of its owner."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest

from bbasync import BasicAuth, Bitbucket
from bbasync.audit.found import WorkspaceAudit
from bbasync.audit.gather import gather
from bbasync.fake import Account, FakeBitbucket
from bbasync.wire.message import Answer, Request


@pytest.fixture
async def service() -> AsyncIterator[FakeBitbucket]:
    """Two workspaces with more rights than fit on a page."""
    async with FakeBitbucket(workspaces=2, repositories=20, members=12, outsiders=3) as fake:
        yield fake


@pytest.fixture
async def bb(service: FakeBitbucket) -> AsyncIterator[Bitbucket]:
    """The owner's client."""
    auth = BasicAuth(service.email, service.api_token)
    async with Bitbucket(auth, base_url=service.url) as client:
        yield client


@pytest.fixture
def client_of(service: FakeBitbucket) -> Callable[[Account], Bitbucket]:
    """A client of somebody else, to be opened."""

    def make(account: Account) -> Bitbucket:
        return Bitbucket(BasicAuth(account.email, account.api_token), base_url=service.url)

    return make


class Tampered(Bitbucket):
    """A client to which *change* is done with each answer's body before it is read."""

    change: Callable[[Request, bytes], bytes]

    async def send(self, request: Request) -> Answer:
        """Send, and change what comes back."""
        answer = await super().send(request)
        body = self.change(request, answer.body)
        return Answer(answer.status, answer.headers, body, answer.method, answer.url)


@pytest.fixture
def tampered(service: FakeBitbucket) -> Callable[[Callable[[Request, bytes], bytes]], Bitbucket]:
    """A client whose answers are changed on the way."""

    def make(change: Callable[[Request, bytes], bytes]) -> Bitbucket:
        client = Tampered(BasicAuth(service.email, service.api_token), base_url=service.url)
        client.change = change
        return client

    return make


@pytest.fixture
async def rows(service: FakeBitbucket) -> Callable[[str], Any]:
    """All values of a list, fetched without bbasync."""

    async def fetch(path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        url = f"{service.url}{path}?pagelen=100"
        headers = {"Authorization": f"Bearer {service.api_token}"}
        async with aiohttp.ClientSession(headers=headers) as session:
            while url:
                async with session.get(url) as answer:
                    page = await answer.json()
                found += page["values"]
                url = page.get("next", "")
        return found

    return fetch


@pytest.fixture
def gathered() -> Callable[..., Any]:
    """The audits of some workspaces, by name."""

    async def run(client: Bitbucket, *names: str, **options: Any) -> dict[str, WorkspaceAudit]:
        return {one.workspace: one async for one in gather(client, names, **options)}

    return run
