"""The page of a report in a browser: what can be done with it, and how long it takes to open."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, CDPSession, Page, expect

from bbasync.audit.facts import Member, Person
from bbasync.audit.found import WorkspaceAudit
from bbasync.audit.report import Report
from tests.audit.pages import ENDS, MADE, hostile, large, page_of
from tests.browser import chromium

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.tool]

Open = Callable[..., Awaitable[Page]]

LIMIT = 3.0
"""In how many seconds a page of 200,000 rights must be usable."""

GOES_BEYOND = """
() => [...document.querySelectorAll("body *")]
  .filter((one) => !one.closest(".scroll, .grid, nav, .behind, svg, dialog, .skip"))
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
  .map((one) => one.tagName + "." + one.className)
"""
LABEL = """
() => {
  const grid = document.querySelector("[role=grid]");
  const active = document.getElementById(grid.getAttribute("aria-activedescendant"));
  return active.getAttribute("aria-label") ?? active.textContent;
}
"""
WORK = """
() => ({
  usable: performance.getEntriesByName("usable")[0].startTime / 1000,
  elements: document.querySelectorAll("*").length,
})
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """A browser, started once."""
    async with chromium() as launched:
        yield launched


@pytest_asyncio.fixture(loop_scope="module")
async def opened(browser: Browser, tmp_path: Path) -> AsyncIterator[Open]:
    """Open reports from files; in the end nothing may have failed, been refused or been fetched."""
    complaints: list[str] = []
    contexts = []

    async def run(report: Report, **options: object) -> Page:
        file = tmp_path / "report.html"
        if not file.exists():
            file.write_text(page_of(report), "utf-8")
        options.setdefault("viewport", {"width": 1280, "height": 900})
        contexts.append(await browser.new_context(**options))  # type: ignore[arg-type] # by name
        page = await contexts[-1].new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.on(
            "request",
            lambda request: (
                None if request.url == file.as_uri() else complaints.append(request.url)
            ),
        )
        await page.goto(file.as_uri())
        return page

    yield run
    for context in contexts:
        await context.close()
    assert complaints == []


@pytest.fixture
def artefacts(tmp_path: Path) -> Path:
    """Where pictures and measurements go."""
    named = os.environ.get("BBASYNC_ARTEFACTS")
    if not named:
        return tmp_path
    place = Path(named)
    place.mkdir(parents=True, exist_ok=True)
    return place


async def test_names_that_mean_harm_do_none(opened: Open) -> None:
    """They are texts on the page, and nothing of them runs; that is seen when the page closes."""
    page = await opened(hostile())
    assert await page.locator("img").count() == 0
    names = await page.locator("[data-table=people] tbody tr td:first-child").all_inner_texts()
    assert ENDS in names
    await page.get_by_role("button", name="acme/open").first.click()
    await expect(page.get_by_role("dialog")).to_contain_text(ENDS)


async def test_an_injected_script_is_refused(browser: Browser, tmp_path: Path) -> None:
    """What got into the page all the same would not run: its hash is not in the policy."""
    file = tmp_path / "report.html"
    added = (
        "<script>document.title = 'owned'</script><img src=x onerror=\"document.title='owned'\">"
    )
    file.write_text(page_of(hostile()).replace("<footer", f"{added}<footer", 1), "utf-8")
    page = await browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    await page.goto(file.as_uri())
    assert await page.title() == "Audit of acme, globex"
    assert len([one for one in said if "Content Security Policy" in one]) >= 2
    await page.close()


async def test_tables_are_searched_and_chosen_from(opened: Open) -> None:
    """By words anywhere in a row, and by severity; how many are left is told."""
    page = await opened(hostile())
    findings = page.locator("[data-table=findings]")
    await expect(findings.get_by_role("status")).to_have_text("5 findings")
    await findings.get_by_label("Search").fill("project given")
    await expect(findings.get_by_role("status")).to_have_text("1 of 5 findings")
    await expect(findings.locator("tbody tr")).to_contain_text(["given by hand"])
    await findings.get_by_label("Search").fill("no such thing")
    await expect(findings.locator("tbody")).to_have_text("None of 5 findings match.")
    await findings.get_by_label("Search").fill("")
    await findings.get_by_label("Severity").select_option(label="warning")
    await expect(findings.locator("tbody tr")).to_have_count(2)
    await findings.get_by_label("State").select_option(label="allowed")
    await expect(findings.locator("tbody tr")).to_contain_text(["until 2027-03-31: open source"])


async def test_a_search_finds_letters_however_they_are_written(opened: Open) -> None:
    """Case and marks do not count, nor whether a mark is a character of its own."""
    audit = WorkspaceAudit("acme", members=[])
    names = ("Jos\u00e9", "Jose\u0301", "JOSE", "Jo", "\u0130rem", "+x.*[")
    audit.members = [Member("acme", Person(f"{{{one}}}", one), "member") for one in names]
    page = await opened(Report([audit], made_at=MADE))
    status = page.locator("[data-table=people] [role=status]")
    for word, count in (("jose", 3), ("jos\u00e9", 3), ("irem", 1), (".*[", 1), ("\\", 0)):
        await page.get_by_label("Search people").fill(word)
        await expect(status).to_have_text(f"{count} of 6 people")


async def test_the_focus_goes_on_to_the_rows_that_were_asked_for(opened: Open) -> None:
    """A keyboard does not begin again at the top of the page."""
    page = await opened(large(repositories=250, people=3))
    more = page.locator("[data-table=repositories]").get_by_role("button", name="Show 100 more")
    await more.focus()
    await page.keyboard.press("Enter")
    row = page.locator("[data-table=repositories] tbody tr").nth(100)
    await expect(row).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(row.get_by_role("button").first).to_be_focused()


async def test_columns_are_sorted(opened: Open) -> None:
    """Counts begin with the most, texts with A, severities with the worst; twice turns it round."""
    page = await opened(hostile())
    people = page.locator("[data-table=people]")
    head = people.get_by_role("columnheader", name="Admin")
    await head.get_by_role("button").click()
    await expect(head).to_have_attribute("aria-sort", "descending")
    await expect(people.locator("tbody tr").first).to_contain_text("Ann Owner")
    await head.get_by_role("button").click()
    await expect(head).to_have_attribute("aria-sort", "ascending")
    await expect(people.locator("tbody tr").last).to_contain_text("Ann Owner")
    findings = page.locator("[data-table=findings]")
    await findings.get_by_role("button", name="Severity").click()
    first = findings.locator("tbody td:first-child")
    await expect(first).to_have_text(["error", "warning", "warning", "note", "note"])


async def test_a_click_on_a_name_shows_its_rights(opened: Open) -> None:
    """With their sources, and from there the other side; Escape closes it."""
    page = await opened(hostile())
    await page.locator("[data-table=people]").get_by_role("button", name="Ann Owner").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("heading", name="Ann Owner")).to_be_focused()
    await expect(dialog).to_contain_text("owner in acme, owner in globex")
    await expect(dialog.locator("tbody tr")).to_have_count(8)
    await expect(dialog.locator("tbody tr").first).to_contain_text("admin: owner of the workspace")
    await dialog.get_by_role("button", name="acme/site").click()
    await expect(dialog.locator("tbody tr")).to_have_count(8)
    await expect(dialog).to_contain_text("given, but not listed")
    await page.keyboard.press("Escape")
    await expect(dialog).not_to_be_visible()


async def test_the_matrix_is_used_by_keyboard(opened: Open) -> None:
    """Arrows, Home, End, pages, corners and heads; Enter opens what the cell is about."""
    page = await opened(large())
    grid = page.get_by_role("grid")
    await expect(grid).to_have_attribute("aria-rowcount", "1001")
    await expect(grid).to_have_attribute("aria-colcount", "501")
    await grid.focus()
    keys = (
        ("ArrowRight", "Person 001 on acme/repository-0000"),
        ("ArrowDown", "Person 001 on acme/repository-0001"),
        ("End", "Person 499 on acme/repository-0001"),
        ("Control+End", "Person 499 on acme/repository-0999"),
        ("PageUp", "Person 499 on acme/repository-09"),
        ("Home", "Person 000 on acme/repository-09"),
        ("Control+Home", "Person 000 on acme/repository-0000"),
        ("PageDown", "Person 000 on acme/repository-00"),
        ("Control+Home", "Person 000 on acme/repository-0000"),
    )
    for key, label in keys:
        await page.keyboard.press(key)
        assert label in await page.evaluate(LABEL), key
    await page.keyboard.press("ArrowUp")
    assert await page.evaluate(LABEL) == "Person 000"
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog").get_by_role("heading")).to_have_text("Person 000")
    await page.keyboard.press("Escape")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    heading = page.get_by_role("dialog").get_by_role("heading")
    await expect(heading).to_have_text("acme/repository-0000")


async def test_the_matrix_draws_only_what_is_visible(opened: Open, artefacts: Path) -> None:
    """Half a million cells are a few hundred elements, and the heads stay while it scrolls."""
    page = await opened(large())
    grid = page.get_by_role("grid")
    assert await grid.locator("[role=gridcell]").count() < 2_000
    await grid.evaluate("one => one.scrollTo(6000, 12000)")
    await expect(grid.locator("#cell-400-200")).to_be_visible()
    assert await grid.locator("[role=gridcell]").count() < 2_000
    box, head = await grid.bounding_box(), await grid.locator(".grid-head").bounding_box()
    side = await grid.locator("#cell-400--1").bounding_box()
    assert box
    assert head
    assert side
    assert abs(head["y"] - box["y"]) < 3
    assert abs(side["x"] - box["x"]) < 3
    await page.locator("#matrix").scroll_into_view_if_needed()
    await page.screenshot(path=artefacts / "matrix.png")


async def test_the_matrix_is_the_same_wherever_it_came_from(opened: Open) -> None:
    """What stayed visible while it scrolled, a little or far, is what is drawn anew there."""
    page = await opened(large())
    grid = page.get_by_role("grid")
    cells = "one => [...one.querySelectorAll('[role=row]')].map((row) => row.outerHTML)"
    two_frames = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    for way in ([(47, 31), (12, 0), (-35, 64)], [(3000, 9000), (-2900, -8950)], [(0, 5), (40, 0)]):
        for left, top in way:
            await grid.evaluate(f"one => one.scrollBy({left}, {top})")
            await page.evaluate(two_frames)
        drawn = await grid.evaluate(cells)
        await page.set_viewport_size({"width": 500, "height": 900})  # where cells are larger
        await page.evaluate(two_frames)
        await page.set_viewport_size({"width": 1280, "height": 900})
        await page.evaluate(two_frames)
        assert await grid.evaluate(cells) == drawn
        assert len(drawn) > 10


async def test_the_matrix_is_searched_by_either_side(opened: Open) -> None:
    """What is left over is counted; where nothing is, that is said."""
    page = await opened(large())
    matrix = page.locator("#matrix")
    await matrix.get_by_label("Find repositories").fill("repository-00")
    await matrix.get_by_label("Find people").fill("person 49")
    await expect(matrix.get_by_role("status")).to_have_text(
        "100 repositories \N{MULTIPLICATION SIGN} 15 people"
    )
    assert "Person 049 on acme/repository-0000" in await page.evaluate(LABEL)
    await matrix.get_by_label("Find people").fill("nobody")
    await expect(matrix.get_by_text("Nothing matches")).to_be_visible()
    await expect(matrix.get_by_role("grid")).not_to_be_visible()


async def test_unknown_cells_are_not_empty(opened: Open) -> None:
    """Nor is a letter missing anywhere; what is unexplained or not listed is marked and told."""
    page = await opened(hostile())
    grid = page.get_by_role("grid")
    closed = grid.locator("[aria-label$='on acme/closed']")
    assert set(await closed.all_inner_texts()) == {"?"}
    labels = await grid.locator("[role=gridcell]").evaluate_all(
        "all => all.map((one) => [one.textContent, one.getAttribute('aria-label').split(':')[0]])"
    )
    assert {tuple(one) for one in labels} == {
        ("A", "admin"),
        ("W", "write"),
        ("R!", "read, unexplained"),
        ("(W)", "write, given but not listed"),
        ("?", "unknown, could not be read"),
        ("", "no right"),
    }
    await grid.get_by_role("gridcell", name="read, unexplained").first.click()
    await expect(page.locator("#matrix-panel")).to_contain_text(
        "No source accounts for this right."
    )
    await grid.get_by_role("gridcell", name="admin: Ann Owner on acme/site").click()
    await expect(page.locator("#matrix-panel")).to_contain_text("admin: owner of the workspace")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_colours_follow_the_system_until_they_are_chosen(
    opened: Open, artefacts: Path, scheme: str
) -> None:
    """The button turns them round, and the choice is still there after the page was reloaded."""
    page = await opened(hostile(), color_scheme=scheme)
    body = page.locator("body")
    colours = {"light": "rgb(246, 246, 244)", "dark": "rgb(20, 23, 26)"}
    other = "dark" if scheme == "light" else "light"
    await expect(body).to_have_css("background-color", colours[scheme])
    await page.screenshot(path=artefacts / f"{scheme}.png")
    await page.get_by_role("button", name=f"Switch to {other} colours").click()
    await expect(body).to_have_css("background-color", colours[other])
    await page.reload()
    await expect(body).to_have_css("background-color", colours[other])


async def test_paper_has_everything_in_light_colours(opened: Open, artefacts: Path) -> None:
    """All rows and every right as a name in place of the matrix, and nothing that is a control."""
    page = await opened(large(repositories=120, people=20), color_scheme="dark")
    assert await page.locator("[data-table=repositories] tbody tr").count() == 100
    await page.emulate_media(media="print")
    await expect(page.locator("[data-table=repositories] tbody tr")).to_have_count(120)
    await expect(page.locator("#paper tbody tr")).to_have_count(120)
    assert await page.locator("#paper tbody bdi").count() >= 120 * 8
    await expect(page.locator("#matrix")).not_to_be_visible()
    await expect(page.get_by_label("Search people")).not_to_be_visible()
    await expect(page.locator(".behind table").first).to_be_visible()
    assert (
        await page.evaluate("getComputedStyle(document.body).backgroundColor")
        == "rgb(255, 255, 255)"
    )
    (artefacts / "report.pdf").write_bytes(await page.pdf(format="A4"))
    await page.emulate_media(media="screen")
    await expect(page.locator("[data-table=repositories] tbody tr")).to_have_count(100)
    await expect(page.locator("#paper")).not_to_be_visible()


@pytest.mark.parametrize("width", [320, 390, 768])
async def test_no_width_makes_the_page_scroll_sideways(
    opened: Open, artefacts: Path, width: int
) -> None:
    """Wide things scroll in themselves, whatever the names."""
    page = await opened(hostile(), viewport={"width": width, "height": 800})
    assert await page.evaluate("document.documentElement.scrollWidth") == width
    assert await page.evaluate(GOES_BEYOND) == []
    await page.screenshot(path=artefacts / f"width-{width}.png")


async def test_without_scripts_the_tables_are_there(opened: Open) -> None:
    """And the matrix says what it needs."""
    page = await opened(hostile(), java_script_enabled=False)
    for table, count in (("findings", 5), ("changes", 2), ("people", 10), ("repositories", 10)):
        await expect(page.locator(f"[data-table={table}] tbody tr")).to_have_count(count)
    await expect(page.get_by_text("The matrix needs JavaScript")).to_be_visible()
    await expect(page.get_by_role("searchbox")).to_have_count(0)


async def test_an_empty_report_is_a_page_too(opened: Open) -> None:
    """It says of each part that there is nothing."""
    page = await opened(Report([], made_at=MADE))
    await expect(page.get_by_text("No repository was found.")).to_be_visible()
    await expect(page.get_by_text("No repository or nobody was found.")).to_be_visible()


async def test_the_first_key_leads_past_the_head(opened: Open) -> None:
    """The skip link is the first thing that has the focus, and shows itself then."""
    page = await opened(hostile())
    await page.keyboard.press("Tab")
    link = page.get_by_role("link", name="Skip to the report")
    await expect(link).to_be_focused()
    await expect(link).to_be_in_viewport()
    for role in ("banner", "main", "contentinfo"):
        await expect(page.get_by_role(role)).to_have_count(1)


async def test_200000_rights_open_in_three_seconds(opened: Open, artefacts: Path) -> None:
    """Usable means that all parts are drawn and searches answer: then the page marks it.

    What is held to the limit is the time that the page's own thread has worked until then, in
    the best of three: unlike what a clock shows, it does not grow with what else the machine does.
    """
    report = large()
    assert len(report.audits[0].rights) == 200_000
    page = await opened(report)
    session = await page.context.new_cdp_session(page)
    await session.send("Performance.enable")
    works, marks = [], []
    for _ in range(3):
        await page.reload()
        works.append(await worked(session))
        marks.append(await page.evaluate(WORK))
    await page.get_by_label("Search people").fill("person 123")
    await expect(page.locator("[data-table=people] [role=status]")).to_have_text("1 of 500 people")
    size = await page.evaluate("performance.getEntriesByType('navigation')[0].decodedBodySize")
    told = f"{size / 1e6:.2f} MB, worked {min(works):.2f} s, usable after {marks}\n"
    (artefacts / "opening.txt").write_text(told, "utf-8")
    assert 0.01 < min(works) < LIMIT, told
    assert max(one["elements"] for one in marks) < 10_000


async def worked(session: CDPSession) -> float:
    """The seconds of processor time of the main thread since the page was asked for."""
    found = await session.send("Performance.getMetrics")
    return next(one["value"] for one in found["metrics"] if one["name"] == "ThreadTime")
