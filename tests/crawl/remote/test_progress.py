"""What units tell becomes the progress of one crawl."""

from __future__ import annotations

from typing import Any

from attrs import asdict

from bbasync.crawl import Progress, WorkspaceProgress
from bbasync.crawl.board import Board


def test_progress_only_grows_when_a_unit_is_gone_on_with_elsewhere() -> None:
    """What two attempts have found and sent is added up; where they stand is the later one's."""
    heard: list[Any] = []
    ticks = iter(range(100))
    board = Board(heard.append, clock=lambda: next(ticks), units={"acme", "globex"})

    def tell(attempt: str, done: int, found: int) -> None:
        place = WorkspaceProgress(20, 10, done, 1, 2)
        told = Progress({"acme": place}, 1, 2, {"commits": found}, 0, 5, 90 - found, 1.0, 30.0)
        board.hear({"workspace": "acme", "attempt": attempt, "progress": asdict(told)})

    tell("a", 6, 7)
    tell("b", 0, 1)
    assert [one.found["commits"] for one in heard] == [7, 8]
    assert [one.requests for one in heard] == [5, 10]
    assert [one.workspaces["acme"].done for one in heard] == [6, 6]
    assert (heard[-1].running, heard[-1].waiting, heard[-1].left) == (1, 2, 89)
    assert heard[-1].eta is None  # nobody knows of the other one
    board.end("globex", "c", 4)
    assert (heard[-1].eta, heard[-1].requests) == (30.0, 14)
    board.end("acme", "b", 6)
    assert (heard[-1].eta, heard[-1].requests, heard[-1].running) == (0.0, 15, 0)
