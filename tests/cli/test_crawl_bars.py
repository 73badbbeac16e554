"""What `bbasync crawl` shows at a terminal while it runs."""

from __future__ import annotations

import asyncio
import io
import logging
import os
import pty
import re
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bbasync.cli.crawl_bars import Bars, Rate, chosen, duration
from bbasync.cli.notices import Once
from bbasync.crawl import Progress, WorkspaceProgress
from bbasync.fake import FakeBitbucket
from tests.cli.conftest import COMMAND, environment
from tests.cli.crawl_files import reached
from tests.cli.terminal import talk


def place(done: int, *, known: int | None = 10, running: int = 1) -> WorkspaceProgress:
    """A workspace of ten repositories that are listed."""
    return WorkspaceProgress(known, 10, done, running, 0)


def progress(workspaces: Mapping[str, WorkspaceProgress], **facts: Any) -> Progress:
    """How far a crawl is."""
    usual = {"found": {"commits": 1200}, "missed": 0, "requests": 34, "left": 966, "eta": None}
    return Progress(workspaces, 1, 0, seconds=4.0, **{**usual, **facts})


@pytest.fixture
def drawn() -> Callable[..., str]:
    """What is on a terminal of some *width* for a *progress*."""

    def draw(one: Progress, width: int) -> str:
        console = Console(width=width, force_terminal=True, color_system=None, file=io.StringIO())
        with Bars(console, shown=True) as bars, console.capture() as said:
            bars.show(one)
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", said.get())

    return draw


@pytest.mark.parametrize("width", [80, 120])
def test_eight_workspaces_have_bars_and_the_rest_has_one(
    drawn: Callable[..., str], width: int
) -> None:
    """And one bar is for all; no line is wider than the terminal."""
    many = {f"workspace-{number}": place(number) for number in range(10)}
    shown = drawn(progress(many, eta=7800.0, missed=2), width).splitlines()
    assert [line.split()[0] for line in shown[:8]] == [f"workspace-{n}" for n in range(8)]
    assert re.fullmatch(r"2 more +[━╸╺ ]+ 17/20 repositories", shown[8])
    assert re.fullmatch(r"all +[━╸╺ ]+ 45/100 repositories", shown[9])
    assert shown[10].strip() == "1,200 found · 2 lists missed"
    cost = "34 requests sent · 966 left in the budget · about 2 h 10 min left at this quota"
    assert shown[11].strip() == cost
    assert max(map(len, shown)) <= width


def test_what_is_not_known_is_not_told(drawn: Callable[..., str]) -> None:
    """Neither a time that would be a guess nor a budget, and a list's length as far as it goes."""
    text = drawn(progress({"acme": place(4, known=None)}, left=None), 80)
    assert "left" not in text
    assert "4/10+ repositories" in text
    assert "all" not in text


def test_a_bar_stays_where_it_is_until_its_workspace_is_done() -> None:
    """Then the next workspace that is being read has its place at the end."""
    now = {"a": place(10, running=0), "b": place(1, running=0), "c": place(0), "d": place(3)}
    assert chosen(now, ["a", "b", "d"]) == ["b", "d", "c"]


def test_the_rate_is_that_of_the_last_seconds() -> None:
    """A crawl that has become slow says so."""
    rate = Rate()
    assert rate.at(0.0, 0) is None
    assert rate.at(10.0, 1000) == 100.0
    assert rate.at(20.0, 1010) == 1.0


def test_of_waits_that_begin_together_one_is_told() -> None:
    """Eight calls that are told to wait are one thing to know; the next wait is another."""
    once = Once()
    told = []
    for created, template in ((0.0, "%s"), (0.1, "%s"), (1.5, "%s"), (1.6, "!"), (9.0, "%s")):
        record = logging.LogRecord("bbasync", logging.WARNING, "", 0, template, ("a",), None)
        record.created = created
        told.append(once.filter(record))
    assert told == [True, False, False, True, True]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "1 s"),
        (59, "59 s"),
        (90, "2 min"),
        (3590, "1 h"),
        (7790, "2 h 10 min"),
        (100_000, "27 h 45 min"),
        (400_000, "5 days"),
    ],
)
def test_a_time_is_told_as_exactly_as_it_is_known(seconds: float, text: str) -> None:
    """Nobody needs the seconds of an hour."""
    assert duration(seconds) == text


async def test_bars_are_drawn_at_a_terminal_and_gone_in_the_end(
    credentials: dict[str, str], service: FakeBitbucket, tmp_path: Path
) -> None:
    """What stays is the line that says how to go on."""
    service.latency, enough = 0.2, reached(service, 60)
    ours, theirs = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *("crawl", "--read", "pullrequests", "--read", "commits", "--to", f"{tmp_path}/out.jsonl"),
        env=environment({**credentials, "TERM": "xterm"}),
        stderr=theirs,
    )
    os.close(theirs)
    reading = asyncio.create_task(asyncio.to_thread(talk, ours, []))
    await asyncio.wait_for(enough.wait(), 20)
    process.send_signal(signal.SIGINT)
    assert await asyncio.wait_for(process.wait(), 20) == 130
    shown = await reading
    assert re.search(r"acme .*\d+/20 repositories", shown)
    assert re.search(r"\d+ requests sent", shown)
    last = shown.rstrip().splitlines()[-1]
    assert "bbasync: interrupted, with" in last
    assert "bbasync crawl --resume --read pullrequests" in last
