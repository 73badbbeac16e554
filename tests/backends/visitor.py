"""Two ways to visit a site: a browser, and plain HTTP with what a browser does about pages."""

from __future__ import annotations

from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any, Protocol
from urllib.parse import urlsplit

from aiohttp import ClientResponse, ClientSession
from attrs import define, field
from playwright.async_api import ConsoleMessage, Page, Request, Response
from yarl import URL

HERE = "127.0.0.1"
SHOWN = """() => {
    const texts = (name) => Array.from(document.querySelectorAll(name), (one) => one.innerText);
    return {
        title: document.title,
        text: document.body.innerText,
        items: texts("li"),
        links: texts("a[href]"),
        all: document.documentElement.outerHTML,
        cookie: document.cookie,
    };
}"""


@define
class Seen:
    """The page where a visitor is."""

    status: int
    url: str
    headers: Mapping[str, str]
    """Their names are in lower case."""
    title: str = ""
    text: str = ""
    items: list[str] = field(factory=list)
    links: list[str] = field(factory=list)


class Visitor(Protocol):
    """Somebody who goes from page to page; all ways lead to a page that was Seen."""

    everything: list[str]
    """All that the sites have shown: pages and cookies."""

    @property
    def complaints(self) -> list[str]:
        """What no page should do."""
        ...

    async def open(self, url: str) -> Seen:
        """Go to an address."""
        ...

    async def follow(self, link: str) -> Seen:
        """Go where the link of that text leads."""
        ...

    async def press(self, button: str, choice: str | None = None) -> Seen:
        """Press the button of that text, after choosing something from the list beside it."""
        ...

    async def cookie(self) -> str:
        """The value of the session's cookie."""
        ...

    async def set_cookie(self, url: str, value: str) -> None:
        """Have another cookie of the session."""
        ...


class PlainVisitor:
    """Follows redirects, links and forms over HTTP."""

    def __init__(self, session: ClientSession) -> None:
        self.session = session
        self.everything: list[str] = []
        self.complaints: list[str] = []
        self._at = URL()
        self._page = _Parsed()

    async def open(self, url: str) -> Seen:
        """Go to an address."""
        return await self._go("GET", URL(url))

    async def follow(self, link: str) -> Seen:
        """Go where the link of that text leads."""
        return await self._go("GET", self._at.join(URL(self._page.links[link])))

    async def press(self, button: str, choice: str | None = None) -> Seen:
        """Press the button of that text, after choosing something from the list beside it."""
        fields = dict(self._page.fields)
        for (name, option), value in self._page.options.items():
            if choice == option or (choice is None and name not in fields):
                fields[name] = value
        fields |= self._page.buttons[button]
        return await self._go("POST", self._at.join(URL(self._page.action)), data=fields)

    async def cookie(self) -> str:
        """The value of the session's cookie."""
        return self.session.cookie_jar.filter_cookies(self._at)["session"].value

    async def set_cookie(self, url: str, value: str) -> None:
        """Have another cookie of the session."""
        self.session.cookie_jar.update_cookies({"session": value}, URL(url))

    async def _go(self, method: str, url: URL, **options: Any) -> Seen:
        async with self.session.request(method, url, **options) as response:
            for one in (*response.history, response):
                self._look_at(one)
            text = await response.text()
        self.everything.append(text)
        self._at, self._page = response.url, _Parsed()
        self._page.feed(text)
        headers = {name.lower(): value for name, value in response.headers.items()}
        found = self._page
        return Seen(
            response.status,
            str(response.url),
            headers,
            "".join(found.texts["title"]),
            "".join(found.texts["body"]),
            found.items,
            list(found.links),
        )

    def _look_at(self, response: ClientResponse) -> None:
        for cookie in response.headers.getall("Set-Cookie", []):
            self.everything.append(cookie)
            flags = {one.strip().lower() for one in cookie.split(";")[1:]}
            if "max-age=0" not in flags and not flags >= {"httponly", "samesite=lax"}:
                self.complaints.append(f"the cookie has the flags {flags}")
        if response.url.host != HERE:
            self.complaints.append(f"a request went to {response.url}")


class _Parsed(HTMLParser):
    """What can be read and used on a page, which has one form at the most."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: dict[str, list[str]] = {"title": [], "body": []}
        self.items: list[str] = []
        self.links: dict[str, str] = {}
        self.action = ""
        self.fields: dict[str, str] = {}
        self.options: dict[tuple[str, str], str] = {}
        self.buttons: dict[str, dict[str, str]] = {}
        self._inside = ""
        self._attributes: dict[str, str] = {}
        self._list = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note where the text behind belongs."""
        self._inside, self._attributes = tag, {name: value or "" for name, value in attrs}
        name = self._attributes.get("name", "")
        if tag == "form":
            self.action = self._attributes["action"]
        elif tag == "input":
            self.fields[name] = self._attributes["value"]
        elif tag == "select":
            self._list = name

    def handle_endtag(self, tag: str) -> None:
        """The text behind belongs to the page."""
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        """Put the text where it belongs."""
        self.texts["title" if self._inside == "title" else "body"].append(data)
        named = self._attributes
        if self._inside == "a":
            self.links[data] = named["href"]
        elif self._inside == "li":
            self.items.append(data)
        elif self._inside == "option":
            self.options[self._list, data] = named["value"]
        elif self._inside == "button":
            self.buttons[data] = {named["name"]: named["value"]} if "name" in named else {}


class BrowserVisitor:
    """A person with a browser."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.everything: list[str] = []
        self._complaints: list[str] = []
        self._said: list[tuple[str, str]] = []
        self._refused: set[str] = set()
        page.on("console", self._on_console)
        page.on("response", self._on_response)
        page.on("pageerror", lambda error: self._complaints.append(str(error)))
        page.on("request", self._on_request)

    @property
    def complaints(self) -> list[str]:
        """What no page should do; that one came with an error status is on the console too."""
        said = [f"{text} ({url})" for url, text in self._said if url not in self._refused]
        return [*self._complaints, *said]

    async def open(self, url: str) -> Seen:
        """Go to an address."""
        return await self._arrived(await self.page.goto(url))

    async def follow(self, link: str) -> Seen:
        """Go where the link of that text leads."""
        async with self.page.expect_navigation() as arriving:
            await self.page.get_by_role("link", name=link, exact=True).click()
        return await self._arrived(await arriving.value)

    async def press(self, button: str, choice: str | None = None) -> Seen:
        """Press the button of that text, after choosing something from the list beside it."""
        if choice is not None:
            await self.page.get_by_role("combobox").select_option(label=choice)
        async with self.page.expect_navigation() as arriving:
            await self.page.get_by_role("button", name=button, exact=True).click()
        return await self._arrived(await arriving.value)

    async def cookie(self) -> str:
        """The value of the session's cookie."""
        found = await self.page.context.cookies()
        return next(one["value"] for one in found if one["name"] == "session")

    async def set_cookie(self, url: str, value: str) -> None:
        """Have another cookie of the session."""
        await self.page.context.add_cookies(
            [{"name": "session", "value": value, "url": url, "httpOnly": True}]
        )

    async def _arrived(self, response: Response | None) -> Seen:
        assert response is not None
        found = await self.page.evaluate(SHOWN)
        self.everything += [found["all"], str(await self.page.context.cookies())]
        if found["cookie"]:
            self._complaints.append("scripts can read the cookie")
        return Seen(
            response.status,
            self.page.url,
            response.headers,
            found["title"],
            found["text"],
            found["items"],
            found["links"],
        )

    def _on_console(self, message: ConsoleMessage) -> None:
        self._said.append((message.location["url"], message.text))

    def _on_response(self, response: Response) -> None:
        if response.status >= 400 and response.request.is_navigation_request():
            self._refused.add(response.url)

    def _on_request(self, request: Request) -> None:
        if urlsplit(request.url).hostname != HERE:
            self._complaints.append(f"a request went to {request.url}")
