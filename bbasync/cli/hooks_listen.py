"""`bbasync hooks listen`: a receiver at a terminal, for as long as it is wanted."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine, Sequence
from contextlib import AsyncExitStack
from typing import Any, Final

from attrs import frozen
from rich.console import Console
from yarl import URL

from ..errors import ArgumentError
from ..webhooks import Receiver
from ..webhooks.sending import Courier, address_of
from ..webhooks.serving_aiohttp import serving
from .exits import Code, say
from .hooks_astray import Strays
from .hooks_kept import opened
from .hooks_keys import Choice
from .hooks_outlets import Keeping, Outlets
from .hooks_secret import Source, needed
from .listening import is_loopback, listened_at
from .notices import noticed
from .signals import ended_by_signals

_PATH: Final = re.compile(r"/[A-Za-z0-9._~/-]*")


@frozen
class Wanted:
    """The command line."""

    host: str
    port: int
    path: str
    secret: Source
    unsigned: bool
    events: Sequence[str]
    to: str | None
    forward: str | None
    json: bool


def start_listen(wanted: Wanted) -> Coroutine[Any, Any, Code]:
    """Ask the person for the secret; what is left is to be run."""
    if not _PATH.fullmatch(wanted.path):
        raise ArgumentError(f"--path {wanted.path}: write it as /hooks, of letters and digits")
    if wanted.unsigned and wanted.secret.named:
        raise ArgumentError("--unsigned takes what has no signature: name no secret with it")
    choice = Choice(wanted.events)
    to_url = None if wanted.forward is None else address_of("--forward", wanted.forward)
    secrets: tuple[str, ...] = ()
    if not wanted.unsigned:
        secrets = (needed(wanted.secret, otherwise="; --unsigned takes what anybody sends"),)
    file = None if wanted.to is None else opened(wanted.to)
    outlets = Outlets(choice, file, as_json=wanted.json)
    return _listen(wanted, outlets, secrets, None if to_url is None else Courier(to_url))


async def _listen(
    wanted: Wanted, outlets: Outlets, secrets: Sequence[str], courier: Courier | None
) -> Code:
    receiver = Keeping(outlets.put, secrets=secrets, unsigned=wanted.unsigned)
    strays = Strays(wanted.path)
    try:
        with ended_by_signals(), noticed(Console(stderr=True)):
            async with AsyncExitStack() as stack:
                if courier is not None:
                    outlets.courier = await stack.enter_async_context(courier)
                # The server's own clean-up may be cut short before it comes to the receiver.
                stack.push_async_callback(receiver.aclose, grace=0)
                server = serving(
                    receiver,
                    host=wanted.host,
                    port=wanted.port,
                    path=wanted.path,
                    astray=strays.came,
                )
                with listened_at(wanted.host, wanted.port):
                    places = await stack.enter_async_context(server)
                _greet(places, wanted)
                await _ended(outlets, receiver)
    except asyncio.CancelledError:  # by Ctrl-C, and nobody above waits for more than a code
        say(f"interrupted, after {_counted(outlets, receiver, strays)}")
        return Code.INTERRUPTED
    finally:
        outlets.close()
    say(f"ended, after {_counted(outlets, receiver, strays)}")
    if outlets.failure is not None:
        raise outlets.failure
    return Code.DONE


def _greet(places: Sequence[tuple[str, int]], wanted: Wanted) -> None:
    for host, port in places:
        url = URL.build(scheme="http", host=host, port=port, path=wanted.path)
        say(f"listening at {url}")
    if not all(is_loopback(host) for host, _ in places):
        say(
            "other machines can reach it, and HTTP hides nothing on the way: let a proxy with "
            "HTTPS on this machine lead to 127.0.0.1 instead"
        )
    if wanted.unsigned:
        say("--unsigned: what is shown may be of anybody")
    say("Ctrl-C ends it")


async def _ended(outlets: Outlets, receiver: Receiver) -> None:
    """Wait for the end, by a signal or since nobody takes what comes."""
    try:
        await outlets.over.wait()
    except asyncio.CancelledError:
        if receiver.waiting:
            say(f"waiting for {receiver.waiting} that came before; Ctrl-C again drops them")
        raise


def _counted(outlets: Outlets, receiver: Receiver, strays: Strays) -> str:
    stats = receiver.stats
    parts = {
        "accepted": stats.accepted,
        "of them not passed on": outlets.lost + stats.failed + stats.abandoned,
        "that came again": stats.duplicates,
        "refused": stats.refused,
        "to other paths": strays.count,
    }
    told = ", ".join(f"{count:,} {name}" for name, count in parts.items() if count)
    return f"deliveries: {told or 'none'}"
