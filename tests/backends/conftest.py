"""The examples on real ports, beside a fake, and visitors who come by browser or by plain HTTP."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
import pytest_asyncio
import uvicorn
from aiohttp import ClientSession, CookieJar, web
from attrs import define
from playwright.async_api import Browser

from bbasync import Bitbucket, MemoryTokenStore, OAuthConsumer, OAuthToken
from bbasync.fake import Account, FakeBitbucket
from tests.backends import aiohttp_app, asgi_app
from tests.backends.visitor import BrowserVisitor, PlainVisitor, Visitor
from tests.browser import chromium

TOKEN = "/site/oauth2/access_token"


class Watched(MemoryTokenStore):
    """A store that remembers all that was ever in it."""

    def __init__(self) -> None:
        super().__init__()
        self.saved: list[OAuthToken] = []
        self.keys: set[str] = set()

    async def save(self, key: str, token: OAuthToken) -> None:
        """Keep *token*."""
        self.saved.append(token)
        self.keys.add(key)
        await super().save(key, token)

    async def delete(self, key: str) -> None:
        """Forget the token, if there is one."""
        self.keys.discard(key)
        await super().delete(key)


@define(eq=False)
class Site:
    """An example that runs, and the fake that it uses."""

    url: str
    fake: FakeBitbucket
    store: Watched

    def traded(self, grant: str) -> int:
        """How often a token was asked for with a grant of that type."""
        form = f"grant_type={grant}".encode()
        return sum(one.path == TOKEN and form in one.body for one in self.fake.requests)

    def lists(self) -> int:
        """How many pages of repositories were asked for."""
        return sum(one.path.startswith("/2.0/repositories/") for one in self.fake.requests)

    async def repositories(self, account: Account) -> list[str]:
        """What somebody may see, workspace by workspace, as the API says."""
        names: list[str] = []
        shown = {"Authorization": f"Bearer {account.api_token}"}
        async with ClientSession(self.fake.site, headers=shown) as session:
            async with session.get("/2.0/user/workspaces") as answer:
                places = [one["workspace"]["slug"] for one in (await answer.json())["values"]]
            for place in sorted(places):
                async with session.get(f"/2.0/repositories/{place}?pagelen=100") as answer:
                    names += [one["full_name"] for one in (await answer.json())["values"]]
        self.fake.requests.clear()
        return names


@asynccontextmanager
async def serving(kind: str, fake: FakeBitbucket) -> AsyncIterator[Site]:
    """Run an example on a free port."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()  # whoever comes before the server is ready waits
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    known = fake.consumer
    consumer = OAuthConsumer(
        known.key, known.secret, redirect_uri=f"{url}/callback", site=fake.site
    )
    site = Site(url, fake, Watched())
    bb = Bitbucket(base_url=fake.url, max_wait=2)
    if kind == "aiohttp":
        runner = web.AppRunner(aiohttp_app.Backend(bb, consumer, site.store).app)
        await runner.setup()
        await web.SockSite(runner, listening).start()
        yield site
        await runner.cleanup()
    else:
        app = asgi_app.Backend(bb, consumer, site.store).app
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="on", ws="none"))
        running = asyncio.create_task(server.serve([listening]))
        yield site
        server.should_exit = True
        await running
    listening.close()


@pytest_asyncio.fixture(loop_scope="module", params=["aiohttp", "starlette"])
async def site(request: pytest.FixtureRequest) -> AsyncIterator[Site]:
    """Each of the examples, with a fake of two workspaces."""
    async with FakeBitbucket(workspaces=2) as fake, serving(request.param, fake) as running:
        yield running


@pytest_asyncio.fixture(
    scope="module",
    loop_scope="module",
    params=["http", pytest.param("browser", marks=pytest.mark.tool)],
)
async def browser(request: pytest.FixtureRequest) -> AsyncIterator[Browser | None]:
    """A browser, started once for a module; None for visits by plain HTTP."""
    if request.param == "http":
        yield None
        return
    async with chromium() as launched:
        yield launched


@pytest_asyncio.fixture(loop_scope="module")
async def visit(
    site: Site, browser: Browser | None, caplog: pytest.LogCaptureFixture
) -> AsyncIterator[Callable[[], Awaitable[Visitor]]]:
    """Makes visitors who do not know each other; in the end no page may have shown a secret."""
    caplog.set_level("DEBUG")
    made: list[Visitor] = []
    async with AsyncExitStack() as stack:

        async def make() -> Visitor:
            if browser is None:
                jar = CookieJar(unsafe=True)
                session = await stack.enter_async_context(ClientSession(cookie_jar=jar))
                made.append(PlainVisitor(session))
            else:
                context = await browser.new_context()
                stack.push_async_callback(context.close)
                made.append(BrowserVisitor(await context.new_page()))
            return made[-1]

        yield make
    shown = [text for one in made for text in one.everything]
    logged = [record.getMessage() for record in caplog.get_records("call")]
    secrets = {
        one for token in site.store.saved for one in (token.access_token, token.refresh_token)
    }
    for secret in (*secrets, site.fake.consumer.secret):
        assert secret
        assert not [text for text in (*shown, *logged) if secret in text]
    assert [text for one in made for text in one.complaints] == []
