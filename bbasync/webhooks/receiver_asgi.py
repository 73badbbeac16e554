"""A receiver as an ASGI application, with no framework: served alone, or mounted in another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from typing import Any, Final, TypeAlias

from ..errors import ConfigurationError
from .receiver import CUT, ONLY_POST, READ_SECONDS, SLOW, Receiver, Reply

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

_TEXT: Final = (b"content-type", b"text/plain; charset=utf-8")


class WebhookApp:
    """An ASGI application that takes whatever is posted to it, at any path.

    Served alone it opens and drains the receiver with the server's lifespan. An application that
    mounts it is not passed that on: it uses ``lifespan`` as its own, or opens the receiver itself.
    Mounted at ``/hooks`` it is called at ``/hooks/``, and no sender need follow the redirect from
    one to the other; Starlette's ``Route("/hooks", app)`` takes the address without the slash.
    """

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver

    @asynccontextmanager
    async def lifespan(self, _: object = None) -> AsyncIterator[None]:
        """Keep the receiver open: for ``Starlette(lifespan=...)`` and ``FastAPI(lifespan=...)``."""
        async with self.receiver:
            yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or open and drain with the server."""
        match scope["type"]:
            case "http":
                await self._answer(scope, receive, send)
            case "lifespan":
                await self._live(receive, send)
            case "websocket":
                await receive()
                await send({"type": "websocket.close", "code": 1000})
            case kind:
                raise NotImplementedError(f"an ASGI scope of type {kind}")

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self.receiver.__aenter__()
        except ConfigurationError as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        try:
            await send({"type": "lifespan.startup.complete"})
            await receive()
        finally:
            await self.receiver.aclose()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        reply = await self._reply(scope, receive)
        if reply is None:
            return  # nobody is there any more
        headers = [_TEXT, (b"content-length", str(len(reply.text.encode())).encode())]
        if reply is ONLY_POST:
            headers.append((b"allow", b"POST"))
        start = {"type": "http.response.start", "status": reply.status, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": reply.text.encode()})

    async def _reply(self, scope: Scope, receive: Receive) -> Reply | None:
        """The answer; None where the sender has gone before the body was complete."""
        if scope["method"] != "POST":
            return ONLY_POST
        headers = [
            (name.decode("latin-1"), text.decode("latin-1")) for name, text in scope["headers"]
        ]
        peer = scope["client"][0] if scope.get("client") else None
        refused = self.receiver.precheck(headers, peer)
        if refused is not None:
            return refused
        try:
            async with asyncio.timeout(READ_SECONDS):
                body = await _read(receive, self.receiver.max_bytes)
        except TimeoutError:
            return self.receiver.refused(SLOW)
        if body is None:
            self.receiver.refused(CUT)
            return None
        return await self.receiver.receive(headers, body, peer=peer)


async def _read(receive: Receive, most: int) -> bytes | None:
    """The body; of one that is larger than *most*, enough to see that it is. None where it ends."""
    body = bytearray()
    more = True
    while more and len(body) <= most:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(body)
