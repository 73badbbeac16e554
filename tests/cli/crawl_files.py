"""What the tests of `bbasync crawl` have in common: its files, and how it goes on."""

from __future__ import annotations

import asyncio
import shlex
from pathlib import Path
from typing import Any

from bbasync.fake import FakeBitbucket

LISTS = ("--read", "pullrequests", "--read", "commits")


def lines(path: Path) -> list[str]:
    """What a file of JSON Lines has, in some order that does not depend on a run's."""
    return sorted(path.read_text().splitlines())


def names(place: Path) -> list[str]:
    """What is in a directory."""
    return sorted(one.name for one in place.iterdir())


def resuming(said: str) -> list[str]:
    """The arguments of the command that goes on, as it stands in what was *said*."""
    command = said[said.index("bbasync crawl --resume") :].splitlines()[0]
    return shlex.split(command.partition("`")[0])[1:]


def reached(service: FakeBitbucket, count: int) -> asyncio.Event:
    """Set when the *service* has got so many requests more."""
    event, before = asyncio.Event(), len(service.requests)

    def look(_: Any) -> None:
        if len(service.requests) >= before + count:
            event.set()

    service.on_request = look
    return event
