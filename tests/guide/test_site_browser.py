"""The site in a browser: on phones and desks, in the light and in the dark, and its search."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.browser import chromium

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.tool]

Open = Callable[..., Awaitable[Page]]
PAGES = (
    *("index", "connect", "audit", "service", "migration", "operations", "commands", "errors"),
    *("bbasync/crawl", "bbasync/api/commits", "bbasync/api/pipeline_account_variables"),
)
SIZES = {"desk": (1280, 900), "phone": (390, 844)}
LIGHTNESS = """
() => getComputedStyle(document.body).backgroundColor.match(/\\d+/g).reduce((a, b) => +a + +b, 0)
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """A browser, started once."""
    async with chromium() as launched:
        yield launched


@pytest_asyncio.fixture(loop_scope="module")
async def opened(browser: Browser, site: Path) -> AsyncIterator[Open]:
    """Open pages from files, offline; in the end nothing may have failed or been fetched."""
    complaints: list[str] = []
    contexts = []

    async def run(size: str = "desk", scheme: str = "light") -> Page:
        width, height = SIZES[size]
        context = await browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
            offline=True,
        )
        contexts.append(context)
        page = await context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda request: complaints.append(request.url))
        page.on("request", lambda request: complaints.extend(_foreign(request.url)))
        await page.goto((site / "index.html").as_uri())
        return page

    yield run
    for context in contexts:
        await context.close()
    assert complaints == []


def _foreign(url: str) -> list[str]:
    return [] if url.startswith(("file:", "data:")) else [url]


@pytest.mark.parametrize("size", SIZES)
async def test_no_page_is_wider_than_its_window(opened: Open, site: Path, size: str) -> None:
    """What is wide is scrolled in a box of its own."""
    page = await opened(size)
    for name in PAGES:
        await page.goto((site / f"{name}.html").as_uri())
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width <= SIZES[size][0], name


@pytest.mark.parametrize(("scheme", "other"), [("light", "dark"), ("dark", "light")])
async def test_it_is_as_light_as_the_system_until_told(
    opened: Open, site: Path, scheme: str, other: str
) -> None:
    """The button turns it over, and that stays on the next page."""
    page = await opened(scheme=scheme)
    begun = await page.evaluate(LIGHTNESS)
    assert (begun > 600) is (scheme == "light")
    await page.click("#theme")
    assert await page.evaluate("document.documentElement.dataset.theme") == other
    await page.goto((site / "bbasync" / "crawl.html").as_uri())
    assert (await page.evaluate(LIGHTNESS) > 600) is (other == "light")
    await page.click("#theme")
    assert (await page.evaluate(LIGHTNESS) > 600) is (scheme == "light")


async def test_the_search_finds_pages_before_modules(opened: Open) -> None:
    """A section of the guide comes first, and leads there."""
    page = await opened()
    await page.fill("input[type=search]", "prolong block")
    first = page.locator(".search-result a").first
    await expect(first).to_contain_text("How the service really behaves: Quota")
    await first.click()
    await page.wait_for_url("**/service.html#quota")
    await page.fill("input[type=search]", "fan_out")
    await expect(
        page.locator(".search-result").filter(has_text="bbasync.crawl").first
    ).to_be_visible()


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("login", "bbasync login"),
        ("delete repository", "bb.repositories.delete"),
        ("cache", "Connect to Bitbucket: A cache"),
        ("netrc", "Connect to Bitbucket: .netrc"),
    ],
)
async def test_the_search_finds_what_is_looked_for(opened: Open, words: str, title: str) -> None:
    """Commands and operations too, whole words before parts of others, and each only once."""
    page = await opened()
    await page.fill("input[type=search]", words)
    links = page.locator(".search-result a:first-child")
    await expect(links.filter(has_text=title).first).to_be_visible()
    shown = [one.split("(")[0].strip() for one in await links.all_inner_texts()]
    assert title in shown[:3]
    assert len(set(shown)) == len(shown)


async def test_keys_reach_what_a_mouse_does(opened: Open) -> None:
    """The text without all links before it, what was found, and the menu of a phone."""
    page = await opened()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.tagName") == "MAIN"

    await page.fill("input[type=search]", "prolong block")
    await expect(page.locator(".search-result a").first).to_be_visible()
    await page.locator("input[type=search]").press("Enter")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/service.html#quota")

    page = await opened("phone")
    await page.locator("#navtoggle").press("Enter")
    await expect(page.locator("nav.pdoc > div")).to_be_visible()


async def test_paper_has_the_text_alone(opened: Open, site: Path) -> None:
    """No bar, no sidebar, and dark letters on a light ground."""
    page = await opened(scheme="dark")
    await page.goto((site / "crawl.html").as_uri())
    await page.emulate_media(media="print")
    for name in (".bar", "nav.pdoc", "footer"):
        await expect(page.locator(name)).to_be_hidden()
    assert await page.evaluate(LIGHTNESS) > 600
    assert await page.evaluate("document.querySelector('main').getBoundingClientRect().x") == 0


async def test_a_row_of_a_table_stands_below_itself_on_a_phone(opened: Open, site: Path) -> None:
    """Long calls have the whole width, and each cell says what it is."""
    page = await opened("phone")
    await page.goto((site / "migration.html").as_uri())
    cells = page.locator(".wide tbody tr").first.locator("td")
    where = "cell => { const box = cell.getBoundingClientRect(); return [box.x, box.y]; }"
    places = [await cell.evaluate(where) for cell in await cells.all()]
    assert len({x for x, _ in places}) == 1
    assert len({y for _, y in places}) == len(places) == 3
    assert await cells.nth(1).get_attribute("data-title") == "here"


async def test_the_menu_of_a_phone_leads_on(opened: Open) -> None:
    """It is closed until it is asked for."""
    page = await opened("phone")
    await expect(page.locator("nav.pdoc > div")).to_be_hidden()
    await page.click("#navtoggle")
    await expect(page.locator("nav.pdoc > div")).to_be_visible()
    await page.locator("nav.pdoc").get_by_role("link", name="Audit permissions").click()
    await page.wait_for_url("**/audit.html")
    await expect(page.locator("h1")).to_have_text("Audit permissions")
