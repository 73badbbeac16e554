"""Where the deliveries go that `bbasync hooks listen` takes: to a file, to stdout, and on."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import IO, Final

from ..webhooks import Event, Receiver, Reply, Router
from ..webhooks.parse import ID, Headers
from ..webhooks.receiver import ACCEPTED
from ..webhooks.sending import Courier
from . import hooks_shown as shown
from .exits import say
from .hooks_kept import Kept, kept_of
from .hooks_keys import Choice
from .hooks_replay import outgoing_of, told_of

_ROOM: Final = 1000
"""Deliveries that may wait to be passed on."""
_PASSING: Final = 8
"""How many are passed on at a time."""


class Keeping(Receiver):
    """A receiver whose one handler, *put*, gets an event with the delivery as it came."""

    def __init__(
        self,
        put: Callable[[Event, Kept], Awaitable[None]],
        *,
        secrets: Sequence[str],
        unsigned: bool,
    ) -> None:
        router = Router()
        router.on("*")(self._put)
        # A worker for each that may wait: it is kept and shown at once, whatever the others do.
        super().__init__(router, secrets=secrets, unsigned=unsigned, workers=_ROOM, queue=0)
        self._to = put
        self._came: dict[str, Kept] = {}
        """By id, what was not handled yet."""

    async def receive(self, headers: Headers, body: bytes, *, peer: str | None = None) -> Reply:
        """Take a delivery; what comes again while the first is at work changes nothing."""
        kept = kept_of(headers, body)
        id = kept.headers.get(ID, "")
        first = self._came.setdefault(id, kept) is kept
        reply = await super().receive(headers, body, peer=peer)
        if first and reply != ACCEPTED:
            self._came.pop(id, None)
        return reply

    async def _put(self, event: Event) -> None:
        await self._to(event, self._came.pop(event.delivery.id or ""))


class Outlets:
    """Takes each event that was chosen to a file, to stdout, and to another address."""

    def __init__(self, choice: Choice, file: IO[bytes] | None, *, as_json: bool) -> None:
        self.over = asyncio.Event()
        """Set when one of them takes nothing any more."""
        self.failure: OSError | None = None
        self.courier: Courier | None = None
        self.lost = 0
        """Deliveries that the other address has not taken."""
        self._choice, self._file, self._json = choice, file, as_json
        self._passing = asyncio.Semaphore(_PASSING)

    async def put(self, event: Event, kept: Kept) -> None:
        """Let *event* out, if it is one that was chosen."""
        if not self._choice.takes(event.key):
            return
        now = datetime.now(UTC)
        self._keep(kept, now)
        self._show(event, kept, now)
        if self.courier is not None:
            async with self._passing:
                outcome = await self.courier.send(outgoing_of(kept))
            if not outcome.ok:
                self.lost += 1
                say(f"not passed on: {kept.name}: {told_of(outcome)}")

    def close(self) -> None:
        """Close the file; what it has not taken was said."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()

    def _keep(self, kept: Kept, now: datetime) -> None:
        if self._file is None:
            return
        try:
            self._file.write(kept.line(now))
            self._file.flush()
        except OSError as error:
            say(f"not kept: {kept.name}")
            self._fail(OSError(error.errno, error.strerror, self._file.name))

    def _show(self, event: Event, kept: Kept, now: datetime) -> None:
        try:
            if self._json:
                sys.stdout.buffer.write(shown.data(event, now, kept.body))
            else:
                sys.stdout.write(f"{shown.line(event, now)}\n")
            sys.stdout.flush()
        except OSError as error:
            self._fail(error)

    def _fail(self, error: OSError) -> None:
        self.failure = self.failure or error
        self.over.set()
