"""Bitbucket, the client: opens the transport and hands out the groups of operations."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, NoReturn, Self

from yarl import URL

from .api.contents import Contents
from .auth.environment import BASE_URL, auth_from
from .errors import ClientClosedError, ConfigurationError
from .wire.body import Body
from .wire.budget import Budget
from .wire.counting import Quota
from .wire.events import Listener, listeners_of
from .wire.interactive import interactive
from .wire.message import Answer, Authorizer, Reading, Request
from .wire.options import check_auth, check_cache, check_number
from .wire.origin import Origins
from .wire.proxy import Proxies
from .wire.session import Certificates, context_of
from .wire.spelled import spelled
from .wire.stream import Stream

if TYPE_CHECKING:
    from .wire.cache import Cache
    from .wire.transport import Transport

DEFAULT_BASE_URL: Final = "https://api.bitbucket.org/2.0"
VERSION: Final = "0.1.0"
USER_AGENT: Final = f"bbasync/{VERSION}"


class Bitbucket(Contents):
    """A client of Bitbucket Cloud, for use in ``async with``, by any number of tasks at once.

    *auth* is the credential (None: anonymous), sent to *base_url* and nowhere else. *connections*
    are kept per host; calls beyond them queue, first come first served, without a timeout of
    their own. *timeout* is the longest silence, in seconds, while an answer is waited for or read.
    *deadline* is how many seconds a call may take in all, with everything it waits for (of a
    stream: until its body begins). *max_wait* is how many seconds a call waits in all when the
    service says "later"; a longer wait is a RateLimitedError at once. *attempts* is how often a
    call that may be repeated is sent at most, beside those times that a 429 refused it; 1
    repeats nothing, but what a 411 has refused. *grace* is how many seconds leaving the block
    waits for calls that other tasks have under way, before it ends them as ClientClosedError.

    Requests go through *proxy*, or else through the one that HTTPS_PROXY, HTTP_PROXY, ALL_PROXY
    and NO_PROXY name, unless *trust_env* is false; .netrc is never read. *ca* names certificates
    to trust beside the system's, or is an ssl.SSLContext. *on_event* is called with each Event of
    each call.

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
        auth: Authorizer | None = None,
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
        check_number("connections", connections, 1, whole=True)
        check_number("attempts", attempts, 1, whole=True)
        check_number("timeout", timeout, 0.001)
        check_number("max_wait", max_wait, 0)
        check_number("grace", grace, 0)
        check_number("reserve", reserve, 0)
        if reserve >= 1:
            raise ConfigurationError(f"reserve takes a share below 1, not {reserve!r}")
        if not isinstance(quota, Quota | None):
            raise ConfigurationError(f"quota takes a Quota, as Quota.local(), not {quota!r}")
        if deadline is not None:
            check_number("deadline", deadline, 0.001)
        check_auth(auth)
        check_cache(cache)
        self._auth = auth
        self._origins = Origins(str(base_url) if isinstance(base_url, URL) else base_url)
        self._connections = connections
        self._timeout = timeout
        self._attempts = attempts
        self._max_wait = max_wait
        self._deadline = deadline
        self._grace = grace
        self._proxies = Proxies.of(proxy, trust_env=trust_env)
        self._context = context_of(ca)
        self._listeners = listeners_of(on_event)
        self._quota = Quota.local() if quota is None else quota
        self._reserve = float(reserve)
        self._cache = cache
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
        return f"<Bitbucket {self._origins.base} {who}>"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a client holds connections and a credential, and can't be pickled")

    async def __aenter__(self) -> Self:
        if self._transport is not None:
            raise ClientClosedError("the client is open already: use one async with block a client")
        from .wire.opening import open_transport  # noqa: PLC0415 - importing a client opens none

        self._transport = open_transport(
            self._origins,
            auth=self._auth,
            agent=USER_AGENT,
            connections=self._connections,
            timeout=self._timeout,
            context=self._context,
            proxies=self._proxies,
            attempts=self._attempts,
            max_wait=self._max_wait,
            deadline=self._deadline,
            listeners=self._listeners,
            quota=self._quota,
            reserve=self._reserve,
            cache=self._cache,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose(grace=self._grace if error is None else 0)

    async def aclose(self, *, grace: float | None = None) -> None:
        """Close the client before its block ends: no call begins any more.

        Those under way in other tasks have *grace* seconds (default: the client's own) to end;
        then they end as ClientClosedError. Leaving the block by an exception ends them at once.
        """
        check_number("grace", self._grace if grace is None else grace, 0)
        transport, self._transport = self._transport, None
        if transport is not None:
            try:
                await transport.close(self._grace if grace is None else grace)
            finally:
                self._sent_before += transport.sent
                self._last_budgets = transport.gate.budgets()

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
        transport = self._transport
        return self._last_budgets if transport is None else transport.gate.budgets()

    def interactive(self) -> AbstractContextManager[None]:
        """Let the calls of a ``with`` block, and of tasks begun in it, use the *reserve*.

        They also go before others that wait for the quota.
        """
        return interactive()

    async def send(self, request: Request) -> Answer:
        """Send *request*: what every operation, walk and link ends in."""
        if self._transport is None:
            raise ClientClosedError("the client is not open: use it inside async with")
        return await self._transport.send(request)

    def open(self, request: Request) -> AbstractAsyncContextManager[Reading]:
        """Send *request*, and leave the body of its answer to be read in the block."""
        if self._transport is None:
            raise ClientClosedError("the client is not open: use it inside async with")
        return self._transport.open(request)

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
