"""What tests of cassettes share: exchanges that were heard, and a service to hear."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
from aiohttp import web
from yarl import URL

from bbasync.fake.cassettes import Answered, Body, Recorded, Sent
from bbasync.fake.cassettes.cassette import dump
from bbasync.fake.cassettes.known import Secrets
from bbasync.fake.cassettes.scrub import scrubbed
from tests.fake.conftest import Answer

Answerer = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


def exchange(
    path: str = "/2.0/x", *, query: Any = (), body: Body | None = None, answer: Body | None = None
) -> Recorded:
    """An exchange of which only some is of interest."""
    return Recorded(Sent("POST", path, query, {}, body), Answered(200, {}, answer))


def written(*exchanges: Recorded, secrets: Secrets | None = None, **options: Any) -> str:
    """What a cassette says of exchanges."""
    usual: dict[str, Any] = {"users": (), "keep": frozenset(), "rename": {}, "hook": None}
    return dump(scrubbed(exchanges, secrets or Secrets(), **(usual | options)))


def of_json(value: Any) -> Body:
    """A body that is JSON."""
    return Body("json", value)


def of_text(text: str) -> Body:
    """A body that is text."""
    return Body("text", [text])


@contextlib.asynccontextmanager
async def serving(answer: Answerer) -> AsyncIterator[str]:
    """Let a service answer on the loopback; gives its address."""
    runner = web.ServerRunner(web.Server(answer, access_log=None), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def unanswered() -> tuple[Answerer, asyncio.Event]:
    """What never answers, and what is set when it is asked."""
    asked, never = asyncio.Event(), asyncio.Event()

    async def answer(_: web.BaseRequest) -> web.StreamResponse:
        asked.set()
        await never.wait()
        return web.Response()

    return answer, asked


async def call(url: str, method: str = "GET", **options: Any) -> Answer:
    """Ask a server something."""
    async with (
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
        session.request(
            method, URL(url, encoded=True), allow_redirects=False, **options
        ) as response,
    ):
        return Answer(response.status, response.headers, await response.read())
