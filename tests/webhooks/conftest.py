"""Deliveries as the service sends them, and recorded ones where they lie beside the repository."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp import ClientError, ClientSession, ClientTimeout
from attrs import define, field

from bbasync.webhooks import sign

SECRET: Final = "a secret of these tests only"
PAYLOADS: Final = Path(__file__).parents[3] / "shared" / "payloads"
ATTEMPTS: Final = 3


@define
class Sent:
    """A delivery: its body and its headers."""

    body: bytes
    headers: dict[str, str]

    @property
    def id(self) -> str:
        """The same for every attempt."""
        return self.headers["X-Request-UUID"]

    def attempt(self, number: int) -> dict[str, str]:
        """The headers of an attempt."""
        return {**self.headers, "X-Attempt-Number": str(number)}


def make_delivery(
    key: str = "repo:push", data: Any = None, *, secret: str | None = SECRET, id: str = ""
) -> Sent:
    """A delivery of *data*, signed."""
    body = data if isinstance(data, bytes) else json.dumps(data or {}).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Bitbucket-Webhooks/2.0",
        "X-Event-Key": key,
        "X-Hook-UUID": "1e8c2b3c-6a53-4d7e-9d0a-3f0c7b0b0001",
        "X-Request-UUID": id or str(uuid.uuid4()),
        "X-Attempt-Number": "1",
    }
    if secret is not None:
        headers["X-Hub-Signature"] = sign(body, secret)
    return Sent(body, headers)


@pytest.fixture
def delivery() -> Callable[..., Sent]:
    """Makes deliveries."""
    return make_delivery


@cache
def recorded() -> list[dict[str, Any]]:
    """The recorded bodies; none where they do not lie beside the repository."""
    manifest = PAYLOADS / "manifest.json"
    every = json.loads(manifest.read_text("utf-8")) if manifest.is_file() else []
    return [one for one in every if one["kind"] == "webhook"]


@define
class Service:
    """Sends as Bitbucket does: again after a 5xx or no answer, at most two more times."""

    url: str
    session: ClientSession
    pause: Callable[[], Any] = lambda: asyncio.sleep(0)
    timeout: float = 10
    statuses: dict[str, list[int]] = field(factory=dict)
    """By id, what each attempt was answered; 0 where it was not."""

    async def send(self, sent: Sent) -> int:
        """Deliver; the last status, 0 where there was no answer."""
        for number in range(1, ATTEMPTS + 1):
            status = await self.attempt(sent, number)
            if 0 < status < 500:
                break
            await self.pause()
        return status

    async def attempt(self, sent: Sent, number: int = 1) -> int:
        """Deliver once."""
        limit = ClientTimeout(total=self.timeout)
        headers = sent.attempt(number)
        try:
            async with self.session.post(
                self.url, data=sent.body, headers=headers, timeout=limit
            ) as answer:
                await answer.read()
                status = answer.status
        except (ClientError, ConnectionError, TimeoutError):
            status = 0
        self.statuses.setdefault(sent.id, []).append(status)
        return status


@pytest.fixture
def service() -> type[Service]:
    """The class of senders."""
    return Service
