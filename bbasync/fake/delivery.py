"""An answer on its way out: whole, cut off, slowly, or not at all."""

import asyncio
import socket
import struct
from http import HTTPStatus

from aiohttp import web

from .exchange import Reply
from .faults import Fault

NO_CONTENT = 204
NOTHING = "text/html; charset=utf-8"
"""The type of no content: the service names it all the same, and there are clients that look."""
LOOK = 0.05
"""How often a silence looks whether its caller has left; aiohttp doesn't tell."""


def whole(reply: Reply) -> web.Response:
    """Make an answer of it that aiohttp sends."""
    response = web.Response(status=reply.status, body=reply.payload(), headers=reply.headers)
    response.headers["Content-Type"] = _type(reply)
    return response


def _type(reply: Reply) -> str:
    return NOTHING if reply.status == NO_CONTENT else reply.content_type


async def deliver(
    request: web.BaseRequest, reply: Reply, fault: Fault, over: asyncio.Event
) -> web.Response:
    """Send an answer as the fault lets it; *over* ends silences."""
    if fault.way == "whole":
        return whole(reply)
    if fault.way in {"reset", "close"}:
        _leave(request, hard=fault.way == "reset")
        return web.Response()
    head, body = _head(request, reply, told=fault.told), _body(request, reply)
    if fault.way == "drip":
        await _drip(request, head, body, fault)
    elif fault.way == "cut":
        _write(request, _beginning(head, body, fault))
    else:
        sent = b"" if fault.at is None else _beginning(head, body, fault)
        _write(request, sent)
        if await _ends(request, over, fault.until):
            _write(request, (head + body)[len(sent) :])
    _leave(request)
    # The connection is closed, so that nothing of this one is sent any more.
    return web.Response()


def _head(request: web.BaseRequest, reply: Reply, *, told: bool) -> bytes:
    try:
        words = HTTPStatus(reply.status).phrase
    except ValueError:
        words = "Unknown"
    headers = reply.headers | {"Content-Type": _type(reply)}
    if reply.status != NO_CONTENT:
        length = str(len(_body(request, reply)))
        headers |= {"Content-Length": length} if told else {"Transfer-Encoding": "chunked"}
    lines = [f"HTTP/1.1 {reply.status} {words}", *(f"{k}: {v}" for k, v in headers.items())]
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode()


def _body(request: web.BaseRequest, reply: Reply) -> bytes:
    return b"" if request.method == "HEAD" else reply.payload()


def _beginning(head: bytes, body: bytes, fault: Fault) -> bytes:
    """As much of an answer as gets through."""
    if fault.at is None:
        return head[: len(head) // 2]
    if fault.told:
        return head + body[: fault.at]
    part = body[: fault.at]
    return head + b"%x\r\n%b\r\n" % (len(part), part) if part else head


async def _drip(request: web.BaseRequest, head: bytes, body: bytes, fault: Fault) -> None:
    _write(request, head)
    size = fault.at or 1
    for start in range(0, len(body), size):
        await asyncio.sleep(fault.pause)
        _write(request, body[start : start + size])


async def _ends(request: web.BaseRequest, over: asyncio.Event, until: asyncio.Event | None) -> bool:
    """Wait for the end of a silence; whether it is one after which the answer goes on."""
    events = [one for one in (over, until) if one is not None]
    while not any(one.is_set() for one in events):
        if request.transport is None or request.transport.is_closing():
            return False
        waits = [asyncio.ensure_future(one.wait()) for one in events]
        await asyncio.wait(waits, timeout=LOOK, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
    return until is not None and until.is_set()


def _write(request: web.BaseRequest, content: bytes) -> None:
    if request.transport is not None and not request.transport.is_closing():
        request.transport.write(content)


def _leave(request: web.BaseRequest, *, hard: bool = False) -> None:
    """Close the connection once what was written is sent; *hard* resets it at once."""
    transport = request.transport
    if transport is None:
        return
    if hard:
        raw = transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    else:
        transport.close()
