"""Sending deliveries: signed, repeated where that may help, and kept for tests to look at."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import uuid
from collections.abc import Callable, Coroutine
from functools import partial
from ipaddress import ip_address
from typing import Any, Final, Literal

import aiohttp
from attrs import Factory, define, field, frozen
from yarl import URL

from ..exchange import Told
from ..store import Hook

MOST_ATTEMPTS: Final = 3
LARGEST: Final = 256 * 1024
"""Events above this are never delivered, and nobody is told."""
MOST_KEPT: Final = 2000
"""How many deliveries are remembered at the most; then the older half goes."""
MOST_AT_ONCE: Final = 100
"""How many attempts are made at a time; the others wait, and that is none of a receiver's time."""
AGENT: Final = "Bitbucket-Webhooks/2.0"
SERVER_ERROR: Final = 500
REDIRECTING: Final = 300

State = Literal["under way", "delivered", "failed", "withheld", "cut short"]


@frozen
class Attempt:
    """One try: the status that came, or the service's word for why none did."""

    number: int
    status: int
    """0 where none came."""
    error: str = ""
    """TIMEOUT or NETWORK ERROR."""

    @property
    def may_be_repeated(self) -> bool:
        """Whether the service would try once more: not where somebody has said no."""
        return self.status >= SERVER_ERROR or self.error == "TIMEOUT"


@define(eq=False)
class Delivery:
    """An event on its way to one webhook."""

    event: str
    hook: Hook
    id: str
    """The same for all attempts: X-Request-UUID."""
    body: bytes = field(repr=False)
    attempts: list[Attempt] = Factory(list)
    state: State = "under way"
    why: str = ""
    """Why it was withheld."""
    url: str = field(init=False)
    """Where to: for all attempts what the webhook said when it happened, as the secret."""
    _secret: str | None = field(init=False, repr=False)

    @url.default
    def _find_url(self) -> str:
        return self.hook.url

    @_secret.default
    def _find_secret(self) -> str | None:
        return self.hook.secret

    @property
    def status(self) -> int:
        """What the last attempt was answered; 0 for no answer."""
        return self.attempts[-1].status if self.attempts else 0

    @property
    def payload(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)

    def headers(self, attempt: int) -> dict[str, str]:
        """Write the headers of an attempt."""
        told = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": AGENT,
            "X-Attempt-Number": str(attempt),
            "X-Event-Key": self.event,
            "X-Hook-UUID": self.hook.uuid.strip("{}"),
            "X-Request-UUID": self.id,
        }
        if self._secret:
            digest = hmac.new(self._secret.encode(), self.body, hashlib.sha256).hexdigest()
            told["X-Hub-Signature"] = f"sha256={digest}"
        return told


@define(eq=False)
class Webhooks:
    """How webhooks are called; ``fake.webhooks``, whose settings may be changed at any time."""

    reach: Literal["loopback", "anywhere", "nowhere"] = "loopback"
    """Where deliveries may go to. Elsewhere nothing is sent: they are kept as withheld."""
    timeout: float = 10.0
    """Seconds that a receiver has for its answer."""
    pause: float = 0.05
    """Seconds between attempts. The service takes its time; a test should not have to."""
    deliveries: list[Delivery] = Factory(list)
    """What was sent, or would have been, oldest first; of more than 2000 the older half goes."""
    _tasks: dict[Delivery, asyncio.Task[None]] = field(factory=dict, init=False, repr=False)
    _turns: asyncio.Semaphore = field(init=False, repr=False)
    _loop: asyncio.AbstractEventLoop | None = field(default=None, init=False, repr=False)
    _session: aiohttp.ClientSession | None = field(default=None, init=False, repr=False)

    def start(self) -> None:
        """Begin to send; before that, deliveries are withheld."""
        self._loop = asyncio.get_running_loop()
        self._turns = asyncio.Semaphore(MOST_AT_ONCE)

    async def stop(self) -> None:
        """Give up what is under way."""
        self._loop = None
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def tell(self, told: Told) -> None:
        """Send an event to all webhooks that hear of it."""
        for hook in told.hooks:
            self.send(told.key, hook, told.body)

    def send(self, key: str, hook: Hook, body: bytes, *, copies: int = 1) -> Delivery:
        """Start a delivery, or several that are the same to the byte."""
        made = Delivery(key, hook, str(uuid.uuid4()), body)
        if len(self.deliveries) >= MOST_KEPT:
            del self.deliveries[: MOST_KEPT // 2]
        self.deliveries.append(made)
        made.why = self._objection(made)
        if made.why or self._loop is None:
            made.state = "withheld"
        elif self._loop is _running():
            self._launch(made, copies)
        else:  # from another thread
            self._loop.call_soon_threadsafe(self._launch, made, copies)
        return made

    async def settle(self) -> None:
        """Wait until nothing is under way, not even what is sent meanwhile."""
        await self._there(self._settle)

    async def finish(self, made: Delivery) -> None:
        """Wait until one delivery is no longer under way."""
        await self._there(partial(self._finish, made))

    async def _there(self, wait: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Wait where the deliveries are under way: perhaps on the loop of another thread."""
        loop = self._loop
        if loop is None or loop is _running():
            await wait()
        else:
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(wait(), loop))

    async def _settle(self) -> None:
        while self._tasks:
            await asyncio.wait(self._tasks.values())

    async def _finish(self, made: Delivery) -> None:
        if made in self._tasks:
            await asyncio.wait({self._tasks[made]})

    def allows(self, url: str) -> bool:
        """Whether deliveries may go there."""
        return self.reach == "anywhere" or (self.reach == "loopback" and on_loopback(url))

    def _objection(self, made: Delivery) -> str:
        if self._loop is None:
            return "the fake does not run"
        if not self.allows(made.url):
            return f"webhooks reach {self.reach}, and this address is elsewhere"
        if len(made.body) > LARGEST:
            return f"the payload has {len(made.body)} bytes, more than the {LARGEST} that are sent"
        return ""

    def _launch(self, made: Delivery, copies: int) -> None:
        if self._loop is None:  # it has stopped before another thread's turn came
            made.state, made.why = "withheld", self._objection(made)
            return
        task = self._loop.create_task(self._deliver(made, copies))
        self._tasks[made] = task
        task.add_done_callback(partial(self._end, made))

    def _end(self, made: Delivery, task: asyncio.Task[None]) -> None:
        del self._tasks[made]
        if task.cancelled():
            made.state = "cut short"
        else:
            made.state = "delivered" if 0 < made.status < REDIRECTING else "failed"

    async def _deliver(self, made: Delivery, copies: int) -> None:
        for _ in range(copies):
            await self._try(made)

    async def _try(self, made: Delivery) -> None:
        for number in range(1, MOST_ATTEMPTS + 1):
            async with self._turns:
                attempt = await self._post(made, number)
            made.attempts.append(attempt)
            if not attempt.may_be_repeated or number == MOST_ATTEMPTS:
                return
            await asyncio.sleep(self.pause)

    async def _post(self, made: Delivery, number: int) -> Attempt:
        if self._session is None:
            # Each attempt has a connection of its own: a kept one may be closed just then.
            connector = aiohttp.TCPConnector(limit=0, force_close=True)
            self._session = aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar()
            )
        try:
            async with self._session.post(
                made.url,
                data=made.body,
                headers=made.headers(number),
                allow_redirects=False,  # it would lead who knows where
                timeout=aiohttp.ClientTimeout(total=self.timeout),
            ) as answer:
                return Attempt(number, answer.status)
        except TimeoutError:
            return Attempt(number, 0, "TIMEOUT")
        except (aiohttp.ClientError, OSError, ValueError):
            return Attempt(number, 0, "NETWORK ERROR")


def on_loopback(url: str) -> bool:
    """Whether an address stays on this machine, by its looks: no name is looked up."""
    try:
        host = URL(url).host or ""
    except ValueError:
        return False
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _running() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
