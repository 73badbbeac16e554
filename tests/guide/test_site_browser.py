"""The site in a browser: on phones and desks, in the light and in the dark, and its search."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.backends.conftest import FLAGS

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.tool]

Open = Callable[..., Awaitable[Page]]
PAGES = ("index", "audit", "migration", "operations", "commands", "errors", "bbasync/crawl")
SIZES = {"desk": (1280, 900), "phone": (390, 844)}
LIGHTNESS = """
() => getComputedStyle(document.body).backgroundColor.match(/\\d+/g).reduce((a, b) => +a + +b, 0)
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """A browser, started once."""
    binary = shutil.which("chromium")
    if binary is None:
        pytest.skip("no chromium is installed")
    async with async_playwright() as driver:
        launched = await driver.chromium.launch(executable_path=binary, args=FLAGS.split())
        yield launched
        await launched.close()


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


async def test_the_menu_of_a_phone_leads_on(opened: Open) -> None:
    """It is closed until it is asked for."""
    page = await opened("phone")
    await expect(page.locator("nav.pdoc > div")).to_be_hidden()
    await page.click("#navtoggle")
    await expect(page.locator("nav.pdoc > div")).to_be_visible()
    await page.locator("nav.pdoc").get_by_role("link", name="Audit permissions").click()
    await page.wait_for_url("**/audit.html")
    await expect(page.locator("h1")).to_have_text("Audit permissions")
