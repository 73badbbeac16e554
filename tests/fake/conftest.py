"""A fake that runs, and a way to ask it things."""

import base64
import json as jsonlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from attrs import define
from yarl import URL

from bbasync.fake import FakeBitbucket


@define
class Answer:
    """What came back."""

    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        """Read the body as JSON."""
        return jsonlib.loads(self.body)

    @property
    def message(self) -> str:
        """Read the message of an error."""
        return self.json["error"]["message"]


@define
class Asker:
    """Sends requests to one fake, as its owner unless told otherwise."""

    fake: FakeBitbucket
    session: aiohttp.ClientSession

    async def __call__(
        self, path: str, method: str = "GET", *, auth: str | None = "owner", **options: Any
    ) -> Answer:
        """Send a request; `auth` is a role, `anonymous`, `token`, or a whole header."""
        headers = dict(options.pop("headers", {}))
        header = self.header(auth)
        if header is not None:
            headers["Authorization"] = header
        url = path if path.startswith("http") else self.fake.url + path
        options.setdefault("allow_redirects", False)
        async with self.session.request(
            method, URL(url, encoded=True), headers=headers, **options
        ) as response:
            return Answer(response.status, response.headers, await response.read())

    def header(self, auth: str | None) -> str | None:
        """Turn a role into an Authorization header."""
        if auth == "token":
            return f"Bearer {self.fake.access_token}"
        if auth in {"owner", "member", "outsider"}:
            account = self.fake.account(auth)
            return basic(account.email, account.api_token)
        return None if auth == "anonymous" else auth

    async def walk(self, path: str, **options: Any) -> list[Any]:
        """Follow `next` to the end and give all values."""
        values: list[Any] = []
        address: str | None = path
        while address:
            page = (await self(address, **options)).json
            values += page["values"]
            address = page.get("next")
        return values


def basic(name: str, password: str) -> str:
    """Write a Basic Authorization header."""
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


@pytest.fixture
async def fake() -> AsyncIterator[FakeBitbucket]:
    """Start a fake of the default size."""
    async with FakeBitbucket() as running:
        yield running


@pytest.fixture
async def ask(fake: FakeBitbucket) -> AsyncIterator[Asker]:
    """Ask the default fake."""
    async with aiohttp.ClientSession() as session:
        yield Asker(fake, session)
