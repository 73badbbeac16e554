"""A receiver behind aiohttp's web server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from aiohttp import ClientError, web

from .receiver import CUT, READ_SECONDS, SLOW, Receiver, Reply


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
