"""The site: everything is in it, and every link of it leads somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from bbasync import OPERATIONS, errors, resources
from bbasync.cli.exits import Code
from bbasync.guide.book import REFERENCE, address_of, names
from bbasync.guide.commands import exit_codes
from bbasync.guide.operations import page_of

Pages = dict[str, "Page"]
ELSEWHERE = {
    "https://pdoc.dev",
    "https://id.atlassian.com/manage-profile/security/api-tokens",
}
"""What the site links to that is not in it."""


class Page(HTMLParser):
    """What a page has: its anchors, its links, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: set[str] = set()
        self.loaded: set[str] = set()
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note where it can be linked to, and what it links to and loads."""
        found = dict(attrs)
        self.anchors.add(found.get("id") or "")
        if tag == "a":
            self.links.add(found.get("href") or "")
        self.loaded |= {found[one] or "" for one in ("src",) if one in found}
        if tag == "link":
            self.loaded.add(found.get("href") or "")

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.text += data


@pytest.fixture(scope="module")
def pages(site: Path) -> Pages:
    """Every page by its address below the site."""
    found = sorted(site.rglob("*.html"))
    return {str(one.relative_to(site)): Page(one.read_text("utf-8")) for one in found}


def test_every_operation_is_in_the_table(pages: Pages) -> None:
    """With its method and path, its scopes, why it is deprecated, and a link to more."""
    table = pages["operations.html"]
    words = " ".join(table.text.split())
    for one in OPERATIONS:
        assert f"{one.method} {one.path} " in words
        assert f"{one.group}.{one.name}(" in words
        assert set(one.scopes) <= set(words.split())
        assert one.notice in words
        function = one.signature.function
        assert page_of(function.__module__, function.__qualname__) in table.links
    assert {one.group for one in OPERATIONS} <= table.anchors


def test_every_link_leads_somewhere(pages: Pages) -> None:
    """Each address is a page of the site, each anchor one that the page has."""
    broken = {
        (name, link)
        for name, page in pages.items()
        for link in page.links
        if not link.startswith("https://") and not _is_there(pages, name, link)
    }
    assert broken == set()


def test_few_links_lead_elsewhere(pages: Pages) -> None:
    """Each is known, so that none is misspelt or sends readers where nobody meant to."""
    found = {link for page in pages.values() for link in page.links if "//" in link}
    assert found <= ELSEWHERE


def test_every_page_is_in_every_sidebar(pages: Pages) -> None:
    """Pages, tables and modules can be reached from each page of the guide."""
    addresses = {f"{name}.html" for name in (*names(), *REFERENCE)}
    for name in addresses - {"bbasync.html"}:
        assert addresses <= pages[name].links
    assert all("index.html" in "".join(page.links) for page in pages.values())


def test_headings_have_anchors_that_are_their_own(pages: Pages) -> None:
    """They are linked in the sidebar and beside themselves."""
    page = pages["crawl.html"]
    assert {"resume-whatever-happened", "choose-a-sink"} <= page.anchors
    assert "#resume-whatever-happened" in page.links


def test_a_link_to_nowhere_is_no_site() -> None:
    """Neither a page, nor a module, nor a name of none."""
    for link in ("nowhere.md", "../README.md", "api:bbasink.Crawl"):
        with pytest.raises(ValueError, match=re.escape(link.removeprefix("api:"))):
            address_of(link, {"bbasync": None})
    assert address_of("crawl.md#a", {}) == "crawl.html#a"
    assert address_of("api:bbasync.crawl.Crawl", {"bbasync": 1, "bbasync.crawl": 1}) == (
        "bbasync/crawl.html#Crawl"
    )


def test_the_commands_are_those_of_the_command_line(pages: Pages) -> None:
    """With their options, and every exit code."""
    words = pages["commands.html"].text.split()
    assert {"--fix-plan", "--checkpoint", "--no-browser", "keyring|file", "--paginate"} <= set(
        words
    )
    assert {str(one.value) for one in Code} == {str(one) for one in exit_codes()}


def test_the_errors_are_all_there(pages: Pages) -> None:
    """Each with a link to what it carries."""
    found = pages["errors.html"]
    tree = set(re.findall(r"[A-Z]\w+(?:Error|Required)", (errors.__doc__ or "").split(":", 1)[1]))
    assert tree <= found.anchors
    assert {f"bbasync/errors.html#{one}" for one in tree} <= found.links


def test_nothing_is_fetched_from_elsewhere(pages: Pages, site: Path) -> None:
    """The site works without a network."""
    loaded = {one for page in pages.values() for one in page.loaded}
    assert {one for one in loaded if "//" in one and not one.startswith("data:")} == set()
    for one in (*site.rglob("*.html"), *site.rglob("*.js")):
        text = one.read_text("utf-8")
        assert not re.search(r"@import|url\(\s*['\"]?(?!data:)\w|fetch\(|XMLHttpRequest", text), one


def test_every_resource_shows_its_fields_with_types(pages: Pages) -> None:
    """A field has its type and its docstring, and is no method."""
    page = pages["bbasync/resources/repository.html"]
    words = " ".join(page.text.split())
    assert "full_name: str | None workspace/slug." in words
    assert "created_on: datetime.datetime | None" in words
    assert "def full_name" not in words
    anchors = {one for page in pages.values() for one in page.anchors}
    assert set(resources.__all__) <= anchors


def test_an_operation_shows_its_typed_signature(pages: Pages) -> None:
    """What it takes, what it returns, and the address that it calls."""
    words = re.sub(r"\s+", "", pages["bbasync/api/repositories.html"].text)
    address = "'/repositories/{workspace}/{repo_slug}'"
    assert f"@GET({address},scope='repository',granular='read:repository')" in words
    assert (
        "asyncdefget(self,workspace:str,repo_slug:str,**query:bbasync.paging.ItemQuery)"
        "->bbasync.resources.repository.Repository:" in words
    )


def test_what_is_inherited_is_shown(pages: Pages) -> None:
    """Though its class is declared where nothing is documented: linked, or told in its place."""
    events = pages["bbasync/webhooks/events.html"]
    assert {"#PullRequestEvent.pullrequest", "#Event.actor"} <= events.links
    assert {"PullRequestCreated.pullrequest", "Event.delivery"} <= events.anchors
    cassettes = pages["bbasync/fake/cassettes.html"]
    assert {"Recorder.url", "Player.url"} <= cassettes.anchors


def test_the_tree_of_errors_is_drawn(pages: Pages) -> None:
    """Line by line, as in the docstring."""
    page = pages["bbasync/errors.html"]
    tree = (errors.__doc__ or "")[(errors.__doc__ or "").index("BitbucketError\n") :].strip()
    assert tree in page.text
    assert {"BitbucketError", "GoneError", "AnswerError.announcement_url"} <= page.anchors


def test_the_search_knows_all_of_it(site: Path) -> None:
    """Its index has operations, fields and errors."""
    index = (site / "search.js").read_text("utf-8")
    for name in ("Repositories.list_watchers", "Repository.full_name", "Pager.resume", "GoneError"):
        assert f'"{name}"' in index
    assert '"How the service really behaves: Quota"' in index


def test_what_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    """A directory that is a file, say."""
    (tmp_path / "file").touch()
    command = (sys.executable, "-m", "bbasync.guide", str(tmp_path / "file"))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)


def _is_there(pages: Pages, name: str, link: str) -> bool:
    address, _, anchor = link.partition("#")
    place = Path(name).parent / unquote(address) if address else Path(name)
    parts: list[str] = []
    for part in place.parts:
        parts = parts[:-1] if part == ".." else [*parts, part]
    page = pages.get("/".join(parts))
    return page is not None and (not anchor or unquote(anchor) in page.anchors)
