"""The fake on a real socket."""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self
from weakref import WeakSet

from aiohttp import web
from attrs import evolve

from .credentials import Credentials
from .delivery import deliver, whole
from .exchange import Exchange, Reply
from .faults import Fault, Faults
from .hooking import Hooking
from .kit.building import Building
from .risks import deal_risks
from .seed import Sizes, plant
from .service import Service, placed
from .store import Account, Store, Workspace
from .webhook.posting import Webhooks
from .witness import Witness

MOST_AT_ONCE = 10_000
"""From more repositories a workspace on they are made when they are asked for."""
MOST_KEPT = 20_000
"""How many requests are remembered at the most; then the older half goes."""
SECRET = frozenset({"authorization", "cookie", "proxy-authorization"})


class FakeBitbucket(Credentials, Building, Hooking, Witness):
    """A small Bitbucket Cloud that runs inside the program.

    It listens on the loopback, starts from invented data that depend on `seed` alone, and takes
    changes. Sizes are for each workspace, `pullrequests` for each repository; `quota` is calls
    an hour and credential; `latency` is seconds before each answer. A `lazy` one makes
    repositories, other ones in rising order of age, when they are asked for, and remembers those
    that were changed: it starts at once with millions. None: where there are many.

    `on_request` is called before each request is carried out, with the request as it will be
    remembered but for its status; it may change anything, and be a coroutine function.
    """

    def __init__(
        self,
        *,
        seed: int = 1,
        workspaces: int = 1,
        repositories: int = 12,
        members: int = 8,
        outsiders: int = 2,
        projects: int = 2,
        pullrequests: int = 3,
        quota: int | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        latency: float = 0.0,
        lazy: bool | None = None,
    ) -> None:
        if lazy is None:
            lazy = repositories > MOST_AT_ONCE
        sizes = Sizes(workspaces, repositories, members, outsiders, projects, pullrequests, lazy)
        self.store: Store = plant(seed, sizes)
        self.store.quota = quota
        self.requests: list[Exchange] = []
        self.latency = latency
        self.on_request: Callable[[Exchange], Awaitable[None] | None] | None = None
        self.faults = Faults()
        self.webhooks = Webhooks()
        self._service = Service(self.store, tell=self.webhooks.tell)
        self._used: WeakSet[asyncio.BaseTransport] = WeakSet()
        self._host, self._port = host, port
        self._runner: web.ServerRunner | None = None
        self._address: str | None = None

    @classmethod
    def demo(cls, *, port: int = 0) -> Self:
        """Make five workspaces of 84 repositories, a company to audit and to crawl.

        Beside the usual data it has something for every rule of an audit to find.
        """
        fake = cls(
            workspaces=5,
            repositories=84,
            members=22,
            outsiders=4,
            projects=6,
            pullrequests=3,
            port=port,
        )
        deal_risks(fake.store)
        return fake

    @classmethod
    def empty(
        cls,
        *,
        seed: int = 1,
        quota: int | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        latency: float = 0.0,
    ) -> Self:
        """Make a fake with one person and nothing else, and nothing is invented in it later.

        `fake.workspace("acme")` begins to fill it; that person owns what is made.
        """
        fake = cls(seed=seed, workspaces=0, quota=quota, host=host, port=port, latency=latency)
        fake.store.bare = True
        return fake

    @property
    def url(self) -> str:
        """Where the API starts, version included."""
        return f"{self.site}/2.0"

    @property
    def site(self) -> str:
        """Where the web side is, which has the pages of OAuth."""
        if self._address is None:
            raise RuntimeError("The fake has no address before it is started")
        return f"http://{self._address}"

    @property
    def accounts(self) -> tuple[Account, ...]:
        """Everybody the fake started with."""
        return tuple(self.store.accounts.values())

    def account(self, role: str, workspace: str = "acme") -> Account:
        """Find somebody who is an `owner`, a `member` or an `outsider` of a workspace."""
        place = self.store.find_workspace(workspace)
        if place is None:
            raise LookupError(f"No workspace {workspace!r} here")
        for account in self.accounts:
            if _role(account, place) == role:
                return account
        raise LookupError(f"Nobody is {role!r} of {workspace!r}")

    async def start(self) -> None:
        """Begin to listen."""
        if self._runner is not None:
            raise RuntimeError("The fake is running already")
        self._runner = web.ServerRunner(
            web.Server(self._handle, access_log=None), shutdown_timeout=1.0
        )
        try:
            await self._runner.setup()
            await web.TCPSite(self._runner, self._host, self._port).start()
        except BaseException:  # also of a host or a port that can be none
            await self.stop()
            raise
        host, port = self._runner.addresses[0][:2]
        self._address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self.webhooks.start()

    async def stop(self) -> None:
        """Stop listening; a fake that does not run stays as it is."""
        runner, self._runner, self._address = self._runner, None, None
        if runner is not None:
            await self.webhooks.stop()
            self.faults.release()
            await runner.cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def _handle(self, request: web.BaseRequest) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        target = request.raw_path
        path = target.partition("?")[0]
        fault = self.faults.strike(
            request.method, placed(path)[1] or path, reused=self._is_reused(request)
        )
        over = self.faults.over
        told = "content-length" in headers and (fault is None or fault.stage != "head")
        try:
            body = await request.content.read() if told else None  # of any size
        except ConnectionError:  # its caller has left
            return web.Response()
        except web.RequestPayloadError:
            return web.Response(status=400)
        if self.latency:
            await asyncio.sleep(self.latency)

        def own() -> Reply:
            return self._service.answer(
                request.method, target, headers.get("host", ""), headers, body
            )

        noted = _noted(request, headers, body or b"", fault)
        if self.on_request is not None:
            waiting = self.on_request(noted)
            if waiting is not None:
                await waiting
        reply = fault.answer(own, target) if fault else own()
        answered = fault is None or fault.answers
        self._remember(evolve(noted, status=reply.status) if answered else noted)
        return await deliver(request, reply, fault, over) if fault else whole(reply)

    def _is_reused(self, request: web.BaseRequest) -> bool:
        """Whether the connection has carried a request before; notes that it has now."""
        if request.transport is None:  # its caller has left already
            return False
        reused = request.transport in self._used
        self._used.add(request.transport)
        return reused

    def _remember(self, exchange: Exchange) -> None:
        if len(self.requests) >= MOST_KEPT:
            del self.requests[: MOST_KEPT // 2]
        self.requests.append(exchange)


def _noted(
    request: web.BaseRequest, headers: dict[str, str], body: bytes, fault: Fault | None
) -> Exchange:
    """Note a request that has no answer yet."""
    path, _, query = request.raw_path.partition("?")
    return Exchange(
        request.method,
        path,
        query,
        {k: v for k, v in request.headers.items() if k.lower() not in SECRET},
        body,
        0,
        authorized="authorization" in headers,
        fault=fault.name if fault else "",
        handled=fault is None or fault.stage == "handled",
    )


def _role(account: Account, place: Workspace) -> str:
    """Name what somebody is to a workspace; strangers to it have an empty name."""
    level = place.members.get(account.uuid)
    if level is not None:
        return "owner" if level == "owner" else "member"
    guest = any(account.uuid in r.users for r in place.repositories.own())
    return "outsider" if guest else ""
