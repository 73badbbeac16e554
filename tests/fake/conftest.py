"""A fake that runs, and a way to ask it things."""

import base64
import json as jsonlib
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp
import pytest
from attrs import define
from yarl import URL

from bbasync.fake import Consumer, FakeBitbucket

TOKEN = "/site/oauth2/access_token"
AUTHORIZE = "/site/oauth2/authorize"
ACCESS = ["workspace_access_token", "project_access_token", "repo_access_token"]
BACK = "http://127.0.0.1:9/back"


@define
class Answer:
    """What came back."""

    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        """Read the body as JSON."""
        return jsonlib.loads(self.body)

    @property
    def message(self) -> str:
        """Read the message of an error."""
        return self.json["error"]["message"]


@define
class Asker:
    """Sends requests to one fake, as its owner unless told otherwise."""

    fake: FakeBitbucket
    session: aiohttp.ClientSession

    async def __call__(
        self, path: str, method: str = "GET", *, auth: str | None = "owner", **options: Any
    ) -> Answer:
        """Send a request; `auth` is a role, `anonymous`, `token`, or a whole header."""
        headers = dict(options.pop("headers", {}))
        header = self.header(auth)
        if header is not None:
            headers["Authorization"] = header
        url = path if path.startswith("http") else self.fake.url + path
        options.setdefault("allow_redirects", False)
        async with self.session.request(
            method, URL(url, encoded=True), headers=headers, **options
        ) as response:
            return Answer(response.status, response.headers, await response.read())

    def header(self, auth: str | None) -> str | None:
        """Turn a role into an Authorization header."""
        if auth == "token":
            return f"Bearer {self.fake.access_token}"
        if auth in {"owner", "member", "outsider"}:
            account = self.fake.account(auth)
            return basic(account.email, account.api_token)
        return None if auth == "anonymous" else auth

    async def walk(self, path: str, **options: Any) -> list[Any]:
        """Follow `next` to the end and give all values."""
        values: list[Any] = []
        address: str | None = path
        while address:
            page = (await self(address, **options)).json
            values += page["values"]
            address = page.get("next")
        return values


def basic(name: str, password: str) -> str:
    """Write a Basic Authorization header."""
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


@define
class App:
    """Somebody's application, with a consumer; times are those of the fake's clock."""

    ask: Asker
    fake: FakeBitbucket
    consumer: Consumer
    now: float = 1_000_000.0

    def __attrs_post_init__(self) -> None:
        self.fake.store.clock = lambda: self.now

    async def page(self, method: str = "GET", **params: str) -> Answer:
        """Go to the consent page, or decide on it."""
        asked = {"client_id": self.consumer.key, "response_type": "code"} | params
        if method == "POST":
            return await self.ask(self.fake.site + AUTHORIZE, "POST", auth="anonymous", data=asked)
        url = f"{self.fake.site}{AUTHORIZE}?{urlencode(asked)}"
        return await self.ask(url, auth="anonymous")

    async def decided(self, decision: str = "grant", **params: str) -> dict[str, str]:
        """Decide, and give what the callback is told."""
        answer = await self.page("POST", **{"redirect_uri": BACK, "decision": decision, **params})
        assert answer.status == 302
        told = parse_qs(urlsplit(answer.headers["Location"]).query)
        return {name: values[0] for name, values in told.items()}

    async def trade(self, auth: str | None = None, **form: str) -> Answer:
        """Ask for a token."""
        shown = basic(self.consumer.key, self.consumer.secret) if auth is None else auth
        return await self.ask(self.fake.site + TOKEN, "POST", auth=shown, data=form)

    async def login(self, **params: str) -> dict[str, Any]:
        """Go all the way from consent to tokens."""
        code = (await self.decided(**params))["code"]
        answer = await self.trade(grant_type="authorization_code", code=code, redirect_uri=BACK)
        assert answer.status == 200
        tokens: dict[str, Any] = answer.json
        return tokens

    async def refresh(self, token: str) -> Answer:
        """Trade a refresh token."""
        return await self.trade(grant_type="refresh_token", refresh_token=token)

    async def user(self, token: str) -> Answer:
        """Ask the API who that is."""
        return await self.ask("/user", auth=f"Bearer {token}")


def refused(answer: Answer, status: int, code: str) -> bool:
    """Whether an answer is an error in OAuth's layout, and that one."""
    assert isinstance(answer.json["error_description"], str)
    assert "type" not in answer.json
    return (answer.status, answer.json["error"]) == (status, code)


def shown(fake: FakeBitbucket, kind: str, **options: Any) -> str:
    """Make a token, and write the header that goes with its kind."""
    token = fake.add_token(kind, **options)
    return basic(fake.email, token) if kind == "api_token" else f"Bearer {token}"


@pytest.fixture
async def fake() -> AsyncIterator[FakeBitbucket]:
    """Start a fake of the default size."""
    async with FakeBitbucket() as running:
        yield running


@pytest.fixture
async def ask(fake: FakeBitbucket) -> AsyncIterator[Asker]:
    """Ask the default fake."""
    async with aiohttp.ClientSession() as session:
        yield Asker(fake, session)


@pytest.fixture
def app(ask: Asker, fake: FakeBitbucket) -> App:
    """Use the consumer that the fake starts with."""
    return App(ask, fake, fake.consumer)
