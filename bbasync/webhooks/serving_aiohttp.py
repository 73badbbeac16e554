"""A server of its own for a receiver, which tells of deliveries that miss it."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.typedefs import Handler

from .parse import KEY
from .receiver import READ_SECONDS, Receiver
from .receiver_aiohttp import add_routes

_log = logging.getLogger("bbasync.webhooks")


@asynccontextmanager
async def serving(
    receiver: Receiver, *, host: str, port: int, path: str, astray: Callable[[str], None]
) -> AsyncGenerator[tuple[tuple[str, int], ...], None]:
    """Serve *receiver* and nothing else while the block runs; it drains when that ends.

    Gives the hosts and ports that are listened at; OSError where one can't be. *astray* gets the
    path of each delivery that comes to another one, and is answered 404.
    """

    @web.middleware
    async def watched(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPNotFound:
            if KEY in request.headers:  # whatever else asks for what is not there is noise
                astray(request.path)
            raise

    app = web.Application(middlewares=[watched])
    add_routes(app, path, receiver)
    # The server's own log would show a traceback for whatever strangers send.
    runner = web.AppRunner(app, access_log=None, logger=_log, shutdown_timeout=READ_SECONDS)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield tuple((str(one[0]), int(one[1])) for one in runner.addresses)
    finally:
        await runner.cleanup()
