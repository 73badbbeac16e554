"""A report as a page: what is on it, and that nobody's name becomes part of how it works."""

from __future__ import annotations

import hashlib
import io
import json
import re
import sys
from base64 import b64decode, b64encode
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

import bbasync.audit.report.html as written
from bbasync.audit.facts import Level, Member, Part, Person, Repo, Right, Unknown
from bbasync.audit.found import WorkspaceAudit
from bbasync.audit.report import Report
from bbasync.audit.report.around import around
from bbasync.audit.report.cards import cards
from bbasync.audit.report.columns import Table
from bbasync.audit.report.figures import charts
from bbasync.audit.report.html import embedded
from bbasync.audit.report.packed import encoded, pack
from bbasync.audit.report.shown import shortened, shown
from bbasync.errors import ConfigurationError
from tests.audit.pages import EMOJI, ENDS, LONG, MADE, PEOPLE, hostile, large, page_of, workspace
from tests.audit.reported import MOMENT, acme

TEMPLATES = Path(written.__file__).with_name("templates")
FETCHING = {
    "src",
    "href",
    "srcset",
    "action",
    "formaction",
    "poster",
    "data",
    "xlink:href",
    "style",
}


class Parsed(HTMLParser):
    """The elements of a page, and the text in its scripts, its style and everywhere else."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.styles: list[str] = []
        self.text = ""
        self._inside = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it."""
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self._inside = tag
        if tag == "script":
            self.scripts.append((dict(attrs), ""))
        elif tag == "style":
            self.styles.append("")

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - the parser's signature
        """What comes is outside."""
        self._inside = ""

    def handle_data(self, data: str) -> None:
        """Put the text where it belongs."""
        if self._inside == "script":
            attributes, text = self.scripts[-1]
            self.scripts[-1] = (attributes, text + data)
        elif self._inside == "style":
            self.styles[-1] += data
        else:
            self.text += data

    @property
    def data(self) -> Any:
        """What the scripts read."""
        (found,) = [text for kind, text in self.scripts if kind.get("type") == "application/json"]
        return json.loads(found)

    @property
    def policy(self) -> str:
        """The Content-Security-Policy."""
        (found,) = [value for _, _, value in self.attributes if value.startswith("default-src")]
        return found


@pytest.fixture(scope="module")
def page() -> Parsed:
    """A page of names that are meant to do harm."""
    return Parsed(page_of(hostile()))


def test_no_name_becomes_an_element_or_an_attribute(page: Parsed) -> None:
    """The page has the same elements with harmful names as with harmless ones, and none else."""
    assert not page.tags & {"img", "b", "iframe", "object", "link", "base", "form"}
    assert not [one for one in page.attributes if one[1].startswith("on")]
    assert "7 * 7" in page.text
    assert "49" not in page.text
    assert shown(ENDS) in page.text


def test_the_data_can_not_end_its_script(page: Parsed) -> None:
    """It has no character that HTML or a line of JavaScript knows, and says the same."""
    (raw,) = [text for kind, text in page.scripts if kind.get("type")]
    assert not set(raw) & set("<>&\u2028\u2029")
    assert ENDS in page.data["people"]["name"]
    assert LONG in page.data["people"]["name"]
    assert json.loads(embedded({"</script>&": "\u2028"})) == {"</script>&": "\u2028"}


def test_the_policy_allows_the_inlined_code_and_nothing_else(page: Parsed) -> None:
    """Each script and the style has its hash in it, and there are no more hashes than these."""
    run = [text for kind, text in page.scripts if not kind]
    hashes = {
        f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for text in (*run, *page.styles)
    }
    assert len(run) == len(written.SCRIPTS) + 1
    assert len(page.styles) == 1
    assert set(re.findall(r"'sha256-[^']+'", page.policy)) == hashes
    rest = re.sub(r"'sha256-[^']+'", "", page.policy)
    assert re.sub(r"\s+", " ", rest) == (
        "default-src 'none'; style-src ; script-src ; base-uri 'none'; form-action 'none'"
    )


def test_nothing_is_fetched(page: Parsed) -> None:
    """No attribute names an address other than a place on the page, and no style does."""
    found = [value for _, name, value in page.attributes if name in FETCHING]
    assert [value for value in found if not value.startswith("#")] == []
    assert not re.search(r"url\(|@import|https?:", "".join(page.styles))
    assert not re.search(
        r"https?:|fetch\(|import\(|XMLHttp", "".join(t for k, t in page.scripts if not k)
    )


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.js")), ids=lambda path: path.name)
def test_scripts_write_texts_only(path: Path) -> None:
    """None has a way from text to markup or code, and each is strict and can be inlined."""
    text = path.read_text("utf-8")
    assert text.startswith('"use strict";')
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|Function\(", text
    )
    assert not re.search(r"</script|<!--", text, re.IGNORECASE)
    assert len(text.splitlines()) <= 300


def test_every_file_of_the_page_is_on_it() -> None:
    """A style or script that somebody adds is not forgotten."""
    files = {path.name for path in TEMPLATES.iterdir() if path.suffix in {".js", ".css"}}
    assert files == {*written.SCRIPTS, *written.STYLES, "theme.js"}


def test_what_can_not_be_seen_is_spelled_out(page: Parsed) -> None:
    """Marks that turn texts round, control characters and half characters; no emoji is broken."""
    assert "Ada [U+202E]gnp.exe[U+202C]" in page.text
    assert "half [U+D800]" in page.text
    assert "nul[U+0000]" in page.text
    assert EMOJI in page.text
    assert not re.search("[\u202a-\u202e\u2066-\u2069\0]", page.text)
    page_of(hostile()).encode("utf-8")
    assert shown("a\u00adb\u3164\ufff9") == "a[U+00AD]b[U+3164][U+FFF9]"
    part: Any = "odd \ud800\u202e"  # as the report of a newer version may have it
    audit = WorkspaceAudit("acme", unknown=[Unknown("acme", part, "403")])
    assert b"Odd [U+D800][U+202E]" in page_of(Report([audit], made_at=MADE)).encode("utf-8")


def test_the_same_report_is_the_same_page() -> None:
    """Byte by byte, so that pages can be compared and signed."""
    assert page_of(hostile()) == page_of(hostile())


def test_the_summary_says_when_what_and_what_is_missing(page: Parsed) -> None:
    """The moment, the level, the requests, and each thing that is unknown."""
    text = " ".join(page.text.split())
    assert "Made 2026-11-28 09:30 UTC at level full, with 1,234 requests." in text
    assert "Not complete: 2 things are unknown" in text
    assert "Rights of acme/closed: 403 Forbidden" in text
    assert "1 error 1 warning 2 notes 1 allowed" in text
    assert "Complete." not in text


def test_a_complete_report_says_so() -> None:
    """And one without any audit does not."""
    whole = Report([WorkspaceAudit("acme", members=[])], made_at=MADE)
    assert "Complete." in page_of(whole)
    assert "Nothing was audited" in page_of(Report([], made_at=MADE))
    assert "Complete." not in page_of(Report([], made_at=MADE))


def test_what_was_left_out_is_told_in_full_or_counted() -> None:
    """A thousand unknown things are listed; of more, the page says how many it does not have."""
    audit = WorkspaceAudit("acme")
    audit.unknown = [
        Unknown("acme", "rights", "beyond", f"acme/{n}", left_out=True) for n in range(1_003)
    ]
    text = Parsed(page_of(Report([audit], made_at=MADE))).text
    assert "1,003 things are unknown" in text
    assert text.count("not asked for") == 1_000
    assert "And 3 more" in text


def test_the_figures_add_up() -> None:
    """Those of the cards and the charts are those of the audits."""
    report = hostile()
    found = pack(report.audits)
    values = {card.title: card.value for card in cards(report.audits, found)}
    assert values == {
        "Workspaces": "2",
        "Repositories": "10",
        "Public repositories": "2",
        "People": "10",
        "Owners": "2",
        "Outside": "2",
        "Rights": "56",
        "Deploy keys": "0",
        "Webhooks": "0",
        "Unexplained": "8",
    }
    by_id = {chart.id: chart for chart in charts(report.audits, found)}
    level = {bar.label: bar.total for bar in by_id["rights-by-level"].bars}
    assert level == {"Admin": 8, "Write": 40, "Read": 8}
    source = {bar.label: bar.total for bar in by_id["rights-by-source"].bars if bar.total}
    assert source == {
        "Owner of the workspace": 8,
        "Group on the repository": 40,
        "The repository is public": 40,
        "Unexplained": 8,
    }
    standing = {bar.label: bar.total for bar in by_id["people-by-standing"].bars}
    assert standing == {"Owners": 2, "Members": 14, "Outside": 2}
    assert by_id["reach"].bars[0].parts == [("admin", 8), ("write", 0), ("read", 0)]
    first, *others = by_id["exposed"].bars
    assert (first.label, first.total, first.mark) == ("acme/open", 6, "public")
    assert [bar.mark for bar in others] == ["public"] + [""] * 6


@pytest.mark.parametrize(
    ("level", "part", "unsure"),
    [
        ("effective", "rights", ["Repositories", "Public repositories", "People", "Outside"]),
        ("full", "repositories", ["Repositories", "Public repositories", "Deploy keys"]),
        ("full", "workspaces", ["Repositories", "People", "Rights", "Deploy keys", "Webhooks"]),
        ("full", "projects", ["Deploy keys"]),
    ],
)
def test_a_card_whose_list_was_not_read_counts_no_zero(
    level: Level, part: Part, unsure: list[str]
) -> None:
    """Nothing that hangs on an unknown list is called none."""
    audit = WorkspaceAudit("acme", level, members=[], unknown=[Unknown("acme", part, "403")])
    values = {card.title: card.value for card in cards([audit], pack([audit]))}
    assert [title for title in unsure if values[title] != "?"] == []
    whole = WorkspaceAudit("acme", level, members=[])
    assert {card.value for card in cards([whole], pack([whole]))} == {"0", "1"}


def test_a_workspace_of_which_little_was_read_counts_no_zero() -> None:
    """Where there are several they are compared: a count that may be more says so."""
    lists: list[Part] = ["rights", "repositories", "members"]
    nothing = WorkspaceAudit("beta", "full", unknown=[Unknown("beta", one, "403") for one in lists])
    text = Parsed(page_of(Report([workspace("acme"), nothing], made_at=MADE))).text
    rows = " ".join(text.partition("Unknown\n")[2].split())
    assert rows.startswith("acmefull 5 1 8 1+ 28+ 1 betafull ? ? ? ? ? 3 With a")


def around_of(*audits: WorkspaceAudit) -> dict[str, Table]:
    """The tables of what stands around the rights, by id."""
    report = Report(audits, made_at=MOMENT)
    return {one.id: one for one in around(report, pack(report.audits))}


def test_what_stands_around_the_rights_is_listed() -> None:
    """Groups with their members, keys with their age, webhooks with no more than their host."""
    listed = around_of(acme())
    rows = {id_: [tuple(row) for row in table.rows] for id_, table in listed.items()}
    assert rows["groups"] == [
        ("Devs", "read", 0, 1, 1, "Ann"),
        ("Ops", "none", 0, 0, 0, "unknown"),
    ]
    today = "2027-01-02 (0 days ago)"
    assert rows["keys"] == [
        ("ci", 0, today, today, "7"),
        ("old", "project WEB", "unknown", "never", "8"),
    ]
    assert rows["hooks"] == [
        ("http://ci.example", 1, "active", "no", "not verified", "repo:push", "{h}"),
        ("https://ci.example", "workspace acme", "off", "unknown", "unknown", "", "{i}"),
    ]
    assert rows["restrictions"] == [
        (1, "main", "push: 2", "Ann, group devs"),
        (0, "development branches", "force", ""),
    ]
    assert rows["reviewers"] == [(1, 1), (0, "project WEB")]
    assert listed["hooks"].note == "Not read in full (1 list unknown)."
    page = page_of(Report([acme()], made_at=MOMENT))
    assert "http://ci.example" in page
    assert "http://ci.example/" not in page


def test_what_was_not_read_around_the_rights_is_not_called_none() -> None:
    """Nor is what a lower level does not ask for, in some workspaces or in all."""
    unread = [Unknown("acme", "groups", "403"), Unknown("acme", "repositories", "403")]
    listed = around_of(WorkspaceAudit("acme", "full", unknown=unread), WorkspaceAudit("beta"))
    assert {one.empty for one in listed.values()} == {"None was read."}
    assert listed["groups"].note == (
        "Not read in full (1 list unknown), and not asked for in 1 workspace."
    )
    assert list(around_of(WorkspaceAudit("acme", "explain"))) == ["groups"]
    assert around_of(WorkspaceAudit("acme")) == {}
    assert around_of(WorkspaceAudit("acme", "full"))["keys"].empty == "There are no deploy keys."


def test_each_chart_has_its_figures_as_a_table_and_a_description(page: Parsed) -> None:
    """For who does not see the bars."""
    images = [value for tag, name, value in page.attributes if (tag, name) == ("svg", "role")]
    behind = [one for one in page.attributes if one == ("div", "class", "behind")]
    assert images == ["img"] * 5
    assert len(behind) == 5
    assert {"title", "desc", "caption"} <= page.tags
    assert "Admin 8; Write 40; Read 8." in page.text


def test_the_tables_are_on_the_page_without_scripts(page: Parsed) -> None:
    """Findings, changes, people and repositories, with their allowances."""
    for text in ("outsiders-with-write", "never used (12)", "project P1", "Gone", "acme/closed"):
        assert text in page.text
    assert "until 2027-03-31: open source" in page.text
    assert "not read in full" in page.text
    assert "The matrix needs JavaScript" in page.text


def test_a_long_table_says_how_much_of_it_is_there() -> None:
    """A thousand rows are written; the data has all."""
    page = Parsed(page_of(large(repositories=1_002, people=3, share=1)))
    assert "The first 1,000 of 1,002" in page.text
    assert "acme/repository-0999" in page.text
    assert "acme/repository-1000" not in page.text
    assert len(page.data["repositories"]["name"]) == 1_002


def test_changes_are_there_only_where_there_was_a_comparison() -> None:
    """No comparison is not the same as no change."""
    report = hostile()
    assert 'id="changes"' in page_of(report)
    assert "Nothing has changed" in page_of(evolve(report, changes=[]))
    assert 'id="changes"' not in page_of(evolve(report, changes=None))


def test_rights_can_be_read_back_from_the_data(page: Parsed) -> None:
    """Each right of the audits, with its sources, is in the flat text, and no other is."""
    data = page.data
    assert decoded(data) == {
        (right.repository.full_name, right.person.uuid): (
            right.permission,
            right.explained,
            listed,
            len(right.sources),
        )
        for audit in hostile().audits
        for listed, rights in ((True, audit.rights), (False, audit.unlisted))
        for right in rights
    }
    assert data["repositories"]["known"].count("0") == 2


def decoded(data: Any) -> dict[tuple[str, str], tuple[Any, ...]]:
    """The rights of a page's data."""
    numbers = iter(_numbers(b64decode(data["rights"])))
    found: dict[tuple[str, str], tuple[Any, ...]] = {}
    for name in data["repositories"]["name"]:
        person = 0
        for _ in range(next(numbers)):
            person += next(numbers)
            *reason, sources = data["reasons"][next(numbers)]
            found[name, data["people"]["uuid"][person]] = (*reason, len(sources))
    assert next(numbers, None) is None
    return found


def _numbers(raw: bytes) -> list[int]:
    found, value, shift = [], 0, 0
    for byte in raw:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            found.append(value)
            value, shift = 0, 0
    return found


def test_numbers_of_any_size_are_written() -> None:
    """Hundreds of people in one repository, of which some are far from each other."""
    report = large(repositories=3, people=20_000, share=0.1)
    found = pack(report.audits)
    numbers = _numbers(b64decode(encoded(found.places)))
    assert numbers[0] == 2_000
    first = found.places[0].rights
    assert sum(numbers[1:4001:2]) == first[-1][0] > 16_384


def test_repositories_that_nobody_could_read_are_unknown() -> None:
    """At the lowest level they are in no list, but in the matrix; all are where none was read."""
    audit = WorkspaceAudit("acme")
    audit.unknown = [Unknown("acme", "rights", "403", "acme/closed")]
    (place,) = pack([audit]).places
    assert (place.repository.full_name, place.known) == ("acme/closed", False)
    whole = workspace("acme")
    whole.unknown = [Unknown("acme", "rights", "403")]
    assert not any(one.known for one in pack([whole]).places)
    whole.unknown = [Unknown("acme", "webhooks", "403")]
    assert all(one.known for one in pack([whole]).places)


def test_a_level_without_sources_says_that_it_has_none() -> None:
    """Nothing is called unexplained that was not to be explained."""
    person, repository = PEOPLE[0], Repo("{r}", "acme/site")
    audit = WorkspaceAudit("acme", rights=[Right(person, repository, "read")])
    text = page_of(Report([audit], made_at=MADE))
    assert "This audit did not read sources" in text
    assert "Unexplained" not in Parsed(text).text
    assert "1 of unknown visibility" in text


def test_a_count_of_what_was_not_read_is_not_none() -> None:
    """Where nothing of it was read it is unknown; where some was, the card says that."""
    audit = WorkspaceAudit("acme", "full")
    parts: tuple[Part, ...] = ("members", "rights", "deploy-keys", "webhooks")
    audit.unknown = [Unknown("acme", part, "403") for part in parts]
    values = {card.title: card.value for card in cards([audit], pack([audit]))}
    unknown = {"Owners", "Outside", "Rights", "Deploy keys", "Webhooks", "People", "Unexplained"}
    assert {title for title, value in values.items() if value == "?"} == unknown
    both = [audit, workspace("globex")]
    notes = {card.title: card.note for card in cards(both, pack(both))}
    partly = {title for title, note in notes.items() if note == "as far as could be read"}
    assert partly == unknown - {"Unexplained"}
    person = Right(PEOPLE[0], Repo("{r}", "acme/site"), "read")
    audit.unlisted = [person]
    assert (
        "unknown"
        in Parsed(page_of(Report([audit], made_at=MADE))).data["tables"]["people"]["columns"][1][
            "values"
        ]
    )


def test_a_permission_of_tomorrow_is_shown() -> None:
    """What this version does not know is counted under its own name."""
    audit = WorkspaceAudit(
        "acme", rights=[Right(PEOPLE[0], Repo("{r}", "acme/site"), "<maintain>")]
    )
    page = Parsed(page_of(Report([audit], made_at=MADE)))
    assert "<maintain>" in page.text
    assert page.data["reasons"][0][0] == "<maintain>"


def test_one_person_in_two_workspaces_is_one_person() -> None:
    """Matched by uuid, with the standing in each."""
    ann = Person("{a}", "Ann")
    both = [
        WorkspaceAudit("acme", members=[Member("acme", ann, "owner")]),
        WorkspaceAudit("globex", members=[], rights=[Right(ann, Repo("{r}", "globex/x"), "read")]),
    ]
    page = Parsed(page_of(Report(both, made_at=MADE)))
    assert page.data["people"]["name"] == ["Ann"]
    assert "owner in 1, outside in 1" in page.text


def test_without_jinja_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The package is an extra."""
    monkeypatch.setitem(sys.modules, "jinja2", None)
    written._template.cache_clear()
    with pytest.raises(ConfigurationError, match=r"pip install 'bbasync\[cli\]'"):
        written.write_html(hostile(), io.StringIO())


def test_labels_of_charts_are_cut_visibly() -> None:
    """With an ellipsis, and only where they are too long."""
    assert shortened("short") == "short"
    assert shortened("x" * 50, 10) == "x" * 9 + "…"


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_colours_contrast(scheme: int) -> None:
    """Texts by 4.5 to 1, as WCAG AA asks for, and bars by 3 to 1."""
    style = (TEMPLATES / "page.css").read_text("utf-8")
    pairs = re.findall(r"--([a-z-]+): light-dark\((#\w{6}), (#\w{6})\)", style)
    colours = {name: both[scheme] for name, *both in pairs}
    for text in ("ink", "muted", "link"):
        for ground in ("page", "card"):
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for kind in ("admin", "write", "read", "other", "good"):
        assert contrast(colours[f"{kind}-ink"], colours[f"{kind}-soft"]) >= 4.5, kind
        assert contrast(colours[kind], colours["card"]) >= 3, kind
        if kind != "good":
            assert contrast(colours[kind], colours["other-soft"]) >= 3, kind
    assert contrast(colours["strong-line"], colours["card"]) >= 3


def contrast(one: str, other: str) -> float:
    """How far two colours are apart, as WCAG 2 says."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
