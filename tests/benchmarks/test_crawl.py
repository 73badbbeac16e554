"""The benchmark of crawls counts what is needed, and sees an item that is lost or comes twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from zstandard import ZstdCompressor

from bbasync.fake import FakeBitbucket
from benchmarks import crawl, crawling
from benchmarks.crawl import Size
from benchmarks.crawled import check, wanted
from benchmarks.rig import Server, server

KINDS = ["pullrequests"]


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    """The benchmarks' server."""
    with server() as one:
        yield one


def test_a_table_says_what_each_crawl_took(
    running: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both crawls are there, with no request beyond the needed ones where lists are short."""
    monkeypatch.setattr(crawl, "WIDE", Size(2, 12, ("pullrequests",), 0.01))
    monkeypatch.setattr(crawl, "LONG", Size(3, 40))
    times, memory = crawl.table(running, 2).split("\n\n")
    for table in (times, memory):
        heading, _, *rows = table.splitlines()
        assert len(rows) == 2
        assert {row.count("|") for row in rows} == {heading.count("|")}
    assert all(float(row.split("|")[2]) > 1 for row in times.splitlines()[2:])
    assert [row.split("|")[2].strip() for row in memory.splitlines()[2:]] == ["1.000"] * 2


async def test_what_is_needed_is_what_plain_requests_need() -> None:
    """One who knows all pages beforehand sends so many requests, and no fewer."""
    size = Size(3, 120, ("pullrequests", "branches"))
    async with FakeBitbucket(workspaces=3, repositories=120) as fake:
        told = [fake.url, fake.email, fake.api_token]
        one: Any = SimpleNamespace(told=told, size=size)
        assert await crawl.plain(one) > 0
        assert len(fake.requests) == size.needed == 1 + 3 * (2 + 120 * 2)
        assert len({(each.path, each.query) for each in fake.requests}) == size.needed


def test_the_bound_is_that_of_the_needed_requests() -> None:
    """As many at a time as there may be, each as long as one takes."""
    size = Size(50, 200, ("pullrequests",), 0.2)
    assert size.needed == 1 + 50 * 2 + 50 * 200
    assert size.bound == pytest.approx(size.needed * 0.2 / crawling.AT_ONCE)


def _lines(fake: FakeBitbucket) -> list[dict[str, Any]]:
    """All that a crawl of *fake* should write."""
    return [
        {
            "kind": kind,
            "workspace": whose.partition("/")[0],
            "repository": whose if "/" in whose else None,
            "item": {"id": int(what)} if what.isdecimal() else {"uuid": what},
        }
        for kind, whose, what in wanted(fake, KINDS)
    ]


@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.zst"])
@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (lambda _: None, ""),
        (lambda lines: lines.pop(), "0 too many, 1 missing"),
        (lambda lines: lines.append(lines[0]), "1 too many, 0 missing"),
        (lambda lines: lines[-1]["item"].update(id=99), "1 too many, 1 missing"),
        (lambda lines: lines[3].pop("item"), "1 too many, 1 missing"),
    ],
)
def test_what_is_wrong_with_a_crawl_is_seen(
    tmp_path: Path, name: str, change: Callable[[Any], object], wrong: str
) -> None:
    """An item that is lost, comes twice, is another one, or was missed."""
    fake, path = FakeBitbucket(workspaces=2, repositories=5), tmp_path / name
    lines = _lines(fake)
    change(lines)
    frames = [f"{json.dumps(one)}\n".encode() for one in lines]
    if path.suffix == ".zst":
        frames = [ZstdCompressor().compress(one) for one in frames]
    path.write_bytes(b"".join(frames))
    assert check(fake, KINDS, path) == wrong


def test_memory_is_looked_at_on_the_way() -> None:
    """Once behind each share of the requests, however few times progress is told."""
    watch, noted = crawling.Watch(100), []
    for requests in (0, 9, 10, 49, 80, 100):
        progress: Any = SimpleNamespace(requests=requests)
        watch(progress)
        noted.append(len(watch.peaks))
    assert noted == [0, 0, 1, 1, 2, 2]
    assert all(one > 0 for one in watch.peaks)
