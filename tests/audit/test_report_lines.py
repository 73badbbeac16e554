"""Reports as JSON Lines: nothing is lost, and nothing that is broken is taken for whole."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal, TextIO, get_args, get_origin, get_type_hints

import pytest
import zstandard
from attrs import evolve, fields
from hypothesis import given, settings
from hypothesis import strategies as st

from bbasync.audit.address import host_of
from bbasync.audit.change import Change
from bbasync.audit.changes import changes
from bbasync.audit.facts import Hook, Level, Person, Repo, Right
from bbasync.audit.findings import Allowance, Finding, RuleInfo
from bbasync.audit.found import WorkspaceAudit
from bbasync.audit.report import (
    Report,
    read_report,
    write_csv,
    write_html,
    write_json,
    write_jsonl,
    write_sarif,
)
from bbasync.audit.report.flat import LISTS, MAYBE
from bbasync.errors import ConfigurationError
from tests.audit.reported import ANN, SHOP, acme, full, written

Edit = Callable[[list[str]], Any]
Write = Callable[[Report, TextIO], None]

# Halves of surrogate pairs one at a time: two would come back as the character that they make.
TEXTS = st.text(max_size=6) | st.just('\ud800"\0\u2028')
WORKSPACE = st.just("acme")
MOMENTS = st.datetimes(timezones=st.just(UTC))
KNOWN: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXTS,
    bool: st.booleans(),
    int: st.integers(-(2**63), 2**63),
    type(None): st.none(),
    date: st.dates(),
    datetime: MOMENTS,
}


@cache
def things(kind: type) -> st.SearchStrategy[Any]:
    """Any *kind*, of the one workspace, whose attributes are of the types that it says."""
    hints = get_type_hints(kind)
    given = {one.name: of(hints[one.name]) for one in fields(kind) if one.name != "cause"}
    # An allowance says in which workspace it holds, everything else where it is.
    if "workspace" in given and kind is not Allowance:
        given["workspace"] = WORKSPACE
    return st.builds(kind, **given)


@cache
def of(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of the type *hint*."""
    if get_origin(hint) is Literal:
        return st.sampled_from(get_args(hint))
    if get_origin(hint) is Sequence:
        return st.lists(of(get_args(hint)[0]), max_size=2).map(tuple)
    if get_args(hint):
        return st.one_of([of(one) for one in get_args(hint)])
    return KNOWN[hint] if hint in KNOWN else things(hint)


@st.composite
def audits(draw: st.DrawFn) -> WorkspaceAudit:
    """An audit of anything."""
    found: dict[str, Any] = {
        name: draw(st.lists(things(kind), max_size=3)) for _, (kind, name) in LISTS.items()
    }
    for name in MAYBE:
        if not draw(st.booleans()):
            found[name] = None
    level = draw(of(Level))
    only = draw(st.none() | st.lists(TEXTS, max_size=2).map(tuple))
    return WorkspaceAudit("acme", level, **found, only=only)


def saved(report: Report, to: Path, edit: Edit = lambda lines: lines) -> Path:
    """The path of *report*'s lines after an *edit*."""
    lines = written(write_jsonl, report).splitlines(keepends=True)
    edit(lines)
    to.write_bytes("".join(lines).encode())
    return to


def same(found: Report, expected: Report) -> None:
    """Both say the same, but for what the service said, and whole addresses of webhooks."""
    for name in ("findings", "changes", "rules"):
        one, other = getattr(found, name), getattr(expected, name)
        assert (one and list(one)) == (other and list(other))
    assert (found.changes is None) == (expected.changes is None)
    for name in ("requests", "made_at", "level", "complete"):
        assert getattr(found, name) == getattr(expected, name)
    assert len(found.audits) == len(expected.audits)
    for one, other in zip(found.audits, expected.audits, strict=True):
        for attribute in fields(WorkspaceAudit):
            was = getattr(other, attribute.name)
            if attribute.name == "webhooks":
                was = [evolve(hook, url=host_of(hook.url)) for hook in was]
            assert getattr(one, attribute.name) == was, attribute.name


def test_a_report_with_a_line_of_each_kind_comes_back(tmp_path: Path) -> None:
    """Everything is as it was; things that were one object are one again."""
    path = saved(full(), tmp_path / "a.jsonl")
    found = read_report(path)
    same(found, full())
    rights = found.audits[0].rights
    assert rights[0].repository is rights[1].repository is found.audits[0].repositories[1]
    assert rights[0].person is rights[2].person
    assert found.changes is not None
    assert rights[0].sources[1] is found.changes[0].after_sources[0]
    kinds = {json.loads(line)["kind"] for line in path.read_bytes().splitlines()}
    assert kinds == {"audit", "workspace", "rule", "finding", "change", "end", *LISTS}


@settings(max_examples=50)
@given(
    st.lists(audits(), max_size=2),
    st.lists(things(Finding), max_size=2),
    st.none() | st.lists(things(Change), max_size=2),
    st.lists(things(RuleInfo), max_size=2),
    MOMENTS,
)
def test_whatever_was_found_comes_back(
    tmp_path_factory: pytest.TempPathFactory,
    audits: list[WorkspaceAudit],
    findings: list[Finding],
    changes: list[Change] | None,
    rules: list[RuleInfo],
    moment: datetime,
) -> None:
    """Any facts, with any texts in them, however repositories differ that have one uuid."""
    report = Report(audits, findings, changes, 3, moment, "effective", rules)
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    same(read_report(saved(report, path)), report)
    first = path.read_bytes()
    assert saved(read_report(path), path).read_bytes() == first
    json.loads(written(write_json, report))


def test_a_report_of_nothing_comes_back(tmp_path: Path) -> None:
    """It has its first line and its last."""
    path = saved(evolve(full(), audits=[], findings=[], changes=None, rules=[]), tmp_path / "a")
    assert len(path.read_bytes().splitlines()) == 2
    assert read_report(path).changes is None


def test_what_the_service_said_leaves_its_name(tmp_path: Path) -> None:
    """Of an error there are the message and the class."""
    path = saved(full(), tmp_path / "a")
    unknown = next(json.loads(one) for one in path.read_bytes().splitlines() if b"403" in one)
    assert (unknown["error"], unknown["message"]) == ("DecodingError", "403 Forbidden")


def test_a_line_is_one_line_whatever_the_names(tmp_path: Path) -> None:
    """Line breaks of any kind in a name are none of the file."""
    odd = Person("{x}", "a\nb\r\u2028\x85\ud800c")
    report = Report([WorkspaceAudit("acme", rights=[Right(odd, SHOP, "read")])], made_at=MADE)
    path = saved(
        report, tmp_path / "a", lambda lines: lines.__setitem__(slice(None), ["".join(lines)])
    )
    assert path.read_bytes().count(b"\n") == 4
    assert read_report(path).audits[0].rights[0].person == odd


MADE = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("edit", "line", "said"),
    [
        (lambda lines: lines.pop(), 35, "cut off"),
        (lambda lines: lines.pop(9), 35, "35 lines should be before the end, and are 34"),
        (lambda lines: lines.__setitem__(5, lines[5][:30]), 6, "broken"),
        (lambda lines: lines.__setitem__(5, '["a"]\n'), 6, "broken"),
        (lambda lines: lines.__setitem__(5, "\n"), 6, "broken"),
        (lambda lines: lines.__setitem__(5, "[" * 100_000 + "\n"), 6, "broken"),
        (lambda lines: lines.append(lines[4]), 37, "more behind the end"),
        (lambda lines: lines.clear(), 0, "empty"),
        (lambda lines: lines.__setitem__(0, "{\n"), 1, "begins no report"),
        (lambda lines: lines.pop(0), 1, "begins no report"),
        (lambda lines: lines.pop(3), 4, "before any workspace"),
    ],
)
def test_what_is_no_whole_report_is_refused_by_file_and_line(
    tmp_path: Path, edit: Edit, line: int, said: str
) -> None:
    """A file that was cut off or changed, or is something else, is not read in part."""
    path = saved(full(), tmp_path / "a.jsonl", edit)
    with pytest.raises(ConfigurationError) as caught:
        read_report(path)
    assert str(caught.value).startswith(f"{path}, line {line}: ")
    assert said in str(caught.value)


def test_a_report_that_ends_within_its_last_line_is_cut_off(tmp_path: Path) -> None:
    """At whichever byte: nothing less than the whole file is read."""
    path = saved(full(), tmp_path / "a.jsonl")
    whole = path.read_bytes()
    for end in [*range(0, len(whole) - 1, 97), len(whole) - 2]:
        path.write_bytes(whole[:end])
        with pytest.raises(ConfigurationError, match="line"):
            read_report(path)


def changed(kind: str, **keys: Any) -> Edit:
    """An edit: the first line of *kind* has other *keys*; a key that is ... is left out."""

    def edit(lines: list[str]) -> None:
        number = next(at for at, line in enumerate(lines) if json.loads(line)["kind"] == kind)
        row = json.loads(lines[number]) | keys
        row = {key: value for key, value in row.items() if value is not ...}
        lines[number] = f"{json.dumps(row)}\n"

    return edit


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (changed("right", user_uuid=...), "it has no 'user_uuid'"),
        (changed("right", permission=5), "its 'permission' can't be 5"),
        (changed("right", sources=[1]), "its 'sources' can't have 1"),
        (changed("right", sources=[{"kind": "x"}]), "its 'kind' is 'x', not owner or user or"),
        (changed("repository", visibility="odd"), "its 'visibility' can't be 'odd'"),
        (changed("deploy-key", id=True), "its 'id' can't be True"),
        (changed("deploy-key", added_on="now"), "its 'added_on' is no date with its time: 'now'"),
        (changed("webhook", events=[1]), "its 'events' can't be [1]"),
        (changed("workspace", members=None), "a member stands in a workspace whose members were"),
        (changed("workspace", level="all"), "its 'level' is 'all', not effective or explain or"),
        (changed("audit", made_at="2027-01-01T00:00"), "its 'made_at' has no zone"),
        (changed("audit", made_at="0001-01-01T00:00+23:00"), "its 'made_at' is no date with its"),
        (changed("audit", version=...), "it has no 'version'"),
        (changed("finding", severity="bad"), "its 'severity' is 'bad', not error or warning or"),
        (changed("change", what="odd"), "its 'what' is 'odd', not"),
        (changed("end", rows=None), "it has no 'rows'"),
        (changed("audit", version=2), "version 2, and this bbasync reads up to 1: read it with a"),
    ],
)
def test_a_line_that_says_something_impossible_is_refused(
    tmp_path: Path, edit: Edit, said: str
) -> None:
    """With what is wrong about it."""
    with pytest.raises(ConfigurationError) as caught:
        read_report(saved(full(), tmp_path / "a.jsonl", edit))
    assert said in str(caught.value)


def test_kinds_and_keys_of_newer_versions_are_passed_over(tmp_path: Path) -> None:
    """What an older bbasync knows is read all the same."""

    def edit(lines: list[str]) -> None:
        changed("right", mood="good")(lines)
        changed("audit", weather={"is": "fine"})(lines)
        lines[-1:] = ['{"kind":"weather","at":[1]}\n', lines[-1]]
        changed("end", rows=len(lines) - 1)(lines)

    same(read_report(saved(full(), tmp_path / "a.jsonl", edit)), full())


def test_keys_that_may_be_none_may_be_missing(tmp_path: Path) -> None:
    """A program that writes such lines need not write nulls."""

    def edit(lines: list[str]) -> None:
        for number, line in enumerate(lines):
            row = {key: value for key, value in json.loads(line).items() if value is not None}
            lines[number] = f"{json.dumps(row)}\n"

    same(read_report(saved(full(), tmp_path / "a.jsonl", edit)), full())


def test_a_mark_of_the_byte_order_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    """As editors leave them."""
    path = saved(full(), tmp_path / "a.jsonl")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    same(read_report(path), full())


def test_a_report_is_read_from_zstandard(tmp_path: Path) -> None:
    """In one frame or several; a file that was cut off, or is none, is refused."""
    plain = saved(full(), tmp_path / "a.jsonl").read_bytes()
    packed = b"".join(zstandard.compress(one) for one in (plain[:999], plain[999:]))
    path = tmp_path / "a.jsonl.zst"
    path.write_bytes(packed)
    same(read_report(path), full())
    for broken, said in ((packed[:-9], "cut off|broken"), (plain, "no zstandard")):
        path.write_bytes(broken)
        with pytest.raises(ConfigurationError, match=said):
            read_report(path)


@pytest.mark.parametrize("name", ["missing.jsonl", "missing.jsonl.zst", "."])
def test_a_file_that_is_not_there_is_a_mistake_of_the_caller(tmp_path: Path, name: str) -> None:
    """It is named."""
    with pytest.raises(ConfigurationError, match=r"can't be read: .*Name a file"):
        read_report(tmp_path / name)


def test_repositories_that_differ_from_their_own_line_are_told_apart(tmp_path: Path) -> None:
    """One uuid, and yet what each line said of it comes back."""
    bare = Repo("{s}", "acme/site", is_private=True)
    rich = Repo("{s}", "acme/site", True, "WEB", "main")  # noqa: FBT003 - is_private
    rights = [Right(ANN, bare, "read"), Right(ANN, rich, "read")]
    audit = WorkspaceAudit("acme", repositories=[rich], rights=rights)
    path = saved(Report([audit], made_at=MADE), tmp_path / "a.jsonl")
    assert read_report(path).audits[0].rights == rights


def test_days_and_moments_come_back(tmp_path: Path) -> None:
    """An allowance ends on its day, and a key was used at its moment."""
    report = read_report(saved(full(), tmp_path / "a.jsonl"))
    (allowed,) = (one.allowed for one in report.allowed)
    assert allowed is not None
    assert allowed.until == date(2027, 3, 31)
    assert report.audits[0].deploy_keys[0].last_used == datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)


def kinds_of(rows: Sequence[bytes]) -> list[str]:
    """Their kinds."""
    return [json.loads(one)["kind"] for one in rows]


def test_the_lines_of_a_workspace_follow_its_own(tmp_path: Path) -> None:
    """Its line says how many there are of each kind."""
    rows = saved(Report([acme()], made_at=MADE), tmp_path / "a").read_bytes().splitlines()
    workspace = json.loads(rows[1])
    assert kinds_of(rows[:2]) == ["audit", "workspace"]
    for kind, (_, name) in LISTS.items():
        assert workspace[name] == kinds_of(rows).count(kind)


@pytest.mark.parametrize("write", [write_jsonl, write_json, write_csv, write_sarif, write_html])
def test_addresses_of_webhooks_leave_their_secrets_behind(write: Write) -> None:
    """No report has more of them than scheme and host."""
    url = "https://user:p4ss@CI.example:8443/hooks/t0ken?key=s3cret#part"
    hook = Hook("acme", "{h}", url, active=True)
    audit, none = WorkspaceAudit("acme", "full", webhooks=[hook]), WorkspaceAudit("acme", "full")
    text = written(write, Report([audit], (), changes([none], [audit])))
    assert [one for one in ("p4ss", "t0ken", "s3cret", "user:") if one in text] == []
    assert write in {write_csv, write_sarif} or "https://ci.example:8443" in text


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("HTTP://Ci.Example/x", "http://ci.example"),
        ("https://a:b@[::1]:8/x", "https://[::1]:8"),
        (" https://ci.example?x ", "https://ci.example"),
        ("https://[::1", "its receiver"),
        ("//ci.example/x", "its receiver"),
        ("s3cret", "its receiver"),
        ("", "its receiver"),
    ],
)
def test_an_address_is_told_by_scheme_and_host(url: str, told: str) -> None:
    """What has none is not told at all; what is told stays as it is."""
    assert host_of(url) == host_of(told) == told
