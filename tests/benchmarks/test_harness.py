"""The benchmarks compare like with like, and say nothing of where they ran."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from typing import Any

import aiohttp
import pytest

from bbasync import Bitbucket
from benchmarks import clients, report, speed
from benchmarks.peers.environment import LeftOutError, Peer, environment
from benchmarks.peers.table import Driver
from benchmarks.rig import Server, server
from benchmarks.server import PAGELEN, PAGES

Row = tuple[object, ...]


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    """The benchmarks' server."""
    with server() as one:
        yield one


def _wire(row: Row) -> Row:
    """*row* with its dates as they are sent."""
    return tuple(one.isoformat() if isinstance(one, datetime) else one for one in row)


@pytest.mark.parametrize(
    ("path", "read", "choose", "read_typed"),
    [
        (clients.REPOSITORIES, clients.five, clients.repositories, clients.five_typed),
        (clients.REPOSITORIES, clients.nested, clients.repositories, clients.nested_typed),
        (clients.RIGHTS, clients.permission, clients.permissions, clients.permission_typed),
    ],
)
async def test_both_sides_read_the_same_values(
    running: Server,
    path: str,
    read: Callable[[Any], Row],
    choose: Callable[[Bitbucket, str], Any],
    read_typed: Callable[[Any], Row],
) -> None:
    """What bbasync reads of every object of a list is what plain aiohttp reads of it."""
    plain: list[Row] = []
    async with aiohttp.ClientSession() as session:
        start = f"{running.base}{path.format('few')}"
        await clients.follow(session, start, lambda item: plain.append(read(item)))
    async with Bitbucket(base_url=running.base) as bb:
        typed = [_wire(read_typed(item)) async for item in choose(bb, "few")]
    assert len(plain) == PAGES["few"] * PAGELEN
    assert typed == plain


def test_a_run_tells_what_it_cost(running: Server) -> None:
    """A run has a rate, and both processes computed, the server the less."""
    work = clients.plain_walk(clients.REPOSITORIES, clients.five, "few", 4)
    run = running.run(work, 2)
    assert run.rate > 0
    assert 0 < run.serving < run.busy


def test_a_table_has_each_row_and_the_headroom(
    running: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each number in flight has a row of as many cells as the heading."""
    work = clients.plain_walk(clients.REPOSITORIES, clients.five, "few", 1)
    monkeypatch.setattr(speed, "WORKS", {"walk": (work, work)})
    monkeypatch.setattr(speed, "FLIGHTS", (1, 2))
    heading, _, *rows, _, verdict = speed.table(running, 2).splitlines()
    assert [row.split("|")[2].strip() for row in rows] == ["1", "2"]
    assert {row.count("|") for row in rows} == {heading.count("|")}
    assert verdict.startswith("The least headroom is ")


def test_a_peer_whose_python_is_not_here_is_left_out() -> None:
    """Why stands in words without a path."""
    peer = Peer("nothing", "1.0", "none", least=(3, 99))
    with pytest.raises(LeftOutError, match=r"needs Python 3\.99") as caught, environment(peer):
        pass
    assert "/" not in str(caught.value)


def _driver(code: str) -> Driver:
    pipe = subprocess.PIPE
    process = subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe, text=True)
    return Driver(process)


def test_a_peer_that_dies_is_left_out() -> None:
    """A process that ends, as without the peer's package, does not end the benchmark."""
    with pytest.raises(LeftOutError, match="failed"), closing(_driver("")) as one:
        one.check("digest")


def test_a_peer_that_loses_objects_is_left_out() -> None:
    """A peer is measured only where every walk gives all that there is."""
    few = "for _ in open(0): print([1, 0.5], flush=True)"
    with (
        pytest.raises(LeftOutError, match="of 3200 objects it gave 1"),
        closing(_driver(few)) as one,
    ):
        one.rate(8)


def test_a_peer_that_reads_something_else_is_left_out() -> None:
    """What a peer reads must be what plain aiohttp reads, object by object."""
    other = "for _ in open(0): print('\"other\"', flush=True)"
    with pytest.raises(LeftOutError, match="differs"), closing(_driver(other)) as one:
        one.check("digest")


def test_what_is_written_down_tells_versions() -> None:
    """The file names Python and libraries with their versions, and has each table."""
    text = report.document(7, "Read it.", {"Speed": "| a |"})
    assert f"aiohttp {aiohttp.__version__}" in text
    assert "## Speed\n\n| a |\n" in text
