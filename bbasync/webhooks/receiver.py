"""Receiver: takes deliveries, answers at once, and lets their handlers run behind the answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from types import TracebackType
from typing import Final, Self

from attrs import evolve, frozen

from ..errors import ArgumentError, ConfigurationError, SignatureError, WebhookError
from ..wire.message import Sender
from ..wire.options import check_number
from .addresses import FORWARDED, Network, Senders, senders_of
from .events import Event
from .parse import ID, MAX_BYTES, Headers, checked_secrets, pairs, parse, too_large
from .router import Router
from .store import DeliveryStore, MemoryDeliveryStore
from .work import Stats, Work

_log = logging.getLogger("bbasync.webhooks")


@frozen
class Reply:
    """What the service is answered. It tries again after a 5xx, twice at most, and else never."""

    status: int
    text: str


ACCEPTED: Final = Reply(202, "accepted")
DUPLICATE: Final = Reply(200, "accepted before")
CLOSED: Final = Reply(503, "the receiver is not open: try again")
FULL: Final = Reply(503, "too much to do: try again")
NO_STORE: Final = Reply(503, "the store of deliveries does not answer: try again")
SLOW: Final = Reply(408, "the body did not come in time")
CUT: Final = Reply(400, "the body is not complete")
ONLY_POST: Final = Reply(405, "webhooks are sent by POST")

READ_SECONDS: Final = 10.0
"""How long a body may take to come: the service itself waits no longer for its answer."""
_STATUSES: Final = {"too_large": 413}


class Receiver:
    """Takes deliveries for a *router*, whatever server they come through.

    What is accepted is known to the *store* and waits for one of *workers*; at most *queue* wait,
    and what comes then is answered 503, so that the service sends it again. Closing it ends what
    was accepted; a crash loses that, since the service sends nothing again that was answered. Use
    it in ``async with``, or through what serves it: ``add_routes`` or ``WebhookApp``.
    *allowed* are networks, read with *trusted_proxies*, or Senders, which say both.
    """

    def __init__(
        self,
        router: Router,
        *,
        secrets: str | Iterable[str] = (),
        unsigned: bool = False,
        store: DeliveryStore | None = None,
        client: Sender | None = None,
        workers: int = 8,
        queue: int = 1000,
        grace: float = 20.0,
        max_bytes: int = MAX_BYTES,
        allowed: Senders | Iterable[str | Network] | None = None,
        trusted_proxies: Iterable[str | Network] = (),
    ) -> None:
        check_number("workers", workers, 1, whole=True)
        check_number("queue", queue, 0, whole=True)
        check_number("max_bytes", max_bytes, 1, whole=True)
        check_number("grace", grace, 0)
        self.router, self.max_bytes = router, max_bytes
        self._secrets, self._unsigned = checked_secrets(secrets, unsigned=unsigned), unsigned
        self._client, self._grace = client, grace
        self._senders = senders_of(allowed, trusted_proxies)
        self._stats = Stats()
        self._store = MemoryDeliveryStore() if store is None else store
        self._workers, self._room = workers, workers + queue
        self._work = self._new_work()
        self._accepting: dict[str, asyncio.Task[Reply]] = {}

    def __repr__(self) -> str:
        return f"<Receiver {'open' if self._work.running else 'closed'}>"

    @property
    def senders(self) -> Senders | None:
        """Who may send; None where everybody may. It may be replaced while the receiver is open."""
        return self._senders

    @senders.setter
    def senders(self, senders: Senders | None) -> None:
        if not isinstance(senders, Senders | None):
            raise ArgumentError("senders takes Senders(allowed, trusted_proxies), or None")
        self._senders = senders

    @property
    def stats(self) -> Stats:
        """What it has done so far: a copy."""
        return evolve(self._stats)

    @property
    def waiting(self) -> int:
        """Deliveries that were accepted and have not ended."""
        return len(self._work)

    async def __aenter__(self) -> Self:
        if self._work.running:
            raise ConfigurationError("the receiver is open already: let one thing open it")
        self._work = self._new_work()
        self._work.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self, *, grace: float | None = None) -> tuple[str, ...]:
        """Refuse what comes, and let what was accepted end, in *grace* seconds.

        What has not ended then is cancelled and released: the ids of these deliveries. Called
        again, it gives the first call no longer than the second.
        """
        work = self._work
        work.refuse()
        now = asyncio.get_running_loop().time
        grace = self._grace if grace is None else grace
        end = now() + grace
        try:
            if self._accepting:
                _, hanging = await asyncio.wait(self._accepting.values(), timeout=grace)
                for task in hanging:
                    task.cancel()
            await work.finish(max(0.0, end - now()))
        finally:  # whoever closes may be cancelled, by a second signal say
            left = await work.give_up()
        return left

    def precheck(self, headers: Headers, peer: str | None = None) -> Reply | None:
        """What to answer before the body is read; None where it should be."""
        lines = [(name.lower(), value) for name, value in pairs(headers)]
        if self._senders is not None:
            forwarded = [value for name, value in lines if name == FORWARDED]
            sender = self._senders.sender(peer, forwarded)
            if sender not in self._senders:
                return self.refused(Reply(403, f"{sender or 'nobody knows who'} may not send"))
        if not self._work.open:
            return self.refused(CLOSED)
        sizes = [int(value) for name, value in lines if name == "content-length" and _digits(value)]
        if any(size > self.max_bytes for size in sizes):
            return self.refuse(too_large(self.max_bytes))
        return None

    async def receive(self, headers: Headers, body: bytes, *, peer: str | None = None) -> Reply:
        """Take a delivery: *body* is the bytes as received, *peer* the address they came from."""
        lines = pairs(headers)
        refused = self.precheck(lines, peer)
        if refused is not None:
            return refused
        try:
            event = parse(
                lines,
                body,
                secrets=self._secrets,
                unsigned=self._unsigned,
                client=self._client,
                max_bytes=self.max_bytes,
            )
        except WebhookError as error:
            return self.refuse(error)
        if event.delivery.id is None:
            return self.refuse(WebhookError(f"{ID} is missing", "header"))
        return await self._take(event, event.delivery.id)

    def refuse(self, error: WebhookError) -> Reply:
        """What to answer to a delivery that is wrong."""
        usual = 401 if isinstance(error, SignatureError) else 400
        return self.refused(Reply(_STATUSES.get(error.reason, usual), str(error)))

    def refused(self, reply: Reply) -> Reply:
        """Count *reply*, log it, and give it back."""
        self._stats.refused += 1
        _log.warning("a delivery was refused with %s: %s", reply.status, reply.text)
        return reply

    def _new_work(self) -> Work:
        return Work(self._workers, self._room, self._store, self.router.dispatch, self._stats)

    async def _take(self, event: Event, id: str) -> Reply:
        if id in self._work:
            return self._duplicate()
        beside = self._accepting.get(id)
        if beside is not None:  # nobody knows yet whether it will be accepted
            reply = await asyncio.shield(beside)
            return self._duplicate() if reply in {ACCEPTED, DUPLICATE} else self.refused(reply)
        if len(self._work) + len(self._accepting) >= self._work.room:
            return self.refused(FULL)
        # A task of its own: whoever asks may be cancelled, and a claim must not be left behind.
        task = asyncio.create_task(self._accept(event, id))
        self._accepting[id] = task
        return await asyncio.shield(task)

    async def _accept(self, event: Event, id: str) -> Reply:
        try:
            claimed = await self._store.claim(id)
            if claimed and not self._work.running:  # aclose could not wait for it
                await self._work.tell([id])
                return self.refused(CLOSED)
        except Exception:  # noqa: BLE001 - stores are anybody's; it is logged, and tried again
            _log.exception("delivery %s can't be claimed", id)
            return self.refused(NO_STORE)
        except asyncio.CancelledError:  # by aclose alone: whoever asks must be answered
            return self.refused(NO_STORE)
        else:
            if not claimed:
                return self._duplicate()
            self._work.put(id, event)
            return ACCEPTED
        finally:
            del self._accepting[id]

    def _duplicate(self) -> Reply:
        self._stats.duplicates += 1
        return DUPLICATE


def _digits(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 20  # noqa: PLR2004 - more is odd
