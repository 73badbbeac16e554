"""Peers beside bbasync and plain aiohttp: the same lists, the same five fields, in turn."""

from __future__ import annotations

import asyncio
import gc
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import Any, Final

import aiohttp

from ..clients import REPOSITORIES, five, five_typed, follow, plain_walk, repositories, typed_walk
from ..rig import FLIGHTS, ROOT, Server, quartiles
from ..server import PAGELEN, PAGES
from .drive import digest
from .environment import LeftOutError, Peer, environment

PEERS: Final = (
    Peer("bitbucket-python", "0.3.2", "asynchronous, dicts"),
    Peer("atlassian-python-api", "5.0.5", "threads, objects around dicts"),
    Peer("bitbucket-unofficial-sdk", "1.0.3", "asynchronous, typed", least=(3, 14)),
)
LIST: Final = "few"
SIZE: Final = PAGES[LIST] * PAGELEN
"""Objects of one walk."""
WALKS: Final = 8
"""Lists that a peer walks in a run at the least; plain aiohttp and bbasync walk more of them."""
OURS: Final = 80
OURSELVES: Final = "**bbasync**"
PLAIN: Final = "plain aiohttp and orjson"


class Driver:
    """A peer's process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def rate(self, flights: int) -> float:
        """Objects a second of one run, which must have given all of them."""
        times = max(1, WALKS // flights)
        count, seconds = self._ask(f"{flights} {times}")
        if count != flights * times * SIZE:
            raise LeftOutError(f"of {flights * times * SIZE} objects it gave {count}")
        return float(count / seconds)

    def check(self, expected: str) -> None:
        """Walk once: it must read what *expected* is the digest of."""
        if self._ask("check") != expected:
            raise LeftOutError("what it gives differs from what the server sends")

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(BrokenPipeError):  # what was written to a process that is gone
                if pipe is not None:
                    pipe.close()

    def _ask(self, line: str) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())
        except (OSError, ValueError):  # what it died of stands on standard error
            raise LeftOutError("it failed in the walk") from None


@contextmanager
def driver(peer: Peer, base: str) -> Iterator[Driver]:
    """Start the process of *peer*, in an environment of its own."""
    with environment(peer) as python:
        process = subprocess.Popen(
            [python, "-m", peer.module, base, LIST],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        with closing(Driver(process)) as one:
            yield one


async def _digest(base: str) -> str:
    """What plain aiohttp reads."""
    rows: list[tuple[object, ...]] = []
    async with aiohttp.ClientSession() as session:
        url = f"{base}{REPOSITORIES.format(LIST)}"
        await follow(session, url, lambda repo: rows.append(five(repo)))
    return digest(rows)


def table(server: Server, rounds: int) -> str:
    """The rows of all that can be installed here, and a line for each that can not."""
    expected = asyncio.run(_digest(server.base))
    drivers: dict[str, Driver] = {}
    notes = []
    with ExitStack() as stack:
        for peer in PEERS:
            print(f"Installing {peer.name} {peer.version} ...", file=sys.stderr)
            try:
                found = stack.enter_context(driver(peer, server.base))
                found.check(expected)
                drivers[f"{peer.name} {peer.version} ({peer.kind})"] = found
            except LeftOutError as error:
                notes.append(f"{peer.name} {peer.version} is left out: {error}.")
        lines = _rows(server, drivers, rounds)
    return "\n".join([*lines, *("\n" + note for note in notes)])


def _rows(server: Server, drivers: dict[str, Driver], rounds: int) -> list[str]:
    lines = [
        "| client | in flight | ratio to plain | quartiles | bbasync is faster by | quartiles |",
        "|---|---|---|---|---|---|",
    ]
    for flights in FLIGHTS:
        rates: dict[str, list[float]] = {}
        for _ in range(rounds + 1):  # the first warms up
            for name, rate in _round(server, drivers, flights).items():
                rates.setdefault(name, []).append(rate)
        rates = {name: found[1:] for name, found in rates.items()}
        for name, found in rates.items():
            if name == PLAIN:
                continue
            plain = [one / base for one, base in zip(found, rates[PLAIN], strict=True)]
            ours = [base / one for one, base in zip(found, rates[OURSELVES], strict=True)]
            faster = "1 |" if name == OURSELVES else quartiles(ours, digits=1)
            lines.append(f"| {name} | {flights} | {quartiles(plain)} | {faster} |")
    return lines


def _round(server: Server, drivers: dict[str, Driver], flights: int) -> dict[str, float]:
    """Objects a second of each, one after the other."""
    plain = plain_walk(REPOSITORIES, five, LIST, OURS)
    typed = typed_walk(repositories, five_typed, LIST, OURS)
    rates = {
        PLAIN: server.run(plain, flights).rate,
        OURSELVES: server.run(typed, flights).rate,
    }
    gc.collect()
    for name, one in drivers.items():
        rates[name] = one.rate(flights)
    return rates
