"""A receiver behind aiohttp's web server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import ClientError, web

from .receiver import CUT, READ_SECONDS, SLOW, Receiver, Reply

_log = logging.getLogger("bbasync.webhooks")


def add_routes(app: web.Application, path: str, receiver: Receiver) -> None:
    """Let *receiver* take what is posted to *path*, and be open while *app* runs.

    It drains when the application is cleaned up, after the connections were closed.
    """

    async def opened(_: web.Application) -> AsyncIterator[None]:
        async with receiver:
            yield

    app.router.add_post(path, aiohttp_handler(receiver))
    app.cleanup_ctx.append(opened)


def aiohttp_handler(receiver: Receiver) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A handler of requests, for a receiver that something else opens."""

    async def handle(request: web.Request) -> web.Response:
        reply = await _reply(receiver, request)
        return web.Response(status=reply.status, text=reply.text)

    return handle


@asynccontextmanager
async def serving(
    receiver: Receiver, *, host: str, port: int, path: str
) -> AsyncGenerator[tuple[tuple[str, int], ...], None]:
    """Serve *receiver* and nothing else while the block runs; it drains when that ends.

    Gives the hosts and ports that are listened at; OSError where one can't be.
    """
    app = web.Application()
    add_routes(app, path, receiver)
    # The server's own log would show a traceback for whatever strangers send.
    runner = web.AppRunner(app, access_log=None, logger=_log, shutdown_timeout=READ_SECONDS)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield tuple((str(one[0]), int(one[1])) for one in runner.addresses)
    finally:
        await runner.cleanup()


async def _reply(receiver: Receiver, request: web.Request) -> Reply:
    refused = receiver.precheck(request.headers, request.remote)
    if refused is not None:
        return refused
    try:
        async with asyncio.timeout(READ_SECONDS):
            body = await _read(request, receiver.max_bytes)
    except TimeoutError:
        return receiver.refused(SLOW)
    except (web.RequestPayloadError, ClientError, ConnectionError):
        return receiver.refused(CUT)  # nobody hears it, mostly
    return await receiver.receive(request.headers, body, peer=request.remote)


async def _read(request: web.Request, most: int) -> bytes:
    """The body; of one that is larger than *most*, enough to see that it is."""
    if request.content.at_eof():  # a middleware may have read it, and aiohttp has kept it then
        return await request.read()
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > most:
            break
    return bytes(body)
