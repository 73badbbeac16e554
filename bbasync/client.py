"""Bitbucket, the client: opens the transport and hands out the groups of operations."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, NoReturn, Self

from attrs import evolve
from yarl import URL

from .api.contents import Contents
from .auth.environment import BASE_URL, auth_from
from .auth.given import credential_of
from .errors import ClientClosedError
from .wire.body import Body
from .wire.budget import Budget
from .wire.counting import Quota
from .wire.events import Listener
from .wire.interactive import interactive
from .wire.message import Answer, Authorizer, Reading, Request, Sender
from .wire.options import Options, check_number, checked
from .wire.session import Certificates
from .wire.spelled import spelled
from .wire.stream import Stream

if TYPE_CHECKING:
    from .api.access import Can, Identity
    from .api.lookup import Named
    from .auth.provided import Provider
    from .wire.cache import Cache
    from .wire.caller import Credentials
    from .wire.transport import Transport

DEFAULT_BASE_URL: Final = "https://api.bitbucket.org/2.0"
VERSION: Final = "0.1.0"
USER_AGENT: Final = f"bbasync/{VERSION}"


class Bitbucket(Contents):
    """A client of Bitbucket Cloud, for use in ``async with``, by any number of tasks at once.

    *auth* is the credential, or a function that gives it (None: anonymous), sent to *base_url* and
    nowhere else; ``as_()`` is the client for others. *connections* are kept per host; calls beyond
    them queue, first come first served, without a timeout of their own. *timeout* is the longest
    silence, in seconds, while an answer is waited for or read. *deadline* is how many seconds a
    call may take in all, with everything it waits for (of a stream: until its body begins).
    *max_wait* is how many seconds a call waits in all when the service says "later"; a longer wait
    is a RateLimitedError at once. *attempts* is how often a call that may be repeated is sent at
    most, beside those times that a 429 refused it; 1 repeats nothing, but what a 411 has refused,
    or a 401 where there is another credential or header. *grace* is how many seconds leaving the
    block waits for calls that other tasks have under way; then they are a ClientClosedError.

    Requests go through *proxy*, or else through the one that HTTPS_PROXY, HTTP_PROXY, ALL_PROXY
    and NO_PROXY name, unless *trust_env* is false. *ca* names certificates to trust beside the
    system's, or is an ssl.SSLContext. *on_event* is called with each Event of each call.

    *quota* is how calls are counted, and held back where the service would refuse them:
    ``Quota.local()`` (default), ``Quota.redis(url)`` or ``Quota.off()``. *reserve* is the share of
    each budget, from 0 up to 1, that only calls made in ``with bb.interactive():`` may use.

    What several tasks read at the same time is read by one request, and given to all of them; one
    with a Cache-Control header of its own is read for itself. *cache* keeps what is read,
    ``MemoryCache()`` for example: reads then ask whether it has changed, and what has not is not
    sent again. Each read is still a request, so that none is ever stale.
    """

    def __init__(
        self,
        auth: Credentials | Provider | None = None,
        *,
        base_url: str | URL = DEFAULT_BASE_URL,
        connections: int = 20,
        timeout: float = 60.0,
        max_wait: float = 120.0,
        attempts: int = 4,
        deadline: float | None = None,
        grace: float = 5.0,
        proxy: str | URL | None = None,
        trust_env: bool = True,
        ca: Certificates | None = None,
        on_event: Listener | Iterable[Listener] | None = None,
        quota: Quota | None = None,
        reserve: float = 0.0,
        cache: Cache | None = None,
    ) -> None:
        options = checked(
            agent=USER_AGENT,
            base_url=base_url,
            connections=connections,
            timeout=timeout,
            max_wait=max_wait,
            attempts=attempts,
            deadline=deadline,
            grace=grace,
            proxy=proxy,
            trust_env=trust_env,
            ca=ca,
            on_event=on_event,
            quota=quota,
            reserve=reserve,
            cache=cache,
        )
        self._begin(credential_of(auth), options, None)

    def _begin(
        self, auth: Credentials | None, options: Options, owner: Callable[[], Transport] | None
    ) -> None:
        self._auth, self._options, self._owner = auth, options, owner
        self._identity: Identity | None = None
        self._last_budgets: dict[str, Budget] = {}
        self._transport: Transport | None = None
        self._sent_before = 0

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None, **options: Any) -> Self:
        """A client as the environment says; *options* are the constructor's and come first.

        Reads BITBUCKET_EMAIL (or ATLASSIAN_USER_EMAIL) with BITBUCKET_API_TOKEN (or
        ATLASSIAN_API_TOKEN), or BITBUCKET_ACCESS_TOKEN, and BITBUCKET_BASE_URL. Without a
        credential the client is anonymous; ConfigurationError where one is half set or where
        several are.
        """
        source = os.environ if environ is None else environ
        if "auth" not in options:
            options["auth"] = auth_from(source)
        if source.get(BASE_URL):
            options.setdefault("base_url", source[BASE_URL])
        return cls(**options)

    def __repr__(self) -> str:
        who = type(self._auth).__name__ if self._auth is not None else "anonymous"
        return f"<Bitbucket {self.base_url} {who}>"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a client holds connections and a credential, and can't be pickled")

    def as_(self, auth: Credentials | Provider | None) -> Self:
        """The same client for another credential, of a tenant for example.

        It shares the connections, and no cookie, answer or budget with this one; it is open while
        this one is, costs next to nothing to make, and needs no ``async with`` of its own. What a
        subclass keeps in it stays behind, for it may be of this one's credential.
        """
        made = object.__new__(type(self))
        made._begin(credential_of(auth), self._options, self._owner or self._opened)
        return made

    async def __aenter__(self) -> Self:
        if self._owner is not None:
            return self
        if self._transport is not None:
            raise ClientClosedError("the client is open already: use one async with block a client")
        from .wire.opening import open_transport  # noqa: PLC0415 - importing a client opens none

        self._transport = open_transport(self._auth, self._options)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._owner is None:
            await self.aclose(grace=self._options.grace if error is None else 0)

    async def aclose(self, *, grace: float | None = None) -> None:
        """Close the client before its block ends: no call begins any more.

        Those under way in other tasks have *grace* seconds (default: the client's own) to end;
        then they end as ClientClosedError. Leaving the block by an exception ends them at once.
        """
        grace = self._options.grace if grace is None else grace
        check_number("grace", grace, 0)
        if self._owner is not None:
            raise ClientClosedError("a client made by as_() closes with the one it was made from")
        transport, self._transport = self._transport, None
        if transport is not None:
            try:
                await transport.close(grace)
            finally:
                self._sent_before += transport.sent
                self._last_budgets = transport.gate.budgets()

    def _opened(self) -> Transport:
        """The transport; ClientClosedError where there is none."""
        if self._owner is None:
            if self._transport is None:
                raise ClientClosedError("the client is not open: use it inside async with")
            return self._transport
        shared = self._owner()
        if self._transport is None or self._transport.line is not shared.line:
            self._sent_before = self.requests_sent
            self._transport = shared.of(self._auth)
        return self._transport

    def sender_to(self, base_url: str, auth: Authorizer | None) -> Sender:
        """What sends requests to *base_url* with *auth*, over the client's own connections."""
        return self._opened().sender_to(base_url, auth)

    def guard(self, task: asyncio.Task[Any]) -> None:
        """Let *task*, which renews a credential, end before the client is closed."""
        self._opened().guard(task)

    @property
    def base_url(self) -> str:
        """Which service the client calls."""
        return self._options.origins.base

    @property
    def authenticated(self) -> bool:
        """Whether the client has a credential."""
        return self._auth is not None

    @property
    def requests_sent(self) -> int:
        """Requests sent so far, with repetitions and redirects: what a quota counts."""
        return self._sent_before + (self._transport.sent if self._transport else 0)

    @property
    def quota(self) -> Mapping[str, Budget]:
        """What is left of the credential's budgets, by resource group, without a request.

        Groups that were not called yet are missing. See Budget.
        """
        return self._transport.gate.budgets() if self._transport else self._last_budgets

    async def whoami(self) -> Identity:
        """Ask who the credential is: its kind, its scopes, its account and when it ends.

        One request, and each only as far as the service tells it; of a pool it is any of its
        credentials. An UnauthorizedError says that the credential is good for nothing.
        """
        from .api.access import whoami  # noqa: PLC0415 - few programs ask

        found = await whoami(self, anonymous=not self.authenticated)
        # Asked now: a token may have been loaded or renewed for that call.
        self._identity = evolve(found, expires_at=getattr(self._auth, "expires_at", None))
        return self._identity

    async def can(self, operation: Named) -> Can:
        """Find out, before a job starts, whether the credential's kind and scopes allow a call.

        *operation* is a method such as ``bb.repositories.list``, one of OPERATIONS, or the name of
        one (``"repositories.list"``, ``"GET /user"``). The answer is true where it does, and says
        what lacks. Asks whoami() where that was not asked yet.
        """
        from .api.access import can  # noqa: PLC0415 - as above

        return can(self._identity or await self.whoami(), operation)

    def interactive(self) -> AbstractContextManager[None]:
        """Let the calls of a ``with`` block, and of tasks begun in it, use the *reserve*.

        They also go before others that wait for the quota.
        """
        return interactive()

    async def send(self, request: Request) -> Answer:
        """Send *request*: what every operation, walk and link ends in."""
        return await self._opened().send(request)

    def open(self, request: Request) -> AbstractAsyncContextManager[Reading]:
        """Send *request*, and leave the body of its answer to be read in the block."""
        return self._opened().open(request)

    def stream(
        self,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Stream:
        """Bytes at any address of the API, as *request* takes it, for what may be large."""
        return Stream(self, spelled("GET", path, query=query, headers=headers))

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        json: Any = None,
        body: Body | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Call any address of the API: *path* below the base URL, or an absolute one.

        *path* is percent-encoded already; *query* is spelled as in operations: a list repeats its
        name, None leaves it out. *json* None sends no body; *body* is one that is not JSON. The
        answer has ``status``, ``headers``, ``body`` and ``json()``; an error status is raised as
        everywhere.
        """
        return await self.send(
            spelled(method, path, query=query, json=json, body=body, headers=headers)
        )
